"""Installing a model: fetched or brought on a stick, unpacked, tried out, and only then put in place."""

import contextlib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.config import Config
from kiosk.errors import DiskFull, ModelError, SaysoError
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ
from models.catalogue import Listed, catalogue, spoken
from models.choice import NONE
from models.download import Publisher
from models.installed import MODEL_NAME, InstalledModel, InstalledModels
from models.model_files import AUTO, STARTER, check_model
from models.trial import Trial, try_out
from models.unpack import ModelZip

#: Before a zip is there nobody knows how much comes out of it: models unpack to about twice their zip.
_UNPACKED_PER_ZIP = 2.5
_NOT_A_NAME = (STARTER, AUTO, NONE)

#: Told what goes on, how much of it is done, and how much there is (None: not known).
Show = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Installer:
    """Puts models into the folder of models. Whoever uses it holds the lock "installer".

    Attributes:
        models: The folder.
        reserve_bytes: Room that stays free on the disk: the next story goes first.
        show: Told how far it is.
    """

    models: InstalledModels
    reserve_bytes: float
    show: Show

    def is_whole(self, name: str) -> bool:
        """Say whether a model is there, with every file as it was unpacked."""
        with contextlib.suppress(ModelError):
            check_model(self.models.folder(name))
            return self.models.record(name) is not None and not any(self.models.changed_files(name))
        return False

    def get(self, listed: Listed, publisher: Publisher) -> tuple[InstalledModel, Trial]:
        """Fetch a model from its publisher and install it; after an interruption this goes on.

        A model of the same name stays in use until the new one has written down a test recording.

        Raises:
            DownloadError: It cannot be fetched.
            ModelError: It is no model that works here.
            DiskFull: There is no room for it.
        """
        self.models.tidy()
        expected = publisher.expected(listed.name)
        path = self.models.root / f".{listed.name}.zip"
        there = path.stat().st_size if path.exists() else 0
        zip_bytes = expected.size or (0 if listed.zip_bytes == "unknown" else listed.zip_bytes)
        self._require_room(zip_bytes * (1 + _UNPACKED_PER_ZIP) - there)
        publisher.fetch(listed.name, expected, path, lambda done, total: self.show("Fetching", done, total))
        try:
            installed = self._install(path, listed.name, listed.language, publisher.zip_address(listed.name))
        except ModelError:
            path.unlink()  # fetched again it would be the same
            raise
        path.unlink()
        return installed

    def get_zip(self, path: Path, language: str | None) -> tuple[InstalledModel, Trial]:
        """Install a model from a zip that somebody has brought.

        Args:
            path: The zip.
            language: What the model writes down; None: as the catalogue says, if it knows the model.

        Raises:
            ModelError: It is no zip of a model that works here.
            DiskFull: There is no room for it.
        """
        self.models.tidy()
        with ModelZip(path) as packed:
            name = packed.model_folder().name or path.stem
        if not MODEL_NAME.fullmatch(name) or name in _NOT_A_NAME:
            raise ModelError(
                f"The model in {path} is called '{name}', which cannot be a model's name here: letters, digits, points "
                "and hyphens. Give its folder another name and zip it again."
            )
        listed = catalogue().find(name)
        return self._install(path, name, language or (listed.language if listed else None), path.name)

    def _install(self, path: Path, name: str, language: str | None, source: str) -> tuple[InstalledModel, Trial]:
        part = self.models.unfinished(name)
        try:
            with self._on_disk():
                made, files, zip_sha256 = self._unpack(path, part)
            check_model(made)
            self.show("Trying it out", 0, None)
            trial = try_out(made)
            if not trial.words and language and spoken(language) == "en":
                raise ModelError(f"{name} heard no word in a test recording: it does not work. Choose another model.")
            record = InstalledModel(
                name=name,
                language=language,
                source=source,
                installed_at=datetime.now(UTC).astimezone(),
                zip_sha256=zip_sha256,
                files=files,
                memory_mb=round(trial.memory_mb, 1),
                real_time_factor=round(trial.real_time_factor, 3),
            )
            with self._on_disk():
                self.models.write_record(made, record)
                self.models.put_in_place(made, name)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return record, trial

    def _unpack(self, path: Path, part: Path) -> tuple[Path, dict[str, str], str]:
        """Return the unpacked model's folder, the SHA-256 of each file in it, and that of the zip."""
        with ModelZip(path) as packed:
            folder = packed.model_folder()
            self._require_room(packed.size)
            done = 0

            def progress(size: int) -> None:
                nonlocal done
                done += size
                self.show("Unpacking", done, packed.size)

            written = packed.unpack(part, progress)
        with path.open("rb") as file:
            zip_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        within = {Path(name): sha256 for name, sha256 in written.items() if Path(name).is_relative_to(folder)}
        return part / folder, {str(name.relative_to(folder)): within[name] for name in within}, zip_sha256

    def _require_room(self, needed: float) -> None:
        free = shutil.disk_usage(self.models.root).free
        if free - needed < self.reserve_bytes:
            raise DiskFull(
                f"The model needs {needed / 1e6:,.0f} MB, and of the {free / 1e6:,.0f} MB that are free on the disk of "
                f"{self.models.root} {self.reserve_bytes / 1e6:,.0f} MB are kept for stories. "
                "Copy stories elsewhere and delete what is no longer needed, or remove a model: sayso models remove"
            )

    @contextlib.contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except SaysoError:
            raise
        except OSError as error:
            raise DiskFull(
                f"{self.models.root} does not take the model: {error.strerror}. Nothing was changed. "
                "Make room, or look whether the disk is well, and run the same again."
            ) from error


def reserve_bytes(config: Config) -> float:
    """Return the room that must stay free: the longest story, and the settings' reserve."""
    return config.disk.reserve_mb * 1e6 + config.conversation.longest_story_s * SAMPLERATE_HZ * FRAME_BYTES
