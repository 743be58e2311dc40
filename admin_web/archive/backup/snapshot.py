"""The archive as it was at one moment, in a file of its own on another disk."""

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from admin_web.archive.copying import Progress, private
from admin_web.archive.database import Database
from admin_web.archive.documents import sql_table
from kiosk.errors import ArchiveDamaged, ArchiveNotWritten


def take_snapshot(source: Path, copy: Path, progress: Progress) -> set[str]:
    """Copy the archive while others go on writing to it, and look whether the copy is whole.

    Args:
        source: The archive's file.
        copy: The new file; must not exist.
        progress: Told how far it is.

    Returns:
        The ids of the stories that have a tombstone in it.

    Raises:
        ArchiveError: The archive cannot be read.
        OSError: The copy cannot be written.
    """
    os.close(private(str(copy), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    with contextlib.closing(Database(source)) as database:
        ((page,),) = database.read("PRAGMA page_size")
        try:
            database.copy_to(copy, lambda _, left, pages: progress("Archive", (pages - left) * page, pages * page))
        except ArchiveNotWritten as error:
            name = getattr(error.__cause__, "sqlite_errorname", "")
            if "READ" in name:
                raise
            # Nothing but the copy is written to.
            number = errno.ENOSPC if name == "SQLITE_FULL" else errno.EIO
            raise OSError(number, os.strerror(number)) from error
    if fault := archive_fault(copy):
        raise ArchiveDamaged(f"The archive {source} is damaged ({fault}). 'sayso archive check' says what is whole.")
    return _tombstones(copy)


def archive_fault(path: Path) -> str | None:
    """Return what SQLite finds wrong with a file that nobody has open; None: it is whole."""
    try:
        with _alone(path) as connection:
            (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if told == "ok" else str(told)


def _tombstones(path: Path) -> set[str]:
    table = sql_table("tombstones")
    with _alone(path) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?", (table,)).fetchone():
            return set()
        return {str(story_id) for (story_id,) in connection.execute(f'SELECT id FROM "{table}"')}


def _alone(path: Path) -> "contextlib.closing[sqlite3.Connection]":
    """Open a file that nobody else has open: it is not changed, and no other file is made beside it."""
    return contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True))
