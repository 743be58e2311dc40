"""Bringing a backup back into an empty data folder.

Everything is copied to `.restoring/` in the data folder, and compared there with its hash. Only when all of it is whole
do three renames put it in its place, the archive last. While `.restoring/` is there, no part of Sayso opens the data
folder; so what a restore that was killed had put in place is as it was, and the next one begins by taking it back into
`.restoring/`. What is whole there need not be copied again.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from admin_web.archive.backup.check import existing, require_apart
from admin_web.archive.backup.folder import BackupFolder
from admin_web.archive.backup.manifest import ARCHIVE_PATH, Entry, Manifest
from admin_web.archive.backup.snapshot import archive_fault
from admin_web.archive.copying import Meter, Progress, explained, named, pour, private
from kiosk.errors import BackupError
from kiosk.stories.files import sync_folder
from kiosk.stories.folder import RESTORING, DataFolder

#: What is put in place, in this order: while the archive is missing, nothing speaks of stories that are not there.
_PARTS = ("programme", "stories", "archive")
#: Whoever might be at work in a data folder.
_PROCESSES = ("kiosk", "transcriber", "admin")
#: More damage than this in one message helps nobody.
_MOST_TOLD = 20
_REBUILT = "'sayso archive rebuild' makes it anew from the story folders; what staff added to them is not in those."


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        stories: How many stories came back.
        size: How many bytes came back, in all.
        warnings: What did not, in sentences.
    """

    stories: int
    size: int
    warnings: tuple[str, ...]


def restore(
    place: Path, root: Path, *, without_damaged: bool = False, progress: Progress = lambda *_: None
) -> Restored:
    """Bring the backup in `place` back into the data folder `root`, which is empty or does not exist.

    Args:
        place: The backup's folder.
        root: The data folder.
        without_damaged: Leave out what is damaged in the backup, instead of bringing nothing back.
        progress: Told how far it is.

    Raises:
        BackupError: There is no whole backup, or the data folder is not empty, or cannot be written.
        AlreadyRunning: A station is at work on the data folder, or a backup is being made to `place`.
    """
    with existing(place) as (backup, manifest):
        folder = DataFolder(Path(os.path.realpath(root)))
        require_apart(folder.root, backup.root)
        with explained("Cannot bring the backup back into", folder.root), _nobody_else(folder):
            return _Run(backup, manifest, folder, progress).run(without_damaged=without_damaged)


@contextlib.contextmanager
def _nobody_else(folder: DataFolder) -> Iterator[None]:
    # Not by DataFolder.open: it refuses a folder into which a backup was not brought back to the end.
    folder.status.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as locks:
        for who in _PROCESSES:
            locks.enter_context(folder.lock(who))
        yield


class _Run:
    """One restore."""

    def __init__(self, backup: BackupFolder, manifest: Manifest, folder: DataFolder, progress: Progress) -> None:
        self._backup, self._manifest, self._folder, self._progress = backup, manifest, folder, progress
        self._aside = folder.root / RESTORING
        self._entries = [entry for entry in manifest.entries if entry.part not in manifest.withdrawn]

    def run(self, *, without_damaged: bool) -> Restored:
        self._begin()
        self._remove_all_but({entry.path for entry in self._entries})
        self._require_room()
        damaged = self._fill()
        if damaged and not without_damaged:
            raise BackupError(self._refusal(damaged))
        whole = [entry for entry in self._entries if entry.part not in damaged]
        self._remove_all_but({entry.path for entry in whole})
        self._finish()
        return Restored(
            stories=len({entry.part for entry in whole} - {"archive", "programme"}),
            size=sum(entry.size for entry in whole),
            warnings=tuple(self._warnings(damaged)),
        )

    def _begin(self) -> None:
        """Have everything that an earlier restore left in `.restoring`, and nothing in place.

        Raises:
            BackupError: There is something that no restore put there.
        """
        again = self._aside.is_dir()
        taken = [name for name in ("takes", *_PARTS) if _names(self._folder.root / name)]
        if again:
            taken = [name for name in taken if name == "takes" or _names(self._aside / name)]
        if taken:
            raise BackupError(
                f"{self._folder.root} is not empty: there is something in {named(taken)}. A backup is brought back "
                "only into an empty data folder. Choose another one with --data, or move this one elsewhere first."
            )
        self._aside.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.root)
        for name in _PARTS:
            if _names(self._folder.root / name):
                (self._folder.root / name).replace(self._aside / name)
            (self._aside / name).mkdir(mode=0o700, exist_ok=True)
        sync_folder(self._folder.root)

    def _remove_all_but(self, paths: set[str]) -> None:
        for top, folders, files in os.walk(self._aside, topdown=False):
            for path in [Path(top, name) for name in files]:
                if path.relative_to(self._aside).as_posix() not in paths:
                    path.unlink()
            for path in [Path(top, name) for name in folders]:
                if path.parent != self._aside and not any(path.iterdir()):
                    path.rmdir()

    def _require_room(self) -> None:
        there = sum(path.stat().st_size for path in self._aside.rglob("*") if path.is_file())
        needed = sum(entry.size for entry in self._entries) - there
        free = shutil.disk_usage(self._folder.root).free
        if needed > free:
            raise BackupError(
                f"The backup needs {needed / 1e6:.0f} MB more in {self._folder.root}, and its disk has "
                f"{free / 1e6:.0f} MB left. Make room, or choose a folder on another disk with --data."
            )

    def _fill(self) -> dict[str, list[str]]:
        """Have every file in `.restoring`, compared with its hash; return what is damaged, and how."""
        meter = Meter(self._progress, "Copying", sum(entry.size for entry in self._entries))
        damaged: dict[str, list[str]] = {}
        for entry in self._entries:
            path = self._aside / entry.path
            for folder in [*reversed(path.relative_to(self._aside).parents)][1:]:
                (self._aside / folder).mkdir(mode=0o700, exist_ok=True)
            fault = None if self._is_there(entry, path, meter) else self._copy(entry, path, meter)
            if not fault and entry.path == ARCHIVE_PATH:
                fault = archive_fault(path)
            if fault:
                damaged.setdefault(entry.part, []).append(f"{path.name} {fault}")
        return damaged

    @staticmethod
    def _is_there(entry: Entry, path: Path, meter: Meter) -> bool:
        """Say whether an earlier restore copied a file to its end."""
        if not path.exists() or path.stat().st_size != entry.size:
            return False
        with path.open("rb") as file:
            if pour(file) != entry.sha256:
                return False
            os.utime(file.fileno(), ns=(entry.mtime_ns, entry.mtime_ns))
            os.fsync(file.fileno())
        meter.add(entry.size)
        return True

    def _copy(self, entry: Entry, path: Path, meter: Meter) -> str | None:
        with open(path, "wb", opener=private) as file:
            fault = self._backup.fetch(entry, file, meter.add)
            file.flush()
            # As it was: a backup of this folder will know that it has the file already.
            os.utime(file.fileno(), ns=(entry.mtime_ns, entry.mtime_ns))
            os.fsync(file.fileno())
        return fault

    def _finish(self) -> None:
        """Put everything in place; durable on return."""
        for top, _, _ in os.walk(self._aside, topdown=False):
            sync_folder(Path(top))
        for name in _PARTS:
            # Over an empty folder, if there is one.
            (self._aside / name).replace(self._folder.root / name)
            sync_folder(self._folder.root)
        self._aside.rmdir()
        sync_folder(self._folder.root)
        sync_folder(self._folder.root.parent)
        DataFolder.open(self._folder.root)

    def _refusal(self, damaged: dict[str, list[str]]) -> str:
        return (
            f"Damaged in the backup {self._backup.root}: {_told(damaged)}. Nothing was put in place. If there is "
            "another backup of this station, bring that one back; or bring back all else with --without-damaged."
        )

    def _warnings(self, damaged: dict[str, list[str]]) -> list[str]:
        warnings = [f"Damaged in the backup and not brought back: {_told(damaged)}."] if damaged else []
        if "archive" in damaged:
            warnings.append(f"The archive was not brought back. {_REBUILT}")
        elif not any(entry.path == ARCHIVE_PATH for entry in self._entries):
            warnings.append(f"There is no archive in this backup. {_REBUILT}")
        return warnings


def _told(damaged: dict[str, list[str]]) -> str:
    told = [f"{part} ({', '.join(faults)})" for part, faults in sorted(damaged.items())]
    more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return "; ".join(told[:_MOST_TOLD]) + more


def _names(folder: Path) -> list[str]:
    return os.listdir(folder) if folder.exists() else []
