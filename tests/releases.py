"""The releases of PostgreSQL that this machine has: what is measured on one of them may differ on the next."""

from __future__ import annotations

from migration_guard.facts import OLDEST_POSTGRESQL
from migration_guard.live.postgresql.binaries import installs

RELEASES = sorted({install.major for install in installs() if int(install.major) >= OLDEST_POSTGRESQL})
