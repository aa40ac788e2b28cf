-- What rows must satisfy, in a PostgreSQL database (14 to 18).
-- Each row: the part it tells of, the oid of the table (or of the type), the rest as JSON.
with t as materialized (
  select c.oid, c.relname, n.nspname, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select 1 from pg_depend e
                    where e.classid = c.tableoid and e.objid = c.oid and e.deptype = 'e'))
select 'table', t.oid::text, json_build_object('schema', t.nspname, 'name', t.relname,
  'insertable', t.relkind = 'r' or exists (select 1 from pg_inherits h where h.inhparent = t.oid))::text
from t
union all
select 'column', t.oid::text, json_build_object('number', a.attnum, 'name', a.attname, 'type', a.atttypid::int8,
  'kind', y.typname, 'modifier', a.atttypmod, 'shown', format_type(a.atttypid, a.atttypmod),
  'nullable', not a.attnotnull, 'has_default', a.atthasdef and a.attgenerated = '',
  'generated', a.attgenerated <> '', 'identity', a.attidentity <> '')::text
from t join pg_attribute a on a.attrelid = t.oid join pg_type y on y.oid = a.atttypid
where a.attnum > 0 and not a.attisdropped
union all
select 'index', t.oid::text, json_build_object('name', x.relname, 'primary', i.indisprimary,
  'columns', (i.indkey::int2[])[0:i.indnkeyatts - 1], 'where', pg_get_expr(i.indpred, i.indrelid),
  'expressions', pg_get_expr(i.indexprs, i.indrelid))::text
from t join pg_index i on i.indrelid = t.oid join pg_class x on x.oid = i.indexrelid
where i.indisunique or i.indisexclusion
union all
select 'constraint', t.oid::text, json_build_object('name', k.conname, 'columns', k.conkey,
  'text', pg_get_expr(k.conbin, k.conrelid), 'parent', k.confrelid::int8, 'parent_columns', k.confkey,
  'deferrable', k.condeferrable)::text
from t join pg_constraint k on k.conrelid = t.oid
where k.contype in ('c', 'f')
union all
select 'bounds', t.oid::text, json_build_object(
  'text', string_agg('(' || pg_get_partition_constraintdef(h.inhrelid) || ')', ' OR '))::text
from t join pg_inherits h on h.inhparent = t.oid
where t.relkind = 'p'
group by t.oid having bool_and(pg_get_partition_constraintdef(h.inhrelid) is not null)
union all
select 'type', y.oid::text, json_build_object('kind', y.typname, 'class', y.typtype,
  'element', y.typelem::int8, 'base', y.typbasetype::int8, 'base_kind', b.typname, 'base_modifier', y.typtypmod,
  'nullable', not y.typnotnull, 'has_default', y.typdefault is not null,
  'labels', (select json_agg(l.enumlabel order by l.enumsortorder) from pg_enum l where l.enumtypid = y.oid),
  'checks', (select json_agg(json_build_array(k.conname, pg_get_expr(k.conbin, 0)) order by k.conname)
             from pg_constraint k where k.contypid = y.oid and k.contype = 'c'),
  'fields', (select count(*) from pg_attribute a
             where a.attrelid = y.typrelid and a.attnum > 0 and not a.attisdropped and y.typtype = 'c'))::text
from pg_type y left join pg_type b on b.oid = y.typbasetype left join pg_class c on c.oid = y.typrelid
where y.oid >= 16384 and coalesce(c.relkind, 'c') = 'c'
union all
select 'type', y.oid::text, json_build_object('kind', y.typname, 'class', y.typtype,
  'element', 0, 'labels', null, 'fields', 0)::text
from pg_type y where y.oid < 16384 and y.typtype in ('r', 'm')
