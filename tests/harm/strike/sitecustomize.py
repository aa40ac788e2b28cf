"""Kills its process group before the N-th SQL statement or change of a file, counted over all processes of a run.

Python loads this by its name from the path. HARM_COUNT names the file that counts, with a line for each; HARM_AT is N,
and without it nothing is killed.
"""

import os
import signal
import sqlite3
import sys

COUNT = os.environ.get("HARM_COUNT", "")
AT = int(os.environ.get("HARM_AT", "0"))
FOLDER = os.environ.get("HARM_FOLDER", "")
CHANGES = {"os.rename", "os.remove", "os.link", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod"}
_connect = sqlite3.connect


def counted(what):
    file = os.open(COUNT, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    line = what.replace("\n", " ")[:90]
    os.write(file, (line + "\n").encode(errors="replace"))
    number = os.pread(file, 1 << 24, 0).count(b"\n")
    os.close(file)
    if number == AT:
        os.killpg(0, signal.SIGKILL)


def connect(*arguments, **options):
    made = _connect(*arguments, **options)
    if FOLDER in os.path.abspath(str(arguments[0]).removeprefix("file:")):  # noqa: PTH100 - others are scratch databases
        made.set_trace_callback(counted)
    return made


def audited(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if event not in CHANGES and not writes:
        return
    name = arguments[0]
    path = os.path.abspath(os.fsdecode(name)) if isinstance(name, (str, bytes, os.PathLike)) else ""  # noqa: PTH100
    if path.startswith(FOLDER) and path != COUNT and "__pycache__" not in path:
        counted(f"{event} {path.rpartition(os.sep)[2]}")


if COUNT:
    sqlite3.connect = sqlite3.dbapi2.connect = connect
    sys.addaudithook(audited)
