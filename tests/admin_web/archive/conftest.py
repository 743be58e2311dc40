from collections.abc import Iterator
from pathlib import Path

import pytest
from tinydb import TinyDB

from admin_web.archive import Archive
from admin_web.archive.documents import Documents
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.commands import Terminal
from tests.admin_web.archive.opening import KINDS, folder_in_memory, open_kind
from tests.admin_web.archive.others import Others


@pytest.fixture
def in_memory() -> Iterator[Path]:
    """A folder for what has nothing to do with disks."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture(params=KINDS)
def db(request: pytest.FixtureRequest, in_memory: Path) -> Iterator[TinyDB]:
    """A database of one kind and then the next; what is tested with it holds for each."""
    with open_kind(request.param, in_memory) as opened:
        yield opened


@pytest.fixture
def documents(in_memory: Path) -> Iterator[Documents]:
    with Documents(in_memory / "archive.sqlite") as opened:
        yield opened


@pytest.fixture
def folder(in_memory: Path) -> DataFolder:
    """A data folder on which nothing waits for a disk."""
    return DataFolder.open(in_memory / "data")


@pytest.fixture
def archive(folder: DataFolder) -> Iterator[Archive]:
    with Archive(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def all_others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Others]:
    with Others(tmp_path_factory.mktemp("others")) as started:
        yield started


@pytest.fixture
def others(all_others: Others) -> Iterator[Others]:
    """Other processes; they end with the test."""
    yield all_others
    all_others.end_all()


@pytest.fixture
def sayso(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    for name in ("SAYSO_DATA", "SAYSO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return Terminal(monkeypatch, capsys)


@pytest.fixture
def stick(in_memory: Path) -> DataFolder:
    """The data folder of another station, as it is on a stick."""
    return DataFolder.open(in_memory / "stick")
