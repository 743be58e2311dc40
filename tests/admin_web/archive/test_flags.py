"""Safeguarding: a flag freezes its story, and nobody closes one without saying what came of it."""

from collections.abc import Callable

import pytest

from admin_web.archive import Archive
from admin_web.archive.records.flags import Flag
from kiosk.errors import ChangedMeanwhile, NotAllowed
from tests.admin_web.archive.told import WORDS, check_words, file_of, label, said, story_id, take_in, told


@pytest.fixture
def story(archive: Archive) -> str:
    (story,) = take_in(archive, told(1))
    check_words(archive, story, WORDS)
    return story


def is_frozen(archive: Archive, story: str) -> bool:
    entry = archive.stories.get(story)
    assert entry
    return entry.frozen


def test_a_flag_holds_who_when_and_the_words_that_gave_cause(archive: Archive, story: str) -> None:
    flag = archive.flags.raise_flag(story, reason="afraid of somebody", words="he shouts at me", by="ann")
    (kept,) = archive.flags.of(story)
    assert kept == flag
    assert (kept.reason, kept.words, kept.by, kept.outcome) == ("afraid of somebody", "he shouts at me", "ann", "")
    assert kept.at.tzinfo and kept.closed_at is None
    assert is_frozen(archive, story)


def test_a_closed_flag_holds_what_was_done(archive: Archive, story: str) -> None:
    flag = archive.flags.raise_flag(story, reason="worried", by="ann")
    closed = archive.flags.close(
        flag.number, action="called", referral="council", outcome="safe", by="lead", revision=1
    )
    assert archive.flags.of(story) == [closed]
    assert (closed.action, closed.referral, closed.outcome, closed.closed_by) == ("called", "council", "safe", "lead")
    assert (closed.reason, closed.by, closed.at) == (flag.reason, flag.by, flag.at)
    assert closed.closed_at and not is_frozen(archive, story)


@pytest.mark.parametrize("outcome", ["", " ", "\n\t\u2003"])
def test_no_flag_is_closed_without_an_outcome(archive: Archive, story: str, outcome: str) -> None:
    flag = archive.flags.raise_flag(story, reason="worried", by="ann")
    with pytest.raises(NotAllowed, match="Write what came of it"):
        archive.flags.close(flag.number, action="called", outcome=outcome, by="lead", revision=1)
    assert is_frozen(archive, story)


def test_a_story_thaws_only_with_its_last_flag(archive: Archive, story: str) -> None:
    flags = [archive.flags.raise_flag(story, reason=f"worry {n}", by="ann") for n in range(3)]
    for n, flag in enumerate(flags):
        assert is_frozen(archive, story)
        archive.flags.close(flag.number, action="called", outcome="safe", by="lead", revision=1)
        assert is_frozen(archive, story) == (n < 2)


def test_a_flag_freezes_its_own_story_alone(archive: Archive, story: str) -> None:
    (other,) = take_in(archive, told(2))
    archive.flags.raise_flag(other, reason="worried", by="ann")
    assert not is_frozen(archive, story)
    assert archive.flags.of(story) == []


def test_a_frozen_story_can_be_heard_and_tagged_and_nothing_else(archive: Archive, story: str) -> None:
    quote = archive.quotes.propose(story, 0, 1, by="ann")
    archive.flags.raise_flag(story, reason="worried", by="ann")
    archive.stories.heard(story, by="ben")
    label(archive, story, "food")
    forbidden: list[Callable[[], object]] = [
        lambda: archive.texts.save(story, said("no"), by="ben", revision=1),
        lambda: archive.texts.confirm(story, by="ben", revision=1),
        lambda: archive.quotes.propose(story, 0, 1, by="ben"),
        lambda: archive.quotes.decide(quote.number, "approved", by="ben", role="group", revision=1),
        lambda: archive.deleting.delete(story, why="staff", by="lead"),
        lambda: archive.deleting.delete_audio(story, by="lead"),
    ]
    before = file_of(archive)
    for verb in forbidden:
        with pytest.raises(NotAllowed, match="frozen by a safeguarding flag"):
            verb()
    assert file_of(archive) == before


def test_of_two_who_close_the_first_wins_and_the_other_has_both_at_hand(archive: Archive, story: str) -> None:
    flag = archive.flags.raise_flag(story, reason="worried", by="ann")
    first = archive.flags.close(flag.number, action="called", outcome="safe", by="ann", revision=1)
    with pytest.raises(ChangedMeanwhile) as caught:
        archive.flags.close(flag.number, action="wrote", outcome="not safe", by="ben", revision=1)
    theirs, yours = caught.value.theirs, caught.value.yours
    assert theirs == first
    assert isinstance(yours, Flag) and (yours.outcome, yours.closed_by) == ("not safe", "ben")
    assert archive.flags.of(story) == [first]


def test_what_came_of_it_is_not_rewritten(archive: Archive, story: str) -> None:
    flag = archive.flags.raise_flag(story, reason="worried", by="ann")
    first = archive.flags.close(flag.number, action="called", outcome="safe", by="ann", revision=1)
    with pytest.raises(NotAllowed, match="closed already"):
        archive.flags.close(flag.number, action="", outcome="nothing", by="ben", revision=2)
    assert archive.flags.of(story) == [first]


def test_there_are_no_flags_of_stories_or_numbers_that_are_not_there(archive: Archive) -> None:
    with pytest.raises(NotAllowed, match=f"no story {story_id(9)}"):
        archive.flags.raise_flag(story_id(9), reason="worried", by="ann")
    with pytest.raises(NotAllowed, match="no flag 9"):
        archive.flags.close(9, action="", outcome="safe", by="ann", revision=1)
    assert archive.log.last() is None


def test_the_log_tells_who_and_never_why(archive: Archive, story: str) -> None:
    flag = archive.flags.raise_flag(story, reason="marked-reason", words="marked-words", by="ann")
    archive.flags.close(
        flag.number, action="marked-action", referral="marked-referral", outcome="marked-outcome", by="lead", revision=1
    )
    lines = archive.log.page(1, 2)
    assert [(line.who, line.what, line.story, line.details) for line in lines] == [
        ("lead", "flag closed", story, {"flag": flag.number}), ("ann", "flag raised", story, {"flag": flag.number}),
    ]  # fmt: skip
    assert "marked" not in str(lines)


class TestTakenBack:
    """Taken back while a flag is open: nobody uses it, the lead keeps it until the flag is closed, and then it goes."""

    def test_it_stays_for_the_lead_and_goes_with_the_last_flag(self, archive: Archive, story: str) -> None:
        flags = [archive.flags.raise_flag(story, reason=f"worry {n}", by="ann") for n in range(2)]
        assert archive.deleting.withdraw(story, by="ann") is False
        archive.flags.close(flags[0].number, action="called", outcome="safe", by="lead", revision=1)
        entry = archive.stories.get(story)
        assert entry and entry.shelf == "lead" and archive.texts.get(story)
        closed = archive.flags.close(flags[1].number, action="called", outcome="safe too", by="lead", revision=1)
        assert closed.outcome == "safe too"
        tombstone = archive.deleting.tombstone(story)
        assert tombstone and (tombstone.why, tombstone.by, tombstone.cleared) == ("withdrawn", "lead", True)
        assert archive.stories.get(story) is None and archive.flags.of(story) == []
        assert b"worry 0" not in file_of(archive) and b"everybody" not in file_of(archive)

    def test_closing_and_going_are_one(self, archive: Archive, story: str, monkeypatch: pytest.MonkeyPatch) -> None:
        flag = archive.flags.raise_flag(story, reason="worried", by="ann")
        archive.deleting.withdraw(story, by="ann")

        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
            patch.setattr(archive.deleting, "bury", broken)
            archive.flags.close(flag.number, action="called", outcome="safe", by="lead", revision=1)
        assert archive.flags.of(story) == [flag] and is_frozen(archive, story)
        archive.flags.close(flag.number, action="called", outcome="safe", by="lead", revision=1)
        assert archive.deleting.tombstone(story)
