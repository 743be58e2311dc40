"""Which quotes a list shows, to whom."""

from datetime import timedelta

import pytest

from admin_web.archive import About, Archive
from admin_web.archive.filters import Filter
from admin_web.archive.quote_filter import QuoteFilter
from kiosk.stories.records import Permissions
from tests.admin_web.archive.told import (
    BEGUN,
    WORDS,
    change_words,
    check_words,
    checked_story,
    freeze,
    story_id,
    take_back,
    take_in,
    told,
)


@pytest.fixture
def story(archive: Archive) -> str:
    return checked_story(archive)


class TestLists:
    @pytest.fixture(autouse=True)
    def several(self, archive: Archive, story: str) -> None:
        others = take_in(
            archive,
            told(2, question="How was the food?", permissions=Permissions(words=True, voice=False)),
            told(3),
            told(4),
        )
        archive.labels.put(story, About(tags=("food",)), by="ann", revision=1)
        for each in (story, *others):
            if each != story:
                check_words(archive, each, WORDS)
            archive.quotes.propose(each, 1, 3, by="ann")
        archive.quotes.decide(2, "approved", by="group", role="group", revision=1)
        archive.quotes.decide(3, "withdrawn", by="ann", role="staff", revision=1)

    def numbers(self, archive: Archive, wanted: QuoteFilter) -> list[int]:
        numbers = [each.number for each in archive.quotes.page(1, 10, wanted)]
        assert len(numbers) == archive.quotes.count(wanted)
        assert archive.quotes.numbers(wanted) == numbers
        return numbers

    @pytest.mark.parametrize(
        ("wanted", "numbers"),
        [
            (QuoteFilter(), [4, 3, 2, 1]),
            (QuoteFilter(state="proposed", oldest_first=True), [1, 4]),
            (QuoteFilter(state="approved"), [2]),
            (QuoteFilter(state="withdrawn"), [3]),
            (QuoteFilter(decided=True), [3, 2]),
            (QuoteFilter(Filter(tags=("food",))), [1]),
            (QuoteFilter(Filter(question="How was the food?")), [2]),
            (QuoteFilter(Filter(question="")), [4, 3, 1]),
            (QuoteFilter(Filter(permission="voice")), [4, 3, 1]),
            (QuoteFilter(Filter(since=BEGUN + timedelta(minutes=3))), [4, 3]),
            (QuoteFilter(Filter(before=BEGUN + timedelta(minutes=3)), state="approved"), [2]),
            # What staff took back before the group decided was never the group's to see.
            (QuoteFilter(for_group=True), [4, 2, 1]),
        ],
    )
    def test_a_list_shows_what_fits(self, archive: Archive, wanted: QuoteFilter, numbers: list[int]) -> None:
        assert self.numbers(archive, wanted) == numbers

    def test_a_group_keeps_what_it_said_no_to_and_loses_what_is_frozen_or_unchecked(self, archive: Archive) -> None:
        archive.quotes.decide(1, "withdrawn", by="group", role="group", revision=1)
        assert self.numbers(archive, QuoteFilter(for_group=True)) == [4, 2, 1]
        freeze(archive, story_id(1))
        change_words(archive, story_id(4))
        assert self.numbers(archive, QuoteFilter(for_group=True)) == [2]
        assert self.numbers(archive, QuoteFilter()) == [4, 3, 2, 1]

    def test_pages_and_what_there_is_to_choose_from(self, archive: Archive) -> None:
        assert [[each.number for each in archive.quotes.page(page, 3, QuoteFilter())] for page in (1, 2, 3)] == [
            [4, 3, 2], [1], [],
        ]  # fmt: skip
        assert archive.quotes.topics(Filter()) == ["food"]
        assert archive.quotes.questions(Filter()) == ["", "How was the food?"]

    def test_what_is_for_leads_alone_is_in_no_list_of_staff(self, archive: Archive) -> None:
        take_back(archive, story_id(1))
        assert self.numbers(archive, QuoteFilter()) == [4, 3, 2]
        assert archive.quotes.topics(Filter()) == []
        assert self.numbers(archive, QuoteFilter(Filter(lead=True))) == [4, 3, 2, 1]
