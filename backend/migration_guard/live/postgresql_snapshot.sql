-- Everything in a PostgreSQL database (14 to 18) that is not a row, but what the system and extensions own.
-- One row per object: kind, schema, table, name, address (oid, for a column oid.number), properties as JSON.
with ns as (
  select oid, tableoid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), owned as (
  select classid, objid from pg_depend where deptype = 'e'
)
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
       n.nspname, null, c.relname, c.oid::text,
       json_strip_nulls(json_build_object(
         'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
         'persistence', case c.relpersistence when 'u' then 'unlogged' end,
         'foreign', case when c.relkind = 'f' then 'yes' end,
         'options', array_to_string(c.reloptions, ', '),
         'partitioned', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
         'partition', case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end,
         'inherits', case when c.relhassubclass or c.relispartition or c.relkind = 'r' then
            (select string_agg(h.inhparent::regclass::text, ', ' order by h.inhseqno)
             from pg_inherits h where h.inhrelid = c.oid) end,
         'row security', case when c.relforcerowsecurity then 'forced' when c.relrowsecurity then 'on' end,
         'replica identity', case c.relreplident when 'f' then 'full' when 'i' then 'index'
                             when 'n' then case when c.relkind in ('r', 'p') then 'nothing' end end,
         'populated', case when not c.relispopulated then 'no' end))::text
from pg_class c join ns n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v', 'm')
  and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select 'column', n.nspname, c.relname, a.attname, c.oid::text || '.' || a.attnum,
       json_strip_nulls(json_build_object(
         'type', format_type(a.atttypid, a.atttypmod),
         'nullable', case when a.attnotnull then 'no' else 'yes' end,
         'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
         'generated', case a.attgenerated when 's' then pg_get_expr(d.adbin, d.adrelid) || ' stored'
                      when 'v' then pg_get_expr(d.adbin, d.adrelid) || ' virtual' end,
         'identity', case when a.attidentity <> '' then
            case a.attidentity when 'a' then 'always' else 'by default' end
            || (select case when (s.seqstart, s.seqincrement) = (1, 1) then ''
                       else ' (start ' || s.seqstart || ' increment ' || s.seqincrement || ')' end
                from pg_sequence s where s.seqrelid = pg_get_serial_sequence(
                  quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)::regclass) end,
         'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end))::text
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join ns n on n.oid = c.relnamespace
join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f') and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select case k.contype when 'p' then 'primary key' when 'f' then 'foreign key' when 'u' then 'unique'
       when 'c' then 'check' else 'exclusion' end,
       n.nspname, c.relname, k.conname, k.oid::text,
       json_build_object('definition', pg_get_constraintdef(k.oid))::text
from pg_constraint k join pg_class c on c.oid = k.conrelid join ns n on n.oid = c.relnamespace
where k.contype in ('p', 'f', 'u', 'c', 'x') and k.conparentid = 0 and k.conislocal
  and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select 'index', n.nspname, c.relname, x.relname, x.oid::text,
       json_strip_nulls(json_build_object(
         'definition', regexp_replace(pg_get_indexdef(x.oid), '^.*? USING ', ''),
         'unique', case when i.indisunique then 'yes' end,
         'valid', case when not i.indisvalid then 'no' end,
         'clustered', case when i.indisclustered then 'yes' end))::text
from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
join ns n on n.oid = c.relnamespace
where not x.relispartition and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid)) and not exists (
  select 1 from pg_constraint k
  where k.conrelid = i.indrelid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))

union all

select 'sequence', n.nspname, o.relname, c.relname, c.oid::text,
       json_strip_nulls(json_build_object(
         'type', format_type(s.seqtypid, null), 'start', s.seqstart, 'increment', s.seqincrement,
         'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', nullif(s.seqcache, 1),
         'cycle', case when s.seqcycle then 'yes' end,
         'owned by', quote_ident(o.relname) || '.' || quote_ident(a.attname)))::text
from pg_sequence s join pg_class c on c.oid = s.seqrelid join ns n on n.oid = c.relnamespace
left join pg_depend d on d.classid = c.tableoid and d.objid = c.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_class o on o.oid = d.refobjid
left join pg_attribute a on (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)
where d.deptype is distinct from 'i' and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select case t.typtype when 'e' then 'enum' when 'd' then 'domain' else 'type' end,
       n.nspname, null, t.typname, t.oid::text,
       json_strip_nulls(json_build_object(
         'labels', case when t.typtype = 'e' then
            (select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder)
             from pg_enum l where l.enumtypid = t.oid) end,
         'type', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
         'nullable', case when t.typtype = 'd' then case when t.typnotnull then 'no' else 'yes' end end,
         'default', t.typdefault,
         'checks', case when t.typtype = 'd' then
            (select string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ', ' order by k.conname)
             from pg_constraint k where k.contypid = t.oid and k.contype = 'c') end,
         'attributes', case when t.typtype = 'c' then
            (select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                               order by a.attnum)
             from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end,
         'range of', (select format_type(r.rngsubtype, null) from pg_range r
                      where t.typtype = 'r' and r.rngtypid = t.oid)))::text
from pg_type t join ns n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
where t.typtype in ('e', 'd', 'c', 'r') and coalesce(c.relkind, 'c') = 'c' and not exists (select 1 from owned o where (o.classid, o.objid) = (t.tableoid, t.oid))

union all

select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
       n.nspname, null, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', p.oid::text,
       json_build_object('definition', case when p.prokind = 'a' then
          (select g.aggtransfn::text || ' ' || g.aggfinalfn::text || coalesce(' ' || g.agginitval, '')
           from pg_aggregate g where g.aggfnoid = p.oid)
          else pg_get_functiondef(p.oid) end)::text
from pg_proc p join ns n on n.oid = p.pronamespace
where not exists (select 1 from owned o where (o.classid, o.objid) = (p.tableoid, p.oid))
  and not exists (select 1 from pg_depend i where i.classid = p.tableoid and i.objid = p.oid and i.deptype = 'i')

union all

select 'trigger', n.nspname, c.relname, t.tgname, t.oid::text,
       json_strip_nulls(json_build_object(
         'definition', pg_get_triggerdef(t.oid),
         'enabled', case t.tgenabled when 'O' then null when 'D' then 'no' when 'R' then 'replica'
                    else 'always' end))::text
from pg_trigger t join pg_class c on c.oid = t.tgrelid join ns n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgparentid = 0 and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select 'policy', n.nspname, c.relname, p.polname, p.oid::text,
       json_strip_nulls(json_build_object(
         'for', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                when 'd' then 'delete' else 'all' end,
         'to', (select string_agg(coalesce(r.rolname, 'public'), ', ' order by r.rolname)
                from unnest(p.polroles) u(id) left join pg_roles r on r.oid = u.id),
         'restrictive', case when not p.polpermissive then 'yes' end,
         'using', pg_get_expr(p.polqual, p.polrelid),
         'with check', pg_get_expr(p.polwithcheck, p.polrelid)))::text
from pg_policy p join pg_class c on c.oid = p.polrelid join ns n on n.oid = c.relnamespace

union all

select 'rule', n.nspname, c.relname, r.rulename, r.oid::text,
       json_build_object('definition', pg_get_ruledef(r.oid))::text
from pg_rewrite r join pg_class c on c.oid = r.ev_class join ns n on n.oid = c.relnamespace
where r.rulename <> '_RETURN'

union all

select 'schema', null, null, n.nspname, n.oid::text, '{}'
from ns n where not exists (select 1 from owned o where (o.classid, o.objid) = (n.tableoid, n.oid))

union all

select 'extension', null, null, x.extname, x.oid::text,
       json_build_object('version', x.extversion, 'schema', x.extnamespace::regnamespace::text)::text
from pg_extension x

union all

select 'collation', n.nspname, null, l.collname, l.oid::text,
       json_strip_nulls(json_build_object(
         'provider', l.collprovider, 'locale', l.collcollate,
         'deterministic', case when not l.collisdeterministic then 'no' end))::text
from pg_collation l join ns n on n.oid = l.collnamespace where not exists (select 1 from owned o where (o.classid, o.objid) = (l.tableoid, l.oid))

union all

select 'statistics', n.nspname, c.relname, s.stxname, s.oid::text,
       json_build_object('definition', regexp_replace(pg_get_statisticsobjdef(s.oid), '^.*? ON ', ''))::text
from pg_statistic_ext s join ns n on n.oid = s.stxnamespace join pg_class c on c.oid = s.stxrelid

union all

select 'comment', d.classoid::regclass::text, null, null,
       d.objoid::text || case when d.objsubid > 0 then '.' || d.objsubid else '' end, d.description
from pg_description d where d.objoid >= 16384
