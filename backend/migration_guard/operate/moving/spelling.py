"""Values as PostgreSQL prints them, so that what was sent and what is read back can be compared as text."""

from __future__ import annotations

import struct
import uuid
from array import array
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

from .jsonb import all_printed, printed


def canonical(kind: str, scale: int | None) -> Callable[[Any], str]:
    """What prints values of a type, as `converting` gives them, as `Form.there` reads them back."""
    if kind == "jsonb":
        return printed
    if kind == "uuid":
        return lambda value: str(value.hex)
    if kind == "double precision":
        return lambda value: _DOUBLE.pack(value + 0.0).hex()
    if kind == "real":
        return lambda value: _DOUBLE.pack(_SINGLE.unpack(_SINGLE.pack(value))[0] + 0.0).hex()
    return sent(scale)


def sent(scale: int | None) -> Callable[[Any], str]:
    """What prints values for COPY; `scale` is that of a numeric."""
    if scale is not None:
        return lambda value: _zero(format(value, f".{max(scale, 0)}f")) if value.is_finite() else str(value)
    return spelled


def quick(kind: str, scale: int | None) -> Callable[[Sequence[Any], Sequence[Any]], Both] | None:
    """What spells values of SQLite that are what their form says, none of them NULL, many at once; None where there is
    no such way. It takes what SQLite made of them as well, if anything, and sends that where it is right. It raises
    CannotBe for JSON that is none, which it takes as bytes."""
    if kind == "double precision":
        return lambda values, tried: (_proved(values, tried) or _shortest(values), _hex(values))
    if kind == "real":
        return lambda values, _: (_shortest(values), _hex([_SINGLE.unpack(_SINGLE.pack(value))[0] for value in values]))
    if kind == "jsonb":
        return lambda values, _: (values, all_printed(values))
    if scale is not None:
        return lambda values, _: _decimals(values, scale)
    return None


def _proved(values: Sequence[float], texts: Sequence[bytes]) -> Sequence[bytes]:
    """The texts, where each is read as its value, bit for bit; else nothing."""
    is_right = len(texts) == len(values) and _bits(map(float, texts)) == _bits(values)
    return texts if is_right else ()


def _bits(values: Iterable[float]) -> bytes:
    return array("d", values).tobytes()


def _shortest(values: Sequence[float]) -> list[bytes]:
    return [repr(value).encode() for value in values]


def _hex(values: Sequence[float]) -> list[bytes]:
    """The bytes of each as float8send() has them; its digits are not always Python's."""
    return struct.pack(f">{len(values)}d", *[value + 0.0 for value in values]).hex("\n", 8).encode().split()


def _decimals(values: Sequence[float], scale: int) -> Both:
    """Numbers in as many digits after the point. PostgreSQL knows no negative zero."""
    form, zeros = f"%.{scale}f", "." + "0" * scale if scale else ""
    found = [form % value if isinstance(value, float) else f"{value}{zeros}" for value in values]
    cells = [_zero(text).encode() for text in found]
    return cells, cells


Both = tuple[Sequence[bytes], Sequence[bytes]]  # as they are sent, as they are kept
_SINGLE, _DOUBLE = struct.Struct(">f"), struct.Struct(">d")


def spelled(value: Any) -> str:
    """A value as PostgreSQL prints it where its times are in UTC and its dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, datetime):
        zone = "+00" if value.tzinfo else ""
        moment = value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return _short(moment.isoformat(" ")) + zone
    if isinstance(value, time):
        return _short(value.isoformat())
    if isinstance(value, (int, date, uuid.UUID)):
        return str(value)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"no spelling for {type(value).__name__}")


def _zero(text: str) -> str:
    """A number, whose zero is never negative."""
    return text[1:] if text[0] == "-" and not text.strip("-0.") else text


def _number(value: Decimal) -> str:
    """Without zeros at its end, as trim_scale() prints it."""
    if not value.is_finite():
        return str(value)
    return format(value.normalize(), "f") if value else "0"


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
