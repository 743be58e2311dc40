"""Writes what the microphone gives into a take.

The microphone opens at a press, so that nobody waits for it later. What it gives is dropped until `listen`: the station
still speaks. From then on every frame is written, through the half second before the tone and the tone itself (which
is taken out, `kiosk.hearing.Notch`), up to a moment after the last press (`post_roll_s`).
"""

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Protocol, cast

from kiosk.devices import Block, Microphone
from kiosk.errors import MicrophoneError
from kiosk.hearing import Ear, Notch, crossfade
from kiosk.prompts import TONE_HZ
from kiosk.stories.loudness import SILENT_DBFS
from kiosk.stories.records import Ending
from kiosk.stories.status import Fault
from kiosk.stories.takes import Recording
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ, WavWriter

#: A pause in speech that is a breath, not a gap between words.
BREATH_S = 1.5
#: Sound that is under way between the speaker and us when the speaker says that the tone is over.
_TONE_ON_ITS_WAY_S = 0.5


class Sink(Protocol):
    """Something with a sound file of its own: a take, or the clip of a spoken yes."""

    @property
    def audio(self) -> Path:
        """The file; it does not exist yet."""


@dataclass(frozen=True)
class Begun:
    """The first sound is there, and a place for it."""

    sink: Sink


@dataclass(frozen=True)
class NotBegun:
    """No take could be begun; nothing was said yet."""

    fault: Fault


@dataclass(frozen=True)
class Ended:
    """Telling has ended, and all sound is on the disk.

    Attributes:
        sink: Where the sound is.
        recording: What is known of it.
        fault: Why it was cut short, or None.
    """

    sink: Sink
    recording: Recording
    fault: Fault | None


@dataclass(frozen=True)
class Quiet:
    """Nobody speaks: for the length of a breath, or (`long`) for so long that they may have finished.

    It is told again each time that this length has passed once more.
    """

    long: bool


Heard = Begun | NotBegun | Ended | Quiet
Report = Callable[[Heard], None]


def microphone_fault(message: str) -> Fault:
    """Return the fault that staff see when the microphone does not give sound."""
    return Fault("microphone", message, "Check that the microphone is plugged in, then press the button again.")


def disk_fault(message: str) -> Fault:
    """Return the fault that staff see when the disk does not take what was said."""
    return Fault("disk", message, "Make room on the disk: copy stories elsewhere and delete what is not needed.")


class Recorder:
    """Records one take at a time, in a thread of its own.

    Attributes:
        frames: Frames of the present or last take that are in its file.
        level_dbfs: How loud its newest sound is; `SILENT_DBFS` while the station speaks.
    """

    def __init__(
        self, microphone: Microphone, report: Report, *, post_roll_s: float = 0.15, finished_after_s: float = 60
    ) -> None:
        """Make a recorder.

        Args:
            microphone: Where sound comes from.
            report: Called from the recorder's thread with what happens.
            post_roll_s: How long it goes on after the press that ends a take: the last word may still be on the lips.
            finished_after_s: How long nobody must have spoken for a long `Quiet`.
        """
        self._microphone = microphone
        self._report = report
        self._post_roll_s = post_roll_s
        self._finished_after_s = self._quiet_s = finished_after_s
        self._stop = threading.Event()
        self._wanted = threading.Event()
        self._tone_over = threading.Event()
        self._ending: Ending = "press"
        self._thread: threading.Thread | None = None
        self.frames = 0
        self.level_dbfs = SILENT_DBFS

    def begin(self, make_sink: Callable[[], Sink], *, finished_after_s: float | None = None) -> None:
        """Open the microphone; reports `Begun` or `NotBegun`, and after `Begun` always `Ended`.

        Args:
            make_sink: Makes a place for the sound (the take's folder); called when the first sound is there, so that no
                press waits for a disk.
            finished_after_s: When nobody has spoken for so long, they may have finished; None: as usual.
        """
        self._quiet_s = finished_after_s or self._finished_after_s
        self._stop, self._wanted, self._tone_over = threading.Event(), threading.Event(), threading.Event()
        self.frames, self.level_dbfs = 0, SILENT_DBFS
        self._thread = threading.Thread(target=self._record, args=[self._stop, make_sink], name="recorder", daemon=True)
        self._thread.start()

    def listen(self) -> None:
        """Write what comes from now on (also after `hold`)."""
        self._wanted.set()

    def tone_over(self) -> None:
        """Stop taking the tone out: it has been heard."""
        self._tone_over.set()

    def hold(self) -> None:
        """Write nothing while the station speaks."""
        self._wanted.clear()

    def end(self, ending: Ending) -> None:
        """Stop recording; `Ended` is reported once the last frame is on the disk."""
        self._ending = ending
        if ending == "press" and self._wanted.is_set():
            later = threading.Timer(self._post_roll_s, self._stop.set)
            later.daemon = True
            later.start()
        else:
            self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the take that is being recorded has ended, but not longer than `timeout_s`."""
        if self._thread:
            self._thread.join(timeout_s)

    def _record(self, stop: threading.Event, make_sink: Callable[[], Sink]) -> None:
        blocks = cast(Generator[Block], self._microphone.blocks(stop))
        with contextlib.closing(blocks):
            try:
                first = next(blocks)
                sink = make_sink()
                wav = WavWriter(sink.audio)
            except MicrophoneError as error:
                self._report(NotBegun(microphone_fault(str(error))))
            except StopIteration:
                self._report(NotBegun(microphone_fault("It was stopped before it gave any sound.")))
            except OSError as error:
                self._report(NotBegun(disk_fault(f"The recording could not be begun: {error}")))
            else:
                self._report(Begun(sink))
                self._report(self._write(sink, wav, chain([first], blocks)))

    def _write(self, sink: Sink, wav: WavWriter, blocks: Iterator[Block]) -> Ended:
        overflows = lost_frames = 0
        fault: Fault | None = None
        ending: Ending | None = None
        ear = Ear()
        try:
            with contextlib.closing(wav):
                for block in self._overheard(self._without_tone(self._while_wanted(blocks, ear)), ear):
                    wav.append(block.pcm)
                    self.frames = wav.frames
                    overflows += block.overflows
                    lost_frames += block.lost_frames
        except MicrophoneError as error:
            fault, ending = microphone_fault(str(error)), "microphone"
        except OSError as error:
            fault, ending = disk_fault(f"The disk does not take the recording: {error}"), "disk"
        recording = Recording(
            frames=wav.frames,
            overflows=overflows,
            lost_frames=lost_frames,
            ending=ending or self._ending,
            ended_at=datetime.now(UTC).astimezone(),
            sound=ear.figures(),
        )
        return Ended(sink, recording, fault)

    def _while_wanted(self, blocks: Iterator[Block], ear: Ear) -> Iterator[Block]:
        for block in blocks:
            if self._wanted.is_set():
                yield block
            else:
                # The visitor hears the station speak: silence begins anew after that.
                ear.silent_s = 0.0
                self.level_dbfs = SILENT_DBFS

    def _overheard(self, blocks: Iterator[Block], ear: Ear) -> Iterator[Block]:
        """Yield the blocks, and tell when nobody speaks."""
        told_s = 0.0
        for block in blocks:
            ear.hear(block.pcm)
            self.level_dbfs = ear.level_dbfs
            told_s = min(told_s, ear.silent_s)
            for limit_s in (BREATH_S, self._quiet_s):
                if told_s // limit_s < ear.silent_s // limit_s:
                    self._report(Quiet(long=limit_s == self._quiet_s))
            told_s = ear.silent_s
            yield block

    def _without_tone(self, blocks: Iterator[Block]) -> Iterator[Block]:
        notch = Notch(TONE_HZ)
        left = int(_TONE_ON_ITS_WAY_S * SAMPLERATE_HZ) * FRAME_BYTES
        for block in blocks:
            if left <= 0:
                yield block
                continue
            cleaned = notch.filter(block.pcm)
            if self._tone_over.is_set():
                left -= len(block.pcm)
                if left <= 0:
                    cleaned = crossfade(cleaned, block.pcm)
            yield replace(block, pcm=cleaned)
