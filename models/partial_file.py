"""A file that is being fetched, as much of it as has come."""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import DiskFull
from kiosk.stories.files import write_whole


@dataclass(frozen=True)
class PartialFile:
    """The bytes in `path`, and beside it what tells whether the publisher still has the same file.

    Every method that writes raises `DiskFull` where the disk does not take it: what the disk says is never mistaken for
    what the network says.
    """

    path: Path

    @property
    def size(self) -> int:
        """How many bytes have come."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    @property
    def validator(self) -> str:
        """What the publisher called the file that these bytes are the beginning of; empty if that is not known."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads(self._beside.read_bytes())["validator"])
        return ""

    def begin(self, validator: str) -> None:
        """Begin anew. The bytes go first: what is left of another file must never get this one's validator."""
        with self._on_disk():
            self.path.write_bytes(b"")
            write_whole(self._beside, json.dumps({"validator": validator}).encode())

    @contextlib.contextmanager
    def appending(self) -> Iterator[Callable[[bytes], None]]:
        """Hold the file open, to have bytes added to it; on leaving, all are on the disk itself."""
        with self._on_disk():
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

        def append(chunk: bytes) -> None:
            view = memoryview(chunk)
            with self._on_disk():
                while view:
                    view = view[os.write(handle, view) :]

        try:
            yield append
            with self._on_disk():
                os.fsync(handle)
        finally:
            os.close(handle)

    def md5(self) -> str:
        """Return the MD5, which is what the publisher lists: against accidents, not attacks; https is for those."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    def forget(self) -> None:
        """Remove it: it is of no use."""
        self.path.unlink(missing_ok=True)
        self.forget_validator()

    def forget_validator(self) -> None:
        """Remove what lies beside it: all of it is there."""
        self._beside.unlink(missing_ok=True)

    @property
    def _beside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @contextlib.contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DiskFull(
                f"{self.path.parent} does not take the model: {error.strerror}. {self.size / 1e6:.1f} MB of it are "
                "there. Make room and run the same again; it goes on."
            ) from error
