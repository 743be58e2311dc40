"""What the station's other processes say of themselves, in words for staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.stories.folder import DataFolder
from kiosk.stories.status import Fault, last_sign_of_life, read_status

#: Process -> what it does for staff, and what to do when it does not run.
_PARTS = {
    "kiosk": ("Recording", "Nobody can tell a story now.", "Start the station, or ask whoever looks after it."),
    "transcriber": (
        "Writing down",
        "Stories are kept, but their words are not written down now.",
        "Start the station, or ask whoever looks after it. Nothing is lost: the words come later.",
    ),
}
#: The same of the site, which is what the person is looking at.
_SITE = {"admin": ("This site", "New stories do not come in now.", "Ask whoever looks after the station.")}


@dataclass(frozen=True)
class Part:
    """One part of the station.

    Attributes:
        name: What it does, in a word or two.
        running: Its process lives.
        told_at: Its last sign of life, by the clock of that moment; None, there never was one.
        faults: What keeps it from its work.
    """

    name: str
    running: bool
    told_at: datetime | None
    faults: tuple[Fault, ...]

    @property
    def state(self) -> str:
        """Return how it is, in a word or two."""
        if not self.running:
            return "not running"
        return "needs help" if self.faults else "working"


def parts(folder: DataFolder) -> list[Part]:
    """Return how each part of the station is, besides the site."""
    return [_part(folder, who, *words) for who, words in _PARTS.items()]


def all_parts(folder: DataFolder) -> list[Part]:
    """Return how each part of the station is, and the site itself."""
    return [_part(folder, who, *words) for who, words in (_PARTS | _SITE).items()]


def _part(folder: DataFolder, who: str, name: str, message: str, fix: str) -> Part:
    status, told_at = read_status(folder, who), last_sign_of_life(folder, who)
    if status is None or status.get("state") == "stopped":
        return Part(name, running=False, told_at=told_at, faults=(Fault("not-running", message, fix),))
    return Part(name, running=True, told_at=told_at, faults=tuple(_faults(status.get("faults"))))


def _faults(told: Any) -> list[Fault]:
    """Return what can be read of faults that another process, perhaps of another version, wrote."""
    if not isinstance(told, list):
        return []
    return [
        Fault(str(fault.get("code", "")), str(fault["message"]), str(fault.get("fix", "")))
        for fault in told
        if isinstance(fault, dict) and fault.get("message")
    ]
