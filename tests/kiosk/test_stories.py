import json
import os
import random
import subprocess
import sys
import time
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.errors import AlreadyRunning, DataFolderError, DiskFull, StoryDamaged
from kiosk.stories import takes, wav
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Given, Permissions, Proof, Story
from kiosk.stories.recovery import recover
from kiosk.stories.room import require_room
from kiosk.stories.status import StatusFile, read_status
from kiosk.stories.takes import Recording, TakeFolder

SECOND = bytes(range(256)) * 125


def begin(data: DataFolder) -> TakeFolder:
    return takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test")


def record(take: TakeFolder, seconds: int = 2) -> Recording:
    writer = wav.WavWriter(take.audio)
    for _ in range(seconds):
        writer.append(SECOND)
    writer.close()
    return Recording(writer.frames, overflows=0, lost_frames=0, ending="press", ended_at=datetime.now(UTC))


def test_a_growing_wav_is_valid_at_every_moment_up_to_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "audio.wav"
    writer = wav.WavWriter(path)
    for blocks in range(1, 60):
        writer.append(SECOND[:1600])
        with wave.open(str(path)) as file:
            assert file.getparams()[:3] == (1, 2, 16_000)
            assert blocks * 800 - 16_000 < file.getnframes() <= blocks * 800
            assert file.readframes(file.getnframes()) == (SECOND[:1600] * blocks)[: file.getnframes() * 2]
        assert wav.frames_in(path) == blocks * 800
    writer.close()
    with wave.open(str(path)) as file:
        assert file.getnframes() == 59 * 800


def test_a_wav_is_brought_to_the_disk_every_second(tmp_path: Path) -> None:
    # Counted by the kernel's own record of the system calls, not by a fake.
    script = (
        "import sys; from pathlib import Path; from kiosk.stories.wav import WavWriter\n"
        "w = WavWriter(Path(sys.argv[1]))\nfor _ in range(100): w.append(bytes(3200))\nraise SystemExit"
    )
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-e", "trace=fdatasync", "-o", trace, sys.executable, "-c", script, tmp_path / "a.wav"]
    subprocess.run(command, check=True)
    assert trace.read_text().count("fdatasync(") == 10


@given(cut=st.integers(min_value=0, max_value=44 + 32_000))
@settings(deadline=None, max_examples=60)
def test_a_wav_cut_anywhere_is_repaired_to_whole_frames(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "audio.wav"
    path.write_bytes((wav.header(0) + SECOND)[:cut])
    frames = wav.repair(path)
    assert frames == max(0, cut - 44) // 2
    with wave.open(str(path)) as file:
        assert file.readframes(file.getnframes()) == SECOND[: frames * 2]


def test_a_kept_take_is_a_whole_story(data: DataFolder) -> None:
    take = begin(data)
    kept = takes.keep(take, record(take), agreed=True)
    story = kept.story()
    assert story.agreed and story.seconds == 2 and story.station == "hall" and story.permissions.words is None
    assert [folder.id for folder in data.story_folders()] == [take.take.id]
    assert sorted(os.listdir(kept.path)) == ["audio.wav", "story.json"]
    assert not take.path.exists()


def test_a_take_thrown_away_leaves_no_byte_even_for_who_holds_it_open(data: DataFolder) -> None:
    take = begin(data)
    record(take)
    with take.audio.open("rb") as held:
        takes.throw_away(take)
        assert held.read() == b""
    assert os.listdir(data.takes) == ["sequence"]
    assert os.listdir(data.stories) == []


def test_numbers_go_on_and_are_never_given_twice(data: DataFolder) -> None:
    first, second = begin(data), begin(data)
    takes.throw_away(second)
    assert [first.take.sequence, second.take.sequence, begin(data).take.sequence] == [1, 2, 3]


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"\0\0garbled")])
def test_a_lost_counter_is_made_anew_from_the_folders(data: DataFolder, damage: "object") -> None:
    take = begin(data)
    takes.keep(take, record(take), agreed=True)
    begin(data)
    damage(data.takes / "sequence")  # type: ignore[operator]
    assert begin(data).take.sequence == 3


def test_a_take_left_by_a_crash_is_repaired_and_kept_as_not_agreed(data: DataFolder) -> None:
    take = begin(data)
    record(take)
    with take.audio.open("ab") as file:
        file.write(b"\x01")  # half a frame, and a header that does not know of it
    recovered, unreadable = recover(data)
    assert unreadable == []
    story = recovered[0].story()
    assert (story.id, story.agreed, story.ending, story.frames) == (take.take.id, False, "station", 32_000)
    assert os.listdir(data.takes) == ["sequence"]


def test_a_take_that_a_press_had_kept_stays_kept_through_a_power_cut_with_its_answers(data: DataFolder) -> None:
    take = begin(data)
    record(take)
    given = Given(yes=True, how="press", at=datetime.now(UTC))
    proof = Proof(prompts_sha256="0" * 64, heard=("welcome",), clock_quality="unknown", keep=given, words=given)
    takes.agree(take, Permissions(words=True), proof)
    (kept,), unreadable = recover(data)
    story = kept.story()
    assert (unreadable, story.agreed, story.permissions.words, story.permissions.voice) == ([], True, True, None)
    assert story.proof == proof and story.card == ""
    assert sorted(os.listdir(kept.path)) == ["audio.wav", "story.json"]


def test_a_choice_that_a_press_had_kept_stays_kept_though_not_a_sound_was_recorded(data: DataFolder) -> None:
    take = takes.begin(
        data, station="porch", language="en-GB", clock_quality="ntp", microphone="", question="How?", choice="Good"
    )
    wav.WavWriter(take.audio).close()
    given = Given(yes=True, how="press", at=datetime.now(UTC))
    takes.agree(take, Permissions(), Proof(prompts_sha256="0" * 64, heard=(), clock_quality="unknown", keep=given))
    (kept,), unreadable = recover(data)
    story = kept.story()
    assert (unreadable, story.agreed, story.choice, story.frames) == ([], True, "Good", 0)


def test_a_note_that_cannot_be_read_keeps_the_take_as_not_agreed(data: DataFolder) -> None:
    take = begin(data)
    record(take)
    (take.path / "agreed.json").write_text("{")
    (kept,), _ = recover(data)
    assert kept.story().agreed is False


def test_a_take_in_which_nothing_was_said_yet_is_removed(data: DataFolder) -> None:
    silent, empty = begin(data), begin(data)
    wav.WavWriter(empty.audio).close()
    assert recover(data) == ([], [])
    assert not silent.path.exists() and not empty.path.exists()


def test_a_take_whose_record_is_garbled_stays_where_it_is_and_is_named(data: DataFolder) -> None:
    take = begin(data)
    record(take)
    (take.path / "take.json").write_text("{")
    recovered, unreadable = recover(data)
    assert recovered == []
    assert take.take.id in unreadable[0]
    assert wav.frames_in(take.audio) == 32_000


def test_throwing_away_that_was_interrupted_is_finished_at_the_next_start(data: DataFolder) -> None:
    take = begin(data)
    record(take)
    take.path.rename(data.takes / f"{takes.THROWN}{take.take.id}")
    assert recover(data) == ([], [])
    assert os.listdir(data.takes) == ["sequence"]


KEEPER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from kiosk.stories import takes, wav
from kiosk.stories.folder import DataFolder
from kiosk.stories.recovery import recover
from kiosk.stories.takes import Recording
data = DataFolder.open(Path(sys.argv[1]))
recover(data)
while True:
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test")
    writer = wav.WavWriter(take.audio)
    for _ in range(3):
        writer.append(bytes(32000))
    writer.close()
    kept = Recording(writer.frames, overflows=0, lost_frames=0, ending="press", ended_at=datetime.now(UTC))
    takes.keep(take, kept, agreed=True)
    print(take.take.id, flush=True)
"""


def test_a_keeper_killed_at_any_moment_never_loses_a_story_it_reported(data: DataFolder) -> None:
    reported: list[str] = []
    rng = random.Random(7)
    for _ in range(15):
        with subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(data.root)], stdout=subprocess.PIPE, text=True
        ) as keeper:
            assert keeper.stdout
            reported.append(keeper.stdout.readline().strip())
            time.sleep(rng.random() * 0.05)  # a random moment of its work
            keeper.kill()
            reported += keeper.stdout.read().split()
    recovered, unreadable = recover(data)
    assert unreadable == []
    stories = {folder.id: folder.story() for folder in data.story_folders()}
    assert set(reported) <= {story_id for story_id, story in stories.items() if story.agreed}
    numbers = [story.sequence for story in stories.values()]
    assert len(numbers) == len(set(numbers))
    assert {folder.id for folder in recovered} <= {key for key, story in stories.items() if not story.agreed}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: (path / "story.json").unlink(), "missing"),
        (lambda path: (path / "story.json").write_text("[]"), "damaged"),
        (lambda path: (path / "story.json").write_bytes(b"\xff\xfe\0"), "damaged"),
        (lambda path: (path / "audio.wav").unlink(), "missing"),
        (lambda path: os.truncate(path / "audio.wav", 100), "cut off"),
        (lambda path: _replace(path / "story.json", "frames", -1), "frames"),
        (lambda path: _replace(path / "story.json", "version", 9), "version"),
        (lambda path: _replace(path / "story.json", "id", "hall-000009-abcdef"), "same name"),
    ],
)
def test_a_damaged_story_says_what_is_wrong(data: DataFolder, damage: "object", reason: str) -> None:
    take = begin(data)
    kept = takes.keep(take, record(take), agreed=True)
    damage(kept.path)  # type: ignore[operator]
    with pytest.raises(StoryDamaged, match=reason):
        kept.story()


def _replace(path: Path, key: str, value: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def test_a_story_of_a_newer_sayso_is_read_where_its_version_is_the_same(data: DataFolder) -> None:
    take = begin(data)
    kept = takes.keep(take, record(take), agreed=True)
    _replace(kept.path / "story.json", "mood_of_the_weather", "fine")
    assert isinstance(kept.story(), Story)


@pytest.mark.parametrize("smuggled", ["../../etc", "hall-000001-abcdef/..", "", "hall-1-x", "HALL-000001-abcdef\n"])
def test_no_path_is_smuggled_in_as_a_storys_id(data: DataFolder, smuggled: str) -> None:
    with pytest.raises(StoryDamaged):
        data.story(smuggled)


def test_a_story_is_not_begun_without_room_for_the_longest(data: DataFolder) -> None:
    require_room(data, longest_story_s=900, reserve_bytes=1)
    with pytest.raises(DiskFull, match="MB left"):
        require_room(data, longest_story_s=900, reserve_bytes=1e18)


def test_a_data_folder_that_cannot_be_made_is_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataFolderError, match="--data"):
        DataFolder.open(tmp_path / "file")


def test_two_processes_of_a_kind_never_share_a_folder(data: DataFolder) -> None:
    with data.lock("kiosk"):
        with pytest.raises(AlreadyRunning, match=str(os.getpid())), data.lock("kiosk"):
            pass
        with data.lock("admin"):
            pass
    with data.lock("kiosk"):
        pass


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "a.json", b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "a.json", b"new")
    assert (tmp_path / "a.json").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_on_a_full_disk_a_status_is_written_over_the_old_one_at_one_stroke(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    status = StatusFile(data, "kiosk")
    status.show(state="telling", more="x" * 100)
    before = (data.status / "kiosk.json").stat().st_size
    monkeypatch.setattr("kiosk.stories.status.write_whole", full)
    status.show(state="idle")
    shown = read_status(data, "kiosk")
    assert shown and shown["state"] == "idle" and "more" not in shown
    # Nothing need be cut off after it: whoever reads meanwhile finds no end of the old one.
    assert (data.status / "kiosk.json").stat().st_size == before


def test_a_stale_or_garbled_status_is_nobodys(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    status = StatusFile(data, "kiosk")
    status.show(state="idle")
    shown = read_status(data, "kiosk")
    assert shown and shown["state"] == "idle" and shown["pid"] == os.getpid()
    later = time.monotonic() + 60
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: later)
        assert read_status(data, "kiosk") is None
    (data.status / "kiosk.json").write_bytes(b"{")
    assert read_status(data, "kiosk") is None
    assert read_status(data, "transcriber") is None
