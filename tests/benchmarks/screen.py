"""From a state of the kiosk to the page that shows it, in real Chromium."""

import threading
import time
from collections.abc import Callable

from playwright.sync_api import Page, sync_playwright

from kiosk.errors import StationAway
from kiosk.flow import State
from kiosk.shown import live
from kiosk.stories.folder import DataFolder
from tests.admin_web.browsing import chromium
from tests.benchmarks.results import Result, spread
from tests.benchmarks.rig import Rig

#: What the page may take to follow.
TARGET_MS = 250
#: Notes in the page when each state was painted, by the wall clock (milliseconds).
WATCH = """() => {
    window.painted = [];
    const screen = document.getElementById("screen");
    new MutationObserver(() => {
        const state = screen.dataset.state;
        const note = () => painted.push([state, performance.timeOrigin + performance.now()]);
        requestAnimationFrame(() => setTimeout(note));
    }).observe(screen, { attributeFilter: ["data-state"] });
}"""


def measure_screen(rig: Rig) -> list[Result]:
    """Go to and fro between two states, and read when each came to the socket and when it stood on the page."""
    times = 5 if rig.quick else 20
    page_ms, socket_ms = [], []
    with rig.station() as station, sync_playwright() as playwright, chromium(playwright) as browser:
        page = browser.new_page(viewport={"width": 800, "height": 480})
        page.goto(f"{station.status('admin')['address']}/screen")
        told = _Told(station.data)
        _until(page, lambda: page.evaluate("document.getElementById('screen').dataset.state") == State.IDLE)
        page.evaluate(WATCH)
        for button, state in [("green", State.BEFORE), ("red", State.IDLE)] * times:
            pressed_at = time.time()
            live.press(station.data, button)
            _until(page, lambda state=state: page.evaluate("(painted.at(-1) || [''])[0]") == state)
            painted_at = float(page.evaluate("painted.at(-1)[1]")) / 1000
            page_ms.append(1000 * (painted_at - pressed_at))
            socket_ms.append(1000 * (told.last(state) - pressed_at))
    slowest = max(page - line for page, line in zip(page_ms, socket_ms, strict=True))
    return [
        Result(
            "press to the page that shows the next state",
            spread(page_ms, "ms"),
            "press to the kiosk's line that tells of it",
            spread(socket_ms, "ms"),
            f"{slowest:+.0f} ms at the slowest",
            f"always at most {TARGET_MS} ms",
            slowest <= TARGET_MS,
            "From a press, through a state that lasts as long as a short prompt, until another reader of the kiosk's "
            "socket has the line, and until Chromium has painted it.",
        )
    ]


class _Told:
    """Reads the kiosk's socket, and remembers when each state came."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._came: dict[str, float] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        last = ""
        try:
            for line in live.follow(self._folder):
                if line.scene and line.scene.state != last:
                    last = line.scene.state
                    self._came[last] = time.time()
        except StationAway:
            return

    def last(self, state: State) -> float:
        return self._came[state]


def _until(page: Page, true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError("The page did not follow.")
        page.wait_for_timeout(20)
