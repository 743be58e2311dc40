"""Removing folders, whatever lies in them and whoever does the same."""

import os
import socket
import threading
from pathlib import Path

import pytest

from admin_web.archive.removing import remove_file, remove_folder, remove_left


@pytest.fixture
def outside(in_memory: Path) -> Path:
    """What must not be touched."""
    outside = in_memory / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "file").write_bytes(b"outside")
    return outside


@pytest.fixture
def full(in_memory: Path, outside: Path) -> Path:
    """A folder with all kinds of things in it."""
    full = in_memory / "stories" / "full"
    (full / "a" / "b" / "c").mkdir(parents=True)
    (full / "empty").mkdir()
    for name in ("file", "a/file", "a/b/c/file", ".hidden", "wörds \udcff"):
        (full / name).write_bytes(b"inside")
    (full / "link to a file").symlink_to(outside / "file")
    (full / "link to a folder").symlink_to(outside)
    (full / "a" / "link to nothing").symlink_to(outside / "nothing")
    (full / "a" / "link to itself").symlink_to(full)
    os.mkfifo(full / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(full / "socket"))
    (full / "read only").write_bytes(b"inside")
    (full / "read only").chmod(0o400)
    return full


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_everything_in_it_goes_and_nothing_that_it_links_to(full: Path, outside: Path) -> None:
    with (full / "file").open("rb") as held:
        remove_folder(full)
        assert held.read() == b""
    assert names(full.parent) == []
    assert names(outside) == ["deep", "file"] and (outside / "file").read_bytes() == b"outside"
    remove_folder(full)


def test_a_link_and_a_file_of_its_name_go_as_well(in_memory: Path, outside: Path) -> None:
    place = in_memory / "stories"
    place.mkdir()
    for target in (outside, outside / "file", outside / "nothing"):
        (place / "name").symlink_to(target)
        remove_folder(place / "name")
        assert names(place) == []
    (place / "name").write_bytes(b"inside")
    remove_folder(place / "name")
    assert names(place) == []
    assert names(outside) == ["deep", "file"] and (outside / "file").read_bytes() == b"outside"


def test_what_an_interrupted_run_has_left_does_not_stop_the_next(full: Path) -> None:
    (full.parent / ".full.gone" / "a").mkdir(parents=True)
    (full.parent / ".full.gone" / "a" / "file").write_bytes(b"left")
    remove_folder(full)
    assert names(full.parent) == []


def test_what_was_left_is_removed_and_nothing_else(full: Path) -> None:
    place = full.parent
    (place / ".left.gone" / "a").mkdir(parents=True)
    (place / ".file.gone").write_bytes(b"left")
    others = ["full", "other.gone", ".being-copied", ".copied.part"]
    for name in others[1:]:
        (place / name).mkdir()
    remove_left(place)
    assert names(place) == sorted(others)


def test_several_may_remove_the_same(full: Path) -> None:
    mistakes: list[BaseException] = []

    def work() -> None:
        try:
            remove_folder(full)
        except BaseException as error:
            mistakes.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mistakes == []
    remove_left(full.parent)
    assert names(full.parent) == []


def test_a_file_that_may_not_be_emptied_is_removed_all_the_same(
    in_memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (in_memory / "file").write_bytes(b"inside")

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "truncate", forbidden)
    remove_file(in_memory / "file")
    assert names(in_memory) == []
    remove_file(in_memory / "file")
