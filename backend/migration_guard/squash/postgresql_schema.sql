select n.nspname, c.relname, c.relkind::text, c.relispartition, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, a.attidentity::text,
       case when a.attcollation <> t.typcollation then (select l.collname from pg_collation l where l.oid = a.attcollation) end,
       col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class'),
       pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname),
       exists (select 1 from pg_inherits i where i.inhrelid = c.oid) or c.reloptions is not null or c.relpersistence <> 'p'
         or c.reltablespace <> 0 or c.relreplident <> 'd',
       a.attstorage <> t.typstorage or a.attcompression <> '' or a.attoptions is not null
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid
join pg_type t on t.oid = a.atttypid
left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
where c.relkind in ('r', 'p', 'f') and a.attnum > 0 and not a.attisdropped
  and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
  and not exists (select 1 from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
order by n.nspname, c.relname, a.attnum
