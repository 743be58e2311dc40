"""What tests of all packages share."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from kiosk.stories.folder import DataFolder
from tests.admin_web.browsing import chromium
from tests.sound_card import SoundCard

# However busy the machine is, and in whatever order tests run: the same examples, and as long as they take.
settings.register_profile(
    "sayso", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("sayso")

#: A story for the microphone; words that the starter model knows.
STORY = (
    "I come here every week. The staff are very kind and helpful. I like the music and the food is good. "
    "But I had to wait a long time for the bus."
)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "data")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Only one of these can be in a process."""
    # However busy the machine is, what comes true at all is waited for.
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def story_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """STORY as a voice says it: 16 kHz, mono."""
    folder = tmp_path_factory.mktemp("speech")
    subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "140", "-w", folder / "spoken.wav", STORY], check=True)
    subprocess.run(["sox", folder / "spoken.wav", "-r", "16000", folder / "story.wav"], check=True, capture_output=True)
    return folder / "story.wav"


@pytest.fixture(scope="session")
def short_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some two seconds of speech: 16 kHz, mono."""
    folder = tmp_path_factory.mktemp("short")
    subprocess.run(["espeak-ng", "-v", "en-gb", "-w", folder / "spoken.wav", "I like it here very much."], check=True)
    subprocess.run(["sox", folder / "spoken.wav", "-r", "16000", folder / "short.wav"], check=True, capture_output=True)
    return folder / "short.wav"


@pytest.fixture(scope="session")
def shared_card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    card = SoundCard(tmp_path_factory.mktemp("card"))
    card.start()
    yield card
    card.stop()


@pytest.fixture
def card(shared_card: SoundCard, monkeypatch: pytest.MonkeyPatch) -> SoundCard:
    """A virtual sound card that this process and what it starts use."""
    for name, value in shared_card.env.items():
        monkeypatch.setenv(name, value)
    return shared_card


@pytest.fixture
def own_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundCard]:
    """A virtual sound card that the test may break."""
    card = SoundCard(tmp_path / "card")
    for name, value in card.env.items():
        monkeypatch.setenv(name, value)
    card.start()
    yield card
    card.stop()
