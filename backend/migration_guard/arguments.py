"""What can be typed: the parser of every command. It loads nothing that runs one."""

from __future__ import annotations

import argparse
from typing import NoReturn

from . import __version__
from .errors import UsageError

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
FORMATS = ("text", "json", "sarif", "github", "markdown", "html", "gitlab", "junit")


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
    top.add_argument(
        "--config",
        action="append",
        metavar="FILE",
        help="ini file or script directory to guard, in place of what the settings name or looking finds; repeatable",
    )
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

    verify = commands.add_parser("verify", help="run the migrations up, down and up again on scratch databases")
    verify.add_argument(
        "--database",
        action="append",
        metavar="DB",
        help="sqlite, postgresql, postgresql-16 or a URL of a server where a scratch database may be made; repeatable",
    )
    verify.add_argument("--base", metavar="REF", help="step through this branch's revisions only")
    verify.add_argument("--since", metavar="REV", help="step through the revisions after REV only; heads: models alone")
    verify.add_argument(
        "--jobs",
        type=_count,
        metavar="N",
        help="processes that share the revisions of one database; default: as many as are of use",
    )
    verify.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="step through part I of N of the revisions only, as in a CI matrix; `report merge` joins the reports",
    )
    verify.add_argument("--resume", action="store_true", help="go on where an earlier run was interrupted or killed")
    _add_format(verify)

    review = commands.add_parser("review", help="show a revision as a reviewer needs it, and sign it")
    review.add_argument(
        "revision",
        nargs="?",
        metavar="REV",
        help="an id, the start of one, or a file; default: all that ask for a review",
    )
    review.add_argument("--yes", action="store_true", help="sign REV without asking, as git's user.name and user.email")

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

    _add_changes(commands)
    _add_history(commands)
    _add_squash(commands)

    _add_database(commands)

    report = commands.add_parser("report", help="put reports of several jobs together")
    parts = report.add_subparsers(dest="report", metavar="COMMAND", required=True, parser_class=_Parser)
    together = parts.add_parser(
        "merge",
        help="one report from the JSON reports of shards, databases and the static check",
        description="Reads reports written by `--output json:FILE` and puts one out. What several databases show alike "
        "is told once and names them all; the exit code is the worst. A report that is missing or cut off is an error.",
    )
    together.add_argument("files", nargs="+", metavar="FILE", help="a JSON report, or a folder with some")
    _add_format(together)

    commands.add_parser(
        "heads", help="list the revisions that nothing follows; more than one of a branch is exit code 1"
    )

    hook = commands.add_parser(
        "hook",
        help="what git's hooks ask besides `check`: before a push, after a checkout, a merge or a rebase",
        description="pre-push judges the commit that is pushed against the remote's main branch. post-checkout names "
        "the revisions that only one of the two branches has, post-merge warns of two heads; neither holds git up. "
        ".pre-commit-hooks.yaml has them ready for pre-commit.",
    )
    hook.add_argument("stage", choices=("pre-push", "post-checkout", "post-merge"), help="what git is doing")
    hook.add_argument("--base", metavar="REF", help="the branch to compare with (default: the remote's HEAD or main)")

    commands.add_parser("rules", help="list every rule and check")

    explain = commands.add_parser("explain", help="show the page of a rule")
    explain.add_argument("rule", metavar="ID", help="the id of a rule, such as multiple-heads")
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

    merge = commands.add_parser(
        "merge",
        help="write a merge revision that joins heads",
        description="Writes it from the project's script.py.mako, named by its file_template. Prints the plan first.",
    )
    merge.add_argument("revisions", nargs="*", metavar="REV", help="the heads to join; default: all")
    merge.add_argument("-m", "--message", metavar="TEXT", help="what its docstring says")
    merge.add_argument("--rev-id", metavar="ID", help="its id; default: a new one")
    merge.add_argument("--dry-run", action="store_true", help="show the file and write nothing")

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


def _add_history(commands: argparse._SubParsersAction[_Parser]) -> None:
    history = commands.add_parser(
        "history",
        help="what has gathered in a long history, each with a command to do about it; for once a week",
        description="Reads the revisions, runs nothing, and lists what can be squashed, heads and labels that nothing "
        "uses, merges of merges, tables that come and go, slow and empty revisions, and comments that have ended. "
        "Exit code 1 when there is anything.",
    )
    history.add_argument("--base", metavar="REF", help="squash only what stands on this branch, such as origin/main")
    history.add_argument("--today", type=_day, metavar="DATE", help="reckon ages from this day; default: today")
    history.add_argument(
        "--older-than", type=_number, default=180, metavar="DAYS", help="age of what may be squashed (default: 180)"
    )
    history.add_argument(
        "--slow", type=_number, default=10, metavar="SECONDS", help="time of a slow revision (default: 10)"
    )
    history.add_argument(
        "--journal",
        action="append",
        default=[],
        metavar="FILE",
        help="journal of deploys with the times of revisions; default: that beside the backups; repeatable",
    )
    history.add_argument("--format", choices=("text", "json", "markdown"), default="text", help="form of the report")


def _day(given: str) -> str:
    import datetime

    try:
        datetime.date.fromisoformat(given)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given!r} is no day, such as 2027-01-31") from None
    return given


def _add_squash(commands: argparse._SubParsersAction[_Parser]) -> None:
    squash = commands.add_parser(
        "squash",
        help="write one base revision for all revisions up to one of them, proved equal on scratch databases",
        description="Builds REV with the revisions that stand, on each database of the settings, writes one base "
        "revision from what the catalogues hold, builds that too, and compares: schema, rows, the way down and up "
        "again. Nothing is written unless all of it is equal. The base keeps the id of REV, so that databases at REV "
        "or later go on as they are; the old files go, last, and git keeps them.",
    )
    squash.add_argument(
        "revision", metavar="REV", help="the last revision to squash: an id, the start of one, a file, head"
    )
    squash.add_argument("--before", action="store_true", help="squash what REV stands on, and leave REV as it is")
    squash.add_argument("-m", "--message", metavar="TEXT", help="what its docstring says")
    squash.add_argument(
        "--database", action="append", default=[], metavar="DB", help="as for verify; default: those of the settings"
    )
    squash.add_argument("--base", metavar="REF", help="what stands there is released (default: origin/HEAD or main)")
    squash.add_argument("--released", action="store_true", help="squash revisions that the base branch has, too")
    squash.add_argument("--move-to", metavar="DIR", help="move the old files there; default: remove them, git has them")
    squash.add_argument("--dry-run", action="store_true", help="prove it, show the new file, and write nothing")


def _add_database(commands: argparse._SubParsersAction[_Parser]) -> None:
    group = commands.add_parser(
        "db",
        help="look after the real database: status, backup, restore, deploy, transfer and more",
        description="These commands, and no others, touch the real database: the one that env.py would migrate, or the "
        "one that --url names.",
    )
    parts = group.add_subparsers(dest="db", metavar="COMMAND", required=True, parser_class=_Parser)

    def add(name: str, says: str) -> _Parser:
        command = parts.add_parser(name, help=says, description=says[:1].upper() + says[1:] + ".")
        command.add_argument("--url", metavar="URL", help="the database; default: the one that env.py would migrate")
        command.add_argument(
            "--backups", metavar="DIR", help="the folder of the backups; default: that of the settings (backups)"
        )
        return command

    status = add("status", "where the database stands, whether its schema is what its stamp says, its health")
    status.add_argument("--quick", action="store_true", help="do not build the schema that the stamp says")
    status.add_argument("--format", choices=("text", "json"), default="text", help="form of the answer")
    add("backup", "copy the database while others use it, read the copy back, and write down what it holds")
    verify = add("verify", "read a backup back whole and compare it with what was written down when it was made")
    verify.add_argument("backup", nargs="?", metavar="FILE", help="default: the newest of each database")
    restore = add("restore", "put a backup in the place of the database, which is kept under another name")
    restore.add_argument("backup", nargs="?", metavar="FILE", help="default: the newest")
    restore.add_argument("--yes", action="store_true", help="restore without asking")
    restore.add_argument("--dry-run", action="store_true", help="show the plan and do nothing")
    drill = add("drill", "restore a backup elsewhere and read it whole, as somebody should do every month")
    drill.add_argument("backup", nargs="?", metavar="FILE", help="default: the newest")
    prune = add("prune", "remove old backups: of each day, week and month the newest stays, for a while")
    for name, number in (("last", 7), ("daily", 7), ("weekly", 5), ("monthly", 12)):
        prune.add_argument(
            f"--keep-{name}", type=_number, default=number, metavar="N", help=f"how many to keep (default: {number})"
        )
    prune.add_argument("--yes", action="store_true", help="remove without asking")
    prune.add_argument("--dry-run", action="store_true", help="show the plan and remove nothing")
    deploy = add("deploy", "run what is pending, judged and backed up first; on SQLite all of it or nothing")
    deploy.add_argument(
        "--force",
        action="store_true",
        help="deploy what the guard finds errors in, several heads, and what makes another schema than it should",
    )
    deploy.add_argument("--no-backup", action="store_true", help="make no backup first")
    deploy.add_argument(
        "--restore",
        action="store_true",
        help="restore that backup without asking where a failure on PostgreSQL leaves something that is not undone",
    )
    for name, kind, number, says in (
        ("lock-timeout", _number, 5, "seconds that a statement of PostgreSQL waits for a lock, 0: no limit"),
        ("statement-timeout", _number, 3600, "seconds that a statement of PostgreSQL may take, 0: no limit"),
        ("attempts", _positive, 5, "how often a revision that waited in vain for a lock is tried, 1 or more"),
    ):
        deploy.add_argument(f"--{name}", type=kind, default=number, metavar="N", help=f"{says} (default: {number})")
    rehearse = add("rehearse", "run what is pending on a copy of the real data, and tell how long it takes")
    rehearse.add_argument(
        "--statement-timeout",
        type=_number,
        default=3600,
        metavar="N",
        help="seconds that a statement of PostgreSQL may take, 0: no limit (default: 3600)",
    )
    transfer = add("transfer", "move SQLite to PostgreSQL, or back: schema by the migrations, then rows, then compare")
    transfer.add_argument(
        "--to", metavar="URL", required=True, help="a new database of the other kind, or one at that revision"
    )
    transfer.add_argument("--check", action="store_true", help="name the rows that cannot go, and copy nothing")
    add("checkpoint", "move SQLite's write-ahead log into the database file")


def _number(given: str) -> int:
    if not given.isdecimal():
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number")
    return int(given)


def _positive(given: str) -> int:
    if not _number(given):
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(given)


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


def _shard(given: str) -> tuple[int, int]:
    number, slash, of = given.partition("/")
    if not (slash and number.isdecimal() and of.isdecimal() and 0 < int(number) <= int(of) < 1000):
        raise argparse.ArgumentTypeError(f"{given!r} is no part, such as 2/8")
    return int(number), int(of)


def _count(given: str) -> int:
    if not given.isdecimal() or not 0 < int(given) < 65:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of processes")
    return int(given)
