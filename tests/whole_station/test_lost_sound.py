"""The sound server is killed, and another time stops in its tracks, in the middle of a take."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.flow import State
from kiosk.shown import live
from tests.sound_card import SoundCard, stands_in, wait_until
from tests.station import StationUnderTest


@pytest.mark.parametrize(
    ("lose", "restore"),
    [
        pytest.param(SoundCard.stop, SoundCard.start, id="the server dies"),
        pytest.param(SoundCard.freeze, SoundCard.thaw, id="the server hangs"),
    ],
)
def test_what_was_said_is_kept_and_the_next_visit_works(
    tmp_path: Path,
    own_card: SoundCard,
    lose: Callable[[SoundCard], None],
    restore: Callable[[SoundCard], None],
) -> None:
    station = StationUnderTest(tmp_path / "station", own_card)
    station.start()
    try:
        lose_and_restore(station, own_card, lose, restore)
    finally:
        station.stop()


def lose_and_restore(
    station: StationUnderTest,
    own_card: SoundCard,
    lose: Callable[[SoundCard], None],
    restore: Callable[[SoundCard], None],
) -> None:
    said = random.Random(5).randbytes(32_000 * 60)
    own_card.script.write_bytes(said)
    station.walk(State.TELLING)
    wait_until(lambda: (station.status()["seconds"] or 0) >= 5, "something was told")
    lose(own_card)
    station.reach(State.CUT_SHORT)
    assert station.status()["lights"] == {"green": "on", "red": "blink"}
    assert "microphone" in {fault["code"] for fault in station.status()["faults"]}
    take = station.status()["take"]
    station.walk(State.VOICE)
    # Without a speaker the number is shown for no longer than a moment: what counts is that the story is safe.
    live.press(station.data, "red")
    wait_until(lambda: station.status().get("last_story") == take, f"the story is safe (it is: {station.status()})")
    story = station.data.story(take).story()
    assert story.agreed and story.ending == "microphone"
    assert story.seconds >= 5
    stands_in(station.data.story(story.id).audio.read_bytes()[44:], said)
    restore(own_card)
    station.reach(State.IDLE, within_s=240)
    station.walk(State.TELLING)
    wait_until(lambda: (station.status()["seconds"] or 0) >= 3, "something was told")
    station.keep()
    assert station.data.story(station.status()["last_story"]).story().ending == "press"
