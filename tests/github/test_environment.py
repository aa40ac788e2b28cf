import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from migration_guard.errors import UsageError
from migration_guard.github.environment import Environment, commands, environment_of, key_of
from migration_guard.github.inputs import Inputs
from migration_guard.github.install import _extra, _why, guard_of
from migration_guard.github.pythons import allows, python_of
from tests.acting import ROOT

PROJECT = '[project]\nname = "x"\nversion = "1"\n'


def written(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


@pytest.mark.parametrize(
    ("files", "tool", "folder"),
    [
        ({"uv.lock": "", "pyproject.toml": PROJECT}, "uv", "."),
        ({"poetry.lock": "", "pyproject.toml": "[tool.poetry]\n"}, "poetry", "."),
        ({"pyproject.toml": "[tool.poetry]\n"}, "poetry", "."),
        ({"pyproject.toml": "[tool.black]\n", "requirements.txt": "x"}, "pip", "."),
        ({"pyproject.toml": PROJECT}, "pip", "."),
        ({"setup.py": ""}, "pip", "."),
        ({}, "pip", "api"),
        ({"api/requirements.txt": "", "uv.lock": "", "pyproject.toml": PROJECT}, "pip", "api"),
        ({"uv.lock": "", "pyproject.toml": "[tool.uv.workspace]\n", "api/pyproject.toml": PROJECT}, "uv", "api"),
        ({"uv.lock": "", "pyproject.toml": PROJECT, "api/pyproject.toml": PROJECT}, "pip", "api"),
    ],
    ids=[
        "uv",
        "poetry",
        "poetry without a lock",
        "requirements beside settings of tools",
        "a package",
        "an old package",
        "nothing",
        "requirements of its own below another project",
        "a member of a workspace",
        "a project of its own below another",
    ],
)
def test_the_nearest_folder_that_says_how_decides(
    tmp_path: Path, files: dict[str, str], tool: str, folder: str
) -> None:
    (tmp_path / "api").mkdir()
    written(tmp_path, files)

    found = environment_of(tmp_path / "api", tmp_path, "auto")

    assert (found.tool, found.folder) == (tool, tmp_path / folder if folder != "." else tmp_path)


def test_requirements_and_package_are_installed_in_one_go_with_the_guard(tmp_path: Path) -> None:
    written(tmp_path, {"pyproject.toml": PROJECT, "requirements.txt": ""})
    found = environment_of(tmp_path, tmp_path)

    (command,) = commands(found, Path("py"), Path("tools"), ["guard[live]"], ["-c", "c.txt"])

    assert command[-6:] == ["requirements.txt", "-e", ".", "guard[live]", "-c", "c.txt"]


def test_a_lock_file_is_not_brought_up_to_date_and_the_guard_comes_afterwards(tmp_path: Path) -> None:
    written(tmp_path, {"pyproject.toml": PROJECT, "uv.lock": ""})

    made = list(commands(Environment("uv", tmp_path), Path("py"), Path("tools"), ["guard"], []))

    assert made[1][-2:] == ["--inexact", "--frozen"]
    assert made[2][-3:] == ["--python", "py", "guard"]


def test_a_tool_that_finds_nothing_of_its_own_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the input install is poetry"):
        environment_of(tmp_path, tmp_path, "poetry")


def test_a_tool_that_the_workflow_names_is_looked_for_up_to_the_top(tmp_path: Path) -> None:
    (tmp_path / "api").mkdir()
    written(tmp_path, {"api/pyproject.toml": PROJECT, "api/uv.lock": "", "requirements.txt": ""})

    assert environment_of(tmp_path / "api", tmp_path, "none").tool == "none"
    assert environment_of(tmp_path / "api", tmp_path, "pip") == Environment("pip", tmp_path / "api", package=True)
    (tmp_path / "api" / "uv.lock").unlink()
    assert environment_of(tmp_path / "api", tmp_path, "uv") == Environment("uv", tmp_path / "api")


def test_poetry_installs_into_the_environment_that_is_active_and_the_guard_comes_afterwards(tmp_path: Path) -> None:
    made = list(commands(Environment("poetry", tmp_path), Path("py"), Path("tools"), ["guard"], ["more"]))

    assert [command[2:4] for command in made] == [["pip", "install"], ["poetry", "install"], ["pip", "install"]]
    assert (made[1][0], made[2][0]) == ("tools", "py")
    assert made[2][-2:] == ["guard", "more"]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (Environment("uv", Path()), "by uv, as its lock file says"),
        (Environment("none", Path()), "the guard alone"),
        (Environment("pip", Path()), "by pip: nothing but what `requirements` asks for"),
        (Environment("pip", Path(), True, True), "by pip: requirements.txt and the project itself"),
    ],
)
def test_the_log_says_what_is_installed(how: Environment, says: str) -> None:
    assert how.says == says


@pytest.mark.parametrize(
    ("specifier", "version", "allowed"),
    [
        (">=3.10", "3.13", True),
        (">=3.10,<3.13", "3.13", False),
        (">=3.10, <3.13", "3.12", True),
        ("^3.11", "3.12", True),
        ("^3.11", "3.10", False),
        ("~=3.11", "3.13", True),
        ("~=3.11.0", "3.12", False),
        ("~3.11", "3.11", True),
        ("~3.11", "3.12", False),
        ("==3.12.*", "3.12", True),
        ("3.12", "3.11", False),
        (">=3.9,!=3.12", "3.12", False),
        ("<3.13.1", "3.13", True),
        ("<3.13.0", "3.13", False),
        ("<=3.12", "3.13", False),
        (">3.9", "3.10", True),
        ("^3.8 || ^3.12", "3.12", True),
        (">3.13.1", "3.13", True),
        (">3.13.1", "3.12", False),
        ("what", "3.12", True),
    ],
)
def test_requires_python_is_understood_as_far_as_minor_versions(specifier: str, version: str, allowed: bool) -> None:
    assert allows(specifier, version) is allowed


def test_the_python_is_asked_for_or_pinned_or_the_newest_that_is_allowed(tmp_path: Path) -> None:
    written(tmp_path, {"pyproject.toml": '[project]\nrequires-python = ">=3.10,<3.12"\n'})
    assert python_of(tmp_path, tmp_path) == "3.11"
    written(tmp_path, {".python-version": "3.12.4\n"})
    assert python_of(tmp_path, tmp_path) == "3.12.4"
    assert python_of(tmp_path, tmp_path, "3.10") == "3.10"


@pytest.mark.parametrize(
    ("specifier", "version"),
    [
        (">=3.10", "3.13"),
        (">=3.14", "3.14"),
        ("~=3.14", "3.14"),
        (">3.13", "3.14"),
        (">3.14.1", "3.14"),
        (">=3.15,<4", "3.15"),
        ("==3.14.*", "3.14"),
    ],
)
def test_a_project_for_later_versions_alone_gets_the_first_of_them(
    tmp_path: Path, specifier: str, version: str
) -> None:
    written(tmp_path, {"pyproject.toml": f'[project]\nrequires-python = "{specifier}"\n'})

    assert python_of(tmp_path, tmp_path) == version


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ('[project]\nrequires-python = "<3.10"\n', "<3.10"),
        ('[project]\nrequires-python = "==3.9.*"\n', "==3.9.*"),
        ('[tool.poetry.dependencies]\nx = {version = "1", extras = ["y"]}\npython = "~3.8"\n', "~3.8"),
    ],
)
def test_a_project_that_allows_no_version_of_the_guard_is_told_where_it_says_so(
    tmp_path: Path, text: str, specifier: str
) -> None:
    (tmp_path / "api" / "db").mkdir(parents=True)
    written(tmp_path, {"api/pyproject.toml": text})

    with pytest.raises(UsageError, match=re.escape(f"api/pyproject.toml requires Python {specifier!r}")):
        python_of(tmp_path / "api" / "db", tmp_path)
    assert python_of(tmp_path / "api" / "db", tmp_path, "3.12") == "3.12"


@pytest.mark.parametrize(
    "text",
    [
        '[tool.hatch.envs.old]\npython = "3.8"\n[project]\nrequires-python = ">=3.11,<3.13"\n',
        '[tool.poetry.dependencies]\nx = "1"\n\npython = ">=3.11,<3.13"\n[tool.hatch.envs.old]\npython = "3.8"\n',
        '[tool.mypy]\nx = 1\n[tool.poetry.dependencies] # of the app\npython = "^3.11,<3.13"\n',
    ],
)
def test_a_python_of_another_table_is_not_what_the_project_requires(tmp_path: Path, text: str) -> None:
    written(tmp_path, {"pyproject.toml": text})

    assert python_of(tmp_path, tmp_path) == "3.12"


def test_on_a_python_that_is_too_old_a_step_says_so_in_one_line() -> None:
    package = ROOT / "backend" / "migration_guard"
    for file in (package / "__init__.py", package / "github" / "__init__.py", package / "github" / "__main__.py"):
        ast.parse(file.read_text(), feature_version=(3, 6))  # what an old one reads before it can say anything
        assert "from __future__" not in file.read_text()  # `annotations` is an error in 3.6
    as_if = "import runpy, sys; "
    as_if += "sys.version_info = (3, 8, 18); runpy.run_module('migration_guard.github', None, '__main__')"

    done = subprocess.run(
        [sys.executable, "-c", as_if], cwd=ROOT / "backend", capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (2, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("::error title=migration-guard could not finish::the runner's python3 is Python 3.8")


def test_a_kept_environment_is_another_one_after_any_change_of_what_it_holds(tmp_path: Path) -> None:
    written(tmp_path, {"requirements.txt": "a", "models.py": "x"})
    found = environment_of(tmp_path, tmp_path)
    keys = [key_of(found, tmp_path, "1")]

    keys.append(key_of(found, tmp_path, "2"))
    written(tmp_path, {"requirements-dev.txt": "b"})
    keys.append(key_of(found, tmp_path, "1"))
    written(tmp_path, {"requirements.txt": "b"})
    keys.append(key_of(found, tmp_path, "1"))
    written(tmp_path, {"models.py": "y"})

    assert len(set(keys)) == 4
    assert key_of(found, tmp_path, "1") == keys[-1]


def test_the_guard_comes_with_what_the_databases_need(tmp_path: Path) -> None:
    assert guard_of(Inputs(), tmp_path) == f"{tmp_path}[live,postgresql]"
    assert guard_of(Inputs(databases="sqlite, postgresql://x"), tmp_path) == f"{tmp_path}[live]"
    assert guard_of(Inputs(part="check", version="1.2"), tmp_path) == "migration-guard==1.2"


def test_a_requirement_with_a_marker_is_one_argument_and_an_option_several() -> None:
    asked = "-r 'my requirements.txt'\nx>=1; python_version < '3.11'\n.[postgres]"

    assert _extra(Inputs(requirements=asked)) == [
        "-r",
        "my requirements.txt",
        "x>=1; python_version < '3.11'",
        "-e",
        ".[postgres]",
    ]


def test_the_project_with_extras_takes_the_place_of_the_project(tmp_path: Path) -> None:
    found = Environment("pip", tmp_path, requirements=True, package=True)

    (command,) = commands(found, Path("py"), Path("tools"), ["guard"], ["-e", ".[postgres]"])

    assert command[-5:] == ["-r", "requirements.txt", "guard", "-e", ".[postgres]"]


def test_the_lines_that_sound_like_a_failure_are_shown() -> None:
    assert _why("Collecting x\nERROR: No matching distribution found for x\n\nnotice: new pip") == (
        "ERROR: No matching distribution found for x"
    )
    assert _why("") == "it said nothing"
