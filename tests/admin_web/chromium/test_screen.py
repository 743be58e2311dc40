"""The station screen in real Chromium: every state, at the sizes of a small touch display and of a laptop."""

import time
from collections.abc import Iterator
from functools import partial

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from kiosk.conversation import Visit
from kiosk.flow import State
from kiosk.shown.live import Scene
from kiosk.shown.texts import load_texts
from kiosk.stories.folder import DataFolder
from tests.admin_web.making import Admin
from tests.kiosk import test_screen
from tests.kiosk.test_board import Answering
from tests.sound_card import wait_until

SIZES = [(800, 480), (1280, 720)]
#: What must hold for every page, and for contrast the stricter 7:1.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "wcag2aaa", "best-practice"]}
SHOWN = """([state, words]) => document.getElementById("screen").dataset.state === state
    && document.getElementById("words").textContent === words"""
#: What sticks out of the screen or of its own place.
OUTSIDE = """() => [document.documentElement, ...document.querySelectorAll(".told, .key, .label, h1, #card")]
    .filter(each => each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1
        || each.getBoundingClientRect().right > innerWidth + 1 || each.getBoundingClientRect().bottom > innerHeight + 1)
    .filter(each => getComputedStyle(each).display !== "inline").map(each => each.outerHTML.slice(0, 200))"""
SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll("main *")]
    .filter(each => each.checkVisibility() && [...each.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(each => parseFloat(getComputedStyle(each).fontSize)))"""
#: Seconds of the quickest thing that repeats itself.
QUICKEST = """() => Math.min(...document.getAnimations()
    .filter(each => each.effect.getTiming().iterations === Infinity)
    .map(each => each.effect.getTiming().duration / 1000), 1000)"""


@pytest.fixture(scope="module")
def answering(data: DataFolder) -> Iterator[Answering]:
    answering = Answering(data)
    yield answering
    answering.close()


@pytest.fixture(scope="module")
def admin(data: DataFolder, answering: Answering) -> Iterator[Admin]:
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture
def page(browser: Browser, admin: Admin) -> Iterator[Page]:
    """The page, which must not complain of anything."""
    page = browser.new_page(viewport={"width": 800, "height": 480})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{admin.address}/screen")
    yield page
    cookies = page.context.cookies()
    page.close()
    # The site may not have noticed yet that the pages before have gone: then this one waits for a place.
    assert [each for each in complaints if "503" not in each] == [] and cookies == []


draw = partial(test_screen.draw, card=("flower 10000", "flower"), pressable=True)


def show(page: Page, answering: Answering, scene: Scene) -> None:
    answering.board.show(scene)
    until(page, SHOWN, [scene.state, scene.words])


def until(page: Page, script: str, argument: object = None) -> None:
    deadline = time.monotonic() + 60
    while not page.evaluate(script, argument):
        assert time.monotonic() < deadline, (script, argument)
        page.wait_for_timeout(10)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_scene_fits_the_screen_in_large_text_and_nothing_blinks_fast(
    page: Page, answering: Answering, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    texts = load_texts("en-GB")
    scenes = [draw(state, blue=blue) for state in State for blue in (False, True)]
    scenes += [draw(state, saying) for state in State for saying in Visit(state).scene.says if saying in texts]
    # The longest that the rules for texts allow: fifteen words.
    scenes.append(scenes[0].model_copy(update={"words": "Everybody " + "something " * 13 + "together."}))
    for scene in scenes:
        show(page, answering, scene)
        assert page.evaluate(OUTSIDE) == [], scene
        assert page.evaluate(SMALLEST_TEXT) >= 28, scene
        assert page.evaluate(QUICKEST) >= 1, scene


@pytest.mark.parametrize("state", [State.IDLE, State.TELLING, State.KEEP, State.NUMBER, State.SORRY])
def test_axe_finds_nothing(page: Page, answering: Answering, state: State) -> None:
    show(page, answering, draw(state, "to_throw" if state is State.KEEP else ""))
    found = Axe().run(page, options=RULES).response
    assert [each["id"] for each in found["violations"]] == []
    assert "color-contrast-enhanced" in {each["id"] for each in found["passes"]}


def test_while_somebody_tells_the_time_runs_and_the_level_moves(page: Page, answering: Answering) -> None:
    show(page, answering, draw(State.TELLING))
    answering.told = answering.told.model_copy(update={"seconds": 83.9, "level": 0.75})
    expect(page.locator("#clock")).to_have_text("1:23")
    until(page, "() => document.getElementById('screen').style.getPropertyValue('--level') === '0.75'")
    answering.told = answering.told.model_copy(update={"seconds": 600, "level": 0})
    expect(page.locator("#clock")).to_have_text("10:00")
    until(page, "() => document.getElementById('screen').style.getPropertyValue('--level') === '0.00'")
    show(page, answering, draw(State.STOPPING))
    expect(page.locator("#time")).to_be_hidden()


def test_the_buttons_work_by_keyboard_and_a_held_key_is_one_press(page: Page, answering: Answering) -> None:
    answering.pressed.clear()
    show(page, answering, draw(State.KEEP))
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Enter")
    until_pressed(page, answering, ["green"])
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    until_pressed(page, answering, ["green", "red"])
    # What a button is for changes under the finger; the focus stays.
    show(page, answering, draw(State.SURE))
    expect(page.get_by_role("button", name="Throw away (Red button)")).to_be_focused()
    for _ in range(3):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    until_pressed(page, answering, ["green", "red", "red"])


def until_pressed(page: Page, answering: Answering, buttons: list[str]) -> None:
    deadline = time.monotonic() + 60
    while len(answering.pressed) < len(buttons) and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    page.wait_for_timeout(100)
    assert answering.pressed == buttons


def test_with_one_switch_a_device_that_types_a_space_works_at_once(page: Page, answering: Answering) -> None:
    answering.pressed.clear()
    show(page, answering, draw(State.KEEP, "to_keep", rules=test_screen.ONE_SWITCH, offer=0))
    expect(page.get_by_role("button")).to_have_count(1)
    page.keyboard.press("Space")
    until_pressed(page, answering, ["green"])


def test_beside_real_buttons_there_is_nothing_to_press(page: Page, answering: Answering) -> None:
    show(page, answering, draw(State.IDLE, pressable=False))
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("Talk", exact=True)).to_be_visible()


def test_who_wants_less_motion_gets_none(browser: Browser, admin: Admin, answering: Answering) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(f"{admin.address}/screen")
    for state in (State.IDLE, State.SORRY, State.TELLING):
        show(page, answering, draw(state))
        assert page.evaluate("document.getAnimations().length") == 0
    page.close()


def test_a_screen_too_many_says_so_and_goes_on_when_there_is_room(
    browser: Browser, admin: Admin, answering: Answering
) -> None:
    answering.board.show(draw(State.IDLE))
    pages = [browser.new_page() for _ in range(4)]
    for page in pages:
        page.goto(f"{admin.address}/screen")
        expect(page.locator("#words")).not_to_contain_text("getting ready")

    def without_place() -> list[Page]:
        return [page for page in pages if "too many places" in page.locator("#words").inner_text()]

    wait_until(lambda: len(without_place()) == 1, "one has no place")
    (waiting,) = without_place()
    pages.remove(waiting)
    pages.pop().close()
    expect(waiting.locator("#words")).to_have_text("To talk, press green.")
    for page in (waiting, *pages):
        page.close()
