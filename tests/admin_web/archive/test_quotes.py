"""Quotes: exact spans of words that somebody has checked and the teller allowed, and nothing else."""

from collections.abc import Callable

import pytest

from admin_web.archive import Archive
from admin_web.archive.records import Quote
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.records import Permissions
from tests.admin_web.archive.told import WORDS, check_words, said, story_id, take_in, told


@pytest.fixture
def story(archive: Archive) -> str:
    (story,) = take_in(archive, told(1))
    check_words(archive, story, WORDS)
    return story


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
    assert approved == quote.model_copy(
        update={"state": "approved", "decided_by": "group", "decided_at": approved.decided_at, "revision": 2}
    )
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
    assert isinstance(yours, Quote) and (yours.state, yours.decided_by) == ("approved", "ann")
    assert archive.quotes.of(story) == [first]


def freeze(archive: Archive, story: str) -> None:
    archive.flags.raise_flag(story, reason="worried", by="ann")


def take_back(archive: Archive, story: str) -> None:
    freeze(archive, story)
    archive.deleting.withdraw(story, by="ann")


def no_longer_allow(archive: Archive, story: str) -> None:
    take_in(archive, told(1, permissions=Permissions(words=False, voice=True)))


def never_ask(archive: Archive, story: str) -> None:
    take_in(archive, told(1, permissions=Permissions(words=None, voice=True)))


def not_agree(archive: Archive, story: str) -> None:
    take_in(archive, told(1, agreed=False))


def change_words(archive: Archive, story: str) -> None:
    archive.texts.save(story, said("the lunch was cold"), by="ann", revision=1)


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
    with pytest.raises(NotAllowed, match=f"{story} cannot be quoted: .*{reason}"):
        archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=quote.revision)
    # To take a quote back is always allowed.
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
    assert [(each.number, each.state, each.decided_by) for each in archive.quotes.of(story)] == [
        (proposed.number, "withdrawn", "ben"), (approved.number, "withdrawn", "ben"),
    ]  # fmt: skip
