"""Words that are taken out: of the text, of what is searched, and of quotes; and the way back."""

import pytest

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from admin_web.archive.redactions import MARGIN_S
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.archive.redacting import SAID, SECONDS, confirm, make_kept, redact, text_of, type_in
from tests.admin_web.archive.told import found, take_in
from tests.admin_web.making import make_story, spread, write_words


@pytest.fixture
def kept(folder: DataFolder, archive: Archive) -> StoryFolder:
    return make_kept(folder, archive)


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


def test_words_in_another_order_are_those_that_the_page_shows(
    folder: DataFolder, archive: Archive, kept: StoryFolder
) -> None:
    other = make_story(folder, None, seconds=SECONDS)
    words = spread(["one", "two", "three", "four"])
    write_words(other, [words[1], words[0], *words[2:]])
    take_in(archive, read_arrival(folder, other.id))
    redact(archive, other.id, 0, 0)
    assert text_of(archive, other.id) == "[support worker] two three four"
