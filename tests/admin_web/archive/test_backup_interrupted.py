"""Kills, full disks and pulled sticks: the last complete backup stays whole, and the next run goes on."""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from admin_web.archive import Archive
from admin_web.archive.backup.back_up import back_up
from admin_web.archive.backup.check import check
from admin_web.archive.backup.restore import restore
from kiosk.errors import BackupError, DataFolderError
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.copies import (
    State,
    backed_up,
    in_memory,
    killed_at,
    mounted,
    objects,
    put_programme,
    remount,
    restored,
    run,
    state_of,
    steps_of,
    tell,
)
from tests.admin_web.making import spread, write_words
from tests.sound_card import wait_until

KILLS = int(os.environ.get("SAYSO_TEST_KILLS", "2"))


class Station:
    """A data folder, the backup of an earlier day, and what each of them brings back."""

    def __init__(self, folder: Path) -> None:
        self.data, self.to = DataFolder.open(folder / "data"), folder / "stick"
        put_programme(self.data)
        kept, gone = tell(self.data, "the bus was late"), tell(self.data, "marmalade periscope")
        backed_up(self.data, self.to)
        self.before = state_of(self.data)
        write_words(kept, spread(["other", "words"]))
        with Archive(self.data) as archive:
            archive.deleting.withdraw(gone.id, by="somebody")
        for n in range(2):
            tell(self.data, f"story number {n}")
        self.now = state_of(self.data)


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    with in_memory() as folder:
        yield Station(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    with in_memory() as folder:
        yield folder


@pytest.fixture
def to(station: Station, place: Path) -> Path:
    """The backup of the earlier day."""
    return Path(shutil.copytree(station.to, place / "stick"))


def whole_before_and_after(station: Station, to: Path, root: Path) -> State:
    """Hold that an interrupted backup is one of the two, and that the next one completes it; return what it was."""
    found = restored(to, root)
    assert found in (station.before, station.now)
    backed_up(station.data, to)
    shutil.rmtree(root)
    assert restored(to, root) == station.now
    shutil.rmtree(root)
    left = [path for path in to.rglob("*") if path.is_file()]
    assert not any(b"marmalade" in path.read_bytes() for path in left)
    assert len(left) == 4 + len({entry for entry in objects(to)}), left
    return found


def some_steps(steps: int, name: str) -> list[int]:
    """Steps all over a call: some of them, or all where many kills are asked for."""
    return sorted(random.Random(name).sample(range(1, steps + 1), min(steps, 6 * KILLS)))


def test_a_backup_killed_at_any_step_leaves_a_whole_one(station: Station, place: Path) -> None:
    steps = steps_of(back_up, station.data.root, shutil.copytree(station.to, place / "trial"))
    found = []
    for step in some_steps(steps, "backup"):
        to = Path(shutil.copytree(station.to, place / f"stick-{step}"))
        killed_at(step, back_up, station.data.root, to)
        found.append(whole_before_and_after(station, to, place / "new"))
        shutil.rmtree(to)
    assert station.before in found


def test_a_first_backup_killed_at_any_step_goes_on(station: Station, place: Path) -> None:
    steps = steps_of(back_up, station.data.root, place / "trial")
    for step in some_steps(steps, "first backup")[::2]:
        to = place / f"stick-{step}"
        killed_at(step, back_up, station.data.root, to)
        before = objects(to)
        backed_up(station.data, to)
        after = objects(to)
        assert all(after[name] == about for name, about in before.items() if name in after)
        assert restored(to, place / f"new-{step}") == station.now


def test_a_restore_killed_at_any_step_goes_on(station: Station, place: Path) -> None:
    steps = steps_of(restore, station.to, place / "trial")
    refused = 0
    for step in some_steps(steps, "restore"):
        root = place / f"new-{step}"
        killed_at(step, restore, station.to, root)
        try:
            there = state_of(DataFolder.open(root))
        except DataFolderError as refusal:
            assert "Run 'sayso restore" in str(refusal)
            refused += 1
            there = ({}, None)
        if there == ({}, None):
            there = restored(station.to, root)
        assert there == station.before
        shutil.rmtree(root)
    assert refused


def test_a_killed_restore_copies_nothing_again(station: Station, place: Path) -> None:
    root = place / "new"
    killed_at(steps_of(restore, station.to, place / "trial") - 60, restore, station.to, root)
    copied = {path.name: path.stat().st_ino for path in (root / ".restoring").rglob("*.wav")}
    assert copied
    restore(station.to, root)
    assert {path.name: path.stat().st_ino for path in root.rglob("*.wav")} == copied


@pytest.mark.parametrize(("call", "number"), [("fsync", 9), ("rename", 4), ("pwrite64", 7), ("unlink", 2)])
def test_the_command_killed_within_a_system_call(
    station: Station, to: Path, place: Path, call: str, number: int
) -> None:
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}"]
    strace = ("strace", "-f", "-qq", "-o", str(place / "trace"), *inject)
    killed = run("backup", to, "--data", station.data.root, before=strace)
    assert killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), killed.stderr
    whole_before_and_after(station, to, place / "new")


@pytest.mark.parametrize(("chance", "number"), [*enumerate([signal.SIGKILL] * KILLS), (KILLS, signal.SIGINT)])
def test_the_command_ended_at_any_moment(
    station: Station, to: Path, place: Path, chance: int, number: signal.Signals
) -> None:
    ended, told = end_in_the_middle(number, random.Random(chance).randrange(1, 10), station.data.root, to)
    if number == signal.SIGINT:
        assert ended == 130 and "Interrupted. The next 'sayso backup' goes on" in told
        assert "Traceback" not in told
    else:
        assert ended == -number
    whole_before_and_after(station, to, place / "new")


#: `sayso`, which stops itself before it brings something to the disk for the `sys.argv[1]`th time.
STOPPING = """
import os, signal, sys
times, sync = int(sys.argv.pop(1)), os.fsync

def stopping(handle):
    global times
    times -= 1
    if not times:
        os.kill(os.getpid(), signal.SIGSTOP)
    sync(handle)

os.fsync = stopping
from kiosk.cli import main
main()
"""


def end_in_the_middle(number: signal.Signals, times: int, root: Path, to: Path) -> tuple[int, str]:
    """Back up, and send a signal in the middle; return the exit code and what was said."""
    command = [sys.executable, "-c", STOPPING, str(times), "backup", str(to), "--data", str(root)]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    process = psutil.Process(started.pid)
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED, "it stands still in the middle")
    for each in (number, signal.SIGCONT):
        started.send_signal(each)
    told, _ = started.communicate()
    return started.returncode, told


# Disks.


@pytest.mark.parametrize("full_while", ["the archive is copied", "the stories are"])
def test_a_full_disk_is_said_and_the_next_backup_goes_on(station: Station, place: Path, full_while: str) -> None:
    archive_kb = max(path.stat().st_size for path in station.to.rglob("*")) // 1024
    room_kb = archive_kb // 2 if full_while == "the archive is copied" else archive_kb + 16
    with mounted("tmpfs", f"size={room_kb}k", "none", place / "mnt") as disk:
        to = disk / "stick"
        with pytest.raises(BackupError, match=r"Cannot write the backup to .*: No space left on device\. Make room"):
            back_up(station.data.root, to)
        before = objects(to)
        assert bool(before) == (full_while == "the stories are")
        remount(disk, "size=8m")
        backed_up(station.data, to)
        assert before.items() <= objects(to).items()
        assert restored(to, place / "new") == station.now


def test_a_disk_that_is_read_only_can_be_checked_and_brought_back(station: Station, place: Path) -> None:
    with mounted("tmpfs", "size=8m", "none", place / "mnt") as disk:
        to = disk / "stick"
        backed_up(station.data, to)
        (to / "backup.lock").unlink()
        remount(disk, "ro")
        with pytest.raises(BackupError, match=r"Read-only file system\. .* write protection off"):
            back_up(station.data.root, to)
        assert check(to) == (3, [])
        assert restored(to, place / "new") == station.now


def faulty(call: str, how: str, *paths: Path) -> tuple[str, ...]:
    """A system call that does something else on some files."""
    on = [word for path in paths for word in ("-P", str(path))]
    return ("strace", "-f", "-qq", "-o", "/dev/null", *on, "-e", f"inject={call}:{how}")


def test_a_disk_that_does_not_keep_what_is_written_is_found_at_once(station: Station, to: Path) -> None:
    audio = station.data.story_folders()[-1].audio
    sha256 = hashlib.sha256(audio.read_bytes()).hexdigest()
    part = to / "files" / sha256[:2] / f"{sha256}.part"
    lie = faulty("write", f"retval={audio.stat().st_size}", part)
    told = run("backup", to, "--data", station.data.root, before=lie)
    assert told.returncode == 1 and "did not keep what was written to it" in told.stderr
    assert not part.exists()


def test_what_cannot_be_read_keeps_nothing_else_from_the_backup(station: Station, to: Path, place: Path) -> None:
    first, *_, last = station.data.story_folders()
    unread = faulty("read", "error=EIO", first.transcript_path, last.audio)
    told = run("backup", to, "--data", station.data.root, before=unread)
    assert told.returncode == 1 and "IS NOT COMPLETE: 3 stories" in told.stdout, told.stderr
    for path in (first.transcript_path, last.audio):
        assert f"{path} was not backed up: Input/output error." in told.stderr
    # The one was read on an earlier day, the other never.
    expected = dict(station.now[0])
    transcript = f"stories/{first.id}/transcript.json"
    expected[transcript] = station.before[0][transcript]
    del expected[f"stories/{last.id}/audio.wav"]
    assert restored(to, place / "new") == (expected, station.now[1])


@pytest.mark.parametrize("when", ["Archive", "Copying", "Checking"])
def test_a_stick_pulled_out_in_the_middle_is_said_and_gone_on_with(
    station: Station, to: Path, place: Path, when: str
) -> None:
    def pull(what: str, done: int, total: int) -> None:
        if what == when and to.exists():
            to.rename(place / "pulled")

    with pytest.raises(BackupError, match=r"plugged in|Plug the disk in again"):
        if when == "Checking":
            check(to, pull)
        else:
            back_up(station.data.root, to, pull)
    # Nothing is written where the stick was: that would be the station's own disk.
    assert not to.exists()
    (place / "pulled").rename(to)
    whole_before_and_after(station, to, place / "new")


def test_a_usb_stick_takes_it(station: Station, place: Path) -> None:
    if not (mkfs := shutil.which("mkfs.vfat", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")):
        pytest.skip("there is no mkfs.vfat to make a FAT file system with (Debian: dosfstools)")
    image = place / "image"
    with image.open("wb") as file:
        file.truncate(64_000_000)
    subprocess.run([mkfs, image], check=True, capture_output=True)
    with mounted("vfat", "loop", image, place / "mnt") as disk:
        for _ in range(2):
            backed_up(station.data, disk)
        assert check(disk) == (3, [])
        assert restored(disk, place / "new") == station.now


def test_names_and_kinds_of_files_are_those_that_every_stick_takes(station: Station, to: Path) -> None:
    backed_up(station.data, to)
    names = [path.relative_to(to).as_posix() for path in to.rglob("*")]
    assert len({name.casefold() for name in names}) == len(names) > 10
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 .]*", part) for name in names for part in name.split("/"))
    assert all(path.is_dir() or (path.is_file() and path.stat().st_nlink == 1) for path in to.rglob("*"))
