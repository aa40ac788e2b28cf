"""`python -m migration_guard` is `migration-guard`."""

import sys


def _run() -> int:
    try:
        from .cli import main

        return main()
    except KeyboardInterrupt:  # while the guard itself is loaded
        return 130


if __name__ == "__main__":
    sys.exit(_run())
