"""The files of a data folder that a backup copies, found while others add, replace and remove some."""

import os
import stat
from collections.abc import Iterator, Set
from pathlib import Path
from typing import NamedTuple

from admin_web.archive.copying import explained
from kiosk.stories.files import UNFINISHED
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import MADE, STORY_ID


class Found(NamedTuple):
    """A file: its path in the data folder, where that is, and what the disk said of it."""

    path: str
    source: Path
    about: os.stat_result


class Sources:
    """Looks through a data folder.

    Attributes:
        warnings: What is not for a backup, in sentences.
        unread: What is and could not be read, in sentences.
    """

    def __init__(self, folder: DataFolder) -> None:
        """Nothing is read yet."""
        self._folder = folder
        self.warnings: list[str] = []
        self.unread: list[str] = []

    def parts(self, withdrawn: Set[str]) -> dict[str, list[Found]]:
        """Return the files of each story, by its id, and those of "programme".

        Args:
            withdrawn: Ids of stories that are left out.

        Raises:
            BackupError: The folder of the stories cannot be read.
        """
        parts = {"programme": list(self._walk(self._folder.programme))}
        with explained("Cannot read", self._folder.stories):
            names = sorted(os.listdir(self._folder.stories))
        for name in names:
            path = self._folder.stories / name
            if STORY_ID.fullmatch(name) and path.is_dir() and not path.is_symlink():
                if name not in withdrawn:
                    parts[name] = list(self._walk(path))
            # A folder that is being deleted is first renamed to begin with a point.
            elif path.is_symlink() or (path.exists() and not name.startswith(".")):
                self.warnings.append(f"{_shown(path)} is no story's folder: it is not in the backup.")
        return parts

    def _walk(self, top: Path) -> Iterator[Found]:
        for folder, folders, files in os.walk(top, onerror=self._cannot_read):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            names = [name for name in sorted([*files, *links]) if not name.endswith(UNFINISHED) and name not in MADE]
            for source in [Path(folder, name) for name in names]:
                try:
                    about = source.lstat()
                except FileNotFoundError:
                    continue
                path = source.relative_to(self._folder.root).as_posix()
                if stat.S_ISREG(about.st_mode) and _shown(path) == path:
                    yield Found(path, source, about)
                else:
                    self.warnings.append(
                        f"{_shown(source)} is a link, no file, or has a name that is no text: it is not in the backup."
                    )

    def _cannot_read(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            self.unread.append(f"{_shown(error.filename)} was not backed up: {error.strerror}.")


def _shown(path: Path | str) -> str:
    """Return a path for a message; it differs from `path` if a name in it is no text."""
    return os.fsencode(path).decode(errors="replace")
