"""An ext4 file system whose power can be cut."""

import contextlib
import fcntl
import os
import struct
import subprocess
from pathlib import Path

#: FS_IOC_SHUTDOWN, _IOR('X', 125, __u32): the file system ends at once, as it is on the disk...
_SHUTDOWN = 0x8004587D
#: ... without writing what it has in memory, its journal included (FS_SHUTDOWN_FLAGS_NOLOGFLUSH).
_NOTHING_FLUSHED = 2
_BYTES = 64 << 20


class Disk:
    """A file with a file system in it, mounted through a loop device.

    Attributes:
        root: Where its files are while it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        """Make and mount it. Raises OSError or CalledProcessError where that is not allowed."""
        self.root = folder / "disk"
        self._image = folder / "disk.ext4"
        self.root.mkdir()
        with self._image.open("wb") as image:
            image.truncate(_BYTES)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        self.mount()

    def mount(self) -> None:
        """Mount it; after a cut the journal is played back, as after a power cut."""
        _run("mount", "-o", "loop", str(self._image), str(self.root))

    def cut_power(self) -> None:
        """Lose everything that is not on the disk itself."""
        handle = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _NOTHING_FLUSHED))
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Unmount it, when nobody has a file open on it any more; its loop device goes by itself."""
        _run("umount", str(self.root))

    def remove(self) -> None:
        """Leave no mount behind, whatever has happened."""
        with contextlib.suppress(subprocess.CalledProcessError):
            if self.root.is_mount():
                _run("umount", "--lazy", str(self.root))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
