"""Story numbers and their cards."""

import re
import shutil
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.card_sheet import sheet
from kiosk.cards import Cards, name_of
from kiosk.shown.pictures import PICTURES
from kiosk.shown.texts import load_pictures
from kiosk.stories import takes, wav
from kiosk.stories.folder import DataFolder
from kiosk.stories.recovery import recover
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.takes import Recording

NAMES = load_pictures("en-GB")


def keep(data: DataFolder, card: str) -> StoryFolder:
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test")
    wav.WavWriter(take.audio).close()
    recording = Recording(0, overflows=0, lost_frames=0, ending="press", ended_at=datetime.now(UTC))
    return takes.keep(take, recording, agreed=bool(card), card=card)


def remove(story: StoryFolder) -> None:
    for file in story.path.iterdir():
        file.unlink()
    story.path.rmdir()


def numbers(cards: Cards, times: int) -> list[int]:
    found = []
    for _ in range(times):
        card = cards.draw()
        keep(cards.folder, card)
        found.append(int(card.split()[1]))
    return found


def test_numbers_are_given_in_the_order_of_the_printed_cards(data: DataFolder) -> None:
    assert numbers(Cards(data, NAMES, first=5, last=20), 4) == [5, 6, 7, 8]
    # Another start goes on where the one before ended.
    keep(data, "")
    assert numbers(Cards(data, NAMES, first=5, last=20), 2) == [9, 10]


def test_a_number_is_never_given_twice_while_the_first_story_is_here(data: DataFolder) -> None:
    cards = Cards(data, NAMES, first=1, last=4)
    assert numbers(cards, 3) == [1, 2, 3]
    remove(data.story_folders()[1])
    # The number that became free rests until its turn comes.
    assert numbers(cards, 2) == [4, 2]
    assert numbers(cards, 2) == [5, 6]
    assert numbers(Cards(data, NAMES, first=1, last=4), 1) == [7]


def test_a_story_with_damaged_sound_still_has_its_number(data: DataFolder) -> None:
    story = keep(data, name_of(1, NAMES))
    story.audio.unlink()
    assert numbers(Cards(data, NAMES, first=1, last=4), 1) == [2]


def test_a_number_that_came_with_an_imported_story_is_not_given_again_here(data: DataFolder, tmp_path: Path) -> None:
    cards = Cards(data, NAMES, first=1, last=9)
    assert numbers(cards, 1) == [1]
    other = keep(DataFolder.open(tmp_path / "other"), name_of(2, NAMES))
    shutil.copytree(other.path, data.stories / other.id)
    assert numbers(cards, 1) == [3]


def test_a_number_that_no_visitor_was_told_before_the_power_went_is_free(data: DataFolder) -> None:
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test")
    writer = wav.WavWriter(take.audio)
    writer.append(bytes(3200))
    writer.close()
    # The last moment before the story would be there: its record is written, with a number that nobody has heard yet.
    (take.path / "story.json").write_bytes(keep(data, "sun 1").path.joinpath("story.json").read_bytes())
    remove(data.story_folders()[0])
    (recovered,), _ = recover(data)
    assert recovered.story().card == ""
    assert numbers(Cards(data, NAMES, first=1, last=9), 1) == [1]


def test_every_picture_has_a_word_and_stays_inside_its_square() -> None:
    assert NAMES.keys() == PICTURES.keys()
    for name, shapes in PICTURES.items():
        for shape in shapes:
            inside = all(0 <= x <= 100 and 0 <= y <= 100 for x, y in shape.points)
            assert inside or shape.white, name


def test_the_sheet_holds_each_card_once_with_the_name_that_the_station_says() -> None:
    pdf = sheet(27, 60, "en-GB")
    pages = [zlib.decompress(found) for found in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)]
    text = b" ".join(pages).decode("latin-1")
    for number in range(27, 61):
        assert text.count(f"({name_of(number, NAMES)})") == 1
    assert len([page for page in pages if b"Tj" in page]) == 5


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--from", "5", "--to", "4"), 1), (("--from", "0"), 2)])
def test_the_command_writes_a_sheet_or_says_why_not(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    command = [sys.executable, "-m", "kiosk.cli", "cards", *words, "--out", str(tmp_path / "cards.pdf")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == code and "Traceback" not in done.stderr
    assert (tmp_path / "cards.pdf").exists() == (code == 0)
