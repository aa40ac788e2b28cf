-- What stands before a statement runs: relations of users that can be locked, their files, and how often this session
-- has read them whole since its counters were last collected.
-- https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-STATS-VIEWS
SELECT pg_catalog.json_build_array(
    (SELECT max(oid)::bigint FROM pg_catalog.pg_class),
    pg_catalog.json_agg(pg_catalog.json_build_array(
        c.oid::bigint,
        CASE n.nspname WHEN 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END,
        c.relkind::text,
        c.relfilenode::bigint,
        pg_catalog.pg_stat_get_xact_numscans(c.oid)
    ))
)::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND n.nspname !~ '^pg_'
