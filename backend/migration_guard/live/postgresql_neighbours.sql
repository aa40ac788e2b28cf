-- Around relations that changed: 'read' names what has to be read again with them, as its definition may name them;
-- 'child' the tables whose foreign keys point at them; 'beside' what is told with a table: the parents of its foreign
-- keys, indexes and sequences; 'all' stands where something else than a relation depends on one.
with touched as (
  select unnest(%s::oid[]) as oid
), depending as (
  select d.classid, d.objid from pg_depend d
  where d.refclassid = 'pg_class'::regclass and d.refobjid in (select oid from touched)
  union all  -- a relation's rows are a type, too
  select d.classid, d.objid from pg_depend d join pg_type t on t.oid = d.refobjid
  where d.refclassid = 'pg_type'::regclass
    and t.oid in (select unnest(array[y.oid, y.typarray]) from pg_type y where y.typrelid in (select oid from touched))
), read(oid) as (
  select oid from touched
  union select objid from depending where classid = 'pg_class'::regclass
  union select conrelid from pg_constraint
        where oid in (select objid from depending where classid = 'pg_constraint'::regclass) and contype <> 'f'
  union select ev_class from pg_rewrite where oid in (select objid from depending where classid = 'pg_rewrite'::regclass)
  union select tgrelid from pg_trigger where oid in (select objid from depending where classid = 'pg_trigger'::regclass)
  union select polrelid from pg_policy where oid in (select objid from depending where classid = 'pg_policy'::regclass)
  union select adrelid from pg_attrdef where oid in (select objid from depending where classid = 'pg_attrdef'::regclass)
  union select inhparent from pg_inherits where inhrelid in (select oid from touched)
  -- A sequence is told with the table that owns it.
  union select refobjid from pg_depend where classid = 'pg_class'::regclass and objid in (select oid from touched)
        and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
)
select 'read', oid::int8 from read where oid <> 0
union
select 'child', conrelid::int8 from pg_constraint
where oid in (select objid from depending where classid = 'pg_constraint'::regclass) and contype = 'f'
union
select 'beside', confrelid::int8 from pg_constraint where conrelid in (select oid from read) and contype = 'f'
union
select 'beside', i.indexrelid::int8 from pg_index i where i.indrelid in (select oid from read)
union
select 'beside', s.objid::int8 from pg_depend s
where s.refclassid = 'pg_class'::regclass and s.refobjid in (select oid from read)
  and s.classid = 'pg_class'::regclass and s.deptype in ('a', 'i')
union
select 'all', 0 from depending where classid not in (
  'pg_class'::regclass, 'pg_constraint'::regclass, 'pg_rewrite'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass,
  'pg_attrdef'::regclass, 'pg_type'::regclass, 'pg_statistic_ext'::regclass)
