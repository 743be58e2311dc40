"""Quotes: exact spans of words that somebody has checked and the teller allowed, and nothing else."""

from collections.abc import Callable

import pytest

from admin_web.archive import Archive
from admin_web.archive.quotes import MOST_WORDS
from admin_web.archive.records.quotes import Decision, Quote
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.records import Permissions, Word
from tests.admin_web.archive.told import (
    WORDS,
    change_words,
    check_words,
    checked_story,
    freeze,
    said,
    story_id,
    take_back,
    take_in,
    told,
)


@pytest.fixture
def story(archive: Archive) -> str:
    return checked_story(archive)


def test_a_quote_is_an_exact_span_of_words_and_sound(archive: Archive, story: str) -> None:
    words = said(WORDS)
    quote = archive.quotes.propose(story, 1, 3, note="We think you mean the soup.", by="ann")
    assert archive.quotes.of(story) == [quote]
    assert (quote.text, quote.text_revision) == ("lunch was warm", 1)
    assert (quote.start, quote.end) == (words[1].start, words[3].end)
    assert (quote.state, quote.note, quote.by) == ("proposed", "We think you mean the soup.", "ann")


def test_one_word_and_all_words_can_be_quoted(archive: Archive, story: str) -> None:
    assert archive.quotes.propose(story, 7, 7, by="ann").text == "together"
    assert archive.quotes.propose(story, 0, 7, by="ann").text == WORDS


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2), (0, 8), (8, 8), (100, 200), (-8, -1)])
def test_words_that_are_not_there_cannot_be_quoted(archive: Archive, story: str, first: int, last: int) -> None:
    with pytest.raises(NotAllowed, match="not in the story's checked text"):
        archive.quotes.propose(story, first, last, by="ann")
    assert archive.quotes.of(story) == []


def test_a_group_approves_and_may_take_back(archive: Archive, story: str) -> None:
    quote = archive.quotes.propose(story, 1, 3, by="ann")
    approved = archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1)
    assert approved.decided
    decision = Decision(state="approved", by="group", role="group", at=approved.decided.at)
    assert approved == quote.model_copy(update={"state": "approved", "decisions": (decision,), "revision": 2})
    assert archive.quotes.of(story) == [approved]
    assert archive.quotes.decide(quote.number, "withdrawn", by="group", role="group", revision=2).state == "withdrawn"
    lines = [(line.who, line.what, line.details) for line in archive.log.page(1, 3)]
    assert lines == [
        ("group", "quote withdrawn", {"quote": 1}), ("group", "quote approved", {"quote": 1}),
        ("ann", "quote proposed", {"quote": 1}),
    ]  # fmt: skip


def test_of_two_who_decide_the_first_wins_and_the_other_has_both_at_hand(archive: Archive, story: str) -> None:
    quote = archive.quotes.propose(story, 1, 3, by="ann")
    first = archive.quotes.decide(quote.number, "withdrawn", by="group", role="group", revision=1)
    with pytest.raises(ChangedMeanwhile) as caught:
        archive.quotes.decide(quote.number, "approved", by="ann", role="group", revision=1)
    theirs, yours = caught.value.theirs, caught.value.yours
    assert theirs == first
    assert isinstance(yours, Quote) and yours.decided and (yours.state, yours.decided.by) == ("approved", "ann")
    assert archive.quotes.of(story) == [first]


def no_longer_allow(archive: Archive, story: str) -> None:
    take_in(archive, told(1, permissions=Permissions(words=False, voice=True)))


def never_ask(archive: Archive, story: str) -> None:
    take_in(archive, told(1, permissions=Permissions(words=None, voice=True)))


def not_agree(archive: Archive, story: str) -> None:
    take_in(archive, told(1, agreed=False))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (freeze, "frozen by a safeguarding flag"),
        (take_back, "its teller has taken it back"),
        (no_longer_allow, "did not say that we may use the words"),
        (never_ask, "did not say that we may use the words"),
        (not_agree, "did not say that we may keep it"),
        (change_words, "nobody has checked its words as they are now"),
    ],
)
def test_what_must_not_be_quoted_is_not_and_the_reason_is_said(
    archive: Archive, story: str, change: Callable[[Archive, str], None], reason: str
) -> None:
    quote = archive.quotes.propose(story, 1, 3, by="ann")
    change(archive, story)
    (quote,) = archive.quotes.of(story)
    with pytest.raises(NotAllowed, match=f"{story} cannot be quoted: .*{reason}"):
        archive.quotes.propose(story, 1, 3, by="ann")
    with pytest.raises(NotAllowed, match=f"{story} cannot be quoted: .*{reason}|The quote 1 was taken back"):
        archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=quote.revision)
    # To take a quote back is always allowed.
    if quote.state != "withdrawn":
        archive.quotes.decide(quote.number, "withdrawn", by="group", role="group", revision=quote.revision)


@pytest.mark.parametrize("state", ["nothing", "heard"])
def test_the_machines_draft_cannot_be_quoted(archive: Archive, state: str) -> None:
    (story,) = take_in(archive, told(2))
    if state == "heard":
        archive.stories.heard(story, by="ann")
    with pytest.raises(NotAllowed, match="nobody has checked its words"):
        archive.quotes.propose(story, 0, 0, by="ann")


def test_a_name_that_was_taken_out_does_not_come_back_by_an_older_quote(archive: Archive, story: str) -> None:
    quote = archive.quotes.propose(story, 4, 7, by="ann")
    check_words(archive, story, "the lunch was warm and [friend] sat together")
    with pytest.raises(NotAllowed, match="not what the story's text says by now"):
        archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1)
    assert archive.quotes.of(story) == [quote]
    assert not archive.quotes.standing(quote).has_voice and archive.quotes.standing(quote).pieces == []


def test_a_change_elsewhere_in_the_words_does_no_harm_to_a_quote(archive: Archive, story: str) -> None:
    quote = archive.quotes.propose(story, 0, 3, by="ann")
    check_words(archive, story, "the lunch was warm and [friend] sat together")
    assert archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1).state == "approved"


def test_there_are_no_quotes_of_stories_or_numbers_that_are_not_there(archive: Archive) -> None:
    with pytest.raises(NotAllowed, match=f"no story {story_id(9)}"):
        archive.quotes.propose(story_id(9), 0, 0, by="ann")
    with pytest.raises(NotAllowed, match="no quote 9"):
        archive.quotes.decide(9, "approved", by="ann", role="group", revision=1)


def test_taking_a_frozen_story_back_withdraws_every_quote(archive: Archive, story: str) -> None:
    proposed = archive.quotes.propose(story, 0, 1, by="ann")
    approved = archive.quotes.propose(story, 2, 3, by="ann")
    archive.quotes.decide(approved.number, "approved", by="group", role="group", revision=1)
    freeze(archive, story)
    archive.deleting.withdraw(story, by="ben")
    assert [(each.number, each.state) for each in archive.quotes.of(story)] == [
        (proposed.number, "withdrawn"), (approved.number, "withdrawn"),
    ]  # fmt: skip
    assert {(each.decided.by, each.decided.role) for each in archive.quotes.of(story) if each.decided} == {
        ("ben", "teller")
    }


class TestWording:
    def test_words_may_be_left_out_and_are_not_heard_either(self, archive: Archive, story: str) -> None:
        words = said(WORDS)
        quote = archive.quotes.propose(story, 1, 6, wording="lunch ... everybody [of us] sat", by="ann")
        assert quote.text == "lunch … everybody [of us] sat"
        one, other = archive.quotes.standing(quote).pieces
        assert words[0].end <= one[0] <= words[1].start and words[1].end <= one[1] <= words[2].start
        assert words[4].end <= other[0] <= words[5].start and words[6].end <= other[1] <= words[7].start

    def test_what_was_not_said_so_is_no_quote(self, archive: Archive, story: str) -> None:
        with pytest.raises(NotAllowed, match="You wrote “cold”, and what was said is “warm”"):
            archive.quotes.propose(story, 1, 3, wording="lunch was cold", by="ann")
        assert archive.quotes.of(story) == []

    def test_a_quote_has_an_end(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(2))
        check_words(archive, story, "word " * (MOST_WORDS + 1))
        with pytest.raises(NotAllowed, match="Choose fewer"):
            archive.quotes.propose(story, 0, MOST_WORDS, by="ann")
        assert archive.quotes.propose(story, 1, MOST_WORDS, by="ann").number


class TestLaterCorrections:
    def test_a_quote_finds_its_words_wherever_they_are_and_is_kept_with_their_place(
        self, archive: Archive, story: str
    ) -> None:
        quote = archive.quotes.propose(story, 1, 3, by="ann")
        check_words(archive, story, "yes and yesterday the lunch was warm and they sat")
        (standing,) = [archive.quotes.standing(quote)]
        assert (standing.first, standing.why_not) == (4, "")
        now = said("yes and yesterday the lunch was warm and they sat")
        ((begin, end),) = standing.pieces
        assert begin == pytest.approx(now[4].start, abs=0.1) and end == pytest.approx(now[6].end, abs=0.1)
        approved = archive.quotes.decide(1, "approved", by="group", role="group", revision=1)
        assert (approved.first_word, approved.last_word, approved.start) == (4, 6, now[4].start)
        # Also by the same person within minutes, when texts are not kept as versions of each other otherwise.
        check_words(archive, story, "the lunch was warm and they sat")
        assert archive.quotes.standing(approved).first == 1

    def test_when_its_own_words_changed_it_says_so_until_they_are_back(self, archive: Archive, story: str) -> None:
        quote = archive.quotes.propose(story, 1, 3, by="ann")
        approved = archive.quotes.decide(1, "approved", by="group", role="group", revision=1)
        check_words(archive, story, "the lunch was cold")
        assert "proposes it again" in archive.quotes.standing(approved).why_not
        assert list(archive.quotes.ready([quote.number])) == []
        check_words(archive, story, WORDS)
        assert [each.quote for each in archive.quotes.ready([quote.number])] == [approved]

    def test_words_that_are_taken_out_take_their_quotes_with_them_and_leave_others(
        self, archive: Archive, story: str
    ) -> None:
        words = said(WORDS)
        named = archive.quotes.propose(story, 3, 6, note="They mean Sam.", by="ann")
        other = archive.quotes.propose(story, 0, 2, by="ann")
        for quote in (named, other):
            archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=1)
        changed = [*words[:5], Word(word="[friend]", start=words[5].start, end=words[5].end, conf=1.0), *words[6:]]
        archive.texts.save(story, changed, by="ben", revision=1)
        archive.quotes.take_out(story, words[5].start, words[5].end, by="ben")
        archive.texts.confirm(story, by="ben", revision=2)
        gone, left = archive.quotes.of(story)
        assert (gone.state, gone.text, gone.note) == ("withdrawn", "[…]", "")
        assert gone.decided and gone.decided.role == "redaction"
        assert [each.quote for each in archive.quotes.ready([1, 2])] == [left]

    def test_nobody_knows_of_a_quote_that_does_not_match_any_more_whether_it_holds_what_was_taken_out(
        self, archive: Archive, story: str
    ) -> None:
        archive.quotes.propose(story, 5, 6, by="ann")
        check_words(archive, story, "the lunch was warm and [friend] sat together")
        archive.quotes.take_out(story, 50.0, 51.0, by="ben")
        assert archive.quotes.of(story)[0].text == "[…]"
