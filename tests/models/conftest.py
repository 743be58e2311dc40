"""Real speech (espeak-ng), real story folders (kiosk.stories), and the real transcriber as a process."""

import io
import shutil
import subprocess
import sys
import wave
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kiosk.cli import main
from kiosk.stories.folder import DataFolder
from models.installed import InstalledModels
from models.model_files import model_folder
from tests.models.helpers import LONG, ROOT, SHORT, Running, Teller
from tests.models.publisher import NAME, Publishing


class Done(NamedTuple):
    """How a command ended, and what it said."""

    returncode: object
    stdout: str
    stderr: str


@pytest.fixture
def run(folder: DataFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run a command as `sayso` does, in this process, to be quick."""

    def run(*words: object, data: Path = folder.root) -> Done:
        monkeypatch.setattr(sys, "argv", ["sayso", *map(str, words), "--data", str(data)])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Done(code, said.out, said.err)

    return run


@pytest.fixture
def models(folder: DataFolder) -> InstalledModels:
    return InstalledModels(folder)


@pytest.fixture
def put(models: InstalledModels) -> Callable[..., None]:
    """Put the starter model there by hand, under other names."""

    def put(*names: str) -> None:
        for name in names:
            shutil.copytree(model_folder("starter"), models.root / name)

    return put


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """Speak a text: 16 kHz mono s16le."""
    folder = tmp_path_factory.mktemp("speech")
    spoken: dict[str, bytes] = {}

    def speak(text: str) -> bytes:
        if text not in spoken:
            wide, narrow = folder / "wide.wav", folder / "narrow.wav"
            subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "150", "-w", wide, text], check=True)
            convert = ["sox", "-V1", "-G", wide, "-r", "16000", "-c", "1", "-b", "16", narrow]
            subprocess.run(convert, check=True)
            with wave.open(str(narrow)) as file:
                spoken[text] = file.readframes(file.getnframes())
        return spoken[text]

    return speak


@pytest.fixture
def short(speak: Callable[[str], bytes]) -> bytes:
    return speak(SHORT)


@pytest.fixture
def long(speak: Callable[[str], bytes]) -> bytes:
    """A hundred seconds, so that something can happen while it is being transcribed."""
    pcm = speak(LONG)
    return pcm * (100 * 32_000 // len(pcm))


@pytest.fixture
def endless(long: bytes) -> bytes:
    """So much that nobody has transcribed it before the test has ended, whatever holds the test up."""
    return long * 10


@pytest.fixture
def wav_of() -> Callable[[bytes], bytes]:
    def wav_of(pcm: bytes) -> bytes:
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(pcm)
        return content.getvalue()

    return wav_of


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "data")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the starter model that a test may break."""
    copy = tmp_path / "model"
    shutil.copytree(model_folder("starter"), copy)
    return copy


@pytest.fixture
def begin(folder: DataFolder) -> Callable[..., Teller]:
    return lambda language="en-GB": Teller(folder, language)


@pytest.fixture
def start(folder: DataFolder) -> Iterator[Callable[..., Running]]:
    """Start the transcriber as a user would; all are ended after the test."""
    running: list[Running] = []

    def start(*arguments: str | Path) -> Running:
        command = [sys.executable, "-m", "kiosk.cli", "transcribe", "--data", folder.root, *arguments]
        running.append(Running(folder, subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
        _, said = each.process.communicate()
        assert b"Traceback" not in said, said.decode()


@pytest.fixture
def sayso(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    def sayso(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "kiosk.cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=240
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return sayso


@pytest.fixture(scope="session")
def zip_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], bytes]:
    """Zip a model's folder as the publisher does: one folder at the top. Nothing is shrunk, to be quick."""

    def zip_of(model: Path, name: str = NAME) -> bytes:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as file:
            for path in sorted(model.rglob("*")):
                file.write(path, Path(name) / path.relative_to(model))
        return content.getvalue()

    return zip_of


@pytest.fixture(scope="session")
def starter_zip(zip_of: Callable[[Path], bytes]) -> bytes:
    return zip_of(model_folder("starter"))


@pytest.fixture
def server(starter_zip: bytes) -> Iterator[Publishing]:
    """The publisher, with the starter model under the name of another."""
    server = Publishing(starter_zip)
    yield server
    server.stop()
