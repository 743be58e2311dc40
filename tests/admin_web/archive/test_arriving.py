"""Whatever lies in a story's folder: it is read and can be kept, or it is refused with a reason."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival, shown
from kiosk.errors import StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.archive.opening import folder_in_memory
from tests.admin_web.making import change_story, make_story

FIXED = settings(
    derandomize=True, database=None, deadline=None, max_examples=80, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def story() -> Iterator[tuple[StoryFolder, Archive]]:
    """A story's folder that each example changes, and an archive to keep it in."""
    with folder_in_memory() as root:
        folder = DataFolder.open(root)
        kept = make_story(folder, seconds=0.1)
        with Archive(folder) as archive:
            yield kept, archive


def take_in(kept: StoryFolder, archive: Archive) -> None:
    with pytest.raises(ZeroDivisionError), archive.transaction():
        archive.stories.take_in([read_arrival(DataFolder(kept.path.parents[1]), kept.id)])
        assert archive.stories.known(kept.id)
        assert [each.id for each in archive.stories.page(1, 9)] == [kept.id]
        raise ZeroDivisionError


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["", "\0", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", 10**400, -(10**30), 1e308]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=6,
)
STORY_FIELDS = [
    "version", "id", "sequence", "station", "language", "started_at", "clock_quality", "microphone", "question",
    "sample", "ended_at", "ending", "frames", "samplerate_hz", "overflows", "lost_frames", "sha256", "agreed",
    "permissions",
]  # fmt: skip


@FIXED
@given(st.dictionaries(st.sampled_from(STORY_FIELDS), JSON, max_size=3), st.booleans())
@example({"question": "a\0b", "station": "\0", "language": "\0"}, False)
@example({"sequence": 10**30}, False)
@example({"frames": 10**400}, True)
@example({"frames": 10**308, "samplerate_hz": 1}, True)
@example({"started_at": "0001-01-01T00:00:00+14:00"}, False)
@example({"started_at": "9000-12-31T23:59:59-14:00"}, False)
@example({"started_at": "1969-01-01T00:00:00+14:00"}, False)
@example({"permissions": {"words": "\0"}}, False)
def test_any_story_json(story: tuple[StoryFolder, Archive], changed: dict[str, Any], without_audio: bool) -> None:
    kept, archive = story
    path, audio = kept.path / "story.json", kept.audio
    before = path.read_bytes()
    path.write_text(json.dumps(json.loads(before) | changed))
    if without_audio:
        audio.rename(audio.with_name("aside"))
        kept.audio_deleted.write_bytes(b"{}")
    try:
        take_in(kept, archive)
    except StoryDamaged as error:
        assert "\n" not in str(error)
    finally:
        path.write_bytes(before)
        if without_audio:
            audio.with_name("aside").rename(audio)
            kept.audio_deleted.unlink()


TRANSCRIPT_FIELDS = ["version", "model", "text", "words", "seconds", "failed"]
WORD = st.fixed_dictionaries({"word": JSON, "start": JSON, "end": JSON, "conf": JSON})


@FIXED
@given(st.dictionaries(st.sampled_from(TRANSCRIPT_FIELDS), JSON | st.lists(WORD, max_size=2), max_size=3))
@example({"text": "a\0b"})
@example({"failed": "a\0b"})
def test_any_transcript_leaves_the_story_a_story(story: tuple[StoryFolder, Archive], changed: dict[str, Any]) -> None:
    kept, archive = story
    before = kept.transcript_path.read_bytes()
    kept.transcript_path.write_text(json.dumps(json.loads(before) | changed))
    take_in(kept, archive)
    kept.transcript_path.write_bytes(before)


@FIXED
@given(st.sampled_from(["story.json", "transcript.json", "audio.wav", "audio-deleted.json"]), st.binary(max_size=99))
@example("story.json", b'"\xed\xa0\x80"')
def test_any_bytes(story: tuple[StoryFolder, Archive], name: str, content: bytes) -> None:
    kept, archive = story
    path = kept.path / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(content)
    try:
        take_in(kept, archive)
    except StoryDamaged:
        assert name in ("story.json", "audio.wav")
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


@pytest.mark.parametrize("name", ["story.json", "transcript.json", "audio.wav", "audio-deleted.json"])
def test_a_folder_where_a_file_should_be(folder: DataFolder, archive: Archive, name: str) -> None:
    kept = make_story(folder, seconds=0.1)
    (kept.path / name).unlink(missing_ok=True)
    (kept.path / name).mkdir()
    if name in ("transcript.json", "audio-deleted.json"):
        take_in(kept, archive)
        return
    with pytest.raises(StoryDamaged, match=name):
        take_in(kept, archive)


def test_what_the_disk_does_not_give_is_a_reason(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = make_story(folder, seconds=0.1)

    def broken(self: Path, **_: object) -> object:
        raise OSError(5, "Input/output error", str(self))

    monkeypatch.setattr(Path, "is_file", broken)
    with pytest.raises(StoryDamaged, match=r"audio\.wav cannot be read: Input/output error\."):
        read_arrival(folder, kept.id)


def test_a_year_that_cannot_be_is_a_reason(folder: DataFolder) -> None:
    kept = make_story(folder, seconds=0.1)
    change_story(kept, started_at=kept.story().started_at.replace(year=9500))
    with pytest.raises(StoryDamaged, match="in the year 9500"):
        read_arrival(folder, kept.id)


def test_names_that_are_no_text_can_be_shown() -> None:
    assert shown("Łódź 2026") == "Łódź 2026"
    assert shown("\udcff.wav") == "\ufffd.wav"
    shown("\udcff").encode()
