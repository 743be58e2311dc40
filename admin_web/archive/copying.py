"""Copying files from one disk to another, of which either may fail, fill up or be pulled out."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from kiosk.errors import BackupError, SaysoError

#: Told what is being done, how many bytes of it are done, and how many there are.
Progress = Callable[[str, int, int], None]
_PIECE_BYTES = 1 << 20
#: More names than this in one message help nobody.
_MOST_NAMES = 20


class Meter:
    """Adds up what was done, and tells it on."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        """Begin at nothing; `total` is in bytes."""
        self._progress, self._what, self._total, self._done = progress, what, total, 0

    def add(self, size: int) -> None:
        """Count `size` bytes more."""
        self._done += size
        self._progress(self._what, self._done, self._total)


class ReadFailed(OSError):
    """A file could be opened and not be read to its end. Told apart from what goes wrong where it is copied to."""


def pour(source: BinaryIO, to: BinaryIO | None = None, told: Callable[[int], None] | None = None) -> str:
    """Read a file to its end, write what was read to `to`, tell the size of each piece, and return the SHA-256.

    Raises:
        ReadFailed: It cannot be read.
        OSError: It cannot be written.
    """
    digest = hashlib.sha256()
    while True:
        try:
            piece = source.read(_PIECE_BYTES)
        except OSError as error:
            raise ReadFailed(error.errno, error.strerror) from error
        if not piece:
            return digest.hexdigest()
        digest.update(piece)
        if to:
            to.write(piece)
        if told:
            told(len(piece))


def private(path: str, flags: int) -> int:
    """Open a file for this account alone, where the disk knows accounts (an `opener`)."""
    return os.open(path, flags, 0o600)


def named(names: Iterable[str]) -> str:
    """Return names for a message: the first ones, and how many more there are."""
    ordered = sorted(names)
    more = len(ordered) - _MOST_NAMES
    return ", ".join(ordered[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


@contextlib.contextmanager
def explained(what: str, place: Path) -> Iterator[None]:
    """Turn an OSError into a message for a person.

    Args:
        what: What could not be done, as "The backup cannot be written to".
        place: Where.

    Raises:
        BackupError: Instead of the OSError.
    """
    try:
        yield
    except SaysoError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            advice = "Make room on that disk or take a larger one"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            advice = "Give this account the right to write there, and take the disk's write protection off"
        else:
            advice = "See whether the disk is still plugged in and whole"
        raise BackupError(
            f"{what} {place}: {error.strerror}. {advice}; then run the same command again: "
            "it goes on with what is missing."
        ) from error
