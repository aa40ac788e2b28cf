"""The command line: arguments in, one function called, a report out, an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from .errors import UsageError
from .records import replace
from .typed import options as typed

if TYPE_CHECKING:
    from .config import Settings
    from .findings import Report
    from .read.git import Repository


def _heads(options: SimpleNamespace) -> int:
    from .heads import heads

    lines, is_one = heads(_loaded(options))
    print(lines, end="")
    return 0 if is_one else 1


def _hook(options: SimpleNamespace) -> int:
    from .hook import hook

    return hook(_folder(options), options.stage, options.base, os.environ)


def _rebase(options: SimpleNamespace) -> int:
    from .change.rebase import rebase

    return rebase(_settings(options), base=options.base, onto=options.onto, dry_run=options.dry_run)


def _merge(options: SimpleNamespace) -> int:
    from .change.merge import merge

    wanted = options.revisions
    return merge(_settings(options), wanted, message=options.message, rev_id=options.rev_id, dry_run=options.dry_run)


def _fix(options: SimpleNamespace) -> int:
    from .baseline import entries_of, without_known
    from .change.fix import fix
    from .selecting import ids

    settings = _settings(options)
    entries = (entries_of(settings) if _has_baseline(settings) else None) or ()
    return fix(
        settings,
        options.wanted,
        rules=tuple(ids(options.select, "--select")),
        base=options.base,
        dry_run=options.dry_run,
        folder=_folder(options),
        standing=lambda report: without_known(report, entries, "", lambda _: False).findings,
    )


def _folder(options: SimpleNamespace) -> Path:
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"{options.folder} is not a folder", "give an existing folder after -C")
    return folder


def _loaded(options: SimpleNamespace) -> Settings:
    """The settings of the folder, with the `--config` that was typed in place of theirs."""
    from .config import load

    folder = _folder(options)
    settings = load(folder)
    if options.config:
        files = [os.path.relpath(folder.resolve() / name, settings.root) for name in options.config]
        return replace(settings, config=tuple(files))
    return settings


def _settings(options: SimpleNamespace) -> Settings:
    settings = _loaded(options)
    if settings.severity:
        from .selecting import known

        for rule in settings.severity:
            known(rule, "[tool.migration-guard.severity] names")
    return settings if settings.databases else _with_databases(settings, options)


def _with_databases(settings: Settings, options: SimpleNamespace) -> Settings:
    """The settings with the databases that the project's files name, and why. `verify` runs on those it can start."""
    from .config import DIALECTS
    from .read.looking import databases, projects
    from .read.store import Store

    verify = options.command in ("verify", "squash")
    store = Store(settings.root) if options.command == "check" and not options.no_cache else None
    names, why = databases(store, settings.root, projects(store, settings.root, settings.config, bare=not verify))
    if verify and not set(names) <= DIALECTS:
        return replace(settings, databases=tuple(sorted(DIALECTS, reverse=True)))
    return replace(settings, databases=names, databases_why=why)


def _check(options: SimpleNamespace) -> int:
    repository = None
    if options.staged and options.changed and not options.paths and not options.base:
        from .read.concern import concerns_migrations
        from .read.git import Repository

        repository = Repository.at(_folder(options))
        if not concerns_migrations(repository):
            print("Nothing that is staged concerns migrations.")
            return 0
    described = _shows_branch(options)
    from .lint import check
    from .read.spreading import cores

    gc.set_threshold(10_000, 10, 10)  # facts are many and hold no loops: to look for some takes a tenth of the time
    gc.enable()
    settings, selected = _settings(options), None
    if options.select or options.ignore:
        from .selecting import narrowed

        settings, selected = narrowed(settings, options.select, options.ignore)
    folder = Path(options.folder)
    paths = [folder / path for path in options.paths]
    report = check(
        settings.root,
        settings,
        paths=paths,
        base=options.base or None,
        staged=options.staged,
        changed=options.changed,
        cached=not options.no_cache,
        jobs=options.jobs or cores(),
        described=described,
        repository=repository,
    )
    if selected is not None:
        report = replace(report, looked_at=replace(report.looked_at, selected=selected))
    if options.no_baseline:
        report = replace(report, baseline_aside=_has_baseline(settings))
    elif _has_baseline(settings):
        from .baseline import entries_of, file_of, without_known

        whole = not paths and selected is None and not options.changed and not report.problems
        shown = os.path.relpath(file_of(settings), settings.root)
        report = without_known(report, entries_of(settings) or (), shown, _sure(whole, options.base))
    return _print(report, options, settings, repository)


def _has_baseline(settings: Settings) -> bool:
    """Whether there is one, without loading what reads it."""
    return settings.baseline is not None or (settings.root / "migration-guard-baseline.json").is_file()


def _sure(whole: bool, base: str | None) -> Callable[[str], bool]:
    """Whether a run would have found again what a baseline holds of a rule: those on the graph may need the base."""
    if not whole:
        return lambda _: False
    if base:
        return lambda _: True
    from .facts import History
    from .rules import all_rules

    graph = {entry.rule.id for entry in all_rules() if any(fact is History for fact, _ in entry.judges)}
    return lambda rule: rule not in graph


def _init(options: SimpleNamespace) -> int:
    from .adopt import init
    from .adopt.run import asked

    return init(
        _folder(options),
        yes=options.yes,
        dry_run=options.dry_run,
        with_baseline=options.baseline,
        ask=asked if sys.stdin is not None and sys.stdin.isatty() else None,
    )


def _baseline(options: SimpleNamespace) -> int:
    from .baseline import updated
    from .lint import check

    settings = _settings(options)
    report = check(settings.root, settings)
    whole = not report.problems
    print(
        updated(
            settings,
            report,
            prune=options.prune,
            force=options.force,
            dry_run=options.dry_run,
            sure=_sure(whole, None),
        )
    )
    return 0 if whole else report.exit_code


def _history(options: SimpleNamespace) -> int:
    from datetime import date

    from .chronicle.report import FORMATS
    from .chronicle.run import Limits, history

    today = date.fromisoformat(options.today) if options.today else date.today()
    limits = Limits(older_than=options.older_than, slow=options.slow)
    chronicle = history(_settings(options), today, limits, base=options.base, journals=options.journal)
    print(FORMATS[options.format](chronicle), end="")
    return chronicle.exit_code


def _squash(options: SimpleNamespace) -> int:
    from .extras import needed

    needed("squash")
    from .squash.run import Wish, squash

    wish = Wish(
        revision=options.revision,
        before=options.before,
        message=options.message,
        databases=tuple(options.database),
        move_to=options.move_to,
        released=options.released,
        base=options.base,
        dry_run=options.dry_run,
    )
    return squash(_settings(options), wish)


def _db(options: SimpleNamespace) -> int:
    from .extras import needed

    needed(f"db {options.db}")
    from .operate.commands import run

    return run(options, _loaded(options))


def _verify(options: SimpleNamespace) -> int:
    from .extras import needed

    needed("verify")
    described = _shows_branch(options)
    from .live.shares import Share
    from .progress import shown
    from .verify import verify

    settings = _settings(options)
    databases = options.database or list(settings.databases)
    with shown() as progress:
        report = verify(
            settings.root,
            settings,
            databases=databases,
            base=options.base or None,
            since=options.since,
            jobs=options.jobs,
            shard=Share(*options.shard) if options.shard else None,
            resume=options.resume,
            progress=progress,
            described=described,
        )
    return _print(report, options, settings)


def _report(options: SimpleNamespace) -> int:
    _shows_branch(options)
    from .catalogue import every_rule
    from .printing import put_out
    from .report.merging import merged

    folder = _folder(options)
    report, command = merged([folder / name for name in options.files], {rule.id: rule for rule in every_rule()})
    put_out(
        report,
        command,
        folder.resolve(),
        form=options.format,
        outputs=options.output,
        folder=folder,
        environment=os.environ,
    )
    return report.exit_code


def _review(options: SimpleNamespace) -> int:
    from .review import review

    settings = _settings(options)
    return review(settings, options.revision, yes=options.yes)


def _rules(_: SimpleNamespace) -> int:
    from .catalogue import every_rule, rule_ids
    from .findings import FAMILIES

    width = max(len(rule.id) for rule in every_rule())
    for family, stops in FAMILIES.items():
        print(f"{family}: {stops}")
        for rule in every_rule():
            if rule.family == family:
                found_by = "check" if rule.id in rule_ids() else "verify"
                weight = rule.severity.value if rule.on else "off"
                print(f"  {rule.id:<{width}}  {weight:<7}  {found_by:<6}  {rule.summary}")
        print()
    print("migration-guard explain ID shows the page of one: what it finds, why it hurts, what to write instead.")
    print("One that is off runs where the settings give it a severity, or with `check --select ID`.")
    return 0


def _explain(options: SimpleNamespace) -> int:
    from .catalogue import page_of
    from .selecting import known

    known(options.rule, "explain was asked for")
    print(page_of(options.rule))
    return 0


def _shows_branch(options: SimpleNamespace) -> bool:
    """Whether the report is to have what the branch adds. What is wrong with `--output` is said before a run."""
    if options.format == "text" and not options.output:
        return False
    from .printing import shows_branch

    return shows_branch(options.format, options.output, _folder(options))


def _print(report: Report, options: SimpleNamespace, settings: Settings, repository: Repository | None = None) -> int:
    from .printing import put_out

    put_out(
        report,
        options.command,
        settings.root,
        form=options.format,
        outputs=options.output,
        folder=Path(options.folder),
        staged=getattr(options, "staged", False),
        repository=repository,
        environment=os.environ,
    )
    return report.exit_code


COMMANDS: dict[str, Callable[[SimpleNamespace], int]] = {
    "baseline": _baseline,
    "check": _check,
    "db": _db,
    "explain": _explain,
    "fix": _fix,
    "heads": _heads,
    "hook": _hook,
    "history": _history,
    "init": _init,
    "merge": _merge,
    "rebase": _rebase,
    "report": _report,
    "review": _review,
    "rules": _rules,
    "squash": _squash,
    "verify": _verify,
}


def main(arguments: Sequence[str] | None = None, *, leave: bool = False) -> int:
    """Run one command and return its exit code.

    With `leave`, a command that has nothing to tidy up ends the process instead: Python would first take all facts and
    modules apart, which lasts as long as its start.
    """
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Unicode shows the escape instead of failing
            stream.reconfigure(errors="backslashreplace")
    options = SimpleNamespace(format="text")
    try:
        options = typed(arguments)
        if options.command not in ("check", "heads"):
            gc.enable()
        code = COMMANDS[options.command](options)
        sys.stdout.flush()  # here, where a reader that went away can still be told from a bug
        if leave and options.command in ("check", "heads"):
            sys.stderr.flush()
            os._exit(code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - the last line of defence: words instead of a traceback
        from .stopping import ended

        return ended(error, getattr(options, "format", "text"))
    return code
