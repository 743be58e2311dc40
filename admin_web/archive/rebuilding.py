"""Making the archive anew from the story folders, and keeping the old one aside."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import Arrival, read_arrival, shown
from admin_web.archive.documents import sql_table
from admin_web.archive.records import Tombstone
from admin_web.archive.schema import FILE, OLD_FILE
from kiosk.errors import StoryDamaged
from kiosk.stories.files import sync_folder
from kiosk.stories.folder import DataFolder

#: Stories that are put into the archive in one transaction.
_AT_ONCE = 500
_SET_ASIDE = "set-aside-"


def rebuild(folder: DataFolder, told: Callable[[str], None] = lambda _: None) -> tuple[int, dict[str, str]]:
    """Set the archive aside, and make it anew. The caller holds the folder's "admin" lock.

    What is gone for good stays so, as far as the old archive can still be read.

    Args:
        folder: The data folder.
        told: Called with each name that is done.

    Returns:
        How many stories the archive holds, and why others were not taken in.

    Raises:
        OSError: The old archive cannot be moved.
        ArchiveError: The new one cannot be written.
    """
    aside = _set_aside(folder)
    with Archive(folder) as made:
        made.deleting.take_over(_tombstones(aside))
        refused = take_in_new(folder, made, told)
        return made.stories.count(), refused


def take_in_new(folder: DataFolder, archive: Archive, told: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Take in what is among the stories and not in the archive. Return why something was not, by name."""
    refused: dict[str, str] = {}
    new, _ = archive.stories.compare(name for name in os.listdir(folder.stories) if not name.startswith("."))
    for first in range(0, len(new), _AT_ONCE):
        arrivals = list[Arrival]()
        for name in new[first : first + _AT_ONCE]:
            try:
                arrivals.append(read_arrival(folder, name))
            except StoryDamaged as error:
                refused[shown(name)] = str(error)
            told(name)
        archive.stories.take_in(arrivals)
    return refused


def kept_aside(folder: DataFolder) -> list[Path]:
    """Return the archives that were set aside. They hold words, also of stories that were taken back since."""
    return sorted(folder.archive.glob(f"{_SET_ASIDE}*"))


def _set_aside(folder: DataFolder) -> Path:
    """Move the archive's files, so that nothing of them is lost; return where to."""
    aside = folder.archive / f"{_SET_ASIDE}{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    # The log first: it belongs to the file, and a new file beside it would take in what it holds.
    for name in (f"{FILE}-wal", f"{FILE}-shm", FILE, OLD_FILE):
        if (folder.archive / name).exists():
            aside.mkdir(mode=0o700, exist_ok=True)
            (folder.archive / name).rename(aside / name)
    sync_folder(folder.archive)
    return aside


def _tombstones(aside: Path) -> list[Tombstone]:
    """Return what can be read of an archive's tombstones."""
    path, found = aside / FILE, list[Tombstone]()
    if path.exists():
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_read_only(path)) as old:
            for (text,) in old.execute(f"SELECT doc FROM {sql_table('tombstones')}"):
                with contextlib.suppress(ValidationError):
                    found.append(Tombstone.model_validate_json(text))
    return found


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
