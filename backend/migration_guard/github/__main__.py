"""`python -m migration_guard.github PART`: a step of the action or of the reusable workflow; inputs are in GUARD_*.

The first step runs on whatever `python3` the runner has, so this file and what it imports at the top is for Python 3.6.
"""

import os
import sys

if sys.version_info < (3, 10):  # noqa: UP036 - the runner's, before one is set up
    have = ".".join(map(str, sys.version_info[:2]))
    print(
        "::error title=migration-guard could not finish::"
        "the runner's python3 is Python " + have + ", and the guard runs on 3.10 and later"
        "%0ATry: put actions/setup-python before this step, or choose a newer runner",
        flush=True,
    )
    sys.exit(2)

from .steps import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
