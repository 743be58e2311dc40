"""Lists of stories, against a plain Python filter over all of them."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from admin_web.archive import About, Archive, Filter, StoryEntry
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from tests.admin_web.archive.opening import folder_in_memory
from tests.admin_web.archive.told import BEGUN, WORDS, check_words, label, listed, take_in, told

STATIONS, QUESTIONS, TAGS = ["hill", "lake", "town"], ["", "How was lunch?", "What else?"], ["food", "money", "staff"]
FEELINGS = ["", "good", "mixed"]
PLACES = [BEGUN + timedelta(hours=n) for n in range(8)]


@pytest.fixture(scope="module")
def many() -> Iterator[tuple[Archive, list[StoryEntry]]]:
    """120 stories of every kind, several at the same moment, and all their entries in the order of their coming."""
    chance = random.Random(1)
    with folder_in_memory() as root, Archive(DataFolder.open(root)) as archive:
        stories = take_in(
            archive,
            *(
                told(
                    n,
                    station=chance.choice(STATIONS),
                    question=chance.choice(QUESTIONS),
                    agreed=chance.random() < 0.8,
                    permissions=Permissions(
                        words=chance.choice([True, False, None]), voice=chance.choice([True, False, None])
                    ),
                    started_at=chance.choice(PLACES),
                )
                for n in range(120)
            ),
        )
        with archive.transaction():
            for story in stories:
                if chance.random() < 0.6:
                    about = About(
                        tags=tuple(chance.sample(TAGS, chance.randrange(4))),
                        feeling=chance.choice(FEELINGS),
                        kind=chance.choice(["", "praise"]),
                        speaker=chance.choice(["", "carer"]),
                    )
                    archive.labels.put(story, about, by="ann", revision=1)
                if chance.random() < 0.5:
                    archive.stories.heard(story, by="ann")
                if chance.random() < 0.3:
                    archive.texts.confirm(story, by="ann", revision=check_words(archive, story, WORDS).revision)
                if chance.random() < 0.1:
                    archive.flags.raise_flag(story, reason="worried", by="ann")
                    archive.deleting.withdraw(story, by="ann")
            archive.stories.missing(chance.sample(stories, 12))
        entries = [entry for story in stories if (entry := archive.stories.get(story))]
        assert len(entries) == 120 and {each.shelf for each in entries} == {"staff", "lead", "gone"}
        yield archive, entries


def fits(entry: StoryEntry, wanted: Filter) -> bool:
    return (
        (entry.shelf == "staff" or (entry.shelf == "lead" and wanted.lead))
        and wanted.state in (None, entry.state)
        and (wanted.since is None or entry.listed_at >= wanted.since)
        and (wanted.before is None or entry.listed_at < wanted.before)
        and set(wanted.tags) <= set(entry.tags)
        and wanted.question in (None, entry.question)
        and wanted.station in (None, entry.station)
        and wanted.feeling in (None, entry.feeling)
        and wanted.kind in (None, entry.kind)
        and wanted.speaker in (None, entry.speaker)
        and (wanted.permission is None or getattr(entry.permissions, wanted.permission) is True)
    )


def filters() -> Iterator[Filter]:
    """Every pair of parts of a filter with some of their values, and some hundreds of larger combinations."""
    parts: dict[str, list[Any]] = {
        "lead": [False],
        "state": ["unheard", "heard", "checked"],
        "since": [PLACES[3], PLACES[3] + timedelta(microseconds=1), BEGUN.astimezone()],
        "before": [PLACES[5], PLACES[0]],
        "tags": [("food",), ("food", "money"), ("staff", "money", "food"), ("food", "food"), ("nobody",), ("Food",)],
        "question": QUESTIONS,
        "station": [*STATIONS, "st"],
        "permission": ["words", "voice"],
        "feeling": [*FEELINGS, "not-good"],
        "kind": ["praise"],
        "speaker": ["carer"],
    }
    yield Filter()
    for one, other in itertools.combinations_with_replacement(parts, 2):
        for first, second in itertools.product(parts[one], parts[other]):
            yield Filter(**{one: first, other: second})
    chance = random.Random(2)
    for _ in range(150):
        chosen = chance.sample(list(parts), chance.randrange(3, 7))
        yield Filter(**{name: chance.choice(parts[name]) for name in chosen})


def test_every_filter_shows_what_fits_in_order_and_counts_it(many: tuple[Archive, list[StoryEntry]]) -> None:
    archive, entries = many
    found = 0
    for wanted in filters():
        # Python's sort is stable: those of the same moment stay in the order of their coming.
        expected = sorted((entry for entry in entries if fits(entry, wanted)), key=lambda entry: entry.listed_at)
        assert archive.stories.page(1, 200, wanted, order="oldest") == expected, wanted
        assert archive.stories.page(1, 200, wanted) == expected[::-1], wanted
        assert archive.stories.count(wanted) == len(expected), wanted
        states = Counter(entry.state for entry in entries if fits(entry, replace(wanted, state=None)))
        assert archive.inbox.counts(wanted) == {"unheard": 0, "heard": 0, "checked": 0, **states}, wanted
        found += bool(expected)
    assert found > 100


@pytest.mark.parametrize("wanted", [Filter(), Filter(tags=("food",)), Filter(lead=False, station="lake")])
@pytest.mark.parametrize("per_page", [1, 7, 25])
def test_pages_go_through_all_once_and_end(
    many: tuple[Archive, list[StoryEntry]], wanted: Filter, per_page: int
) -> None:
    archive, _ = many
    everything = archive.stories.page(1, 1000, wanted)
    pages = -(-len(everything) // per_page)
    gone_through = [entry for page in range(1, pages + 1) for entry in archive.stories.page(page, per_page, wanted)]
    assert gone_through == everything
    assert archive.stories.page(pages + 1, per_page, wanted) == []
    assert archive.stories.page(10**6, per_page, wanted) == []


def test_a_tag_that_is_changed_moves_the_story_in_the_lists(archive: Archive) -> None:
    one, two = take_in(archive, told(1), told(2))
    label(archive, one, "food", "money")
    label(archive, two, "food")
    assert listed(archive, Filter(tags=("food",))) == [2, 1]
    assert listed(archive, Filter(tags=("money", "food"))) == [1]
    label(archive, one, "staff")
    assert listed(archive, Filter(tags=("food",))) == [2]
    assert listed(archive, Filter(tags=("money",))) == []
    assert listed(archive, Filter(tags=("staff",))) == [1]
    label(archive, one)
    assert listed(archive, Filter(tags=("staff",))) == []
    archive.deleting.withdraw(two, by="ann")
    assert archive.stories.count(Filter(tags=("food",))) == 0


def test_a_tags_list_and_count_show_what_this_person_may_see(archive: Archive) -> None:
    agreed, not_agreed, missing = take_in(archive, told(1), told(2, agreed=False), told(3))
    for story in (agreed, not_agreed, missing):
        label(archive, story, "food")
    staff, lead = Filter(tags=("food",)), Filter(lead=True, tags=("food",))
    assert (listed(archive, staff), listed(archive, lead)) == ([3, 1], [3, 2, 1])
    archive.stories.missing([missing])
    assert (listed(archive, staff), archive.stories.count(staff)) == ([1], 1)
    assert (listed(archive, lead), archive.stories.count(lead)) == ([2, 1], 2)
    # Whatever else is asked for, the count is that of the list.
    heard = Filter(tags=("food",), state="heard")
    assert archive.stories.count(heard) == 0
    archive.stories.heard(agreed, by="ann")
    assert archive.stories.count(heard) == len(listed(archive, heard)) == 1


def test_the_same_tag_twice_is_one_tag(archive: Archive) -> None:
    (story,) = take_in(archive, told(1))
    assert label(archive, story, "food", "money", "food").tags == ("food", "money")
    assert archive.stories.count(Filter(tags=("food",))) == 1


def test_tags_of_a_transaction_that_fails_are_in_no_list(archive: Archive) -> None:
    (story,) = take_in(archive, told(1))
    with pytest.raises(ZeroDivisionError), archive.transaction():
        label(archive, story, "food")
        assert listed(archive, Filter(tags=("food",))) == [1]
        raise ZeroDivisionError
    assert listed(archive, Filter(tags=("food",))) == []
    assert archive.log.last() is None
