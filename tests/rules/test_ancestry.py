from hypothesis import given
from hypothesis import strategies as st

from migration_guard.facts import (
    AddColumn,
    Column,
    Function,
    History,
    Migration,
    Operation,
    OtherCall,
    Place,
    RenameTable,
)
from migration_guard.rules.shared.ancestry import ancestors, earlier_revisions

AT = Place("a.py")


def revision(name: str, *parents: str, does: tuple[Operation, ...] = ()) -> Migration:
    return Migration(f"{name}.py", AT, name, parents=parents, upgrade=Function(AT, does))


def touch(table: str) -> AddColumn:
    return AddColumn(at=AT, direction="upgrade", table=table, column=Column("mood"))


def names(migrations: list[Migration]) -> list[str]:
    return [migration.id for migration in migrations]


def test_ancestors_come_nearest_first_through_merges_and_dependencies() -> None:
    a, b, c, d = revision("a"), revision("b", "a"), revision("c", "a"), revision("d", "b", "c")

    assert names(list(ancestors(History(AT, (a, b, c, d)), d))) == ["b", "c", "a"]


def test_a_loop_of_revisions_ends() -> None:
    a, b = revision("a", "b"), revision("b", "a", does=(touch("persona"),))

    assert names(list(ancestors(History(AT, (a, b)), a))) == ["b"]
    assert earlier_revisions(History(AT, (a, b)), a, "persona") == []


def test_only_ancestors_that_name_the_table_are_given_last_first() -> None:
    a = revision("a", does=(touch("persona"),))
    b = revision("b", "a", does=(touch("belief"),))
    c = revision("c", "b", does=(touch("Persona"),))
    d = revision("d", "c")
    e = revision("e", "d", does=(touch("persona"),))
    aside = revision("f", "b", does=(touch("persona"),))

    assert names(earlier_revisions(History(AT, (a, b, c, d, e, aside)), d, "persona")) == ["c", "a"]


def test_a_table_is_found_under_all_its_names() -> None:
    a = revision("a", does=(touch("person"),))
    b = revision("b", "a", does=(RenameTable(at=AT, direction="upgrade", table="person", new_name="persona"),))
    c = revision("c", "b")

    assert names(earlier_revisions(History(AT, (a, b, c)), c, "persona")) == ["b", "a"]


def test_what_cannot_be_read_is_given_only_since_the_table_was_named() -> None:
    hidden = (OtherCall(at=AT, direction="upgrade", name="fill"),)
    a, b = revision("a", does=hidden), revision("b", "a", does=(touch("persona"),))
    c, d = revision("c", "b", does=hidden), revision("d", "c")

    assert names(earlier_revisions(History(AT, (a, b, c, d)), d, "persona", opaque=True)) == ["c", "b"]


@given(st.lists(st.tuples(st.sets(st.integers(0, 11), max_size=2), st.booleans()), max_size=12), st.integers(0, 11))
def test_the_index_finds_what_a_walk_over_all_finds(shape: list[tuple[set[int], bool]], start: int) -> None:
    made = [
        revision(str(i), *(str(p) for p in sorted(parents) if p < i), does=(touch("persona"),) if touches else ())
        for i, (parents, touches) in enumerate(shape)
    ]
    history = History(AT, tuple(made))
    for migration in made[start : start + 1]:
        walked = {one.id for one in ancestors(history, migration) if one.upgrade and one.upgrade.operations}

        assert set(names(earlier_revisions(history, migration, "persona"))) == walked
