"""The command line: arguments in, one function called, a report out, an exit code."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import __version__
from .errors import CannotFinish, GuardError, UsageError
from .records import replace

if TYPE_CHECKING:
    from .config import Settings
    from .findings import Report

EXIT_CODES = """\
exit codes:
  0    nothing found
  1    findings; a review that was declined
  2    wrong arguments or settings, a base branch that cannot be read
  3    no migrations found, or not the revision that was asked for
  4    could not finish: a database out of reach, a full disk
  70   a bug in migration-guard
  130  interrupted
When a part could not be done, the rest is still judged and the code is that of the part.
"""
FORMATS = ("text", "json", "sarif", "github", "markdown", "gitlab", "junit")


class _Bug(GuardError):
    """Something of ours is wrong."""

    exit_code = 70


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors have the same two lines as all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see `{self.prog} --help`")


def parser() -> argparse.ArgumentParser:
    """The parser of every command; the documentation of the commands is made from it."""
    top = _Parser(
        prog="migration-guard",
        description="Stops a bad Alembic migration before it is merged, and proves a good one on real databases.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"migration-guard {__version__}")
    top.add_argument("-C", dest="folder", metavar="DIR", default=".", help="run as if started in DIR")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    check = commands.add_parser("check", help="read the migrations, run nothing, and judge them")
    check.add_argument("paths", nargs="*", metavar="PATH", help="judge only these files or folders; default: all")
    check.add_argument("--base", metavar="REF", help="the branch this one merges into, such as origin/main")
    check.add_argument("--staged", action="store_true", help="judge what is staged in git, not the working tree")
    check.add_argument(
        "--changed",
        action="store_true",
        help="judge only what differs from the base branch, else from the last commit, and each PATH; the graph whole",
    )
    check.add_argument(
        "--select", action="append", default=[], metavar="ID[,ID]", help="run these rules only, also if they are off"
    )
    check.add_argument("--ignore", action="append", default=[], metavar="ID[,ID]", help="do not run these rules")
    check.add_argument("--no-cache", action="store_true", help="read every file anew, and keep nothing of it")
    check.add_argument(
        "--jobs",
        type=_count,
        metavar="N",
        help="processes that share the work; default: as many as are of use, up to 4",
    )
    check.add_argument("--no-baseline", action="store_true", help="show the findings that the baseline holds, too")
    _add_format(check)
    check.set_defaults(run=_check)

    verify = commands.add_parser("verify", help="run the migrations up, down and up again on scratch databases")
    verify.add_argument(
        "--database",
        action="append",
        metavar="DB",
        help="sqlite, postgresql, postgresql-16 or a URL of a server where a scratch database may be made; repeatable",
    )
    verify.add_argument("--base", metavar="REF", help="step through this branch's revisions only")
    verify.add_argument("--since", metavar="REV", help="step through the revisions after REV only; heads: models alone")
    _add_format(verify)
    verify.set_defaults(run=_verify)

    review = commands.add_parser("review", help="show a revision as a reviewer needs it, and sign it")
    review.add_argument(
        "revision",
        nargs="?",
        metavar="REV",
        help="an id, the start of one, or a file; default: all that ask for a review",
    )
    review.add_argument("--yes", action="store_true", help="sign REV without asking, as git's user.name and user.email")
    review.set_defaults(run=_review)

    adopt = commands.add_parser(
        "init",
        help="set a project up: settings, commit hook, workflow",
        description="Looks at the project, shows what it would write, and asks: [tool.migration-guard] in "
        "pyproject.toml, an entry in .pre-commit-config.yaml, and a workflow for a repository on GitHub. What is there "
        "is kept as it is.",
    )
    adopt.add_argument("--yes", action="store_true", help="write without asking")
    adopt.add_argument("--dry-run", action="store_true", help="show the changes as a diff and write nothing")
    adopt.add_argument("--baseline", action="store_true", help="also write down the findings there are")
    adopt.set_defaults(run=_init)

    baseline = commands.add_parser(
        "baseline",
        help="write down the findings there are, so that `check` shows new ones only",
        description="Writes the findings that `check` has today to migration-guard-baseline.json, or the file of the "
        "setting `baseline`. Commit that file: `check` fails for what it does not hold. It survives moved lines, "
        "formatting and renamed files.",
    )
    baseline.add_argument("--prune", action="store_true", help="take out what is found no more, and add nothing")
    baseline.add_argument("--force", action="store_true", help="write a file that is there anew, with all findings")
    baseline.add_argument("--dry-run", action="store_true", help="say what would be written")
    baseline.set_defaults(run=_baseline)

    _add_changes(commands)

    heads = commands.add_parser("heads", help="list the revisions that nothing follows; more than one is exit code 1")
    heads.set_defaults(run=_heads)

    rules = commands.add_parser("rules", help="list every rule and check")
    rules.set_defaults(run=_rules)

    explain = commands.add_parser("explain", help="show the page of a rule")
    explain.add_argument("rule", metavar="ID", help="the id of a rule, such as multiple-heads")
    explain.set_defaults(run=_explain)
    return top


def _add_changes(commands: argparse._SubParsersAction[_Parser]) -> None:
    rebase = commands.add_parser(
        "rebase",
        help="let this branch's revisions follow the head of the branch that they will be merged into",
        description="Rewrites down_revision, the Revises: line of the docstring and files that name the head, and "
        "leaves every other byte as it is. Prints the plan first; a released revision is never moved.",
    )
    rebase.add_argument("--base", metavar="REF", help="the branch this one merges into (default: origin/HEAD or main)")
    rebase.add_argument("--onto", metavar="REV", help="the revision to follow; default: the head of the base branch")
    rebase.add_argument("--dry-run", action="store_true", help="show the changes as a diff and write nothing")
    rebase.set_defaults(run=_rebase)

    merge = commands.add_parser(
        "merge",
        help="write a merge revision that joins heads",
        description="Writes it from the project's script.py.mako, named by its file_template. Prints the plan first.",
    )
    merge.add_argument("revisions", nargs="*", metavar="REV", help="the heads to join; default: all")
    merge.add_argument("-m", "--message", metavar="TEXT", help="what its docstring says")
    merge.add_argument("--rev-id", metavar="ID", help="its id; default: a new one")
    merge.add_argument("--dry-run", action="store_true", help="show the file and write nothing")
    merge.set_defaults(run=_merge)

    fix = commands.add_parser(
        "fix",
        help="write what is certain: missing downgrades, names of constraints, autocommit blocks",
        description="Writes a missing or incomplete downgrade where the revisions below tell the way back, names "
        "constraints that have none, and puts CREATE INDEX CONCURRENTLY into an autocommit block. Prints the plan "
        "first, with what it leaves to you and why. A released revision is never edited, nor what a comment allows or "
        "the baseline holds. What it would write is judged first: nothing of the rule is left, nothing is new.",
    )
    fix.add_argument("wanted", nargs="*", metavar="REV|PATH", help="revisions, files or folders; default: all")
    fix.add_argument(
        "--select", action="append", default=[], metavar="ID[,ID]", help="fix what these rules find; default: all four"
    )
    fix.add_argument("--base", metavar="REF", help="what stands there is released (default: origin/HEAD or main)")
    fix.add_argument("--dry-run", action="store_true", help="show the changes as a diff and write nothing")
    fix.set_defaults(run=_fix)


def _count(given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) < 65:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of processes")
    return int(given)


def _heads(options: argparse.Namespace) -> int:
    from .config import load
    from .heads import heads

    lines, is_one = heads(load(_folder(options)))
    print(lines, end="")
    return 0 if is_one else 1


def _rebase(options: argparse.Namespace) -> int:
    from .change.rebase import rebase

    return rebase(_settings(options), base=options.base, onto=options.onto, dry_run=options.dry_run)


def _merge(options: argparse.Namespace) -> int:
    from .change.merge import merge

    wanted = options.revisions
    return merge(_settings(options), wanted, message=options.message, rev_id=options.rev_id, dry_run=options.dry_run)


def _fix(options: argparse.Namespace) -> int:
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


def _add_format(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=FORMATS, default="text", help="form of the report (default: text)")
    command.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="[FORMAT:]FILE",
        help="write the report to FILE, too, as in sarif:guard.sarif; without a FORMAT it takes that of --format, and "
        "text is printed; repeatable",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Unicode shows the escape instead of failing
            stream.reconfigure(errors="backslashreplace")
    options = argparse.Namespace(format="text")
    try:
        options = parser().parse_args(arguments)
        run: Callable[[argparse.Namespace], int] = options.run
        code = run(options)
        sys.stdout.flush()  # here, where a reader that went away can still be told from a bug
    except GuardError as error:
        return _stopped(error, options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _give_up_output()
        return 0
    except OSError as error:
        return _stopped(_let_down(error), options)
    except Exception as error:  # noqa: BLE001 - the last line of defence: words instead of a traceback
        return _stopped(_bug(error), options)
    return code


def _stopped(error: GuardError, options: argparse.Namespace) -> int:
    """The exit code of a run that ends here, once it has said why."""
    from .findings import Problem
    from .report.words import printable

    problem = Problem(str(error), error.hint, error.exit_code)

    message, hint = (" ".join(printable(words).split()) for words in (problem.message, problem.hint))
    print(f"error: {message}\n  Try: {hint}", file=sys.stderr)
    try:
        if getattr(options, "format", "text") == "github":
            from .report.github import as_command

            print(as_command(problem))
        sys.stdout.flush()
    except OSError:
        _give_up_output()
    return problem.exit_code


def _give_up_output() -> None:
    """Let nothing more be written to standard output: Python would try once more as it ends, and fail aloud."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _let_down(error: OSError) -> GuardError:
    """What the system refused: a permission, space on a disk."""
    where = f" {os.fsdecode(error.filename)}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        hint = "free some space; scratch files can go elsewhere: MIGRATION_GUARD_SCRATCH=/another/folder"
    else:
        hint = f"ls -ld{where} shows what stands in the way" if where else "run it once more; if it stays, report it"
    return CannotFinish(f"the system refuses{where or ' to go on'}: {error.strerror or error}", hint)


def _bug(error: Exception) -> GuardError:
    import tempfile
    import traceback

    says = f"a bug in migration-guard {__version__}: {type(error).__name__}: {error}"
    try:
        with tempfile.NamedTemporaryFile("w", prefix="migration-guard-", suffix=".log", delete=False) as log:
            traceback.print_exception(error, file=log)
    except OSError as refused:
        return _Bug(says, f"report it with this line; no log could be written ({refused.strerror})")
    return _Bug(says, f"report it with {log.name}, which holds the details")


def _folder(options: argparse.Namespace) -> Path:
    folder = Path(options.folder)
    if not folder.is_dir():
        raise UsageError(f"{options.folder} is not a folder", "give an existing folder after -C")
    return folder


def _settings(options: argparse.Namespace) -> Settings:
    from .config import load

    settings = load(_folder(options))
    if settings.severity:
        from .selecting import known

        for rule in settings.severity:
            known(rule, "[tool.migration-guard.severity] names")
    return settings if settings.databases else _databases(settings, options.command)


def _databases(settings: Settings, command: str) -> Settings:
    """The settings with the databases that the project's files name, and why. `verify` runs on those it can start."""
    from .read.databases import BOTH, databases
    from .read.discovery import projects

    found = databases(settings.root, projects(settings.root, settings.config, bare=command != "verify"))
    if command == "verify" and not set(found.names) <= set(BOTH):
        return replace(settings, databases=BOTH)
    return replace(settings, databases=found.names, databases_why=found.why)


def _check(options: argparse.Namespace) -> int:
    if options.staged and options.changed and not options.paths:
        from .read.concern import concerns_migrations

        if not concerns_migrations(_folder(options)):
            print("Nothing that is staged concerns migrations.")
            return 0
    import gc

    from .lint import check
    from .read.spreading import cores

    gc.set_threshold(10_000, 10, 10)  # facts are many and hold no loops: to look for some takes a tenth of the time
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
    )
    if selected is not None:
        report = replace(report, looked_at=replace(report.looked_at, selected=selected))
    if not options.no_baseline and _has_baseline(settings):
        from .baseline import entries_of, file_of, without_known

        whole = not paths and selected is None and not options.changed and not report.problems
        shown = os.path.relpath(file_of(settings), settings.root)
        report = without_known(report, entries_of(settings) or (), shown, _sure(whole, options.base))
    return _print(report, options, settings)


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


def _init(options: argparse.Namespace) -> int:
    from .adopt import init
    from .adopt.run import asked

    return init(
        _folder(options),
        yes=options.yes,
        dry_run=options.dry_run,
        with_baseline=options.baseline,
        ask=asked if sys.stdin is not None and sys.stdin.isatty() else None,
    )


def _baseline(options: argparse.Namespace) -> int:
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


def _verify(options: argparse.Namespace) -> int:
    from .extras import needed

    needed("verify")
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
            progress=progress,
        )
    return _print(report, options, settings)


def _review(options: argparse.Namespace) -> int:
    from .review import review

    settings = _settings(options)
    return review(settings, options.revision, yes=options.yes)


def _rules(_: argparse.Namespace) -> int:
    from .catalogue import check_ids, every_rule
    from .findings import FAMILIES

    width = max(len(rule.id) for rule in every_rule())
    for family, stops in FAMILIES.items():
        print(f"{family}: {stops}")
        for rule in every_rule():
            if rule.family == family:
                found_by = "verify" if rule.id in check_ids() else "check"
                weight = rule.severity.value if rule.on else "off"
                print(f"  {rule.id:<{width}}  {weight:<7}  {found_by:<6}  {rule.summary}")
        print()
    print("migration-guard explain ID shows the page of one: what it finds, why it hurts, what to write instead.")
    print("One that is off runs where the settings give it a severity, or with `check --select ID`.")
    return 0


def _explain(options: argparse.Namespace) -> int:
    from .catalogue import page_of
    from .selecting import known

    known(options.rule, "explain was asked for")
    print(page_of(options.rule))
    return 0


def _print(report: Report, options: argparse.Namespace, settings: Settings) -> int:
    from .printing import put_out

    put_out(
        report,
        options.command,
        settings.root,
        form=options.format,
        outputs=options.output,
        folder=Path(options.folder),
        staged=getattr(options, "staged", False),
        environment=os.environ,
    )
    return report.exit_code
