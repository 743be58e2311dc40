"""Stories from another station: their folders, copied from a USB stick or a synced folder."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import Arrival, read_folder
from kiosk.errors import DataFolderError, SaysoError, StoryDamaged, UsageError
from kiosk.stories.files import UNFINISHED, move_folder, sync_folder
from kiosk.stories.folder import STORY_ID, DataFolder, StoryFolder

#: Stories that are put into the archive in one transaction; a kill costs no more than looking at their folders again.
_AT_ONCE = 50
_CHUNK_BYTES = 1 << 20


@dataclass
class Imported:
    """What an import did.

    Attributes:
        new: Ids of stories that came in.
        here: Ids of stories that were here already.
        refused: Name of each folder that did not come in, and why. It is where it was.
    """

    new: list[str] = field(default_factory=list)
    here: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def story_folders_in(source: Path) -> list[Path]:
    """Return what may be stories in `source`: one story, a folder of them, or a data folder.

    Raises:
        UsageError: There is nothing of that kind.
    """
    if not source.is_dir():
        raise UsageError(f"{source} is not a folder. Name the folder that holds the stories, as /media/usb/stories.")
    if STORY_ID.fullmatch(source.name):
        return [source]
    below = source / "stories" if (source / "stories").is_dir() else source
    found = sorted(path for path in below.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not any(STORY_ID.fullmatch(path.name) for path in found):
        raise UsageError(
            f"There are no stories in {below}. Stories are folders with names such as station-000012-3fa2b1. "
            "A backup is brought back with 'sayso restore'."
        )
    return found


def import_stories(
    folder: DataFolder, archive: Archive, sources: list[Path], told: Callable[[str], None] = lambda _: None
) -> Imported:
    """Copy stories into the data folder and take them into the archive. After an interruption, run it again.

    Args:
        folder: Where to.
        archive: Its archive.
        sources: The stories' folders; nothing in them is changed.
        told: Called with each name that is done.

    Raises:
        DataFolderError: The disk is full or cannot be written. What came in until then is whole and stays.
    """
    imported = Imported()
    arrivals: list[Arrival] = []
    try:
        for source in sources:
            arrivals += _import_one(folder, archive, source, imported)
            if len(arrivals) >= _AT_ONCE:
                archive.stories.take_in(arrivals)
                arrivals.clear()
            told(source.name)
    finally:
        archive.stories.take_in(arrivals)
    return imported


def _import_one(folder: DataFolder, archive: Archive, source: Path, imported: Imported) -> Iterator[Arrival]:
    name = source.name
    try:
        arrival = _check(source)
        gone = archive.deleting.tombstone(name)
        if gone:
            raise StoryDamaged(
                f"It is gone for good ({gone.why}, {gone.gone_at:%-d %B %Y}) and does not come in again."
            )
        here = folder.story(name)
        if here.path.exists():
            if here.story().sha256 != arrival.facts.sha256:
                raise StoryDamaged("There is another story of this name here. Nothing was replaced.")
            imported.here.append(name)
            return
        _copy(source, here, arrival.facts.sha256)
    except SaysoError as error:
        if isinstance(error, DataFolderError):
            raise
        imported.refused[name] = str(error)
        return
    except OSError as error:
        imported.refused[name] = f"It cannot be read: {error.strerror}."
        return
    imported.new.append(name)
    yield arrival


def _check(source: Path) -> Arrival:
    if not STORY_ID.fullmatch(source.name):
        raise StoryDamaged("This is not a story's folder. Stories have names such as station-000012-3fa2b1.")
    if source.is_symlink():
        raise StoryDamaged("This is a link to another place, not a folder.")
    return read_folder(StoryFolder(source))


def _copy(source: Path, to: StoryFolder, sha256: str) -> None:
    """Copy one story aside, make sure that its recording is the one that was told, and rename it in."""
    aside = to.path.with_name(f".{to.id}{UNFINISHED}")
    try:
        # What an earlier run left when it was interrupted.
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
    except OSError as error:
        raise _not_written(to.path, error) from error
    for path in sorted(source.iterdir()):
        if path.is_symlink() or not path.is_file() or path.name.startswith("."):
            continue
        copied = _copy_file(path, aside / path.name)
        if path.name == to.audio.name and copied != sha256:
            shutil.rmtree(aside, ignore_errors=True)
            raise StoryDamaged("Its recording is damaged: it is not the one that the station kept. Copy it again.")
    try:
        sync_folder(aside)
        move_folder(aside, to.path)
    except OSError as error:
        raise _not_written(to.path, error) from error


def _copy_file(source: Path, to: Path) -> str:
    """Copy a file; durable on return. Return its SHA-256."""
    digest = hashlib.sha256()
    with source.open("rb") as read:
        try:
            with open(to, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as written:
                while chunk := read.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    written.write(chunk)
                written.flush()
                os.fsync(written.fileno())
        except OSError as error:
            raise _not_written(to, error) from error
    return digest.hexdigest()


def _not_written(path: Path, error: OSError) -> DataFolderError:
    return DataFolderError(
        f"Cannot write {path}: {error.strerror}. Make room on the disk, then run the same command again: "
        "what came in is whole and is not copied again."
    )
