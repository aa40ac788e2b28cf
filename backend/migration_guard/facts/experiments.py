"""What `verify` tries beside the way up, down and up again, each by the name under which `--without` leaves it out."""

from __future__ import annotations

# What a run that leaves one out does not look at.
EXPERIMENTS = {
    "rows": "made-up rows in every table, what fails on them, and what becomes of their values",
    "locks": "the locks that each statement takes, and what it rewrites and scans under them",
    "deploy": "all pending revisions in one run, in the transactions that env.py opens",
    "order": "branches that fork and merge, in their other order",
    "half-way": "an upgrade of the branch that stops half way, and is run again",
    "old-code": "what the base branch's models do on the new schema, and which drift is older than the branch",
    "drift": "the models against the migrated schema",
    "parity": "the schema on SQLite against the one on PostgreSQL",
}
