"""A whole station as a user starts it: `sayso run`, on a virtual sound card, in a folder of its own."""

import contextlib
import os
import re
import secrets
import socket
import subprocess
import sys
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from kiosk.demo import SiteVisitor
from kiosk.devices import Button
from kiosk.devices.capture import __name__ as capture_module
from kiosk.devices.playback import __name__ as playback_module
from kiosk.flow import State
from kiosk.shown import live
from kiosk.shown.texts import load_texts
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from tests.sound_card import SoundCard, wait_until

#: A visitor who hears nothing twice and keeps the story: in this state, press this.
WAY: Mapping[str, Button] = {
    State.IDLE: "green", State.BEFORE: "green", State.HEAR_IT: "red",
    State.KEEP: "green", State.CUT_SHORT: "green", State.WORDS: "green", State.VOICE: "red",
}  # fmt: skip

Settings = Mapping[str, Mapping[str, object]]

PROCESSES = ("kiosk", "transcriber", "admin")
#: Longer than a busy machine needs to load everything.
START_S = 280.0
END_S = 60


class StationUnderTest:
    """Three real processes, their sound processes and the recogniser; presses come through the buttons' socket.

    Attributes:
        data: The station's data folder. It stays when the station stops, and a new start goes on with it.
        output: What the station has printed so far, in all its processes.
    """

    def __init__(
        self, folder: Path, card: SoundCard, *, microphone: str = "testmic", settings: Settings | None = None
    ) -> None:
        """Prepare a station; nothing runs before `start`.

        Args:
            folder: Where its data, settings and output go.
            card: What it hears and speaks with.
            microphone: "testmic" plays `card.script` as soon as it is opened, "virtmic" hears what `card.say` says.
            settings: Table -> key -> value, over those that a test needs (presses may follow one another at once).
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.data = DataFolder.open(folder / "data")
        self._printed = folder / "output.txt"
        self._printed.touch()
        self._config_file = folder / "sayso.toml"
        self._env = {**os.environ, **card.env}
        self._run: subprocess.Popen[bytes] | None = None
        tables: dict[str, dict[str, object]] = {
            "panel": {"kind": "simulated", "repeat_ignored_s": 0},
            # The sound server of a busy machine may stand still for seconds.
            "microphone": {"kind": "portaudio", "name": microphone, "lost_after_s": 10},
            "speaker": {"kind": "portaudio", "name": "speaker"},
            "admin": {"port": free_port()},
        }
        for table, values in (settings or {}).items():
            tables.setdefault(table, {}).update(values)
        # Long words are for visitors; here each prompt is a short silence, which is recorded as any other one.
        for name in load_texts("en-GB").keys() - {"sample_story"}:
            brief(self.data.programme / f"{name}.wav")
        self._config_file.write_text(
            "\n".join(
                line
                for table, values in tables.items()
                for line in (f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in values.items()))
            )
        )

    def start(self, until: Callable[[], bool] | None = None) -> None:
        """Start everything and wait until visitors could tell, stories be written down, and the site be read.

        Args:
            until: Wait for this instead.
        """
        assert self._run is None
        with self._printed.open("ab") as printed:
            place = ["--data", str(self.data.root), "--config", str(self._config_file)]
            self._run = subprocess.Popen(
                [sys.executable, "-m", "kiosk.cli", "run", "--no-visit", *place],
                stdin=subprocess.DEVNULL, stdout=printed, stderr=printed, env=self._env,
            )  # fmt: skip
        ready = until or self.ready
        wait_until(lambda: self._exit_code() is not None or ready(), "the station is ready", START_S)
        assert self._exit_code() is None, self.output

    def ready(self) -> bool:
        """Whether all three processes work, also after one of them was started again."""
        mine = self._children()
        told = {who: self.status(who) for who in PROCESSES}
        return (
            all(status.get("pid") in mine for status in told.values())
            and told["kiosk"]["state"] == State.IDLE
            and told["transcriber"]["state"] == "waiting"
        )

    def stop(self) -> None:
        """End all processes, as Ctrl-C does; what does not end is killed."""
        if self._run is None:
            return
        family = psutil.Process(self._run.pid).children(recursive=True) if self._exit_code() is None else []
        self._run.terminate()
        try:
            self._run.wait(END_S)
        except subprocess.TimeoutExpired:
            self._run.kill()
            self._run.wait()
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self._run = None

    def status(self, who: str = "kiosk") -> dict[str, Any]:
        """Return what a process says of itself now, with None for what it does not say.

        On a busy machine a heartbeat may be so late that it counts as none: then it is empty.
        """
        return defaultdict(lambda: None, read_status(self.data, who) or {})

    def press(self, button: Button, until: State) -> None:
        """Press a button once and wait for the scene to which it leads, which has this state."""
        status = self.status()
        before = status["pid"], status["scene"]
        live.press(self.data, button)

        def there() -> bool:
            status = self.status()
            return status["state"] == until and (status["pid"], status["scene"]) != before

        wait_until(there, f"{until} (it is: {self.status()})", 120)

    def walk(self, until: State, way: Mapping[str, Button] = WAY) -> None:
        """Press what `way` says, in each scene once, until a state is reached."""
        pressed: set[tuple[object, object]] = set()

        def there() -> bool:
            status = self.status()
            state, scene = status.get("state"), (status.get("pid"), status.get("scene"))
            if state == until:
                return True
            if state in way and scene not in pressed:
                pressed.add(scene)
                live.press(self.data, way[state])
            return False

        wait_until(there, f"{until} (it is: {self.status()})", 240)

    def keep(self, way: Mapping[str, Button] = WAY) -> None:
        """While telling: end, keep, answer as `way` says, and wait until the story is safe."""
        before = self.status()["last_story"]
        live.press(self.data, "green")
        self.answer(before, way)

    def answer(self, before: object, way: Mapping[str, Button] = WAY) -> None:
        """After telling: press what `way` says, and wait until the last story that was kept is no longer `before`."""
        way = {state: button for state, button in way.items() if state != State.IDLE}
        pressed: set[object] = set()

        def kept() -> bool:
            status = self.status()
            if not status:
                return False
            if status["state"] in way and status["scene"] not in pressed:
                pressed.add(status["scene"])
                live.press(self.data, way[status["state"]])
            return bool(status["last_story"] != before)

        wait_until(kept, f"the story is safe (it is: {self.status()})", 240)

    def passes(self, *states: State) -> None:
        """Wait until it has been in these states, in this order since its start, however short the moment."""

        def passed() -> bool:
            _, *told = self.output.split(" -> ")
            rest = iter(each.partition(" (")[0] for each in told)
            return all(state in rest for state in states)

        wait_until(passed, f"{states} (it is: {self.status()})", 240)

    def reach(self, state: State, within_s: float = 120) -> None:
        """Wait for a state."""
        wait_until(lambda: self.status().get("state") == state, f"{state} (it is: {self.status()})", within_s)

    def pids(self) -> dict[str, int]:
        """Return name -> process id of all that runs: "run", "kiosk", "microphone", "speaker", "transcriber",
        "worker" and "admin"; what does not run now is left out."""
        assert self._run
        found = {"run": self._run.pid}
        mine = self._children()
        for who in PROCESSES:
            status = self.status(who)
            if status.get("pid") in mine:
                found[who] = status["pid"]
                if worker := status.get("worker_pid"):
                    found["worker"] = worker
        with contextlib.suppress(psutil.NoSuchProcess, KeyError):
            for child in psutil.Process(found["kiosk"]).children():
                for name, module in (("microphone", capture_module), ("speaker", playback_module)):
                    if module in child.cmdline():
                        found[name] = child.pid
        return found

    @property
    def output(self) -> str:
        return self._printed.read_text(errors="replace")

    def site(self) -> SiteVisitor:
        """Return a reader of the site, without an account yet (see `SiteVisitor.make_account`)."""
        # After a restart the last greeting counts.
        address, code = re.findall(r"site: (\S+).*?set-up code: (\S+)", self.output, re.DOTALL)[-1]
        return SiteVisitor(address, code)

    def _exit_code(self) -> int | None:
        return self._run.poll() if self._run else None

    def _children(self) -> set[int]:
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._run:
                return {child.pid for child in psutil.Process(self._run.pid).children() if is_alive(child)}
        return set()


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and waits to be reaped does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def free_port() -> int:
    """Return a port that nobody listens on now, and that the system gives nobody by itself until it is used."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def nobody_there() -> Iterator[int]:
    """A port that refuses whoever connects, for as long as the context lasts: it is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def brief(wav_file: Path) -> None:
    """Write a prompt that takes no time to hear."""
    with wave.open(str(wav_file), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(320))


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
