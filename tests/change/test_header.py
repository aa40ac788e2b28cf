"""Headers with other parents: what changes, and that nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration_guard.change.header import with_parents
from migration_guard.errors import UsageError

PATH = "versions/x.py"


def changed(text: str, old: tuple[str, ...], new: tuple[str, ...]) -> str:
    return with_parents(text.encode(), PATH, old, new).decode()


@pytest.mark.parametrize(
    ("before", "old", "after", "new"),
    [
        ('down_revision = "a"', "a", 'down_revision = "b"', "b"),
        ("down_revision = 'a'", "a", "down_revision = 'b'", "b"),
        ("down_revision: str | None = 'a'  # x", "a", "down_revision: str | None = 'b'  # x", "b"),
        ("down_revision: Union[str, None]   =   u'a'", "a", "down_revision: Union[str, None]   =   'b'", "b"),
        ('down_revision = ("a", "z")', "a z", 'down_revision = ("b", "z")', "b z"),
        (
            "down_revision = [\n    'a',  # left\n    'z',\n]",
            "a z",
            "down_revision = [\n    'a',  # left\n    'b',\n]",
            "a b",
        ),
        ('down_revision = ("a",)', "a", 'down_revision = ("b",)', "b"),
        ('down_revision = ("a", "z")', "a z", 'down_revision = "b"', "b"),
        ("down_revision = None", "", 'down_revision = "b"', "b"),
        ("revision = 'r'\ndown_revision = None", "", "revision = 'r'\ndown_revision = 'b'", "b"),
        ('down_revision = (\n    "a"\n)', "a", 'down_revision = (\n    "b"\n)', "b"),
        ('down_revision = "a"; depends_on = "a"', "a", 'down_revision = "b"; depends_on = "a"', "b"),
        ('label = "ünï"; down_revision = "a"', "a", 'label = "ünï"; down_revision = "b"', "b"),
        ('down_revision = """a"""', "a", 'down_revision = "b"', "b"),
        ('down_revision = "x"\ndown_revision = "a"', "a", 'down_revision = "x"\ndown_revision = "b"', "b"),
    ],
)
def test_only_the_value_of_the_link_changes(before: str, old: str, after: str, new: str) -> None:
    assert changed(before, tuple(old.split()), tuple(new.split())) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""m\n\nRevises: a\n"""\n', '"""m\n\nRevises: b\n"""\n'),
        ('"""m\n\nRevises:a\n"""\n', '"""m\n\nRevises: b\n"""\n'),
        ('"""m\n\n  Revises:   a  \n"""\n', '"""m\n\n  Revises:   b  \n"""\n'),
        ('"""m a\n\nRevision ID: a1\nRevises: a"""\n', '"""m a\n\nRevision ID: a1\nRevises: b"""\n'),
        ("'''m\n\nDown revision: a\n'''\n", "'''m\n\nDown revision: b\n'''\n"),
        ("# Revises: a\n", "# Revises: b\n"),
        ('import os\n\n"""m\n\nRevises: a\n"""\n', 'import os\n\n"""m\n\nRevises: b\n"""\n'),
        ("# down_revision: a\n", "# down_revision: b\n"),
        ('"""m\n\nRevises: zzz\n"""\n', '"""m\n\nRevises: zzz\n"""\n'),  # it was wrong before, and says something else
        ('x = """\nRevises: a\n"""\n', 'x = """\nRevises: a\n"""\n'),
        ("# follows a\n", "# follows a\n"),
    ],
)
def test_docstring_and_comments_follow(before: str, after: str) -> None:
    link = "down_revision = 'a'\n"

    assert changed(before + link, ("a",), ("b",)) == after + link.replace("'a'", "'b'")


@pytest.mark.parametrize("empty", ["", " ", " None"])
def test_docstring_that_named_no_parent_names_one(empty: str) -> None:
    text = f'"""m\n\nRevises:{empty}\n"""\ndown_revision = None\n'

    assert changed(text, (), ("b",)).startswith('"""m\n\nRevises: b\n"""\n')


def test_docstring_of_a_merge_keeps_the_parent_that_stays() -> None:
    text = '"""m\n\nRevises: a, z\n"""\ndown_revision = ("a", "z")\n'

    assert changed(text, ("a", "z"), ("b", "z")) == text.replace("a, z", "b, z").replace('"a"', '"b"')
    assert changed(text, ("a", "z"), ("b",)) == text.replace("a, z", "b").replace('("a", "z")', '"b"')


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffdown_revision = 'a'\r\n# end",
        '"""ü\r\n\r\nRevises: a\r\n"""\r\ndown_revision = "a"\r\n',
        '"""x\r\rRevises: a\r"""\rdown_revision = "a"\r',
        "x = 1\n\x0c\ndown_revision = 'a'",
    ],
)
def test_line_ends_byte_order_marks_and_page_breaks_stay(text: str) -> None:
    edited = changed(text, ("a",), ("b",))

    assert edited.replace("b", "a") == text
    assert edited.count("b") == text.count("'a'") + text.count('"a"') + text.count(": a")


def test_other_encodings_stay() -> None:
    text = '# -*- coding: latin-1 -*-\n"""ü\n\nRevises: a\n"""\nx = "ä"; down_revision = "a"\n'.encode("latin-1")

    edited = with_parents(text, PATH, ("a",), ("b",))

    assert edited == text.replace(b": a", b": b").replace(b'"a"', b'"b"')


@pytest.mark.parametrize(
    "text", ["down_revision = PARENT", "x = 1", "down_revision = f'{x}'", "from x import down_revision"]
)
def test_link_that_is_computed_is_left_to_people(text: str) -> None:
    with pytest.raises(UsageError, match="does not give its down_revision as plain text"):
        changed(text, ("a",), ("b",))


@given(
    before=st.text("ab \t\n#x=1", max_size=30).map(lambda text: f'"""{text}"""\n'),
    quote=st.sampled_from("\"'"),
    space=st.sampled_from(["", " ", "  "]),
    end=st.sampled_from(["\n", "\r\n"]),
    name=st.from_regex(r"[0-9a-f]{4,12}", fullmatch=True),
)
def test_moving_there_and_back_gives_the_same_bytes(before: str, quote: str, space: str, end: str, name: str) -> None:
    text = f'{before}# Revises: old1\ndown_revision{space}={space}{quote}old1{quote}\nx = "old1"'
    content = text.replace("\n", end).encode()

    there = with_parents(content, PATH, ("old1",), (name,))

    assert with_parents(there, PATH, (name,), ("old1",)) == content
    assert there.count(b"old1") == content.count(b"old1") - 2
