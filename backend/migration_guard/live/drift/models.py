"""The models of env.py as they are before any revision runs, in copies that can be created."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, MetaData, PrimaryKeyConstraint, Table, UniqueConstraint

_STUB = "migration_guard_stub"
_COPY = "migration_guard_copy"


def metadatas(options: dict[str, Any]) -> tuple[MetaData, ...]:
    """The `target_metadata` that env.py passes, always as a tuple, without those that hold no table.

    Copies, as revisions may reflect today's tables into the metadata of the models. A table that only foreign keys name
    (env.py does not import its model) is a stub.
    """
    given = options.get("target_metadata")
    every = (given,) if isinstance(given, MetaData) else tuple(given or ())
    return tuple(_copied(each) for each in every if each.tables)


def is_stub(table: Table | None) -> bool:
    """Whether it stands for a table that env.py does not know."""
    return table is not None and _STUB in table.info


def is_copy(metadata: MetaData) -> bool:
    """Whether it is one of ours."""
    return _COPY in metadata.info


def _copied(metadata: MetaData) -> MetaData:
    copy = MetaData(schema=metadata.schema, naming_convention=metadata.naming_convention)
    copy.info = {**metadata.info, _COPY: True}
    copy.dispatch._update(metadata.dispatch)
    try:
        for table in metadata.tables.values():
            own, twin = _own_checks(table), table.to_metadata(copy)
            strangers = [
                each
                for each in twin.constraints
                if isinstance(each, CheckConstraint) and own.get(str(each.name), str(each.sqltext)) != str(each.sqltext)
            ]
            twin.constraints.difference_update(strangers)
        _add_stubs(copy)
    except Exception:  # noqa: BLE001 - types of the project's own may refuse to be copied
        return metadata
    return copy


def _own_checks(table: Table) -> dict[str, str]:
    """The texts of a model's named checks. Revisions that were loaded may have made checks of the same names on the
    models' columns, which then belong to the models, too."""
    checks = [each for each in table.constraints if isinstance(each, CheckConstraint) and each.name]
    found: dict[str, str] = {}
    for check in sorted(checks, key=lambda each: each._creation_order):
        found.setdefault(str(check.name), str(check.sqltext))
    return found


def _add_stubs(metadata: MetaData) -> None:
    """Tables that only foreign keys name, with the columns that these point at."""
    named: dict[str, dict[str, Any]] = {}
    keys: dict[str, set[tuple[str, ...]]] = {}
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            targets = [each.target_fullname.rpartition(".") for each in key.elements]
            parent = targets[0][0]
            if parent not in metadata.tables:
                keys.setdefault(parent, set()).add(tuple(target[2] for target in targets))
                types = [each.parent.type for each in key.elements]
                named.setdefault(parent, {}).update(zip((target[2] for target in targets), types, strict=True))
    for parent, columns in named.items():
        schema, _, name = parent.rpartition(".")
        first, *others = sorted(keys[parent])
        Table(
            name,
            metadata,
            *(Column(column, type_, autoincrement=False) for column, type_ in columns.items()),
            PrimaryKeyConstraint(*first),
            *(UniqueConstraint(*each) for each in others),
            schema=schema or None,
            info={_STUB: True},
        )
