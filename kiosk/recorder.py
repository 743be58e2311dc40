"""Writes what the microphone gives into a take, from the press to the end of telling."""

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import cast

from kiosk.devices import Block, Microphone
from kiosk.errors import MicrophoneError
from kiosk.stories.records import Ending
from kiosk.stories.status import Fault
from kiosk.stories.takes import Recording, TakeFolder
from kiosk.stories.wav import WavWriter


@dataclass(frozen=True)
class Begun:
    """The first sound of a take is there."""

    take: TakeFolder


@dataclass(frozen=True)
class NotBegun:
    """No take could be begun; nothing was said yet."""

    fault: Fault


@dataclass(frozen=True)
class Ended:
    """Telling has ended, and all sound is on the disk.

    Attributes:
        take: The take.
        recording: What is known of its sound.
        fault: Why it was cut short, or None.
    """

    take: TakeFolder
    recording: Recording
    fault: Fault | None


Report = Callable[[Begun | NotBegun | Ended], None]


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
    """

    def __init__(self, microphone: Microphone, report: Report) -> None:
        """Make a recorder.

        Args:
            microphone: Where sound comes from.
            report: Called from the recorder's thread with what happens.
        """
        self._microphone = microphone
        self._report = report
        self._stop = threading.Event()
        self._ending: Ending = "press"
        self._thread: threading.Thread | None = None
        self.frames = 0

    def begin(self, make_take: Callable[[], TakeFolder]) -> None:
        """Open the microphone and record; reports `Begun` or `NotBegun`, and after `Begun` always `Ended`.

        Args:
            make_take: Makes the take's folder; called when the first sound is there, so that no press waits for a disk.
        """
        self._stop = threading.Event()
        self.frames = 0
        self._thread = threading.Thread(target=self._record, args=[self._stop, make_take], name="recorder", daemon=True)
        self._thread.start()

    def end(self, ending: Ending) -> None:
        """Stop recording; `Ended` is reported once the last frame is on the disk."""
        self._ending = ending
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the take that is being recorded has ended, but not longer than `timeout_s`."""
        if self._thread:
            self._thread.join(timeout_s)

    def _record(self, stop: threading.Event, make_take: Callable[[], TakeFolder]) -> None:
        blocks = cast(Generator[Block], self._microphone.blocks(stop))
        with contextlib.closing(blocks):
            try:
                first = next(blocks)
                take = make_take()
                wav = WavWriter(take.audio)
            except MicrophoneError as error:
                self._report(NotBegun(microphone_fault(str(error))))
            except StopIteration:
                self._report(NotBegun(microphone_fault("It was stopped before it gave any sound.")))
            except OSError as error:
                self._report(NotBegun(disk_fault(f"The recording could not be begun: {error}")))
            else:
                self._report(Begun(take))
                self._report(self._write(take, wav, chain([first], blocks)))

    def _write(self, take: TakeFolder, wav: WavWriter, blocks: Iterator[Block]) -> Ended:
        overflows = lost_frames = 0
        fault: Fault | None = None
        ending: Ending | None = None
        try:
            with contextlib.closing(wav):
                for block in blocks:
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
        )
        return Ended(take, recording, fault)
