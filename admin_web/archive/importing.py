"""Stories from another station: their folders, copied from a USB stick or a synced folder."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import Arrival, read_folder, shown
from admin_web.archive.copying import ReadFailed, pour, private
from kiosk.errors import AlreadyRunning, DataFolderError, StoryDamaged, UsageError
from kiosk.stories.files import UNFINISHED, move_folder, sync_folder
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import MADE, STORY_ID, StoryFolder

#: Stories that are put into the archive in one transaction; a kill costs no more than looking at their folders again.
_AT_ONCE = 50


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
    source = source.resolve()
    try:
        if not source.is_dir():
            raise UsageError(f"{source} is no folder. Name the folder that holds the stories, as /media/usb/stories.")
        if STORY_ID.fullmatch(source.name):
            return [source]
        below = source / "stories" if (source / "stories").is_dir() else source
        found = sorted(path for path in below.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise UsageError(
            f"{source} cannot be read: {error.strerror}. See whether the stick is still plugged in."
        ) from error
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
        AlreadyRunning: Another import into this data folder is at work.
        DataFolderError: The disk is full or cannot be written. What came in until then is whole and stays.
        ArchiveError: The archive cannot be written. The site takes in what is there when it can, or the next run.
    """
    imported, arrivals = Imported(), list[Arrival]()
    with folder.lock("import"):
        _clear(folder)
        try:
            for source in sources:
                arrival = _import_one(folder, archive, source, imported)
                arrivals += [arrival] if arrival else []
                if len(arrivals) >= _AT_ONCE:
                    archive.stories.take_in(arrivals)
                    arrivals.clear()
                told(source.name)
        finally:
            archive.stories.take_in(arrivals)
    return imported


def clear_interrupted(folder: DataFolder) -> None:
    """Remove what an interrupted import has left half-copied, unless one is at work just now.

    Raises:
        OSError: It cannot be removed.
    """
    with contextlib.suppress(AlreadyRunning), folder.lock("import"):
        _clear(folder)


def _clear(folder: DataFolder) -> None:
    for path in folder.stories.glob(f".*{UNFINISHED}"):
        if STORY_ID.fullmatch(path.name.removeprefix(".").removesuffix(UNFINISHED)):
            shutil.rmtree(path)


def _import_one(folder: DataFolder, archive: Archive, source: Path, imported: Imported) -> Arrival | None:
    """Bring in one story, and return what is to be put into the archive; None if it is refused."""
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
            arrival = _same(here, arrival)
            imported.here.append(name)
        else:
            _copy(source, here, arrival.facts.sha256)
            imported.new.append(name)
    except StoryDamaged as error:
        imported.refused[shown(name)] = str(error)
        return None
    return arrival


def _check(source: Path) -> Arrival:
    if not STORY_ID.fullmatch(source.name):
        raise StoryDamaged("This is not a story's folder. Stories have names such as station-000012-3fa2b1.")
    if source.is_symlink():
        raise StoryDamaged("This is a link to another place, not a folder.")
    arrival = read_folder(StoryFolder(source))
    for path in (source / "story.json", StoryFolder(source).audio):
        if path.is_symlink():
            raise StoryDamaged(f"Its {path.name} is a link to another place, not a file.")
    return arrival


def _same(here: StoryFolder, arrival: Arrival) -> Arrival:
    """Return the story as it is here.

    Raises:
        StoryDamaged: It is damaged here, or another one.
    """
    try:
        known = read_folder(here)
    except StoryDamaged as error:
        raise StoryDamaged(
            f"There is one of this name here, and it is damaged ({error}). Nothing was replaced. "
            "Move that folder away, then run the same command again."
        ) from error
    if known.facts.sha256 != arrival.facts.sha256:
        raise StoryDamaged("There is another story of this name here. Nothing was replaced.")
    return known


def _copy(source: Path, to: StoryFolder, sha256: str) -> None:
    """Copy one story aside, make sure that its recording is the one that was told, and rename it in.

    Raises:
        StoryDamaged: It cannot be read, or its recording is another one.
        DataFolderError: It cannot be written.
    """
    aside = to.path.with_name(f".{to.id}{UNFINISHED}")
    with _read(source):
        files = sorted(path for path in source.iterdir() if _is_of_a_story(path))
    try:
        aside.mkdir(mode=0o700)
        for path in files:
            if _copy_file(path, aside / path.name) != sha256 and path.name == to.audio.name:
                raise StoryDamaged("Its recording is damaged: it is not the one that the station kept. Copy it again.")
        sync_folder(aside)
        move_folder(aside, to.path)
    except OSError as error:
        raise DataFolderError(
            f"Cannot write {to.path}: {error.strerror}. Make room on the disk, then run the same command again: "
            "what came in is whole and is not copied again."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _is_of_a_story(path: Path) -> bool:
    # What another site reckoned from the recording is reckoned here again.
    return path.is_file() and not path.is_symlink() and not path.name.startswith(".") and path.name not in MADE


def _copy_file(source: Path, to: Path) -> str:
    """Copy a file; durable on return. Return its SHA-256. Raises as `_copy` does, and OSError."""
    with contextlib.ExitStack() as opened:
        with _read(source):
            read = opened.enter_context(source.open("rb"))
        written = opened.enter_context(open(to, "xb", opener=private))
        with _read(source, ReadFailed):
            sha256 = pour(read, written)
        written.flush()
        os.fsync(written.fileno())
    return sha256


@contextlib.contextmanager
def _read(source: Path, kind: type[OSError] = OSError) -> Iterator[None]:
    try:
        yield
    except kind as error:
        raise StoryDamaged(
            f"{source} cannot be read: {error.strerror}. See whether the stick is whole and still plugged in."
        ) from error
