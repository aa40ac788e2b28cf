"""A part of the application that a revision calls may use models and settings: they are told as what is behind it."""

from __future__ import annotations

from pathlib import Path

from migration_guard.config import load
from migration_guard.lint import check

from .samples import TODAY, project

CACHE = """
from app.models import Setting
from app.settings import settings


def clear_cache(session):
    if settings.CACHE_FOLDER:
        return
    session.execute(Setting.__table__.delete())
"""
REVISION = """
from alembic import op
from app.cache import clear_cache
from sqlalchemy.orm import Session

revision = "a1"
down_revision = None


def upgrade():
    clear_cache(Session(op.get_bind()))


def downgrade():
    pass
"""


def test_a_call_of_the_application_is_told_once_and_as_what_it_is(tmp_path: Path) -> None:
    root = project(tmp_path, {"a1.py": REVISION.encode()})
    (root / "app").mkdir(exist_ok=True)
    (root / "app" / "__init__.py").write_text("")
    (root / "alembic.ini").write_text("[alembic]\nscript_location = alembic\nprepend_sys_path = .\n")
    (root / "app" / "cache.py").write_text(CACHE)
    (root / "app" / "settings.py").write_text("class Settings:\n    CACHE_FOLDER = None\n\n\nsettings = Settings()\n")
    with (root / "app" / "models.py").open("a") as models:
        models.write("\n\nclass Setting(Base):\n    __tablename__ = 'setting'\n")

    report = check(root, load(root), today=TODAY)

    said = {finding.rule.id: finding.says for finding in report.findings}
    assert "unrepeatable-migration" not in said
    assert said["application-import"].startswith("What this line calls uses Setting")
