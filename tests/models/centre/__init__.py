"""A day centre that does not exist: its stories, and a voice that tells them."""

import subprocess
from pathlib import Path

from kiosk.stories.spelling import spoken_words


def stories() -> list[str]:
    """Return what forty visitors say, in the letters of a recogniser."""
    lines = (Path(__file__).parent / "stories.txt").read_text("utf-8").splitlines()
    return [" ".join(spoken_words(line)) for line in lines if not line.startswith("#")]


def speak(text: str, path: Path) -> None:
    """Speak into a WAV file, as espeak-ng does (22,050 Hz)."""
    subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "160", "-w", path, text], check=True)
