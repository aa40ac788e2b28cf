"""The budgets of the operating side, measured: `nox -s bench -- operations`.

`python bench/operations.py [--only backup|transfer] [--size MB] [--rows N] [--rounds N] [--json FILE]`. Each part is a
program of its own beside this one, `backup.py` and `transfer.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PARTS = {"backup": ("size", "rounds"), "transfer": ("rows", "rounds")}  # with the options of each


def main() -> int:
    """1 where a part could not be measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=PARTS)
    options.add_argument("--json", type=Path, metavar="FILE")
    options.add_argument("--size", type=int, metavar="MB", help="of the database that is backed up")
    options.add_argument("--rows", type=int, metavar="N", help="of each table that is transferred")
    options.add_argument("--rounds", type=int, metavar="N")
    given = options.parse_args()
    lines: list[object] = []
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for part, known in PARTS.items():
            if given.only not in (None, part):
                continue
            print(f"# {part}", flush=True)
            program, file = HERE / f"{part}.py", Path(name) / f"{part}.json"
            asked = [f"--{each}={value}" for each in known if (value := getattr(given, each)) is not None]
            done = subprocess.run([sys.executable, str(program), *asked, "--json", str(file)], check=False)
            failed = failed or done.returncode != 0
            lines += json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    if given.json:
        given.json.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
