"""`python -m tests.durability.writer`: forks processes that change a data folder until they are killed.

Loading Python's modules takes ten times longer than such a process lives: the one that forks them has done it already.
"""

import argparse
import json
import os
import random
import signal
import socket
import sqlite3
from pathlib import Path

from tinydb import TinyDB

from admin_web.archive.database import Database
from kiosk.stories.folder import DataFolder
from tests.durability.state import json_notes
from tests.durability.steps import NOTE_STEPS, SCRIPT, Writer, tell


def _connect_unsynced(self: Database) -> sqlite3.Connection:
    connection = _connect(self)
    connection.execute("PRAGMA synchronous=OFF")
    return connection


_connect = Database._connect


def work(arguments: list[str]) -> None:
    """Be the writer that the arguments ask for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("stick", type=Path, help="a data folder elsewhere, from which stories are imported")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stopped", action="store_true", help="begin stopped, for a debugger to come")
    parser.add_argument("--script", action="store_true", help="do every step once and end")
    parser.add_argument("--careless", choices=["unsynced", "json"], help="break promises: what checks them must see it")
    asked = parser.parse_args(arguments)
    tell({"pid": os.getpid()})
    if asked.stopped:
        os.kill(os.getpid(), signal.SIGSTOP)
    if asked.careless == "unsynced":
        Database._connect = _connect_unsynced  # type: ignore[method-assign]
    folder, stick = DataFolder.open(asked.data), DataFolder.open(asked.stick)
    if asked.careless == "json":
        Writer(folder, stick, random.Random(asked.seed), TinyDB(json_notes(folder))).go_on(NOTE_STEPS)
    writer = Writer(folder, stick, random.Random(asked.seed))
    if asked.script:
        writer.play(SCRIPT)
        tell({"end": len(SCRIPT)})
    else:
        writer.go_on(sorted(set(SCRIPT), key=SCRIPT.index))


def main() -> None:
    """Fork a writer for each request on standard input: its arguments, its standard output and standard error."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(fileno=0) as requests:
        while True:
            request, streams, _, _ = socket.recv_fds(requests, 1 << 12, 2)
            if not request:
                return
            if not os.fork():
                for number, stream in enumerate(streams, 1):
                    os.dup2(stream, number)
                    os.close(stream)
                return work(json.loads(request))
            for stream in streams:
                os.close(stream)


if __name__ == "__main__":
    main()
