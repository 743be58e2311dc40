import contextlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_web.archive import Archive
from admin_web.archive.backup.check import check
from admin_web.archive.backup.manifest import Manifest
from admin_web.archive.backup.restore import restore
from kiosk.errors import AlreadyRunning, BackupError, DataFolderError
from kiosk.stories.folder import RESTORING, DataFolder
from tests.admin_web.archive.copies import (
    State,
    backed_up,
    in_memory,
    mounted,
    put_programme,
    remount,
    restored,
    run,
    state_of,
    tell,
)

WORDS = ("the bus was late", "the soup was good", "nobody asked me")


@pytest.fixture(scope="module")
def source() -> Iterator[DataFolder]:
    """A station with three stories."""
    with in_memory() as place:
        folder = DataFolder.open(place / "data")
        put_programme(folder)
        for text in WORDS:
            tell(folder, text)
        yield folder


@pytest.fixture(scope="module")
def whole(source: DataFolder) -> Path:
    """Its backup, which no test changes."""
    to = source.root.parent / "stick"
    backed_up(source, to)
    return to


@pytest.fixture(scope="module")
def state(source: DataFolder) -> State:
    return state_of(source)


@pytest.fixture
def to(whole: Path, tmp_path: Path) -> Path:
    """A backup to be damaged."""
    return Path(shutil.copytree(whole, tmp_path / "stick"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "new"


def test_it_comes_back_for_this_account_alone_and_the_station_goes_on(whole: Path, root: Path, state: State) -> None:
    told = run("restore", whole, "--data", root)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("3 stories (") and told.stderr == ""
    folder = DataFolder.open(root)
    for path in [*folder.stories.rglob("*"), *folder.programme.rglob("*"), *folder.archive.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert state_of(folder) == state
    assert not (root / RESTORING).exists()
    with Archive(folder) as archive:
        assert archive.stories.count() == 3
    tell(folder, "told after the restore")


@pytest.mark.parametrize("there", ["takes/station-000001-aaaaaa", "stories/x", "programme/x", "archive/archive.sqlite"])
def test_nothing_is_brought_back_over_anything(whole: Path, root: Path, there: str) -> None:
    DataFolder.open(root)
    (root / there).write_text("x")
    with pytest.raises(BackupError, match=f"is not empty: there is something in {there.split('/')[0]}"):
        restore(whole, root)
    assert (root / there).read_text() == "x" and not (root / RESTORING).exists()


def test_nothing_is_brought_back_under_a_station_at_work(whole: Path, root: Path, state: State) -> None:
    folder = DataFolder.open(root)
    for who in ("kiosk", "transcriber", "admin"):
        with folder.lock(who), pytest.raises(AlreadyRunning, match=who):
            restore(whole, root)
    assert restored(whole, root) == state


@pytest.mark.parametrize("place", ["nowhere", "an empty folder", "a file", "the data folder", "in the data folder"])
def test_what_is_no_backup_is_refused(whole: Path, root: Path, tmp_path: Path, place: str) -> None:
    at = tmp_path / "place"
    if place == "an empty folder":
        at.mkdir()
    elif place == "a file":
        at.write_text("x")
    elif place == "the data folder":
        at = root
        DataFolder.open(root)
    elif place == "in the data folder":
        at = Path(shutil.copytree(whole, root / "stick"))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BackupError):
        restore(at, root)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_story_that_was_taken_back_does_not_come_back(to: Path, root: Path, source: DataFolder) -> None:
    gone = source.story_folders()[0]
    manifest = Manifest.model_validate_json((to / "backup.json").read_bytes())
    (to / "backup.json").write_bytes(manifest.model_copy(update={"withdrawn": (gone.id,)}).to_bytes())
    files, _ = restored(to, root)
    assert gone.id not in str(files.keys()) and len(DataFolder.open(root).story_folders()) == 2


# Damage.

Damages = st.lists(
    st.tuples(
        st.integers(0, 99), st.sampled_from(["flip", "cut", "lengthen", "remove", "folder", "swap"]), st.integers(0)
    ),
    min_size=1,
    max_size=4,
)


def damage(to: Path, damages: list[tuple[int, str, int]]) -> None:
    for which, kind, where in damages:
        paths = sorted(path for path in to.rglob("*") if path.is_file() and path.stat().st_size)
        path = paths[which % len(paths)]
        content = bytearray(path.read_bytes())
        if kind == "flip":
            content[where % len(content)] ^= 1 << where % 8
        elif kind == "cut":
            del content[where % len(content) :]
        elif kind == "lengthen":
            content += b"\0" * (1 + where % 99)
        elif kind == "swap":
            content = bytearray(paths[(which + 1) % len(paths)].read_bytes())
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind != "remove":
            path.write_bytes(content)


@settings(max_examples=50, deadline=None)
@given(damages=Damages)
def test_damage_never_comes_back_as_if_it_were_whole(
    damages: list[tuple[int, str, int]], whole: Path, state: State
) -> None:
    with in_memory() as folder:
        to, root = Path(shutil.copytree(whole, folder / "stick")), folder / "new"
        damage(to, damages)
        come_back_whole_or_not(to, root, state)


def come_back_whole_or_not(to: Path, root: Path, state: State) -> None:
    try:
        assert restored(to, root) == state
    except BackupError:
        with contextlib.suppress(FileNotFoundError):
            assert not any(os.listdir(root / part) for part in ("stories", "programme", "archive"))
        with contextlib.suppress(BackupError):
            files, tables = restored(to, root, without_damaged=True)
            assert files.items() <= state[0].items() and tables in (None, state[1])
            stories = {path.split("/")[1] for path in files if path.startswith("stories/")}
            # A story comes back whole or not at all.
            assert all(path in files for path in state[0] if path.split("/")[1] in stories)
    with contextlib.suppress(BackupError):
        check(to)


def test_what_is_damaged_is_named_and_all_else_comes_back(to: Path, root: Path, source: DataFolder) -> None:
    first, second, third = source.story_folders()
    for path in (to / "files").glob("??/*"):
        if path.read_bytes() == first.audio.read_bytes():
            path.write_bytes(b"RIFF")
        elif path.read_bytes() == third.transcript_path.read_bytes():
            path.unlink()
        elif path.read_bytes().startswith(b"SQLite"):
            path.write_bytes(path.read_bytes()[:-1] + b"x")
    faults = f"{first.id} (audio.wav is damaged); {third.id} (transcript.json is missing)"
    with pytest.raises(BackupError, match=re.escape(f"archive (archive.sqlite is damaged); {faults}. Nothing was put")):
        restore(to, root)
    with pytest.raises(DataFolderError, match="Run 'sayso restore"):
        DataFolder.open(root)
    told = run("restore", "--without-damaged", to, "--data", root)
    assert told.returncode == 0 and told.stdout.startswith("1 stories (")
    assert faults in told.stderr and "'sayso archive rebuild' makes it anew" in told.stderr
    folder = DataFolder.open(root)
    assert [story.id for story in folder.story_folders()] == [second.id]
    assert not (folder.archive / "archive.sqlite").exists()


OUTSIDE = ["../x", "/etc/x", "stories/../../x", "stories/x", "stories/station-000001-aaaaaa", "takes/a/b", "status/x"]
OUTSIDE += [
    "stories/station-000001-aaaaaa/../../x",
    "programme",
    "programme/",
    "archive/x",
    "archive/archive.sqlite/x",
    "",
]
OUTSIDE += ["stories/station-000001-aaaaaa//x", "stories/station-000001-aaaaaa/./x", "programme/a\0b", ".restoring/x"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_manifest_cannot_put_anything_elsewhere(to: Path, root: Path, tmp_path: Path, path: str) -> None:
    manifest = Manifest.model_validate_json((to / "backup.json").read_bytes())
    smuggled = manifest.entries[0].model_copy(update={"path": path})
    forged = manifest.model_copy(update={"entries": (*manifest.entries, smuggled)}).to_bytes()
    for name in ("backup.json", "backup.copy.json"):
        (to / name).write_bytes(forged)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BackupError, match="is damaged"):
        restore(to, root)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "entries", ["twice", "a file that is a folder", "a name that is too long", "an impossible time"]
)
def test_a_manifest_that_makes_no_sense_is_refused(to: Path, root: Path, entries: str) -> None:
    manifest = Manifest.model_validate_json((to / "backup.json").read_bytes())
    last = manifest.entries[-1]
    changes = {
        "twice": {},
        "a file that is a folder": {"path": f"{last.path}/x"},
        "a name that is too long": {"path": f"programme/{'x' * 300}"},
        "an impossible time": {"path": "programme/x", "mtime_ns": 2**80},
    }
    forged = manifest.model_copy(update={"entries": (*manifest.entries, last.model_copy(update=changes[entries]))})
    for name in ("backup.json", "backup.copy.json"):
        (to / name).write_bytes(forged.to_bytes())
    with pytest.raises(BackupError):
        restore(to, root)
    assert not (root / "stories").exists()


def test_links_and_pipes_in_a_backup_are_not_followed(to: Path, root: Path, tmp_path: Path) -> None:
    first, second = sorted((to / "files").glob("??/*"))[:2]
    shutil.move(first, tmp_path / "outside")
    first.symlink_to(tmp_path / "outside")
    second.unlink()
    os.mkfifo(second)
    with pytest.raises(BackupError, match="Damaged in the backup"):
        restore(to, root)


def test_a_restore_without_room_says_so_and_goes_on_when_there_is(whole: Path, state: State, tmp_path: Path) -> None:
    with mounted("tmpfs", "size=64k", "none", tmp_path / "small") as small:
        with pytest.raises(BackupError, match="MB more in"):
            restore(whole, small / "new")
        remount(small, "size=8m")
        assert restored(whole, small / "new") == state
