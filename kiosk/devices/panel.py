"""Buttons and lights through gpiozero: the same code drives real pins and gpiozero's mock pins."""

import contextlib
import time
from functools import partial
from pathlib import Path
from typing import Any

from gpiozero import PWMLED, GPIOZeroError
from gpiozero import Button as GpioButton
from gpiozero.pins.mock import MockFactory, MockPWMPin
from gpiozero.tools import scaled, sin_values

from kiosk.config import PanelSettings
from kiosk.devices import Button, Light, Lights, OnEdge
from kiosk.errors import PanelError

#: One breath of a light: slow and calm, a quarter of a cycle a second.
BREATH_S = 4.0
#: Steps of a breath a second: few enough that an idle Pi idles, enough that it looks smooth.
_BREATH_STEPS_HZ = 12
#: One blink: on for half of it. Half a flash a second; anything over three may hurt (WCAG 2.3.1).
BLINK_S = 2.0
#: How long a simulated finger stays down, longer than a press must be held to count.
FINGER_S = 0.1


class SimulatedPin(MockPWMPin):  # type: ignore[misc]  # gpiozero has no types
    """A mock pin that does not remember every breath of its light since the station was switched on."""

    def _change_state(self, value: float) -> bool:
        changed = super()._change_state(value)
        del self.states[:-16]
        return bool(changed)


class GpioPanel:
    """Two buttons that close to ground, and a light in each; perhaps a third button, without a light.

    Bouncing contacts are not gpiozero's to filter here: its `bounce_time` drops presses (gpiozero #550, #697) and its
    mock pins ignore it. Every edge is reported; `kiosk.presses` decides.
    """

    def __init__(self, settings: PanelSettings, factory: Any) -> None:
        """Take the pins.

        Args:
            settings: Which pins.
            factory: gpiozero's way to them.

        Raises:
            PanelError: A pin is taken or cannot be reached.
        """
        self._factory = factory
        self._finger_s = settings.hold_s + FINGER_S
        self._bounce_s = settings.bounce_s
        self.simulated = isinstance(factory, MockFactory)
        self._always_pressable = settings.page_presses == "always"
        self._on_edge: OnEdge | None = None
        self._shown: dict[Button, Light] = {}
        try:
            self._buttons: dict[Button, GpioButton] = {
                "green": GpioButton(settings.green_button_pin, pin_factory=factory),
                "red": GpioButton(settings.red_button_pin, pin_factory=factory),
            }
            if settings.blue_button_pin:
                self._buttons["blue"] = GpioButton(settings.blue_button_pin, pin_factory=factory)
            self._lights: dict[Button, PWMLED] = {
                "green": PWMLED(settings.green_light_pin, pin_factory=factory),
                "red": PWMLED(settings.red_light_pin, pin_factory=factory),
            }
        except (GPIOZeroError, OSError) as error:
            raise PanelError(
                f"Buttons and lights cannot be reached: {error}. Is another program using these pins, "
                "and may this account use them (group 'gpio')?"
            ) from error

    def start(self, on_edge: OnEdge) -> None:
        """Report every time a button goes down or up, with its moment."""
        self._on_edge = on_edge
        for name, button in self._buttons.items():
            button.when_pressed = partial(_report, on_edge, name, True)
            button.when_released = partial(_report, on_edge, name, False)

    def show(self, lights: Lights) -> None:
        """Set both lights.

        Raises:
            PanelError: A light does not answer.
        """
        both: tuple[tuple[Button, Light], ...] = (("green", lights.green), ("red", lights.red))
        for name, wanted in both:
            if self._shown.get(name) is wanted:
                continue
            try:
                _set(self._lights[name], wanted)
            except (GPIOZeroError, OSError) as error:
                self._shown.pop(name, None)
                raise PanelError(f"The {name} light does not answer: {error}. Check its wires.") from error
            self._shown[name] = wanted

    @property
    def pressable(self) -> bool:
        """Whether `press` does anything here."""
        return self.simulated or self._always_pressable

    def press(self, name: Button) -> None:
        """Press a button as a finger does: down, a moment, up. A simulated one moves its pin.

        Raises:
            PanelError: The buttons are real, and only a finger presses those.
        """
        if not self.pressable:
            raise PanelError("This station has real buttons: press them with a finger.")
        if name not in self._buttons:
            raise PanelError(f"This station has no {name} button; set {name}_button_pin under [panel].")
        self._move(name, True)
        time.sleep(self._finger_s)
        self._move(name, False)
        # The next press must not look like a bounce of this one.
        time.sleep(self._bounce_s)

    def _move(self, name: Button, down: bool) -> None:
        if self.simulated:
            pin = self._buttons[name].pin
            (pin.drive_low if down else pin.drive_high)()
        elif self._on_edge:
            # Nobody can move a real pin but a finger: the press is reported beside it.
            _report(self._on_edge, name, down)

    def close(self) -> None:
        """Put the lights out and let go of the pins."""
        for device in (*self._buttons.values(), *self._lights.values()):
            with contextlib.suppress(GPIOZeroError, OSError):
                device.close()
        self._factory.close()


def _report(on_edge: OnEdge, name: Button, down: bool) -> None:
    on_edge(name, down, time.monotonic())


def _set(led: PWMLED, wanted: Light) -> None:
    led.source = None
    match wanted:
        case Light.OFF:
            led.off()
        case Light.ON:
            led.on()
        case Light.BREATHE:
            # gpiozero's own pulse() takes 25 steps a second, twice the processor time for the same calm.
            led.source_delay = 1 / _BREATH_STEPS_HZ
            led.source = scaled(sin_values(round(BREATH_S * _BREATH_STEPS_HZ)), 0, 1, -1, 1)
        case Light.BLINK:
            led.blink(on_time=BLINK_S / 2, off_time=BLINK_S / 2)


def on_a_pi() -> bool:
    """Return whether this machine is a Raspberry Pi."""
    with contextlib.suppress(OSError):
        return "Raspberry Pi" in Path("/proc/device-tree/model").read_text(errors="replace")
    return False


def open_panel(settings: PanelSettings) -> GpioPanel:
    """Open the buttons and lights that the settings ask for.

    Raises:
        PanelError: They cannot be reached.
    """
    if settings.kind == "simulated" or (settings.kind == "auto" and not on_a_pi()):
        return GpioPanel(settings, MockFactory(pin_class=SimulatedPin))
    try:
        # lgpio reaches the pins of every Pi; on the Pi 5 nothing else does.
        from gpiozero.pins.lgpio import LGPIOFactory

        factory = LGPIOFactory()
    except Exception as error:  # lgpio's own error is a bare Exception
        raise PanelError(
            f"The pins of this machine cannot be reached: {error}. On a Raspberry Pi install python3-lgpio and let "
            "this account into the group 'gpio'; elsewhere set kind = \"simulated\" under [panel]."
        ) from error
    return GpioPanel(settings, factory)
