-- In front of a query: tables of a WITH hide the catalogues of these names.
-- https://www.postgresql.org/docs/current/queries-with.html
with pg_class as materialized (
  select tableoid, * from pg_catalog.pg_class where oid = any(%s::oid[])
), used as materialized (
  select distinct atttypid as oid from pg_catalog.pg_attribute where attrelid = any(%s::oid[]) and attnum > 0
), pg_type as materialized (
  select t.tableoid, t.* from pg_catalog.pg_type t
  where (t.typtype <> 'c' and t.typelem = 0) or t.oid in (select oid from used)
     or t.oid in (select y.typelem from pg_catalog.pg_type y where y.oid in (select oid from used))
     or t.oid in (select y.typbasetype from pg_catalog.pg_type y where y.typtype = 'd')
), pg_proc as (
  select tableoid, * from pg_catalog.pg_proc where false
), 
