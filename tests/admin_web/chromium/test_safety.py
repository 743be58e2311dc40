"""Worries, taking back, keeping, permissions and the log in real Chromium: from the marked words to the outcome."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.browsing import page_of, until
from tests.admin_web.chromium.test_people import press_until_on
from tests.admin_web.looking import DESKTOP, PHONE, assert_well_made
from tests.admin_web.making import Admin, make_story

#: Marks the words "shouts at me" as a finger or a mouse does.
MARK = """() => {
    const words = [...document.querySelectorAll("#words [data-start]")];
    getSelection().setBaseAndExtent(words[2].firstChild, 0, words[4].firstChild, words[4].firstChild.length);
}"""


@pytest.fixture(scope="module")
def stories(data: DataFolder) -> list[StoryFolder]:
    allowed = Permissions(words=True, voice=True)
    texts = ("he always shouts at me here", "the lunch was warm")
    return [
        make_story(data, text, seconds=2.5, card=f"cat {20 + n}", permissions=allowed) for n, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def admin(data: DataFolder, stories: list[StoryFolder]) -> Iterator[Admin]:
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    # A form with a fault is answered with 422.
    with page_of(browser, signed_in, expected=("422",)) as page:
        yield page


def press(page: Page, name: str) -> None:
    press_until_on(page, name)
    page.keyboard.press("Enter")


def test_by_keyboard_on_a_phone_a_worry_goes_from_the_marked_words_to_its_outcome(
    page: Page, admin: Admin, stories: list[StoryFolder], data: DataFolder
) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{admin.address}/stories/{stories[0].id}")
    until(page, "document.querySelector('.words.live') !== null")
    page.evaluate(MARK)
    # The page is told of it a moment later.
    expect(page.locator("#words .chosen")).to_have_count(3)
    page.get_by_role("link", name="I am worried about somebody's safety").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Which words made you worry?")).to_have_value("shouts at me")
    press(page, "Tell the leads")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Which words made you worry?")).to_have_value("shouts at me")
    assert_well_made(page)
    page.set_viewport_size(PHONE)
    press_until_on(page, "What worries you?")
    page.keyboard.type("Somebody may be hurt.")
    press(page, "Tell the leads")
    expect(page.get_by_role("status").first).to_contain_text("The leads see it now")
    assert_well_made(page)
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name="Safety (1)").press("Enter")
    expect(page.get_by_role("heading", name="Worries about safety")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="Words", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Words to hear first")).to_be_visible()
    assert_well_made(page)
    page.go_back()
    page.set_viewport_size(PHONE)
    page.get_by_role("link", name=re.compile("^Cat 20")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="A worry about Cat 20")).to_be_visible()
    press_until_on(page, "What did you do?")
    page.keyboard.type("Rang the manager.")
    press(page, "Write it down")
    expect(page.get_by_text("Written down.")).to_be_visible()
    press(page, "Close the worry")
    expect(page.get_by_text("cannot be closed without", exact=False).first).to_be_visible()
    assert_well_made(page)
    page.set_viewport_size(PHONE)
    press_until_on(page, "What came of it?")
    page.keyboard.type("They are safe.")
    press(page, "Close the worry")
    expect(page.get_by_role("status")).to_have_text("The worry is closed.")
    with Archive(data) as archive:
        (flag,) = archive.flags.of(stories[0].id)
        assert (flag.words, flag.action, flag.outcome) == ("shouts at me", "Rang the manager.", "They are safe.")


def test_by_mouse_a_story_is_permitted_less_and_taken_back_and_the_log_tells_it(
    page: Page, admin: Admin, stories: list[StoryFolder]
) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto(f"{admin.address}/stories/{stories[1].id}")
    page.get_by_role("link", name="The teller says something else").click()
    page.get_by_role("group", name="May we play the voice?").get_by_label("No").check()
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_text("Write why it changes.")).to_be_visible()
    assert_well_made(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_label("Why does it change?").fill("They came and said so.")
    page.get_by_role("button", name="Keep this").click()
    expect(page.get_by_text("We may not play the voice.")).to_be_visible()
    page.get_by_role("link", name="The teller wants it back").click()
    page.get_by_text("Take this story back", exact=True).click()
    assert_well_made(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text("Cat 21 is deleted for good.", exact=False)).to_be_visible()
    expect(page.get_by_role("rowheader", name="Cat 21")).to_be_visible()
    assert_well_made(page)
    for tab, heading in (("Log", "Who did what"), ("Keeping", "How long stories are kept")):
        page.set_viewport_size(DESKTOP)
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert_well_made(page)
