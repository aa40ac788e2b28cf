"""What rules look at: places, values that may be unreadable, operations, migrations and their history."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Direction = Literal["upgrade", "downgrade"]


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands. Lines and columns count from 1; `path` is relative to the root, with `/`."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 0

    @property
    def last_line(self) -> int:
        """The last line of the statement that stands here."""
        return max(self.line, self.end_line)


@dataclass(frozen=True)
class Unread:
    """A value that source text cannot show. `why` reads well inside a message: "a table named at run time"."""

    at: Place
    why: str

    def __str__(self) -> str:
        return self.why


Text = str | Unread
Flag = bool | Unread


@dataclass(frozen=True)
class EnumType:
    """An enum type that a column uses or that is made by itself."""

    name: Text | None
    labels: tuple[Text, ...] = ()
    native: Flag = True
    create_type: Flag = True


@dataclass(frozen=True)
class Column:
    """A column as a migration writes it. `type` and `server_default` are source text, None where not given."""

    name: Text
    type: Text | None = None
    nullable: Flag = True
    server_default: Text | None = None
    generated: bool = False  # identity, computed or serial: the database fills it
    primary_key: Flag = False
    unique: Flag = False
    index: Flag = False
    enum: EnumType | None = None
    references: Text | None = None  # "table.column" of an inline foreign key
    source: str = ""  # the text of sa.Column(...) as it stands


ConstraintKind = Literal["unique", "foreign key", "check", "primary key", "exclude", "not null"]


@dataclass(frozen=True)
class Constraint:
    """A constraint inside CREATE TABLE."""

    kind: ConstraintKind
    name: Text | None
    columns: tuple[Text, ...] = ()
    references: Text | None = None  # the referenced table


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that a migration does to the schema or to rows, whether written as a call or as SQL."""

    at: Place
    direction: Direction
    source: str = ""  # the call or the SQL statement as it stands
    by_sql: bool = False
    dialects: frozenset[str] | None = None  # None: on every dialect
    conditional: bool = False  # under a condition, loop or `except` that may not run
    in_batch: bool = False
    in_autocommit: bool = False
    on_new_table: Flag = False  # the table was created earlier in this same direction of this revision


@dataclass(frozen=True, kw_only=True)
class CreateTable(Operation):
    table: Text
    schema: Text | None = None
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    temporary: bool = False  # gone with the session: nothing has to undo it


@dataclass(frozen=True, kw_only=True)
class DropTable(Operation):
    table: Text
    schema: Text | None = None
    cascade: bool = False


@dataclass(frozen=True, kw_only=True)
class RenameTable(Operation):
    table: Text
    new_name: Text
    schema: Text | None = None


@dataclass(frozen=True, kw_only=True)
class AddColumn(Operation):
    table: Text
    column: Column
    schema: Text | None = None


@dataclass(frozen=True, kw_only=True)
class DropColumn(Operation):
    table: Text
    name: Text
    schema: Text | None = None


@dataclass(frozen=True, kw_only=True)
class AlterColumn(Operation):
    """A change of one column. Fields are None where the change leaves that side alone."""

    table: Text
    name: Text
    schema: Text | None = None
    nullable: Flag | None = None
    type: Text | None = None
    enum: EnumType | None = None
    server_default: Text | None = None  # set to this
    drops_default: Flag = False  # server_default=None, DROP DEFAULT
    new_name: Text | None = None
    existing_nullable: Flag | None = None
    existing_type: Text | None = None
    filled_before: Flag = False  # an earlier operation of this direction gave every row a value


@dataclass(frozen=True, kw_only=True)
class CreateIndex(Operation):
    name: Text | None
    table: Text
    schema: Text | None = None
    columns: tuple[Text, ...] = ()
    unique: Flag = False
    concurrently: Flag = False


@dataclass(frozen=True, kw_only=True)
class DropIndex(Operation):
    name: Text | None
    table: Text | None = None
    schema: Text | None = None
    concurrently: Flag = False


@dataclass(frozen=True, kw_only=True)
class CreateConstraint(Operation):
    kind: ConstraintKind
    name: Text | None
    table: Text
    schema: Text | None = None
    columns: tuple[Text, ...] = ()
    references: Text | None = None
    not_valid: Flag = False


@dataclass(frozen=True, kw_only=True)
class DropConstraint(Operation):
    name: Text | None
    table: Text
    schema: Text | None = None
    kind: ConstraintKind | None = None


@dataclass(frozen=True, kw_only=True)
class CreateType(Operation):
    """An enum or other type made by itself: `sa.Enum(...).create(bind)`, CREATE TYPE."""

    name: Text
    enum: EnumType | None = None


@dataclass(frozen=True, kw_only=True)
class DropType(Operation):
    name: Text


@dataclass(frozen=True, kw_only=True)
class AddEnumValue(Operation):
    type: Text
    value: Text


@dataclass(frozen=True, kw_only=True)
class CreateObject(Operation):
    """A view, materialized view, sequence, trigger, function, schema, extension, domain or policy."""

    kind: str
    name: Text
    replaces: bool = False  # CREATE OR REPLACE: another such statement may be what undoes it


@dataclass(frozen=True, kw_only=True)
class DropObject(Operation):
    kind: str
    name: Text


@dataclass(frozen=True, kw_only=True)
class WriteRows(Operation):
    """INSERT, UPDATE, DELETE or TRUNCATE. `columns` are those that get a value; `where` is whether rows are chosen.

    `where_null` names the columns that the WHERE clause restricts to NULL ("WHERE c IS NULL" fills c completely).
    """

    kind: Literal["insert", "update", "delete"]
    table: Text
    columns: tuple[Text, ...] = ()
    where: Flag = False
    where_null: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OtherSql(Operation):
    """SQL that is none of the above. `text` is Unread where it is made at run time or could not be parsed."""

    text: Text


@dataclass(frozen=True, kw_only=True)
class OtherCall(Operation):
    """A call that does something the reader does not know: `op.invoke(...)`, a helper in another module."""

    name: str


@dataclass(frozen=True)
class Function:
    """`upgrade()` or `downgrade()`, with its operations in the order in which they run."""

    at: Place  # the `def` line
    operations: tuple[Operation, ...] = ()
    # nothing: pass, docstring, `...`, return, log or print lines; raises: always ends in a raise, does nothing before
    does: Literal["nothing", "raises", "acts"] = "acts"
    irreversible: str | None = None  # the reason in `# irreversible: <reason>`
    parameters: str = ""  # what stands between the brackets of the `def` line, where env.py hands something in


@dataclass(frozen=True)
class Review:
    """The stamp `Reviewed: NAME <EMAIL> 2026-11-22 4f1c9a02` in the docstring."""

    at: Place
    name: str
    email: str
    date: str
    digest: str


@dataclass(frozen=True)
class Allow:
    """A comment `# guard: allow ID -- reason [until 2027-01-31]` and the lines that it covers.

    `used` and `known` are filled in once all rules have run.
    """

    at: Place
    rule: str
    reason: str | None
    until: str | None
    first_line: int
    last_line: int
    used: bool = False
    known: bool = True
    expired: bool = False


@dataclass(frozen=True)
class Migration:
    """One revision file. `revision` is None where the file gives none, Unread where it is computed."""

    path: str
    at: Place  # the `revision = ...` line
    revision: Text | None = None
    parents: tuple[str, ...] = ()  # down_revision
    parents_unread: Unread | None = None
    parents_at: Place | None = None
    depends_on: tuple[str, ...] = ()
    branch_labels: tuple[str, ...] = ()
    message: str = ""  # first line of the docstring
    upgrade: Function | None = None
    downgrade: Function | None = None
    markers: tuple[Place, ...] = ()  # Alembic's "auto generated ... please adjust" comments
    review: Review | None = None
    digest: str = ""  # of the syntax tree of both functions; equal for equal meaning, on every Python
    tree: str = ""  # digest of the whole file's syntax tree without docstrings
    allows: tuple[Allow, ...] = ()
    unread: tuple[Unread, ...] = ()  # what the reader could not see, each with its place
    broken: Unread | None = None  # the file cannot be parsed: nothing above is known

    @property
    def id(self) -> str:
        """The revision id for messages; the file's path where there is none."""
        return self.revision if isinstance(self.revision, str) else self.path


@dataclass(frozen=True)
class UnknownParent:
    """`migration` names a revision that no file has."""

    migration: Migration
    name: str
    field: Literal["down_revision", "depends_on"]


@dataclass(frozen=True)
class Base:
    """The branch that this one will be merged into, as git has it.

    `heads` are the heads the merge would create. A revision is `edited` or `deleted` by this branch when it
    differs from the merge base, so what others did on the base meanwhile is not held against this branch.
    """

    ref: str
    migrations: tuple[Migration, ...] = ()
    heads: tuple[Migration, ...] = ()
    edited: tuple[tuple[Migration, Migration], ...] = ()  # (as it is now, as it was released)
    deleted: tuple[Migration, ...] = ()
    duplicates: tuple[tuple[Migration, Migration], ...] = ()  # (ours, theirs): new files with one id
    unknown_parents: tuple[UnknownParent, ...] = ()  # that the merge would create, apart from those already here
    labels: dict[str, frozenset[str]] = field(default_factory=dict)  # as in History, after the merge


@dataclass(frozen=True)
class History:
    """All revisions of one script directory. `at` is the ini file or the versions folder."""

    at: Place
    migrations: tuple[Migration, ...] = ()
    heads: tuple[Migration, ...] = ()
    duplicates: tuple[tuple[Migration, ...], ...] = ()
    unknown_parents: tuple[UnknownParent, ...] = ()
    cycles: tuple[tuple[Migration, ...], ...] = ()
    base: Base | None = None
    labels: dict[str, frozenset[str]] = field(default_factory=dict)  # revision -> branch labels it inherits
    worked_out: dict[str, object] = field(default_factory=dict, compare=False, repr=False)  # what rules look up often

    @cached_property
    def by_id(self) -> dict[str, Migration]:
        """The migrations by revision id; of files with one id, the last by path."""
        return {one.revision: one for one in self.migrations if isinstance(one.revision, str)}


@dataclass(frozen=True)
class Policy:
    """What the settings ask of the rules."""

    review: Literal["off", "markers", "stamp"] = "markers"
    heads: tuple[str, ...] = ()  # branch labels that may each have a head of their own
    dialects: frozenset[str] = frozenset({"sqlite", "postgresql"})


@dataclass(frozen=True)
class Context:
    """What stands around a fact that a rule judges."""

    policy: Policy
    history: History
    migration: Migration | None = None  # None while the history itself is judged
