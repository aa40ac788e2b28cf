-- In front of a query: tables of a WITH hide the catalogues of these names.
-- https://www.postgresql.org/docs/current/queries-with.html
with pg_class as materialized (
  select tableoid, * from pg_catalog.pg_class where oid = any(%s::oid[])
), used as materialized (
  select distinct atttypid as oid from pg_catalog.pg_attribute where attrelid = any(%s::oid[]) and attnum > 0
), pg_type as materialized (
  select t.tableoid, t.* from pg_catalog.pg_type t
  left join pg_catalog.pg_type e on e.oid = t.typelem
  left join pg_catalog.pg_class k on k.oid = coalesce(nullif(t.typrelid, 0), e.typrelid)
  where coalesce(k.relkind, 'c') = 'c' or t.oid in (select oid from used)
     or t.oid in (select y.typelem from pg_catalog.pg_type y where y.oid in (select oid from used))
), pg_proc as (
  select tableoid, * from pg_catalog.pg_proc where false
), 
