"""From words in a story to a quote that is handed out, in real Chromium: by mouse, by keyboard, without a script."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from admin_web.archive import Archive
from admin_web.credentials import Passwords, new_link
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.browsing import page_of, until
from tests.admin_web.looking import DESKTOP, PHONE, assert_well_made
from tests.admin_web.making import NAME, PASSWORD, Admin, make_story
from tests.sound_card import wait_until

SAID = "well the lunch was warm and everybody sat together at one big table by the window"
GROUP = "The Tuesday group"


@pytest.fixture(scope="module")
def kept(data: DataFolder, signed_in: Path) -> StoryFolder:
    kept = make_story(data, SAID, seconds=7.0, permissions=Permissions(words=True, voice=True))
    with Archive(data) as archive:
        wait_until(lambda: archive.stories.is_known(kept.id) and archive.texts.get(kept.id), "it is taken in")
        archive.texts.confirm(kept.id, by="ann", revision=0)
        lead = archive.people.named(NAME)
        assert lead
        _, link = new_link()
        archive.people.invite(GROUP, "group", link, by=lead.id)
        archive.people.choose_password(link.hash, Passwords(rounds=1, memory_kib=8).hash(PASSWORD))
    return kept


@pytest.fixture(scope="module")
def group(admin: Admin, browser: Browser, kept: StoryFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of somebody of the group."""
    cookies, page = tmp_path_factory.mktemp("cookies") / "group.json", browser.new_page()
    page.goto(f"{admin.address}/sign-in")
    page.get_by_label("Your name").fill(GROUP)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Look at the quotes").click()
    page.context.storage_state(path=cookies)
    page.close()
    return cookies


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_from_words_to_what_is_handed_out(
    browser: Browser, admin: Admin, kept: StoryFolder, signed_in: Path, group: Path
) -> None:
    with page_of(browser, signed_in, expected=("409",)) as page:
        page.set_viewport_size(DESKTOP)
        page.goto(f"{admin.address}/stories/{kept.id}")
        words = page.locator("#words [data-start]")
        words.nth(1).click()
        words.nth(8).click(modifiers=["Shift"])
        page.get_by_role("link", name="Quote “the lunch was warm and everybody").click()
        assert_well_made(page)
        page.set_viewport_size(DESKTOP)
        expect(page.get_by_label("The quote")).to_have_value("the lunch was warm and everybody sat together")
        # Something else than was said is refused, and told.
        page.get_by_label("The quote").fill("the dinner was warm … together")
        page.get_by_label("We think they mean").fill("They mean the lunch club.")
        for tick in ("No names", "No dates", "No places", "No small numbers"):
            page.get_by_text(tick).first.click()
        page.get_by_role("button", name="Propose this quote").click()
        expect(page.get_by_role("alert")).to_contain_text("You wrote “dinner”, and what was said is “lunch”")
        assert_well_made(page)
        page.set_viewport_size(DESKTOP)
        page.get_by_label("The quote").fill("the lunch [on Fridays] was warm … together")
        page.get_by_role("button", name="Propose this quote").click()
        expect(page.get_by_text("The group decides whether it may be used.")).to_be_visible()
        assert_well_made(page)
        page.goto(f"{admin.address}/quotes")
        expect(page.get_by_text("Nobody has decided yet").last).to_be_visible()
        assert_well_made(page)
        page.locator("audio").first.evaluate("audio => audio.play()")
        until(page, "document.querySelector('audio').duration > 2")
    with page_of(browser, group) as page:
        page.set_viewport_size(PHONE)
        page.goto(f"{admin.address}/quotes")
        expect(page.get_by_text("We think they mean")).to_be_visible()
        assert_well_made(page)
        page.get_by_role("button", name="Yes, use it").focus()
        press(page, "Enter")
        expect(page.get_by_text("There is nothing to decide now")).to_be_visible()
        page.get_by_role("link", name="What you decided").click()
        assert_well_made(page)
    with page_of(browser, signed_in) as page:
        hand_out(page, admin)


def hand_out(page: Page, admin: Admin) -> None:
    page.goto(f"{admin.address}/quotes?state=approved")
    page.get_by_role("link", name="Hand out quotes").click()
    assert_well_made(page)
    page.set_viewport_size(PHONE)
    page.get_by_label("Who is it for, and what for?").focus()
    page.keyboard.type("For the council, about the lunch club.")
    # By keyboard alone: down to WAV, on to the button.
    press(page, "Tab", "ArrowDown", "Tab")
    with page.expect_download() as under_way:
        press(page, "Enter")
    packed = zipfile.ZipFile(io.BytesIO(Path(under_way.value.path()).read_bytes()))
    clip, *others = sorted(packed.namelist())
    # The other test's quote may have come first.
    assert clip in ("clips/quote-1.wav", "clips/quote-2.wav") and others == ["quotes.csv", "read-me.txt"]
    assert "the lunch [on Fridays] was warm … together" in packed.read("quotes.csv").decode("utf-8-sig")
    page.goto(f"{admin.address}/exports")
    expect(page.get_by_text("For the council, about the lunch club.")).to_be_visible()
    assert_well_made(page)


def test_without_a_script_words_are_chosen_from_lists(
    browser: Browser, admin: Admin, kept: StoryFolder, signed_in: Path
) -> None:
    context = browser.new_context(storage_state=signed_in, java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(f"{admin.address}/stories/{kept.id}")
    page.get_by_role("link", name="Propose a quote").click()
    page.get_by_label("From this word").select_option(value="9")
    page.get_by_label("To this word").select_option(value="12")
    page.get_by_role("button", name="Take these words").click()
    for tick in ("No names", "No dates", "No places", "No small numbers"):
        page.get_by_text(tick).first.click()
    page.get_by_role("button", name="Propose this quote").click()
    expect(page.locator("blockquote")).to_have_text("at one big table")
    page.get_by_role("button", name="Take this quote back").click()
    expect(page.get_by_text("The quote is not used any more.")).to_be_visible()
    context.close()
