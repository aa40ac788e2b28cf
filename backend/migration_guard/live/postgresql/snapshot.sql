-- Everything in a PostgreSQL database (14 to 18) that is not a row, but what the system and extensions own.
-- One row per object: kind, schema, table, name, address (oid, for a column oid.number), properties as JSON.
with ns as (
  select oid, tableoid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), owned as (
  select classid, objid from pg_depend where deptype = 'e'
), acls as (
  select 'pg_class' as catalogue, oid, oid::text as address, relowner as owner, relacl as acl,
         acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner) as usual
  from pg_class where relacl is not null and oid >= 16384
  union all
  select 'pg_class', c.oid, c.oid || '.' || a.attnum, c.relowner, a.attacl, null
  from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attacl is not null and c.oid >= 16384
  union all
  select 'pg_proc', oid, oid::text, proowner, proacl, acldefault('f', proowner)
  from pg_proc where proacl is not null and oid >= 16384
  union all
  select 'pg_type', oid, oid::text, typowner, typacl, acldefault('T', typowner)
  from pg_type where typacl is not null and oid >= 16384
  union all
  select 'pg_namespace', n.oid, n.oid::text, n.nspowner, n.nspacl, coalesce(i.initprivs, acldefault('n', n.nspowner))
  from pg_namespace n left join pg_init_privs i on (i.classoid, i.objoid) = (n.tableoid, n.oid)
  where n.nspacl is not null
), grants as (
  select a.catalogue, a.address, x.which, string_agg(x.who || ' ' || x.what, '; ' order by x.who) as text
  from acls a cross join lateral (
    select g.which, coalesce(r.rolname, 'public') as who,
           string_agg(g.privilege_type || case when g.is_grantable then ' with grant option' else '' end, ', '
                      order by g.privilege_type) as what
    from (select 'now' as which, e.* from aclexplode(a.acl) e union all select 'usual', e.* from aclexplode(a.usual) e) g
    left join pg_roles r on r.oid = g.grantee
    where g.grantee <> a.owner
    group by 1, 2) x
  group by 1, 2, 3
)
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
       n.nspname, null, c.relname, c.oid::text,
       json_strip_nulls(json_build_object(
         'definition', case when c.relkind in ('v', 'm') then btrim(pg_get_viewdef(c.oid), ' ;') end,
         'persistence', case c.relpersistence when 'u' then 'unlogged' end,
         'foreign', case when c.relkind = 'f' then 'yes' end,
         'options', array_to_string(c.reloptions, ', '),
         'access method', (select m.amname from pg_am m where m.oid = c.relam and m.amname <> 'heap'),
         'tablespace', (select s.spcname from pg_tablespace s where s.oid = c.reltablespace),
         'partitioned by', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
         'partition of', case when c.relispartition then
            (select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = c.oid)
            || ' ' || pg_get_expr(c.relpartbound, c.oid) end,
         'inherits', case when not c.relispartition and c.relkind in ('r', 'f') then
            (select string_agg(h.inhparent::regclass::text, ', ' order by h.inhseqno)
             from pg_inherits h where h.inhrelid = c.oid) end,
         'row security', case when c.relrowsecurity and c.relforcerowsecurity then 'on, for the owner too'
                         when c.relrowsecurity then 'on' when c.relforcerowsecurity then 'off, but forced' end,
         'replica identity', case when c.relkind in ('r', 'p') then case c.relreplident when 'f' then 'full'
            when 'n' then 'nothing' when 'i' then
            (select 'index ' || i.indexrelid::regclass from pg_index i where i.indrelid = c.oid and i.indisreplident)
            end end,
         'clustered on', case when c.relhasindex then
            (select i.indexrelid::regclass::text from pg_index i where i.indrelid = c.oid and i.indisclustered) end,
         'populated', case when not c.relispopulated then 'no' end))::text
from pg_class c join ns n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v', 'm')
  and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select 'column', n.nspname, c.relname, a.attname, c.oid::text || '.' || a.attnum,
       json_strip_nulls(json_build_object(
         'type', format_type(a.atttypid, a.atttypmod),
         'nullable', case when a.attnotnull then 'no'
            -- PostgreSQL 18 keeps NOT NULL as a constraint, which may be NOT VALID.
            || coalesce((select case when l.connoinherit then ' NO INHERIT' else '' end
                                || case when not l.convalidated then ' NOT VALID' else '' end
                         from pg_constraint l where l.conrelid = a.attrelid and l.contype = 'n' and l.conkey[1] = a.attnum), '')
            else 'yes' end,
         'default', case when a.atthasdef and a.attgenerated = '' then
            (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum)
            end,
         'generated', case when a.attgenerated <> '' then
            (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum)
            || case a.attgenerated when 's' then ' stored' else ' virtual' end end,
         'identity', case when a.attidentity <> '' then
            case a.attidentity when 'a' then 'always' else 'by default' end
            || (select coalesce(' (' || nullif(concat_ws(' ',
                         'start ' || nullif(s.seqstart, 1), 'increment ' || nullif(s.seqincrement, 1),
                         'minimum ' || nullif(s.seqmin, 1), 'maximum ' || nullif(s.seqmax,
                            case s.seqtypid::regtype::text when 'smallint' then 32767 when 'integer' then 2147483647
                            else 9223372036854775807 end),
                         'cache ' || nullif(s.seqcache, 1), case when s.seqcycle then 'cycle' end), '') || ')', '')
                from pg_sequence s where s.seqrelid = pg_get_serial_sequence(
                  quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)::regclass) end,
         'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
         'storage', case when a.attstorage <> t.typstorage then
            case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
         'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
         'statistics', nullif(a.attstattarget, -1),
         'options', array_to_string(a.attoptions, ', ')))::text
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join ns n on n.oid = c.relnamespace
join pg_catalog.pg_type t on t.oid = a.atttypid
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f') and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select case k.contype when 'p' then 'primary key' when 'f' then 'foreign key' when 'u' then 'unique'
       when 'c' then 'check' else 'exclusion' end,
       n.nspname, c.relname, k.conname, k.oid::text,
       json_build_object('definition', pg_get_constraintdef(k.oid))::text
from pg_class c join ns n on n.oid = c.relnamespace
cross join lateral (select * from pg_constraint o where o.conrelid = c.oid offset 0) k
where k.contype in ('p', 'f', 'u', 'c', 'x') and k.conparentid = 0 and k.conislocal
  and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

select 'index', n.nspname, c.relname, x.relname, x.oid::text,
       json_strip_nulls(json_build_object(
         'definition', regexp_replace(pg_get_indexdef(x.oid), '^.*? USING ', ''),
         'unique', case when i.indisunique then 'yes' end,
         'valid', case when not i.indisvalid then 'no' end))::text
from pg_class c join ns n on n.oid = c.relnamespace
cross join lateral (select * from pg_index o where o.indrelid = c.oid offset 0) i
join pg_class x on x.oid = i.indexrelid
where not x.relispartition and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))
  and (select k.oid from pg_constraint k where k.conrelid = i.indrelid and k.conindid = i.indexrelid
       and k.contype in ('p', 'u', 'x') limit 1) is null

union all

select 'sequence', n.nspname, o.relname, c.relname, c.oid::text,
       json_strip_nulls(json_build_object(
         'type', format_type(s.seqtypid, null), 'start', s.seqstart, 'increment', s.seqincrement,
         'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', nullif(s.seqcache, 1),
         'cycle', case when s.seqcycle then 'yes' end,
         'owned by', quote_ident(o.relname) || '.' || quote_ident(a.attname)))::text
from pg_class c join ns n on n.oid = c.relnamespace
cross join lateral (select * from pg_sequence o where o.seqrelid = c.oid offset 0) s
left join pg_depend d on d.classid = c.tableoid and d.objid = c.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_class o on o.oid = d.refobjid
left join pg_attribute a on (a.attrelid, a.attnum) = (d.refobjid, d.refobjsubid)
where c.relkind = 'S' and d.deptype is distinct from 'i' and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

-- only with enum
select case t.typtype when 'e' then 'enum' when 'd' then 'domain' else 'type' end,
       n.nspname, null, t.typname, t.oid::text,
       json_strip_nulls(json_build_object(
         'labels', case when t.typtype = 'e' then
            (select string_agg(quote_literal(l.enumlabel), ', ' order by l.enumsortorder)
             from pg_enum l where l.enumtypid = t.oid) end,
         'type', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end,
         'nullable', case when t.typtype = 'd' then case when t.typnotnull then 'no' else 'yes' end end,
         'default', t.typdefault,
         'collation', case when t.typtype = 'd' and t.typcollation <> b.typcollation
                      then t.typcollation::regcollation::text end,
         'checks', case when t.typtype = 'd' then
            (select string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ', ' order by k.conname)
             from pg_constraint k where k.contypid = t.oid and k.contype = 'c') end,
         'attributes', case when t.typtype = 'c' then
            (select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                               || case when a.attcollation = e.typcollation then ''
                                  else ' collate ' || a.attcollation::regcollation end, ', ' order by a.attnum)
             from pg_attribute a join pg_type e on e.oid = a.atttypid
             where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end,
         'range of', case when t.typtype = 'r' then
            (select format_type(r.rngsubtype, null)
             || coalesce(' collate ' || nullif(r.rngcollation, e.typcollation)::regcollation, '')
             || coalesce(' subtype_diff ' || nullif(r.rngsubdiff, 0)::regproc, '')
             || coalesce(' canonical ' || nullif(r.rngcanonical, 0)::regproc, '')
             from pg_range r join pg_type e on e.oid = r.rngsubtype where r.rngtypid = t.oid) end))::text
from pg_type t join ns n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
left join pg_type b on b.oid = t.typbasetype
where t.typtype in ('e', 'd', 'c', 'r') and coalesce(c.relkind, 'c') = 'c' and not exists (select 1 from owned o where (o.classid, o.objid) = (t.tableoid, t.oid))

union all

-- of no relation
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

-- only with trigger
select 'trigger', n.nspname, c.relname, t.tgname, t.oid::text,
       json_strip_nulls(json_build_object(
         'definition', pg_get_triggerdef(t.oid),
         'enabled', case t.tgenabled when 'O' then null when 'D' then 'no' when 'R' then 'replica'
                    else 'always' end))::text
from pg_trigger t join pg_class c on c.oid = t.tgrelid join ns n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgparentid = 0 and not exists (select 1 from owned o where (o.classid, o.objid) = (c.tableoid, c.oid))

union all

-- only with policy
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

-- only with rule
select 'rule', n.nspname, c.relname, r.rulename, r.oid::text,
       json_build_object('definition', pg_get_ruledef(r.oid))::text
from pg_rewrite r join pg_class c on c.oid = r.ev_class join ns n on n.oid = c.relnamespace
where r.rulename <> '_RETURN'

union all

-- of no relation
select 'schema', null, null, n.nspname, n.oid::text, '{}'
from ns n where not exists (select 1 from owned o where (o.classid, o.objid) = (n.tableoid, n.oid))

union all

-- of no relation
select 'extension', null, null, x.extname, x.oid::text,
       json_build_object('version', x.extversion, 'schema', x.extnamespace::regnamespace::text)::text
from pg_extension x

union all

-- of no relation
select 'collation', n.nspname, null, l.collname, l.oid::text,
       json_strip_nulls(json_build_object(
         'provider', case l.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
         -- colliculocale in PostgreSQL 15 and 16, colllocale since 17
         'locale', coalesce(to_json(l)->>'colllocale', to_json(l)->>'colliculocale', l.collcollate),
         'deterministic', case when not l.collisdeterministic then 'no' end))::text
from pg_collation l join ns n on n.oid = l.collnamespace where not exists (select 1 from owned o where (o.classid, o.objid) = (l.tableoid, l.oid))

union all

-- only with statistics
select 'statistics', n.nspname, c.relname, s.stxname, s.oid::text,
       json_build_object('definition', regexp_replace(pg_get_statisticsobjdef(s.oid), '^.*? ON ', ''),
         'kinds', (select string_agg(case k when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv'
                                     end, ', ') from unnest(s.stxkind) k))::text
from pg_statistic_ext s join ns n on n.oid = s.stxnamespace join pg_class c on c.oid = s.stxrelid

union all

-- of no relation
select 'event trigger', null, null, t.evtname, t.oid::text,
       json_strip_nulls(json_build_object(
         'on', t.evtevent, 'runs', t.evtfoid::regproc::text, 'tags', array_to_string(t.evttags, ', '),
         'enabled', case t.evtenabled when 'O' then null when 'D' then 'no' when 'R' then 'replica'
                    else 'always' end))::text
from pg_event_trigger t where not exists (select 1 from owned o where (o.classid, o.objid) = (t.tableoid, t.oid))

union all

-- of no relation
select 'text search configuration', n.nspname, null, f.cfgname, f.oid::text,
       json_strip_nulls(json_build_object(
         'parser', (select p.prsname from pg_ts_parser p where p.oid = f.cfgparser),
         'mappings', (select string_agg(m.maptokentype || ' ' || m.mapdict::regdictionary, ', '
                                        order by m.maptokentype, m.mapseqno)
                      from pg_ts_config_map m where m.mapcfg = f.oid)))::text
from pg_ts_config f join ns n on n.oid = f.cfgnamespace
where not exists (select 1 from owned o where (o.classid, o.objid) = (f.tableoid, f.oid))

union all

-- of no relation
select 'publication', null, null, p.pubname, p.oid::text,
       json_strip_nulls(json_build_object(
         'tables', case when p.puballtables then 'all' else
            (select string_agg(r.prrelid::regclass::text, ', ' order by r.prrelid::regclass::text)
             from pg_publication_rel r where r.prpubid = p.oid) end,
         'publishes', concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
                                case when p.pubdelete then 'delete' end,
                                case when p.pubtruncate then 'truncate' end)))::text
from pg_publication p

union all

-- of no relation
select 'foreign server', null, null, s.srvname, s.oid::text,
       json_build_object('options', array_to_string(s.srvoptions, ', '))::text
from pg_foreign_server s

union all

-- of no relation
select 'default privileges', null, null,
       'of ' || d.defaclrole::regrole || coalesce(' in ' || n.nspname, '') || ' on '
       || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
          when 'T' then 'types' else 'schemas' end, d.oid::text,
       json_build_object('grants', array_to_string(d.defaclacl, ', '))::text
from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace

union all

-- only with grants
select 'grants', g.catalogue, null, null, g.address, string_agg(g.text, '') filter (where g.which = 'now')
from (select catalogue, address, which, text from grants
      union all select catalogue, address, 'now', '' from acls) g
group by g.catalogue, g.address
having coalesce(string_agg(g.text, '') filter (where g.which = 'now'), '')
       <> coalesce(string_agg(g.text, '') filter (where g.which = 'usual'), '')

union all

-- only with comment
select 'comment', d.classoid::regclass::text, null, null,
       d.objoid::text || case when d.objsubid > 0 then '.' || d.objsubid else '' end, d.description
from pg_description d where d.objoid >= 16384
