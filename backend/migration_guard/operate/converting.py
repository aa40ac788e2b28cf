"""A value of SQLite as the type of a PostgreSQL column wants it, or why it cannot be one."""

from __future__ import annotations

import json
import math
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

_WHOLE = {"smallint": 15, "integer": 31, "bigint": 63}  # bits
_TEXT = re.compile(r"(?:character varying|character|text|citext|name)(?:\((\d+)\))?")
_NUMERIC = re.compile(r"numeric(?:\((\d+),(\d+)\))?")
_TRUE, _FALSE = {"1", "true", "t", "yes", "y", "on"}, {"0", "false", "f", "no", "n", "off"}


NUL = "it holds a NUL character, which PostgreSQL does not store"


class CannotBe(ValueError):
    """The reason why a value cannot go into a column."""


Convert = Callable[[Any], Any]


def converter(kind: str, labels: tuple[str, ...] = ()) -> Convert:
    """The conversion for a column of this type, as `format_type` writes it; `labels` are those of an enum. It raises
    CannotBe. NULL stays NULL."""
    convert = _of(kind, labels)
    return lambda value: None if value is None else convert(value)


def _of(kind: str, labels: tuple[str, ...]) -> Convert:
    if labels and not kind.endswith("[]"):
        return lambda value: _label(value, labels)
    if kind in _WHOLE:
        return lambda value: _whole(value, _WHOLE[kind], kind)
    if found := _TEXT.fullmatch(kind):
        longest = int(found[1]) if found[1] else None
        if kind.startswith("character") and "varying" not in kind:  # blanks that fill it up mean nothing
            return lambda value: _text(value.rstrip(" ") if isinstance(value, str) else value, longest)
        return lambda value: _text(value, longest)
    if found := _NUMERIC.fullmatch(kind):
        sizes = (int(found[1]), int(found[2])) if found[1] else None
        return lambda value: _numeric(value, sizes)
    if convert := _PLAIN.get(re.sub(r"\(\d+\)", "", kind)):
        return convert
    return lambda value: _text(value, None)  # PostgreSQL reads it as it reads a literal


def _text(value: Any, longest: int | None) -> str:
    if isinstance(value, bytes):
        raise CannotBe("it is bytes, not text")
    text = str(value)
    if "\0" in text:
        raise CannotBe(NUL)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CannotBe("it is no valid Unicode") from error
    if longest is not None and len(text) > longest:
        raise CannotBe(f"it has {len(text)} characters, and {longest} fit")
    return text


def _whole(value: Any, bits: int, kind: str) -> int:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise CannotBe("it is no number") from error
    if not number.is_finite() or number != number.to_integral_value():
        raise CannotBe("it is no whole number")
    if not -(1 << bits) <= number < 1 << bits:
        raise CannotBe(f"it is too large for {kind}")
    return int(number)


def _numeric(value: Any, sizes: tuple[int, int] | None) -> Decimal:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise CannotBe("it is no number") from error
    if sizes is None or number.is_nan():
        return number
    digits, after = sizes
    if not number.is_finite() or abs(number) >= Decimal(10) ** (digits - after):
        raise CannotBe(f"it is too large for numeric({digits},{after})")
    # A float is read back by models in as many digits; a text in more of them was meant as it stands.
    found = Decimal(format(value, f".{after}f")) if isinstance(value, float) else round(number, after)
    if abs(found) >= Decimal(10) ** (digits - after):
        raise CannotBe(f"it is too large for numeric({digits},{after})")
    if found != number and not isinstance(value, float):
        raise CannotBe(f"it has more digits after the point than the {after} that fit")
    return found


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise CannotBe("it is too large for a number with a point") from error
    except (TypeError, ValueError) as error:
        raise CannotBe("it is no number") from error


def _single(value: Any) -> float:
    found = _float(value)
    if math.isfinite(found) and (abs(found) > 3.4028235e38 or 0 < abs(found) < 1.2e-38):
        raise CannotBe("it is too large or too small for real")
    return found


def _boolean(value: Any) -> bool:
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise CannotBe("it is neither true nor false")


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else _text(value, None).encode()


def _json(value: Any) -> str:
    """JSON as text. What SQLite's numeric affinity made a number is JSON, too; jsonb is judged when it is spelled."""
    try:
        text = value.decode() if isinstance(value, bytes) else _text(value, None)
        _DECODER.decode(text)
    except RecursionError as error:
        raise CannotBe("its JSON is nested too deep") from error
    except ValueError as error:
        raise error if isinstance(error, CannotBe) else CannotBe(f"it is no JSON: {error}") from error
    return text


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)  # json.loads would make one for each value


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(str(value))
    except ValueError as error:
        raise CannotBe("it is no UUID") from error


def _moment(value: Any, *, with_zone: bool) -> datetime:
    if isinstance(value, (int, float)) and math.isfinite(value):
        try:
            found = datetime.fromtimestamp(value, timezone.utc)
        except (OverflowError, OSError, ValueError) as error:
            raise CannotBe("it is no time: too many seconds") from error
    else:
        try:
            found = datetime.fromisoformat(_python_310(str(value).strip()))
        except ValueError as error:
            raise CannotBe("it is no time in ISO 8601") from error
    if with_zone:
        return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    return found.astimezone(timezone.utc).replace(tzinfo=None) if found.tzinfo else found


def _python_310(text: str) -> str:
    """Python before 3.11 reads neither a Z nor fractions of other than three or six digits."""
    text = re.sub(r"[zZ]$", "+00:00", text)
    return re.sub(r"\.(\d{1,6})\d*", lambda found: "." + found[1].ljust(6, "0"), text)


def _date(value: Any) -> date:
    text = str(value).strip()
    try:
        found = date.fromisoformat(text[:10])
        rest = text[10:].strip("T ")
        if rest and time.fromisoformat(_python_310(rest)).replace(tzinfo=None) != time():
            raise CannotBe("it has a time of day, which a date does not keep")
    except ValueError as error:
        raise error if isinstance(error, CannotBe) else CannotBe("it is no date in ISO 8601") from error
    return found


def _time(value: Any) -> time:
    try:
        return time.fromisoformat(_python_310(str(value).strip()))
    except ValueError as error:
        raise CannotBe("it is no time of day in ISO 8601") from error


def _label(value: Any, labels: tuple[str, ...]) -> str:
    if value not in labels:
        raise CannotBe(f"it is none of {', '.join(labels[:8])}")
    return str(value)


def literal(value: Any, kind: str) -> str:
    """A value as text for PostgreSQL to read, where Python does not know the type. Raises CannotBe."""
    text = _text(value, None)
    if kind.endswith("[]") and text.lstrip().startswith("["):
        try:
            digits = None if kind.startswith("json") else str  # as they stand there
            return _array(json.loads(text, parse_float=digits, parse_int=digits))
        except ValueError as error:
            raise CannotBe(f"it is neither a JSON list nor an array of PostgreSQL: {error}") from error
    if kind.startswith("interval") and _MOMENT.match(text):
        # SQLAlchemy keeps an Interval as a time after the epoch where the database has no type for it.
        since = _moment(text, with_zone=False) - datetime(1970, 1, 1)
        return f"{since.days} days {since.seconds}.{since.microseconds:06} seconds"
    return text


def _array(values: Any) -> str:
    if isinstance(values, list):
        return "{" + ",".join(map(_array, values)) + "}"
    if values is None:
        return "NULL"
    if isinstance(values, bool):
        return "t" if values else "f"
    text = json.dumps(values) if isinstance(values, dict) else str(values)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d ")


_PLAIN: dict[str, Convert] = {
    "boolean": _boolean,
    "real": _single,
    "double precision": _float,
    "bytea": _bytes,
    "jsonb": _json,
    "json": _json,
    "uuid": _uuid,
    "timestamp with time zone": lambda value: _moment(value, with_zone=True),
    "timestamp without time zone": lambda value: _moment(value, with_zone=False),
    "date": _date,
    "time without time zone": _time,
    "time with time zone": _time,
}
