"""Looking at a backup that is there."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from admin_web.archive.backup.folder import BackupFolder
from admin_web.archive.backup.manifest import Manifest
from admin_web.archive.copying import Meter, Progress, explained
from kiosk.errors import BackupError


def check(place: Path, progress: Progress = lambda *_: None) -> tuple[int, list[str]]:
    """Read every file of a backup and compare it with its hash. What is damaged is marked, to be copied again.

    Returns:
        How many stories it holds, and a sentence for everything that is wrong.

    Raises:
        BackupError: There is no backup, or it cannot be read.
        AlreadyRunning: It is being made just now.
    """
    with existing(place) as (backup, manifest):
        _, wrong = backup.manifests()
        meter = Meter(progress, "Checking", sum(entry.size for entry in manifest.entries))
        faulty: dict[str, list[str]] = {}
        for entry in manifest.entries:
            if fault := backup.fetch(entry, None, meter.add):
                faulty.setdefault(entry.part, []).append(f"{entry.path.split('/')[-1]} {fault}")
                backup.set_aside(entry)
        wrong += [f"{part}: {', '.join(faults)}." for part, faults in sorted(faulty.items())]
        return len(manifest.stories), wrong


@contextlib.contextmanager
def existing(place: Path) -> Iterator[tuple[BackupFolder, Manifest]]:
    """Be the only one at work on the backup in `place`.

    Raises:
        BackupError: There is none, or it cannot be read.
        AlreadyRunning: It is being made just now.
    """
    backup = BackupFolder(Path(os.path.realpath(place)))
    with explained("Cannot read the backup", backup.root):
        # Looked for first: no lock file is left in a folder of something else.
        if backup.manifest():
            with backup.lock(read_only=True):
                if manifest := backup.manifest():
                    yield backup, manifest
                    return
    raise BackupError(
        f"There is no complete backup in {backup.root}. Plug in the disk, and give the folder that "
        "'sayso backup' wrote to: the file backup.json is in it."
    )


def require_apart(data: Path, backup: Path) -> None:
    """Make sure that neither folder is in the other; both are resolved.

    Raises:
        BackupError: One is.
    """
    if data.is_relative_to(backup) or backup.is_relative_to(data):
        raise BackupError(
            f"The backup {backup} and the data folder {data} are one in the other. Give the backup a folder elsewhere, "
            "best on another disk."
        )
