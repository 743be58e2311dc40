"""Which presses count.

A contact bounces for some milliseconds, and a hand may tremble: only the first press of a button within a while is a
wish.
"""

from dataclasses import dataclass, field

from kiosk.devices import Button


@dataclass
class PressFilter:
    """Decides press by press, by the moments at which the button went down.

    Attributes:
        bounce_s: A contact that closes again within this time is still the same press.
        repeat_ignored_s: A further press of the same button within this time is a tremor.
    """

    bounce_s: float
    repeat_ignored_s: float
    _last: dict[Button, float] = field(default_factory=dict)

    def counts(self, button: Button, at: float) -> bool:
        """Return whether a press of `button` at the moment `at` (`time.monotonic`, seconds) is a wish of its own."""
        if at - self._last.get(button, float("-inf")) < max(self.bounce_s, self.repeat_ignored_s):
            return False
        self._last[button] = at
        return True
