"""The tone in the place of words that were taken out: where it is, what others get, and where the folder goes."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from admin_web.archive.check import check_archive, check_folders
from admin_web.archive.rebuilding import rebuild
from admin_web.archive.sharing import clip, shared_sound, shared_words
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.files import unfinished, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ
from tests.admin_web.archive.redacting import confirm, make_kept, redact, text_of
from tests.admin_web.archive.told import Killed, take_in
from tests.admin_web.making import change_story


@pytest.fixture
def kept(folder: DataFolder, archive: Archive) -> StoryFolder:
    return make_kept(folder, archive)


def samples_of(path: Path) -> list[int]:
    return [sample for (sample,) in struct.iter_unpack("<h", path.read_bytes()[HEADER_BYTES:])]


class TestMovingTheTone:
    def test_it_moves_by_steps_as_far_as_the_middle_of_the_next_word(self, archive: Archive, kept: StoryFolder) -> None:
        made = redact(archive, kept.id)
        for _ in range(20):
            try:
                made = archive.redactions.nudge(kept.id, made.number, "end", 0.02, by="ann", revision=made.revision)
            except NotAllowed as error:
                assert "next word" in str(error)
                break
        # "that" is said from 1.6 to 1.92 s.
        assert 1.74 < made.end <= 1.76
        before = made.start
        made = archive.redactions.nudge(kept.id, made.number, "start", -0.02, by="ann", revision=made.revision)
        assert made.start == pytest.approx(before - 0.02)
        assert archive.redactions.of(kept.id) == [made]

    def test_it_never_lets_go_of_the_word(self, archive: Archive, kept: StoryFolder) -> None:
        made = redact(archive, kept.id, 2, 2)
        with pytest.raises(NotAllowed, match="cannot be moved any further"):
            archive.redactions.nudge(kept.id, made.number, "start", 0.5, by="ann", revision=1)

    def test_of_two_who_move_it_at_once_one_is_told(self, archive: Archive, kept: StoryFolder) -> None:
        made = redact(archive, kept.id)
        archive.redactions.nudge(kept.id, made.number, "end", 0.02, by="ann", revision=1)
        with pytest.raises(ChangedMeanwhile):
            archive.redactions.nudge(kept.id, made.number, "end", 0.02, by="bob", revision=1)


class TestTheSound:
    def test_others_hear_a_tone_there_and_the_rest_as_it_was(self, archive: Archive, kept: StoryFolder) -> None:
        assert archive.redacted_files.sound(kept.id) == kept.audio
        made = redact(archive, kept.id)
        heard, original = samples_of(archive.redacted_files.sound(kept.id)), samples_of(kept.audio)
        begin, end = round(made.start * SAMPLERATE_HZ), round(made.end * SAMPLERATE_HZ)
        assert heard[:begin] == original[:begin] and heard[end:] == original[end:]
        assert max(heard[begin:end]) == 1642
        assert not any(original[at : at + 16] == heard[at : at + 16] for at in range(begin, end - 16))
        assert kept.redacted.stat().st_mode & 0o777 == 0o600

    def test_it_is_made_anew_when_the_tone_moves_or_somebody_changed_the_file(
        self, archive: Archive, kept: StoryFolder
    ) -> None:
        made = redact(archive, kept.id)
        before = archive.redacted_files.sound(kept.id).read_bytes()
        archive.redactions.nudge(kept.id, made.number, "end", 0.02, by="ann", revision=1)
        after = archive.redacted_files.sound(kept.id).read_bytes()
        assert after != before
        # Not what it should be, whoever did that: it is not handed out.
        for damaged in (kept.audio.read_bytes(), before, after[:-2], b""):
            kept.redacted.write_bytes(damaged)
            assert archive.redacted_files.sound(kept.id).read_bytes() == after
        kept.redacted.unlink()
        kept.redacted.symlink_to(kept.audio)
        assert archive.redacted_files.sound(kept.id).read_bytes() == after
        assert not kept.redacted.is_symlink()

    def test_the_site_writes_it_by_itself_and_finishes_after_a_kill(
        self, archive: Archive, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def kill(*_: object, **__: object) -> None:
            raise Killed

        redact(archive, kept.id)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr("pathlib.Path.unlink", kill)
            patch.setattr("admin_web.archive.redacted_files.cover", kill)
            archive.redacted_files.write_due()
        (half,) = unfinished(kept.redacted)
        assert not kept.redacted.exists()
        archive.redacted_files.write_due()
        assert kept.redacted.exists() and not half.exists()
        entry = archive.stories.get(kept.id)
        assert entry and not entry.redacted_files_due
        folder = DataFolder(kept.path.parents[1])
        assert [*check_archive(archive), *check_folders(folder, archive, lambda _: None)] == []

    def test_with_the_recording_it_goes_and_what_a_kill_left_of_it(self, archive: Archive, kept: StoryFolder) -> None:
        redact(archive, kept.id)
        archive.redacted_files.sound(kept.id)
        write_whole(kept.path / ".redacted.wav.12345678.part", b"half")
        archive.deleting.delete_audio(kept.id, by="ann")
        assert sorted(path.suffix for path in kept.path.iterdir()) == [".json"] * 4
        with pytest.raises(NotAllowed, match="no recording"):
            archive.redacted_files.sound(kept.id)

    def test_one_that_is_made_while_the_recording_is_deleted_does_not_stay(
        self, archive: Archive, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from admin_web.archive import redacted_files

        redact(archive, kept.id)
        cover = redacted_files.cover

        def slow(*asked: object) -> None:
            cover(*asked)  # type: ignore[arg-type]
            write_whole(kept.audio_deleted, b'{"version": 1}\n')

        monkeypatch.setattr(redacted_files, "cover", slow)
        archive.redacted_files.write_due()
        assert not kept.redacted.exists()

    def test_it_is_never_made_within_a_transaction(self, archive: Archive, kept: StoryFolder) -> None:
        with archive.transaction(), pytest.raises(RuntimeError):
            archive.redacted_files.sound(kept.id)


class TestOthers:
    """What goes to others, through the one door."""

    def test_they_get_neither_the_words_nor_a_run_of_their_samples(self, archive: Archive, kept: StoryFolder) -> None:
        made = redact(archive, kept.id)
        confirm(archive, kept.id)
        words, sound = shared_words(archive, kept.id), shared_sound(archive, kept.id)
        told = " ".join(word.word for word in words)
        assert "[support worker]" in told and "Smith" not in told
        taken = kept.audio.read_bytes()[HEADER_BYTES:][
            round(made.start * SAMPLERATE_HZ) * 2 : round(made.end * SAMPLERATE_HZ) * 2
        ]
        shared = [sound.read_bytes(), clip(sound, 0, 9), clip(sound, made.start - 0.1, made.end + 0.1)]
        run = 16
        for at in range(0, len(taken) - run, run):
            assert not any(taken[at : at + run] in each for each in shared), at
        # The same words elsewhere are another matter, and so is their sound.
        assert "John laughed" in told

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda archive, story: redact(archive, story, 0, 0), "nobody has checked"),
            (lambda archive, story: archive.flags.raise_flag(story, reason="x", by="ann"), "frozen"),
        ],
    )
    def test_what_is_not_for_them_they_do_not_get(
        self, archive: Archive, kept: StoryFolder, change: Callable[[Archive, str], object], why: str
    ) -> None:
        confirm(archive, kept.id)
        assert shared_sound(archive, kept.id) == kept.audio
        change(archive, kept.id)
        for share in (shared_sound, shared_words):
            with pytest.raises(NotAllowed, match=why):
                share(archive, kept.id)

    def test_without_a_yes_to_the_voice_they_read_and_do_not_hear(
        self, folder: DataFolder, archive: Archive, kept: StoryFolder
    ) -> None:
        change_story(kept, permissions=Permissions(words=True, voice=False))
        take_in(archive, read_arrival(folder, kept.id))
        confirm(archive, kept.id)
        assert shared_words(archive, kept.id)
        with pytest.raises(NotAllowed, match="use the voice"):
            shared_sound(archive, kept.id)


class TestElsewhere:
    """What was taken out stays out where the folder goes, and where the archive is made anew."""

    @pytest.mark.parametrize("checked", [True, False])
    def test_in_a_new_archive(self, folder: DataFolder, archive: Archive, kept: StoryFolder, checked: bool) -> None:
        made = redact(archive, kept.id)
        if checked:
            confirm(archive, kept.id)
            archive.checked_files.write_due()
        archive.redacted_files.write_due()
        sound = kept.redacted.read_bytes()
        kept.redacted.write_bytes(b"of another archive")
        archive.close()
        rebuild(folder)
        with Archive(folder) as again:
            assert "[support worker] that" in text_of(again, kept.id)
            assert "Smith" not in text_of(again, kept.id)
            (known,) = again.redactions.of(kept.id)
            assert (known.role, known.start, known.end) == (made.role, made.start, made.end)
            again.redacted_files.write_due()
            assert kept.redacted.read_bytes() == sound
            # The machine's draft still has the words.
            again.redactions.undo(kept.id, known.number, by="ann", revision=1)
            assert "told John Smith that" in text_of(again, kept.id)

    def test_a_story_of_which_nobody_knows_what_was_taken_out_does_not_come_in(
        self, folder: DataFolder, kept: StoryFolder
    ) -> None:
        kept.redactions_path.write_text("{")
        with pytest.raises(StoryDamaged, match=r"redactions\.json is damaged"):
            read_arrival(folder, kept.id)

    def test_a_story_that_is_deleted_takes_them_along(self, archive: Archive, kept: StoryFolder) -> None:
        redact(archive, kept.id)
        archive.redacted_files.write_due()
        assert archive.deleting.withdraw(kept.id, by="ann")
        assert not kept.path.exists()
        assert list(archive.documents_of("redactions")) == []
