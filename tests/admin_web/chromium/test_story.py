"""The site in real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Word
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.browsing import page_of, tab_until, until
from tests.admin_web.looking import TOO_SMALL
from tests.admin_web.making import NAME, PASSWORD, Admin, make_story, spread, write_words
from tests.sound_card import wait_until

LONG = 5000
#: A text that takes ten seconds to say: longer than a busy machine looks away.
SAID = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty a b c d e"
)
#: Notes the lit word, and the time at which the sound is, after each frame's light was set: both at the same moment.
NOTE = """() => {
    window.noted = [];
    const sound = document.getElementById("sound");
    const note = () => {
        const lit = document.querySelector(".lit");
        if (lit && document.querySelector("#play.playing")) {
            noted.push([lit.textContent, sound.currentTime, Number(lit.dataset.start), Number(lit.dataset.end)]);
        }
        // Asked for after the page has asked for its own next frame, it comes after it.
        setTimeout(() => requestAnimationFrame(note));
    };
    note();
}"""
#: How old the light may be while it plays: some frames of a machine that is busy with other tests.
OLDEST_LIGHT_S = 1.0
#: In a pause it must be right: as far as a word stays lit after its end, and as browsers round times.
AT_REST = """(() => {
    const lit = document.querySelector(".lit"), at = document.getElementById("sound").currentTime;
    return document.getElementById("sound").paused && lit
        && Number(lit.dataset.start) <= at + 0.01 && at <= Number(lit.dataset.end) + 0.31;
})()"""
#: What has the focus; nothing of the page has it between its end and its start.
FOCUSED = """() => {
    const focused = document.activeElement;
    return focused === document.body ? "" : focused.textContent.trim() || focused.id;
}"""


@pytest.fixture(scope="module")
def stories(data: DataFolder) -> dict[str, StoryFolder]:
    plain = make_story(data, SAID, seconds=10.5)
    long = make_story(data, None, seconds=30)
    write_words(long, spread([f"w{n}" for n in range(LONG)], word_s=0.005))
    nasty = make_story(data, '<script>document.title="x"</script> tea')
    return {"plain": plain, "long": long, "nasty": nasty}


@pytest.fixture(scope="module")
def admin(data: DataFolder, stories: dict[str, StoryFolder]) -> Iterator[Admin]:
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    with page_of(browser, signed_in) as page:
        yield page


def assert_what_was_lit_was_said(page: Page) -> set[str]:
    """Look at what was lit since `NOTE`; return the words."""
    noted = page.evaluate("noted")
    for word, at, start, end in noted:
        assert start - OLDEST_LIGHT_S <= at <= end + 0.3 + OLDEST_LIGHT_S, (word, at)
    return {word for word, *_ in noted}


def test_a_story_is_opened_played_and_read_along(page: Page, admin: Admin, stories: dict[str, StoryFolder]) -> None:
    # Heard or not: other tests may have listened to it.
    page.goto(f"{admin.address}/?show=all")
    page.get_by_role("link", name="Story 1").click()
    expect(page.get_by_text("Machine draft, not checked")).to_be_visible()
    page.evaluate(NOTE)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    until(page, "new Set(noted.map(([word]) => word)).size >= 4")
    page.get_by_role("button", name="Pause").click()
    until(page, AT_REST)
    assert len(assert_what_was_lit_was_said(page)) >= 4


def test_a_click_on_a_word_plays_from_it(page: Page, admin: Admin, stories: dict[str, StoryFolder]) -> None:
    page.goto(f"{admin.address}/stories/{stories['plain'].id}")
    page.evaluate(NOTE)
    page.get_by_text("twenty", exact=True).click()
    until(page, "document.getElementById('sound').ended")
    assert page.evaluate("document.getElementById('sound').played.start(0)") == pytest.approx(7.6, abs=0.01)
    assert assert_what_was_lit_was_said(page)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_everything_works_by_keyboard_alone(browser: Browser, admin: Admin, signed_in: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()

    def tab_to(text: str) -> None:
        # From the last thing on a page it goes on at the first one again; a story's page has a hundred.
        tab_until(page, lambda: text in page.evaluate(FOCUSED), text, most=160)

    page.goto(admin.address)
    tab_to("name")
    page.keyboard.type(NAME)
    tab_to("password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Stories")).to_be_visible()
    # Heard or not: other tests may have listened to it.
    page.goto(f"{admin.address}/?show=all")
    tab_to("Story 1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    tab_to("place")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    tab_to("Play")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    # The word that was said last, whichever that is.
    tab_until(page, lambda: page.evaluate("document.activeElement.matches('[data-start]')"), "a word", most=160)
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "four"
    page.keyboard.press("Enter")
    until(page, "!document.getElementById('sound').paused && document.getElementById('sound').currentTime >= 1.2")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "e"
    # However many words there are, the Tab key stops at one of them.
    assert page.evaluate("document.querySelectorAll('#words [tabindex]').length") == 1
    tab_to("Sign out")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    context.close()


def test_five_thousand_words_are_followed_and_can_be_played(
    page: Page, admin: Admin, stories: dict[str, StoryFolder]
) -> None:
    page.goto(f"{admin.address}/stories/{stories['long'].id}")
    page.evaluate(NOTE)
    page.get_by_text("w4000", exact=True).click()
    until(page, "document.getElementById('sound').currentTime >= 20.1 && noted.length > 1")
    assert assert_what_was_lit_was_said(page)
    until(page, "document.querySelector('.lit') && document.querySelector('.lit').getBoundingClientRect().top > 0")


def test_words_that_come_later_appear_without_disturbing_the_sound(page: Page, admin: Admin, data: DataFolder) -> None:
    kept = make_story(data, None, seconds=90)
    until_listed(admin, page, kept.id)
    page.goto(f"{admin.address}/stories/{kept.id}")
    expect(page.get_by_text("Being written down")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    until(page, "document.getElementById('sound').currentTime > 0.5")
    write_words(kept, [Word(word=f"later{n}", start=n, end=n + 0.9, conf=1) for n in range(90)])
    expect(page.get_by_text("later3", exact=True)).to_be_visible()
    expect(page.get_by_text("The words are here.")).to_be_visible()
    assert page.evaluate("!document.getElementById('sound').paused && document.getElementById('sound').currentTime > 1")
    page.evaluate(NOTE)
    until(page, "noted.length > 1")
    assert assert_what_was_lit_was_said(page)


def until_listed(admin: Admin, page: Page, story_id: str) -> None:
    words = f"{admin.address}/stories/{story_id}/words"
    wait_until(lambda: page.request.get(words).status == 200 or page.wait_for_timeout(50), "it is listed")


def test_a_script_in_a_word_is_read_and_not_run(page: Page, admin: Admin, stories: dict[str, StoryFolder]) -> None:
    page.goto(f"{admin.address}/stories/{stories['nasty'].id}")
    expect(page.locator("#words").get_by_text("<script>")).to_be_visible()
    assert page.title().startswith("Story 3 ")


def test_without_scripts_there_is_sound_and_text(
    browser: Browser, admin: Admin, signed_in: Path, stories: dict[str, StoryFolder]
) -> None:
    context = browser.new_context(storage_state=signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{admin.address}/stories/{stories['plain'].id}")
    expect(page.locator("audio[controls]")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_hidden()
    expect(page.get_by_text("seven", exact=True)).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen_and_targets_are_large(
    page: Page, admin: Admin, stories: dict[str, StoryFolder], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    for path in ("/", f"/stories/{stories['plain'].id}", "/?page=1"):
        page.goto(admin.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(TOO_SMALL) == []
