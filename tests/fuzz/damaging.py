"""Files as editors, merges, wrong encodings and generators leave them: text with some damage done to it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
STRING = re.compile(r"\"[^\"\n]+\"|'[^'\n]+'")
PYTHON = [
    "return",
    "raise",
    "while",
    "for",
    "in",
    "yield",
    "lambda",
    "if",
    "else",
    "try:",
    "except:",
    "finally:",
    "pass",
    "del",
    "global",
    "nonlocal",
    "async",
    "await",
    "with",
    "as\nimport",
    "from",
    "class",
    "def",
    "match",
    "case",
    "None",
    "True",
    "False",
    "...",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "*",
    "**",
    ",",
    ".",
    ":",
    ":=",
    "=",
    "==",
    "is",
    "not",
    "and",
    "or",
    "@",
    "->",
    "0",
    "1",
    "'x'",
    "b''",
    "f'{x!r:>{y}}'",
    "%\nr'\\\\'",
    "\\",
    "#",
    "\n",
    "\n\n",
    "\t",
    "op",
    "sa",
    "self",
    "super()",
    "upgrade",
    "downgrade",
    "revision",
    "down_revision",
    "op.execute(",
    "op.get_bind()",
    "sa.text(",
    "sa.Column(\nbatch_op",
    "op.f(",
    "op.batch_alter_table(",
    "globals()",
    "__import__",
    "exec(",
    "eval(",
    "range(10**9)",
    "open(",
    "os.environ",
]
SQL = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "ALTER",
    "TABLE",
    "COLUMN",
    "ADD",
    "DROP",
    "TYPE",
    "SET",
    "NOT",
    "NULL",
    "DEFAULT",
    "CHECK",
    "(",
    ")",
    ",",
    ";",
    "''",
    "'",
    '"',
    "$$",
    "$a$",
    "--",
    "/*",
    "*/",
    "::",
    "CREATE",
    "INDEX",
    "UNIQUE",
    "CONCURRENTLY",
    "IF",
    "EXISTS",
    "ON",
    "USING",
    "VALIDATE",
    "CONSTRAINT",
    "FOREIGN",
    "KEY",
    "REFERENCES",
    "WITH",
    "AS",
    "VALUES",
    "RETURNING",
    "DO",
    "BEGIN",
    "COMMIT",
    "END",
    "EXECUTE",
    "format(",
    "E'\\'",
    'U&"\\0041"',
    ":bind",
    "%(x)s",
    "%",
    "{x}",
    ";",
    "\x00",
    "TRUNCATE",
    "CASCADE",
    "VACUUM",
    "RENAME",
    "TO",
    "ENUM",
    "BEFORE",
]
NUMBERS = ("0", "-1", "1e999", "9" * 400, "0x" + "f" * 300, "1_000_000", "1j", "0b1", "10**10**10", "1 << 10**9")
CODINGS = (
    "utf-8",
    "utf-16",
    "utf-32",
    "latin-1",
    "cp037",
    "utf-7",
    "rot13",
    "hex",
    "idna",
    "raw_unicode_escape",
    "nowhere",
)

Damage = Callable[[random.Random, str, Sequence[str]], str]


def damaged(dice: random.Random, text: str, others: Sequence[str]) -> bytes:
    """The text with one to six kinds of damage; `others` are files to take lines from."""
    for _ in range(dice.choice((1, 1, 2, 3, 6))):
        text = dice.choice(KINDS)(dice, text, others)[:200_000]
    return _encoded(dice, text)


def _encoded(dice: random.Random, text: str) -> bytes:
    """As bytes: seldom in another encoding than the one it names, with stray bytes, or cut in the middle of one."""
    kind = dice.random()
    if kind < 0.9:
        return text.encode("utf-8", "surrogatepass")
    if kind < 0.93:
        return f"# -*- coding: {dice.choice(CODINGS)} -*-\n{text}".encode("utf-8", "replace")
    if kind < 0.96:
        return text.encode(dice.choice(("utf-16", "utf-8-sig", "latin-1", "utf-32-le", "cp1252")), "replace")
    content = bytearray(text.encode("utf-8", "replace"))
    for _ in range(dice.randint(1, 8)):
        content.insert(dice.randint(0, len(content)), dice.choice((0, 9, 12, 13, 26, 128, 255, 0xEF)))
    return bytes(content)


def _lines(dice: random.Random, text: str, others: Sequence[str]) -> str:
    lines = text.split("\n")
    at, kind = dice.randrange(len(lines)), dice.random()
    if kind < 0.3:
        del lines[at : at + dice.choice((1, 1, 2, 8))]
    elif kind < 0.5:
        lines.insert(at, dice.choice(lines))
    elif kind < 0.6:
        other = dice.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind < 0.9:
        theirs = dice.choice(others).split("\n")
        start = dice.randrange(len(theirs))
        lines[at:at] = theirs[start : start + dice.randint(1, 12)]
    else:
        lines[at] = dice.choice((" ", "\t", "        ")) + lines[at]
    return "\n".join(lines)


def _tokens(dice: random.Random, text: str, others: Sequence[str]) -> str:
    tokens = TOKEN.findall(text) or [""]
    for _ in range(dice.randint(1, 4)):
        at, kind = dice.randrange(len(tokens)), dice.random()
        if kind < 0.35:
            tokens[at] = dice.choice(PYTHON)
        elif kind < 0.6:
            tokens[at] = dice.choice(tokens)
        elif kind < 0.75:
            tokens[at] = ""
        elif kind < 0.85:
            other = dice.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens.insert(at, dice.choice(PYTHON))
    return "".join(tokens)


def _cut(dice: random.Random, text: str, others: Sequence[str]) -> str:
    at = dice.randint(0, len(text))
    return text[:at] if dice.random() < 0.7 else text[at:]


def _nested(dice: random.Random, text: str, others: Sequence[str]) -> str:
    """Something nested deeply, or very long, in the place of a word."""
    deep = dice.choice((3, 30, 90, 150, 3000))
    words = [found.span() for found in re.finditer(r"\w+", text)] or [(0, 0)]
    start, end = dice.choice(words)
    word = text[start:end]
    opening, closing = dice.choice((("(", ")"), ("[", "]"), ("f(", ")"), ("-", ""), ("not ", ""), ("lambda: ", "")))
    made = dice.choice(
        (
            opening * deep + word + closing * deep,
            " + ".join([word or "x"] * deep),
            word + "[0]" * deep,
            word + ".a" * deep,
            f"{word or 'x'} if {word or 'x'} else " * deep + "x",
            "{" + ", ".join(f"{number}: {word or 'x'}" for number in range(deep)) + "}",
        )
    )
    if dice.random() < 0.2:
        body = "".join(f"{' ' * depth}if x:\n" for depth in range(min(deep, 120)))
        return f"{text}\n{body}{' ' * min(deep, 120)}pass\n"
    return text[:start] + made + text[end:]


def _numbers(dice: random.Random, text: str, others: Sequence[str]) -> str:
    found = list(re.finditer(r"\b\d+\b", text))
    at = dice.choice(found).span() if found else (len(text), len(text))
    return text[: at[0]] + dice.choice(NUMBERS) + text[at[1] :]


def _sql(dice: random.Random, text: str, others: Sequence[str]) -> str:
    """Other words in a text, as SQL has them; or a text made of nothing else."""
    found = list(STRING.finditer(text))
    if not found:
        return text + f"\nop.execute({' '.join(dice.choices(SQL, k=6))!r})\n"
    start, end = dice.choice(found).span()
    if dice.random() < 0.3:
        made = " ".join(dice.choices(SQL, k=dice.randint(1, 40)))
    else:
        tokens = TOKEN.findall(text[start + 1 : end - 1]) or [""]
        for _ in range(dice.randint(1, 4)):
            tokens[dice.randrange(len(tokens))] = dice.choice(SQL) + dice.choice(("", " "))
        made = "".join(tokens)
    if dice.random() < 0.05:
        made *= dice.choice((50, 500))
    return text[:start] + repr(made) + text[end:]


def _renamed(dice: random.Random, text: str, others: Sequence[str]) -> str:
    """Another name for each place of a name: cycles, shadows, a function that calls itself."""
    words = sorted(set(re.findall(r"\b[a-z_]{2,}\b", text)))
    if len(words) < 2:
        return text
    return re.sub(rf"\b{dice.choice(words)}\b", dice.choice(words), text, count=dice.choice((0, 1, 3)))


def _wrapped(dice: random.Random, text: str, others: Sequence[str]) -> str:
    """The lines of a function inside a loop, a condition, a block or a function that calls itself."""
    lines = text.split("\n")
    inner = [number for number, line in enumerate(lines) if line.startswith("    ") and line.strip()]
    if not inner:
        return text
    first = dice.choice(inner)
    head = dice.choice(
        (
            "for x in range(10**9):",
            "while True:",
            "for a, (b, *c) in [x, *y]:",
            "if op.get_bind().dialect.name != 'sqlite':",
            "with op.batch_alter_table(x) as op:",
            "def upgrade():",
            "try:",
            "async def f():",
            "match x:",
            "class op:",
        )
    )
    count = dice.randint(1, 6)
    body = [f"    {line}" for line in lines[first : first + count]]
    return "\n".join([*lines[:first], f"    {head}", *body, *lines[first + count :]])


KINDS: tuple[Damage, ...] = (_lines, _lines, _tokens, _tokens, _sql, _sql, _cut, _nested, _numbers, _renamed, _wrapped)
