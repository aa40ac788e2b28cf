"""JSON as jsonb prints it: its own order of keys, the last of two alike, numbers in their digits."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from ..converting import CannotBe

LARGEST = 16_000  # digits on either side of the point that a number of PostgreSQL surely takes
Pair = tuple[str, Any]


def printed(text: str) -> str:
    """One text. Raises CannotBe for what jsonb does not take."""
    return _printed([text])[0]


def all_printed(cells: Sequence[bytes]) -> list[bytes]:
    """Many texts at once, in C but for the order of keys; each is JSON to SQLite, so none ends where another begins.
    Raises CannotBe, or UnicodeError."""
    return [cell.encode() for cell in _printed([cell.decode() for cell in cells])]


def _printed(texts: Sequence[str]) -> list[str]:
    whole = ",\n".join(texts)
    try:
        with_ends: list[Any] = [_END] * (2 * len(texts) - 1)
        with_ends[::2] = _DECODER.decode(f"[{whole}]")  # not as many values: ValueError
        found = _ENCODER.encode(with_ends)[1:-1]
    except RecursionError:
        raise CannotBe("its JSON is nested too deep") from None
    except CannotBe:
        raise
    except ValueError as error:
        raise CannotBe(f"it is no JSON: {error}") from error
    if "\\u" in whole:
        if _NUL.search(found):
            raise CannotBe("its JSON holds a NUL character, which PostgreSQL does not store")
        if _HALF.search(found):
            raise CannotBe("its JSON holds half of a surrogate pair")
    return found.replace(_BEFORE, "").replace(_BEHIND, "").split(_BETWEEN)


# A word that no text holds marks numbers with a point, which the encoder in C would change, and ends of texts.
_WORD = secrets.token_hex(8)
_END, _BETWEEN = f"end {_WORD}", f', "end {_WORD}", '
_BEFORE, _BEHIND = f'"number {_WORD} ', f' {_WORD} number"'


def _point(text: str) -> str:
    number = Decimal(text)
    if abs(number.adjusted()) > LARGEST:
        raise CannotBe(f"its JSON holds a number that is too large: {text[:40]}")
    digits = format(number, "f")
    if digits.startswith("-") and not digits.strip("-0."):
        digits = digits[1:]  # it knows no negative zero
    return f"{_BEFORE[1:]}{digits}{_BEHIND[:-1]}"


def _in_order(pairs: list[Pair]) -> dict[str, Any]:
    """Keys as jsonb keeps them: the shorter first, then by their bytes; of two alike the last one."""
    if len(pairs) < 2:
        return dict(pairs)
    keys = tuple([key for key, _ in pairs])
    order = _orders.get(keys)
    if order is None:
        order = _order(keys)
        if len(_orders) < 1000 and len(keys) < 100:
            _orders[keys] = order
    return dict(order(pairs))


_orders: dict[tuple[str, ...], Callable[[Any], Any]] = {}  # of keys that were seen together


def _order(keys: Sequence[str]) -> Callable[[Any], Any]:
    """What puts pairs with these keys in order."""
    last = {key: place for place, key in enumerate(keys)}
    places = [last[key] for key in sorted(last, key=_rank)]
    return itemgetter(*places) if len(places) > 1 else lambda pairs: [pairs[places[0]]]


def _rank(key: str) -> tuple[int, bytes]:
    said = key.encode("utf-8", "surrogatepass")  # half of a pair is told later
    return len(said), said


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_in_order, parse_float=_point, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # behind an even number of backslashes
_HALF = re.compile("[\ud800-\udfff]")
