"""What rules return: a rule with its page, a finding at a place, and the report of one run."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from .facts import Direction, Place
from .hints import TYPE_CHECKING, Literal
from .records import dataclass, field

if TYPE_CHECKING:
    from .branch import Branch, Trial

Family = Literal[
    "graph",
    "review",
    "data",
    "reversibility",
    "locks",
    "running code",
    "SQLite",
    "portability",
    "environment",
    "hygiene",
]
# What the rules of each family stop, in the order in which pages and lists show them.
FAMILIES: dict[Family, str] = {
    "graph": "Two heads, lost parents, edited or deleted releases, models changed without a revision",
    "review": "Autogenerate's output that nobody read: markers, probable renames, constraints without a name",
    "data": "What fails on real rows or changes them: NOT NULL without values, constraints on old rows, narrower types",
    "reversibility": "Downgrades that are missing, incomplete, fail on rows or lose them",
    "locks": "What stops a PostgreSQL site: index builds, scans, rewrites, validation and backfills under a lock",
    "running code": "Drops and renames under a release that still runs",
    "SQLite": "What SQLite cannot do outside of a batch block, and what a batch block loses",
    "portability": "Types and SQL that one of the databases does not know; models and schema that drift apart",
    "environment": "env.py and surroundings: transactions, passwords, settings, clocks and models of today",
    "hygiene": "Files that cannot be read, allow comments that allow nothing, and matters of style",
}
Depth = Literal["read", "trace", "experiment"]


class Severity(enum.Enum):
    """How much a finding weighs. Both make the run fail; a rule that is off is not run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, eq=False)
class Rule:
    """One hazard: its id is the name of the file it lives in, its page that file's docstring. The id is all that tells
    it from others."""

    id: str
    summary: str
    page: str
    severity: Severity
    dialects: frozenset[str] | None = None  # None: whatever the database
    allowable: bool = True  # False: no comment can be read where it finds something
    on: bool = True  # False: only where the settings give it a severity, or it is selected
    family: Family = "hygiene"

    @classmethod
    def of(
        cls,
        module: str,
        doc: str | None,
        *,
        family: Family,
        severity: Severity,
        dialects: frozenset[str] | set[str] | None = None,
        allowable: bool = True,
        on: bool = True,
    ) -> Rule:
        """The rule of a module: `RULE = Rule.of(__name__, __doc__, family=..., severity=...)`."""
        page = (doc or "").strip()  # of a module, so nothing is indented
        return cls(
            id=module.rpartition(".")[2].replace("_", "-"),
            summary=page.partition("\n")[0],
            page=page,
            severity=severity,
            dialects=None if dialects is None else frozenset(dialects),
            allowable=allowable,
            on=on,
            family=family,
        )

    def __eq__(self, other: object) -> bool:
        return self.id == other.id if isinstance(other, Rule) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass(frozen=True)
class Beside:
    """A second place that a finding names: the other file of a duplicate, the line that comes too early."""

    at: Place
    says: str


@dataclass(frozen=True)
class Finding:
    """One hazard at one place. `instead` is text that the user can paste, with the user's own names."""

    rule: Rule
    at: Place
    says: str
    instead: str
    revision: str | None = None
    direction: Direction | None = None
    dialect: str | None = None  # the database that shows it, where not all do
    depth: Depth = "read"
    severity: Severity | None = None  # set by the settings; None: the rule's own
    subject: str = ""  # what it is about, apart from where that stands: the operation's own text, filled in by the run
    fingerprint: str = ""  # its name across runs, which lines and words leave alone: filled in where someone reads it
    beside: tuple[Beside, ...] = ()  # what else there is to look at
    kept_type: str | None = None  # the enum type that a dropped table leaves behind, where that is what is found


@dataclass(frozen=True, order=True)
class NotJudged:
    """Something the guard could not see, so that silence never stands for it."""

    path: str
    line: int
    why: str


@dataclass(frozen=True)
class Allowed:
    """A finding that an allow comment covers."""

    finding: Finding
    reason: str
    until: str | None = None


@dataclass(frozen=True)
class Remembered:
    """An entry of the baseline file: a finding that stood when the file was written."""

    rule: str
    revision: str | None
    path: str | None  # only where there is no revision, which a file keeps when it is renamed
    fingerprint: str
    about: str  # for people who read the file


@dataclass(frozen=True)
class Known:
    """What the baseline file said of this run: the findings that it holds, and its entries that nothing matches."""

    path: str
    findings: tuple[Finding, ...] = ()
    stale: tuple[Remembered, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A part of the run that could not be done while the rest went on. Its exit code is the run's."""

    message: str
    hint: str
    exit_code: int


@dataclass(frozen=True)
class LookedAt:
    """What the run covered, so that an empty result says something."""

    files: int = 0
    revisions: int = 0
    heads: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()  # verify: the servers, "PostgreSQL 16.2"
    judged_for: tuple[str, ...] = ()  # check: the databases, as SQLAlchemy calls them
    selected: tuple[str, ...] | None = None  # the rules that --select and --ignore left; None: as the settings say
    without: tuple[str, ...] = ()  # verify: the experiments that were left out
    shard: tuple[int, int] | None = None  # verify: the number of this part of the history, and how many there are


@dataclass(frozen=True, order=True)
class TakenLock:
    """A lock that a statement of a revision held on a table older than the revision, as `verify` saw it."""

    path: str
    line: int
    database: str  # "postgresql 16"
    revision: str
    number: int  # of the statement in its revision, from 0
    table: str
    kind: str  # "table", "partitioned table", "materialized view", "view", "foreign table"
    statement: str  # on one line
    mode: str | None  # None: let go before anybody could look, and the statement is none of which it is known
    blocks: str | None  # "reads and writes", "writes", "other schema changes"
    since: int  # the line of the statement that took this mode
    until: Literal["transaction", "statement"]  # when it ends
    statements_after: int  # that run while it is held
    share: float  # of the revision's statements, from this one to the end of the lock
    rewritten: bool
    scanned: bool
    index_built: bool
    lock_timeout: bool  # whether one was set


@dataclass(frozen=True, order=True)
class TableRows:
    """How many made-up and own rows a table held at most before a step of `verify`, or why it never held one."""

    database: str
    path: str  # the settings file of the project, as two of them may have tables of one name
    table: str
    rows: int
    why: str | None = None


@dataclass(frozen=True)
class Site:
    """Where a page's reader finds the project: the web address that a path is added to, its folder in the checkout."""

    files: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Report:
    """The result of one run, ready for every format."""

    findings: tuple[Finding, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    looked_at: LookedAt = LookedAt()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()  # plain sentences for people, such as what a run proved
    known: Known | None = None  # None: there is no baseline
    baseline_aside: bool = False  # there is one, and this run shows what it holds, too
    locks: tuple[TakenLock, ...] = ()  # verify: those of the revisions that it took up and down
    tables: tuple[TableRows, ...] = ()  # verify: with how many rows each was migrated
    branch: Branch | None = None  # with --base: what the branch adds, for a reviewer
    trials: tuple[Trial, ...] = ()  # verify with --base: what each database made of it
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)  # files to show lines of
    site: Site = field(default=Site(), compare=False)  # set where the report goes out

    @property
    def exit_code(self) -> int:
        """0 nothing found, 1 findings, else the code of the first part that could not be done."""
        if self.problems:
            return self.problems[0].exit_code
        return 1 if self.findings else 0


def severity_of(finding: Finding) -> Severity:
    """The severity that counts: from the settings, else the rule's own."""
    return finding.severity or finding.rule.severity
