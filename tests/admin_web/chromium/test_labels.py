"""What stories are about, and the topics, in real Chromium: by keyboard on a phone, by mouse on a desktop."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from admin_web.archive import About, Archive, StoryEntry
from kiosk.stories.folder import DataFolder
from tests.admin_web.browsing import page_of, until
from tests.admin_web.looking import DESKTOP, PHONE, assert_well_made
from tests.admin_web.making import Admin, make_story
from tests.sound_card import wait_until

#: What Chromium itself says of an answer that is no success.
REFUSED = ("Failed to load resource", "net::ERR")


@pytest.fixture
def story(data: DataFolder, admin: Admin, signed_in: Path) -> str:
    kept = make_story(data, seconds=0.5)
    with Archive(data) as archive:
        wait_until(lambda: archive.stories.is_known(kept.id), "it is taken in")
    return kept.id


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    with page_of(browser, signed_in, expected=REFUSED) as page:
        yield page


def entry_of(data: DataFolder, story: str) -> StoryEntry:
    with Archive(data) as archive:
        return archive.stories.known(story)


def saving(page: Page) -> Locator:
    return page.locator("#about-saving")


def test_by_keyboard_on_a_phone_each_choice_is_saved_and_nothing_of_two_people_is_lost(
    page: Page, admin: Admin, data: DataFolder, story: str
) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{admin.address}/stories/{story}")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_hidden()
    for topic in ("Food", "Money", "Other"):
        page.get_by_role("checkbox", name=topic).press("Space")
    page.get_by_role("checkbox", name="Activities").press("Space")
    expect(page.get_by_text("That would be four. Take one away first.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Activities")).not_to_be_checked()
    feelings = page.get_by_role("group", name="How do they feel about it?")
    feelings.get_by_role("radio", name="No answer").press("ArrowUp")
    page.get_by_label("What is somebody good at").press_sequentially("Sings well")
    page.keyboard.press("Enter")
    said = About(tags=("food", "money", "other"), feeling="not-sure", strength="Sings well")
    wait_until(lambda: entry_of(data, story).about == said, "it is saved")
    expect(saving(page)).to_contain_text("Saved at")
    expect(page.locator("h1 ~ .labels").first).to_contain_text("Money")
    # Meanwhile, somebody else.
    entry = entry_of(data, story)
    with Archive(data) as archive:
        archive.labels.put(story, About(tags=("say",), kind="idea"), by=entry.tagged_by, revision=entry.revision)
    page.get_by_role("checkbox", name="Other").press("Space")
    expect(page.get_by_text("These are the choices of Front Desk:")).to_be_visible()
    expect(page.get_by_text("Having a say, Idea")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("button", name="Keep my choices").press("Enter")
    said = said.model_copy(update={"tags": ("food", "money")})
    wait_until(lambda: entry_of(data, story).about == said, "it is saved over theirs")


def test_what_is_chosen_before_the_script_is_there_is_saved_all_the_same(
    page: Page, admin: Admin, data: DataFolder, story: str
) -> None:
    held: list[Route] = []
    page.route("**/about.js", lambda route: held.append(route))
    page.goto(f"{admin.address}/stories/{story}", wait_until="commit")
    page.locator("#about").get_by_text("Food", exact=True).click()
    wait_until(lambda: held or page.wait_for_timeout(20), "the script is asked for")
    held[0].continue_()
    expect(saving(page)).to_contain_text("Saved at")
    assert entry_of(data, story).tags == ("food",)


def test_what_was_chosen_after_a_session_ended_is_there_when_one_begins_again(
    page: Page, admin: Admin, data: DataFolder, story: str
) -> None:
    page.goto(f"{admin.address}/stories/{story}")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_text("Feeling safe", exact=True).click()
    expect(saving(page)).to_contain_text("You were signed out. Your choices are kept in this browser")
    page.goto("about:blank")
    assert entry_of(data, story).tags == ()
    page.context.add_cookies(cookies)  # type: ignore[arg-type] # what it gave itself
    page.goto(f"{admin.address}/stories/{story}")
    expect(page.get_by_role("checkbox", name="Feeling safe")).to_be_checked()
    expect(saving(page)).to_contain_text("Saved at")
    assert entry_of(data, story).tags == ("safety",)
    # Chosen and taken away again, there is nothing to bring back.
    page.locator("#about").get_by_text("Food", exact=True).click()
    page.locator("#about").get_by_text("Food", exact=True).click()
    until(page, "!Object.keys(localStorage).some(key => key.includes('choices'))")
    assert entry_of(data, story).tags == ("safety",)


def test_without_scripts_a_story_is_labelled_all_the_same(
    browser: Browser, admin: Admin, signed_in: Path, data: DataFolder, story: str
) -> None:
    with browser.new_context(storage_state=signed_in, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{admin.address}/stories/{story}")
        for topic in ("Food", "Money", "Other", "Activities"):
            page.get_by_role("checkbox", name=topic).check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("Choose at most 3 topics")
        page.get_by_role("checkbox", name="Other").uncheck()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("What this story is about is saved.")).to_be_visible()
    # In the order of the list, as they stand in the form.
    assert entry_of(data, story).tags == ("activities", "food", "money")


def test_the_list_is_changed_by_mouse_on_a_desktop_and_every_page_is_well_made(
    page: Page, admin: Admin, data: DataFolder, story: str
) -> None:
    with Archive(data) as archive:
        archive.labels.put(story, About(tags=("food",)), by="", revision=1)
    page.goto(admin.address)
    page.get_by_role("link", name="Topics").click()
    page.get_by_role("link", name="New topic").click()
    page.get_by_label("What is it called?").fill("food")
    page.locator(".tile", has_text="Hot drink").click()
    page.get_by_role("button", name="Make this topic").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a topic “Food” already")
    assert_well_made(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_label("What is it called?").fill("Meals")
    page.get_by_role("button", name="Make this topic").click()
    page.get_by_role("button", name="Move “Meals” up").click()
    expect(page.locator(".tag h2").nth(-2)).to_have_text("Meals")
    page.get_by_role("link", name="Food").click()
    page.get_by_role("link", name="Merge with another topic").click()
    page.locator(".tile", has_text="Meals").click()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile("go(es)? to “Meals”"))).to_be_visible()
    assert_well_made(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_role("heading", name="Merged")).to_be_visible()
    page.get_by_role("link", name="Other").click()
    assert_well_made(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("heading", name="Switched off")).to_be_visible()
    assert_well_made(page)
    page.set_viewport_size(DESKTOP)
    page.get_by_role("link", name="Food").click()
    page.get_by_role("button", name="Take them apart").click()
    expect(page.get_by_text("its stories have it again")).to_be_visible()
    assert entry_of(data, story).tags == ("food",)
    with Archive(data) as archive:
        for tag in archive.tags.everything():
            if tag.off:
                archive.tags.switch(tag.id, off=False, by="", revision=tag.revision)
