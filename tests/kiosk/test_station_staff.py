"""What staff ask of a station: a test of its microphone, hours, loudness, and words of the centre's own."""

import threading
from datetime import datetime, time

import pytest

from kiosk.devices import Light, Lights
from kiosk.errors import MicrophoneError, SaysoError, StationBusy
from kiosk.flow import State
from kiosk.stories.folder import DataFolder
from kiosk.stories.own_voice import sound_in
from kiosk.stories.programme import Hours, Programme, write_programme
from tests.kiosk.running import Running, Start
from tests.sound_card import wait_until


class Asking:
    """Somebody who asks for a test on the site, in a thread of their own."""

    def __init__(self, station: Running) -> None:
        self.heard = b""
        self.refused: SaysoError | None = None
        self._station = station
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        try:
            self.heard = self._station.station.test_sound()
        except SaysoError as error:
            self.refused = error

    def answer(self) -> bytes:
        self._thread.join(60)
        if self.refused:
            raise self.refused
        return self.heard


def test_a_test_is_said_and_lit_first_and_hands_out_five_seconds_and_keeps_nothing(start: Start) -> None:
    station = start()
    before = {path for path in station.data.root.rglob("*") if "cache" not in path.parts}
    asking = Asking(station)
    station.reach(State.TEST)
    assert station.shown[-1] == Lights(red=Light.ON) and station.heard()[-1] == "testing"
    with pytest.raises(StationBusy, match="Somebody else is testing"):
        station.station.test_sound()
    # All that there was within five seconds: on a busy machine it begins to listen late.
    assert 32_000 < len(sound_in(asking.answer())) <= 5 * 32_000
    station.reach(State.IDLE)
    assert {path for path in station.data.root.rglob("*") if "cache" not in path.parts} == before
    # And visitors come as ever.
    station.walk(State.TELLING)
    with pytest.raises(StationBusy, match="Somebody is using the station"):
        station.station.test_sound()


@pytest.mark.parametrize("state", [State.TEST_SOON, State.TEST])
def test_a_visitor_goes_first_and_nothing_of_the_test_is_handed_out(start: Start, state: State) -> None:
    station = start()
    if state is State.TEST_SOON:
        station.speaker.play = lambda wav, done, louder_db=0: None  # type: ignore[method-assign, assignment]
    asking = Asking(station)
    station.reach(state)
    station.panel.press("red")
    with pytest.raises(StationBusy, match="went first"):
        asking.answer()
    station.reach(State.WELCOME if state is State.TEST_SOON else State.BEFORE)
    if state is State.TEST:
        station.press("green", State.TELLING)


def test_a_microphone_that_gives_nothing_is_said_and_a_station_that_stops_keeps_nobody_waiting(start: Start) -> None:
    station = start()
    station.microphone.pulled = True
    with pytest.raises((MicrophoneError, StationBusy)):
        Asking(station).answer()
    station.microphone.pulled = False
    station.reach(State.IDLE)
    asking = Asking(station)
    station.reach(State.TEST)
    station.end()
    with pytest.raises(StationBusy):
        asking.answer()


def test_hours_count_while_the_time_is_known_and_what_staff_chose_is_what_the_next_visitor_hears(
    data: DataFolder, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    station, quality = start(), ["ntp"]
    monkeypatch.setattr("kiosk.station.clock_quality", lambda folder: quality[0])
    another_day = (datetime.now().weekday() + 3) % 7
    hours = Hours(opens=time(0), closes=time(23, 59), days=(another_day,))
    write_programme(data, Programme(hours=hours, prompts={"welcome": "Good to see you."}, volume_db=4))
    # Everything is spoken first.
    wait_until(lambda: station.station._prompts.edition.programme.hours == hours, "it is taken up", 100)
    station.reach(State.RESTING)
    for quality[0], state in (("unknown", State.IDLE), ("staff", State.RESTING), ("unknown", State.IDLE)):
        station.reach(state)
    station.press("green", State.BEFORE)
    assert station.speaker.louder_db == 4
    assert station.station._prompts.texts["welcome"] == "Good to see you."
    station.walk(State.TELLING)
