"""Prompts in people's own voices, sent to the site: looked over, heard, used, taken away; and whatever else is sent."""

import io
import re
import subprocess
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from admin_web.archive import Role
from admin_web.server import LARGEST_BODY_BYTES
from admin_web.site import Site
from admin_web.voices import LARGEST_UPLOAD_BYTES
from kiosk.errors import RecordingUnfit
from kiosk.prompts import prompts_for
from kiosk.stories.editions import Edition, Editions
from kiosk.stories.own_voice import sound_file, sound_in, words_in
from kiosk.stories.programme import Programme, Question, Said
from tests.admin_web.making import csrf_token

Enter = Callable[[Role], FlaskClient]
WELCOME = "/station/voices/welcome"


@pytest.fixture(scope="session")
def spoken(short_wav: Path) -> bytes:
    """A sentence as a browser sends it."""
    return short_wav.read_bytes()


def send(client: FlaskClient, content: bytes, path: str = WELCOME) -> TestResponse:
    token = csrf_token(client.get(path).text).encode()
    part = b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = part % (b"csrf_token", b"", token) + part % (b"sound", b'; filename="some.wav"', content) + b"--x--\r\n"
    return client.post(f"{path}/try", data=body, content_type="multipart/form-data; boundary=x")


def press(client: FlaskClient, verb: str, path: str = WELCOME, seen: str = "") -> TestResponse:
    page = client.get(path).text
    found = re.search(r'name="seen" value="([^"]+)"', page)
    seen = seen or (found[1] if found else "none")
    return client.post(f"{path}/{verb}", data={"csrf_token": csrf_token(page), "seen": seen})


def said(site: Site) -> Edition:
    """What a kiosk would take up now."""
    return Editions(site.folder, prompts_for(site.config, site.folder).fixed).look() or Edition()


def wavs(site: Site) -> list[str]:
    return [path.name for path in site.folder.programme.glob("*.wav")]


@pytest.mark.parametrize("role", ["lead", "group"])
def test_a_recording_is_heard_first_then_used_then_taken_away(
    site: Site, enter: Enter, spoken: bytes, role: Role
) -> None:
    mine, staff = enter(role), enter("staff")
    assert send(mine, spoken).location == f"{WELCOME}#hear"
    assert wavs(site) == [] and "Use it" in mine.get(WELCOME).text
    with mine.get(f"{WELCOME}/tried") as heard:
        tried = heard.data
    # Ready: without the silence around it.
    assert tried.startswith(b"RIFF") and len(tried) < len(spoken)
    assert press(mine, "use").status_code == 303
    assert said(site).recordings["welcome"].words == site.voices.texts()["welcome"]
    assert sound_in((site.folder.programme / "welcome.wav").read_bytes()) == sound_in(tried)
    with staff.get(f"{WELCOME}/sound") as heard:
        assert sound_in(heard.data) == sound_in(tried)
    assert "voice own" in staff.get("/station/voices").text and "Use it" not in mine.get(WELCOME).text
    line = site.archive.log.last()
    assert line and (line.what, line.details["prompt"]) == ("voice used", "welcome")
    assert press(mine, "take-away").status_code == 303
    assert wavs(site) == [] and staff.get(f"{WELCOME}/sound").status_code == 404


def test_a_question_gets_a_voice_and_keeps_it_when_it_comes_back(site: Site, enter: Enter, spoken: bytes) -> None:
    group, bus = enter("group"), Programme(questions=(Question(text="How is the bus?"),))
    site.programmes.change(bus, seen="none", by="x")
    found = re.search(r"/station/voices/said-\w+", group.get("/station/voices").text)
    assert found
    send(group, spoken, found[0])
    press(group, "use", found[0])
    edition = said(site)
    voice = edition.recording_of(edition.programme.questions[0])
    assert voice and voice.words == "How is the bus?" and words_in(voice.source) == "How is the bus?"
    site.programmes.change(Programme(), seen=site.programmes.now().seen, by="x")
    assert "Not used now" in group.get("/station/voices").text
    assert said(site).recording_of(Said(text="How is the food?")) is None
    site.programmes.bring_back(2, seen=site.programmes.now().seen, by="x")
    assert said(site).recording_of(said(site).programme.questions[0])
    site.programmes.change(Programme(), seen=site.programmes.now().seen, by="x")
    assert press(group, "take-away", found[0]).status_code == 303 and wavs(site) == []


def test_one_who_tries_out_is_heard_by_nobody_else(enter: Enter, spoken: bytes) -> None:
    group, lead = enter("group"), enter("lead")
    send(group, spoken)
    assert lead.get(f"{WELCOME}/tried").status_code == 404 and "Use it" not in lead.get(WELCOME).text
    assert press(lead, "use").status_code == 409


def test_a_recording_of_words_that_changed_meanwhile_is_not_used(site: Site, enter: Enter, spoken: bytes) -> None:
    group = enter("group")
    send(group, spoken)
    site.programmes.change(Programme(prompts={"welcome": "Hello, you."}), seen="none", by="x")
    answer = press(group, "use")
    assert answer.status_code == 409 and "The words have changed" in answer.text and wavs(site) == []


def test_a_recording_of_old_words_is_shown_as_that(site: Site, enter: Enter, spoken: bytes) -> None:
    group = enter("group")
    send(group, spoken)
    press(group, "use")
    site.programmes.change(Programme(prompts={"welcome": "Hello, you."}), seen="none", by="x")
    assert "The words have changed: record it again" in group.get("/station/voices").text
    assert "welcome" not in said(site).recordings


@pytest.mark.parametrize("verb", ["use", "take-away"])
def test_nobody_overwrites_or_deletes_anybodys_voice_unseen(site: Site, enter: Enter, spoken: bytes, verb: str) -> None:
    group, lead = enter("group"), enter("lead")
    for each in (group, lead):
        send(each, spoken)
    press(lead, "use")
    theirs = (site.folder.programme / "welcome.wav").read_bytes()
    answer = press(group, verb, seen="none")
    assert answer.status_code == 409 and "Somebody else changed this recording" in answer.text
    assert (site.folder.programme / "welcome.wav").read_bytes() == theirs


def changed(content: bytes, *, rate_hz: int = 16_000, channels: int = 1, bits: int = 16, times: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((channels, bits // 8, rate_hz, 0, "NONE", ""))
        file.writeframes(sound_in(content) * times)
    return out.getvalue()


BAD: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda good: b"", "not a WAV file"),
    "a picture": (lambda good: b"\x89PNG\r\n" + bytes(500), "not a WAV file"),
    "a WAV that is none": (lambda good: b"RIFF\xff\xff\xff\xffWAVEfmt " + bytes(64), "not a WAV file"),
    "another rate": (lambda good: changed(good, rate_hz=44_100), "44100 Hz"),
    "stereo": (lambda good: changed(good, channels=2), "stereo"),
    "eight bits": (lambda good: changed(good, bits=8), "8 bits"),
    "too long": (lambda good: changed(good, times=30)[: LARGEST_UPLOAD_BYTES - 2000], "30 are the most"),
    "silence": (lambda good: sound_file(bytes(96_000)), "Nothing was heard"),
    "too quiet": (lambda good: sound_file(quiet(sound_in(good))), "very quiet"),
    "too loud": (lambda good: sound_file(b"\xff\x7f\x00\x80" * 16_000), "too loud"),
}


def quiet(pcm: bytes) -> bytes:
    """The same, 34 dB softer, with a room's noise."""
    samples = memoryview(pcm).cast("h")
    return b"".join(
        (sample // 50 + (n * 7919 % 23 - 11)).to_bytes(2, "little", signed=True) for n, sample in enumerate(samples)
    )


def test_what_is_no_recording_of_a_sentence_is_refused_plainly_and_changes_nothing(
    site: Site, enter: Enter, spoken: bytes
) -> None:
    group = enter("group")
    send(group, spoken)
    press(group, "use")
    before = (site.folder.programme / "welcome.wav").read_bytes()
    for kind, (make, told) in BAD.items():
        answer = send(group, make(spoken))
        assert answer.status_code == 422 and told in answer.text, kind
    assert wavs(site) == ["welcome.wav"] and (site.folder.programme / "welcome.wav").read_bytes() == before
    assert group.get(f"{WELCOME}/tried").status_code == 404


def test_what_is_far_too_large_is_not_even_read(site: Site, enter: Enter) -> None:
    assert LARGEST_UPLOAD_BYTES < LARGEST_BODY_BYTES, "the server cuts off what the site would explain"
    group = enter("group")
    answer = send(group, bytes(LARGEST_UPLOAD_BYTES))
    assert answer.status_code == 413 and "too large" in answer.text
    answer = group.post(
        f"{WELCOME}/try",
        data=b"--x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(2 * 1024**3)},
    )
    assert answer.status_code == 413
    # Other forms take as little as ever, and nobody without an account sends a recording at all.
    assert group.post("/me/name", data={"name": "x" * 100_000}).status_code == 413


def test_without_a_file_or_with_a_field_in_its_place_the_page_says_so(enter: Enter) -> None:
    group = enter("group")
    token = csrf_token(group.get(WELCOME).text)
    for fields in ({}, {"sound": "RIFF"}, {"sound": (io.BytesIO(b""), "")}):
        answer = group.post(f"{WELCOME}/try", data={"csrf_token": token, **fields})
        assert answer.status_code == 422 and "No recording was sent" in answer.text


def test_what_is_not_said_has_no_page(enter: Enter) -> None:
    group = enter("group")
    token = csrf_token(group.get("/me").text)
    for name in ("nothing", "sample_story", "news", "..%2Fprogramme", "said-000000000000", "welcome.wav"):
        assert group.get(f"/station/voices/{name}").status_code == 404
        for verb in ("try", "use", "take-away"):
            assert group.post(f"/station/voices/{name}/{verb}", data={"csrf_token": token}).status_code == 404


def test_a_disk_that_takes_nothing_is_said_and_the_voice_before_stays(site: Site, enter: Enter, spoken: bytes) -> None:
    group = enter("group")
    send(group, spoken)
    (site.folder.programme / "welcome.wav").mkdir()
    answer = press(group, "use")
    assert answer.status_code == 503 and "could not be kept" in answer.text
    assert press(group, "take-away").status_code == 503


def test_the_microphone_is_allowed_on_the_page_of_a_voice_alone_and_to_those_alone_who_may_use_it(enter: Enter) -> None:
    group, staff = enter("group"), enter("staff")
    assert "microphone=(self)" in group.get(WELCOME).headers["Permissions-Policy"]
    for browser, path in ((group, "/station/voices"), (group, "/station/programme"), (staff, WELCOME)):
        assert "microphone=()" in browser.get(path).headers["Permissions-Policy"]


@pytest.fixture(scope="module")
def a_wav(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    path = tmp_path_factory.mktemp("wav") / "tone.wav"
    subprocess.run(["sox", "-n", "-r", "16000", "-c", "1", "-b", "16", path, "synth", "0.5", "sine", "300"], check=True)
    return path.read_bytes()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_sent_as_a_recording_is_sound_or_refused_with_a_reason(a_wav: bytes, data: st.DataObject) -> None:
    content = bytearray(a_wav)
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, 63))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    either = data.draw(st.sampled_from([bytes(content), data.draw(st.binary(max_size=200))]))
    try:
        assert len(sound_in(either)) % 2 == 0
    except RecordingUnfit as error:
        assert str(error).endswith(".")
