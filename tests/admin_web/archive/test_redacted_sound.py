"""A tone in the place of words: where it begins and ends, and that nothing outside of it changes by one sample."""

import io
import itertools
import struct
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from admin_web.archive.redacted_sound import cover, covered_ranges, is_covered, tone
from admin_web.archive.sharing import clip
from kiosk.errors import NotAllowed, StoryDamaged
from kiosk.stories.wav import FRAME_BYTES, HEADER_BYTES, SAMPLERATE_HZ, header
from tests.admin_web import making

MARK = 12_345


def wav(frames: int) -> bytes:
    """A recording of which every sample is the same, and no tone's."""
    return header(frames) + struct.pack("<h", MARK) * frames


def samples(content: bytes) -> list[int]:
    pcm = content[HEADER_BYTES:]
    return [sample for (sample,) in struct.iter_unpack("<h", pcm)]


seconds = st.floats(min_value=-0.01, max_value=0.03, allow_nan=False)


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(st.lists(st.tuples(seconds, seconds).map(sorted).map(tuple), max_size=5), st.integers(0, 400))
@example([(0.0, 0.005), (0.005, 0.01)], 400)
@example([(-0.01, 0.0)], 400)
@example([(0.01, 0.01)], 400)
@example([(0.02, 0.03)], 400)
@example([(0.0, 0.012), (0.005, 0.01)], 400)
def test_what_is_covered_is_all_of_it_and_nothing_else(spans: list[tuple[float, float]], frames: int) -> None:
    ranges = covered_ranges(spans, frames)
    for one, other in itertools.pairwise(ranges):
        assert one.stop < other.start
    covered = {frame for each in ranges for frame in each}
    assert all(each.start < each.stop for each in ranges)
    for frame in range(frames):
        # A sample stands for the time until the next.
        begins, ends = frame / SAMPLERATE_HZ, (frame + 1) / SAMPLERATE_HZ
        inside = any(start < ends and begins < end for start, end in spans if start < end)
        near = any(abs(at - edge) < 1e-9 for at in (begins, ends) for span in spans for edge in span)
        assert near or (frame in covered) == inside, frame


@settings(derandomize=True, database=None, deadline=None, max_examples=40)
@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_a_piece_of_a_tone_is_that_piece_of_the_whole(frames: int, begin: int, end: int) -> None:
    whole = tone(0, frames, frames)
    assert len(whole) == frames * FRAME_BYTES
    begin, end = sorted((min(begin, frames), min(end, frames)))
    assert tone(begin, end, frames) == whole[begin * FRAME_BYTES : end * FRAME_BYTES]


def test_the_tone_is_soft_and_comes_and_goes() -> None:
    pcm = [sample for (sample,) in struct.iter_unpack("<h", tone(0, SAMPLERATE_HZ, SAMPLERATE_HZ))]
    assert pcm[0] == pcm[-1] == 0
    # 26 dB below full scale.
    assert max(pcm) == -min(pcm) == round(32767 * 10 ** (-26 / 20)) == 1642
    assert max(abs(sample) for sample in pcm[:8]) < 0.1 * 1642
    rises = sum(one < 0 <= other for one, other in itertools.pairwise(pcm[1:]))
    assert rises in (439, 440)


@pytest.mark.parametrize(
    "ranges",
    [[range(0, 700)], [range(99_000, 100_000)], [range(0, 100_000)], [range(5, 6)], [range(100, 300), range(301, 480)]],
)
def test_outside_nothing_changes_and_inside_nothing_stays(tmp_path: Path, ranges: list[range]) -> None:
    original, made = tmp_path / "audio.wav", tmp_path / "redacted.wav"
    original.write_bytes(wav(100_000))
    with made.open("wb") as file:
        cover(original, file, ranges)
    covered = {frame for each in ranges for frame in each}
    assert made.read_bytes()[:HEADER_BYTES] == header(100_000)
    for frame, sample in enumerate(samples(made.read_bytes())):
        assert (sample == MARK) == (frame not in covered), frame
    assert is_covered(made, ranges, 100_000)
    assert not is_covered(made, [range(30, 90_000)], 100_000) or ranges == [range(0, 100_000)]
    assert not is_covered(original, ranges, 100_000)
    assert not is_covered(made, ranges, 99_999)
    assert not is_covered(tmp_path / "nothing.wav", ranges, 100_000)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 4000, header(100).replace(b"fmt ", b"LIST") + bytes(200)])
def test_what_is_no_recording_is_left_alone(tmp_path: Path, content: bytes) -> None:
    damaged = tmp_path / "audio.wav"
    damaged.write_bytes(content)
    with pytest.raises(StoryDamaged, match=r"audio\.wav is damaged"):
        cover(damaged, io.BytesIO(), [range(0, 10)])
    with pytest.raises(StoryDamaged):
        clip(damaged, 0, 1)


class TestClips:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        path = tmp_path / "redacted.wav"
        path.write_bytes(header(16_000) + making.tone(1.0))
        return path

    def test_a_clip_is_exact_but_for_its_edges(self, source: Path) -> None:
        cut, whole = samples(clip(source, 0.25, 0.5)), samples(source.read_bytes())
        assert len(cut) == 4000
        assert cut[80:-80] == whole[4080:7920]
        assert cut[0] == cut[-1] == 0
        assert abs(cut[40]) <= abs(whole[4040]) and abs(cut[-40]) <= abs(whole[7960])

    def test_it_ends_with_the_recording(self, source: Path) -> None:
        assert len(samples(clip(source, -3, 0.1))) == 1600
        assert len(samples(clip(source, 0.9, 7))) == 1600
        assert len(samples(clip(source, 0.5, 0.50004))) == 1

    @pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (1.5, 2), (0, float("inf")), (float("nan"), 1)])
    def test_there_must_be_something_to_cut(self, source: Path, start: float, end: float) -> None:
        with pytest.raises(NotAllowed, match="no sound to cut out"):
            clip(source, start, end)
