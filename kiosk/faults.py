"""What is wrong with the station just now, as staff see it in `status/kiosk.json`."""

import logging
from collections.abc import Iterable, Sequence

from kiosk.devices import Button
from kiosk.presses import STUCK_S
from kiosk.stories.status import Fault

log = logging.getLogger("kiosk")

#: While one of these is there, nobody could tell a story, or it could not be kept.
_BLOCKING = frozenset({"microphone", "disk", "saving", "button"})


def button_fault(button: Button) -> Fault:
    """Return the fault that staff see when a button does not come up again."""
    message = f"The {button} button has been down for more than {STUCK_S:.0f} s."
    return Fault("button", message, "See whether something lies on it, or whether it is jammed.")


def speaker_fault(message: str | None) -> Fault | None:
    """Return the fault that staff see when visitors hear nothing; None if there is no message."""
    return Fault("speaker", message, "Visits go on by the lights. Try 'sayso check'.") if message else None


def takes_fault(unreadable: Sequence[str]) -> Fault | None:
    """Return the fault that staff see when takes that a crash left cannot be read; None if there are none."""
    fix = "Copy the folder to a safe place and ask somebody who knows Sayso."
    return Fault("takes", unreadable[0], fix) if unreadable else None


class Faults:
    """The faults by their codes; each goes when its cause is gone."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def note(self, code: str, fault: Fault | None) -> None:
        """Note a fault, or (None) that there is none any more."""
        if fault is None:
            if self._faults.pop(code, None):
                log.info("Well again: %s", code)
        elif self._faults.get(code) != fault:
            log.warning("%s %s", fault.message, fault.fix)
            self._faults[code] = fault

    def note_all(self, codes: Iterable[str], faults: Iterable[Fault]) -> None:
        """Note what is wrong with something that has several codes; of each code the first one."""
        found = {fault.code: fault for fault in reversed(tuple(faults))}
        for code in codes:
            self.note(code, found.get(code))

    @property
    def blocking(self) -> bool:
        """Whether no story can be taken now."""
        return not self._faults.keys().isdisjoint(_BLOCKING)

    def __contains__(self, code: object) -> bool:
        return code in self._faults

    def as_list(self) -> list[dict[str, str]]:
        """Return them as they stand in the status file."""
        return [fault.as_dict() for fault in self._faults.values()]
