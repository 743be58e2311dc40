"""Starts the station's processes together, starts again what dies, and ends them in order."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from kiosk.config import Place
from kiosk.errors import SaysoError

#: A process that refuses (its message has been printed) ends with one of these; anything else is a crash.
_REFUSED = (1, 2)
#: How long until a process that crashed is started again: doubled each time, to the longest.
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 30.0
#: A process that ran this long got past its start: what ended it was not there from the beginning, and may have gone.
_WELL_AFTER_S = 3.0
#: How long a process may take to end when it is asked to.
_END_S = 10.0
#: How often to look whether all processes live.
_LOOK_S = 0.2
_PR_SET_PDEATHSIG = 1

T = TypeVar("T")


class Refused(SaysoError):
    """A process of the station ended at once because it cannot work so; it has said why."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"'sayso {name}' could not start; see its message above.")
        self.exit_code = exit_code


def _end_with_parent() -> None:
    # If this process is killed, the kernel asks its children to end: nothing is left that holds microphone and port.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Member:
    """One process of the crew."""

    name: str
    arguments: list[str]
    output: int | None
    process: "subprocess.Popen[str]"
    started_at: float
    pause_s: float = _FIRST_PAUSE_S
    again_at: float | None = None


@dataclass
class Crew:
    """The processes that work on one place.

    Attributes:
        place: Data folder and settings file that each of them gets.
    """

    place: Place
    members: dict[str, Member] = field(default_factory=dict)

    def start(self, name: str, *arguments: str, output: int | None = None) -> "subprocess.Popen[str]":
        """Start `sayso name arguments...`.

        Args:
            name: The subcommand.
            arguments: What follows it.
            output: Where its standard output goes, as for `subprocess.Popen`.
        """
        process = self._spawn(name, list(arguments), output)
        self.members[name] = Member(name, list(arguments), output, process, time.monotonic())
        return process

    def _spawn(self, name: str, arguments: list[str], output: int | None) -> "subprocess.Popen[str]":
        command = [sys.executable, "-P", "-m", "kiosk.cli", name, "--data", str(self.place.data), *arguments]
        if self.place.config_file:
            command += ["--config", str(self.place.config_file)]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            text=True,
            # Ctrl-C in a terminal reaches only us; we end the others in order.
            process_group=0,
            preexec_fn=_end_with_parent,
        )

    def look_after(self) -> None:
        """Start again what has crashed; call this a few times a second.

        Raises:
            Refused: A process says that it cannot work so.
        """
        now = time.monotonic()
        for member in self.members.values():
            code = member.process.poll()
            if code is None:
                continue
            if code in _REFUSED:
                raise Refused(member.name, code)
            if member.again_at is None:
                if now - member.started_at > _WELL_AFTER_S:
                    member.pause_s = _FIRST_PAUSE_S
                member.again_at = now + member.pause_s
                member.pause_s = min(2 * member.pause_s, _LONGEST_PAUSE_S)
                print(f"sayso: the {member.name} ended unexpectedly ({code}); it is started again.", file=sys.stderr)
            elif now >= member.again_at:
                member.process = self._spawn(member.name, member.arguments, member.output)
                member.started_at, member.again_at = now, None

    def wait_for(self, true: Callable[[], T | None]) -> T:
        """Look after the processes until `true` gives something that is true, and return that.

        Raises:
            Refused: A process says that it cannot work so.
        """
        while not (found := true()):
            self.look_after()
            time.sleep(_LOOK_S)
        return found

    def stop(self, name: str) -> None:
        """End one process: asked first, made to after `_END_S`."""
        member = self.members.pop(name, None)
        if member is None:
            return
        member.process.terminate()
        try:
            member.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            member.process.kill()
            member.process.wait()
        if member.process.stdout:
            member.process.stdout.close()

    def stop_all(self) -> None:
        """End every process, the last one started first."""
        for name in reversed(list(self.members)):
            self.stop(name)
