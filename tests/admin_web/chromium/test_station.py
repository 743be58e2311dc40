"""The station's pages in real Chromium: well made in each state, by keyboard alone, and without scripts."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from kiosk.stories.again import read_again
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.programme import Programme, Question, write_programme
from kiosk.stories.records import Sound, Transcript
from kiosk.stories.status import StatusFile
from tests.admin_web.browsing import chromium, page_of, tab_until
from tests.admin_web.looking import assert_well_made
from tests.admin_web.making import NAME, PASSWORD, Admin, make_story, spread
from tests.sound_card import wait_until

#: A name of this machine that browsers do not take for it: a page there is not secure.
ELSEWHERE = "station.test"
LONG = "What do you think about the bus and the food and the music and the staff and everything else?"


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """With a microphone; whoever is asked whether a page may use it says no."""
    microphone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream=deny")
    options = (*microphone, f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1")
    with chromium(playwright, *options) as browser:
        yield browser


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Admin]:
    data = DataFolder.open(tmp_path_factory.mktemp("station") / "data")
    make_story(data, sound=Sound(speech_s=3, speech_dbfs=-50, peak_dbfs=-30, longest_silence_s=1))
    waiting = make_story(data, None, card="sun 9")
    fault = {"code": "speaker", "message": "The speaker does not answer.", "fix": "Unplug it and plug it in again."}
    StatusFile(data, "kiosk").show(state="idle", faults=[fault])
    StatusFile(data, "transcriber").show(
        state="transcribing", model="starter", queue=[waiting.id], queued=1, seconds_behind=75, faults=[]
    )
    with Admin(data.root) as admin:
        yield admin


@pytest.fixture
def page(browser: Browser, signed_in: Path) -> Iterator[Page]:
    with page_of(browser, signed_in, expected=("422", "409")) as page:
        yield page


@contextlib.contextmanager
def transcriber(data: DataFolder, **told: object) -> Iterator[None]:
    """A transcriber that lives, and says so again and again: what it said long ago is not believed."""
    status, over = StatusFile(data, "transcriber"), threading.Event()

    def say() -> None:
        while not over.wait(1):
            status.show(state="waiting", **told)

    status.show(state="waiting", **told)
    saying = threading.Thread(target=say)
    saying.start()
    try:
        yield
    finally:
        over.set()
        saying.join()


def go_to(page: Page, label: str) -> None:
    """Go on with the Tab key until what has this label has the focus."""
    focused = "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()"
    tab_until(page, lambda: label == page.evaluate(focused), label, most=60)


def test_by_keyboard_alone_a_question_is_written_looked_at_kept_and_taken_back(page: Page, admin: Admin) -> None:
    write_programme(admin.data, Programme())
    page.goto(admin.address)
    for name, heading in (("Station", "How the station is"), ("Programme", "What the station asks")):
        go_to(page, name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    go_to(page, "Question 1")
    page.keyboard.type("How is the bus?")
    expect(page.get_by_text("4 words, about 2 s to say")).to_be_visible()
    go_to(page, "See the visit first")
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_be_focused()
    expect(page.locator(".said", has_text="How is the bus?")).to_be_visible()
    assert_well_made(page)
    go_to(page, "Keep it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Kept.")
    page.get_by_role("button", name="Bring this back").press("Enter")
    expect(page.get_by_label("Question 1")).to_have_value("")
    page.get_by_label("Question 1").focus()
    page.keyboard.type(LONG)
    expect(page.get_by_text("19 words, about 9 s to say, and 15 words are the most")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It has 19 words; 15 are enough.")).to_be_visible()
    assert_well_made(page)


def test_what_is_typed_before_the_script_is_there_is_counted_all_the_same(page: Page, admin: Admin) -> None:
    held: list[Route] = []
    page.route("**/programme.js", lambda route: held.append(route))
    page.goto(f"{admin.address}/station/programme", wait_until="commit")
    page.get_by_label("Question 1").fill("How is the bus?")
    wait_until(lambda: held or page.wait_for_timeout(20), "the script is asked for")
    held[0].continue_()
    expect(page.get_by_text("4 words, about 2 s to say")).to_be_visible()


def test_health_voices_and_a_visit_are_well_made_and_a_microphone_refused_is_said_with_a_way_out(
    page: Page, admin: Admin
) -> None:
    page.goto(f"{admin.address}/station")
    page.get_by_role("button", name="Test the microphone").click()
    expect(page.get_by_role("alert")).to_contain_text("No station answers")
    assert_well_made(page)
    write_programme(admin.data, Programme(questions=(Question(text="How is the bus?"), Question(text="And the food?"))))
    page.get_by_role("link", name="Visit", exact=True).click()
    expect(page.get_by_text("With the question: And the food?")).to_be_visible()
    go_to(page, "With the question: And the food?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Thank you. Your story is safe.")).to_have_count(2)
    expect(page.get_by_text("Thank you. Your story is safe.").last).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="Answers", exact=True).click()
    expect(page.get_by_role("heading", name="No such question yet")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="Voices").click()
    expect(page.get_by_role("heading", name="Whose voice says what")).to_be_visible()
    assert_well_made(page)
    page.get_by_role("link", name="Hello. You can tell us").press("Enter")
    expect(page.get_by_role("button", name="Record")).to_be_visible()
    go_to(page, "Record")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The browser may not use the microphone")
    expect(page.get_by_role("button", name="Record")).to_be_focused()
    assert_well_made(page)
    page.get_by_label("Or send a WAV file").set_input_files(
        {"name": "long.wav", "mimeType": "audio/wav", "buffer": b"RIFF" + bytes(2_000_000)}
    )
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_contain_text("too large")


def test_where_a_browser_gives_no_page_the_microphone_it_is_said_and_a_file_can_be_sent(
    browser: Browser, admin: Admin, signed_in: Path, short_wav: Path
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"http://{ELSEWHERE}:{admin.port}/station/voices/goodbye")
        page.get_by_label("Your name").fill(NAME)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("only over https")
        expect(page.get_by_role("button", name="Record")).to_be_hidden()
    # Without scripts the same file goes the same way.
    with browser.new_context(storage_state=signed_in, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{admin.address}/station/voices/goodbye")
        page.get_by_label("Or send a WAV file").set_input_files(short_wav)
        page.get_by_role("button", name="Send it").click()
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_text("Visitors hear your recording")).to_be_visible()


def test_a_story_is_written_down_again_by_keyboard_and_two_drafts_are_well_made(page: Page, admin: Admin) -> None:
    offered = [{"name": "starter", "language": "en"}, {"name": "big", "language": "en"}]

    with transcriber(admin.data, models=offered):
        page.goto(f"{admin.address}/again")
        assert_well_made(page)
        go_to(page, "Write them down again")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Choose a speech model.")).to_be_visible()
        page.get_by_label("big").check()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Stop after this story")).to_be_visible()
        assert_well_made(page)
    asked = read_again(admin.data)
    assert asked
    story = admin.data.story(asked.stories[0])
    draft = Transcript(model="big", text="", words=tuple(spread(["the", "lunch", "was", "worn"])), seconds=2)
    write_whole(story.draft_path(asked.mark), draft.to_bytes())
    with transcriber(admin.data, models=offered, again={"mark": asked.mark, "state": "over", "done": 1, "failed": 0}):
        page.goto(f"{admin.address}/stories/{story.id}/drafts")
        expect(page.locator("mark", has_text="worn")).to_be_visible()
        assert_well_made(page)
