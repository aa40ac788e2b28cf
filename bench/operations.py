"""The budgets of the operating side, measured: `nox -s bench -- operations`.

`python bench/operations.py [--only backup|transfer] [--size MB] [--rounds N] [--json FILE]`. Each part is a program of
its own beside this one, `backup.py` and `transfer.py`; options that are not known here go to it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PARTS = ("backup", "transfer")


def main() -> int:
    """1 where a part could not be measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=PARTS)
    options.add_argument("--json", type=Path, metavar="FILE")
    given, rest = options.parse_known_args()
    lines: list[object] = []
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for part in PARTS:
            program, file = HERE / f"{part}.py", Path(name) / f"{part}.json"
            if given.only not in (None, part) or not program.exists():
                continue
            print(f"# {part}", flush=True)
            done = subprocess.run([sys.executable, str(program), *rest, "--json", str(file)], check=False)
            failed = failed or done.returncode != 0
            lines += json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    if given.json:
        given.json.write_text(json.dumps(lines, indent=2) + "\n", encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
