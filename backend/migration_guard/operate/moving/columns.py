"""The tables that both sides have, and their values as text: as it is sent, and as PostgreSQL prints it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...live.row_sql import identifier
from ...live.shapes import ColumnShape, TableShape
from ..converting import CannotBe, converter
from .forms import Form, forms
from .parsing import Parser, Spelled, printed
from .spelling import canonical, quick, sent
from .spool import Spool


class Refused(Exception):
    """A value that the column does not take, found late: whoever reads has to name the rows."""

    def __init__(self, column: Column) -> None:
        super().__init__(column.name)
        self.column = column


@dataclass
class Column:
    """A column of both sides. `ready`: all its values are what its form says, so SQLite can spell them."""

    shape: ColumnShape
    form: Form | None
    others: tuple[Form, ...] = ()  # to try where values are not what the first one says
    ready: bool = True
    nulls: bool = True  # whether it may hold NULL
    proved: bool | None = None  # whether what its form has tried is right for each value; None: nobody has looked

    @classmethod
    def of(cls, shape: ColumnShape, *, spells: bool) -> Column:
        """A column with its quickest form, or with the one that takes most where SQLite spells nothing."""
        known: tuple[Any, ...] = forms(shape) or (None,)
        return cls(shape, known[0], known[1:]) if spells else cls(shape, known[-1], ready=False)

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def sent(self) -> str:
        """An expression of SQLite for the column as it is sent, which may be NULL where it is; "" where Python has to
        spell it."""
        if self.form is None or not self.ready:
            return ""
        return (self.form.text or (self.form.tried if self.proved else "")).replace("{x}", identifier(self.name))

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers to SQLite."""
        return self.ready and self.shape.type in ("smallint", "integer", "bigint")

    @property
    def fast(self) -> bool:
        """Whether SQLite spells the column, and PostgreSQL prints it so."""
        return self.form is not None and self.form.kept and self.sent != ""

    @property
    def raw(self) -> bool:
        """Whether it is sent as SQLite has it, and only how PostgreSQL prints it is for Python to tell."""
        return self.form is not None and self.ready and self.form.text != "" and not self.form.kept

    @property
    def tried(self) -> str:
        """An expression of SQLite whose text Python has to prove; "" where there is none."""
        if self.form is None or not self.ready or self.proved is False:
            return ""
        return self.form.tried.replace("{x}", identifier(self.name))

    @property
    def alike(self) -> bool:
        """Whether PostgreSQL prints it as it was sent."""
        return self.there == identifier(self.name) if self.form is None else self.form.kept

    @property
    def there(self) -> str:
        """An expression of PostgreSQL that prints the column as it is compared."""
        name = identifier(self.name)
        return self.form.there.replace("{x}", name) if self.form else printed(self.shape.type, name)

    def spelled(self, values: Sequence[Any], parser: Parser) -> list[Spelled]:
        """Values as text, or why they cannot go."""
        if self.form is None:
            return parser.spelled(self.shape.type, values)
        convert = converter(self.shape.type, self.shape.labels)
        send, keep = sent(self.form.digits), canonical(self.shape.type, self.form.digits)
        return [_one(value, convert, send, keep) for value in values]

    def cells(
        self, values: Sequence[Any], parser: Parser, null: bytes, tried: Sequence[bytes | None] = ()
    ) -> tuple[Sequence[bytes], Sequence[bytes]]:
        """Values as they are sent and as they are kept; `tried` is what SQLite makes of them, to be proved. Raises
        Refused for one that cannot go."""
        digits = self.form.digits if self.form else None
        if self.ready and (spell := quick(self.shape.type, digits)):
            given, texts = values, tried
            if any_null := None in values:
                given, texts = [value for value in values if value is not None], [text for text in tried if text]
            try:
                there, same = spell(given, texts)
            except (CannotBe, UnicodeError):
                raise Refused(self) from None
            if given and there is not texts:
                self.proved = False
            if not any_null:
                return there, same
            return _with_nulls(there, values, null), _with_nulls(same, values, null)
        found = self.spelled(values, parser)
        pairs = [(null, null) if pair is None else pair for pair in found if not isinstance(pair, CannotBe)]
        if len(pairs) < len(found):
            raise Refused(self)
        return [_bytes(cell) for cell, _ in pairs], [_bytes(cell) for _, cell in pairs]


def _with_nulls(cells: Sequence[bytes], values: Sequence[Any], null: bytes) -> list[bytes]:
    """The cells of the values that are not NULL, and those of the others between them."""
    given = iter(cells)
    return [null if value is None else next(given) for value in values]


def _bytes(cell: str | bytes) -> bytes:
    return cell if isinstance(cell, bytes) else cell.encode()


def _one(value: Any, convert: Callable[[Any], Any], send: Callable[[Any], str], keep: Callable[[Any], str]) -> Spelled:
    try:
        if value is None:
            return None
        found = convert(value)
        return send(found), keep(found)
    except CannotBe as reason:
        return reason


@dataclass
class Table:
    """A table of both sides, with the columns that are copied."""

    shape: TableShape
    columns: list[Column]
    rows: int = 0
    longest: int = 0  # at most as many characters or bytes has a row
    rowid: str | None = None  # a name of SQLite's row number that no column has taken
    size: int = 0  # bytes of all rows as they are sent
    clean: bool = True  # no text holds a character that stands for the end of a cell or row
    digest: str = ""  # of its rows, in the order in which they are read, as PostgreSQL keeps them
    spool: Spool = field(default_factory=lambda: Spool(None))  # its rows as they are sent, where there is room

    @property
    def name(self) -> str:
        return self.shape.full_name

    @property
    def bare(self) -> Table:
        """The table without what is kept of it here, for another process."""
        return replace(self, spool=Spool(None))

    def learn(self, other: Table) -> None:
        """Take over what was seen of the same table elsewhere."""
        self.columns, self.longest, self.size = other.columns, other.longest, other.size
        self.clean, self.digest = other.clean, other.digest

    @property
    def end(self) -> bytes:
        """What ends a row where contents are compared."""
        return b"\x1e" if self.clean else b"\n"

    @property
    def mark(self) -> str:
        """Its contents, in few words."""
        return f"{self.rows} {self.digest}"

    @property
    def key(self) -> list[str]:
        """The columns by which a row is named to people."""
        names = [column.name for column in self.columns]
        return [name for name in self.shape.primary_key if name in names] or names[:1]
