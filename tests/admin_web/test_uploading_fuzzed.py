"""Uploads of anything at all: a story whose sound reads, or a plain refusal that leaves nothing behind."""

import os
import re
import resource
import struct
import wave
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from admin_web.archive import Role
from admin_web.archive.arriving import read_arrival
from admin_web.site import Site
from kiosk.stories.wav import SAMPLERATE_HZ
from tests.admin_web.making import csrf_token
from tests.admin_web.uploads import FIELDS, PAGE, as_other, upload, wav

#: For a long look: `make test-long`. Each sound is read by a process of its own, which takes half a second.
LONG = int(os.environ.get("SAYSO_TEST_UPLOADS", "0"))
ENDINGS = ("wav", "flac", "ogg", "m4a", "mp3")
HEAD_BYTES = 64
#: The site's own process holds a piece of a sound at a time. Nor may it grow by more while it refuses what claims 4 GB.
MOST_MORE_KB = 48 * 1024


def examples(few: int) -> settings:
    return settings(
        max_examples=LONG or few,
        derandomize=not LONG,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def staff(enter: Callable[[Role], FlaskClient]) -> FlaskClient:
    return enter("staff")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same tone in each kind of file."""
    folder, tone = tmp_path_factory.mktemp("sounds"), wav(0.8)
    return {"wav": tone} | {ending: as_other(folder, ending, tone) for ending in ENDINGS[1:]}


def everything(site: Site) -> tuple[list[str], int, int]:
    """Every file in the data folder, how many stories the archive has, and how many lines its log."""
    # The archive's own files may come and go: they hold what the other two say.
    files = (path for path in site.folder.root.rglob("*") if not path.name.startswith("archive.sqlite"))
    count, lines = (sum(1 for _ in site.archive.documents_of(table)) for table in ("stories", "log"))
    return sorted(str(path) for path in files), count, lines


def assert_taken_in_or_refused(site: Site, answer: TestResponse, before: tuple[list[str], int, int]) -> None:
    """What was taken in is removed again, so that each example finds the same."""
    if answer.status_code == 303:
        (folder,) = site.folder.story_folders()
        assert answer.location == f"/stories/{folder.id}"
        facts = read_arrival(site.folder, folder.id).facts
        assert facts.uploaded and facts.agreed
        with wave.open(str(folder.audio)) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (SAMPLERATE_HZ, 1, 2)
            frames = sound.readframes(sound.getnframes())
        assert len(frames) // 2 == facts.seconds * SAMPLERATE_HZ and any(frames)
        site.archive.deleting.withdraw(folder.id, by="x")
        assert site.folder.story_folders() == []
    else:
        assert answer.status_code in (400, 403, 409, 413, 422), answer.status_code
        said = re.findall(r'class="(?:error|notice warn|lead)[^>]*>(?:<svg.*?</svg>)?([^<]+)', answer.text)
        assert said or "Nothing was changed" in answer.text
        assert "Traceback" not in answer.text and "/proc" not in answer.text
        assert everything(site) == before


#: What happens to files: something is written over, left out, put in, said twice, or all after it is missing.
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["write", "leave out", "put in", "twice", "cut"]),
        # Mostly in the head, where all that is said of the rest stands.
        st.one_of(st.integers(0, HEAD_BYTES), st.integers(0, 20_000)),
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.sampled_from([b"\xff" * 4, b"\x00" * 4, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80"]),
        ),
    ),
    min_size=1,
    max_size=6,
)


def changed(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for what, place, some in changes:
        at = place % (len(content) + 1)
        before, after = content[:at], content[at:]
        content = {
            "write": before + some + after[len(some) :],
            "leave out": before + after[len(some) :],
            "put in": before + some + after,
            "twice": before + before[-4096:] + after,
            "cut": before,
        }[what]
    return content


@examples(7)
@given(ending=st.sampled_from(ENDINGS), changes=CHANGES)
def test_a_sound_file_that_was_damaged_anywhere(
    site: Site, staff: FlaskClient, sounds: dict[str, bytes], ending: str, changes: list[tuple[str, int, bytes]]
) -> None:
    before = everything(site)
    assert_taken_in_or_refused(site, upload(staff, changed(sounds[ending], changes)), before)


#: The first bytes of what is read, of what is not, and of what is dangerous elsewhere.
BEGINNINGS = (
    b"RIFF\xff\xff\xff\xffWAVE",
    b"RF64\xff\xff\xff\xffWAVEds64",
    b"fLaC\x00\x00\x00\x22",
    b"OggS\x00\x02",
    b"\x00\x00\x00\x18ftypM4A ",
    b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
    b"\xff\xfb\x90\x00",
    b"#EXTM3U\n",
    b"PK\x03\x04",
    b"",
)


@examples(3)
@given(beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=2000))
def test_bytes_that_only_begin_like_a_sound(site: Site, staff: FlaskClient, beginning: bytes, rest: bytes) -> None:
    before = everything(site)
    assert_taken_in_or_refused(site, upload(staff, beginning + rest), before)


def claiming(code: int, channels: int, rate_hz: int, bits: int, size: int, sound: bytes) -> bytes:
    """A WAV whose header claims these."""
    width = channels * bits // 8
    kind = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, code, channels, rate_hz, rate_hz * width & 0xFFFFFFFF, width & 0xFFFF, bits
    )
    return (
        b"RIFF"
        + struct.pack("<I", size + 36 & 0xFFFFFFFF)
        + b"WAVE"
        + kind
        + struct.pack("<4sI", b"data", size)
        + sound
    )


CLAIMS = st.builds(
    claiming,
    code=st.one_of(st.sampled_from([1, 3, 6, 7, 0x11, 0x55, 0xFFFE]), st.integers(0, 0xFFFF)),
    channels=st.one_of(st.sampled_from([0, 1, 2, 100, 1024, 0xFFFF]), st.integers(0, 0xFFFF)),
    rate_hz=st.one_of(st.sampled_from([0, 1, 3999, 4000, 10_000, 192_000, 0xFFFFFFFF]), st.integers(0, 0xFFFFFFFF)),
    bits=st.one_of(st.sampled_from([0, 4, 8, 16, 24, 32, 64, 0xFFFF]), st.integers(0, 0xFFFF)),
    size=st.one_of(st.sampled_from([0, 32_000, 2_000_000_000, 0x7FFFFFFF, 0xFFFFFFFF]), st.integers(0, 0xFFFFFFFF)),
    sound=st.sampled_from(
        [
            b"",
            b"\x00" * 32_000,
            b"\x10\x20" * 40_000,
            # Floats that are no number, and endless ones.
            struct.pack("<f", float("nan")) * 20_000,
            struct.pack("<ff", float("inf"), -1e38) * 20_000,
        ]
    ),
)


@examples(4)
@given(content=CLAIMS)
def test_a_header_that_claims_what_cannot_be(site: Site, staff: FlaskClient, content: bytes) -> None:
    before, most_kb = everything(site), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert_taken_in_or_refused(site, upload(staff, content), before)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most_kb < MOST_MORE_KB


#: Many channels are sound that can be read; the others are what somebody who wants to do harm would try first.
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (claiming(1, 80, 10_000, 8, 480_000, b"\xa0" * 480_000), ""),
        (claiming(1, 1, 0xFFFFFFFF, 16, 80_000, b"\x00\x20" * 40_000), "cannot be read"),
        (claiming(3, 1, 16_000, 32, 80_000, struct.pack("<f", float("nan")) * 20_000), "no sound"),
    ],
    ids=["eighty channels", "four billion samples a second", "no numbers"],
)
def test_the_worst_headers(site: Site, staff: FlaskClient, content: bytes, told: str) -> None:
    before = everything(site)
    answer = upload(staff, content)
    assert (answer.status_code, told in answer.text) == (422 if told else 303, True)
    assert_taken_in_or_refused(site, answer, before)


NAMES = st.one_of(
    st.text(max_size=400),
    st.sampled_from(
        [
            "../../archive.sqlite",
            "/etc/passwd",
            "..\\..\\x",
            "CON",
            "NUL.wav",
            "a\x00.wav",
            "\u202egnp.wav",
            "x" * 5000,
            ".",
        ]
    ),
)
#: What people, and programs, put into fields.
TYPED = st.text(max_size=500)


@examples(12)
@given(
    name=NAMES,
    fields=st.dictionaries(st.sampled_from(sorted({*FIELDS, "file", "csrf_token2", "told"})), TYPED, max_size=5),
)
def test_any_words_in_any_field_and_any_name_of_a_file(
    site: Site, staff: FlaskClient, name: str, fields: dict[str, str]
) -> None:
    before = everything(site)
    # Nothing to read where the form itself is to be tried.
    assert_taken_in_or_refused(site, upload(staff, b"", name, **fields), before)


@examples(2)
@given(name=NAMES)
def test_the_name_of_a_file_is_nowhere_in_its_story(
    site: Site, staff: FlaskClient, sounds: dict[str, bytes], name: str
) -> None:
    before = everything(site)
    answer = upload(staff, sounds["wav"], name)
    for folder in site.folder.story_folders():
        assert sorted(path.name for path in folder.path.iterdir()) == ["audio.wav", "story.json"]
        assert len(name) < 5 or name not in (folder.path / "story.json").read_text()
    assert_taken_in_or_refused(site, answer, before)


PART = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n%s\r\n'
WHOLE = (
    b"".join(PART % (name.encode(), value.encode()) for name, value in FIELDS.items())
    + FILE % b"nothing"
    + b"--x--\r\n"
)


@examples(25)
@example(changes=[("write", WHOLE.index(b" name="), b"_")], boundary="x").via("a field without a name")
@given(changes=CHANGES, boundary=st.sampled_from(["x", "y", "", '"', "x" * 300, "x; charset=utf-7"]))
def test_parts_that_are_broken_anywhere(
    site: Site, staff: FlaskClient, changes: list[tuple[str, int, bytes]], boundary: str
) -> None:
    before = everything(site)
    headers = {"X-CSRFToken": csrf_token(staff.get("/me").text)}
    kind = f"multipart/form-data; boundary={boundary}"
    answer = staff.post(PAGE, data=changed(WHOLE, changes), content_type=kind, headers=headers)
    assert_taken_in_or_refused(site, answer, before)
