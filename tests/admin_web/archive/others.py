"""Other processes that use an archive. Python starts once, and forks one process for each that a test asks for.

The test writes JSON lines to it and reads JSON lines from it; the first line says what it is to do.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tinydb.operations import increment
from tinydb.table import Document

from admin_web.archive.documents import Documents
from kiosk.errors import ArchiveError

#: An account without rights.
NOBODY = 65534


class Channel:
    """Lines of JSON, to and fro."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r", encoding="utf-8")

    def tell(self, message: Any) -> None:
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def hear(self) -> Any:
        """Return the next line; None when the other side has ended."""
        line = self._lines.readline()
        return json.loads(line) if line.endswith("\n") else None

    def close(self) -> None:
        self._lines.close()
        self._connection.close()


class Other(Channel):
    """Another process, as a test sees it."""

    def __init__(self, address: str, what: str, *args: Any) -> None:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
        super().__init__(connection)
        self.tell([what, *args])
        self.pid: int = self.hear()

    def kill(self) -> list[Any]:
        """Kill it, and return what it had still told."""
        os.kill(self.pid, signal.SIGKILL)
        return self.end()

    def end(self) -> list[Any]:
        """Wait for its end, and return what it had still told."""
        told = [*iter(self.hear, None)]
        self.close()
        return told


def serve(address: str) -> None:
    """Fork a process for each connection, until standard input ends."""
    # What has ended is not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    print("listening", flush=True)
    while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            # Whatever happens, it ends here. The test may have ended before.
            with contextlib.suppress(OSError):
                _do(Channel(connection))
            os._exit(0)
        connection.close()


def _do(channel: Channel) -> None:
    what, *args = channel.hear()
    channel.tell(os.getpid())
    try:
        globals()[what](channel, *args)
    except BaseException as error:
        channel.tell(f"{type(error).__name__}: {error}")


# What they do.


def hold(channel: Channel, path: str) -> None:
    """Hold the write lock, having inserted a document, until told to keep or to undo it."""
    with Documents(path) as documents:
        try:
            with documents.transaction():
                documents.insert({"by": "hold"})
                channel.tell("holding")
                if channel.hear() != "keep":
                    raise InterruptedError
        except InterruptedError:
            pass
    channel.tell("let go")


def insert(channel: Channel, path: str, count: int) -> None:
    """Say that it is ready; when told, open the archive, insert documents and count in a shared one."""
    channel.tell("ready")
    channel.hear()
    with Documents(path) as documents:
        for number in range(count):
            documents.insert({"by": os.getpid(), "number": number})
            with documents.transaction():
                if not documents.table("counter").update(increment("count")):
                    documents.table("counter").insert({"count": 1})


def obey(channel: Channel, path: str) -> None:
    """Do to the archive what each line says, and tell the answer."""
    with Documents(path) as documents:
        while order := channel.hear():
            table, verb, *args = order
            channel.tell(getattr(documents.table(table), verb)(*args))


def tell_pairs(channel: Channel, path: str) -> None:
    """Insert two documents that belong together and change a third, again and again, telling each that is kept."""
    documents = Documents(path)
    number = 0
    while True:
        number += 1
        with documents.transaction():
            documents.insert_multiple([{"number": number, "text": "x" * (number * 37 % 3000)}, {"number": number}])
            documents.table("last").upsert(Document({"number": number}, doc_id=1))
        channel.tell(number)


def try_as_nobody(channel: Channel, path: str) -> None:
    """Open, read and write the archive without any right of root's, telling what comes of each."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    documents = _tried(channel, lambda: Documents(path))
    if documents:
        _tried(channel, lambda: [dict(document) for document in documents])
        _tried(channel, lambda: documents.insert({"by": "nobody"}))


def write_with_little_room(channel: Channel, path: str, room: int) -> None:
    """Let no file grow beyond `room` bytes, and write until that tears a write; then write on without the limit."""
    with Documents(path) as documents:
        before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))
        kept = 0
        try:
            while True:
                documents.insert_multiple({"number": number, "text": "x" * 900} for number in range(kept, kept + 3))
                kept += 3
        except ArchiveError as error:
            channel.tell([kept, type(error).__name__, str(error)])
        channel.tell(len(documents))
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
        documents.insert({"number": kept})
        channel.tell(len(documents))


def _tried(channel: Channel, action: Any) -> Any:
    try:
        answer = action()
    except ArchiveError as error:
        channel.tell([type(error).__name__, str(error)])
        return None
    channel.tell(answer if isinstance(answer, list | int) else "done")
    return answer


class Others:
    """Starts other processes."""

    def __init__(self, folder: Path) -> None:
        self._address = str(folder / "others")
        self._started: list[Other] = []
        self._server = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import serve; serve({self._address!r})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._server.stdout and self._server.stdout.readline() == b"listening\n"

    def start(self, what: Any, *args: Any) -> Other:
        """Let a new process do `what`, a function of this module."""
        other = Other(self._address, what.__name__, *map(_plain, args))
        self._started.append(other)
        return other

    def end_all(self) -> None:
        """End what a failed test has left."""
        for other in self._started:
            other.close()
        self._started.clear()

    def __enter__(self) -> "Others":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.communicate()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
