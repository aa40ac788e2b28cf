"""Values as PostgreSQL prints them, so that what was sent and what is read back can be compared as text."""

from __future__ import annotations

import json
import re
import struct
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..converting import CannotBe

Pair = tuple[str, Any]


def canonical(kind: str, scale: int | None) -> Callable[[Any], str]:
    """What prints values of a type, as `converting` gives them, as `Form.there` reads them back."""
    if kind == "jsonb":
        return _jsonb
    if kind == "uuid":
        return lambda value: str(value.hex)
    if kind == "double precision":
        return lambda value: _DOUBLE.pack(value).hex()
    if kind == "real":
        return lambda value: _DOUBLE.pack(*_SINGLE.unpack(_SINGLE.pack(value))).hex()
    return sent(scale)


def sent(scale: int | None) -> Callable[[Any], str]:
    """What prints values for COPY; `scale` is that of a numeric."""
    if scale is not None:
        return lambda value: format(value, f".{max(scale, 0)}f") if value.is_finite() else str(value)
    return spelled


def quick(kind: str, scale: int | None, *, as_kept: bool) -> Callable[[Any], bytes] | None:
    """The same for values of SQLite that are what their form says, without a conversion; None where there is no such
    way. It raises CannotBe for JSON that is none."""
    if kind in ("double precision", "real"):
        if not as_kept:
            return lambda value: repr(value).encode()
        if kind == "real":
            return lambda value: _DOUBLE.pack(*_SINGLE.unpack(_SINGLE.pack(value))).hex().encode()
        return lambda value: _DOUBLE.pack(value).hex().encode()
    if kind == "jsonb" and as_kept:
        return lambda value: _jsonb(value).encode()
    if scale is not None:
        form, zeros = f"%.{scale}f".encode(), "." + "0" * scale if scale else ""
        return lambda value: form % value if isinstance(value, float) else f"{value}{zeros}".encode()
    return None


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


def _number(value: Decimal) -> str:
    """Without zeros at its end, as trim_scale() prints it."""
    if not value.is_finite():
        return str(value)
    return format(value.normalize(), "f") if value else "0"


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


class _Digits(str):
    """A number with a point, in its digits: jsonb keeps all of them."""

    __slots__ = ()


def _point(text: str) -> Any:
    number = Decimal(text)
    if abs(number.adjusted()) > LARGEST:
        raise CannotBe(f"its JSON holds a number that is too large: {text[:40]}")
    digits = format(number, "f")
    if digits.startswith("-") and not digits.strip("-0."):
        digits = digits[1:]  # it knows no negative zero
    return _Digits(digits)


LARGEST = 16_000  # digits on either side of the point that a number of PostgreSQL surely takes


def _in_order(pairs: list[Pair]) -> dict[str, Any]:
    """Keys as jsonb keeps them: the shorter first, then by their bytes; of two alike the last one."""
    if len(pairs) > 1:
        found = dict(pairs)
        return dict(sorted(found.items(), key=_rank))
    return dict(pairs)


def _rank(pair: Pair) -> tuple[int, bytes]:
    key = pair[0].encode()
    return len(key), key


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_in_order, parse_float=_point, parse_constant=_no_constant)


def _encoded(value: Any) -> str:
    """As JSON; the encoder in C would put those digits in quotes."""
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_ENCODER.encode(key)}: {_encoded(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_encoded, value)) + "]"
    return _ENCODER.encode(value)


_MAY_HAVE_POINTS = re.compile(r"\d[.eE]")
_ENCODER = json.JSONEncoder(ensure_ascii=False)


@lru_cache(maxsize=2048)
def _small(text: str) -> str:
    return _of_json(text)


def _of_json(text: str) -> str:
    try:
        value = _DECODER.decode(text)
        # No number with a point: the encoder in C can do it.
        found = _encoded(value) if _MAY_HAVE_POINTS.search(text) else _ENCODER.encode(value)
    except RecursionError:
        raise CannotBe("its JSON is nested too deep") from None
    except CannotBe:
        raise
    except ValueError as error:
        raise CannotBe(f"it is no JSON: {error}") from error
    if "\\u" in text:
        if _NUL.search(found):
            raise CannotBe("its JSON holds a NUL character, which PostgreSQL does not store")
        if _HALF.search(found):
            raise CannotBe("its JSON holds half of a surrogate pair")
    return found


def _jsonb(text: str) -> str:
    """A JSON text as jsonb prints it. Raises CannotBe for what jsonb does not take."""
    return _small(text) if len(text) < 200 else _of_json(text)


_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # behind an even number of backslashes
_HALF = re.compile("[\ud800-\udfff]")
