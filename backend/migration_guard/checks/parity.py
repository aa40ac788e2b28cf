"""
One history that builds different tables on SQLite and on PostgreSQL.

## What it finds
Where `verify` ran a history to its heads on both databases, their schemas are compared table by table: columns, types
by affinity, nullability, defaults, keys, what is unique, checks, indexes. The finding stands at the newest operation on
the table that runs on one of them alone, or else at the one that names what differs.

## Why it hurts
Tests on SQLite pass and production on PostgreSQL fails, or the other way round: a column that is nullable here and NOT
NULL there, a unique index whose `postgresql_where` makes it unique for all rows on SQLite, a foreign key that a batch
rebuild forgot. Rows then cannot be moved from one to the other, either.

## Instead
Write the operation so that it says the same to both, or give the other database its half.

```python
op.create_index(
    "ux_persona_active",
    "persona",
    ["name"],
    unique=True,
    postgresql_where=sa.text("active"),
    sqlite_where=sa.text("active"),
)
with op.batch_alter_table("persona") as batch:  # on both: batch mode is plain ALTER TABLE on PostgreSQL
    batch.alter_column("name", existing_type=sa.String(40), nullable=False)
```

## Quiet when
Each database says the same in its own words: JSON and JSONB; timestamps, dates and intervals as DATETIME or TEXT;
booleans as numbers; UUIDs as text; enum types as VARCHAR with or without a check of the same labels; arrays as JSON;
SERIAL and rowids; lengths, which SQLite does not enforce; an unnamed key and the name that PostgreSQL makes up.

A condition that one of them alone has on an index is told where the index is unique: of others it decides the size.

Nor does it miss what SQLite has no form of: columns of types such as TSVECTOR, GIN and GiST indexes, schemas,
extensions, sequences, partitions; nor triggers, functions and virtual tables, which each database has in a language
of its own.

With `--base`, tables that the branch did not touch are listed as not judged: they were so before it.

It is a warning, as most projects are deployed on one database and use the other in tests. Where
`databases = ["sqlite", "postgresql"]` in the settings says that both must work, it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Context
from ..findings import Finding, Rule, Severity
from ..live.steps import Parity
from ..registry import judges
from .shared.words import listed

RULE = Rule.of(__name__, __doc__, family="portability", severity=Severity.WARNING)


@judges(Parity)
def table_of_two_forms(parity: Parity, _: Context) -> Iterator[Finding]:
    """One finding for a table that both databases build otherwise."""
    lite, full = parity.databases
    codes = [each.instead for each in parity.unlike if each.instead]
    yield Finding(
        RULE,
        parity.at,
        says=f"{parity.table} is not the same on {lite} and on {full}: "
        f"{listed([each.says for each in parity.unlike])}.",
        instead="\n".join(["# Say the same to both databases; in a new revision, where this one is released:", *codes])
        if codes
        else "# Say the same to both databases, in a new revision where this one is released; a branch on\n"
        "# op.get_bind().dialect.name needs its other half.",
        revision=parity.revision,
        depth="experiment",
        severity=Severity.ERROR if parity.both_serve else None,
    )
