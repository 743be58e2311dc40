"""Whether the archive and the story folders are whole, and whether they agree."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import read_arrival
from admin_web.archive.records import Account, Flag, Quote, StoryEntry, Text, Tombstone
from kiosk.errors import ArchiveError, StoryDamaged
from kiosk.stories.folder import DataFolder

_RECORDS: dict[str, type[BaseModel]] = {
    "stories": StoryEntry,
    "texts": Text,
    "versions": Text,
    "accounts": Account,
    "flags": Flag,
    "quotes": Quote,
    "tombstones": Tombstone,
}
_RESTORE = "Bring a backup back with 'sayso restore', or make the archive anew with 'sayso archive rebuild'."


@dataclass(frozen=True)
class Finding:
    """Something that is not whole.

    Attributes:
        what: What is wrong, in a sentence.
        fix: What to do.
    """

    what: str
    fix: str


def check_archive(archive: Archive) -> Iterator[Finding]:
    """Look at every page and every document of the archive, its search index and its log."""
    for fault in archive.integrity():
        yield Finding(f"The archive's file is damaged: {fault}.", _RESTORE)
    if not archive.search.is_whole():
        yield Finding("The search index does not fit the words.", "Run 'sayso archive check --mend-search'.")
    for name, kind in _RECORDS.items():
        for document in archive.documents_of(name):
            try:
                kind.model_validate({"number": 0, **document})
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                yield Finding(
                    f"In {name}, {document.doc_id} is not as Sayso writes it ({where}: {first['msg']}).", _RESTORE
                )
    for fault in archive.log.faults():
        yield Finding(fault, "Compare with a backup: somebody changed the archive by hand.")


def check_folders(folder: DataFolder, archive: Archive | None, told: Callable[[str], None]) -> Iterator[Finding]:
    """Look at every story's folder and compare it with its record; `archive` None if that cannot be opened.

    `told` is called with each name that is done.
    """
    names = sorted(name for name in os.listdir(folder.stories) if not name.startswith("."))
    for name in names:
        try:
            arrival = read_arrival(folder, name)
        except StoryDamaged as error:
            yield Finding(f"stories/{name}: {error}", "Copy it again from where it came from, or from a backup.")
        else:
            audio = folder.story(name).audio
            if audio.exists() and _sha256(audio) != arrival.facts.sha256:
                yield Finding(f"stories/{name}: the recording was changed or damaged.", "Take it from a backup.")
            if archive:
                yield from _compare(archive, name, arrival.facts.sha256)
        told(name)
    if archive:
        for name in archive.stories.compare(names)[1]:
            yield Finding(f"The folder of {name} is missing.", "Take it from a backup.")


def _compare(archive: Archive, name: str, sha256: str) -> Iterator[Finding]:
    entry = archive.stories.get(name)
    gone = archive.deleting.tombstone(name)
    if gone:
        yield Finding(
            f"{name} is gone for good ({gone.why}) and its folder is there.", "Start the site: it removes it."
        )
    elif entry is None:
        yield Finding(f"{name} is not in the archive yet.", "Start the site: it takes it in.")
    elif entry.sha256 and entry.sha256 != sha256:
        yield Finding(f"{name} is not the recording that was taken in.", "Take it from a backup.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_or_say(folder: DataFolder) -> tuple[Archive | None, list[Finding]]:
    """Open the archive, or say why it cannot be opened."""
    try:
        return Archive(folder), []
    except ArchiveError as error:
        return None, [Finding(str(error), _RESTORE)]
