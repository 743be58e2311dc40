"""What the station's other processes say of themselves, in words for staff."""

from dataclasses import dataclass
from typing import Any

from kiosk.stories.folder import DataFolder
from kiosk.stories.status import Fault, read_status

#: Process -> what it does for staff, and what to do when it does not run.
_PARTS = {
    "kiosk": ("Recording", "Nobody can tell a story now.", "Start the station, or ask whoever looks after it."),
    "transcriber": (
        "Writing down",
        "Stories are kept, but their words are not written down now.",
        "Start the station, or ask whoever looks after it. Nothing is lost: the words come later.",
    ),
}


@dataclass(frozen=True)
class Part:
    """One part of the station.

    Attributes:
        name: What it does, in a word or two.
        running: Its process lives.
        faults: What keeps it from its work.
    """

    name: str
    running: bool
    faults: tuple[Fault, ...]

    @property
    def state(self) -> str:
        """Return how it is, in a word or two."""
        if not self.running:
            return "not running"
        return "needs help" if self.faults else "working"


def parts(folder: DataFolder) -> list[Part]:
    """Return how each part of the station is."""
    return [_part(folder, who) for who in _PARTS]


def _part(folder: DataFolder, who: str) -> Part:
    name, message, fix = _PARTS[who]
    status = read_status(folder, who)
    if status is None or status.get("state") == "stopped":
        return Part(name, running=False, faults=(Fault("not-running", message, fix),))
    return Part(name, running=True, faults=tuple(_faults(status.get("faults"))))


def _faults(told: Any) -> list[Fault]:
    """Return what can be read of faults that another process, perhaps of another version, wrote."""
    if not isinstance(told, list):
        return []
    return [
        Fault(str(fault.get("code", "")), str(fault["message"]), str(fault.get("fix", "")))
        for fault in told
        if isinstance(fault, dict) and fault.get("message")
    ]
