"""The archive's SQLite file: connections, transactions, and what to tell a person when something is wrong with it.

SQLite's write-ahead log with `synchronous=FULL`: what was acknowledged survives a kill and a power cut (measured: none
of 50 cut ext4 file systems lost or broke anything). Two connections serve a process: one writes, the other reads, so
that nobody who reads waits until an SD card has synced. Several processes may have the file open.
"""

import contextlib
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kiosk.errors import ArchiveBusy, ArchiveDamaged, ArchiveError, ArchiveNotWritten

#: How long a writer waits for another one. The longest transaction of Sayso takes about a second on a slow card.
WAIT_S = 10.0
#: Pages that a connection keeps in memory, in KiB: enough for the upper levels of every index.
_CACHE_KIB = 2000
#: The log is copied into the file when it has this many pages (SQLite's own default, 4 MB).
_CHECKPOINT_PAGES = 1000
#: Marks the file as ours in its header (SQLite, "PRAGMA application_id"): "Says" in ASCII.
APPLICATION_ID = 0x53617973
#: SQLite's lock of the one who writes to the log: this byte of the "-shm" file (SQLite, "WAL-mode File Format", 2.2).
_WRITE_LOCK_BYTE = 120
#: A line of /proc/locks that tells a lock somebody holds (one who waits has "->" in it).
_LOCK = re.compile(r"^\d+: POSIX +\S+ +WRITE (?P<pid>\d+) \S+:(?P<inode>\d+) (?P<first>\d+) (?P<last>\d+)$")

_MEND = (
    "Sayso has not changed it. 'sayso archive check' says what is whole; "
    "'sayso restore' brings a backup back, and 'sayso archive rebuild' makes the archive anew from the story folders."
)

Row = tuple[Any, ...]


class Database:
    """An SQLite file that several threads and processes use at once."""

    def __init__(self, path: Path, *, wait_s: float = WAIT_S) -> None:
        """Open the file, or make it.

        Args:
            path: The file; its folder exists.
            wait_s: How long to wait for another writer.

        Raises:
            ArchiveDamaged: It is no SQLite file, another program's, or damaged where every opening looks.
            ArchiveNotWritten: The folder or file may not be written, or the disk is full.
            ArchiveBusy: Another process held it for `wait_s`.
        """
        self.path = path
        self._wait_s = wait_s
        self._write_lock, self._read_lock = threading.RLock(), threading.Lock()
        self._writing_thread: int | None = None
        self._depth = 0
        with self._explained():
            self._writer = self._connect()
            try:
                self._set_up(self._writer)
                self._reader = self._connect()
            except BaseException:
                self._writer.close()
                raise
            self._reader.execute("PRAGMA query_only=ON")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._wait_s, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.executescript(
            f"PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-{_CACHE_KIB}; "
            f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}"
        )
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID:
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if application or tables:
                raise ArchiveDamaged(f"{self.path} is not an archive of Sayso, but another program's. {_MEND}")
            # What people said is in this file: it is for the station's own account alone.
            self.path.chmod(0o600)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise ArchiveNotWritten(
                f"The archive {self.path} lies on a disk that SQLite's write-ahead log does not work on "
                "(a network share?). Move the data folder to a disk of this machine."
            )

    def close(self) -> None:
        """Close the file; what was committed is safe whether or not this is called."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a SELECT. Inside a transaction of this thread it sees that transaction's changes.

        Raises:
            ArchiveError: The file cannot be read.
        """
        # Not by `_explained`: this is the one call that is made so often that a context manager shows.
        try:
            if self._writing_thread == threading.get_ident():
                return self._writer.execute(sql, parameters).fetchall()
            with self._read_lock:
                return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise explain(error, self.path, self._wait_s) from error

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement; durable on return, or part of this thread's transaction. Its rows, if any, are fetched.

        Raises:
            ArchiveBusy: Another writer did not end in time.
            ArchiveNotWritten: The disk is full or may not be written; nothing is changed.
            ArchiveDamaged: The file is damaged.
        """
        with self._writing(), self._explained():
            return self._writer.execute(sql, parameters)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes of this thread inside the block, or none of them; durable when the block ends.

        A transaction within one is undone alone when it fails, and kept only with the outer one.
        Raises as `write` does.
        """
        with self._writing():
            name = f"nested_{self._depth}"
            if self._depth == 0:
                begin, end, undo = "BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]
            else:
                begin, end, undo = f"SAVEPOINT {name}", f"RELEASE {name}", [f"ROLLBACK TO {name}", f"RELEASE {name}"]
            with self._explained():
                self._writer.execute(begin)
            self._depth += 1
            self._writing_thread = threading.get_ident()
            try:
                yield
                with self._explained():
                    self._writer.execute(end)
            except BaseException:
                # SQLite may have rolled back by itself (disk full): then there is nothing to undo.
                if self._writer.in_transaction:
                    for statement in undo:
                        self._writer.execute(statement)
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._writing_thread = None

    def empty_log(self) -> bool:
        """Copy the write-ahead log into the file and cut it to nothing; False if somebody is just reading from it."""
        with self._writing(), self._explained():
            (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

    def copy_to(self, path: Path, progress: Any = None, *, pages: int = 1000) -> None:
        """Copy the file as it is at one moment, while others go on reading and writing (SQLite's backup API).

        Args:
            path: The copy; must not exist.
            progress: Called with (status, pages left, pages in all) after every `pages`.
            pages: How many pages to copy between two calls.
        """
        with (
            self._explained(),
            contextlib.closing(self._connect()) as source,
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy,
        ):
            # One read transaction: without it every writer would make the copy begin again.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            source.backup(copy, pages=pages, progress=progress)
            # A file by itself, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        if not self._write_lock.acquire(timeout=self._wait_s):
            raise ArchiveBusy(_busy(self.path, self._wait_s, f"this process ({os.getpid()})"))
        try:
            yield
        finally:
            self._write_lock.release()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.path, self._wait_s) from error


def explain(error: sqlite3.Error, path: Path, wait_s: float = WAIT_S) -> ArchiveError | sqlite3.Error:
    """Return what to raise for SQLite's error: a message for a person, or the error itself if it is our mistake."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ArchiveBusy(_busy(path, wait_s, _holder(path)))
    if name.startswith("SQLITE_FULL"):
        return ArchiveNotWritten(
            f"The disk of {path} is full; nothing of this change was kept. "
            "Copy stories elsewhere and delete what is no longer needed, then try again."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return ArchiveNotWritten(
            f"The archive {path} cannot be opened for writing ({error}). "
            f"Give the account that runs Sayso the right to read and write {path.parent} and all in it."
        )
    if name.startswith("SQLITE_IOERR"):
        return ArchiveNotWritten(
            f"The disk of {path} reports an error ({name}); nothing of this change was kept. "
            "Make a backup now ('sayso backup TO'), and replace the disk if it comes again."
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")):
        return ArchiveDamaged(f"The archive {path} is damaged ({error}). {_MEND}")
    return error


def _busy(path: Path, wait_s: float, holder: str) -> str:
    return (
        f"The archive {path} is being written by {holder}, and was so for {wait_s:.0f} s. "
        "Try again in a moment; if it stays so, stop that process."
    )


def _holder(path: Path) -> str:
    """Return who writes to the file, from the kernel's list of locks (proc(5), /proc/locks)."""
    # Never by opening the file: closing it again would drop every lock that this process has on it (fcntl(2)).
    with contextlib.suppress(OSError, ValueError):
        inode = path.with_name(f"{path.name}-shm").stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            held = _LOCK.search(line)
            if held and int(held["inode"]) == inode and int(held["first"]) <= _WRITE_LOCK_BYTE <= int(held["last"]):
                command = (
                    Path(f"/proc/{held['pid']}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                return f"process {held['pid']} ({command.strip()})"
    return "another process"
