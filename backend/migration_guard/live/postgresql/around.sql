-- What may name relations that were `touched`, by its definition: `depending`; and `read`, those to be read with them.
, types as materialized (  -- a relation's rows are a type, too
  select unnest(array[y.oid, y.typarray]) as oid from pg_type y
  where y.oid = any(array(select c.reltype from pg_class c where c.oid = any(array(select oid from touched))))
), depending as materialized (
  select classid, objid from pg_depend
  where refclassid = 'pg_class'::regclass and refobjid = any(array(select oid from touched))
  union all
  select classid, objid from pg_depend
  where refclassid = 'pg_type'::regclass and refobjid = any(array(select oid from types where oid <> 0))
), read(oid) as materialized (
  select oid from touched
  union select objid from depending where classid = 'pg_class'::regclass
  union select conrelid from pg_constraint where contype <> 'f' and oid = any(array(
        select objid from depending where classid = 'pg_constraint'::regclass))
  union select ev_class from pg_rewrite where oid = any(array(
        select objid from depending where classid = 'pg_rewrite'::regclass))
  union select tgrelid from pg_trigger where oid = any(array(
        select objid from depending where classid = 'pg_trigger'::regclass))
  union select polrelid from pg_policy where oid = any(array(
        select objid from depending where classid = 'pg_policy'::regclass))
  union select adrelid from pg_attrdef where oid = any(array(
        select objid from depending where classid = 'pg_attrdef'::regclass))
  union select inhparent from pg_inherits where inhrelid = any(array(select oid from touched))
  -- A sequence is told with the table that owns it.
  union select refobjid from pg_depend where classid = 'pg_class'::regclass and objid = any(array(select oid from touched))
        and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
)
