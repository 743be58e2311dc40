"""The two lights as a visitor sees them: what the scene shows, and for a moment that a press was noticed."""

from dataclasses import replace

from kiosk.clock import Clock
from kiosk.devices import Button, Light, Lights, Panel
from kiosk.errors import PanelError
from kiosk.faults import Faults
from kiosk.stories.status import Fault

#: For so long a press shows by its own light alone, where the lights would stay as they were.
ACKNOWLEDGED_S = 0.3


class Lamps:
    """Shows lights; a light that fails is a fault and stops nothing.

    Attributes:
        again_at: When (`Clock.now`) the scene's own lights come back; None while they are shown.
        shown: What the lights do now.
    """

    def __init__(self, panel: Panel, faults: Faults, clock: Clock) -> None:
        self._panel = panel
        self._faults = faults
        self._clock = clock
        self._scene = Lights()
        self.again_at: float | None = None
        self.shown = Lights()

    def show(self, lights: Lights) -> None:
        """Show the lights of a scene."""
        self._scene = lights
        self.again_at = None
        self._show(lights)

    def acknowledge(self, button: Button) -> None:
        """Show that a press was noticed although the next scene has the same lights: the other light goes out."""
        off = {"red": Light.OFF} if button == "green" else {"green": Light.OFF}
        self._show(replace(self._scene, **off))
        self.again_at = self._clock.now() + ACKNOWLEDGED_S

    def settle(self) -> None:
        """Show the scene's own lights again when it is time."""
        if self.again_at is not None and self._clock.now() >= self.again_at:
            self.show(self._scene)

    def _show(self, lights: Lights) -> None:
        self.shown = lights
        try:
            self._panel.show(lights)
        except PanelError as error:
            self._faults.note("lights", Fault("lights", str(error), "Visits go on without this light."))
        else:
            self._faults.note("lights", None)
