"""Backing up: everything that cannot be made again goes to another disk, while the station runs.

Copied are the archive, as it was at one moment, and then every file of the stories and the programme. Not copied are
`takes/` (being told now, and not agreed), `status/` (heartbeats), `cache/` and `models/` (spoken prompts and speech
models, which are had again), what the site reckoned from a recording for drawing it, and what lies beside the archive
(the secret that signs sessions: a new one only signs everybody out).

Only what is new is copied. What was deleted on purpose leaves a tombstone in the archive, and is taken out of the
backup by the next run; what is gone without one was lost, and a loss must not spread: it stays in the backup.
"""

import importlib.metadata
import os
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from admin_web.archive.backup.check import require_apart
from admin_web.archive.backup.folder import BackupFolder
from admin_web.archive.backup.manifest import ARCHIVE_PATH, Entry, Manifest
from admin_web.archive.backup.snapshot import take_snapshot
from admin_web.archive.backup.sources import Found, Sources
from admin_web.archive.copying import Meter, Progress, ReadFailed, explained, named, pour
from kiosk.errors import ArchiveError, BackupError, StoryDamaged
from kiosk.stories.folder import RESTORING, DataFolder
from kiosk.stories.records import Story, parse_record

#: A file that changes while it is copied is copied again this often; the next backup will have it.
_TRIES = 5
SAME_DISK = (
    "The backup is on the same disk as the station's own data, and would be lost with it. Is the other disk plugged in?"
)


@dataclass(frozen=True)
class BackedUp:
    """What a backup did.

    Attributes:
        stories: How many stories the backup holds now.
        copied_bytes: What had to be copied for it.
        there_bytes: What was there already.
        warnings: What staff should know, in sentences.
        complete: False if something that belongs in it could not be read; the warnings say what.
    """

    stories: int
    copied_bytes: int
    there_bytes: int
    warnings: tuple[str, ...]
    complete: bool


def back_up(root: Path, to: Path, progress: Progress = lambda *_: None) -> BackedUp:
    """Bring the backup in `to` up to date with a data folder, or make it. Others may go on working meanwhile.

    Raises:
        BackupError: There is nothing to back up, or `to` cannot be used. The last complete backup in it stays valid.
        AlreadyRunning: Another backup to `to` is being made.
        DataFolderError: The data folder cannot be used.
    """
    if not any((root / name).is_dir() for name in ("stories", RESTORING)):
        raise BackupError(f"{root} is no data folder: there is nothing to back up. Give the right one with --data.")
    folder, backup = DataFolder.open(root), BackupFolder(Path(os.path.realpath(to)))
    require_apart(folder.root, backup.root)
    with explained("Cannot write the backup to", backup.root), backup.opened():
        return _Run(folder, backup, progress).run()


class _Run:
    """One backup."""

    def __init__(self, folder: DataFolder, backup: BackupFolder, progress: Progress) -> None:
        self._folder, self._backup, self._progress = folder, backup, progress
        self._sources = Sources(folder)
        self._meter = Meter(progress, "Copying", 0)
        self._earlier = backup.manifest()
        self._known = {entry.path: entry for entry in self._earlier.entries} if self._earlier else {}
        self._sizes = backup.sizes()
        self._copied = 0
        self._warnings, self._unread = self._sources.warnings, self._sources.unread

    def run(self) -> BackedUp:
        # The archive first: a story that is kept meanwhile is new to it when both come back, as it would be any day.
        archive, withdrawn = self._archive()
        withdrawn |= set(self._earlier.withdrawn if self._earlier else ())
        parts = self._sources.parts(withdrawn)
        self._require_a_common_story(parts.keys() | withdrawn)
        changed = [found.about.st_size for files in parts.values() for found in files if not self._unchanged(found)]
        self._meter = Meter(self._progress, "Copying", sum(changed))
        entries = {entry.path: entry for entry in archive}
        for part, files in parts.items():
            copied = [entry for found in files if (entry := self._entry(found))]
            # Withdrawn or lost while it was copied: a part of a story is not a story.
            if part == "programme" or self._folder.story(part).path.is_dir():
                entries |= {entry.path: entry for entry in copied}
        entries |= self._lost(entries, withdrawn)
        self._look_at_stories(entries)
        manifest = Manifest(
            made_at=datetime.now(UTC),
            sayso=importlib.metadata.version("sayso"),
            entries=tuple(entries[path] for path in sorted(entries)),
            withdrawn=tuple(sorted(withdrawn)),
        )
        self._backup.put_manifest(manifest)
        self._backup.remove_unnamed(manifest)
        if self._backup.root.stat().st_dev == self._folder.root.stat().st_dev:
            self._warnings.append(SAME_DISK)
        return BackedUp(
            stories=len(manifest.stories),
            copied_bytes=self._copied,
            there_bytes=sum(entry.size for entry in manifest.entries) - self._copied,
            warnings=(*self._unread, *self._warnings),
            complete=not self._unread,
        )

    # The archive.

    def _archive(self) -> tuple[list[Entry], set[str]]:
        """Copy the archive. Return its entry, or the earlier one if it cannot be copied, and which stories are gone."""
        source = self._folder.root / ARCHIVE_PATH
        try:
            if source.exists():
                return self._copied_archive(source)
            fault = f"The archive {source} is not there."
        except ArchiveError as error:
            fault = str(error)
        if ARCHIVE_PATH not in self._known:
            if source.exists():
                self._unread.append(f"The archive was not backed up, all else was. {fault}")
            return [], set()
        self._unread.append(f"The archive was not backed up; the backup keeps its earlier copy of it. {fault}")
        return [self._known[ARCHIVE_PATH]], set()

    def _copied_archive(self, source: Path) -> tuple[list[Entry], set[str]]:
        copy, changed_ns = self._backup.snapshot, source.stat().st_mtime_ns
        withdrawn = take_snapshot(source, copy, self._progress)
        with copy.open("rb") as file:
            sha256, size = pour(file), file.tell()
        if self._sizes.get(sha256) == size:
            copy.unlink()
        else:
            self._backup.adopt(copy, sha256)
            self._copied += size
        return [Entry(path=ARCHIVE_PATH, size=size, mtime_ns=changed_ns, sha256=sha256)], withdrawn

    # The files.

    def _unchanged(self, found: Found) -> bool:
        known = self._known.get(found.path)
        return (
            known is not None
            and (known.size, known.mtime_ns) == (found.about.st_size, found.about.st_mtime_ns)
            and self._sizes.get(known.sha256) == known.size
        )

    def _entry(self, found: Found) -> Entry | None:
        """Bring a file into the backup; None if it vanished, and was not in the backup before."""
        if self._unchanged(found):
            return self._known[found.path]
        fault = "it changed again and again"
        for _ in range(_TRIES):
            try:
                file = found.source.open("rb")
            except FileNotFoundError:
                return None
            except OSError as error:
                fault = str(error.strerror)
                break
            with file:
                before = os.fstat(file.fileno())
                try:
                    sha256 = pour(file)
                    stored = self._stored(file, sha256)
                except ReadFailed as error:
                    fault = str(error.strerror)
                    break
                after = os.fstat(file.fileno())
            if stored and (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
                return Entry(path=found.path, size=after.st_size, mtime_ns=after.st_mtime_ns, sha256=sha256)
        self._unread.append(f"{found.source} was not backed up: {fault}.")
        return self._known.get(found.path)

    def _stored(self, file: BinaryIO, sha256: str) -> bool:
        """Have a file that was read to its end in the backup; False if it changed meanwhile."""
        size = file.tell()
        if self._sizes.get(sha256) == size:
            self._meter.add(size)
            return True
        file.seek(0)
        if not self._backup.put(file, sha256, self._meter.add):
            return False
        self._sizes[sha256] = size
        self._copied += size
        return True

    # What the backup alone has.

    def _require_a_common_story(self, present: Set[str]) -> None:
        """Make sure that this is not another station's backup, nor this station newly set up: the archive would go.

        Raises:
            BackupError: The backup holds stories, and none of them is here.
        """
        stories = self._earlier.stories if self._earlier else set()
        if self._earlier and stories and not stories & present:
            self._backup.remove_unnamed(self._earlier)
            raise BackupError(
                f"The backup {self._backup.root} holds {len(stories)} stories and none of them is in "
                f"{self._folder.root}: it is another station's, or this one has lost its stories. The backup stays as "
                "it was. Bring it back with 'sayso restore', or give this station's backup a folder of its own."
            )

    def _lost(self, entries: Mapping[str, Entry], withdrawn: Set[str]) -> dict[str, Entry]:
        """Return what was backed up earlier and has vanished since without having been deleted on purpose."""
        present = {entry.part for entry in entries.values()}
        lost: dict[str, Entry] = {}
        names = set()
        for path, entry in self._known.items():
            if path in entries or entry.part in withdrawn:
                continue
            if entry.part not in present:
                names.add(entry.part)
            elif path == _audio(entry.part) and not self._folder.story(entry.part).audio_deleted.exists():
                names.add(f"the recording of {entry.part}")
            else:
                continue
            lost[path] = entry
        if lost:
            self._warnings.append(
                "These are in the backup and not on this station any more, though nobody deleted them: "
                f"{named(names)}. They stay in the backup."
            )
        return lost

    def _look_at_stories(self, entries: dict[str, Entry]) -> None:
        """Warn of stories that are not as the kiosk wrote them; keep what the backup had where that was better."""
        for story_id in sorted({entry.part for entry in entries.values()} - {"archive", "programme"}):
            folder, about, audio = self._folder.story(story_id), f"stories/{story_id}/story.json", _audio(story_id)
            try:
                story = parse_record(Story, (folder.path / "story.json").read_bytes(), f"{folder.path}/story.json")
            except (OSError, StoryDamaged) as error:
                if folder.path.is_dir():
                    self._keep_better(f"The story {story_id} is damaged. {error}", entries, about, audio)
                continue
            if audio not in entries and not folder.audio_deleted.exists():
                self._warnings.append(f"The story {story_id} has no recording.")
            elif audio in entries and entries[audio].sha256 != story.sha256:
                fault = f"The recording of {story_id} is not what the kiosk wrote: it is damaged, or was changed."
                known = self._known.get(audio)
                self._keep_better(fault, entries, *([audio] if known and known.sha256 == story.sha256 else []))

    def _keep_better(self, fault: str, entries: dict[str, Entry], *paths: str) -> None:
        known = [self._known[path] for path in paths if path in self._known]
        better = [entry for entry in known if self._sizes.get(entry.sha256) == entry.size]
        kept = "The backup keeps what it had." if any(entries.get(each.path) != each for each in better) else ""
        self._warnings.append(f"{fault} {kept or 'It was backed up as it is.'}")
        entries |= {entry.path: entry for entry in better}


def _audio(story_id: str) -> str:
    return f"stories/{story_id}/audio.wav"
