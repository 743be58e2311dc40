"""What is backed up, what came back, and processes that die on the way."""

import contextlib
import hashlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from admin_web.archive.backup.back_up import SAME_DISK, BackedUp, back_up
from admin_web.archive.backup.restore import restore
from admin_web.archive.documents import Documents
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import HEADER_BYTES
from tests.admin_web.making import change_story, make_story

#: Calls into C by which a backup or a restore changes anything, or could be interrupted in changing it.
CHANGING = frozenset(
    ("open", "write", "flush", "fsync", "posix_fadvise", "rename", "replace", "unlink", "mkdir", "rmdir", "utime")
) | {"close", "__exit__", "backup", "execute", "executescript", "flock"}

#: The name and content of every file, and every document of the archive.
State = tuple[dict[str, bytes], Any]


def tell(folder: DataFolder, text: str | None, *, seconds: float = 0.1) -> StoryFolder:
    """A story whose samples are no other's, and which the archive knows."""
    kept = make_story(folder, text, seconds=seconds)
    head = kept.audio.read_bytes()[:HEADER_BYTES]
    kept.audio.write_bytes(head + samples(kept.id, kept.audio.stat().st_size - HEADER_BYTES))
    change_story(kept, sha256=hashlib.sha256(kept.audio.read_bytes()).hexdigest())
    with Archive(folder) as archive:
        archive.stories.take_in([read_arrival(folder, kept.id)])
    return kept


def samples(story_id: str, size: int) -> bytes:
    return random.Random(story_id).randbytes(size)


def put_programme(folder: DataFolder) -> None:
    (folder.programme / "programme.json").write_text('{"version": 1}')
    (folder.programme / "voices").mkdir()
    (folder.programme / "voices/hello.wav").write_bytes(b"RIFF" + bytes(100))


def state_of(folder: DataFolder) -> State:
    """Everything that a backup must bring back."""
    files = {}
    for top in (folder.stories, folder.programme):
        for path in top.rglob("*"):
            if path.is_file():
                files[path.relative_to(folder.root).as_posix()] = path.read_bytes()
    path = folder.archive / "archive.sqlite"
    if not path.exists():
        return files, None
    with Documents(path) as documents:
        return files, documents.storage.read()


def restored(to: Path, root: Path, **options: Any) -> State:
    restore(to, root, **options)
    return state_of(DataFolder.open(root))


def backed_up(folder: DataFolder, to: Path, **options: Any) -> BackedUp:
    """Back up, expecting that nothing has to be said, but that a test has one disk."""
    done = back_up(folder.root, to, **options)
    assert done.complete and set(done.warnings) <= {SAME_DISK}, done.warnings
    return done


def objects(to: Path) -> dict[str, tuple[int, int, int]]:
    """What lies in a backup, and how to see that it was not written again: name -> inode, change, size."""
    found = {}
    for path in (to / "files").glob("??/*"):
        about = path.stat()
        found[path.name] = (about.st_ino, about.st_mtime_ns, about.st_size)
    return found


def sayso(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "kiosk.cli", *map(str, words)]


def run(*words: str | Path, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([*before, *sayso(*words)], capture_output=True, text=True, env=env, timeout=120)


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder in memory, if there is that: a kill loses nothing of what is in it, and a sync costs nothing."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="sayso-copies-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


@contextlib.contextmanager
def mounted(kind: str, options: str, device: str | Path, at: Path) -> Iterator[Path]:
    """A file system of its own, as long as the block runs; the test is skipped where none may be mounted."""
    at.mkdir()
    done = subprocess.run(["mount", "-t", kind, "-o", options, device, at], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no {kind} can be mounted here: {done.stderr.strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", at], check=True)


def remount(at: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", at], check=True)


# Killed at each step: in a child that was forked with everything loaded, a kill costs milliseconds.

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([__name__])


def steps_of(function: Callable[..., object], *arguments: object) -> int:
    """How many steps a call has, each begun and ended. It is run to its end in a process of its own."""
    here, there = _SERVER.Pipe(duplex=False)
    assert _in_a_process(0, there, function, arguments) == 0
    return int(here.recv())


def killed_at(step: int, function: Callable[..., object], *arguments: object) -> None:
    """Run a call in a process of its own that is killed at a step."""
    assert _in_a_process(step, None, function, arguments) == -signal.SIGKILL


def _in_a_process(step: int, told: Connection | None, function: Callable[..., object], arguments: Any) -> int | None:
    process = _SERVER.Process(target=_counted, args=(step, told, function, arguments))
    process.start()
    process.join()
    return process.exitcode


def _counted(step: int, told: Connection | None, function: Callable[..., object], arguments: Any) -> None:
    count = 0

    def watch(frame: FrameType, event: str, called: Any) -> None:
        nonlocal count
        if event.startswith("c_") and called.__name__ in CHANGING:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    if told:
        told.send(count)
