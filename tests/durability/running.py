"""Starts writers, hears what they promise, and ends them at a moment of the test's choosing."""

import contextlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
#: A step takes some milliseconds: within this time after one is acknowledged, every moment of the next may come.
STEP_S = 0.015
#: So many steps at most between a start and its end.
STEPS = 25


class Nursery:
    """`python -m tests.durability.writer`, which forks the writers."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.durability.writer"]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=theirs)

    def fork(self, arguments: list[str], told: int, errors: int) -> None:
        """Start a writer with these as its standard output and standard error."""
        socket.send_fds(self._requests, [json.dumps(arguments).encode()], [told, errors])

    def close(self) -> None:
        """End it; a writer may go on."""
        self._requests.close()
        self._process.wait()


class RunningWriter:
    """A writer, as a process of its own."""

    def __init__(self, nursery: Nursery, data: Path, stick: Path, *arguments: str) -> None:
        """Start it on a data folder and a stick; `arguments`: see `writer.work`."""
        self._errors = stick.parent / "writer-errors.txt"
        self._pipe, told = os.pipe()
        with self._errors.open("wb") as errors:
            nursery.fork([str(data), str(stick), *arguments], told, errors.fileno())
        os.close(told)
        self._told = b""
        self._wait_for(b"\n", 1)
        self.pid: int = self.told()[0]["pid"]
        self._handle = os.pidfd_open(self.pid)

    def run_for_a_while(self, chance: random.Random) -> None:
        """Come back at a random moment: while it opens the folder, or within some step."""
        self._wait_for(b'"opening"', 1)
        self._wait_for(b'"done"', chance.randrange(STEPS))
        moment = time.perf_counter() + chance.uniform(0, STEP_S)
        while time.perf_counter() < moment:
            pass

    def go_on(self) -> None:
        """Wake it where it stopped, until it says something or has ended: whoever traces it may miss one waking."""
        while not select.select([self._pipe], [], [], 0.01)[0]:
            self._send(signal.SIGCONT)

    def told(self) -> list[dict[str, Any]]:
        """Return all that it has told until now."""
        while select.select([self._pipe], [], [], 0)[0] and self._read():
            pass
        # A line that is not ended was cut off by the kill.
        return [json.loads(line) for line in self._told.split(b"\n")[:-1]]

    def kill(self) -> list[dict[str, Any]]:
        """Kill it and return all that it told."""
        self._send(signal.SIGKILL)
        return self.wait()

    def wait(self) -> list[dict[str, Any]]:
        """Wait until it has ended, with every file closed, and return all that it told."""
        while self._read():
            pass
        select.select([self._handle], [], [])
        told = self.told()
        os.close(self._handle)
        os.close(self._pipe)
        return told

    @property
    def errors(self) -> str:
        """What it said on standard error: nothing, if it was killed before anything went wrong."""
        return self._errors.read_text(errors="replace")

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def _wait_for(self, what: bytes, count: int) -> None:
        while self._told.count(what) < count:
            assert self._read(), f"the writer ended by itself: {self.errors}"

    def _read(self) -> bytes:
        some = os.read(self._pipe, 1 << 16)
        self._told += some
        return some


class NotTraced(Exception):
    """Processes may not be traced here, or strace is not installed."""


@contextlib.contextmanager
def killed_before(call: str, number: int, writer: RunningWriter) -> Iterator[None]:
    """Let a writer that began stopped go on, until it makes a call for the `number`th time.

    Raises:
        NotTraced: The message says why.
    """
    command = ["strace", "-qq", "-o", "/dev/null", "-p", str(writer.pid), "-e", f"trace={call}"]
    process = psutil.Process(writer.pid)
    try:
        strace = subprocess.Popen([*command, "-e", f"inject={call}:signal=KILL:when={number}"], stderr=subprocess.PIPE)
    except FileNotFoundError:
        raise NotTraced("strace is not installed.") from None
    with strace:
        while process.status() != psutil.STATUS_TRACING_STOP:
            if strace.poll() is not None:
                raise NotTraced(f"Processes may not be traced here: {strace.stderr.read().decode()}")
            time.sleep(0.001)
        writer.go_on()
        yield
