"""Recordings made elsewhere: from the form to the story, or nothing at all."""

import contextlib
import io
import itertools
import os
import struct
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin_web.archive import Role
from admin_web.archive.arriving import read_arrival
from admin_web.site import Site
from kiosk.errors import ArchiveNotWritten
from kiosk.stories import wav as station_wav
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Story
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.making import csrf_token, named, spread, write_words
from tests.admin_web.uploads import PAGE, YESTERDAY, as_other, float_wav, upload, wav


@pytest.fixture
def staff(enter: Callable[[Role], FlaskClient]) -> FlaskClient:
    return enter("staff")


def the_story(site: Site) -> Story:
    (folder,) = site.folder.story_folders()
    return folder.story()


def nothing_is_left(folder: DataFolder) -> bool:
    """Neither a story nor half of one, nor a file that waited."""
    left = {path.name for path in folder.archive.rglob("*") if path.is_file() and path.parent.name != "archive"}
    return os.listdir(folder.stories) == [] and left <= {"sequence"}


class TestAStory:
    def test_a_recording_becomes_a_story_that_says_who_agreed_to_what_and_who_vouches_for_it(
        self, site: Site, staff: FlaskClient
    ) -> None:
        answer = upload(staff, wav(1.5))
        assert answer.status_code == 303
        story = the_story(site)
        assert answer.location == f"/stories/{story.id}"
        assert (story.agreed, story.permissions.words, story.permissions.voice) == (True, True, False)
        assert (story.language, story.question, story.card) == ("en-GB", "What was lunch like?", "")
        assert story.started_at.isoformat().startswith(f"{YESTERDAY}T14:30") and story.clock_quality == "staff"
        assert story.uploaded
        told = story.uploaded
        assert (told.by, told.asked_by, told.how) == (named(site, "A staff").id, "A volunteer", "in person")
        assert (told.asked_on.isoformat(), told.place) == (YESTERDAY, "The garden group")
        page = staff.get(answer.location).text
        assert "Upload 1" in page and "A staff brought it in" in page and "A volunteer asked" in page
        line = site.archive.log.last()
        assert line and (line.what, line.story, line.who) == ("uploaded", story.id, told.by)
        assert line.details == {"words": "True", "voice": "False", "how": "in person"}

    def test_what_nobody_asked_is_kept_as_not_asked(self, site: Site, staff: FlaskClient) -> None:
        assert upload(staff, wav(), words="not asked", voice="not asked", told_at="").status_code == 303
        story = the_story(site)
        assert (story.permissions.words, story.permissions.voice) == (None, None)
        assert story.started_at.hour == 12

    def test_a_sound_file_of_any_kind_becomes_the_stations_own_whatever_it_is_called(
        self, site: Site, staff: FlaskClient, tmp_path: Path
    ) -> None:
        forms = ((44100, 2, 2), (48000, 1, 3), (8000, 1, 1))
        files = [wav(1.0, rate_hz=rate_hz, channels=channels, width=width) for rate_hz, channels, width in forms]
        files.append(float_wav(1.0))
        tone = wav(1.0)
        files += [as_other(tmp_path, ending, tone) for ending in ("flac", "ogg", "mp3", "m4a")]
        names = ["../../../etc/Maria Smith.wav", "\u202e" + "x" * 300 + ".wav", "recording.bin", "-rf"]
        for content, name in itertools.zip_longest(files, names, fillvalue="a.wav"):
            assert isinstance(name, str)
            assert upload(staff, content, name).status_code == 303
            (folder,) = site.folder.story_folders()
            assert_plays(site, folder, 1.0)
            assert sorted(os.listdir(folder.path)) == ["audio.wav", "story.json"]
            assert "Smith" not in (folder.path / "story.json").read_text()
            site.archive.deleting.withdraw(folder.id, by="x")

    def test_numbers_count_on_whatever_becomes_of_the_stories(self, site: Site, staff: FlaskClient) -> None:
        upload(staff, wav(pitch_hz=300))
        site.archive.deleting.withdraw(the_story(site).id, by="x")
        upload(staff, b"nothing")
        upload(staff, wav(pitch_hz=400))
        story = the_story(site)
        assert (story.sequence, story.station) == (2, "station-upload")
        assert [entry.title for entry in site.archive.stories.of_number(2)] == ["Upload 2"]

    def test_its_words_come_in_though_the_site_put_it_into_the_archive_itself(
        self, site: Site, staff: FlaskClient
    ) -> None:
        upload(staff, wav())
        site.intake.look()
        (folder,) = site.folder.story_folders()
        write_words(folder, spread(["lunch", "was", "warm"]))
        site.intake.look()
        entry = site.archive.stories.get(folder.id)
        assert entry and entry.words == "ready" and entry.beginning == "lunch was warm"


def assert_plays(site: Site, folder: StoryFolder, seconds: float) -> None:
    """The story is as the kiosk would have kept it, and there is a tone in it."""
    arrival = read_arrival(site.folder, folder.id)
    assert abs(arrival.facts.seconds - seconds) <= 0.1
    content = folder.audio.read_bytes()
    frames = (len(content) - station_wav.HEADER_BYTES) // 2
    assert content[: station_wav.HEADER_BYTES] == station_wav.header(frames)
    assert max(struct.unpack(f"<{frames}h", content[station_wav.HEADER_BYTES :])) > 8000


WRONG = {
    "agreed": (None, "Only they can say yes"),
    "words": (None, "Choose one"),
    "voice": ("perhaps", "Choose one"),
    "how": ("by their carer", "Choose one"),
    "asked_by": ("  ", "Write who asked"),
    "asked_on": ("soon", "Choose a day"),
    "told_on": ((date.today() + timedelta(days=2)).isoformat(), "has not come yet"),
    "told_at": ("tea time", "14:30"),
    "place": ("x" * 81, "fewer words"),
    "question": ("x" * 301, "fewer words"),
    "language": ("xx", "Choose one"),
}


class TestRefused:
    def test_a_form_with_a_fault_says_which_and_keeps_what_was_filled_in(self, site: Site, staff: FlaskClient) -> None:
        for field, (value, told) in WRONG.items():
            answer = upload(staff, wav(0.1), **{field: value})
            assert answer.status_code == 422 and told in answer.text, field
            assert "Choose the file once more" in answer.text
            assert (field == "asked_by" or "A volunteer" in answer.text) and nothing_is_left(site.folder)
            errors = upload(staff, wav(0.1), script=True, **{field: value}).json
            assert errors and list(errors["errors"]) == [field]

    def test_what_would_be_deleted_as_soon_as_it_is_heard_is_not_taken(self, site: Site, staff: FlaskClient) -> None:
        answer = upload(staff, wav(), told_on="2001-05-01")
        assert answer.status_code == 422 and "kept for 24 months" in answer.text
        assert nothing_is_left(site.folder)

    def test_without_a_file_the_script_learns_whether_all_the_rest_is_right(self, staff: FlaskClient) -> None:
        assert upload(staff, None, script=True).json == {"errors": {"file": "Choose a file."}}

    def test_the_same_recording_twice_is_one_story(self, site: Site, staff: FlaskClient) -> None:
        assert upload(staff, wav()).status_code == 303
        answer = upload(staff, wav())
        assert answer.status_code == 409 and "here already: Upload 1" in answer.text
        assert len(site.folder.story_folders()) == 1


def zip_of_nothing_much() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("story.wav", bytes(20_000_000))
    return packed.getvalue()


def declared(size: int) -> bytes:
    content = bytearray(wav(1.0))
    content[40:44] = struct.pack("<I", size)
    return bytes(content)


BAD = {
    "nothing": (b"", "empty"),
    "text": (b"not a sound at all, but words", "not a sound file"),
    "no sound after the header": (wav(1.0)[:44], "no sound|cut off"),
    "cut off": (wav(2.0)[:40_000], "cut off"),
    "2 GB declared": (declared(2_000_000_000), "cut off"),
    "a zip bomb": (zip_of_nothing_much(), "not a sound file"),
    "silence": (wav(1.0)[:44] + bytes(32000), "no sound"),
    "a click": (wav(0.1), "no sound"),
    "an mp4 of nothing": (b"\0\0\0\x18ftypM4A " + bytes(500), "cannot be read"),
    "a playlist": (b"#EXTM3U\nfile:///etc/passwd\n", "not a sound file"),
}


class TestBadFiles:
    def test_it_is_said_what_is_wrong_and_nothing_is_changed(self, site: Site, staff: FlaskClient) -> None:
        for kind, (content, told) in BAD.items():
            answer = upload(staff, content)
            assert answer.status_code == 422, kind
            assert any(each in answer.text for each in told.split("|")), (kind, answer.text)
            assert "/proc" not in answer.text and "Traceback" not in answer.text
            assert nothing_is_left(site.folder), kind

    def test_other_kinds_that_are_cut_off_are_refused_and_those_that_unpack_to_hours_are_stopped(
        self, site: Site, staff: FlaskClient, tmp_path: Path
    ) -> None:
        for ending in ("flac", "m4a"):
            content = as_other(tmp_path, ending, wav(3.0))
            assert upload(staff, content[: len(content) // 2]).status_code == 422
        site.settings = site.settings.model_copy(update={"upload_longest_min": 0.05})
        for ending in ("ogg", "m4a"):
            answer = upload(staff, as_other(tmp_path, ending, wav(10.0, rate_hz=8000)))
            assert answer.status_code == 422 and "longer than 0.05 minutes" in answer.text
        assert nothing_is_left(site.folder)

    def test_an_m4a_where_ffmpeg_is_missing_says_so(
        self, site: Site, staff: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = as_other(tmp_path, "m4a", wav(1.0))
        monkeypatch.setenv("PATH", str(tmp_path))
        answer = upload(staff, content)
        assert answer.status_code == 422 and "install ffmpeg" in answer.text and nothing_is_left(site.folder)
        assert "or M4A" not in answer.text


class TestTheDisk:
    def test_without_room_nothing_is_begun_and_the_page_says_so_before(self, site: Site, staff: FlaskClient) -> None:
        disk = site.config.disk.model_copy(update={"reserve_mb": 1e9})
        site.config = site.config.model_copy(update={"disk": disk})
        assert "nearly full" in staff.get(PAGE).text
        answer = upload(staff, wav())
        assert answer.status_code == 503 and "nearly full" in answer.text and nothing_is_left(site.folder)

    def test_a_disk_that_fills_up_meanwhile_leaves_nothing(
        self, site: Site, staff: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small = site.folder.archive / "uploads"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True)
        if mounted.returncode:
            pytest.skip("a small disk cannot be mounted here")
        try:
            answer = upload(staff, wav(5.0))
            assert answer.status_code == 503 and "No space left" in answer.text
            assert os.listdir(small) == []
        finally:
            subprocess.run(["umount", small], check=True)
        assert nothing_is_left(site.folder)

    def test_an_archive_that_cannot_be_written_takes_the_folder_back(
        self, site: Site, staff: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = site.archive.transaction

        @contextlib.contextmanager
        def failing() -> Iterator[None]:
            with real():
                yield
                raise ArchiveNotWritten("The disk is full.")

        monkeypatch.setattr(site.archive, "transaction", failing)
        answer = upload(staff, wav())
        assert answer.status_code == 503 and "Nothing was changed" in " ".join(answer.text.split())
        assert nothing_is_left(site.folder)
        assert list(site.archive.documents_of("stories")) == []


class TestTooMuch:
    def test_a_file_above_the_limit_is_told_what_the_limit_is(self, app: Flask, site: Site, staff: FlaskClient) -> None:
        site.settings = site.settings.model_copy(update={"upload_largest_mb": 0})
        answer = upload(staff, bytes(100_000), script=True)
        assert answer.status_code == 413 and answer.json and "may have 0 MB" in answer.json["errors"]["file"]
        assert "may have 0 MB" in upload(staff, bytes(100_000)).text
        assert nothing_is_left(site.folder)

    def test_no_other_form_takes_more_for_it(self, staff: FlaskClient) -> None:
        fields = {"csrf_token": csrf_token(staff.get("/me").text), "file": (io.BytesIO(bytes(200_000)), "x")}
        assert staff.post("/me/name", data=fields, content_type="multipart/form-data").status_code == 413
