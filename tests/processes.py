"""The processes of this machine, for tests that look for what a run leaves behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def processes() -> Iterator[tuple[int, int, str]]:
    """Each process: its id, its parent's, and its arguments; a small machine has /proc, but not `ps`."""
    if not (PROC / "self" / "stat").exists():
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            pid, parent, *arguments = line.split(maxsplit=2)
            yield int(pid), int(parent), "".join(arguments)
        return
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                # proc(5): the name of the program stands in brackets, and may hold any sign
                parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
                arguments = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:  # it ended meanwhile
                continue
            yield int(folder.name), int(parent), arguments
