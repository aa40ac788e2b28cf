"""The static run: migration files -> facts -> rules -> Report. Nothing of the project is imported or run."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from ..allowing import divided, settled
from ..config import Settings
from ..errors import GuardError, NothingFound, UsageError
from ..facts import Context, History, Migration, Unread
from ..findings import Finding, LookedAt, NotJudged, Problem, Report
from ..read.environment import environment
from ..read.git import Repository
from ..read.graph import history, with_base
from ..read.project import Project, projects
from ..read.sources import Sources
from ..read.wanted import Wanted
from ..reporting import by_place, nothing_in, weighed
from ..rules import all_rules
from ..rules.shared.ancestry import ancestors
from .judging import Judges, ids, judges_for, on_allow, on_history, on_migration


def check(
    root: Path,
    settings: Settings,
    *,
    paths: Sequence[Path] = (),
    base: str | None = None,
    staged: bool = False,
    today: date | None = None,
) -> Report:
    """What the static rules say about the migrations under a root.

    `paths` (files or folders) narrow the rules on single migrations; the graph of every project that they touch, or of
    all projects where they touch none, is judged whole. `base` names the branch to be merged into, and `staged` reads
    what the next commit would hold. `today` is the day on which allow comments are judged.
    Raises UsageError for a path or setting that names nothing, NothingFound where there is no migration at all.
    """
    root = root.absolute()
    wanted = Wanted(root, paths)
    found = wanted.projects(projects(root, settings.config), search=not settings.config)
    repository = Repository.at(root) if staged else None
    if staged and repository is None:
        raise UsageError(f"{root} is not in a git repository, so nothing is staged", "leave out --staged")
    sources = Sources(root)
    histories: list[History] = []
    problems: list[Problem] = []
    for project in found:
        migrations = sources.index(project, repository) if staged and repository else sources.working_tree(project)
        one = history(project.place, migrations)
        if base is not None and migrations:
            try:
                one = _compared(one, base, sources, project)
            except GuardError as error:
                problems.append(Problem(str(error), error.hint, error.exit_code))
        histories.append(replace(one, environment=environment(root, project)))
    if not any(one.migrations for one in histories):
        folders = sorted({sources.path(folder) for project in found for folder in project.version_locations})
        if staged:
            raise NothingFound(f"no migration is staged in {', '.join(folders)}", "git add it, or leave out --staged")
        raise nothing_in(folders)
    compared = base is not None and not problems
    broken = [one.environment.broken for one in histories if one.environment and one.environment.broken]
    gaps = [NotJudged(gap.at.path, gap.at.line, gap.why) for gap in broken]
    for path in wanted.left_over(migration.path for one in histories for migration in one.migrations):
        if path.startswith(".."):
            folder = path if (root / path).is_dir() else path.rpartition("/")[0]
            hint = f"run it there: migration-guard -C {shlex.quote(folder)} check"
            problems.append(Problem(f"{path} lies outside of {root}", hint, 2))
        else:
            gaps.append(NotJudged(path, 1, "no project that was found loads this file"))
    return _Run(settings, wanted, today or date.today(), compared).report(histories, problems, gaps)


@dataclass(frozen=True)
class _Run:
    """What holds for all histories of one run."""

    settings: Settings
    wanted: Wanted
    today: date
    compared: bool  # with a base branch

    @property
    def judges(self) -> Judges:
        off = frozenset(rule for rule, weight in self.settings.severity.items() if weight == "off")
        on = frozenset(self.settings.severity) - off
        return judges_for(self.settings.dialects, off, on)

    def report(self, histories: Sequence[History], problems: Sequence[Problem], gaps: Sequence[NotJudged]) -> Report:
        """Everything that the rules say, sorted."""
        skipped = self._skipped(histories)
        pairs = [
            (migration, one) for one in histories for migration in one.migrations if self.wanted.holds(migration.path)
        ]
        pairs = [(migration, one) for migration, one in pairs if (migration.path, migration.id) not in skipped]
        said = [finding for one in histories for finding in on_history(self.judges, one, self.settings.policy)]
        for migration, one in pairs:
            said += on_migration(self.judges, migration, one, self.settings.policy)
        said += self._on_allows(pairs, said)
        allows = {migration.path: migration.allows for one in histories for migration in one.migrations}
        stand, covered = divided(
            (weighed(finding, self.settings) for finding in sorted(set(said), key=by_place)), allows, self.today
        )
        judged = frozenset(migration.path for migration, _ in pairs)
        return Report(
            findings=tuple(stand),
            not_judged=tuple(sorted({*gaps, *(gap for one in histories for gap in _gaps(one, judged))})),
            allowed=tuple(covered),
            looked_at=LookedAt(
                files=len({migration.path for one in histories for migration in one.migrations}),
                revisions=len(
                    {migration.id for one in histories for migration in one.migrations if not migration.broken}
                ),
                heads=tuple(
                    sorted(head.revision for one in histories for head in one.heads if isinstance(head.revision, str))
                ),
            ),
            problems=tuple(dict.fromkeys(problems)),
            notes=self._notes(len(skipped)),
        )

    def _skipped(self, histories: Sequence[History]) -> frozenset[tuple[str, str]]:
        """The revisions at and below `since`, by path and id."""
        since = self.settings.since
        if since is None:
            return frozenset()
        starts = [(start, one) for one in histories for start in one.migrations if start.revision == since]
        if not starts:
            raise UsageError(f"since names revision {since!r}, which no file has", "write the whole id of a revision")
        below = [(start, *ancestors(one, start)) for start, one in starts]
        return frozenset((migration.path, migration.id) for those in below for migration in those)

    def _notes(self, skipped: int) -> tuple[str, ...]:
        return (f"{skipped} revisions up to {self.settings.since} are not judged (since).",) if skipped else ()

    def _on_allows(self, pairs: Sequence[tuple[Migration, History]], said: Sequence[Finding]) -> Iterator[Finding]:
        # Without the base branch, and in a part of the files, a rule on the graph may find less than there is.
        judged = ids(self.judges) if self.compared else ids(self.judges) - ids(self.judges, History)
        for migration, one in pairs:
            of_file = [finding for finding in said if finding.at.path == migration.path] if migration.allows else []
            context = Context(self.settings.policy, one, migration)
            for allow in migration.allows:
                done = settled(allow, of_file, _known_ids(), judged, self.today)
                yield from on_allow(self.judges, done, migration, context)


def _compared(one: History, base: str, sources: Sources, project: Project) -> History:
    """The history with the base branch beside it. Raises a GuardError where git has no such thing."""
    repository = Repository.at(sources.root)
    if repository is None:
        raise UsageError(
            f"{sources.root} is not in a git repository, so there is no {base} to compare with", "leave out --base"
        )
    tip, fork = repository.resolve(base), repository.merge_base(base)
    return with_base(
        one,
        ref=base,
        base=sources.commit(project, repository, tip),
        fork=sources.commit(project, repository, fork),
    )


def _gaps(one: History, judged: frozenset[str]) -> Iterator[NotJudged]:
    """What the reader could not see in the judged files, and in any file as far as the graph hangs on it."""
    for migration in one.migrations:
        header = [migration.revision, migration.parents_unread]
        for gap in (*header, *(migration.unread if migration.path in judged else ())):
            if isinstance(gap, Unread):
                yield NotJudged(gap.at.path, gap.at.line, gap.why)


@cache
def _known_ids() -> frozenset[str]:
    """All ids, those of live checks by the names of their files: importing them would load half of the live side."""
    checks = Path(__file__).parents[1] / "checks"
    live = {file.stem.replace("_", "-") for file in checks.glob("*.py") if not file.stem.startswith("_")}
    return frozenset(live) | frozenset(entry.rule.id for entry in all_rules())
