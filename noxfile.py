"""The one way to run anything: `nox -s NAME`. A CI job is one of these and nothing cleverer."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "tests", "migrations"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True
nox.options.default_venv_backend = "uv|virtualenv"

HERE = Path(__file__).parent
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
# The oldest releases that the metadata allows, or the first that a newer Python can load; the newest are whatever the
# index has.
OLDEST = (
    "sqlalchemy==2.0.0; python_version < '3.13'",
    "sqlalchemy==2.0.31; python_version == '3.13'",
    "sqlalchemy==2.0.41; python_version >= '3.14'",
    "alembic==1.13.0",
    "aiosqlite==0.19.0",
    "psycopg[binary]==3.1.18; python_version < '3.13'",
    "psycopg[binary]==3.2.2; python_version == '3.13'",
    "psycopg[binary]==3.2.10; python_version >= '3.14'",
    "sqlglot==26.0.0",
)
DATABASES = ("sqlite", "postgresql-16", "postgresql-18")


def interpreters() -> dict[str, str]:
    """The Pythons of this machine that start, by version: on the PATH, of pyenv, and the one that runs nox."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {".".join(map(str, sys.version_info[:2])): sys.executable}
    for version in PYTHONS:
        # Those of pyenv first: what stands on the PATH may be its shim, which takes a while to find out where it leads.
        candidates = [*map(str, sorted(pyenv.glob(f"{version}.*/bin/python"))), shutil.which(f"python{version}")]
        for program in filter(None, candidates):
            if version not in found and starts(program):
                found[version] = program
    return {version: found[version] for version in PYTHONS if version in found}


def starts(program: str) -> bool:
    """Whether this Python runs; a shim of pyenv may lead nowhere."""
    return subprocess.run([program, "-I", "-S", "-c", ""], capture_output=True, check=False).returncode == 0


FOUND = interpreters()
RANGE = [FOUND[min(FOUND, key=PYTHONS.index)], FOUND[max(FOUND, key=PYTHONS.index)]]


def install(session: nox.Session, *packages: str) -> None:
    """Install once: again only when the metadata, the wanted packages or the Python changed."""
    stamp = Path(session.virtualenv.location) / "installed.txt"
    wanted = fingerprint(packages, session.python)
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        session.install(*packages)
        # A step of the installation, so that `nox -R`, which leaves that out, does not claim it.
        keep = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2], encoding='utf-8')"
        session.run_install("python", "-c", keep, str(stamp), wanted, silent=True)


def fingerprint(*parts: object) -> str:
    """Equal for an environment that already holds what these parts and the metadata ask for."""
    metadata = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    return hashlib.sha256(json.dumps([metadata, *map(str, parts)]).encode()).hexdigest()


def groups(*names: str) -> list[str]:
    """The requirements of dependency groups."""
    return list(nox.project.dependency_groups(nox.project.load_toml(HERE / "pyproject.toml"), *names))


def guard(
    session: nox.Session,
    program: str,
    *arguments: str,
    live: bool = True,
    oldest: bool = False,
    told: str = "",
    **options: Any,
) -> None:
    """Run a program of the guard's own environment, which all sessions share and which is made when missing or old.

    There are three: with `live`, all that runs migrations, also with the oldest dependencies; without, the reading side
    alone, which is small. Checkouts that name one folder in GUARD_ENVIRONMENTS share them.
    """
    kept = Path(os.environ.get("GUARD_ENVIRONMENTS") or HERE / ".nox")
    pins = OLDEST if oldest else ()
    folder = kept / ("guard-oldest" if oldest else "guard" if live else "guard-reads")
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    stamp = folder / "installed.txt"
    wanted = fingerprint(sys.version, *pins)
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        session.run(sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(folder), external=True)
        what = ".[live,postgresql]" if live else "."
        session.run(str(programs / "python"), "-m", "pip", "install", "--quiet", "-e", what, *pins, external=True)
        stamp.write_text(wanted, encoding="utf-8")
    command = [str(programs / program), *arguments]
    if told and "GITHUB_STEP_SUMMARY" in os.environ:  # what is told there has this title
        command = [sys.executable, "-m", "maintenance.told", told, *command]
    session.run(*command, external=True, **options)


@nox.session(tags=["quick"])
def lint(session: nox.Session) -> None:
    """Style, formatting, and the workflows against their schemas and zizmor."""
    install(session, *groups("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    workflows = sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    session.run("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")
    session.run("zizmor", "--offline", "--persona", "pedantic", "--quiet", ".github", "action.yml")


@nox.session(tags=["quick"])
def types(session: nox.Session) -> None:
    """Strict types, as the oldest Python sees them."""
    install(session, "-e", ".[live,postgresql]", *groups("types"))
    session.run("mypy")
    session.run("mypy", "noxfile.py", "maintenance")


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """The tests on the oldest Python with the oldest dependencies, and on the newest with the newest."""
    arguments = session.posargs
    session.notify("tests-oldest", arguments)
    session.notify("tests-newest", arguments)


@nox.session(name="tests-oldest", python=RANGE[0])
def tests_oldest(session: nox.Session) -> None:
    """What may differ on the oldest Python of this machine with the oldest SQLAlchemy, Alembic and drivers."""
    install(session, "-e", ".[live,postgresql]", *groups("tests"), *OLDEST)
    run_tests(session, "-m", "not once")  # tests/once.py says which those are


@nox.session(name="tests-newest", python=RANGE[-1])
def tests_newest(session: nox.Session) -> None:
    """The tests on the newest Python of this machine with the newest SQLAlchemy, Alembic and drivers."""
    install(session, "--upgrade", "-e", ".[live,postgresql]", *groups("tests"))
    run_tests(session)


@nox.session(name="tests-next", python=RANGE[-1])
def tests_next(session: nox.Session) -> None:
    """The tests on what comes next: also releases of SQLAlchemy, Alembic and psycopg that are not final."""
    session.install("-e", ".[live,postgresql]", *groups("tests"))
    session.install("--upgrade", "--pre", "sqlalchemy", "alembic", "psycopg[binary]")
    run_tests(session)


def run_tests(session: nox.Session, *arguments: str) -> None:
    """pytest on two processes, or with the arguments after `--`."""
    # Many tests start the guard as people do: it is compiled once, not at each start.
    kept = {"PYTHONDONTWRITEBYTECODE": None}
    session.run("pytest", *arguments, *(session.posargs or ["-n", "2"]), env=kept)


@nox.session(python=False)
@nox.parametrize("database", DATABASES, ids=DATABASES)
def migrations(session: nox.Session, database: str) -> None:
    """The main job: every migration read and judged, then up, down and up again on a real database."""
    guard(session, "migration-guard", "check")
    guard(session, "migration-guard", "verify", "--database", database, *session.posargs)


@nox.session(python=False)
def check(session: nox.Session) -> None:
    """Read and judge the migrations; arguments after `--` go to `migration-guard check`."""
    guard(session, "migration-guard", "check", *session.posargs, live=False)


@nox.session(python=False)
def verify(session: nox.Session) -> None:
    """Run the migrations on scratch databases; arguments after `--` go to `migration-guard verify`."""
    guard(session, "migration-guard", "verify", *session.posargs)


@nox.session(python=False, name="verify-oldest")
def verify_oldest(session: nox.Session) -> None:
    """As `verify`, with the oldest SQLAlchemy, Alembic and drivers, which run on Python 3.10 to 3.12."""
    guard(session, "migration-guard", "verify", *session.posargs, oldest=True)


@nox.session(python=False)
def summary(session: nox.Session) -> None:
    """One report from the JSON reports of several jobs: `nox -s summary -- FOLDER --format github`."""
    guard(session, "migration-guard", "report", "merge", *session.posargs, live=False)


@nox.session(python=False)
def green(session: nox.Session) -> None:
    """Whether all jobs that NEEDS names, as GitHub's `toJSON(needs)`, ended well, and which did not."""
    session.run(sys.executable, "-m", "maintenance.green", *session.posargs, external=True)


@nox.session(python=False)
def outcome(session: nox.Session) -> None:
    """Whether a step ended as it should: `nox -s outcome -- verdict=failed errors=some`, its outputs in OUTPUTS."""
    session.run(sys.executable, "-m", "maintenance.outcome", *session.posargs, external=True)


@nox.session(python=False)
def revision(session: nox.Session) -> None:
    """A new revision from the model changes: `nox -s revision -- "add mood to personas"`."""
    if not session.posargs:
        session.error('give a message: nox -s revision -- "add mood to personas"')
    database = HERE / ".nox" / "revision.db"
    database.unlink(missing_ok=True)
    url = {"SQLALCHEMY_URL": f"sqlite+aiosqlite:///{database}"}
    guard(session, "alembic", "upgrade", "head", env=url, silent=True)
    guard(session, "alembic", "revision", "--autogenerate", "-m", " ".join(session.posargs), env=url)
    guard(session, "python", "-m", "pip", "install", "--quiet", "ruff", silent=True)
    guard(session, "ruff", "check", "--quiet", "--fix", "--select", "I,UP", "alembic/versions")
    guard(session, "ruff", "format", "--quiet", "alembic/versions")
    session.log("Read and finish it, then: nox -s review")


@nox.session(python=False)
def review(session: nox.Session) -> None:
    """Show revisions as a reviewer needs them and sign them: `nox -s review -- [REV] [--yes]`."""
    guard(session, "migration-guard", "review", *session.posargs)


@nox.session(python=False)
def history(session: nox.Session) -> None:
    """What has gathered in the revisions; arguments after `--` go to `migration-guard history`."""
    command = ["migration-guard", "history", *session.posargs]
    guard(session, *command, live=False, told="nox -s history", success_codes=[0, 1])


@nox.session(python=False)
def squash(session: nox.Session) -> None:
    """One base revision for many: `nox -s squash -- REV --dry-run`."""
    guard(session, "migration-guard", "squash", *session.posargs)


def operating(command: str, words: str, name: str | None = None) -> None:
    """A session for one of the commands on the real database, by default of the same name."""

    def run(session: nox.Session) -> None:
        guard(session, "migration-guard", "db", command, *session.posargs, told=f"nox -s {name or command}")

    run.__doc__ = f"{words}; arguments after `--` go to `migration-guard db {command}`."
    nox.session(python=False, name=name or command)(run)


operating("status", "Where the database stands, and its health")
operating("backup", "Back the database up, and read the backup back")
operating("verify", "Read backups back whole", "verify-backup")  # `verify` tries migrations
operating("restore", "Put a backup in the place of the database")
operating("drill", "Restore the newest backup elsewhere, and count")
operating("prune", "Remove old backups")
operating("rehearse", "Run what is pending on a copy of the real data")
operating("transfer", "Move a SQLite database to PostgreSQL: `nox -s transfer -- --to URL`")
operating("deploy", "Run what is pending, judged and backed up first")
operating("checkpoint", "Empty SQLite's write-ahead log")


@nox.session(python=False)
def sample(session: nox.Session) -> None:
    """The application's database, made where there is none, with rows where it has none: for drills."""
    where = {"PYTHONPATH": str(HERE / "backend")}
    guard(session, "alembic", "upgrade", "head", silent=True)
    guard(session, "python", "-m", "maintenance.sample", env=where)


@nox.session(python=False, name="postgresql-versions")
def postgresql_versions(session: nox.Session) -> None:
    """Whether the guard runs on all PostgreSQL versions that have support, and on no other."""
    session.run(
        *(sys.executable, "-m", "maintenance.told", "nox -s postgresql-versions"),
        *(sys.executable, "-m", "maintenance.postgresql"),
        external=True,
    )


@nox.session(python=RANGE[-1])
def docs(session: nox.Session) -> None:
    """Write the pages made from the code, and build the site in build/site; `-- --check` only compares the pages."""
    guard(session, "python", "-m", "migration_guard.pages", *session.posargs)
    install(session, *groups("docs"))
    site = HERE / "build" / "site"
    session.run("python", "-m", "maintenance.site", str(site))
    with session.chdir(site):
        session.run("zensical", "build", "--clean", "--strict")
    session.run("python", "-m", "maintenance.site", str(site), "--look")
    session.log("to look at it: python3 -m http.server --directory %s", site / "html")


@nox.session
def bench(session: nox.Session) -> None:
    """The budgets, measured beside their peers: `-- --revisions 100` for both sides, `live` before it for one."""
    install(session, ".[live,postgresql]", *groups("bench"))
    asked = [*session.posargs]
    sides = [asked.pop(0)] if asked and asked[0] in ("static", "live", "operations") else ["static", "live"]
    for side in sides:
        session.run("python", f"bench/{side}.py", *asked)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Damaged and made-up projects through the reader and all rules: `nox -s fuzz -- --count 100000 --jobs 3`."""
    install(session, ".", "hypothesis>=6.100")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def harm(session: nox.Session) -> None:
    """What a kill, a full disk, damage and company do to `verify`, `squash` and the db commands: `-- --only db`."""
    install(session, ".[live,postgresql]")
    session.run("python", "-m", "tests.harm", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Which small faults in the guard no test notices: `nox -s mutation -- "rules/*.py" --out mutation.json`."""
    install(session, "-e", ".[live,postgresql]", *groups("tests"))
    session.run("python", "bench/mutation.py", *(session.posargs or ["rules/*.py"]))


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel, install it alone, run it: the reading side needs nothing else."""
    dist = Path(session.create_tmp(), "dist")
    build(session, dist)
    (wheel,) = dist.glob("*.whl")
    run_alone(session, wheel)


@nox.session
def dist(session: nox.Session) -> None:
    """Wheel and source archive in `dist/`, and the release's notes in `build/notes.md`: `nox -s dist -- v1.2.0`."""
    if len(session.posargs) != 1:
        session.error("name the tag of the release: nox -s dist -- v1.2.0")
    session.run("python", "-m", "maintenance.release", session.posargs[0], "build/notes.md")
    build(session, HERE / "dist")


@nox.session(name="wheel")
def wheel_itself(session: nox.Session) -> None:
    """The wheel in a folder, built before: installed alone, then under the tests. `nox -s wheel -- dist`."""
    found = [*Path(*session.posargs).resolve().glob("*.whl")]
    if len(found) != 1:
        session.error("name a folder with one wheel: nox -s wheel -- dist")
    (wheel,) = found
    run_alone(session, wheel)
    session.install(f"migration-guard[live,postgresql] @ {wheel.as_uri()}", *groups("tests"))
    # Without `backend` on the path, where the source stands.
    session.run("pytest", "-o", "pythonpath=.", "-q", *SMOKE)


SMOKE = ("tests/test_lint.py", "tests/report", "tests/live/test_stairway.py")


def build(session: nox.Session, folder: Path) -> None:
    """Build the wheel and the source archive into a folder, anew."""
    install(session, "build", "twine")
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(folder), silent=True)
    session.run("twine", "check", "--strict", *map(str, folder.iterdir()))


def run_alone(session: nox.Session, wheel: Path) -> None:
    """Install the wheel into an environment of its own, and run what reads."""
    alone = Path(session.virtualenv.location, "alone")  # `create_tmp` would lead the tests into this repository
    shutil.rmtree(alone, ignore_errors=True)
    session.run("python", "-m", "venv", str(alone))
    programs = alone / ("Scripts" if os.name == "nt" else "bin")
    session.run(str(programs / "python"), "-m", "pip", "install", "-q", str(wheel), external=True)
    version = re.search(r"-(\d[^-]*)-", wheel.name)
    session.log("installed %s alone", version[1] if version else wheel.name)
    for arguments in (["--version"], ["rules"], ["explain", "multiple-heads"], ["-C", str(HERE), "check"]):
        session.run(str(programs / "migration-guard"), *arguments, external=True)
