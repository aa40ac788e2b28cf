-- In front of the query of a snapshot: tables of a WITH hide the catalogues of these names.
-- https://www.postgresql.org/docs/current/queries-with.html
-- Parameters: the relations, and the enum types. Arrays let the planner take the catalogues' indexes: plans are made
-- while hardly anything stands there, and kept.
with pg_class as materialized (
  select tableoid, * from pg_catalog.pg_class where oid = any($1::oid[])
), pg_type as materialized (
  select tableoid, * from pg_catalog.pg_type where oid = any($2::oid[])
), pg_depend as materialized (
  select tableoid, * from pg_catalog.pg_depend
  where classid = 'pg_catalog.pg_class'::regclass and objid = any($1::oid[])
     or classid = 'pg_catalog.pg_type'::regclass and objid = any($2::oid[])
), pg_description as materialized (
  select tableoid, * from pg_catalog.pg_description where objoid >= 16384
), pg_proc as (
  select tableoid, * from pg_catalog.pg_proc where false
), 