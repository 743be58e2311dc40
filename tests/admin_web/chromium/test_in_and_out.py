"""Bringing a recording in and taking stories out, in real Chromium: by keyboard on a phone, by mouse on a desktop."""

import os
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.admin_web.browsing import page_of, until
from tests.admin_web.looking import DESKTOP, PHONE, assert_well_made
from tests.admin_web.making import Admin
from tests.admin_web.uploads import YESTERDAY, wav

#: Where pictures of the pages go, for whoever wants to look at them.
SHOTS = os.environ.get("SAYSO_SHOTS")


def look(page: Page, name: str) -> None:
    """Look at a state of a page as everybody would."""
    assert_well_made(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for place, size in (("phone", PHONE), ("desktop", DESKTOP)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            if SHOTS:
                page.screenshot(path=f"{SHOTS}/{name}-{place}-{scheme}.png", full_page=True)


def fill(page: Page) -> None:
    page.get_by_text("The person who told the story said it").click()
    page.get_by_text("They said that others may read").click()
    page.get_by_text("They said no. Only staff hear it.").click()
    page.get_by_text("Somebody asked them, and they said yes.").click()
    page.get_by_label("Who asked them?").fill("A volunteer")
    page.get_by_label("On what day were they asked?").fill(YESTERDAY)
    page.get_by_label("On what day was it told?").fill(YESTERDAY)
    page.get_by_label("Where was it told?").fill("The garden group")


def test_a_recording_comes_in_by_mouse_and_what_is_missing_is_said_before_the_file_goes(
    browser: Browser, admin: Admin, signed_in: Path, tmp_path: Path
) -> None:
    recording, text = tmp_path / "Story from home.wav", tmp_path / "words.wav"
    recording.write_bytes(wav(2.0))
    text.write_text("no sound")
    with page_of(browser, signed_in, expected=("422",)) as page:
        page.goto(admin.address)
        page.get_by_role("link", name="Bring in a recording").click()
        look(page, "upload")
        page.get_by_label("The recording").set_input_files(recording)
        page.get_by_role("button", name="Bring it in").click()
        faults = page.get_by_role("alert")
        expect(faults).to_contain_text("Only they can say yes")
        expect(faults).not_to_contain_text("Choose a file")
        expect(faults).to_be_focused()
        look(page, "upload-faults")
        fill(page)
        page.get_by_label("The recording").set_input_files(text)
        page.get_by_role("button", name="Bring it in").click()
        expect(faults).to_contain_text("not a sound file")
        page.get_by_label("The recording").set_input_files(recording)
        page.get_by_role("button", name="Bring it in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"Upload \d"))
        expect(page.get_by_role("status").first).to_contain_text("they can take it back")
        page.get_by_text("This was recorded elsewhere").click()
        expect(page.get_by_text("A volunteer asked the person who told it")).to_be_visible()
        page.set_viewport_size(PHONE)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/uploaded-phone.png", full_page=True)


def test_a_recording_comes_in_without_a_script_as_well(
    browser: Browser, admin: Admin, signed_in: Path, tmp_path: Path
) -> None:
    recording = tmp_path / "another.wav"
    recording.write_bytes(wav(1.0, pitch_hz=300))
    context = browser.new_context(storage_state=signed_in, java_script_enabled=False, viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{admin.address}/stories/upload")
    page.get_by_label("The recording").set_input_files(recording)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the file once more")
    fill(page)
    page.get_by_label("The recording").set_input_files(recording)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Upload")
    context.close()


def test_stories_are_taken_out_by_keyboard_on_a_phone(
    browser: Browser, admin: Admin, signed_in: Path, tmp_path: Path
) -> None:
    with page_of(browser, signed_in) as page:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.goto(f"{admin.address}/me")
        page.get_by_role("link", name="Take stories out").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Take stories out")).to_be_visible()
        look(page, "export")
        page.get_by_label("What may be shared").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.type("moving to another place")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Everything")).to_be_visible()
        look(page, "exported")
        page.get_by_role("link", name="Download the zip file").focus()
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert path.name.startswith("sayso-everything-") and zipfile.is_zipfile(path)
        until(page, "document.getElementById('how-far').textContent.startsWith('All is sent')")
        look(page, "exported-done")
