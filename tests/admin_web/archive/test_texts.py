"""The words of stories: saved, confirmed, and never lost to somebody else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from admin_web.archive import Archive, texts
from admin_web.archive.records.texts import Text
from admin_web.archive.texts import SITTING
from kiosk.errors import ChangedMeanwhile, NotAllowed, StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Word
from tests.admin_web.archive.told import BEGUN, WORDS, check_words, now_and_before, said, story_id, take_in, told
from tests.admin_web.making import make_story, spread, write_words


@pytest.fixture
def story(archive: Archive) -> str:
    return take_in(archive, told(1))[0]


class Clock:
    def __init__(self) -> None:
        self.at = BEGUN

    def now(self, zone: object) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(texts, "datetime", clock)
    return clock


class TestSaving:
    def test_saved_words_are_there_after_opening_again(self, folder: DataFolder, archive: Archive, story: str) -> None:
        words = [Word(word="wörm", start=0.1, end=0.4, conf=0.25), Word(word="[name]", start=0.5, end=1.0, conf=1)]
        saved = archive.texts.save(story, words, by="ann", revision=0)
        assert (saved.revision, saved.text, saved.words, saved.by) == (1, "wörm [name]", tuple(words), "ann")
        archive.close()
        with Archive(folder) as again:
            assert again.texts.get(story) == saved

    def test_the_draft_is_kept_when_somebody_puts_it_right(self, archive: Archive, story: str) -> None:
        archive.texts.save(story, said("the lunch was cold"), by="ann", revision=0)
        (draft,) = archive.texts.versions(story)
        assert (draft.text, draft.revision, draft.by) == (WORDS, 0, "")

    def test_words_may_be_written_where_the_machine_heard_none(self, archive: Archive) -> None:
        (silent,) = take_in(archive, told(2, None))
        archive.texts.save(silent, said("very quiet"), by="ann", revision=0)
        assert now_and_before(archive, silent) == ["very quiet"]
        # The machine's words come late: those of a person stay.
        take_in(archive, told(2, "wary quite"))
        assert now_and_before(archive, silent) == ["very quiet"]

    def test_all_words_may_be_taken_out(self, archive: Archive, story: str) -> None:
        archive.texts.save(story, [], by="ann", revision=0)
        assert now_and_before(archive, story) == ["", WORDS]
        assert archive.search.find("lunch", 1, 9) == []

    def test_of_two_who_save_the_first_wins_and_the_other_has_both_at_hand(self, archive: Archive, story: str) -> None:
        first = archive.texts.save(story, said("the lunch was cold"), by="ann", revision=0)
        with pytest.raises(ChangedMeanwhile, match="Somebody else saved") as caught:
            archive.texts.save(story, said("the lunch was old"), by="ben", revision=0)
        theirs, yours = caught.value.theirs, caught.value.yours
        assert theirs == first
        assert isinstance(yours, Text) and (yours.text, yours.by) == ("the lunch was old", "ben")
        assert yours.words == tuple(said("the lunch was old"))
        assert archive.texts.get(story) == first

    @pytest.mark.parametrize("revision", [-1, 1, 2, 10**9])
    def test_a_revision_that_never_was_is_refused(self, archive: Archive, story: str, revision: int) -> None:
        with pytest.raises(ChangedMeanwhile):
            archive.texts.save(story, said("no"), by="ann", revision=revision)
        assert now_and_before(archive, story) == [WORDS]

    def test_where_there_are_no_words_theirs_is_none(self, archive: Archive) -> None:
        (silent,) = take_in(archive, told(2, None))
        with pytest.raises(ChangedMeanwhile) as caught:
            archive.texts.save(silent, said("no"), by="ann", revision=1)
        assert caught.value.theirs is None

    def test_words_of_others_are_not_touched(self, archive: Archive, story: str) -> None:
        (other,) = take_in(archive, told(2, "other words"))
        check_words(archive, story, "the lunch was cold")
        assert now_and_before(archive, other) == ["other words"]
        (version,) = archive.texts.versions(story)
        with pytest.raises(NotAllowed, match=f"no version {version.number}"):
            archive.texts.bring_back(other, version.number, by="ann", revision=0)

    @pytest.mark.parametrize("verb", ["save", "confirm", "bring_back"])
    def test_a_story_that_is_not_there_or_frozen_is_refused(self, archive: Archive, story: str, verb: str) -> None:
        archive.texts.save(story, said("the lunch was cold"), by="ann", revision=0)
        make_draft(archive, story)
        number = archive.texts.versions(story)[0].number

        def work(which: str) -> None:
            work: dict[str, Callable[[], object]] = {
                "save": lambda: archive.texts.save(which, said("no"), by="ann", revision=1),
                "confirm": lambda: archive.texts.confirm(which, by="ann", revision=1),
                "bring_back": lambda: archive.texts.bring_back(which, number, by="ann", revision=1),
            }
            work[verb]()

        with pytest.raises(NotAllowed, match=story_id(99)):
            work(story_id(99))
        flag = archive.flags.raise_flag(story, reason="worried", by="ann")
        before = archive.log.last()
        with pytest.raises(NotAllowed, match="frozen by a safeguarding flag"):
            work(story)
        assert archive.log.last() == before
        assert now_and_before(archive, story) == ["the lunch was cold", WORDS]
        archive.flags.close(flag.number, action="called", outcome="safe", by="lead", revision=1)
        work(story)


class TestSittings:
    """Who saves every few seconds makes one version, not hundreds; and nothing that somebody else wrote is lost."""

    def test_saving_again_and_again_is_one_version(self, archive: Archive, story: str, clock: Clock) -> None:
        for revision in range(20):
            archive.texts.save(story, said(f"the lunch was number {revision}"), by="ann", revision=revision)
            clock.at += timedelta(seconds=5)
        assert now_and_before(archive, story) == ["the lunch was number 19", WORDS]

    def test_after_a_pause_it_is_another_version(self, archive: Archive, story: str, clock: Clock) -> None:
        archive.texts.save(story, said("one two three"), by="ann", revision=0)
        clock.at += SITTING
        archive.texts.save(story, said("one two four"), by="ann", revision=1)
        clock.at += SITTING - timedelta(microseconds=1)
        archive.texts.save(story, said("one two five"), by="ann", revision=2)
        assert now_and_before(archive, story) == ["one two five", "one two three", WORDS]

    def test_a_clock_that_went_backward_makes_a_version(self, archive: Archive, story: str, clock: Clock) -> None:
        archive.texts.save(story, said("one two three"), by="ann", revision=0)
        clock.at -= timedelta(days=400)
        archive.texts.save(story, said("one two four"), by="ann", revision=1)
        assert now_and_before(archive, story) == ["one two four", "one two three", WORDS]

    def test_somebody_else_makes_a_version_at_once(self, archive: Archive, story: str, clock: Clock) -> None:
        for revision, by in enumerate(["ann", "ben", "ann"]):
            archive.texts.save(story, said(f"the lunch was of {by} {revision}"), by=by, revision=revision)
        assert now_and_before(archive, story)[:3] == [
            "the lunch was of ann 2", "the lunch was of ben 1", "the lunch was of ann 0",
        ]  # fmt: skip

    def test_what_was_there_is_kept_when_much_goes_at_once(self, archive: Archive, story: str, clock: Clock) -> None:
        archive.texts.save(story, said("one two three four five six seven eight nine ten"), by="ann", revision=0)
        archive.texts.save(story, said("one two three four five six seven eight"), by="ann", revision=1)
        assert len(archive.texts.versions(story)) == 1
        archive.texts.save(story, said("one two three four five six"), by="ann", revision=2)
        assert now_and_before(archive, story)[1] == "one two three four five six seven eight"


class TestBringingBack:
    def test_an_earlier_text_comes_back_and_the_current_one_becomes_a_version(
        self, archive: Archive, story: str
    ) -> None:
        first = archive.texts.save(story, said("one two three"), by="ann", revision=0)
        archive.texts.save(story, said("four five six"), by="ben", revision=1)
        number = archive.texts.versions(story)[0].number
        back = archive.texts.bring_back(story, number, by="ben", revision=2)
        assert (back.text, back.words, back.revision, back.by) == (first.text, first.words, 3, "ben")
        assert now_and_before(archive, story) == ["one two three", "four five six", "one two three", WORDS]
        assert [hit.entry.id for hit in archive.search.find("two", 1, 9)] == [story]
        assert archive.search.find("five", 1, 9) == []

    def test_also_within_one_sitting(self, archive: Archive, story: str, clock: Clock) -> None:
        archive.texts.save(story, said("one two three"), by="ann", revision=0)
        number = archive.texts.versions(story)[0].number
        make_draft(archive, story)
        archive.texts.bring_back(story, number, by="ann", revision=1)
        assert now_and_before(archive, story) == [WORDS, "one two three", WORDS]

    def test_the_draft_comes_back_with_its_times(self, folder: DataFolder, archive: Archive, story: str) -> None:
        draft = make_draft(archive, story)
        archive.texts.save(story, said("one two three"), by="ann", revision=0)
        back = archive.texts.bring_back(story, archive.texts.versions(story)[0].number, by="ann", revision=1)
        assert back.words == tuple(draft)
        assert back.text == WORDS

    def test_a_draft_that_is_not_in_its_folder_any_more_stays_away(self, folder: DataFolder, archive: Archive) -> None:
        kept = make_story(folder, None, seconds=0.1)
        take_in(archive, told(1, "good tee", id=kept.id))
        archive.texts.save(kept.id, said("good tea"), by="ann", revision=0)
        (draft,) = archive.texts.versions(kept.id)
        for there in (None, "goat tea"):
            if there:
                write_words(kept, spread(there.split()))
            with pytest.raises(StoryDamaged, match="not in its folder any more"):
                archive.texts.bring_back(kept.id, draft.number, by="ann", revision=1)
        assert now_and_before(archive, kept.id) == ["good tea", "good tee"]

    def test_a_save_meanwhile_is_not_overwritten(self, archive: Archive, story: str) -> None:
        archive.texts.save(story, said("one two three"), by="ann", revision=0)
        archive.texts.save(story, said("four five six"), by="ben", revision=1)
        number = archive.texts.versions(story)[0].number
        with pytest.raises(ChangedMeanwhile):
            archive.texts.bring_back(story, number, by="ann", revision=1)
        assert now_and_before(archive, story)[0] == "four five six"

    def test_what_was_brought_back_is_to_be_checked_anew(self, archive: Archive, story: str) -> None:
        make_draft(archive, story)
        check_words(archive, story, "the lunch was cold")
        back = archive.texts.bring_back(story, archive.texts.versions(story)[0].number, by="ann", revision=1)
        entry = archive.stories.get(story)
        assert entry and (entry.state, entry.checked_at) == ("heard", None)
        with pytest.raises(NotAllowed, match="nobody has checked"):
            archive.quotes.propose(story, 0, 1, by="ann")
        archive.texts.confirm(story, by="ann", revision=back.revision)
        assert archive.quotes.propose(story, 0, 1, by="ann").text == "the lunch"


def make_draft(archive: Archive, story: str) -> list[Word]:
    """Put the machine's draft where the story's folder has it, and return its words."""
    folder = DataFolder(archive.path.parents[1]).story(story)
    folder.path.mkdir()
    words = spread(WORDS.split(), word_s=0.7, conf=0.8)
    write_words(folder, words)
    return words


class TestConfirming:
    def test_confirmed_words_are_checked_and_heard(self, archive: Archive, story: str) -> None:
        check_words(archive, story, "the lunch was cold")
        entry = archive.stories.get(story)
        assert entry and entry.state == "checked" and entry.checked_at and entry.heard_at == entry.checked_at

    def test_who_heard_it_first_stays(self, archive: Archive, story: str) -> None:
        archive.stories.heard(story, by="ben")
        heard = archive.stories.get(story)
        check_words(archive, story, "the lunch was cold")
        entry = archive.stories.get(story)
        assert heard and entry and entry.heard_at == heard.heard_at

    def test_words_that_are_changed_later_are_to_be_confirmed_anew(self, archive: Archive, story: str) -> None:
        check_words(archive, story, "the lunch was cold")
        archive.texts.save(story, said("the lunch was cold"), by="ann", revision=1)
        entry = archive.stories.get(story)
        assert entry and entry.state == "checked"
        archive.texts.save(story, said("the lunch was old"), by="ann", revision=2)
        entry = archive.stories.get(story)
        assert entry and (entry.state, entry.checked_at) == ("heard", None) and entry.heard_at

    def test_a_draft_that_is_right_becomes_a_persons_words_with_their_times(self, archive: Archive, story: str) -> None:
        draft = make_draft(archive, story)
        archive.texts.confirm(story, by="ann", revision=0)
        text = archive.texts.get(story)
        assert text and (text.revision, text.by, text.text, text.words) == (1, "ann", WORDS, tuple(draft))
        take_in(archive, told(1, "a newer draft"))
        assert archive.texts.get(story) == text
        quote = archive.quotes.propose(story, 1, 3, by="ann")
        assert (quote.text, quote.start, quote.end) == ("lunch was warm", draft[1].start, draft[3].end)

    def test_a_draft_of_which_the_folder_says_something_else_is_not_confirmed(
        self, archive: Archive, story: str
    ) -> None:
        make_draft(archive, story)
        take_in(archive, told(1, "something else"))
        with pytest.raises(StoryDamaged, match="not in its folder"):
            archive.texts.confirm(story, by="ann", revision=1)
        entry = archive.stories.get(story)
        assert entry and entry.state == "unheard"

    def test_other_words_than_those_that_were_looked_at_are_not_confirmed(self, archive: Archive, story: str) -> None:
        saved = archive.texts.save(story, said("the lunch was cold"), by="ann", revision=0)
        with pytest.raises(ChangedMeanwhile) as caught:
            archive.texts.confirm(story, by="ben", revision=0)
        assert caught.value.theirs == saved

    def test_where_there_are_no_words_there_is_nothing_to_confirm(self, archive: Archive) -> None:
        (silent,) = take_in(archive, told(2, None))
        with pytest.raises(NotAllowed, match="no words yet"):
            archive.texts.confirm(silent, by="ann", revision=0)
