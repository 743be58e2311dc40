"""Removing files and folders so that nothing of them is left, whatever lies in them and whoever does the same."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kiosk.stories.files import sync_folder

#: The ending of a folder that is being removed; its name begins with a point.
GONE = ".gone"


def remove_folder(path: Path) -> None:
    """Remove a story's folder, or whatever has its name; nothing happens if it is not there.

    Links are removed and never followed. Another thread or process may be removing the same.

    Raises:
        OSError: It cannot be removed. What is left of it has a name with a point and is no story to anybody.
    """
    aside = path.with_name(f".{path.name}{GONE}")
    # What an interrupted run has left: a folder cannot be renamed onto it.
    _remove_all(aside)
    with contextlib.suppress(FileNotFoundError):
        # Renamed first: nobody finds half a story.
        path.rename(aside)
        sync_folder(path.parent)
    if _remove_all(aside):
        sync_folder(path.parent)


def remove_left(folder: Path) -> None:
    """Remove what an interrupted `remove_folder` has left in `folder`.

    Raises:
        OSError: It cannot be removed.
    """
    for name in os.listdir(folder):
        if name.startswith(".") and name.endswith(GONE) and _remove_all(folder / name):
            sync_folder(folder)


def remove_file(path: Path) -> None:
    """Remove a file, a link, or nothing if it is not there.

    Raises:
        OSError: It cannot be removed.
    """
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISREG(path.lstat().st_mode):
            # Emptied first: whoever still holds it open (the transcriber) holds nothing. Where that is not allowed, to
            # remove it may be.
            with contextlib.suppress(PermissionError):
                os.truncate(path, 0)
        path.unlink()


def _remove_all(path: Path) -> bool:
    """Remove a folder with all in it, or a file; return whether there was one."""
    if not os.path.lexists(path):
        return False
    for each in _leaves_first(path):
        if each.is_dir() and not each.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                each.rmdir()
        else:
            remove_file(each)
    return True


def _leaves_first(path: Path) -> Iterator[Path]:
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path, topdown=False):
            # A link to a folder is among the folders, and is not walked into.
            yield from (Path(folder, name) for name in (*files, *folders))
    yield path
