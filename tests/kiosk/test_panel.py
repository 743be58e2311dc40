import queue
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from kiosk.board import Board, BoardSocket
from kiosk.config import PanelSettings
from kiosk.devices import Button, Light, Lights
from kiosk.devices.panel import GpioPanel, SimulatedPin, open_panel
from kiosk.errors import PanelError
from kiosk.shown import live
from kiosk.shown.live import Progress
from kiosk.stories.folder import DataFolder
from tests.sound_card import wait_until


def answering(data: DataFolder, press: Callable[[Button], None]) -> BoardSocket:
    return BoardSocket(data, Board(), press=press, progress=lambda: Progress(seconds=0, level=0), test_sound=bytes)


@pytest.fixture
def panel() -> "object":
    panel = open_panel(PanelSettings(kind="simulated"))
    yield panel
    panel.close()


def test_a_press_is_reported_when_the_button_goes_down(panel: GpioPanel) -> None:
    presses: queue.Queue[tuple[Button, float]] = queue.Queue()
    panel.start(lambda button, down, at: down and presses.put((button, at)))
    panel.press("red")
    panel.press("green")
    assert [presses.get(timeout=60)[0], presses.get(timeout=60)[0]] == ["red", "green"]
    assert presses.empty()


def test_lights_are_what_was_asked_for() -> None:
    factory = MockFactory(pin_class=SimulatedPin)
    panel = GpioPanel(PanelSettings(), factory)
    green, red = factory.pin(22), factory.pin(23)
    panel.show(Lights(green=Light.ON, red=Light.OFF))
    assert (green.state, red.state) == (1, 0)
    panel.show(Lights(green=Light.OFF, red=Light.BLINK))
    wait_until(lambda: red.state == 1, "the red light is on")
    wait_until(lambda: red.state == 0, "the red light is off again")
    panel.show(Lights(green=Light.BREATHE))
    wait_until(lambda: 0 < green.state < 1, "the green light is between on and off")
    panel.close()


def test_a_breathing_light_does_not_fill_the_memory() -> None:
    factory = MockFactory(pin_class=SimulatedPin)
    pin = factory.pin(5)
    pin.function = "output"
    tracemalloc.start()
    for step in range(20_000):
        pin.state = step % 100 / 100
    assert tracemalloc.get_traced_memory()[0] < 20_000
    tracemalloc.stop()


def test_a_pin_that_is_taken_is_an_error_with_a_way_out() -> None:
    factory = MockFactory(pin_class=SimulatedPin)
    holder = GpioPanel(PanelSettings(), factory)
    with pytest.raises(PanelError, match="Is another program using"):
        GpioPanel(PanelSettings(), factory)
    holder.close()


def test_without_pins_the_settings_for_real_ones_are_refused_with_a_way_out() -> None:
    if Path("/dev/gpiochip0").exists():
        pytest.skip("this machine has pins")
    with pytest.raises(PanelError, match='kind = "simulated"'):
        open_panel(PanelSettings(kind="gpio"))


def test_a_press_from_another_process_moves_the_pin(panel: GpioPanel, data: DataFolder) -> None:
    presses: queue.Queue[Button] = queue.Queue()
    panel.start(lambda button, down, at: down and presses.put(button))
    socket = answering(data, panel.press)
    live.press(data, "green")
    assert presses.get(timeout=60) == "green"
    socket.close()
    with pytest.raises(PanelError, match="sayso run"):
        live.press(data, "green")


def test_a_press_reaches_a_data_folder_of_any_depth(tmp_path: Path) -> None:
    deep = DataFolder.open(tmp_path / ("d" * 100) / ("e" * 100))
    pressed: list[Button] = []
    socket = answering(deep, pressed.append)
    live.press(deep, "red")
    assert pressed == ["red"]
    socket.close()


def test_real_buttons_are_not_pressed_by_programs(data: DataFolder) -> None:
    panel = open_panel(PanelSettings(kind="simulated"))
    panel.simulated = False
    socket = answering(data, panel.press)
    with pytest.raises(PanelError, match="with a finger"):
        live.press(data, "green")
    socket.close()
    panel.close()


def test_a_touch_display_may_press_beside_real_buttons_if_the_settings_say_so(data: DataFolder) -> None:
    panel = open_panel(PanelSettings(kind="simulated", page_presses="always"))
    panel.simulated = False
    presses: queue.Queue[tuple[Button, bool]] = queue.Queue()
    panel.start(lambda button, down, at: presses.put((button, down)))
    socket = answering(data, panel.press)
    live.press(data, "green")
    assert [presses.get(timeout=60), presses.get(timeout=60)] == [("green", True), ("green", False)]
    socket.close()
    panel.close()
