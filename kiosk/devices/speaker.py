"""The real speaker, held in a process of its own, and a silent one."""

import contextlib
import subprocess
import threading
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.devices import sound_process

#: What runs in the speaker's own process. (Named, not imported: it would load the sound library here.)
PROGRAM = sound_process.program("kiosk.devices.playback")
#: A prompt that has not been heard this long after it should have ended never will be.
PATIENCE_S = 5.0


@dataclass
class _Playing:
    number: int
    done: Callable[[], None]
    deadline: float


class PortAudioSpeaker:
    """A speaker that PortAudio reaches.

    Whatever goes wrong, `done` is called: a visit goes on by its lights when nothing can be heard.
    """

    def __init__(self, name: str, *, wake_s: float) -> None:
        self._name = name
        self._wake_s = wake_s
        self._process: subprocess.Popen[bytes] | None = None
        self._changed = threading.Condition()
        self._playing: _Playing | None = None
        self._number = 0
        self._fault: str | None = None
        self._closed = False
        threading.Thread(target=self._watch, name="speaker-watch", daemon=True).start()

    @property
    def fault(self) -> str | None:
        """Why nothing could be heard the last time, in a sentence for staff."""
        return self._fault

    def check(self) -> str | None:
        """Look for the speaker without a sound; return what is wrong, or None."""
        heard = threading.Event()
        with self._changed:
            if self._playing:
                return self._fault
            self._order("probe", "", heard.set, 2 * PATIENCE_S)
        # A prompt that comes meanwhile takes its place; it will tell as well.
        heard.wait(3 * PATIENCE_S)
        return self._fault

    def play(self, wav: Path, done: Callable[[], None], *, louder_db: float = 0) -> None:
        """Play a WAV file (mono, 16 bits), and call `done` when it has been heard; ends what was playing before."""
        with self._changed:
            self._order("play", f"{louder_db} {wav}", done, _seconds(wav) + self._wake_s + PATIENCE_S)

    def stop(self) -> None:
        """Fall silent within a twentieth of a second; a pending `done` is not called any more."""
        with self._changed:
            if self._playing:
                self._playing = None
                self._send("stop", "")

    def close(self) -> None:
        """End the speaker's process."""
        with self._changed:
            self._closed = True
            self._playing = None
            self._changed.notify_all()
            self._kill()

    def _order(self, word: str, rest: str, done: Callable[[], None], within_s: float) -> None:
        self._send(word, rest)
        self._playing = _Playing(self._number, done, time.monotonic() + within_s)
        self._changed.notify_all()

    def _send(self, word: str, rest: str) -> None:
        self._number += 1
        if self._process is None:
            self._process = sound_process.start((*PROGRAM, self._name, str(self._wake_s)))
            threading.Thread(target=self._listen, args=[self._process], name="speaker", daemon=True).start()
        sound_process.order(self._process, f"{word} {self._number} {rest}")

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        """Hear what one process says, to its end."""
        assert process.stdout is not None  # noqa: S101 - we asked for a pipe
        for line in process.stdout:
            word, number, rest = line.decode(errors="replace").rstrip("\n").split(" ", 2)
            self._finish(int(number), rest if word == "fault" else None)
        with self._changed:
            mine = self._process is process
            if mine:
                self._kill()
        if mine and self._playing:
            self._finish(self._playing.number, "The speaker's process ended by itself. Try 'sayso check'.")
        process.stdout.close()

    def _watch(self) -> None:
        """Give up on a prompt that is not heard in time, and on the process that hangs with it."""
        with self._changed:
            while not self._closed:
                playing = self._playing
                remaining_s = playing.deadline - time.monotonic() if playing else None
                if remaining_s is None or remaining_s > 0:
                    self._changed.wait(remaining_s)
                    continue
                assert playing is not None  # noqa: S101 - only a prompt has a deadline
                self._kill()
                self._playing = None
                self._fault = "The speaker does not answer. Unplug it and plug it in again."
                playing.done()

    def _finish(self, number: int, fault: str | None) -> None:
        with self._changed:
            playing = self._playing
            if playing is None or playing.number != number:
                return
            self._playing = None
            self._fault = fault
        playing.done()

    def _kill(self) -> None:
        if self._process:
            sound_process.end(self._process)
            self._process = None


class SilentSpeaker:
    """A speaker for a station without one: remembers what it was given, and is done at once or in its own time.

    Attributes:
        played: The files it was given, in order.
        louder_db: How much louder than usual the last one was.
    """

    fault: str | None = None

    def __init__(self, *, in_real_time: bool = False) -> None:
        self.played: list[Path] = []
        self.louder_db = 0.0
        self._in_real_time = in_real_time
        self._timer: threading.Timer | None = None

    def check(self) -> str | None:
        """Nothing is wrong with silence."""
        return self.fault

    def play(self, wav: Path, done: Callable[[], None], *, louder_db: float = 0) -> None:
        """Remember the file; `done` comes when it would have been heard."""
        self.stop()
        self.played = [*self.played[-99:], wav]
        self.louder_db = louder_db
        self._timer = threading.Timer(_seconds(wav) if self._in_real_time else 0, done)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Forget what is playing."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Forget what is playing."""
        self.stop()


def _seconds(wav: Path) -> float:
    with contextlib.suppress(OSError, EOFError, wave.Error), wave.open(str(wav), "rb") as file:
        return file.getnframes() / file.getframerate()
    return 0.0
