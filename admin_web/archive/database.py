"""The archive's SQLite file: connections and transactions.

SQLite's write-ahead log with `synchronous=FULL`: what was acknowledged survives a kill and a power cut (measured: none
of 50 cut ext4 file systems lost or broke anything). Two connections serve a process: one writes, the other reads, so
that nobody who reads waits until an SD card has synced. Several processes may have the file open.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from admin_web.archive.explaining import busy, explain, foreign, not_allowed
from kiosk.errors import ArchiveNotWritten

#: How long a writer waits for another one. The longest transaction of Sayso takes about a second on a slow card.
WAIT_S = 10.0
#: How long emptying the log waits for those who read from it (a backup may read for minutes): nobody writes meanwhile.
_READERS_WAIT_S = 1.0
#: Pages that a connection keeps in memory, in KiB: enough for the upper levels of every index.
_CACHE_KIB = 2000
#: The log is copied into the file when it has this many pages (SQLite's own default, 4 MB).
_CHECKPOINT_PAGES = 1000
#: How often to ask again for what SQLite itself does not wait for.
_AGAIN_S = 0.01
#: What SQLite says when a file cannot be written, as against read.
_NOT_WRITTEN = ("SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC")
#: Marks the file as ours in its header (SQLite, "PRAGMA application_id"): "Says" in ASCII.
APPLICATION_ID = 0x53617973

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
        with self._explained(), contextlib.ExitStack() as opened:
            self._writer = opened.enter_context(contextlib.closing(self._connect()))
            self._set_up(self._writer)
            self._reader = opened.enter_context(contextlib.closing(self._connect()))
            self._reader.execute("PRAGMA query_only=ON")
            opened.pop_all()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._wait_s, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.executescript(
                f"PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-{_CACHE_KIB}; "
                f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}"
            )
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        # At one moment: somebody else may just be making the file.
        connection.execute("BEGIN")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        connection.execute("COMMIT")
        if application != APPLICATION_ID:
            if application or tables:
                raise foreign(self.path)
            _make_private(self.path)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        if self._with_log(connection) != "wal":
            raise ArchiveNotWritten(
                f"The archive {self.path} lies on a disk that SQLite's write-ahead log does not work on "
                "(a network share?). Move the data folder to a disk of this machine."
            )

    def _with_log(self, connection: sqlite3.Connection) -> str:
        until = time.monotonic() + self._wait_s
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
                return str(mode)
            except sqlite3.OperationalError as error:
                # Two who make the file at once: SQLite waits for nobody here.
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                    raise
                time.sleep(_AGAIN_S)

    def close(self) -> None:
        """Close the file; what was committed is safe whether or not this is called."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is within a transaction."""
        return self._writing_thread == threading.get_ident()

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
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise explain(error, self.path, self._wait_s) from error

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement that gives no rows; durable on return, or part of this thread's transaction.

        Raises:
            ArchiveBusy: Another writer did not end in time.
            ArchiveNotWritten: The disk is full or may not be written; nothing is changed.
            ArchiveDamaged: The file is damaged.
        """
        with self._writing(), self._explained():
            return self._execute(sql, parameters)

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
                self._execute(begin)
            self._depth += 1
            self._writing_thread = threading.get_ident()
            try:
                yield
                with self._explained():
                    self._execute(end)
            except BaseException:
                # SQLite may have rolled back by itself (disk full): then there is nothing to undo.
                if self._writer.in_transaction:
                    with self._explained():
                        for statement in undo:
                            self._writer.execute(statement)
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._writing_thread = None

    def _execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        if self._depth and not self._writer.in_transaction:
            # Somebody caught the error and goes on: what follows would be kept without what was before.
            raise ArchiveNotWritten(f"A change of {self.path} failed before, and all of its transaction was undone.")
        return self._writer.execute(sql, parameters)

    def empty_log(self) -> bool:
        """Copy the write-ahead log into the file and cut it to nothing; False if somebody is just reading from it."""
        with self._writing(), self._explained():
            self._writer.execute(f"PRAGMA busy_timeout={1000 * min(self._wait_s, _READERS_WAIT_S):.0f}")
            try:
                (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._writer.execute(f"PRAGMA busy_timeout={1000 * self._wait_s:.0f}")
            return not busy

    def rewrite(self) -> None:
        """Write the whole file anew, so that nothing of what was deleted is left between what is there.

        SQLite makes a second file meanwhile, by itself in the system's folder for such files: what people said has no
        place there. Raises as `write` does.
        """
        with self._writing(), self._explained():
            self._writer.execute("PRAGMA temp_store_directory='{}'".format(str(self.path.parent).replace("'", "''")))
            self._writer.execute("VACUUM")

    def copy_to(self, path: Path, progress: Any = None, *, pages: int = 1000) -> None:
        """Copy the file as it is at one moment, while others go on reading and writing (SQLite's backup API).

        Args:
            path: The copy; must not exist, or be empty.
            progress: Called with (status, pages left, pages in all) after every `pages`.
            pages: How many pages to copy between two calls.

        Raises:
            ArchiveNotWritten: The copy cannot be written.
            ArchiveError: The archive cannot be read.
        """
        _make_private(path)
        with (
            self._explained(path),
            contextlib.closing(self._connect()) as source,
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as copy,
        ):
            # Sticks and shares may have no memory that processes share, which the log would want.
            copy.execute("PRAGMA locking_mode=EXCLUSIVE")
            # One read transaction: without it every writer would make the copy begin again.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            source.backup(copy, pages=pages, progress=progress)
            # A file by itself, without a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        if not self._write_lock.acquire(timeout=self._wait_s):
            raise busy(self.path, self._wait_s, f"this process ({os.getpid()})")
        try:
            yield
        finally:
            self._write_lock.release()

    @contextlib.contextmanager
    def _explained(self, copy: Path | None = None) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            # Of two files it is the copy, if something cannot be written.
            written = copy and getattr(error, "sqlite_errorname", "").startswith(_NOT_WRITTEN)
            raise explain(error, copy if copy and written else self.path, self._wait_s) from error


def _make_private(path: Path) -> None:
    """Make a file, unless it is there, that is for the station's own account alone: what people said is in it."""
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as error:
        raise not_allowed(path, error) from error
