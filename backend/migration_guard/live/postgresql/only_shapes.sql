-- In front of the query of shapes: tables of a WITH hide the catalogues of these names.
-- https://www.postgresql.org/docs/current/queries-with.html
-- Parameters: the relations, and types that are to be seen besides those of their columns. Arrays, and OFFSET 0, let the
-- planner take the catalogues' indexes: plans are made while hardly anything stands there, and kept.
with recursive pg_class as materialized (
  select tableoid, * from pg_catalog.pg_class where oid = any($1::oid[])
), used(oid) as (
  select unnest($2::oid[])
  union select a.atttypid from pg_catalog.pg_attribute a
        where a.attrelid = any(array(select oid from pg_class)) and a.attnum > 0
  union select unnest(array[t.typelem, t.typbasetype]) from used u cross join lateral (
    select y.typelem, y.typbasetype from pg_catalog.pg_type y where y.oid = u.oid offset 0) t
), pg_type as materialized (
  select tableoid, * from pg_catalog.pg_type where oid = any(array(select oid from used))
), pg_depend as materialized (
  select tableoid, * from pg_catalog.pg_depend
  where classid = 'pg_catalog.pg_class'::regclass and objid = any($1::oid[])
), 
