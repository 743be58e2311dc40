"""The real microphone, held in a process of its own that can be killed and started again."""

import os
import select
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.devices import Block, sound_process
from kiosk.devices import capture as protocol
from kiosk.errors import MicrophoneError

#: What runs in the microphone's own process.
PROGRAM = sound_process.program(protocol.__name__)
#: An answer that is not there by then will not come: opening takes a tenth of a second where it works.
ANSWER_S = 3.0
#: The first answer of a process: it loads the sound library, and looks for devices. On a slow Pi that takes seconds.
FIRST_ANSWER_S = 12.0
#: How often a waiting reader looks whether somebody wants it to stop.
LOOK_S = 0.05


@dataclass(frozen=True)
class _Message:
    kind: bytes
    number: int
    overflows: int
    lost_frames: int
    payload: bytes


class _CaptureProcess:
    """A running `kiosk.devices.capture` and the messages it sends."""

    def __init__(self, name: str) -> None:
        self._process = sound_process.start((*PROGRAM, name))
        self._received = bytearray()
        self._number = 0
        self._answered = False

    @property
    def patience_s(self) -> float:
        """How long its next answer may take."""
        return ANSWER_S if self._answered else FIRST_ANSWER_S

    @property
    def pid(self) -> int:
        return self._process.pid

    def order(self, word: str) -> int:
        """Send an order and return its number."""
        self._number += 1
        sound_process.order(self._process, f"{word} {self._number}")
        return self._number

    def receive(self, timeout_s: float) -> _Message | None:
        """Return the next message, or None if there is none within `timeout_s`.

        Raises:
            MicrophoneError: The process has ended.
        """
        assert self._process.stdout is not None  # noqa: S101 - we asked for a pipe
        output = self._process.stdout.fileno()
        deadline = time.monotonic() + timeout_s
        while (message := self._next_received()) is None:
            if not select.select([output], [], [], max(0.0, deadline - time.monotonic()))[0]:
                return None
            more = os.read(output, 1 << 16)
            if not more:
                raise MicrophoneError(
                    "The microphone's process ended by itself; the sound system of this machine may be broken. "
                    "Try 'sayso check'."
                )
            self._received += more
        return message

    def _next_received(self) -> _Message | None:
        size = protocol.HEADER.size
        if len(self._received) < size:
            return None
        kind, number, overflows, lost_frames, length = protocol.HEADER.unpack_from(self._received)
        if len(self._received) < size + length:
            return None
        self._answered = True
        payload = bytes(self._received[size : size + length])
        del self._received[: size + length]
        return _Message(kind, number, overflows, lost_frames, payload)

    def kill(self) -> None:
        """End it, stuck or not."""
        sound_process.end(self._process)
        assert self._process.stdout is not None  # noqa: S101 - start() asked for a pipe
        self._process.stdout.close()


class PortAudioMicrophone:
    """A microphone that PortAudio reaches (USB, ALSA, PulseAudio, PipeWire, JACK).

    Its process stays ready while nobody tells, with the microphone closed, so that a press is not kept waiting.
    """

    sample = False

    def __init__(self, name: str, *, lost_after_s: float) -> None:
        self._wanted_name = name
        self._lost_after_s = lost_after_s
        self._process: _CaptureProcess | None = None
        self._device = name or "default microphone"
        self._in_use = threading.Lock()
        self._last_fault: str | None = None
        self._visitor_waits = threading.Event()

    @property
    def name(self) -> str:
        """The device's name as the sound system gives it, once it was found."""
        return self._device

    @property
    def pid(self) -> int | None:
        """The process that holds the microphone."""
        return self._process.pid if self._process else None

    def check(self) -> str | None:
        """Look for the microphone without listening; gives way at once when a visitor wants to tell.

        While somebody tells, nothing is asked of it: the answer is the last one.
        """
        if self._in_use.acquire(blocking=False):
            try:
                self._last_fault = self._probe()
            finally:
                self._in_use.release()
        return self._last_fault

    def _probe(self) -> str | None:
        process = self._ready_process()
        number = process.order("probe")
        deadline = time.monotonic() + FIRST_ANSWER_S
        try:
            while time.monotonic() < deadline:
                if self._visitor_waits.is_set():
                    return self._last_fault
                message = process.receive(LOOK_S)
                if message and message.number == number:
                    if message.kind == protocol.READY:
                        self._device = message.payload.decode(errors="replace")
                        return None
                    return message.payload.decode(errors="replace")
        except MicrophoneError as error:
            self._end_process()
            return str(error)
        self._end_process()
        return "The microphone does not answer. Unplug it and plug it in again."

    def blocks(self, stop: threading.Event) -> Iterator[Block]:
        """Open the microphone and yield its sound until `stop` is set; see `Microphone.blocks`.

        Raises:
            MicrophoneError: It did not open in time, or gave no sound for `lost_after_s`.
        """
        self._visitor_waits.set()
        with self._in_use:
            self._visitor_waits.clear()
            try:
                yield from self._blocks(stop)
            except BaseException:
                # Nobody knows what state it is in: a fresh process looks at the devices anew.
                self._end_process()
                raise

    def _blocks(self, stop: threading.Event) -> Iterator[Block]:
        process = self._ready_process()
        number = process.order("open")
        patience_s = process.patience_s
        last_sound_at = time.monotonic()
        closing: int | None = None
        while True:
            if stop.is_set() and closing is None:
                closing = process.order("close")
                last_sound_at, patience_s = time.monotonic(), ANSWER_S
            message = process.receive(LOOK_S)
            if message and message.number == closing:
                return
            if message and message.number == number:
                if message.kind == protocol.FAULT:
                    raise MicrophoneError(message.payload.decode(errors="replace"))
                if message.kind == protocol.BLOCK:
                    yield Block(message.payload, message.overflows, message.lost_frames)
                    patience_s = self._lost_after_s
                last_sound_at = time.monotonic()
            if time.monotonic() - last_sound_at > patience_s:
                if closing is not None:
                    # It hangs while it closes: all sound that could be had is there.
                    self._end_process()
                    return
                raise MicrophoneError("The microphone gives no sound any more. Unplug it and plug it in again.")

    def invite(self) -> None:
        """Nobody here waits to be asked."""

    def _ready_process(self) -> _CaptureProcess:
        if self._process is None:
            self._process = _CaptureProcess(self._wanted_name)
        return self._process

    def _end_process(self) -> None:
        if self._process:
            self._process.kill()
            self._process = None

    def close(self) -> None:
        """End the microphone's process."""
        self._end_process()
