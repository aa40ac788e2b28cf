"""`python -m migration_guard.github PART`: a step of the action or of the reusable workflow; inputs are in GUARD_*."""

from __future__ import annotations

import os
import sys

from .steps import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
