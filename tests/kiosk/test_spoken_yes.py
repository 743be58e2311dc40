"""The clip in which a teller says yes aloud, on the disk."""

import hashlib
import os
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.stories import takes, wav
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Given, Permissions, Proof
from kiosk.stories.recovery import recover
from kiosk.stories.takes import Recording, TakeFolder

SECOND = bytes(range(256)) * 125


@pytest.fixture
def take(data: DataFolder) -> TakeFolder:
    """A take with a second of a story and a second of a spoken yes."""
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test")
    for path in (take.audio, take.clip.audio):
        writer = wav.WavWriter(path)
        writer.append(SECOND)
        writer.close()
    return take


RECORDING = Recording(16_000, overflows=0, lost_frames=0, ending="press", ended_at=datetime.now(UTC))
YES = Permissions(words=True)


def agree(take: TakeFolder) -> None:
    given = Given(yes=True, how="press", at=datetime.now(UTC))
    proof = Proof(prompts_sha256="0" * 64, heard=(), clock_quality="unknown", keep=given, words=given)
    takes.agree(take, YES, proof)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_is_kept_with_the_story_and_its_hash(take: TakeFolder) -> None:
    kept = takes.keep(take, RECORDING, agreed=True, permissions=YES, spoken=True)
    assert kept.story().consent_sha256 == sha256(kept.path / takes.CLIP)


def test_one_in_which_nothing_was_said_is_not_kept(take: TakeFolder) -> None:
    kept = takes.keep(take, RECORDING, agreed=True, permissions=YES)
    assert kept.story().consent_sha256 is None
    assert sorted(os.listdir(kept.path)) == ["audio.wav", "story.json"]


def test_it_goes_with_a_take_that_is_thrown_away(data: DataFolder, take: TakeFolder) -> None:
    takes.throw_away(take)
    assert os.listdir(data.takes) == ["sequence"]


def test_one_that_a_power_cut_left_is_mended_and_kept(data: DataFolder, take: TakeFolder) -> None:
    agree(take)
    # The header was written last a while ago.
    with take.clip.audio.open("r+b") as file:
        file.write(wav.header(0))
    (kept,), unreadable = recover(data)
    assert unreadable == []
    assert kept.story().consent_sha256 == sha256(kept.path / takes.CLIP)
    with wave.open(str(kept.path / takes.CLIP)) as file:
        assert file.readframes(file.getnframes()) == SECOND


@pytest.mark.parametrize("content", [b"", wav.header(0), b"RIFF"])
def test_an_empty_one_that_a_power_cut_left_is_not_kept(data: DataFolder, take: TakeFolder, content: bytes) -> None:
    agree(take)
    take.clip.audio.write_bytes(content)
    (kept,), unreadable = recover(data)
    assert (unreadable, kept.story().agreed, kept.story().consent_sha256) == ([], True, None)
    assert not (kept.path / takes.CLIP).exists()


def test_without_a_press_that_kept_the_take_no_clip_stays(data: DataFolder, take: TakeFolder) -> None:
    (kept,), _ = recover(data)
    assert (kept.story().agreed, kept.story().consent_sha256) == (False, None)
    assert not (kept.path / takes.CLIP).exists()
