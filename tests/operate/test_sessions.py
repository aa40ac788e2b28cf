"""Every command on the real database has a nox session, and its place in the documentation."""

from __future__ import annotations

import re

import pytest

from migration_guard.operate.commands import COMMANDS

from .project import ROOT


@pytest.mark.once
def test_every_command_has_a_session_of_its_name_or_one_that_says_so() -> None:
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")

    sessions = re.findall(r'^operating\("(\w+)"', text, re.MULTILINE)

    assert sorted(sessions) == sorted(COMMANDS)


@pytest.mark.once
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_stands_in_the_runbook_and_in_the_page_of_the_commands(command: str) -> None:
    for page in ("runbook.md", "db.md"):
        assert f"migration-guard db {command}" in (ROOT / "docs" / page).read_text(encoding="utf-8"), page
