"""What came of recording and saving: what it means for the conversation, and for staff."""

import logging
from typing import assert_never

from kiosk.events import Sounded, Stored
from kiosk.faults import Faults
from kiosk.flow import Trigger
from kiosk.health import Health
from kiosk.recorder import Begun, Ended, NotBegun, Quiet, disk_fault
from kiosk.saver import Gone, NotSaved, Saved
from kiosk.stories.status import Fault
from kiosk.telling import Telling

log = logging.getLogger("kiosk")


class Outcomes:
    """Takes what the recorder and the saver report: hands it to the story in hand, and notes faults."""

    def __init__(self, telling: Telling, faults: Faults, health: Health) -> None:
        self._telling, self._faults, self._health = telling, faults, health

    def trigger(self, event: Sounded | Stored) -> Trigger | None:
        """Return what an event means for the conversation; None if it is of no story in hand."""
        match event:
            case Begun(sink):
                self._telling.begun(sink)
                self._faults.note("microphone", None)
                return Trigger.RECORDING
            case NotBegun(fault):
                self._failed(fault)
                return Trigger.CANNOT_RECORD
            case Quiet(long):
                return Trigger.SILENCE if long else Trigger.BREATH
            case Ended():
                return self._ended(event)
            case Saved(story_id, agreed, card):
                log.info("Kept%s: %s", "" if agreed else ", not agreed", story_id)
                self._faults.note("saving", None)
                return Trigger.SAVED if self._telling.saved(story_id, card) else None
            case NotSaved(take_id, message):
                log.error("A story cannot be saved yet: %s", message)
                fault = disk_fault(f"A story cannot be saved: {message}. Its sound is safe; it is tried again.")
                self._faults.note("saving", fault)
                return Trigger.NOT_SAVED if self._telling.is_saving(take_id) else None
            case Gone():
                self._faults.note("saving", None)
                return None
            case _:
                assert_never(event)

    def _ended(self, event: Ended) -> Trigger:
        told = self._telling.ended(event.sink, event.recording)
        if not event.fault:
            return told
        log.error("A take was cut short: %s", event.fault.message)
        self._failed(event.fault)
        if event.recording.frames or told is Trigger.ENDED:
            return Trigger.CUT
        # An answer was chosen by a press: it needs no sound.
        return told if told is Trigger.ANSWERED else Trigger.LOST

    def _failed(self, fault: Fault) -> None:
        self._faults.note(fault.code, fault)
        self._health.look_again()
