"""The folder of a backup: what lies where in it, and how it stays true.

    TO/
      files/ab/<sha256>   everything that was copied, named by its own hash and never changed
      backup.json         what belongs where (`Manifest`): replaced last, so that it names only what is there
      backup.copy.json    the same: where a power cut comes while FAT replaces a file, old and new can both be gone
      READ ME.txt         what this is, for whoever finds it
      backup.lock         held while a backup is made

Whole files and plain names in small letters, nothing else: no links, no rights of accounts. FAT and exFAT know none.
"""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from admin_web.archive.backup.manifest import Entry, Manifest, parse_manifest
from admin_web.archive.copying import ReadFailed, pour, private
from kiosk.errors import AlreadyRunning, BackupError
from kiosk.stories.files import UNFINISHED, sync_folder, write_whole

#: What `sayso backup --check` adds to the name of a damaged file, so that the next backup copies it again.
DAMAGED = ".damaged"
_FILES, _MANIFESTS, _READ_ME, _LOCK = "files", ("backup.json", "backup.copy.json"), "READ ME.txt", "backup.lock"
_OURS = {_FILES, *_MANIFESTS, _READ_ME, _LOCK}
#: The snapshot while it is made, and what SQLite may lay beside it.
_SNAPSHOT = f"archive{UNFINISHED}"
_SNAPSHOTS = {_SNAPSHOT, *(f"{_SNAPSHOT}-{beside}" for beside in ("journal", "wal", "shm"))}
#: What systems put on every stick; folders that begin with a point or "$" are such as well.
_OF_THE_SYSTEM = {"System Volume Information", "lost+found"}
_SHA256 = re.compile(r"[0-9a-f]{64}")

READ_ME = """\
This folder is a backup of a Sayso station.

It holds what people said, in their own voices. Treat it as you treat their files: lock it away, hand it
to nobody, and do not put it on a computer that others use.

Change nothing in it. The files have no readable names; Sayso knows which is which.

To see whether it is whole:          sayso backup --check THIS-FOLDER
To bring it back, on any machine:    sayso restore THIS-FOLDER
"""


@dataclass(frozen=True)
class BackupFolder:
    """A backup's folder; `root` is resolved. OSErrors are left to the caller's `explained`."""

    root: Path

    @property
    def snapshot(self) -> Path:
        """Where the copy of the archive is made."""
        return self.root / _FILES / _SNAPSHOT

    def object(self, sha256: str) -> Path:
        """Return where the file of a hash is, or would be."""
        return self.root / _FILES / sha256[:2] / sha256

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder, in a parent that exists, and be the only one who writes to it.

        Raises:
            BackupError: It cannot be made, or something else is there.
            AlreadyRunning: Another process is at work there.
        """
        if not self.root.parent.is_dir():
            raise BackupError(
                f"There is no folder {self.root.parent} to put the backup into. "
                "Plug in the disk, or give the path of a folder on it."
            )
        if self.root.exists() and not self.root.is_dir():
            raise BackupError(f"{self.root} is a file, not a folder. Give the path of a folder for the backup.")
        self.root.mkdir(mode=0o700, exist_ok=True)
        if not self._is_ours():
            raise BackupError(
                f"{self.root} holds other files. Give the backup a folder of its own, for example "
                f"{self.root / 'sayso-backup'}."
            )
        with self.lock():
            (self.root / _FILES).mkdir(mode=0o700, exist_ok=True)
            for left in self._unfinished():
                left.unlink(missing_ok=True)
            read_me = self.root / _READ_ME
            if not read_me.exists() or read_me.read_bytes() != READ_ME.encode():
                write_whole(read_me, READ_ME.encode())
            sync_folder(self.root)
            yield

    def _unfinished(self) -> list[Path]:
        written = [path for name in _OURS for path in self.root.glob(f".{name}.*{UNFINISHED}")]
        return [*written, *(self.root / _FILES / name for name in _SNAPSHOTS)]

    def _is_ours(self) -> bool:
        names = set(os.listdir(self.root))
        if names.intersection(_MANIFESTS):
            return True
        # No manifest: new, or a first backup that was interrupted.
        if any(name not in _OURS | _OF_THE_SYSTEM and not name.startswith((".", "$")) for name in names):
            return False
        files = os.listdir(self.root / _FILES) if _FILES in names else []
        return all(name in _SNAPSHOTS or re.fullmatch(r"[0-9a-f]{2}", name) for name in files)

    @contextlib.contextmanager
    def lock(self, *, read_only: bool = False) -> Iterator[None]:
        """Be the only one at work here; the kernel lets go of it when the process ends, however it ends.

        Args:
            read_only: Go on without, on a disk that nobody can write to.

        Raises:
            AlreadyRunning: Another process is.
        """
        try:
            handle = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            if not read_only:
                raise
            yield
            return
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(
                    f"A backup to {self.root} is being made, checked or brought back right now. Wait until it is done."
                ) from error
            yield
        finally:
            os.close(handle)

    # The manifest.

    def manifest(self) -> Manifest | None:
        """Return what the last complete backup holds; None if there is none.

        Raises:
            BackupError: It was made by a newer Sayso, or both copies are damaged.
        """
        found, faults = self.manifests()
        if not found and faults:
            raise BackupError(
                f"{' '.join(faults)} Without it nobody can tell which file of the backup is which, "
                "and Sayso changes nothing there. Keep this folder, and use another one for new backups."
            )
        return found[0] if found else None

    def manifests(self) -> tuple[list[Manifest], list[str]]:
        """Return the manifest and its copy as far as they are whole, and a sentence for each that is not.

        Raises:
            BackupError: One was made by a newer Sayso.
        """
        found, faults = [], []
        for path in [self.root / name for name in _MANIFESTS]:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                faults.append(f"{path} cannot be read: {error.strerror}.")
                continue
            try:
                found.append(parse_manifest(content, path))
            except ValueError:
                faults.append(f"{path} is damaged.")
        return found, faults

    def put_manifest(self, manifest: Manifest) -> None:
        """Replace the manifest and then its copy; durable on return."""
        content = manifest.to_bytes()
        # The folders in it: until now nothing relied on them.
        sync_folder(self.root / _FILES)
        for name in _MANIFESTS:
            write_whole(self.root / name, content)

    # The files.

    def sizes(self) -> dict[str, int]:
        """Return the hash and size of every file that was copied to its end."""
        return {
            found.name: found.stat(follow_symlinks=False).st_size
            for found in self._all()
            if _SHA256.fullmatch(found.name) and found.is_file(follow_symlinks=False)
        }

    def put(self, source: BinaryIO, sha256: str, told: Callable[[int], None]) -> bool:
        """Copy a file under its hash; durable, and read back from the disk, on return.

        Returns:
            False if it had another hash by then; nothing of it is kept.

        Raises:
            ReadFailed: The source cannot be read.
            BackupError: The disk gives back something else than was written.
        """
        path = self.object(sha256)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part = path.with_name(f"{sha256}{UNFINISHED}")
        try:
            with open(part, "wb", opener=private) as to:
                if pour(source, to, told) != sha256:
                    part.unlink()
                    return False
            self.adopt(part, sha256)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        return True

    def adopt(self, part: Path, sha256: str) -> None:
        """Give a file that was written in this folder its place; durable, and read back from the disk, on return.

        Raises:
            BackupError: The disk gives back something else than was written.
        """
        with part.open("rb") as file:
            os.fsync(file.fileno())
            # Not from memory: what counts is what the stick kept.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            try:
                kept = pour(file)
            except ReadFailed as error:
                raise OSError(error.errno, error.strerror) from error
        if kept != sha256:
            raise BackupError(
                f"The disk of {self.root} did not keep what was written to it. It is failing, or it is smaller than "
                "it says: take another one."
            )
        path = self.object(sha256)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part.replace(path)
        sync_folder(path.parent)

    def fetch(self, entry: Entry, to: BinaryIO | None, told: Callable[[int], None]) -> str | None:
        """Read an entry's content, copy it to `to`, and return what is wrong with it; None: it is what was backed up.

        Raises:
            BackupError: The backup is not there any more.
        """
        path = self.object(entry.sha256)
        if not path.exists():
            path = path.with_name(f"{path.name}{DAMAGED}")
        try:
            # Never waits on something that is no file.
            opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if not (self.root / _FILES).is_dir():
                raise BackupError(
                    f"The backup {self.root} is not there any more. Plug the disk in again and run the command again."
                ) from error
            return "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        with os.fdopen(opened, "rb") as file:
            about = os.fstat(opened)
            try:
                whole = stat.S_ISREG(about.st_mode) and about.st_size == entry.size
                return None if whole and pour(file, to, told) == entry.sha256 else "is damaged"
            except ReadFailed as error:
                return f"cannot be read ({error.strerror})"

    def set_aside(self, entry: Entry) -> None:
        """Mark an entry's content as damaged: the next backup copies it again. On a disk that is read-only, do nothing.

        It is not removed: whatever could not be read this time is still found by the next `fetch`.
        """
        path = self.object(entry.sha256)
        with contextlib.suppress(OSError):
            path.replace(path.with_name(f"{path.name}{DAMAGED}"))
            sync_folder(path.parent)

    def remove_unnamed(self, manifest: Manifest) -> None:
        """Remove what the manifest does not name, and what an interrupted backup left; durable on return."""
        wanted = {entry.sha256 for entry in manifest.entries}
        there = self.sizes()
        removed = set()
        for found in self._all():
            sha256, ending = found.name[:64], found.name[64:]
            if sha256 in wanted and (ending == "" or (ending == DAMAGED and sha256 not in there)):
                continue
            if _SHA256.fullmatch(sha256) and ending in ("", UNFINISHED, DAMAGED):
                Path(found).unlink()
                removed.add(Path(found).parent)
        for folder in removed:
            sync_folder(folder)

    def _all(self) -> Iterator["os.DirEntry[str]"]:
        for name in sorted(os.listdir(self.root / _FILES)):
            if re.fullmatch(r"[0-9a-f]{2}", name):
                with os.scandir(self.root / _FILES / name) as found:
                    yield from list(found)
