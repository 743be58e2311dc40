"""Hearing a story in real Chromium: the drawing, the keys, typing by hand and tapping along, and the page on paper."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Word
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.browsing import page_of, until
from tests.admin_web.looking import PHONE, assert_well_made
from tests.admin_web.making import Admin, make_story, spread, write_words
from tests.admin_web.test_peaks import LOUD, SILENCE, sound, write
from tests.sound_card import wait_until

SECONDS = 12.0
#: Silence, then a voice from the third to the sixth second, then silence.
SOUND = sound((SILENCE, 3), (LOUD, 3), (SILENCE, 6))
TYPED = "mae'r bws yn hwyr heddiw, ac roedd y te yn dda"
AT = "document.getElementById('sound').currentTime"
#: For what the site answers, on a machine that is busy with other tests.
SLOW_MS = 30_000
PAUSED = "document.getElementById('sound').paused"
#: When the first line begins, as it was tapped and is kept in the browser.
KEPT = "(id) => JSON.parse(JSON.parse(localStorage.getItem(`sayso times ${id}`)).text).starts[0]"
#: How high the drawing is at a share of its width, in shares of its height.
HEIGHT_AT = """(share) => {
    const canvas = document.querySelector(".wave canvas");
    const left = Math.floor(share * canvas.width) - 3;
    const { data } = canvas.getContext("2d").getImageData(left, 0, 6, canvas.height - 8 * devicePixelRatio);
    return data.filter((value, place) => place % 4 === 3 && value > 0).length / 6 / canvas.height;
}"""
COLOUR_AT = """(share) => {
    const canvas = document.querySelector(".wave canvas");
    const middle = Math.round(canvas.height / 2 - 3 * devicePixelRatio);
    const { data } = canvas.getContext("2d").getImageData(Math.floor(share * canvas.width) - 2, middle, 4, 1);
    for (let place = 0; place < 16; place += 4) if (data[place + 3]) return [...data.slice(place, place + 3)].join(" ");
    return "";
}"""


def long_story(data: DataFolder, text: str | None, *, failed: str | None = None, conf: float = 1.0) -> StoryFolder:
    kept = make_story(data, None, seconds=0.1, frames=int(SECONDS * 16000))
    kept.audio.unlink()
    write(kept.audio, SOUND)
    if text is not None:
        words = [word.model_copy(update={"conf": conf if n % 4 == 3 else 1.0}) for n, word in enumerate(words_of(text))]
        write_words(kept, words, failed=failed)
    return kept


def words_of(text: str) -> list[Word]:
    return spread(text.split(), word_s=1.0)


@pytest.fixture(scope="module")
def stories(data: DataFolder) -> dict[str, StoryFolder]:
    return {
        "heard": long_story(data, "one two three four five six seven eight nine ten", conf=0.2),
        "failed": long_story(data, "", failed="There is no speech model for this language."),
        "damaged": long_story(data, "one two"),
        "silent": long_story(data, None),
    }


@pytest.fixture(scope="module")
def admin(data: DataFolder, stories: dict[str, StoryFolder]) -> Iterator[Admin]:
    with Admin(data.root) as admin:
        with Archive(data) as archive:
            wait_until(lambda: archive.stories.is_known(stories["silent"].id), "they are taken in")
        yield admin


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    with page_of(browser, signed_in, expected=("Failed to load resource", "Canvas2D")) as page:
        yield page


def opened(page: Page, admin: Admin, kept: StoryFolder, part: str = "") -> None:
    page.goto(f"{admin.address}/stories/{kept.id}{part}")
    expect(page.locator(".drawn")).to_be_visible()


def test_the_drawing_shows_silence_and_voice_and_takes_one_there(
    page: Page, admin: Admin, stories: dict[str, StoryFolder]
) -> None:
    opened(page, admin, stories["heard"])
    until(page, f"({HEIGHT_AT})(0.35) > 0.5")
    assert page.evaluate(HEIGHT_AT, 0.1) < 0.1 and page.evaluate(HEIGHT_AT, 0.8) < 0.1
    before = page.evaluate(COLOUR_AT, 0.3)
    box = page.locator(".wave").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20, steps=4)
    page.mouse.up()
    until(page, f"Math.abs({AT} - 6) < 0.2")
    until(page, f"({COLOUR_AT})(0.3) !== '{before}'")
    # The slider is there for keys and for reading aloud; it has the focus, and the drawing shows it.
    expect(page.get_by_role("slider", name="Place in the recording")).to_be_focused()
    page.keyboard.press("Home")
    until(page, f"{AT} === 0")
    # Another size of the screen is another drawing, as sharp.
    page.set_viewport_size(PHONE)
    until(page, "document.querySelector('.wave canvas').width === document.querySelector('.wave canvas').clientWidth")


def test_letters_and_buttons_play_go_back_slow_down_and_go_to_doubtful_words(
    page: Page, admin: Admin, stories: dict[str, StoryFolder]
) -> None:
    opened(page, admin, stories["heard"])
    page.keyboard.press("d")
    until(page, f"!{PAUSED} && {AT} >= 2")
    expect(page.locator(".sought")).to_have_text("four")
    page.keyboard.press("p")
    until(page, PAUSED)
    before = page.evaluate(AT)
    page.keyboard.press("b")
    until(page, f"Math.abs({AT} - {before} + 2) < 0.01")
    # Still in the run-up to a word, the next is the one after it.
    page.evaluate(f"{AT} = 2.5")
    page.get_by_role("button", name="Next doubtful word").click()
    until(page, f"{AT} >= 6")
    expect(page.locator(".sought")).to_have_text("eight")
    # After the last comes the first.
    page.evaluate(f"{AT} = 9")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sought")).to_have_text("four")
    page.keyboard.press("Control+Space")
    until(page, PAUSED)
    page.keyboard.press("s")
    assert page.evaluate("document.getElementById('sound').playbackRate") == 0.75
    page.keyboard.press("s")
    page.get_by_label("Speed").select_option("1.5")
    page.reload()
    expect(page.locator("#keys")).to_be_visible()
    assert page.evaluate("document.getElementById('sound').playbackRate") == 1.5
    assert page.evaluate("document.getElementById('sound').preservesPitch")
    # While somebody types, a letter is a letter; whoever wants none turns them off.
    page.get_by_text("Put the words right").click()
    page.keyboard.press("Control+Enter")
    page.keyboard.type("pbsd")
    expect(page.locator(".passage")).to_contain_text("three pbsd five")
    page.keyboard.press("Control+Space")
    until(page, PAUSED)
    expect(page.locator("#saving")).to_contain_text("Saved at", timeout=SLOW_MS)
    page.get_by_text("I am done").click()
    expect(page.get_by_text("Not checked yet")).to_be_visible(timeout=SLOW_MS)
    page.locator("#keys summary").click()
    page.get_by_label("Use the letter keys").uncheck()
    page.reload()
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("p")
    assert page.evaluate(PAUSED)


def test_words_are_typed_by_hand_and_get_their_times_by_tapping(
    page: Page, admin: Admin, data: DataFolder, stories: dict[str, StoryFolder]
) -> None:
    kept = stories["failed"]
    page.set_viewport_size(PHONE)
    opened(page, admin, kept)
    page.get_by_role("link", name="Type the words").click()
    assert_well_made(page)
    page.keyboard.press("Control+Space")
    until(page, f"{AT} > 0.2")
    page.keyboard.press("Control+Space")
    until(page, PAUSED)
    page.keyboard.type(TYPED)
    expect(page.locator("#saving")).to_contain_text("Saved at", timeout=SLOW_MS)
    page.get_by_role("button", name="I am done").click()
    expect(page.get_by_text("Nobody has set the times")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Set the times by tapping along").click()
    expect(page.locator(".line-now")).to_have_text("mae'r bws yn hwyr heddiw,")
    assert_well_made(page)
    page.get_by_role("button", name="Start").click()
    until(page, f"{AT} > 0.5")
    before = page.evaluate(AT)
    page.keyboard.press("Space")
    expect(page.locator("#saving")).to_contain_text("kept in this browser")
    first = page.evaluate(KEPT, kept.id)
    assert before - 0.2 <= first <= page.evaluate(AT)
    # The tablet is switched off in between.
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="Put them back").click()
    page.evaluate(f"{AT} = {first} + 0.5")
    expect(page.locator("#line-number")).to_have_text("Line 2 of 2")
    page.get_by_role("button", name="Go on").click()
    until(page, f"{AT} > {first} + 0.7")
    page.get_by_role("button", name="Tap when this line begins").click()
    expect(page.locator("#saving")).to_contain_text("Saved at", timeout=SLOW_MS)
    with Archive(data) as archive:
        text = archive.texts.get(kept.id)
    assert text and text.text == TYPED and not text.guessed
    assert text.words[0].start == pytest.approx(first, abs=0.001)
    assert text.words[5].start > first + 0.5
    # One line is tapped again: it is heard from the one before.
    page.get_by_role("button", name="ac roedd y te yn dda").click()
    until(page, f"!{PAUSED}")
    expect(page.locator("#line-number")).to_have_text("Line 2 of 2")
    page.keyboard.press("Backspace")
    expect(page.locator("#line-number")).to_have_text("Line 1 of 2")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("link", name="Back to the story").click()
    expect(page.get_by_text("Nobody has set the times")).to_have_count(0)


def test_a_busy_page_goes_back_to_the_line_that_was_asked_for(
    page: Page, admin: Admin, stories: dict[str, StoryFolder]
) -> None:
    opened(page, admin, stories["heard"], "/times")
    page.evaluate(f"{AT} = 2")
    expect(page.locator("#line-number")).to_have_text("Line 2 of 2")
    page.keyboard.press("Space")
    until(page, f"{AT} > 2.2")
    # By the time it comes to look, the sound has gone on.
    busy = "() => { for (const end = performance.now() + 1500; performance.now() < end;); }"
    page.evaluate(f"document.getElementById('sound').addEventListener('seeking', {busy})")
    page.keyboard.press("Backspace")
    expect(page.locator("#line-number")).to_have_text("Line 1 of 2")


def test_times_for_words_that_somebody_changed_are_not_taken(
    page: Page, admin: Admin, data: DataFolder, stories: dict[str, StoryFolder]
) -> None:
    kept = stories["damaged"]
    opened(page, admin, kept, "/times")
    with Archive(data) as archive:
        archive.texts.save(kept.id, words_of("their own words"), by="somebody", revision=0)
    page.get_by_role("button", name="Start").click()
    until(page, f"{AT} > 0.3")
    page.keyboard.press("Space")
    expect(page.locator("#saving")).to_contain_text("changed the words")
    expect(page.locator("blockquote")).to_have_text("their own words")
    expect(page.get_by_role("button", name="Keep my times")).to_have_count(0)
    page.get_by_role("button", name="Take the times of").click()
    expect(page.locator(".line-now")).to_have_text("their own words")


def test_the_page_is_well_made_with_and_without_sound_and_words(
    page: Page, admin: Admin, data: DataFolder, stories: dict[str, StoryFolder]
) -> None:
    opened(page, admin, stories["heard"])
    page.locator("#keys summary").click()
    assert_well_made(page)
    # A recording that is damaged is not drawn; the slider stays.
    page.route("**/peaks", lambda route: route.fulfill(status=422, json={"error": "It is cut short."}))
    page.goto(f"{admin.address}/stories/{stories['silent'].id}")
    expect(page.get_by_role("slider")).to_be_visible()
    expect(page.locator(".drawn")).to_have_count(0)
    expect(page.get_by_role("link", name="Type the words")).to_be_visible()
    with Archive(data) as archive:
        archive.flags.raise_flag(stories["silent"].id, reason="a worry", by="ann")
    page.reload()
    expect(page.get_by_text("This story is frozen")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_on_paper_there_are_words_and_times_and_nothing_to_press(
    page: Page, admin: Admin, stories: dict[str, StoryFolder]
) -> None:
    opened(page, admin, stories["heard"])
    page.emulate_media(media="print", color_scheme="dark")
    shown = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, select, audio, canvas, summary, form")]
            .filter((each) => each.checkVisibility()).map((each) => each.outerHTML)"""
    )
    assert shown == []
    for text in ("Story 1", "Today", "What was said", "checked", "one"):
        expect(page.get_by_text(text).first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.paragraph'), '::before').content") == '"0:00"'
    assert page.evaluate("getComputedStyle(document.querySelector('.paragraph')).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
