"""The installed models, `<data>/models/`: a folder each, and `in-use.json`, which says what each of them writes down.

Only the command line writes here (`sayso models`), under the lock "installer". A name that begins with a point is work
that is not finished, and whoever reads passes it over.
"""

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, Field

from kiosk.errors import ModelError, StoryDamaged
from kiosk.stories.files import UNFINISHED, sync_folder, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Record, parse_record
from models.model_files import STARTER, model_folder

#: What a model may be called: it becomes the name of a folder.
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RECORD = "installed.json"
_IN_USE = "in-use.json"
#: What a model of the same name that was replaced is called for a moment, where the disk cannot exchange two folders.
_REPLACED = ".replaced"
#: From Linux's fcntl.h and fs.h: paths are taken as they are; swap the two.
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


class InstalledModel(Record):
    """`installed.json` beside a model's files: where they came from, and what they were when they came."""

    name: str
    language: str | None = Field(default=None, description="None: nobody has said.")
    source: str = Field(description="Where its zip came from.")
    installed_at: AwareDatetime
    zip_sha256: str
    files: dict[str, str] = Field(description="Path in the model's folder -> SHA-256 of what was unpacked.")
    memory_mb: float = Field(description="What it took on this machine when it was tried out.")
    real_time_factor: float = Field(description="Seconds of one processor for each second of speech, likewise.")
    adapted_from: str | None = Field(
        default=None, description="The model that it was made from, by `sayso models adapt`."
    )


class InUse(Record):
    """`in-use.json`: language without its country -> name of the model that writes it down."""

    models: dict[str, str] = Field(default={})


@dataclass(frozen=True)
class InstalledModels:
    """The models of one data folder, which need not exist yet."""

    data: DataFolder

    @property
    def root(self) -> Path:
        """Where they are."""
        return self.data.models

    @property
    def in_use_path(self) -> Path:
        """The file that says which model is in use."""
        return self.root / _IN_USE

    def folder(self, name: str) -> Path:
        """Return where the model of that name is, or would be; "starter" is the one that comes with Sayso."""
        return model_folder(STARTER) if name == STARTER else self.root / name

    def names(self) -> list[str]:
        """Return the names of all that are there."""
        try:
            names = sorted(os.listdir(self.root))
        except FileNotFoundError:
            return []
        return [name for name in names if MODEL_NAME.fullmatch(name) and (self.root / name).is_dir()]

    def record(self, name: str) -> InstalledModel | None:
        """Return what is known of a model, or None: it was put there by hand, or its record cannot be read."""
        path = self.folder(name) / _RECORD
        try:
            return parse_record(InstalledModel, path.read_bytes(), str(path))
        except (OSError, StoryDamaged):
            return None

    def in_use(self) -> dict[str, str]:
        """Return which model writes down which language: only what was chosen with `sayso models use`.

        Raises:
            ModelError: The file cannot be read.
        """
        try:
            return parse_record(InUse, self.in_use_path.read_bytes(), str(self.in_use_path)).models
        except FileNotFoundError:
            return {}
        except (OSError, StoryDamaged) as error:
            raise ModelError(
                f"{self.in_use_path} cannot be read, so that nobody knows which speech model was chosen: {error} "
                "Choose again: sayso models use NAME"
            ) from error

    def use(self, language: str, name: str) -> None:
        """Let a model write down a language from now on. A file that cannot be read is written anew.

        Raises:
            OSError: The disk does not take it; the old choice stands.
        """
        chosen: dict[str, str] = {}
        with contextlib.suppress(ModelError):
            chosen = self.in_use()
        write_whole(self.in_use_path, InUse(models=chosen | {language: name}).to_bytes())

    # Changing what is there; the caller holds the lock.

    def unfinished(self, name: str) -> Path:
        """Return where a model's folder is put together."""
        return self.root / f".{name}{UNFINISHED}"

    def write_record(self, folder: Path, record: InstalledModel) -> None:
        """Put the record beside a model's files, durably."""
        write_whole(folder / _RECORD, record.to_bytes())

    def put_in_place(self, made: Path, name: str) -> None:
        """Turn a folder that was put together into the model of that name; one that was there is removed.

        At every moment there is either the old model or the new one, also for who is killed meanwhile.
        """
        place = self.folder(name)
        if not place.exists():
            made.rename(place)
        elif not _exchanged(made, place):
            place.rename(self.root / f".{name}{_REPLACED}")
            made.rename(place)
        sync_folder(self.root)
        self.tidy()

    def remove(self, name: str) -> None:
        """Remove a model: first its name, then its files."""
        self.folder(name).rename(self.unfinished(name))
        sync_folder(self.root)
        self.tidy()

    def tidy(self) -> None:
        """Remove or put back what was left by somebody who was killed. Zips that are half fetched stay."""
        for path in self.root.glob(f".*{_REPLACED}"):
            place = self.root / path.name[1 : -len(_REPLACED)]
            if not place.exists():
                path.rename(place)
            else:
                shutil.rmtree(path)
        for path in self.root.glob(f".*{UNFINISHED}"):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def changed_files(self, name: str) -> Iterator[str]:
        """Yield the files that are not what was unpacked; nothing for a model without a record."""
        record = self.record(name)
        for path, sha256 in (record.files if record else {}).items():
            try:
                with (self.folder(name) / path).open("rb") as file:
                    same = hashlib.file_digest(file, "sha256").hexdigest() == sha256
            except OSError:
                same = False
            if not same:
                yield path


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places at one stroke; False where the kernel or the disk cannot (FAT, a network drive)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code), str(other))
