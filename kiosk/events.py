"""Everything that can happen to a station: what comes onto the queue of its main loop."""

from dataclasses import dataclass

from kiosk.devices import Button
from kiosk.health import Changed, Checked
from kiosk.narrator import Heard
from kiosk.recorder import Begun, Ended, NotBegun, Quiet
from kiosk.saver import Gone, NotSaved, Saved


@dataclass(frozen=True)
class Moved:
    """A button went down or up at a moment of `time.monotonic`."""

    button: Button
    down: bool
    at: float


@dataclass(frozen=True)
class SoundTestAsked:
    """Staff wish to hear how the microphone hears."""


@dataclass(frozen=True)
class Stop:
    """The station shall end."""


Sounded = Begun | NotBegun | Ended | Quiet
Stored = Saved | NotSaved | Gone
Event = Moved | Heard | Sounded | Stored | Checked | Changed | SoundTestAsked | Stop
