"""`python -m migration_guard` is `migration-guard`."""

import gc
import sys


def run() -> int:
    """The exit code of the command of this process, where it does not end the process itself."""
    gc.disable()  # what is loaded stays: to look for garbage in it takes a tenth of a short run
    try:
        from .cli import main

        return main(leave=True)
    except KeyboardInterrupt:  # while the guard itself is loaded
        return 130


if __name__ == "__main__":
    sys.exit(run())
