"""Writes the files of an export: into a zip that is sent while it is made, or into a folder."""

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from admin_web.archive.copying import private
from admin_web.archive.export.parts import Part
from kiosk.errors import UsageError
from kiosk.stories.files import UNFINISHED, sync_folder

_PRIVATE = 0o100600 << 16


class _Sent:
    """Where a zip is written to: what was written is taken away piece by piece. It cannot go back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def zipped(parts: Iterable[Part], at: datetime | None = None) -> Iterator[bytes]:
    """Return the files as a zip, in pieces. Memory grows by less than 1 kB a file, and not with their size.

    Args:
        parts: The files. The next one is asked for when all pieces of the one before are in the zip, and what comes
            after the last one runs before the zip is whole.
        at: The time that they show, by the clock on the wall; now if none is given.
    """
    sent, at = _Sent(), at or datetime.now()
    # A zip file knows no time before 1980, which a clock that was never set shows.
    shown = (min(max(at.year, 1980), 2107), *at.timetuple()[1:6])
    with zipfile.ZipFile(sent, "w") as file:
        for part in parts:
            about = zipfile.ZipInfo(part.name, shown)
            about.compress_type = zipfile.ZIP_DEFLATED if part.packed else zipfile.ZIP_STORED
            about.external_attr = _PRIVATE
            # How large it will be is known when it is done: with room for more than 4 GB.
            with file.open(about, "w", force_zip64=True) as member:
                for piece in part.pieces:
                    member.write(piece)
                    if ready := sent.take():
                        yield ready
    yield sent.take()


def into_folder(parts: Iterable[Part], folder: Path) -> None:
    """Write the files into a new folder, which has its name only when all of them are there.

    Raises:
        UsageError: There is something of that name.
        OSError: It cannot be written.
    """
    if folder.exists():
        raise UsageError(f"{folder} is there already. Name a new folder or file.")
    aside = folder.with_name(f".{folder.name}{UNFINISHED}")
    # What an interrupted run has left.
    shutil.rmtree(aside, ignore_errors=True)
    try:
        for part in parts:
            path = aside / part.name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(path, part.pieces)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync_folder(folder.parent)


def into_zip(parts: Iterable[Part], path: Path) -> None:
    """Write the files into a new zip, which has its name only when it is whole. Raises as `into_folder` does."""
    if path.exists():
        raise UsageError(f"{path} is there already. Name a new folder or file.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}{UNFINISHED}")
    aside.unlink(missing_ok=True)
    try:
        _write(aside, zipped(parts))
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    with open(path, "xb", opener=private) as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
