"""Run a program and put what it says on the job's summary page: `python -m maintenance.told TITLE PROGRAM ...`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from . import page

LONGEST = 60_000  # characters of a program on the page, which takes 1 MiB in all; the end says how it went


def told(title: str, command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command, print its output as it comes, write it on the page; its exit code, 127 where there is none."""
    said = []
    try:
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as running:
            for line in running.stdout or ():
                print(line, end="", flush=True)
                said.append(line)
        code = running.returncode
    except OSError as error:
        said.append(f"{command[0]}: {error.strerror}\n")
        print(said[-1], end="", file=sys.stderr)
        code = 127
    text = "".join(said)
    if len(text) > LONGEST:
        text = f"... {len(text) - LONGEST} characters before this stand in the log of the job\n{text[-LONGEST:]}"
    verdict = "ended well" if code == 0 else f"exit code {code}: somebody has to look"
    page.write(f"### {title}: {verdict}\n\n{page.block(text)}", environment)
    return code


if __name__ == "__main__":
    sys.exit(told(sys.argv[1], sys.argv[2:], os.environ))
