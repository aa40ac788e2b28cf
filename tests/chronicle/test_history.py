"""The weekly look at a history: what it lists, in which order, and the same on every machine."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from migration_guard.chronicle.entries import KINDS, Entry
from migration_guard.chronicle.report import FORMATS, Chronicle, as_json, as_markdown, as_text
from migration_guard.chronicle.run import Limits, history
from migration_guard.cli import main
from migration_guard.config import Settings
from migration_guard.errors import NothingFound, UsageError
from tests.change.repository import VERSIONS, commit, git, project

TODAY = date(2027, 6, 1)
FILE = '''\
"""{id}

Revision ID: {id}
Create Date: {day}
"""

import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {parents}
branch_labels = {labels}
depends_on = {depends}


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down}
'''
MAKE = 'op.create_table("{0}", sa.Column("id", sa.Integer(), primary_key=True))'


def write(
    root: Path,
    name: str,
    *parents: str,
    up: str = 'op.execute("SELECT 1")',
    down: str = 'op.execute("SELECT 1")',
    day: str = "2026-01-01",
    labels: tuple[str, ...] | None = None,
    depends: str | None = None,
) -> Path:
    file = root / VERSIONS / f"{name}_x.py"
    given = repr(parents[0] if len(parents) == 1 else parents or None)
    text = FILE.format(id=name, parents=given, labels=labels, depends=repr(depends), up=up, down=down, day=day)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project on `main` without any revision yet."""
    made = project(tmp_path)
    for file in (made / VERSIONS).glob("*.py"):
        file.unlink()
    return made


def looked(root: Path, base: str | None = None, journals: tuple[str, ...] = (), **limits: int) -> Chronicle:
    return history(Settings(root=root), TODAY, Limits(**limits), base=base, journals=journals)  # type: ignore[arg-type]


def told(root: Path, kind: str, **more: object) -> list[str]:
    return [each.says for each in looked(root, **more).entries if each.kind == kind]  # type: ignore[arg-type]


def line(root: Path, *names: str, **more: str) -> None:
    """Revisions one after the other."""
    for parent, name in zip((None, *names), names, strict=False):
        write(root, name, *([parent] if parent else []), **more)  # type: ignore[arg-type]


def test_the_longest_old_beginning_that_all_stand_on_can_be_squashed(root: Path) -> None:
    line(root, "a", "b", "c", "d")
    write(root, "e1", "d")
    write(root, "e2", "d", up='op.execute("DELETE FROM x")')
    write(root, "f", "e1", "e2")
    write(root, "g", "f", day="2027-05-30")

    (says,) = told(root, "squash", least=3)

    assert says == (
        "7 revisions up to f, with 1 merge, older than 180 days, and all others stand on f; 1 of them writes rows"
    )


def test_a_branch_that_leaves_ends_what_can_be_squashed(root: Path) -> None:
    line(root, "a", "b", "c", "d")
    write(root, "side", "b")

    (says,) = told(root, "squash", least=2)

    assert says.startswith("2 revisions up to b, in one line")


@pytest.mark.parametrize(("day", "found"), [("2026-01-01", 1), ("2027-05-01", 0), ("nobody knows", 0)])
def test_young_revisions_are_not_squashed_and_those_without_a_date_neither(root: Path, day: str, found: int) -> None:
    line(root, "a", "b", "c", day=day)

    assert len(told(root, "squash", least=2)) == found


def test_git_gives_the_date_that_a_file_does_not(root: Path) -> None:
    line(root, "a", "b", "c", day="")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x", "--date", "2026-02-03T10:00:00")

    assert len(told(root, "squash", least=2)) == 1


def test_with_a_base_only_what_is_released_is_squashed(root: Path) -> None:
    line(root, "a", "b", "c")
    commit(root)
    git(root, "switch", "-q", "-c", "mine")
    write(root, "d", "c")
    commit(root)

    (says,) = told(root, "squash", least=2, base="main")

    assert says.startswith("3 revisions up to c")


def test_tables_that_come_and_go_are_dead_weight_under_whatever_name(root: Path) -> None:
    write(root, "a", up=MAKE.format("one"))
    write(root, "b", "a", up='op.rename_table("one", "two")')
    write(root, "c", "b", up='op.drop_table("two")')
    write(root, "d", "c", up=MAKE.format("three"))
    write(root, "e", "d", up='op.drop_table("three")')
    write(root, "f", "e", up=MAKE.format("three"))

    assert told(root, "dead-table") == ["table two of a is dropped by c"]


def test_merges_are_knots_where_a_rebase_would_have_done(root: Path) -> None:
    line(root, "a", "b", "b2", "c")
    write(root, "single", "b")
    write(root, "m1", "c", "single")
    write(root, "d", "a")
    write(root, "e", "d")
    write(root, "m2", "m1", "e")
    write(root, "m3", "e", "m1")

    assert told(root, "knot") == [
        "m1 merges single, one revision beside the other line: a rebase would have done",
        "m2 merges m1, which is a merge itself",
        "m3 joins e and m1, as m2 does already",
    ]


def test_a_merge_of_two_long_lines_is_no_knot(root: Path) -> None:
    line(root, "a", "b", "c")
    write(root, "s1", "a")
    write(root, "s2", "s1")
    write(root, "m", "c", "s2")

    assert told(root, "knot") == []


def test_heads_and_labels_that_nothing_uses_are_named(root: Path) -> None:
    line(root, "a", "b", "c")
    write(root, "dead", "a")
    write(root, "l1", labels=("feature",))
    write(root, "needs", "c", depends="l1")

    assert told(root, "head") == ["dead is a head, 2 revisions in all, and nothing depends on it"]


def test_a_label_whose_line_was_merged_tells_nothing_any_more(root: Path) -> None:
    line(root, "a", "b")
    write(root, "l1", "a", labels=("feature",))
    write(root, "m", "b", "l1")

    assert told(root, "head") == ["branch label feature tells nothing any more: its line was merged into another"]


def test_files_are_looked_at_one_by_one(root: Path) -> None:
    line(root, "a", "b")
    write(root, "c", "b", up="pass", down="pass", day="2026-01-01")
    write(root, "d", "c", up=MAKE.format("x"), down="pass", day="2025-06-01")
    long = write(root, "e", "d")
    long.write_text(long.read_text() + "\n" * 500)
    (root / VERSIONS / "helper.py").write_text("X = 1\n")
    (root / VERSIONS / "__init__.py").write_text("")

    found = {each.kind: each for each in looked(root).entries}

    assert found["empty"].says == "c changes nothing, in either direction"
    assert found["no-way-down"].says == "1 revision of 5 has no downgrade; the newest is d"
    assert found["long"].says == "e has 521 lines"
    assert found["stray"].place == f"{VERSIONS}/helper.py:1"
    assert found["out-of-order"].says == "d of 2025-06-01 follows c of 2026-01-01, made 214 days later"


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("until 2027-05-31", "allow table-dropped ended on 2027-05-31"),
        ("until 2027-06-10", "allow table-dropped ends on 2027-06-10"),
        ("until soon", None),
        ("until 2028-01-01", None),
    ],
)
def test_allow_comments_are_listed_by_their_end(root: Path, comment: str, says: str | None) -> None:
    write(root, "a", up=f'op.drop_table("x")  # guard: allow table-dropped -- tried it {comment}')

    found = told(root, "allow")

    assert says is None or found == [says]
    assert says is not None or all("ended on" not in each for each in found)


def test_times_come_from_the_journal_of_deploys_or_are_not_known(root: Path) -> None:
    line(root, "a", "b")
    assert looked(root).looked_at[-1] == "Times of revisions: no journal of a deploy here, so no times are known."
    lines = [
        {"what": "ran", "revision": "b", "seconds": 3.0, "database": "app.db"},
        {"what": "ran", "revision": "b", "seconds": 75.25, "database": "app.db"},
        {"what": "ran", "revision": "gone", "seconds": 99.0, "database": "app.db"},
        {"what": "begun"},
    ]
    (root / "backups").mkdir()
    journal = root / "backups" / "deploys.jsonl"
    journal.write_text("".join(json.dumps(each) + "\n" for each in lines) + '{"what": "ra')

    assert told(root, "slow") == ["b took 75.2 s on app.db, as backups/deploys.jsonl says"]
    with pytest.raises(UsageError, match="there is no journal nowhere"):
        looked(root, journals=("nowhere",))


def test_the_baseline_is_counted(root: Path) -> None:
    write(root, "a", up='op.drop_table("x")')
    assert main(["-C", str(root), "baseline"]) == 0

    (entry,) = [each for each in looked(root).entries if each.kind == "baseline"]

    assert entry.says.startswith("it holds ")
    assert entry.path == "migration-guard-baseline.json"


def test_a_history_without_anything_is_exit_code_0(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line(root, "a", "b")

    assert main(["-C", str(root), "history", "--today", "2027-06-01"]) == 0
    assert capsys.readouterr().out.endswith("Nothing has gathered.\n")


def test_a_folder_without_migrations_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingFound):
        looked(tmp_path)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_the_report_is_the_same_each_time(root: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    line(root, "a", "b")
    write(root, "c", "b", up="pass", down="pass")
    said = []

    for _ in range(2):
        assert main(["-C", str(root), "history", "--today", "2027-06-01", "--format", form]) == 1
        said.append(capsys.readouterr().out)

    assert said[0] == said[1]
    assert "c changes nothing" in said[0]


def test_text_of_others_becomes_no_markup() -> None:
    entry = Entry("stray", "a|b.py", 1, "@team <b>x</b> [y](z)", "git `rm` | x")
    chronicle = Chronicle((entry,), ("a_b",))

    page = as_markdown(chronicle)

    assert "@team" not in page
    assert "<b>" not in page.replace("\\<b\\>", "")
    assert "a\\|b.py" in page


def test_json_has_every_field_and_text_every_command() -> None:
    entry = Entry("long", "a.py", 1, "long", "do it", {"lines": 500})
    chronicle = Chronicle((entry,), ())

    (found,) = json.loads(as_json(chronicle))["entries"]

    assert found == {
        "kind": "long",
        "path": "a.py",
        "line": 1,
        "says": "long",
        "why": KINDS["long"][1],
        "command": "do it",
        "figures": {"lines": 500},
    }
    assert "    try: do it\n" in as_text(chronicle)
