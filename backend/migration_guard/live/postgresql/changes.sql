-- What was written since a look at a PostgreSQL database (14 to 18), by the transactions that wrote the catalogues' rows:
-- https://www.postgresql.org/docs/current/ddl-system-columns.html
-- Parameters: the oldest transaction that was not over at that look ('1': everything was written since), how many rows
-- each catalogue had then, and whether anybody wants to know of rows of tables.
-- One line for each part: its name, identifiers, two lists of numbers, words.
with since as materialized (
  select age($1::xid) as age, $2::int8[] as totals
), spaces as materialized (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), made as materialized (
  select oid, relnamespace, relname, relkind, relhassubclass, relfilenode,
         age(xmin) <= (select age from since) as written
  from pg_class where oid >= 16384
), relation as materialized (
  select * from made where relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
                       and relnamespace = any(array(select oid from spaces))
), type as materialized (
  -- The type of a relation's rows, and arrays, come and go with what they are of.
  select oid, typname, typnamespace, typtype = 'e' as is_enum, age(xmin) <= (select age from since) as written
  from pg_type where oid >= 16384 and (typtype in ('e', 'd', 'r', 'm', 'p') or typtype = 'b' and typcategory <> 'A')
), tally(number, total, written, told) as materialized (
  -- What is gone leaves fewer rows. Of the catalogues that are not here, rows go with their relation only, or with one of
  -- these. Of some it counts the rows that a snapshot tells of by themselves.
  select 1, count(*), count(*) filter (where age(xmin) <= (select age from since)), 0 from pg_constraint
  union all select 2, count(*), count(*) filter (where age(xmin) <= (select age from since)), 0 from pg_index
  union all select 3, count(*), count(*) filter (where age(xmin) <= (select age from since)),
                   count(*) filter (where not tgisinternal) from pg_trigger
  union all select 4, count(*), count(*) filter (where age(xmin) <= (select age from since)),
                   count(*) filter (where oid >= 16384 and rulename <> '_RETURN') from pg_rewrite
  union all select 5, count(*), count(*) filter (where age(xmin) <= (select age from since)), count(*) from pg_policy
  union all select 6, count(*), count(*) filter (where age(xmin) <= (select age from since)), 0 from pg_inherits
  union all select 7, count(*), count(*) filter (where age(xmin) <= (select age from since)), count(*) from pg_statistic_ext
  union all select 8, count(*), count(*) filter (where age(xmin) <= (select age from since)),
                   (select count(*) from pg_description where objoid >= 16384) from pg_description
            where objoid >= 16384 and classoid = 'pg_class'::regclass
  union all select 9, count(*), count(*) filter (where age(xmin) <= (select age from since)), 0 from pg_attrdef
), changed(number, lost) as materialized (
  -- As many rows more as were written: none is gone, and none has another in its place.
  select t.number, t.total - t.written is distinct from s.totals[t.number] from tally t, since s
  where t.written > 0 or t.total is distinct from s.totals[t.number]
), row_of(number, relation, xmin) as (
  select 1, conrelid, xmin from pg_constraint where 1 in (select number from changed)
  union all select 2, indrelid, xmin from pg_index where 2 in (select number from changed)
  union all select 3, tgrelid, xmin from pg_trigger where 3 in (select number from changed)
  union all select 4, ev_class, xmin from pg_rewrite where 4 in (select number from changed)
  union all select 5, polrelid, xmin from pg_policy where 5 in (select number from changed)
  union all select 6, unnest(array[inhrelid, inhparent]), xmin from pg_inherits where 6 in (select number from changed)
  union all select 7, stxrelid, xmin from pg_statistic_ext where 7 in (select number from changed)
  union all select 8, objoid, xmin from pg_description
            where objoid >= 16384 and classoid = 'pg_class'::regclass and 8 in (select number from changed)
  union all select 9, adrelid, xmin from pg_attrdef where 9 in (select number from changed)
), counted(number, relation, rows, written) as materialized (
  -- All rows of the relations where some are lost, elsewhere those that are new.
  select number, relation, count(*), bool_or(age(xmin) <= (select age from since)) from row_of
  where age(xmin) <= (select age from since) or number in (select number from changed where lost) group by 1, 2
), written(relation) as (
  select attrelid from pg_attribute where attnum > 0 and age(xmin) <= (select age from since)
  union select relation from counted where written
  union select i.indrelid from made x join pg_index i on i.indexrelid = x.oid where x.relkind in ('i', 'I') and x.written
  union select seqrelid from pg_sequence where age(xmin) <= (select age from since)
  union select partrelid from pg_partitioned_table where age(xmin) <= (select age from since)
), elsewhere(written) as (
  select written from type where not is_enum
  union all select age(xmin) <= (select age from since) from pg_range where rngtypid >= 16384
  union all select age(xmin) <= (select age from since) from pg_proc where oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_namespace
  union all select age(xmin) <= (select age from since) from pg_extension
  union all select age(xmin) <= (select age from since) from pg_collation where oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_operator where oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_cast where oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_ts_config where oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_ts_config_map where mapcfg >= 16384
  union all select age(xmin) <= (select age from since) from pg_ts_dict where oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_event_trigger
  union all select age(xmin) <= (select age from since) from pg_publication
  union all select age(xmin) <= (select age from since) from pg_publication_rel
  union all select age(xmin) <= (select age from since) from pg_foreign_server
  union all select age(xmin) <= (select age from since) from pg_foreign_data_wrapper
  union all select age(xmin) <= (select age from since) from pg_foreign_table
  union all select age(xmin) <= (select age from since) from pg_default_acl
  union all select age(xmin) <= (select age from since) from pg_constraint where contypid <> 0 and oid >= 16384
  union all select age(xmin) <= (select age from since) from pg_description
            where objoid >= 16384 and classoid <> 'pg_class'::regclass
)
select 'now' as part, null::int8[] as ids, null::int8[] as numbers, null::int8[] as more,
       array[pg_snapshot_xmin(pg_current_snapshot())::xid::text,
             (select string_agg(oid || rolname, ' ' order by oid) from pg_roles where oid >= 16384),
             current_setting('search_path'),
             pg_current_snapshot()::text] as words
union all
select 'relations', array_agg(oid::int8), null, null, null from relation
union all
select 'rows', array_agg(oid::int8), array_agg(relfilenode::int8), array_agg(
  pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid) + pg_stat_get_tuples_deleted(oid)), null
from relation where relkind = 'r' and not relhassubclass and current_setting('track_counts')::bool and $3::bool
union all
select 'named', array_agg(r.oid::int8), null, null,
       array_agg(array[r.relkind::text, case n.nspname when 'public' then '' else n.nspname end, r.relname::text])
from relation r join spaces n on n.oid = r.relnamespace where r.written
union all
select 'written', array_agg(relation::int8), null, null, null from written
union all
select 'totals', null, array_agg(total order by number), array_agg(told order by number), null from tally
union all
select 'changed', null, array_agg(number), array_agg(lost::int), null from changed
union all
select 'counted', array_agg(relation::int8), array_agg(rows), array_agg(number), null from counted
union all
select 'elsewhere', null, array[count(*), count(*) filter (where written)],
       array[(select count(*) from pg_proc where oid >= 16384), (select count(*) from pg_event_trigger)], null from elsewhere
union all
select 'enums', array_agg(oid::int8), null, null, null from type where is_enum
union all
select 'enums written', array_agg(e.oid::int8), null, null,
       array_agg(array[case n.nspname when 'public' then '' else n.nspname end, e.typname::text])
from type e join pg_namespace n on n.oid = e.typnamespace
where e.is_enum and (e.written or e.oid = any(array(
  select enumtypid from pg_enum where age(xmin) <= (select age from since))))
