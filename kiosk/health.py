"""Looks after the station while nobody tells a story: is the microphone there, has the disk room?

What it finds it reports at once, so that a visitor is told before speaking and the station comes back by itself. It
also follows what the station shall ask and tell next.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kiosk.config import Config
from kiosk.devices import Microphone, Speaker
from kiosk.errors import DiskFull
from kiosk.faults import speaker_fault
from kiosk.prompts import Prompts
from kiosk.recorder import disk_fault, microphone_fault
from kiosk.stories.editions import Edition, Editions
from kiosk.stories.folder import DataFolder
from kiosk.stories.room import require_room
from kiosk.stories.status import Fault

#: How often cheap things are looked at (a list of sound cards, free room).
LOOK_S = 1.0
#: How soon a missing microphone is looked for again.
FAULTY_AGAIN_S = 2.0
#: How often a microphone that was well is asked again; asking costs a search of all sound devices.
WELL_AGAIN_S = 60.0
#: The kernel's list of sound cards: changes when something is plugged in or out.
_CARDS = Path("/proc/asound/cards")


@dataclass(frozen=True)
class Checked:
    """What a look found: `fault` is None when all is well."""

    code: str
    fault: Fault | None


@dataclass(frozen=True)
class Changed:
    """Somebody has changed what the station asks and tells; it can be said without delay."""

    edition: Edition


class Health:
    """Checks in a thread of its own, until it is closed."""

    def __init__(
        self,
        config: Config,
        folder: DataFolder,
        *,
        microphone: Microphone,
        speaker: Speaker,
        prompts: Prompts,
        editions: Editions,
        report: Callable[[Checked | Changed], None],
    ) -> None:
        """Begin to check; `report` is called from the thread with every finding."""
        self._speaker = speaker
        self._prompts = prompts
        self._editions = editions
        self._config = config
        self._folder = folder
        self._microphone = microphone
        self._report = report
        self._closing = threading.Event()
        self._look_now = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()

    def look_again(self) -> None:
        """Ask the microphone again soon: it has just failed."""
        self._look_now.set()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop checking."""
        self._closing.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        asked_at, cards, faulty = float("-inf"), _sound_cards(), False
        while True:
            self._report(Checked("disk", self._disk()))
            before, cards = cards, _sound_cards()
            age_s = time.monotonic() - asked_at
            again_s = FAULTY_AGAIN_S if faulty or self._look_now.is_set() else WELL_AGAIN_S
            if cards != before or age_s >= again_s:
                self._look_now.clear()
                found = self._microphone.check()
                faulty = found is not None
                asked_at = time.monotonic()
                self._report(Checked("microphone", microphone_fault(found) if found else None))
            if self._speaker.fault:
                # One that is well tells by each prompt; one that is not is looked for, so that nobody must press first.
                self._report(Checked("speaker", speaker_fault(self._speaker.check() or self._prompts.fault)))
            if edition := self._editions.look():
                # Spoken and evened out here: no visitor waits for it, nor does the next press.
                self._prompts.prepare(edition)
                self._report(Changed(edition))
            if self._closing.wait(LOOK_S):
                return

    def _disk(self) -> Fault | None:
        try:
            longest_s = self._config.conversation.longest_story_s
            require_room(self._folder, longest_s, self._config.disk.reserve_mb * 1e6)
        except DiskFull as error:
            return disk_fault(str(error))
        except OSError as error:
            return disk_fault(f"The data folder {self._folder.root} cannot be reached: {error.strerror}.")
        return None


def _sound_cards() -> str:
    try:
        return _CARDS.read_text()
    except OSError:
        return ""
