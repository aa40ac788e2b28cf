"""PostgreSQL's own reading of values of types that Python does not know: ranges, arrays, intervals, domains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..converting import CannotBe, literal

if TYPE_CHECKING:
    import psycopg

    Connect = Callable[[], psycopg.Connection[Any]]  # it may be pickled
else:
    Connect = Callable

Spelled = tuple[str, str] | CannotBe | None  # as it is sent and as it is kept; why it cannot be; NULL


def printed(kind: str, name: str) -> str:
    """An expression of PostgreSQL that prints a column alike for values that are equal."""
    return f"justify_hours({name})" if kind.startswith("interval") and not kind.endswith("]") else name


class Parser:
    """Reads values on a connection of its own, which is opened at the first one."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None

    def spelled(self, kind: str, values: Sequence[Any]) -> list[Spelled]:
        """Each value as PostgreSQL prints it once it is of that type, and as it is compared, or why it cannot be."""
        found: list[Spelled] = []
        texts: list[tuple[int, str]] = []
        for place, value in enumerate(values):
            found.append(None)
            try:
                if value is not None:
                    texts.append((place, literal(value, kind)))
            except CannotBe as reason:
                found[place] = reason
        for (place, _), spelled in zip(texts, self._cast(kind, [text for _, text in texts]), strict=True):
            found[place] = spelled
        return found

    def _cast(self, kind: str, texts: list[str]) -> list[Spelled]:
        """All at once; where one of them is refused, each half by itself."""
        if not texts:
            return []
        import psycopg  # late, as few tables have such a type

        from ...live.statements import first_line

        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        try:
            with self._connection.transaction():
                kept = printed(kind, f"v::{kind}")
                sql = f"SELECT format('%%s', v::{kind}), format('%%s', {kept}) {_IN_ORDER}"
                rows = self._connection.execute(sql.encode(), (texts,)).fetchall()
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.SyntaxError) as error:
            if len(texts) == 1:
                return [CannotBe(first_line(error))]
            half = len(texts) // 2
            return self._cast(kind, texts[:half]) + self._cast(kind, texts[half:])
        return list(rows)

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()


# format() prints as COPY does; the cast to text does not for every type: inet.
_IN_ORDER = "FROM unnest(%s::text[]) WITH ORDINALITY u(v, n) ORDER BY n"
