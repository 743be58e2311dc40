"""How the station is, as the site shows it: parts, microphone, disk, heat, clock, and what is being written down."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from admin_web import health
from admin_web.archive import Role
from admin_web.site import Site
from kiosk.board import Board, BoardSocket
from kiosk.errors import StationBusy
from kiosk.shown.live import Progress
from kiosk.stories.folder import DataFolder
from kiosk.stories.own_voice import sound_file
from kiosk.stories.records import Sound
from kiosk.stories.status import StatusFile
from tests.admin_web.making import csrf_token, make_story, tone

Enter = Callable[[Role], FlaskClient]


class Kiosk:
    """A kiosk's socket, with what a test of its microphone gives."""

    def __init__(self, folder: DataFolder) -> None:
        self.heard: bytes | None = sound_file(tone(1))
        self.asked = 0
        self._socket = BoardSocket(
            folder, Board(), press=lambda button: None, progress=lambda: Progress(seconds=0, level=0),
            test_sound=self._test,
        )  # fmt: skip
        self.close = self._socket.close

    def _test(self) -> bytes:
        self.asked += 1
        if self.heard is None:
            raise StationBusy("Somebody is using the station.")
        return self.heard


@pytest.fixture
def kiosk(folder: DataFolder) -> Iterator[Kiosk]:
    kiosk = Kiosk(folder)
    yield kiosk
    kiosk.close()


def press(client: FlaskClient, path: str, page: str = "/station", **fields: object):  # type: ignore[no-untyped-def]
    return client.post(path, data={"csrf_token": csrf_token(client.get(page).text), **fields})


def test_a_station_that_does_not_run_says_what_that_means_and_what_to_do(site: Site, enter: Enter) -> None:
    page = enter("staff").get("/station").text
    assert "Recording: <strong>not running</strong>" in page and "It has never run" in page
    assert "Nobody can tell a story now." in page and "ask whoever looks after it" in page


def test_the_last_sign_of_life_of_each_part_is_told_and_its_faults_in_plain_words(site: Site, enter: Enter) -> None:
    fault = {"code": "microphone", "message": "The microphone was pulled out.", "fix": "Plug it in again."}
    StatusFile(site.folder, "kiosk").show(state="out of order", faults=[fault])
    StatusFile(site.folder, "transcriber").show(state="waiting", model="starter", faults=[])
    page = enter("staff").get("/station").text
    assert "Recording: <strong>needs help</strong>" in page and "Last sign of life: today" in page
    assert "The microphone was pulled out.</strong> Plug it in again." in page
    assert "Writing down: <strong>working</strong>" in page and "Speech model: <strong>starter</strong>" in page
    assert "No story waits" in page


def test_what_is_being_written_down_and_what_waits_is_shown_to_those_who_may_know_of_it(
    site: Site, enter: Enter
) -> None:
    now, waiting, hidden = make_story(site.folder, None), make_story(site.folder, None), None
    hidden = make_story(site.folder, None, agreed=False)
    site.intake.look()
    StatusFile(site.folder, "transcriber").show(
        state="transcribing", model="starter", working_on=now.id, queue=[waiting.id, hidden.id, 7], queued=2,
        seconds_behind=90, faults=[],
    )  # fmt: skip
    staff, lead = enter("staff").get("/station").text, enter("lead").get("/station").text
    for page in (staff, lead):
        assert f'Now: <a href="/stories/{now.id}">' in page and f'href="/stories/{waiting.id}"' in page
        assert "2 stories wait, 1 min 30 s of sound still to be listened to" in page
    assert hidden.id in lead and hidden.id not in staff


def test_how_loud_the_last_stories_are_stands_there(site: Site, enter: Enter) -> None:
    for speech_dbfs, peak_dbfs, speech_s in ((-23, -6, 3), (-50, -30, 3), (-9, 0, 3), (-96, -60, 0)):
        sound = Sound(speech_s=speech_s, speech_dbfs=speech_dbfs, peak_dbfs=peak_dbfs, longest_silence_s=1)
        make_story(site.folder, sound=sound)
    hidden = make_story(site.folder, sound=sound, agreed=False)
    site.intake.look()
    page = enter("staff").get("/station").text
    for told in ("clear, 23 dB", "soft: hard to understand, 50 dB", "too loud: it crackles", "nobody was heard"):
        assert page.count(told) == 1, told
    assert hidden.id not in page


class TestTheMicrophone:
    def test_is_tested_and_heard_by_whoever_asked_and_by_nobody_else(
        self, site: Site, enter: Enter, kiosk: Kiosk
    ) -> None:
        staff, lead = enter("staff"), enter("lead")
        assert press(staff, "/station/test").status_code == 303
        assert "Loud enough for speech" in staff.get("/station").text
        with staff.get("/station/test.wav") as heard:
            assert heard.data == kiosk.heard
        assert lead.get("/station/test.wav").status_code == 404
        # It is nowhere on the disk, no story, and in the log.
        assert not [path for path in site.folder.root.rglob("*.wav")] and not site.folder.story_folders()
        line = site.archive.log.last()
        assert line and line.what == "microphone tested"

    def test_says_what_is_wrong_with_it(self, enter: Enter, kiosk: Kiosk) -> None:
        staff = enter("staff")
        for sample, told in ((b"\0\0", "only silence"), (b"\x20\0", "Very quiet"), (b"\xff\x7f", "Too loud")):
            kiosk.heard = sound_file(sample * 16_000)
            press(staff, "/station/test")
            assert told in staff.get("/station").text

    def test_is_not_tested_while_somebody_is_there_and_the_last_test_is_gone(self, enter: Enter, kiosk: Kiosk) -> None:
        staff = enter("staff")
        press(staff, "/station/test")
        kiosk.heard = None
        answer = press(staff, "/station/test")
        assert answer.status_code == 409 and "Somebody is using the station." in answer.text
        assert staff.get("/station/test.wav").status_code == 404

    def test_cannot_be_tested_without_a_kiosk(self, site: Site, enter: Enter) -> None:
        answer = press(enter("staff"), "/station/test")
        assert answer.status_code == 409 and "No station answers" in answer.text

    def test_is_not_opened_by_a_request_without_the_pages_token_or_by_a_group(self, enter: Enter, kiosk: Kiosk) -> None:
        group = enter("group")
        token = csrf_token(group.get("/me").text)
        assert group.post("/station/test", data={"csrf_token": token}).status_code == 403
        assert enter("staff").post("/station/test").status_code == 403
        assert kiosk.asked == 0


def test_a_date_that_nobody_knows_is_said_with_the_way_to_confirm_it(
    site: Site, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {
        "ntp": "set by the network",
        "rtc": "kept by a battery",
        "staff": "has confirmed it",
        "unknown": "Nobody knows",
    }
    staff, lead = enter("staff"), enter("lead")
    for quality, words in said.items():
        monkeypatch.setattr(sys.modules["admin_web.station"], "clock_quality", lambda _, quality=quality: quality)
        assert words in staff.get("/station").text
    assert 'href="/keeping"' in lead.get("/station").text and "A lead can confirm it" in staff.get("/station").text


def test_little_room_and_heat_are_said_with_what_to_do(
    enter: Enter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    zone = tmp_path / "thermal_zone0"
    zone.mkdir()
    (zone / "temp").write_text("84500\n")
    assert health.temperature_c(tmp_path) == 84.5
    assert health.temperature_c(tmp_path / "none") is None
    (tmp_path / "thermal_zone1").mkdir()
    (tmp_path / "thermal_zone1" / "temp").write_text("no number")
    assert health.temperature_c(tmp_path) == 84.5
    staff = enter("staff")
    told = health.temperature_c(tmp_path)
    monkeypatch.setattr(health, "temperature_c", lambda: told)
    monkeypatch.setattr(health, "room_h", lambda *_: 2.5)
    page = staff.get("/station").text
    assert "too hot: 84 °C" in page and "2 hours and 30 minutes of stories only" in page
    monkeypatch.setattr(health, "room_h", lambda *_: None)
    monkeypatch.setattr(health, "temperature_c", lambda: None)
    page = staff.get("/station").text
    assert "The disk cannot be reached" in page and "does not tell how warm" in page


def test_two_who_test_at_once_do_not_hear_each_other(site: Site, enter: Enter, kiosk: Kiosk) -> None:
    people: list[Role] = ["staff", "lead"]
    browsers = [enter(role) for role in people]
    both = [threading.Thread(target=press, args=(browser, "/station/test")) for browser in browsers]
    for each in both:
        each.start()
    for each in both:
        each.join()
    for browser in browsers:
        with browser.get("/station/test.wav") as heard:
            assert heard.status_code == 200
