"""The station screen beside a real station: a visit on its buttons, and everything started again under it."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from kiosk.flow import State
from tests.sound_card import SoundCard
from tests.station import WAY, StationUnderTest

#: The browser itself tells of answers that were cut off when the site is killed; nothing else may be wrong.
CUT_OFF = ("net::ERR_", "Failed to load resource")
AWAY = "away"
#: Notes words and number of buttons whenever the page shows that the kiosk is away: that may last for a moment only.
WATCH = """() => {
    window.away = [];
    const screen = document.getElementById("screen"), words = document.getElementById("words");
    const note = () => {
        if (screen.dataset.state !== "away") return;
        const buttons = [...document.querySelectorAll("button")].filter((each) => each.checkVisibility());
        window.away.push([words.textContent, buttons.length]);
    };
    new MutationObserver(note).observe(screen, {attributes: true, childList: true, characterData: true, subtree: true});
}"""


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(station: StationUnderTest, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 800, "height": 480})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{station.status('admin')['address']}/screen")
    yield page
    page.close()


def state(page: Page) -> str:
    return str(page.evaluate("document.getElementById('screen').dataset.state"))


def until(page: Page, true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, f"still not {what}; the page shows: {state(page)}"
        page.wait_for_timeout(20)


def reach(page: Page, wanted: str) -> None:
    until(page, lambda: state(page) == wanted, wanted)


def test_a_whole_visit_on_the_buttons_of_the_page_is_kept(
    station: StationUnderTest, card: SoundCard, page: Page, complaints: list[str]
) -> None:
    card.script.write_bytes(b"\x00\x20\x00\xe0" * 16_000 * 30)
    reach(page, State.IDLE)
    assert page.evaluate("document.cookie") == ""
    pressed: set[object] = set()
    seen: list[str] = []

    def kept() -> bool:
        shown, scene = state(page), station.status().get("scene")
        if shown != (seen[-1:] or [""])[0]:
            seen.append(shown)
        clock = page.locator("#clock").text_content() or ""
        ready = shown in WAY if shown != State.TELLING else clock >= "0:03"
        if ready and station.status().get("state") == shown and scene not in pressed:
            pressed.add(scene)
            colour = WAY.get(shown, "green").capitalize()
            page.get_by_role("button", name=f"({colour} button)").click()
        return bool(station.status().get("last_story"))

    until(page, kept, "kept")
    reach(page, State.IDLE)
    story = station.data.story(station.status()["last_story"]).story()
    assert (story.agreed, story.permissions.words, story.permissions.voice) == (True, True, False)
    assert {State.TELLING, State.HEAR_IT, State.KEEP, State.WORDS, State.VOICE} <= set(seen)
    assert complaints == []


def test_the_page_goes_on_whatever_is_killed(station: StationUnderTest, page: Page, complaints: list[str]) -> None:
    reach(page, State.IDLE)
    page.evaluate("window.theSame = true")
    page.evaluate(WATCH)
    for process in ("kiosk", "kiosk", "admin"):
        # The page may show it before the process itself has said so.
        until(page, lambda name=process: name in station.pids(), f"{process} runs")
        page.evaluate("window.away = []")
        os.kill(station.pids()[process], signal.SIGKILL)
        until(page, lambda: bool(page.evaluate("window.away.length")), AWAY)
        assert page.evaluate("window.away.pop()") == ["One moment, please. I am getting ready.", 0]
        reach(page, State.IDLE)
    # The site is of the same edition: the page itself need not be loaded again.
    assert page.evaluate("window.theSame")
    station.press("green", State.BEFORE)
    reach(page, State.BEFORE)
    # A kiosk that hangs is noticed as well.
    hanging = station.pids()["kiosk"]
    os.kill(hanging, signal.SIGSTOP)
    try:
        reach(page, AWAY)
    finally:
        os.kill(hanging, signal.SIGCONT)
    until(page, lambda: state(page) != AWAY, "back again")
    assert [each for each in complaints if not any(known in each for known in CUT_OFF)] == []
