"""What is drawn of a recording: reckoned once, kept beside it, and gone with it."""

import os
import random
import re
import struct
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_web import peaks as module
from admin_web.archive import Archive, deleting
from admin_web.archive.backup.sources import Sources
from admin_web.archive.importing import import_stories
from admin_web.intake import Intake
from admin_web.peaks import MOST_PEAKS, peaks_of, reckon
from admin_web.site import Site
from kiosk.errors import ArchiveBusy, AudioError
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import SAMPLERATE_HZ, WavWriter, header
from tests.admin_web.archive.told import Killed
from tests.admin_web.making import make_story

SILENCE, QUIET, LOUD = 0, 800, 16000


def sound(*parts: tuple[int, float]) -> bytes:
    """Parts of one loudness each, so many seconds long."""
    return b"".join(struct.pack("<hh", level, -level) * int(seconds * SAMPLERATE_HZ / 2) for level, seconds in parts)


def write(path: Path, pcm: bytes) -> Path:
    writer = WavWriter(path)
    writer.append(pcm)
    writer.close()
    return path


@pytest.fixture
def kept(site: Site) -> StoryFolder:
    kept = make_story(site.folder, seconds=1)
    site.intake.look()
    return kept


class TestReckoning:
    def test_silence_quiet_and_loud_parts_are_told_apart(self, tmp_path: Path) -> None:
        found = reckon(write(tmp_path / "audio.wav", sound((SILENCE, 1), (LOUD, 2), (QUIET, 1))))
        assert (len(found.peaks), found.each_s) == (400, 0.01)
        assert (set(found.peaks[:100]), set(found.peaks[100:300]), set(found.peaks[300:])) == ({0}, {488}, {24})

    @pytest.mark.parametrize("seconds", [0.001, 0.5, 11.9, 12.01, 605.3])
    def test_there_are_never_too_many_and_they_are_as_long_as_the_recording(
        self, tmp_path: Path, seconds: float
    ) -> None:
        found = reckon(write(tmp_path / "audio.wav", sound((QUIET, seconds))))
        assert 1 <= len(found.peaks) <= MOST_PEAKS
        assert 0 <= len(found.peaks) * found.each_s - seconds <= found.each_s
        assert set(found.peaks) == {24}

    def test_the_loudest_sample_there_is_and_a_single_one(self, tmp_path: Path) -> None:
        assert reckon(write(tmp_path / "a.wav", struct.pack("<h", -32768))).peaks == (1000,)

    def test_a_long_recording_is_never_in_memory_as_a_whole(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = write(tmp_path / "audio.wav", sound((QUIET, 60)))
        asked: list[int] = []
        real = wave.Wave_read.readframes
        monkeypatch.setattr(wave.Wave_read, "readframes", lambda self, n: (asked.append(n), real(self, n))[1])
        reckon(path)
        assert max(asked) == 60 * SAMPLERATE_HZ / MOST_PEAKS

    def test_what_is_not_whole_or_not_ours_is_refused(self, tmp_path: Path) -> None:
        whole = write(tmp_path / "whole.wav", sound((LOUD, 1))).read_bytes()
        stereo = struct.pack("<HHIIHH", 1, 2, 16000, 64000, 4, 16)
        wrong = {
            "empty": b"",
            "half a header": whole[:20],
            "no sound": header(0),
            "cut short": whole[:-2],
            "cut within a sample": whole[:-1],
            "a length that nothing has": whole[:40] + b"\xff\xff\xff\xff" + whole[44:],
            "stereo": whole[:20] + stereo + whole[36:],
            "another kind of sound": whole[:20] + b"\x03\x00" + whole[22:],
            "no rate": whole[:24] + bytes(4) + whole[28:],
            "no WAV at all": b"<html>" * 100,
        }
        for name, content in wrong.items():
            path = tmp_path / "audio.wav"
            path.write_bytes(content)
            with pytest.raises(AudioError, match=r"cannot be drawn\.$"):
                pytest.fail(f"{name}: {reckon(path)}")
        for path in (tmp_path, tmp_path / "nowhere.wav"):
            with pytest.raises(AudioError):
                reckon(path)

    def test_a_header_with_any_bytes_changed_is_read_or_refused(self, tmp_path: Path) -> None:
        whole = write(tmp_path / "whole.wav", sound((LOUD, 0.1))).read_bytes()
        chance, path, read = random.Random(7), tmp_path / "audio.wav", 0
        for _ in range(250):
            content = bytearray(whole)
            for place in chance.choices(range(44), k=chance.choice([1, 1, 2, 4])):
                content[place] = chance.choice([0, 1, 2, 127, 128, 255, chance.randrange(256)])
            path.write_bytes(content)
            try:
                found = reckon(path)
            except AudioError:
                continue
            read += 1
            assert 1 <= len(found.peaks) <= MOST_PEAKS and found.each_s > 0
        assert 0 < read < 250


class TestOnThePage:
    def test_they_are_told_and_kept(
        self, client: FlaskClient, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = client.get(f"/stories/{kept.id}/peaks")
        assert first.status_code == 200 and first.json and len(first.json["peaks"]) == 100
        assert len(first.data) < 2000
        assert first.json["each_s"] == 0.01
        monkeypatch.setattr(module, "reckon", lambda path: pytest.fail("it was reckoned twice"))
        assert client.get(f"/stories/{kept.id}/peaks").json == first.json
        page = client.get(f"/stories/{kept.id}").text
        assert f'data-peaks="/stories/{kept.id}/peaks"' in page

    def test_a_recording_that_has_changed_is_looked_at_anew(self, client: FlaskClient, kept: StoryFolder) -> None:
        before = client.get(f"/stories/{kept.id}/peaks").json
        kept.audio.unlink()
        write(kept.audio, sound((LOUD, 0.5), (SILENCE, 0.5)))
        after = client.get(f"/stories/{kept.id}/peaks").json
        assert after != before and after and after["peaks"] == [488] * 50 + [0] * 50

    def test_what_was_kept_and_is_damaged_is_reckoned_again(self, client: FlaskClient, kept: StoryFolder) -> None:
        first = client.get(f"/stories/{kept.id}/peaks")
        good = kept.peaks.read_bytes()
        for content in (b"", b"{}", b"\xff", good.replace(b"0.01", b"0.00"), good[:-9]):
            kept.peaks.write_bytes(content)
            assert client.get(f"/stories/{kept.id}/peaks").json == first.json
            assert kept.peaks.read_bytes() == good

    def test_a_damaged_recording_is_refused_and_the_page_works_without(
        self, client: FlaskClient, kept: StoryFolder
    ) -> None:
        os.truncate(kept.audio, 10_000)
        answer = client.get(f"/stories/{kept.id}/peaks")
        assert answer.status_code == 422 and answer.json
        assert answer.json["error"] == "This recording is cut short, so it cannot be drawn."
        assert not kept.peaks.exists()
        assert "<audio" in client.get(f"/stories/{kept.id}").text

    def test_nothing_outside_the_data_folder_is_read_or_written(
        self, client: FlaskClient, kept: StoryFolder, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside"
        kept.path.rename(outside)
        kept.path.symlink_to(outside)
        assert client.get(f"/stories/{kept.id}/peaks").status_code == 404
        assert not (outside / "peaks.json").exists()

    def test_where_it_cannot_be_kept_it_is_told_all_the_same(
        self, client: FlaskClient, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        def busy(_: Archive) -> None:
            raise ArchiveBusy("Somebody else is writing.")

        for where, name, fault in ((module, "write_whole", full), (Archive, "transaction", busy)):
            with monkeypatch.context() as patch:
                patch.setattr(where, name, fault)
                assert client.get(f"/stories/{kept.id}/peaks").status_code == 200
            assert not kept.peaks.exists()


def numbers_of(kept: StoryFolder) -> bytes:
    """Some of what was reckoned, as it stands in the file."""
    found = re.search(rb"(\d+,\s+){20}", kept.peaks.read_bytes())
    assert found
    return found[0]


def holding(root: Path, content: bytes) -> list[str]:
    return [path.name for path in root.rglob("*") if path.is_file() and content in path.read_bytes()]


class TestGoing:
    @pytest.fixture
    def archive(self, folder: DataFolder) -> Iterator[Archive]:
        with Archive(folder) as archive:
            yield archive

    @pytest.fixture
    def kept(self, folder: DataFolder, archive: Archive) -> StoryFolder:
        kept = make_story(folder, seconds=1)
        Intake(folder, archive).look()
        return kept

    @pytest.fixture
    def numbers(self, folder: DataFolder, archive: Archive, kept: StoryFolder) -> bytes:
        """What must be nowhere when the recording of a story that was looked at has gone."""
        peaks_of(archive, kept)
        numbers = numbers_of(kept)
        assert holding(folder.root, numbers) == ["peaks.json"]
        return numbers

    def test_it_goes_with_the_story(
        self, folder: DataFolder, archive: Archive, kept: StoryFolder, numbers: bytes
    ) -> None:
        archive.deleting.withdraw(kept.id, by="ann")
        assert holding(folder.root, numbers) == []

    def test_it_goes_with_the_recording(
        self, folder: DataFolder, archive: Archive, kept: StoryFolder, numbers: bytes
    ) -> None:
        # As a kill leaves it that comes while it is written.
        kept.path.joinpath(".peaks.json.0123abcd.part").write_bytes(kept.peaks.read_bytes())
        archive.deleting.delete_audio(kept.id, by="ann")
        assert holding(folder.root, numbers) == []
        assert list(folder.root.rglob("*peaks*")) == []

    @pytest.mark.parametrize("kill", ["audio.wav", "peaks.json"])
    def test_interrupted_it_goes_on(
        self,
        folder: DataFolder,
        archive: Archive,
        kept: StoryFolder,
        numbers: bytes,
        monkeypatch: pytest.MonkeyPatch,
        kill: str,
    ) -> None:
        real = deleting.remove_file

        def killed(path: Path) -> None:
            if path.name == kill:
                raise Killed
            real(path)

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(deleting, "remove_file", killed)
            archive.deleting.delete_audio(kept.id, by="ann")
        assert holding(folder.root, numbers) == ["peaks.json"]
        with Archive(folder) as again:
            assert again.deleting.finish() == []
        assert holding(folder.root, numbers) == []

    @pytest.mark.parametrize("what", ["recording", "story"])
    def test_whoever_reckons_while_it_is_deleted_brings_nothing_back(
        self, folder: DataFolder, archive: Archive, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        real = module.reckon
        delete = archive.deleting.delete_audio if what == "recording" else archive.deleting.withdraw

        def meanwhile(path: Path) -> Any:
            found = real(path)
            delete(kept.id, by="ann")
            return found

        monkeypatch.setattr(module, "reckon", meanwhile)
        assert peaks_of(archive, kept).peaks
        assert list(folder.root.rglob("*peaks*")) == []

    def test_whoever_deletes_while_it_is_written_waits_and_finds_it(
        self, folder: DataFolder, archive: Archive, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real: Callable[..., None] = module.write_whole
        deleter = threading.Thread(target=archive.deleting.delete_audio, args=(kept.id,), kwargs={"by": "ann"})

        def slow(*arguments: Any, **named: Any) -> None:
            deleter.start()
            real(*arguments, **named)
            # It cannot have begun: this thread holds the archive.
            assert kept.audio.exists()

        monkeypatch.setattr(module, "write_whole", slow)
        peaks_of(archive, kept)
        deleter.join()
        assert not kept.audio.exists() and list(folder.root.rglob("*peaks*")) == []


def test_it_is_in_no_backup_and_comes_from_no_stick(folder: DataFolder, tmp_path: Path) -> None:
    kept = make_story(folder)
    with Archive(folder) as archive:
        Intake(folder, archive).look()
        peaks_of(archive, kept)
    assert kept.peaks.exists()
    assert {found.source.name for found in Sources(folder).parts(set())[kept.id]} == {
        "audio.wav",
        "story.json",
        "transcript.json",
    }
    elsewhere = DataFolder.open(tmp_path / "elsewhere")
    with Archive(elsewhere) as archive:
        assert import_stories(elsewhere, archive, [kept.path]).new == [kept.id]
    assert elsewhere.story(kept.id).audio.exists() and not elsewhere.story(kept.id).peaks.exists()
