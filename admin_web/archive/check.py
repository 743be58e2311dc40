"""Whether the archive and the story folders are whole, and whether they agree."""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import read_arrival, shown
from admin_web.archive.records.accounts import Account
from admin_web.archive.records.flags import Flag
from admin_web.archive.records.labels import Tag
from admin_web.archive.records.permissions import PermissionChange
from admin_web.archive.records.quotes import Quote
from admin_web.archive.records.stories import StoryEntry, Tombstone
from admin_web.archive.records.texts import Redaction, Text, Version
from admin_web.archive.records.word_list import WordList
from kiosk.errors import ArchiveDamaged, ArchiveError, StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import STORY_ID

_RECORDS: dict[str, type[BaseModel]] = {
    "stories": StoryEntry,
    "texts": Text,
    "versions": Version,
    "accounts": Account,
    "flags": Flag,
    "quotes": Quote,
    "permission_changes": PermissionChange,
    "redactions": Redaction,
    "tombstones": Tombstone,
    "tags": Tag,
    "word_list": WordList,
}
_RESTORE = "Bring a backup back with 'sayso restore', or make the archive anew with 'sayso archive rebuild'."
_BACKUP = "Take it from a backup."
_COPY = "Copy it again from where it came from, or from a backup."
_NO_STORY = "Move it elsewhere: only stories belong there."


@dataclass(frozen=True)
class Finding:
    """Something that is not whole.

    Attributes:
        what: What is wrong, in a sentence.
        fix: What to do.
    """

    what: str
    fix: str


def open_or_say(folder: DataFolder) -> tuple[Archive | None, list[Finding]]:
    """Open the archive, or say why it cannot be opened."""
    try:
        return Archive(folder), []
    except ArchiveError as error:
        return None, [_about(error)]


def names_in(folder: DataFolder) -> list[str]:
    """Return the names of all that lies among the stories."""
    return sorted(name for name in os.listdir(folder.stories) if not name.startswith("."))


def check_archive(archive: Archive) -> Iterator[Finding]:
    """Look at every page and every document of the archive, its search index and its log."""
    for look in (_look_at_pages, _look_at_search, _look_at_documents, _look_at_log):
        try:
            yield from look(archive)
        except ArchiveError as error:
            yield _about(error)
        except sqlite3.Error as error:
            # Where SQLite's own notes of what tables there are is damaged, some are not there.
            yield Finding(f"The archive's file is damaged: {error}.", _RESTORE)


def _about(error: ArchiveError) -> Finding:
    return Finding(str(error), _RESTORE if isinstance(error, ArchiveDamaged) else "Then run this command again.")


def _look_at_pages(archive: Archive) -> Iterator[Finding]:
    faults = archive.integrity()
    if faults:
        yield Finding(f"The archive's file is damaged in {len(faults)} place(s), the first: {faults[0]}.", _RESTORE)


def _look_at_search(archive: Archive) -> Iterator[Finding]:
    if not archive.search.is_whole():
        yield Finding("The search index does not fit the words.", "Run 'sayso archive check --mend-search'.")


def _look_at_documents(archive: Archive) -> Iterator[Finding]:
    for name, kind in _RECORDS.items():
        damaged = archive.damaged_ids(name)
        for key in damaged:
            yield Finding(f"In {name}, {key} is not as it was written.", _RESTORE)
        for document in () if damaged else archive.documents_of(name):
            try:
                kind.model_validate(document)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                yield Finding(
                    f"In {name}, {document.doc_id} is not as Sayso writes it ({where}: {first['msg']}).", _RESTORE
                )


def _look_at_log(archive: Archive) -> Iterator[Finding]:
    for fault in archive.log.faults():
        yield Finding(fault, "Compare with a backup: somebody changed the archive by hand.")


def check_folders(folder: DataFolder, archive: Archive | None, told: Callable[[str], None]) -> Iterator[Finding]:
    """Look at every story's folder and compare it with its record; `archive` None if that cannot be opened.

    `told` is called with each name that is done. The site may be at work meanwhile.
    """
    # First the names: what comes in after that is in the records.
    names = names_in(folder)
    records = _records(archive) if archive else None
    for name in names:
        found = list(_look_at_folder(folder, records, name))
        # If it is not there any more, it was taken back while we looked.
        if os.path.lexists(folder.stories / name):
            yield from found
        told(name)
    for name in records.kept if records else ():
        if archive and not (folder.stories / name).exists() and archive.stories.is_known(name):
            yield Finding(f"The folder of {name} is missing.", _BACKUP)


@dataclass(frozen=True)
class _Records:
    """What the archive has of each story: the hash of its recording, or why it is gone for good."""

    kept: dict[str, str]
    gone: dict[str, str]


def _records(archive: Archive) -> _Records | None:
    """Return None where they cannot be read: that is told by `check_archive`."""
    try:
        return _Records(
            {str(each.doc_id): str(each.get("sha256", "")) for each in archive.documents_of("stories")},
            {str(each.doc_id): str(each.get("why", "")) for each in archive.documents_of("tombstones")},
        )
    except ArchiveError:
        return None


def _look_at_folder(folder: DataFolder, records: _Records | None, name: str) -> Iterator[Finding]:
    at = f"stories/{shown(name)}"
    if records and name in records.gone:
        yield Finding(
            f"{at} is gone for good ({records.gone[name]}), and its folder is there.", "Start the site: it removes it."
        )
        return
    try:
        sha256 = read_arrival(folder, name).facts.sha256
    except StoryDamaged as error:
        is_story = STORY_ID.fullmatch(name)
        fix = _COPY if is_story else _NO_STORY
        yield Finding(f"{at}: {error}", fix)
        return
    yield from _look_at_recording(folder.story(name).audio, sha256, at)
    if records and name not in records.kept:
        yield Finding(f"{at} is not in the archive yet.", "Start the site: it takes it in.")
    elif records and records.kept[name] not in ("", sha256):
        yield Finding(f"{at} is not the story that was taken in.", _BACKUP)


def _look_at_recording(path: Path, sha256: str, at: str) -> Iterator[Finding]:
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                yield Finding(f"{at}: the recording was changed or damaged.", _BACKUP)
    except FileNotFoundError:
        # It was deleted when its time was up: `read_arrival` would have said so if it was lost.
        return
    except OSError as error:
        yield Finding(f"{at}: the recording cannot be read ({error.strerror}).", f"{_BACKUP} The disk may be failing.")
