"""The data folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import AlreadyRunning, DataFolderError, StoryDamaged
from kiosk.stories.story_folder import STORY_ID, StoryFolder

#: In the data folder while `sayso restore` is at work, or was interrupted: not everything is in its place.
RESTORING = ".restoring"


@dataclass(frozen=True)
class DataFolder:
    """Everything that Sayso keeps is below one folder; nothing is ever written outside it."""

    root: Path

    @property
    def takes(self) -> Path:
        """Stories being told, not agreed yet. Written by the kiosk."""
        return self.root / "takes"

    @property
    def stories(self) -> Path:
        """Kept stories, one folder each."""
        return self.root / "stories"

    @property
    def programme(self) -> Path:
        """What the station asks, says and plays next. Written by the site."""
        return self.root / "programme"

    @property
    def local_names(self) -> Path:
        """Names of people, groups and places around, one a line: what no speech model can guess. Written by people."""
        return self.programme / "local-names.txt"

    @property
    def archive(self) -> Path:
        """Review state. Written by the site."""
        return self.root / "archive"

    @property
    def again(self) -> Path:
        """Which stories are to be written down again, and with which model. Written by the site."""
        return self.archive / "again.json"

    @property
    def status(self) -> Path:
        """A heartbeat file of each process, its lock, and the socket at which the kiosk tells what it shows."""
        return self.root / "status"

    @property
    def cache(self) -> Path:
        """Spoken prompts of the kiosk; may be deleted at any time."""
        return self.root / "cache"

    @property
    def models(self) -> Path:
        """Speech models that were installed, and which of them is in use. Written by `sayso models`."""
        return self.root / "models"

    @property
    def parts(self) -> tuple[Path, ...]:
        """Every folder in it."""
        return self.takes, self.stories, self.programme, self.archive, self.status, self.cache, self.models

    @classmethod
    def open(cls, root: Path) -> "DataFolder":
        """Make the folder and its parts where they are missing.

        Raises:
            DataFolderError: It cannot be made or written, or a backup was not brought back to the end.
        """
        folder = cls(root.resolve())
        if (folder.root / RESTORING).exists():
            raise DataFolderError(
                f"A backup was not brought back to the end into {folder.root}. "
                "Run 'sayso restore FROM' again; it goes on where it stopped."
            )
        try:
            for part in folder.parts:
                # Stories are personal: nobody but the station's own account may look inside.
                part.mkdir(parents=True, exist_ok=True, mode=0o700)
                if not os.access(part, os.W_OK | os.X_OK):
                    raise PermissionError(13, "it may not be written by this account", str(part))
        except OSError as error:
            raise DataFolderError(
                f"Cannot use the data folder {folder.root}: {error.strerror} ({error.filename}). "
                "Choose another with --data, or give this account the right to write there."
            ) from error
        return folder

    @contextlib.contextmanager
    def lock(self, who: str) -> Iterator[None]:
        """Hold the one place of process `who` ("kiosk", "transcriber", "admin", "installer") on this folder.

        The kernel lets go of it when the process ends, however it ends.

        Raises:
            AlreadyRunning: Another process holds it.
        """
        handle = os.open(self.status / f"{who}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.read(handle, 20).decode(errors="replace").strip()
                raise AlreadyRunning(
                    f"The {who} is already running on {self.root} (process {holder or 'unknown'}). "
                    "Stop it first, or choose another folder with --data."
                ) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)

    def story(self, story_id: str) -> StoryFolder:
        """Return the folder of one story, which may not exist.

        Raises:
            StoryDamaged: `story_id` is no story's id (so that no path can be smuggled in).
        """
        if not STORY_ID.fullmatch(story_id):
            raise StoryDamaged(f"{story_id!r} is no story's id.")
        return StoryFolder(self.stories / story_id)

    def story_folders(self) -> list[StoryFolder]:
        """Return the folders of all kept stories by name; folders of other names are not stories."""
        return [
            StoryFolder(self.stories / name) for name in sorted(os.listdir(self.stories)) if STORY_ID.fullmatch(name)
        ]
