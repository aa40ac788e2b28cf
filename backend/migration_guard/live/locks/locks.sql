-- The locks that this session holds on relations of users, with what tells that one was written anew or read.
-- txid_current_if_assigned() is null where no transaction is open that has changed anything.
-- https://www.postgresql.org/docs/current/view-pg-locks.html
SELECT pg_catalog.json_build_array(
    pg_catalog.txid_current_if_assigned()::text,
    pg_catalog.current_setting('lock_timeout'),
    (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            l.relation::bigint,
            l.mode,
            c.relkind::text,
            c.relfilenode::bigint,
            pg_catalog.pg_stat_get_xact_numscans(l.relation),
            i.indrelid::bigint
        ))
        FROM pg_catalog.pg_locks l
        LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = l.relation
        WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.relation >= 16384
    )
)::text
