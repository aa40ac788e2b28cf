-- Around relations that changed: 'read' names what has to be read again with them, as its definition may name them;
-- 'child' the tables whose foreign keys point at them; 'beside' what is told with a table: its indexes and sequences;
-- 'all' stands where something else than a relation depends on one, 'granted' where some role was given rights.
-- Arrays let the planner take the catalogues' indexes: the plan is made while hardly anything stands there, and kept.
with touched as materialized (
  select unnest($1::oid[]) as oid
)
-- around.sql
select 'read', oid::int8 from read where oid <> 0
union
select 'child', conrelid::int8 from pg_constraint where contype = 'f' and oid = any(array(
  select objid from depending where classid = 'pg_constraint'::regclass))
union
select 'beside', indexrelid::int8 from pg_index where indrelid = any(array(select oid from read))
union
select 'beside', objid::int8 from pg_depend
where refclassid = 'pg_class'::regclass and refobjid = any(array(select oid from read))
  and classid = 'pg_class'::regclass and deptype in ('a', 'i')
union
select 'granted', 0 where exists (select 1 from pg_class where relacl is not null and oid = any(array(select oid from read)))
  or exists (select 1 from pg_attribute where attacl is not null and attrelid = any(array(select oid from read)))
union
select 'all', 0 from depending where classid not in (
  'pg_class'::regclass, 'pg_constraint'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass,
  'pg_attrdef'::regclass, 'pg_type'::regclass, 'pg_statistic_ext'::regclass)
