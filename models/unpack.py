"""Unpacks a model's zip without trusting it.

A zip may come from anywhere (a stick, a page, somebody in between), so that everything in it is looked at before a byte
is written, and counted again while it is.
"""

import contextlib
import hashlib
import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Generator
from pathlib import Path, PurePosixPath

from kiosk.errors import ModelError
from kiosk.stories.files import sync_folder

#: A model has some 15 to 40 files.
_MOST_FILES = 1000
#: More than the publisher's largest models take.
MOST_BYTES = 8_000_000_000
#: Models shrink to a half or a third. What shrinks more than this was made to fill the disk.
_MOST_SHRUNK = 50
_LONGEST_NAME = 200
_CHUNK_BYTES = 1 << 20
_ENCRYPTED = 0x1 | 0x40
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What a Mac adds to each zip.
_PASSED_OVER = ("__MACOSX", ".DS_Store")
#: What zipfile raises over a zip that is cut off or was made to be wrong.
_WRONG = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)

#: Told how many bytes more are done.
Progress = Callable[[int], None]


class ModelZip:
    """A zip that may hold a model, open for reading and looked through.

    Attributes:
        path: Where it is.
        size: Bytes of all that is in it, unpacked, as it says itself; `unpack` holds it to that.
    """

    def __init__(self, path: Path) -> None:
        """Open it and look at every name and number in it; nothing is unpacked.

        Raises:
            ModelError: It is no zip, is cut off, or holds what no model's zip holds.
        """
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise ModelError(f"Cannot read {path}: {error.strerror}.") from error
        except _WRONG as error:
            raise _no_zip(path, error) from error
        try:
            self._files = self._look_through()
        except BaseException:
            self.close()
            raise
        self.size = sum(info.file_size for info in self._files.values())

    def __enter__(self) -> "ModelZip":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def model_folder(self) -> PurePosixPath:
        """Return the folder in the zip that holds the model; "." if the zip itself does.

        Raises:
            ModelError: There is none, or more than one.
        """
        # The newer layout has the acoustic model in a folder of its own, the older one beside its options.
        newer = {path.parent.parent for path in self._files if path.parts[-2:] == ("am", "final.mdl")}
        older = {path.parent for path in self._files if path.name == "final.mdl" and path.parent.name != "am"}
        found = newer | {folder for folder in older if folder / "mfcc.conf" in self._files}
        if len(found) != 1:
            what = f"{len(found)} speech models" if found else "no speech model"
            raise self._refused(f"it holds {what}")
        return found.pop()

    def unpack(self, into: Path, progress: Progress = lambda _: None) -> dict[str, str]:
        """Write everything into `into`, which does not exist yet, and bring it to the disk itself.

        Returns:
            Path below `into` -> SHA-256 of each file.

        Raises:
            ModelError: A file is not what the zip says of it.
            OSError: The disk does not take it.
        """
        written: dict[str, str] = {}
        for path, info in self._files.items():
            for folder in reversed(path.parents):
                (into / folder).mkdir(exist_ok=True, mode=0o700)
            written[str(path)] = self._write(info, into / path, progress)
        for made, _, _ in os.walk(into):
            sync_folder(Path(made))
        return written

    def _write(self, info: zipfile.ZipInfo, place: Path, progress: Progress) -> str:
        sha256, size = hashlib.sha256(), 0
        with contextlib.closing(self._read(info)) as chunks, open(place, "xb", opener=_private) as file:
            for chunk in chunks:
                size += len(chunk)
                sha256.update(chunk)
                file.write(chunk)
                progress(len(chunk))
            file.flush()
            os.fsync(file.fileno())
        if size != info.file_size:
            raise self._refused(f"{info.filename} is shorter than it says")
        return sha256.hexdigest()

    def _read(self, info: zipfile.ZipInfo) -> Generator[bytes, None, None]:
        """Yield a file; zipfile gives no more than the size that was looked at, and compares its checksum."""
        try:
            with self._zip.open(info) as packed:
                while chunk := packed.read(_CHUNK_BYTES):
                    yield chunk
        except (OSError, *_WRONG) as error:
            raise _no_zip(self.path, error) from error

    def _look_through(self) -> dict[PurePosixPath, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > _MOST_FILES:
            raise self._refused(f"it holds {len(infos)} files; a model has a few dozen")
        files: dict[PurePosixPath, zipfile.ZipInfo] = {}
        folders: set[PurePosixPath] = set()
        for info in infos:
            path = self._plain_path(info)
            if path.parts[0] in _PASSED_OVER or path.name in _PASSED_OVER:
                continue
            self._require_plain(info)
            if info.is_dir():
                folders.add(path)
            elif path in files:
                raise self._refused(f"{path} is in it twice")
            else:
                files[path] = info
        self._require_one_name_each(files, folders)
        self._require_honest_sizes(list(files.values()))
        return files

    def _plain_path(self, info: zipfile.ZipInfo) -> PurePosixPath:
        """Return where a file goes; a name that could lead anywhere else, or that some disks refuse, is none."""
        name = info.orig_filename.removesuffix("/")
        plain = name.isprintable() and not set(name) & set('\\:*?"<>|') and len(name) <= _LONGEST_NAME
        if not plain or any(part in ("", ".", "..") for part in name.split("/")):
            raise self._refused(f"it holds the name {info.orig_filename!r}, which is no plain path in its own folder")
        return PurePosixPath(name)

    def _require_plain(self, info: zipfile.ZipInfo) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFDIR if info.is_dir() else stat.S_IFREG):
            raise self._refused(f"{info.filename} is a link or a device, no plain file")
        if info.flag_bits & _ENCRYPTED:
            raise self._refused(f"{info.filename} is locked with a password")
        if info.compress_type not in _PACKED:
            raise self._refused(f"{info.filename} is packed in a way that models are not")

    def _require_one_name_each(self, files: dict[PurePosixPath, zipfile.ZipInfo], folders: set[PurePosixPath]) -> None:
        """Refuse two names that some disk takes for one, and a name that is both a file and a folder."""
        every_folder = folders | {parent for path in (*files, *folders) for parent in path.parents}
        if both := every_folder & files.keys():
            raise self._refused(f"{min(both)} is a file and a folder")
        seen: dict[str, PurePosixPath] = {}
        for path in (*files, *every_folder):
            alike = unicodedata.normalize("NFKC", str(path)).casefold()
            if seen.setdefault(alike, path) != path:
                raise self._refused(f"{path} and {seen[alike]} have the same name on some disks")

    def _require_honest_sizes(self, infos: list[zipfile.ZipInfo]) -> None:
        packed, unpacked = sum(info.compress_size for info in infos), sum(info.file_size for info in infos)
        zip_bytes = self.path.stat().st_size
        # Files that share their bytes come to more than the zip: the way to make a small one unpack to a huge one.
        if packed > zip_bytes:
            raise self._refused("its files lie over one another")
        if unpacked > MOST_BYTES or unpacked > _MOST_SHRUNK * max(zip_bytes, _CHUNK_BYTES):
            raise self._refused(f"it would fill {unpacked / 1e6:,.0f} MB, which no model of its size does")

    def _refused(self, why: str) -> ModelError:
        return ModelError(f"{self.path} is not unpacked: {why}. Get the model from its publisher.")


def _no_zip(path: Path, error: BaseException) -> ModelError:
    return ModelError(f"{path} is no zip, or is cut off or damaged ({error}). Download or copy it again.")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
