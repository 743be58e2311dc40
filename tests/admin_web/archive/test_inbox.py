"""What there is to do, and what lists can be cut by."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from admin_web.archive import MOST_COUNTED, Archive, Filter, StoryEntry, inbox
from admin_web.archive.storage import checksum
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import BEGUN, label, take_in, told

LATE = BEGUN + timedelta(days=30)


def longest(archive: Archive, before: datetime = LATE, *, lead: bool = False) -> str:
    entry = archive.inbox.longest_unheard(before, Filter(lead=lead))
    return entry.id if entry else ""


def known(archive: Archive, story: str) -> StoryEntry:
    entry = archive.stories.get(story)
    assert entry
    return entry


class TestLongestUnheard:
    def test_it_is_the_first_that_was_told_until_somebody_has_heard_it(self, archive: Archive) -> None:
        one, two, three = take_in(archive, told(1), told(2), told(3))
        assert longest(archive) == one
        archive.stories.heard(one, by="ann")
        assert longest(archive) == two
        archive.stories.missing([two])
        assert longest(archive) == three
        archive.stories.heard(three, by="ann")
        assert longest(archive) == ""

    def test_it_has_waited_since_before_that_moment_and_not_since_then(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        since = known(archive, story).waits_since
        assert longest(archive, since) == ""
        assert longest(archive, since + timedelta(microseconds=1)) == story

    def test_what_leads_alone_may_hear_waits_for_leads_alone(self, archive: Archive) -> None:
        hidden, shown = take_in(archive, told(1, agreed=False), told(2))
        assert (longest(archive), longest(archive, lead=True)) == (shown, hidden)

    @pytest.mark.parametrize(
        ("started_at", "quality", "days"),
        [
            (BEGUN - timedelta(days=9), "ntp", -9),
            (BEGUN - timedelta(days=9), "rtc", -9),
            (BEGUN - timedelta(days=9), "unknown", 0),
            (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), "unknown", 0),
            (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), "rtc", 0),
            (BEGUN + timedelta(days=40_000), "rtc", 0),
        ],
    )
    def test_a_story_of_a_clock_that_cannot_be_right_waits_since_it_came(
        self, archive: Archive, started_at: datetime, quality: str, days: int
    ) -> None:
        story = told(1, started_at=started_at, listed_at=started_at, clock_quality=quality, taken_in_at=BEGUN)
        (name,) = take_in(archive, story)
        assert known(archive, name).waits_since == BEGUN + timedelta(days=days)
        assert longest(archive) == name
        assert longest(archive, BEGUN + timedelta(days=days)) == ""


def test_the_next_to_hear_is_the_first_of_the_list_and_never_the_same_again(archive: Archive) -> None:
    one, two, hidden = take_in(archive, told(1), told(2), told(3, agreed=False))

    def following(story: str, *, lead: bool = False) -> str:
        entry = archive.inbox.next_to_hear(known(archive, story), Filter(lead=lead))
        return entry.id if entry else ""

    assert [following(story) for story in (one, two, hidden)] == [two, one, one]
    archive.stories.heard(one, by="ann")
    archive.stories.heard(two, by="ann")
    assert following(one) == ""
    assert following(one, lead=True) == hidden


def test_there_is_each_station_question_and_tag_once(archive: Archive) -> None:
    assert archive.inbox.stations() == archive.inbox.questions() == archive.inbox.tags() == []
    places = [("lake", "What else?"), ("hill", ""), ("lake", ""), ("lake", "What else?")]
    stories = take_in(archive, *(told(n, station=at, question=asked) for n, (at, asked) in enumerate(places)))
    label(archive, stories[0], "food", "money")
    label(archive, stories[1], "money")
    assert archive.inbox.stations() == ["hill", "lake"]
    assert archive.inbox.questions() == ["", "What else?"]
    assert archive.inbox.tags() == ["food", "money"]


def test_nobody_counts_further_than_anybody_reads(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(archive, *(told(n) for n in range(5)))
    monkeypatch.setattr(inbox, "MOST_COUNTED", 3)
    assert archive.inbox.counts() == {"unheard": 3, "heard": 0, "checked": 0}
    assert MOST_COUNTED == 10_000


def test_an_older_archive_learns_who_waits(folder: DataFolder) -> None:
    with Archive(folder) as archive:
        stories = take_in(archive, told(1, station="lake"), told(2))
        archive.stories.heard(stories[1], by="ann")
    raw = sqlite3.connect(archive.path, isolation_level=None)
    for name in ("stories_by_station", "stories_by_question", "stories_unheard_since"):
        raw.execute(f"DROP INDEX {name}")
    for key, text in raw.execute("SELECT id, json_remove(doc, '$.waits_since') FROM doc_stories").fetchall():
        raw.execute("UPDATE doc_stories SET doc = ?, crc = ? WHERE id = ?", (text, checksum(key, text), key))
    raw.execute("PRAGMA user_version=3")
    raw.close()
    with Archive(folder) as newer:
        assert longest(newer) == stories[0]
        assert newer.inbox.stations() == ["lake", "station"]
        assert newer.inbox.counts() == {"unheard": 1, "heard": 1, "checked": 0}
