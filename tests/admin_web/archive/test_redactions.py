"""Words that are taken out: of the text, of what is searched, of quotes, and of what others hear; and the way back."""

import hashlib
import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from admin_web.archive import Archive, Redaction
from admin_web.archive.arriving import read_arrival
from admin_web.archive.check import check_archive, check_folders
from admin_web.archive.rebuilding import rebuild
from admin_web.archive.redactions import MARGIN_S
from admin_web.archive.sharing import clip, shared_sound, shared_words
from admin_web.correcting import corrected
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.files import unfinished, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ, header
from tests.admin_web.archive.told import Killed, found, take_in
from tests.admin_web.making import change_story, make_story, spread, write_words

SAID = "I told John Smith that the lunch was cold and John laughed"
SECONDS = 5.0
FRAMES = round(SECONDS * SAMPLERATE_HZ)


@pytest.fixture
def kept(folder: DataFolder, archive: Archive) -> StoryFolder:
    """A story whose teller allowed everything, with the machine's words, each 0.4 s after the other."""
    kept = make_story(folder, SAID, seconds=SECONDS)
    # Sound in which no run of samples is there twice.
    kept.audio.write_bytes(header(FRAMES) + random.Random(1).randbytes(FRAMES * 2))
    sha256 = hashlib.sha256(kept.audio.read_bytes()).hexdigest()
    change_story(kept, sha256=sha256, permissions=Permissions(words=True, voice=True))
    take_in(archive, read_arrival(folder, kept.id))
    return kept


def redact(archive: Archive, story: str, first: int = 2, last: int = 3, role: str = "support worker") -> Redaction:
    text = archive.texts.get(story)
    assert text
    return archive.redactions.redact(story, first, last, role, by="ann", revision=text.revision)


def text_of(archive: Archive, story: str) -> str:
    text = archive.texts.get(story)
    assert text
    return text.text


def confirm(archive: Archive, story: str) -> None:
    text = archive.texts.get(story)
    assert text
    archive.texts.confirm(story, by="ann", revision=text.revision)


def type_in(archive: Archive, story: str, typed: str) -> None:
    """Put words right as the page does."""
    text = archive.texts.get(story)
    assert text
    words = corrected(archive.texts.words_of(story), typed, SECONDS)
    archive.texts.save(story, words, by="ann", revision=text.revision)


def samples_of(path: Path) -> list[int]:
    return [sample for (sample,) in struct.iter_unpack("<h", path.read_bytes()[HEADER_BYTES:])]


class TestTheText:
    def test_something_broader_stands_there_with_the_time_of_the_words(
        self, archive: Archive, kept: StoryFolder
    ) -> None:
        made = redact(archive, kept.id)
        text = archive.texts.get(kept.id)
        assert text
        assert text.text == "I told [support worker] that the lunch was cold and John laughed"
        words = spread(SAID.split())
        assert (text.words[2].start, text.words[2].end) == (words[2].start, words[3].end)
        assert text.words[:2] == tuple(words[:2])
        assert text.words[3:] == tuple(words[4:])
        assert (made.start, made.end) == (words[2].start - MARGIN_S, words[3].end + MARGIN_S)
        assert archive.redactions.of(kept.id) == [made]
        # The draft is among the earlier texts, for those who may see it, and the machine's file is as it was.
        (draft,) = archive.texts.versions(kept.id)
        assert draft.text == SAID
        assert "John Smith" in kept.transcript_path.read_text()
        (line,) = [each for each in archive.log.page(1, 9) if each.what == "words taken out"]
        assert (line.who, line.story, line.details) == ("ann", kept.id, {"redaction": made.number})

    def test_the_words_are_not_found_listed_or_quoted_any_more(self, archive: Archive, kept: StoryFolder) -> None:
        confirm(archive, kept.id)
        holding, other = (archive.quotes.propose(kept.id, *span, by="ann") for span in ((1, 2), (5, 8)))
        archive.quotes.decide(holding.number, "approved", by="ann", role="group", revision=1)
        archive.quote_answers.give(holding.number, "We told John Smith.", by="ann", revision=2)
        redact(archive, kept.id)
        assert [each.answers for each in archive.quotes.of(kept.id)] == [(), ()]
        entry = archive.stories.get(kept.id)
        assert entry
        assert found(archive, "smith") == []
        assert found(archive, "support") == [entry.sequence]
        assert entry.beginning.startswith("I told [support worker] that")
        states = {each.number: (each.state, each.text) for each in archive.quotes.of(kept.id)}
        assert states == {holding.number: ("withdrawn", "[…]"), other.number: ("proposed", "the lunch was cold")}
        # Somebody has to stand for the words as they are now.
        assert (entry.state, entry.checked_at) == ("heard", None)
        archive.checked_files.write_due()
        assert not kept.checked_path.exists()
        confirm(archive, kept.id)
        archive.checked_files.write_due()
        checked = kept.checked()
        assert checked and "[support worker]" in checked.text and "Smith" not in checked.to_bytes().decode()

    @pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2), (0, 12), (12, 12), (-4, -1), (10**12, 10**12)])
    def test_words_that_are_not_there_cannot_be_taken_out(
        self, archive: Archive, kept: StoryFolder, first: int, last: int
    ) -> None:
        with pytest.raises(NotAllowed, match="no such words"):
            redact(archive, kept.id, first, last)
        assert text_of(archive, kept.id) == SAID
        assert archive.redactions.of(kept.id) == []

    @pytest.mark.parametrize("role", ["", "  ", "a" * 41, "a [b]", "]", "a\0b", "a\x1bb"])
    def test_what_stands_there_is_a_few_letters(self, archive: Archive, kept: StoryFolder, role: str) -> None:
        with pytest.raises(NotAllowed, match="Say what shall stand there"):
            redact(archive, kept.id, role=role)
        assert archive.redactions.of(kept.id) == []

    def test_words_of_another_text_are_not_taken_out(self, archive: Archive, kept: StoryFolder) -> None:
        type_in(archive, kept.id, f"Yesterday {SAID}")
        for revision in (0, 7):
            with pytest.raises(ChangedMeanwhile):
                archive.redactions.redact(kept.id, 2, 3, "manager", by="ann", revision=revision)
        assert text_of(archive, kept.id) == f"Yesterday {SAID}"
        assert archive.redactions.of(kept.id) == []

    def test_of_a_frozen_story_nothing_is_taken_out_moved_or_brought_back(
        self, archive: Archive, kept: StoryFolder
    ) -> None:
        made = redact(archive, kept.id)
        archive.flags.raise_flag(kept.id, reason="a worry", words="John Smith", by="ann")
        for change in (
            lambda: redact(archive, kept.id, 8, 8),
            lambda: archive.redactions.nudge(kept.id, made.number, "end", 0.02, by="ann", revision=1),
            lambda: archive.redactions.undo(kept.id, made.number, by="ann", revision=1),
        ):
            with pytest.raises(NotAllowed, match="frozen"):
                change()
        assert archive.redactions.of(kept.id) == [made]
        # The lead still sees which words gave cause.
        assert archive.flags.of(kept.id)[0].words == "John Smith"

    def test_a_story_without_its_recording_still_loses_words(self, archive: Archive, kept: StoryFolder) -> None:
        archive.deleting.delete_audio(kept.id, by="ann")
        made = redact(archive, kept.id)
        assert "Smith" not in text_of(archive, kept.id)
        archive.redacted_files.write_due()
        assert not kept.redacted.exists()
        for change in (
            lambda: archive.redactions.nudge(kept.id, made.number, "end", 0.02, by="ann", revision=1),
            lambda: archive.redactions.undo(kept.id, made.number, by="ann", revision=1),
        ):
            with pytest.raises(NotAllowed, match="recording is not there any more"):
                change()

    def test_where_nobody_knows_the_times_yet_nothing_is_taken_out(self, archive: Archive, kept: StoryFolder) -> None:
        archive.texts.save(kept.id, spread(SAID.split()), by="ann", revision=0, guessed=True)
        with pytest.raises(NotAllowed, match="tapping along first"):
            redact(archive, kept.id)
        # Times that were tapped are known; the earlier guess does not come back over what was taken out then.
        archive.texts.save(kept.id, spread(SAID.split(), word_s=0.3), by="bob", revision=1)
        redact(archive, kept.id)
        guess = next(each for each in archive.texts.versions(kept.id) if each.guessed)
        with pytest.raises(NotAllowed, match="times are a guess"):
            archive.texts.bring_back(kept.id, guess.number, by="ann", revision=3)
        assert "Smith" not in text_of(archive, kept.id)

    @pytest.mark.parametrize("content", [b"", b"no sound at all" * 9])
    def test_a_damaged_recording_is_told_and_nothing_changes(
        self, archive: Archive, kept: StoryFolder, content: bytes
    ) -> None:
        kept.audio.write_bytes(content)
        with pytest.raises(StoryDamaged, match="damaged"):
            redact(archive, kept.id)
        assert text_of(archive, kept.id) == SAID
        assert archive.redactions.of(kept.id) == []


class TestLaterChanges:
    @pytest.mark.parametrize(
        ("typed", "kept_as"),
        [
            ("I told [support worker] that the lunch was hot and John laughed", None),
            ("I really told [support worker], that the lunch was cold and John laughed.", None),
            ("And I said to [support worker] the soup was cold and John left", None),
            # Somebody has found a better word for them.
            ("I told [the manager] that the lunch was cold and John laughed", None),
            # What stood on a page that was open before comes back with it, and is taken out again.
            (SAID, "I told [support worker] that the lunch was cold and John laughed"),
            (f"Well {SAID}", "Well I told [support worker] that the lunch was cold and John laughed"),
            (
                "Yesterday I had asked john smith whether that the lunch was cold and John laughed",
                "Yesterday I had asked [support worker] whether that the lunch was cold and John laughed",
            ),
        ],
    )
    def test_what_was_taken_out_stays_out(
        self, archive: Archive, kept: StoryFolder, typed: str, kept_as: str | None
    ) -> None:
        redact(archive, kept.id)
        type_in(archive, kept.id, typed)
        assert text_of(archive, kept.id) == (kept_as or typed)

    def test_who_writes_over_it_or_takes_it_out_leaves_the_sound_covered(
        self, archive: Archive, kept: StoryFolder
    ) -> None:
        made = redact(archive, kept.id)
        for typed in ("I told somebody that the lunch was cold", "I told that the lunch was cold"):
            type_in(archive, kept.id, typed)
            assert text_of(archive, kept.id) == typed
            assert archive.redactions.of(kept.id) == [made]

    def test_an_earlier_text_comes_back_without_them(self, archive: Archive, kept: StoryFolder) -> None:
        type_in(archive, kept.id, f"{SAID} aloud")
        redact(archive, kept.id)
        for version in archive.texts.versions(kept.id):
            text = archive.texts.get(kept.id)
            assert text
            archive.texts.bring_back(kept.id, version.number, by="ann", revision=text.revision)
            assert "[support worker] that the lunch" in text_of(archive, kept.id)
            assert "Smith" not in text_of(archive, kept.id)

    def test_words_that_overlap_by_a_hair_are_not_lost(self, archive: Archive, kept: StoryFolder) -> None:
        words = [word.model_copy(update={"end": word.start + 0.401}) for word in spread(SAID.split())]
        archive.texts.save(kept.id, words, by="ann", revision=0)
        redact(archive, kept.id)
        type_in(archive, kept.id, "I told [support worker] that the lunch was hot")
        assert text_of(archive, kept.id) == "I told [support worker] that the lunch was hot"


class TestTheWayBack:
    def test_the_words_come_back_and_what_others_changed_stays(self, archive: Archive, kept: StoryFolder) -> None:
        made = redact(archive, kept.id)
        type_in(archive, kept.id, "I told [support worker] that the dinner was cold and John laughed")
        archive.redactions.undo(kept.id, made.number, by="bob", revision=1)
        assert text_of(archive, kept.id) == "I told John Smith that the dinner was cold and John laughed"
        assert archive.texts.words_of(kept.id)[2:4] == spread(SAID.split())[2:4]
        assert archive.redactions.of(kept.id) == []
        archive.redacted_files.write_due()
        assert not kept.redacted.exists() and not kept.redactions_path.exists()

    def test_one_within_another_comes_back_after_it(self, archive: Archive, kept: StoryFolder) -> None:
        inner, outer = redact(archive, kept.id), redact(archive, kept.id, 1, 3, "relative")
        assert text_of(archive, kept.id) == "I [relative] the lunch was cold and John laughed"
        with pytest.raises(NotAllowed, match="Bring those back first"):
            archive.redactions.undo(kept.id, inner.number, by="ann", revision=1)
        archive.redactions.undo(kept.id, outer.number, by="ann", revision=1)
        assert text_of(archive, kept.id) == "I told [support worker] that the lunch was cold and John laughed"
        archive.redactions.undo(kept.id, inner.number, by="ann", revision=1)
        assert text_of(archive, kept.id) == SAID

    def test_what_somebody_wrote_over_it_stands(self, archive: Archive, kept: StoryFolder) -> None:
        made = redact(archive, kept.id)
        type_in(archive, kept.id, "I told somebody that the lunch was cold")
        archive.redactions.undo(kept.id, made.number, by="ann", revision=1)
        assert text_of(archive, kept.id) == "I told somebody that the lunch was cold"

    def test_of_another_story_or_twice_or_as_it_was_not_seen_nothing_comes_back(
        self, folder: DataFolder, archive: Archive, kept: StoryFolder
    ) -> None:
        made = redact(archive, kept.id)
        other = make_story(folder, SAID)
        take_in(archive, read_arrival(folder, other.id))
        with pytest.raises(NotAllowed, match="no redaction"):
            archive.redactions.undo(other.id, made.number, by="ann", revision=1)
        with pytest.raises(ChangedMeanwhile):
            archive.redactions.undo(kept.id, made.number, by="ann", revision=2)
        assert archive.redactions.of(kept.id) == [made]
        archive.redactions.undo(kept.id, made.number, by="ann", revision=1)
        with pytest.raises(NotAllowed, match="no redaction"):
            archive.redactions.undo(kept.id, made.number, by="ann", revision=1)


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


def test_words_in_another_order_are_those_that_the_page_shows(
    folder: DataFolder, archive: Archive, kept: StoryFolder
) -> None:
    other = make_story(folder, None, seconds=SECONDS)
    words = spread(["one", "two", "three", "four"])
    write_words(other, [words[1], words[0], *words[2:]])
    take_in(archive, read_arrival(folder, other.id))
    redact(archive, other.id, 0, 0)
    assert text_of(archive, other.id) == "[support worker] two three four"
