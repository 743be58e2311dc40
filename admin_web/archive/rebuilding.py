"""Making the archive anew from the story folders, and keeping the old one aside."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import Arrival, read_arrival, shown
from admin_web.archive.documents import sql_table
from admin_web.archive.records.accounts import Account
from admin_web.archive.records.stories import StoryEntry, Tombstone
from admin_web.archive.restrictions import restrictions_of
from admin_web.archive.schema import FILE, OLD_FILE
from admin_web.archive.storage import checksum
from kiosk.errors import StoryDamaged
from kiosk.stories.files import sync_folder
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Restrictions

_R = TypeVar("_R", bound=BaseModel)
#: Stories that are put into the archive in one transaction.
_AT_ONCE = 500
_SET_ASIDE = "set-aside-"


def rebuild(folder: DataFolder, told: Callable[[str], None] = lambda _: None) -> tuple[int, dict[str, str]]:
    """Set the archive aside, and make it anew. The caller holds the folder's "admin" lock.

    As far as the old archive can still be read, what is gone for good stays so, people sign in as before, and the last
    that was decided on stories holds. Otherwise what lies in their folders says what holds (`restrictions.json`): no
    story is more open than it was.

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
        made.deleting.take_over(_readable(aside, "tombstones", Tombstone))
        made.people.take_over(_readable(aside, "accounts", Account))
        decided = {each.id: restrictions_of(each) for each in _readable(aside, "stories", StoryEntry)}
        refused = take_in_new(folder, made, told, decided)
        return len(made.stories.ids()), refused


def take_in_new(
    folder: DataFolder,
    archive: Archive,
    told: Callable[[str], None] = lambda _: None,
    decided: Mapping[str, Restrictions | None] = MappingProxyType({}),
) -> dict[str, str]:
    """Take in what is among the stories and not in the archive. Return why something was not, by name.

    Args:
        folder: The data folder.
        archive: Its archive.
        told: Called with each name that is done.
        decided: What is known to have been decided on stories last, where their folders may not say it yet.
    """
    refused: dict[str, str] = {}
    new, _ = archive.stories.compare(name for name in os.listdir(folder.stories) if not name.startswith("."))
    for first in range(0, len(new), _AT_ONCE):
        arrivals = list[Arrival]()
        for name in new[first : first + _AT_ONCE]:
            try:
                arrival = read_arrival(folder, name)
                arrivals.append(replace(arrival, restrictions=decided.get(name, arrival.restrictions)))
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


def _readable(aside: Path, table: str, kind: type[_R]) -> Iterator[_R]:
    """Go through what can be read of a table of an archive."""
    path = aside / FILE
    if path.exists():
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_read_only(path)) as old:
            for key, text, crc in old.execute(f"SELECT id, doc, crc FROM {sql_table(table)}"):
                with contextlib.suppress(ValidationError):
                    if checksum(key, text) == crc:
                        yield kind.model_validate_json(text)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
