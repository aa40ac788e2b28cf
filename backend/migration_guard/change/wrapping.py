"""Lines that an edit made too long, with an argument a line, as formatters put them."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from .written import Splice, Written

_USUAL = 88  # letters in a line, where the file itself has none that is longer


def wrapped(before: Written, content: bytes) -> bytes:
    """The edited file, where no line that is new is longer than all there were, as far as a call can be broken up."""
    for _ in range(3):  # an argument may be too long itself, and a call as well
        after = Written(content)
        splices = list(_splices(before, after))
        if not splices:
            break
        content = after.edited(splices)
    return content


def _splices(before: Written, after: Written) -> Iterator[Splice]:
    limit = max(_USUAL, *map(len, before.lines))
    old = Counter(before.lines)
    long = [at for at, line in enumerate(after.lines, 1) if len(line) > limit and not old[line] and "#" not in line]
    calls = [node for node in ast.walk(after.tree) if isinstance(node, ast.Call)] if long else []  # outer ones first
    for line in long:
        for call in calls:
            given = sorted([*call.args, *(one.value for one in call.keywords)], key=lambda one: one.lineno)
            if (
                given
                and all(one.lineno == one.end_lineno == line for one in given)
                and call.func.end_lineno
                in (
                    line,
                    line - 1,
                )
            ):
                yield _an_argument_a_line(after, call, line)
                break


def _an_argument_a_line(after: Written, call: ast.Call, line: int) -> Splice:
    """What stands between the brackets of a call, spread over lines, with a comma behind the last."""
    text = after.lines[line - 1]
    by = text[: len(text) - len(text.lstrip())]
    starts = [after.span(one)[0] for one in call.args]
    starts += [after.span(one.value)[0] - len(f"{one.arg}=" if one.arg else "**") for one in call.keywords]
    ends = [after.span(one)[1] for one in (*call.args, *(one.value for one in call.keywords))]
    parts = [after.source_between(start, end) for start, end in sorted(zip(starts, ends, strict=True))]
    first, last = min(starts), max(ends)
    rest = after.source_between(last, after.span(call)[1])
    last += len(rest) - len(rest.lstrip(" ,"))
    if call.func.end_lineno == line:  # the whole call stands in this line
        deep = f"{by}{after.unit}"
        body = "".join(f"\n{deep}{part}," for part in parts)
        return first, last, f"{body}\n{by}"
    return first, last, f"\n{by}".join(f"{part}," for part in parts)
