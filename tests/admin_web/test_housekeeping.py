"""What the site does by itself once an hour, whatever goes wrong in one round."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator

import pytest

from admin_web import housekeeping
from admin_web.archive import Archive
from admin_web.archive.deleting import Deleting
from admin_web.archive.rebuilding import take_in_new
from admin_web.housekeeping import keep_house
from kiosk.config import KeepingSettings
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import make_story
from tests.sound_card import wait_until

AT_ONCE = KeepingSettings(not_agreed_kept_h=0)


@pytest.fixture
def archive(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setattr(housekeeping, "EVERY_S", 0.01)
    monkeypatch.setattr(housekeeping, "clock_quality", lambda _: "ntp")
    with Archive(folder) as archive:
        yield archive


@pytest.fixture
def start(folder: DataFolder, archive: Archive) -> Iterator[Callable[..., threading.Thread]]:
    stop, threads = threading.Event(), list[threading.Thread]()

    def start(settings: KeepingSettings = AT_ONCE) -> threading.Thread:
        threads.append(threading.Thread(target=keep_house, args=(folder, archive, settings, stop)))
        threads[-1].start()
        return threads[-1]

    yield start
    stop.set()
    for thread in threads:
        thread.join()


def test_what_is_due_is_deleted_and_logged(
    folder: DataFolder, archive: Archive, start: Callable[..., threading.Thread], caplog: pytest.LogCaptureFixture
) -> None:
    kept = make_story(folder, agreed=False, seconds=0.1)
    other = make_story(folder, seconds=0.1)
    take_in_new(folder, archive)
    start()
    wait_until(lambda: not kept.path.exists() and archive.deleting.tombstone(kept.id), "it is deleted")
    wait_until(lambda: "Deleted" in caplog.text, "it is logged")
    assert f"Deleted {kept.id} (story): not agreed to for 0 hours." in caplog.text
    assert other.path.exists()


def test_deletions_and_imports_that_were_interrupted_are_finished(
    folder: DataFolder, archive: Archive, start: Callable[..., threading.Thread]
) -> None:
    kept = make_story(folder, seconds=0.1)
    left = folder.stories / ".station-000077-abcdef.part"
    shutil.copytree(kept.path, left)
    take_in_new(folder, archive)
    with archive.transaction():
        archive.deleting.bury(archive.stories.known(kept.id), "withdrawn", by="ann")
    start()

    def is_cleared() -> bool:
        tombstone = archive.deleting.tombstone(kept.id)
        return tombstone is not None and tombstone.cleared and not kept.path.exists() and not left.exists()

    wait_until(is_cleared, "they are finished")


def test_a_round_that_fails_ends_nothing(
    folder: DataFolder,
    archive: Archive,
    start: Callable[..., threading.Thread],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds: list[int] = []

    def broken(self: Deleting) -> list[str]:
        rounds.append(1)
        raise ZeroDivisionError

    kept = make_story(folder, agreed=False, seconds=0.1)
    take_in_new(folder, archive)
    with monkeypatch.context() as patch:
        patch.setattr(Deleting, "finish", broken)
        thread = start()
        wait_until(lambda: len(rounds) > 4, "it goes on")
    wait_until(lambda: not kept.path.exists(), "it goes on")
    assert thread.is_alive()
    assert "Housekeeping failed." in caplog.text


def test_what_is_still_on_the_disk_is_logged(
    folder: DataFolder,
    archive: Archive,
    start: Callable[..., threading.Thread],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(Deleting, "finish", lambda self: ["x cannot be removed."])
    caplog.set_level(logging.WARNING)
    start()
    wait_until(
        lambda: "Something that was deleted is still on the disk: x cannot be removed." in caplog.text, "it is logged"
    )


def test_it_ends_when_it_is_told(folder: DataFolder, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "EVERY_S", 3600.0)
    stop = threading.Event()
    thread = threading.Thread(target=keep_house, args=(folder, archive, KeepingSettings(), stop))
    thread.start()
    stop.set()
    thread.join()
    assert not thread.is_alive()
