-- What was written since the last look at a PostgreSQL database (14 to 18), by the versions of the catalogues' rows:
-- https://www.postgresql.org/docs/current/ddl-system-columns.html. Each changed row has another ctid or xmin.
-- One row per relation: oid, kind, schema, name, mark of all that the catalogues hold of it, mark of its rows. One per
-- enum, of the kind 'e'. One more, with oid 0, for all that is neither.
with relation as materialized (
  select c.oid, n.nspname, c.relname, c.relkind, c.relhassubclass, c.relfilenode, c.ctid, c.xmin
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), version(relation, ctid, xmin) as (
  select oid, ctid, xmin from relation
  union all select attrelid, ctid, xmin from pg_attribute where attrelid >= 16384 and attnum > 0
  union all select adrelid, ctid, xmin from pg_attrdef
  union all select conrelid, ctid, xmin from pg_constraint where oid >= 16384
  union all select i.indrelid, i.ctid, i.xmin from pg_index i where i.indexrelid >= 16384
  union all select i.indrelid, x.ctid, x.xmin from pg_index i join pg_class x on x.oid = i.indexrelid
            where i.indexrelid >= 16384
  union all select tgrelid, ctid, xmin from pg_trigger
  union all select ev_class, ctid, xmin from pg_rewrite where oid >= 16384
  union all select polrelid, ctid, xmin from pg_policy
  union all select inhrelid, ctid, xmin from pg_inherits
  union all select inhparent, ctid, xmin from pg_inherits
  union all select seqrelid, ctid, xmin from pg_sequence
  union all select stxrelid, ctid, xmin from pg_statistic_ext
  union all select partrelid, ctid, xmin from pg_partitioned_table
  union all select objoid, ctid, xmin from pg_description where objoid >= 16384 and classoid = 'pg_class'::regclass
), marked as (
  select relation, count(*) || ' ' || sum(hashtid(ctid)::int8 * 31 + xmin::text::int8) as mark
  from version group by relation
), elsewhere(ctid, xmin) as (
  -- The type of a relation's rows, and of arrays of them, come and go with it.
  select t.ctid, t.xmin from pg_type t left join pg_type e on e.oid = t.typelem
  where t.oid >= 16384 and (t.typrelid = 0 or exists (select from relation r where r.oid = t.typrelid and r.relkind = 'c'))
    and coalesce(e.typrelid, 0) = 0 and t.typtype <> 'e' and coalesce(e.typtype, 'b') <> 'e'
  union all select ctid, xmin from pg_range where rngtypid >= 16384
  union all select ctid, xmin from pg_proc where oid >= 16384
  union all select ctid, xmin from pg_namespace
  union all select ctid, xmin from pg_extension
  union all select ctid, xmin from pg_collation where oid >= 16384
  union all select ctid, xmin from pg_operator where oid >= 16384
  union all select ctid, xmin from pg_cast where oid >= 16384
  union all select ctid, xmin from pg_ts_config where oid >= 16384
  union all select ctid, xmin from pg_ts_config_map where mapcfg >= 16384
  union all select ctid, xmin from pg_ts_dict where oid >= 16384
  union all select ctid, xmin from pg_event_trigger
  union all select ctid, xmin from pg_publication
  union all select ctid, xmin from pg_publication_rel
  union all select ctid, xmin from pg_foreign_server
  union all select ctid, xmin from pg_foreign_data_wrapper
  union all select ctid, xmin from pg_foreign_table
  union all select ctid, xmin from pg_default_acl
  union all select ctid, xmin from pg_constraint where oid >= 16384 and conrelid = 0
  union all select ctid, xmin from pg_description where objoid >= 16384 and classoid <> 'pg_class'::regclass
)
select r.oid::int8, r.relkind::text, case r.nspname when 'public' then null else r.nspname end, r.relname::text, m.mark,
       case when r.relkind = 'r' and not r.relhassubclass and current_setting('track_counts')::bool then
         r.relfilenode || ' ' || pg_stat_get_tuples_inserted(r.oid) || ' ' || pg_stat_get_tuples_updated(r.oid)
         || ' ' || pg_stat_get_tuples_deleted(r.oid) end
from relation r join marked m on m.relation = r.oid
union all
select t.oid::int8, 'e', null, t.typname::text, t.ctid || ' ' || t.xmin || ' '
       || (select count(*) || ' ' || sum(hashtid(l.ctid)::int8 * 31 + l.xmin::text::int8) from pg_enum l
           where l.enumtypid = t.oid), null
from pg_type t where t.typtype = 'e' and t.oid >= 16384
union all
select 0, '', null, null, count(*) || ' ' || sum(hashtid(ctid)::int8 * 31 + xmin::text::int8)
       || coalesce((select string_agg(oid || rolname, ' ' order by oid) from pg_roles where oid >= 16384), ''), null
from elsewhere
