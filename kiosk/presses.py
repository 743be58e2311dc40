"""Which presses count.

A contact bounces for some milliseconds, and a hand may tremble: only the first press of a button within a while is a
wish. Where a press must be held to count, it counts when it was held long enough, while it is still down; a button that
stays down is one press, however long.
"""

from dataclasses import dataclass, field

from kiosk.devices import Button

#: No hand stays on a button so long (seconds); a bag does, or a button that is jammed.
STUCK_S = 30.0


@dataclass
class PressFilter:
    """Decides press by press, by the moments (`time.monotonic`, seconds) at which a button went down and up.

    Attributes:
        bounce_s: A contact that opens and closes again within this time is still the same press.
        repeat_ignored_s: A further press of the same button within this time is a tremor.
        hold_s: How long a button must be down to count; 0, it counts on the way down.
    """

    bounce_s: float
    repeat_ignored_s: float
    hold_s: float = 0
    _last: dict[Button, float] = field(default_factory=dict)
    _down: dict[Button, float] = field(default_factory=dict)
    _up: dict[Button, float] = field(default_factory=dict)
    _held: dict[Button, float] = field(default_factory=dict)

    def counts(self, button: Button, down: bool, at: float) -> bool:
        """Return whether this edge is a wish of its own."""
        if not down:
            self._up[button] = at
            self._held.pop(button, None)
            return False
        self._held[button] = at
        bounced = at - self._up.pop(button, float("-inf")) < self.bounce_s
        if bounced:
            return False
        if not self.hold_s:
            return self._is_new(button, at)
        self._down[button] = at
        return False

    def due(self, now: float) -> Button | None:
        """Return a button that has now been held for long enough, once for each press."""
        for button, since in list(self._down.items()):
            up_at = self._up.get(button)
            if up_at is not None and up_at - since < self.hold_s:
                # Let go too early, unless the contact only bounces.
                if now - up_at >= self.bounce_s:
                    del self._down[button]
            elif now - since >= self.hold_s:
                del self._down[button]
                if self._is_new(button, since + self.hold_s):
                    return button
        return None

    def next_due(self) -> float | None:
        """Return when `due` may have an answer, or None while no button is down."""
        return min((since + self.hold_s for since in self._down.values()), default=None)

    def stuck(self, now: float) -> Button | None:
        """Return a button that has been down for longer than anybody presses."""
        return next((button for button, since in self._held.items() if now - since >= STUCK_S), None)

    def _is_new(self, button: Button, at: float) -> bool:
        if at - self._last.get(button, float("-inf")) < max(self.bounce_s, self.repeat_ignored_s):
            return False
        self._last[button] = at
        return True
