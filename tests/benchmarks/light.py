"""From a press to the light, inside one process: a mock pin moves, and another one follows."""

import threading
import time
from collections.abc import Callable

from gpiozero import PWMLED
from gpiozero import Button as GpioButton
from gpiozero.pins.mock import MockFactory

from kiosk.config import Config, PanelSettings
from kiosk.devices.panel import GpioPanel, SimulatedPin
from kiosk.devices.sample import SampleMicrophone
from kiosk.devices.speaker import SilentSpeaker
from kiosk.flow import State
from kiosk.prompts import Prompts
from kiosk.shown.texts import load_texts
from kiosk.station import Station
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import read_status
from tests.benchmarks.results import Result, spread
from tests.benchmarks.rig import Rig
from tests.sound_card import wait_until

#: What a person feels as at once (Nielsen, Usability Engineering, 1993, chapter 5).
AT_ONCE_MS = 100
PANEL = PanelSettings(kind="simulated", repeat_ignored_s=0)


def measure_light(rig: Rig) -> list[Result]:
    """Press green while the station waits: green stops breathing and shines, red goes on."""
    times = 10 if rig.quick else 40
    station_ms = _station_ms(rig, times)
    bare_ms = _bare_ms(times)
    slowest = max(station_ms)
    return [
        Result(
            "press to both lights",
            spread(station_ms, "ms", 1),
            "bare gpiozero: when_pressed switches both lights on",
            spread(bare_ms, "ms", 1),
            f"{slowest - max(bare_ms):+.1f} ms at the slowest",
            f"always at most {AT_ONCE_MS} ms",
            slowest <= AT_ONCE_MS,
            "From the edge of the green button's mock pin to the last change of both lights' mock pins.",
        )
    ]


def _station_ms(rig: Rig, times: int) -> list[float]:
    folder = DataFolder.open(rig.folder / "light")
    config = Config(panel=PANEL)
    panel = GpioPanel(PANEL, MockFactory(pin_class=SimulatedPin))
    prompts = Prompts(folder, load_texts(config.station.language), config.voice)
    prompts.prepare()
    station = Station(
        config,
        folder,
        panel=panel,
        microphone=SampleMicrophone(prompts.sample_story),
        speaker=SilentSpeaker(),
        prompts=prompts,
    )
    running = threading.Thread(target=station.run)
    running.start()

    def reach(state: State) -> None:
        wait_until(lambda: (read_status(folder, "kiosk") or {}).get("state") == state, state)

    def lit() -> bool:
        return all(light.value == 1 for light in panel._lights.values())

    try:
        found = []
        for _ in range(times):
            reach(State.IDLE)
            time.sleep(0.2)  # the green light breathes
            found.append(_press_ms(panel._buttons["green"], lit))
            reach(State.BEFORE)
            panel.press("red")  # no; the station says goodbye, without a sound, and waits again
        return found
    finally:
        station.stop()
        running.join()


def _bare_ms(times: int) -> list[float]:
    factory = MockFactory(pin_class=SimulatedPin)
    button = GpioButton(2, pin_factory=factory)
    lights = [PWMLED(pin, pin_factory=factory) for pin in (3, 4)]

    def light() -> None:
        for each in lights:
            each.on()

    button.when_pressed = light
    found = []
    for _ in range(times):
        found.append(_press_ms(button, lambda: all(each.value == 1 for each in lights)))
        for each in lights:
            each.off()
    factory.close()
    return found


def _press_ms(button: GpioButton, lit: Callable[[], bool]) -> float:
    """Let a button go down and return how long it takes until `lit`; then let it up."""
    pressed_at = time.monotonic()
    button.pin.drive_low()
    deadline = pressed_at + 10
    while not lit():
        if time.monotonic() > deadline:
            raise RuntimeError("The press was not followed by the lights.")
        time.sleep(0.0001)  # lets the station's threads run
    after_ms = 1000 * (time.monotonic() - pressed_at)
    button.pin.drive_high()
    return after_ms
