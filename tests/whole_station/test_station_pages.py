"""What people change on the site is what the whole station then says and asks: heard at its speaker, and seen."""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from kiosk.flow import State
from tests.admin_web.browsing import chromium
from tests.admin_web.making import NAME, PASSWORD
from tests.sound_card import SoundCard, wait_until
from tests.station import StationUnderTest

CHANGED = "What is asked and told has changed. Asked now: "
#: Notes every sentence that the screen shows, also where a busy browser gets several at once.
NOTE = """() => {
    window.said = [];
    const note = (changes) => changes.forEach(({addedNodes}) => said.push(...[...addedNodes].map(n => n.textContent)));
    new MutationObserver(note).observe(document.getElementById("words"), {childList: true});
}"""


@pytest.fixture
def browser(playwright: Playwright, short_wav: Path) -> Iterator[Browser]:
    """A browser whose microphone hears a sentence, again and again."""
    allowed = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    options = (*allowed, f"--use-file-for-fake-audio-capture={short_wav}")
    with chromium(playwright, *options) as browser:
        yield browser


@pytest.fixture
def page(station: StationUnderTest, browser: Browser) -> Iterator[Page]:
    """The first lead's."""
    site = station.site()
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site.address)
        page.get_by_label("Set-up code").fill(site._set_up_code)
        page.get_by_label("Your name").fill(NAME)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Make my account").click()
        yield page
        # Whoever goes on before a page is whole keeps their place, and the browser says so.
        assert [each for each in complaints if "Autofocus processing was blocked" not in each] == []


def until(page: Page, script: str) -> None:
    wait_until(lambda: page.evaluate(script) or page.wait_for_timeout(20), script)


def asked(station: StationUnderTest) -> str:
    """Return what the station asks since the last change that it has taken up; it may take up several as one."""
    _, _, since = station.output.rpartition(CHANGED)
    return since.partition("\n")[0]


def taken_up(station: StationUnderTest, question: str) -> None:
    wait_until(lambda: asked(station) == question, "the station has taken the change up")


def samples(wav: Path) -> np.ndarray:
    with wave.open(str(wav)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)


def stands_in(piece: np.ndarray, heard: np.ndarray) -> bool:
    """Whether a second of sound, at whatever loudness, is somewhere in what was heard."""
    piece = piece[len(piece) // 3 :][:16_000]
    size = 1 << (len(heard) + len(piece)).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size)), size)
    at = int(np.argmax(product[: max(1, len(heard) - len(piece))]))
    return bool(np.corrcoef(piece, heard[at : at + len(piece)])[0, 1] > 0.9)


def ask(page: Page, question: str) -> None:
    page.get_by_role("link", name="Station", exact=True).click()
    page.get_by_role("link", name="Programme").click()
    page.get_by_label("Question 1").fill(question)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept.")).to_be_visible()


def test_a_sentence_recorded_in_the_browser_and_a_new_question_are_what_the_next_visitor_hears(
    station: StationUnderTest, card: SoundCard, page: Page, short_wav: Path, tmp_path: Path
) -> None:
    card.script.write_bytes(samples(short_wav).astype("<i2").tobytes() * 20)
    page.get_by_role("link", name="Station", exact=True).click()
    page.get_by_role("button", name="Test the microphone").click()
    expect(page.get_by_text("Loud enough for speech.")).to_be_visible()
    assert f"{State.TEST_SOON} -> {State.TEST}" in station.output
    until(page, "document.querySelector('audio')?.duration > 1")
    assert station.data.story_folders() == []
    # In somebody's own voice.
    page.get_by_role("link", name="Voices").click()
    page.get_by_role("link", name="Hello. You can tell us").click()
    page.get_by_role("button", name="Record").click()
    until(page, "parseInt(document.getElementById('time').textContent) >= 4")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Hear what you said")).to_be_visible()
    until(page, "document.querySelector('audio')?.duration > 2")
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_text("Visitors hear your recording")).to_be_visible()
    ask(page, "How is the bus?")
    taken_up(station, "How is the bus?")
    screen = page.context.new_page()
    screen.goto(f"{station.status('admin')['address']}/screen")
    until(screen, "document.getElementById('screen').dataset.state === 'idle'")
    screen.evaluate(NOTE)
    hearing = card.hear(tmp_path / "heard.raw")
    station.press("green", State.WELCOME)
    station.walk(State.TELLING)
    hearing.terminate()
    hearing.wait()
    heard = np.frombuffer((tmp_path / "heard.raw").read_bytes(), "<i2").astype(float)
    assert stands_in(samples(station.data.programme / "welcome.wav"), heard)
    assert "How is the bus?" in screen.evaluate("window.said")
    screen.close()
    # Whoever is telling now is not disturbed: it is spoken already, and waits for the next visit.
    spoken = len(list((station.data.cache / "prompts").glob("said-*.wav")))
    ask(page, "How is the food?")
    wait_until(lambda: len(list((station.data.cache / "prompts").glob("said-*.wav"))) > spoken, "it is spoken")
    wait_until(lambda: (station.status()["seconds"] or 0) >= 3, "something was told")
    assert asked(station) == "How is the bus?"
    station.keep()
    story = station.data.story(station.status()["last_story"]).story()
    assert (story.question, story.agreed) == ("How is the bus?", True)
    taken_up(station, "How is the food?")
    page.get_by_role("button", name="Bring this back").first.click()
    expect(page.get_by_label("Question 1")).to_have_value("How is the bus?")
    taken_up(station, "How is the bus?")
