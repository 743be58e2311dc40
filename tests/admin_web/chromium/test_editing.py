"""Putting words right in real Chromium: whatever happens meanwhile, no typed word is lost, and the page says so."""

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.browsing import page_of, set_up, until
from tests.admin_web.making import NAME, PASSWORD, Admin, make_story, spread
from tests.sound_card import wait_until

SAID = "the bus was great today and we laughed"
#: What Chromium itself says of an answer that is no success, and where it would give pasted text the looks of its new
#: place: the policy forbids that, and nobody wants it.
REFUSED = ("Failed to load resource", "net::ERR", "Applying inline style")


@pytest.fixture
def kept(data: DataFolder, admin: Admin, signed_in: Path) -> StoryFolder:
    kept = make_story(data, SAID, seconds=4.0)
    with Archive(data) as archive:
        wait_until(lambda: archive.stories.is_known(kept.id) and archive.texts.get(kept.id), "it is taken in")
    return kept


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    with page_of(browser, signed_in, expected=REFUSED) as page:
        yield page


def text_of(data: DataFolder, kept: StoryFolder) -> str:
    with Archive(data) as archive:
        text = archive.texts.get(kept.id)
        return text.text if text else ""


def begin(page: Page, admin: Admin, kept: StoryFolder) -> Locator:
    page.goto(f"{admin.address}/stories/{kept.id}")
    page.get_by_text("Put the words right").click()
    field = page.get_by_role("textbox", name="What was said at 0:00")
    expect(field).to_be_focused()
    return field


def replace(page: Page, word: str, by: str) -> None:
    """Select a word with a double click and type another one, as people do."""
    page.get_by_text(word, exact=True).dblclick()
    page.keyboard.type(by)


def saving(page: Page) -> Locator:
    return page.locator("#saving")


def test_a_word_is_put_right_where_it_stands_and_saved_by_itself(
    page: Page, admin: Admin, data: DataFolder, kept: StoryFolder
) -> None:
    begin(page, admin, kept)
    replace(page, "great", "late")
    expect(saving(page)).to_contain_text("Saved at")
    assert text_of(data, kept) == "the bus was late today and we laughed"
    page.get_by_text("I am done").click()
    # The page as it is kept: the word has the time of the one it stands for.
    expect(page.locator("[data-start]", has_text="late")).to_have_attribute("data-start", "1.2")
    expect(page.get_by_text("Not checked yet")).to_be_visible()
    page.get_by_role("button", name="I have listened. The words are right.").click()
    expect(page.get_by_text("Thank you. These words are checked now.")).to_be_visible()


def test_words_are_heard_again_while_the_hands_stay_on_the_keys(page: Page, admin: Admin, kept: StoryFolder) -> None:
    begin(page, admin, kept)
    page.keyboard.press("Control+Space")
    until(page, "document.getElementById('sound').currentTime > 0.3")
    page.keyboard.press("Control+Space")
    until(page, "document.getElementById('sound').paused")
    # On a busy machine it may have played for longer than it goes back.
    before = page.evaluate("document.getElementById('sound').currentTime")
    page.keyboard.press("Control+,")
    until(page, f"Math.abs(document.getElementById('sound').currentTime - Math.max(0, {before} - 2)) < 0.01")
    # To click a word sets the cursor there, and plays nothing.
    page.get_by_text("laughed", exact=True).click()
    assert page.evaluate("document.getElementById('sound').paused")


def test_what_is_pasted_is_plain_text(page: Page, admin: Admin, data: DataFolder, kept: StoryFolder) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    begin(page, admin, kept)
    page.evaluate(
        """() => navigator.clipboard.write([new ClipboardItem({
            "text/plain": new Blob(["from elsewhere"], {type: "text/plain"}),
            "text/html": new Blob(["<b style='color: red'>from</b> <img src='/x'> elsewhere"], {type: "text/html"}),
        })])"""
    )
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")
    expect(saving(page)).to_contain_text("Saved at")
    assert text_of(data, kept) == "from elsewhere"
    assert page.locator("#words b, #words img").count() == 0


def test_a_site_that_was_killed_and_came_back_has_every_word(browser: Browser, tmp_path: Path) -> None:
    data = DataFolder.open(tmp_path / "data")
    kept = make_story(data, SAID, seconds=4.0)
    with Admin(data.root) as admin:
        cookies = set_up(browser, admin, tmp_path / "state.json")
        with page_of(browser, cookies, expected=REFUSED) as page:
            field = begin(page, admin, kept)
            admin.stop(signal.SIGKILL)
            field.press_sequentially("once ")
            expect(saving(page)).to_contain_text("kept in this browser")
            expect(saving(page)).to_have_attribute("data-state", "trouble")
            # The tablet is switched off before the site is back.
            page.goto("about:blank")
            assert text_of(data, kept) == SAID
            with Admin(data.root, port=admin.port):
                page.goto(f"{admin.address}/stories/{kept.id}")
                expect(page.get_by_text("You typed words here that were not saved")).to_be_visible()
                page.get_by_role("button", name="Put them back").click()
                expect(saving(page)).to_contain_text("Saved at")
                assert text_of(data, kept) == f"once {SAID}"
                page.reload()
                expect(page.get_by_text("You typed words here")).to_have_count(0)


def test_it_is_saved_by_itself_when_the_connection_is_back(
    page: Page, admin: Admin, data: DataFolder, kept: StoryFolder
) -> None:
    field = begin(page, admin, kept)
    page.context.set_offline(True)
    field.press_sequentially("once ")
    expect(saving(page)).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(saving(page)).to_contain_text("Saved at")
    assert text_of(data, kept) == f"once {SAID}"


def test_whoever_was_signed_out_meanwhile_goes_on_after_signing_in(
    page: Page, admin: Admin, data: DataFolder, kept: StoryFolder
) -> None:
    field = begin(page, admin, kept)
    page.context.clear_cookies()
    field.press_sequentially("once ")
    expect(saving(page)).to_contain_text("You were signed out")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Put them back").click()
    expect(saving(page)).to_contain_text("Saved at")
    assert text_of(data, kept) == f"once {SAID}"


@pytest.mark.parametrize("mine", [True, False])
def test_when_somebody_else_saved_first_both_are_shown_and_the_person_chooses(
    page: Page, admin: Admin, data: DataFolder, kept: StoryFolder, mine: bool
) -> None:
    field = begin(page, admin, kept)
    with Archive(data) as archive:
        theirs = archive.texts.save(kept.id, spread(["their", "own", "words"]), by="somebody", revision=0)
    field.press_sequentially("once ")
    expect(saving(page)).to_contain_text("saved other words first")
    expect(page.locator("blockquote")).to_have_text(theirs.text)
    name = "Keep my words" if mine else "Take the words of"
    page.get_by_role("button", name=name).click()
    if mine:
        expect(saving(page)).to_contain_text("Saved at")
        assert text_of(data, kept) == f"once {SAID}"
        with Archive(data) as archive:
            assert archive.texts.versions(kept.id)[0].text == theirs.text
    else:
        expect(page.locator(".passage")).to_contain_text("their own words")
        assert text_of(data, kept) == theirs.text
        expect(page.get_by_text("You typed words here")).to_have_count(0)


def test_a_change_that_the_disk_does_not_take_is_said_and_tried_again(
    page: Page, admin: Admin, data: DataFolder, kept: StoryFolder
) -> None:
    field = begin(page, admin, kept)
    # Somebody else's change that does not end, as of a disk that hangs.
    with sqlite3.connect(data.archive / "archive.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        field.press_sequentially("once ")
        expect(saving(page)).to_contain_text("kept in this browser")
        other.execute("ROLLBACK")
    other.close()
    expect(saving(page)).to_contain_text("Saved at")
    assert text_of(data, kept) == f"once {SAID}"


def test_what_is_played_is_counted(page: Page, admin: Admin, data: DataFolder, kept: StoryFolder) -> None:
    page.goto(f"{admin.address}/stories/{kept.id}")
    page.get_by_role("button", name="Play").click()
    until(page, "document.getElementById('sound').ended", timeout_s=30)
    expect(page.locator("#listened")).to_have_text("Heard")
    with Archive(data) as archive:
        assert archive.stories.known(kept.id).state == "heard"


def test_what_is_played_while_the_page_has_no_time_to_look_is_counted(
    page: Page, admin: Admin, kept: StoryFolder
) -> None:
    page.goto(f"{admin.address}/stories/{kept.id}")
    page.evaluate("setInterval(() => { for (const end = performance.now() + 1700; performance.now() < end;); }, 1750)")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#listened")).to_have_text("Heard")


def test_a_jump_is_not_listening(page: Page, admin: Admin, data: DataFolder, kept: StoryFolder) -> None:
    page.goto(f"{admin.address}/stories/{kept.id}")
    page.get_by_text("laughed", exact=True).click()
    until(page, "document.getElementById('sound').ended", timeout_s=30)
    expect(page.locator("#listened")).not_to_have_text("0 % of this story has been played")
    with Archive(data) as archive:
        entry = archive.stories.known(kept.id)
        assert entry.state == "unheard"
        assert archive.listening.of(entry).parts[0][0] > 2
