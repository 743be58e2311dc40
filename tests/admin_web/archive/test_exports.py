"""What was handed out: remembered before it goes, and longer than the story, to tell its teller where it is."""

import pytest

from admin_web.archive import Archive
from kiosk.errors import NotAllowed
from tests.admin_web.archive.told import WORDS, check_words, file_of, story_id, take_in, told


@pytest.fixture
def approved(archive: Archive) -> list[int]:
    """Quotes 1 and 2 of story 1, and 3 of story 2."""
    for number in (1, 2):
        check_words(archive, *take_in(archive, told(number, card=f"cat {number}")), WORDS)
    quotes = [archive.quotes.propose(story_id(n), at, at + 1, by="ann") for n, at in ((1, 0), (1, 3), (2, 0))]
    for each in quotes:
        archive.quotes.decide(each.number, "approved", by="group", role="group", revision=1)
    return [each.number for each in quotes]


def begin(archive: Archive, numbers: list[int], reason: str = "For the council.", voice: bool = True) -> int:
    return archive.exports.begin(archive.quotes.ready(numbers), voice=voice, reason=reason, by="ann").number


def test_it_is_remembered_before_anything_goes_and_narrowed_to_what_went(archive: Archive, approved: list[int]) -> None:
    number = begin(archive, approved)
    (export,) = archive.exports.page(1, 10)
    assert [(part.quote, part.story) for part in export.parts] == [
        (1, story_id(1)), (2, story_id(1)), (3, story_id(2)),
    ]  # fmt: skip
    assert (export.number, export.what, export.reason, export.by) == (
        number,
        ("words", "voice"),
        "For the council.",
        "ann",
    )
    assert export.finished_at is None
    archive.exports.finish(number, {1, 3})
    (export,) = archive.exports.page(1, 10)
    assert [part.quote for part in export.parts] == [1, 3] and export.finished_at
    assert archive.exports.count() == 1


def test_who_handed_out_what_is_in_the_log_and_on_each_story(archive: Archive, approved: list[int]) -> None:
    begin(archive, approved)
    lines = [(line.who, line.what, line.story, line.details) for line in archive.log.page(1, 3)][::-1]
    assert lines == [
        ("ann", "quotes exported", "", {"export": 1, "quotes": 3, "voice": True}),
        ("ann", "exported", story_id(1), {"export": 1}),
        ("ann", "exported", story_id(2), {"export": 1}),
    ]


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_nothing_goes_without_a_reason(archive: Archive, approved: list[int], reason: str) -> None:
    with pytest.raises(NotAllowed, match="what it is for"):
        begin(archive, approved, reason)
    assert archive.exports.count() == 0


def test_what_may_not_be_used_does_not_go(archive: Archive, approved: list[int]) -> None:
    archive.flags.raise_flag(story_id(1), reason="worried", by="ann")
    archive.quotes.propose(story_id(2), 2, 3, by="ann")
    begin(archive, [*approved, 4, 99])
    assert [part.quote for part in archive.exports.page(1, 1)[0].parts] == [3]
    with pytest.raises(NotAllowed, match="no quote that may be handed out"):
        begin(archive, [1, 2, 4])
    assert archive.exports.count() == 1


def test_where_a_story_went_is_known_when_it_is_gone_and_none_of_its_words(
    archive: Archive, approved: list[int]
) -> None:
    first, second = begin(archive, approved), begin(archive, [1])
    assert archive.exports.taken_back(first) == []
    archive.deleting.withdraw(story_id(1), by="lead")
    assert archive.stories.get(story_id(1)) is None
    assert [each.number for each in archive.exports.of(story_id(1))] == [first, second]
    assert [each.number for each in archive.exports.of(story_id(2))] == [first]
    assert archive.exports.of(story_id(3)) == []
    assert [(each.part.quote, each.title) for each in archive.exports.taken_back(first)] == [(1, "Cat 1"), (2, "Cat 1")]
    archive.deleting.withdraw(story_id(2), by="lead")
    assert b"everybody" not in file_of(archive)


def test_a_story_that_is_taken_back_while_it_is_frozen_is_told_as_well(archive: Archive, approved: list[int]) -> None:
    number = begin(archive, approved)
    archive.flags.raise_flag(story_id(2), reason="worried", by="ann")
    archive.deleting.withdraw(story_id(2), by="lead")
    assert [(each.part.quote, each.title) for each in archive.exports.taken_back(number)] == [(3, "Cat 2")]


def test_one_that_staff_were_asked_for_is_told_before_a_lead_has_finished_it(
    archive: Archive, approved: list[int]
) -> None:
    number = begin(archive, approved)
    archive.taking_back.ask(story_id(2), by="ann")
    assert [(each.part.quote, each.title) for each in archive.exports.taken_back(number)] == [(3, "Cat 2")]


def test_a_story_that_was_kept_long_enough_is_not_taken_back(archive: Archive, approved: list[int]) -> None:
    number = begin(archive, approved)
    archive.deleting.delete(story_id(1), why="kept long enough", by="station")
    assert archive.exports.taken_back(number) == []
