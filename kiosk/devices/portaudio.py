"""What the two sound processes share: orders that come in by standard input, and the device that a name means.

Microphone and speaker live in processes of their own. A sound system that wedges blocks every call into it for good
(PortAudio waits without end when a USB device or sound server stops answering), and a driver may take its whole process
down: a process can be killed and started again, a thread cannot, and the station itself goes on. (They are started with
Python's -P, so that no folder where the person happens to stand is taken for ours.)
"""

import contextlib
import os
import queue
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

#: Sound must not wait for the transcriber: both sound processes go first where the system allows it.
NICE = -10


def take_over_output() -> BinaryIO:
    """Return standard output for our own messages alone; what libraries print goes nowhere."""
    ours = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ours


@dataclass(frozen=True)
class Order:
    """A line of standard input, and when it came (`time.monotonic`, seconds)."""

    text: str
    at: float


def read_orders() -> "queue.SimpleQueue[Order]":
    """Read standard input line by line in a thread of its own, and end the process when it closes.

    The thread also runs while a call into the sound system is stuck, so that a kiosk that was killed leaves no process
    behind that holds the microphone.
    """
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            orders.put(Order(line.rstrip("\n"), time.monotonic()))
        os._exit(0)

    threading.Thread(target=read, name="orders", daemon=True).start()
    return orders


def go_first() -> None:
    """Ask for a higher priority; without the right to it, go on as everybody."""
    with contextlib.suppress(OSError):
        os.nice(NICE)


def fresh_device(sounddevice: Any, name: str, kind: Literal["input", "output"]) -> dict[str, Any]:
    """Return the device whose name contains `name` (empty: the system's default), looking at what is plugged in now.

    Raises:
        LookupError: There is none; the message is a sentence for staff.
    """
    # PortAudio lists devices once, at its start: what was plugged in later shows only after a new start.
    sounddevice._terminate()
    sounddevice._initialize()
    channels = f"max_{kind}_channels"
    devices = [device for device in sounddevice.query_devices() if device[channels] > 0]
    what = "microphone" if kind == "input" else "speaker"
    if not devices:
        raise LookupError(f"No {what} was found. Plug one in.")
    if name:
        named = [device for device in devices if name.lower() in device["name"].lower()]
        if not named:
            raise LookupError(f"No {what} is called '{name}'. There is: {', '.join(d['name'] for d in devices)}.")
        return dict(named[0])
    default = sounddevice.default.device[0 if kind == "input" else 1]
    if default < 0:
        return dict(devices[0])
    return dict(sounddevice.query_devices(default))
