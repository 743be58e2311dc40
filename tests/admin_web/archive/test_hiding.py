"""A flagged story can be hidden from named people: for them it is nowhere."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tinydb import where

from admin_web.archive import About, Account, Archive, Filter, Link, LogFilter, Role
from admin_web.archive.conditions import field
from kiosk.errors import ChangedMeanwhile, NotAllowed
from tests.admin_web.archive.told import found, listed, take_in, told

FAR = datetime(2199, 1, 1, tzinfo=UTC)


@pytest.fixture
def people(archive: Archive) -> dict[str, Account]:
    """Two leads, two staff and a group, who can sign in."""
    first = archive.people.make_first("Lea", "hash")
    assert first
    roles: dict[str, Role] = {"Leo": "lead", "Sam": "staff", "Sue": "staff", "Tuesday": "group"}
    for name, role in roles.items():
        archive.people.invite(name, role, Link(hash=name, until=FAR), by=first.id)
        archive.people.choose_password(name, "hash")
    return {each.name: each for each in archive.people.everybody()}


@pytest.fixture
def stories(archive: Archive) -> list[str]:
    """Three stories with a tag; the second has a worry."""
    stories = take_in(archive, *(told(n, f"words of {n} and lunch") for n in (1, 2, 3)))
    for story in stories:
        archive.labels.put(story, About(tags=("food",)), by="ann", revision=1)
    archive.flags.raise_flag(stories[1], reason="worried", by="ann")
    return stories


def hide(archive: Archive, story: str, *accounts: Account, staff: bool = False, by: str = "lead") -> None:
    revision = archive.stories.known(story).revision
    archive.hiding.hide(story, [each.id for each in accounts], from_staff=staff, by=by, revision=revision)


def seen(archive: Archive, account: Account) -> list[int]:
    """The stories that this person finds, whichever way they look."""
    plain = Filter.seen_by(account)
    narrow = Filter(lead=plain.lead, viewer=plain.viewer, state="unheard")
    tagged = Filter(lead=plain.lead, viewer=plain.viewer, tags=("food",))
    ways = [sorted(listed(archive, each)) for each in (plain, narrow, tagged)]
    ways += [found(archive, "lunch", each) for each in (plain, narrow, tagged)]
    ways.append(
        [entry.sequence for entry in archive.stories.matching(where("id").exists()) if entry.is_seen_by(account)]
    )
    assert all(way == ways[0] for way in ways), ways
    for each in (plain, narrow, tagged):
        assert archive.stories.count(each) == sum(archive.inbox.counts(each).values()) == len(ways[0])
        assert archive.search.count("lunch", each) == len(ways[0])
    return ways[0]


class TestFromWhom:
    def test_named_staff(self, archive: Archive, stories: list[str], people: dict[str, Account]) -> None:
        hide(archive, stories[1], people["Sam"])
        assert seen(archive, people["Sam"]) == [1, 3]
        for name in ("Sue", "Lea", "Leo"):
            assert seen(archive, people[name]) == [1, 2, 3]

    def test_a_lead(self, archive: Archive, stories: list[str], people: dict[str, Account]) -> None:
        hide(archive, stories[1], people["Leo"], by=people["Lea"].id)
        assert seen(archive, people["Leo"]) == [1, 3]
        assert seen(archive, people["Lea"]) == seen(archive, people["Sam"]) == [1, 2, 3]
        assert archive.flags.open_for(people["Leo"].id) == [] and archive.flags.count_open_for(people["Leo"].id) == 0
        assert archive.flags.count_open_for(people["Lea"].id) == 1

    def test_all_staff_and_a_lead(self, archive: Archive, stories: list[str], people: dict[str, Account]) -> None:
        hide(archive, stories[1], people["Leo"], staff=True)
        for name in ("Sam", "Sue", "Leo"):
            assert seen(archive, people[name]) == [1, 3]
        assert seen(archive, people["Lea"]) == [1, 2, 3]

    def test_whoever_does_not_say_for_whom_a_list_is_gets_none_of_them(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        hide(archive, stories[1], people["Sam"])
        assert listed(archive) == [3, 1] and listed(archive, Filter(lead=True)) == [3, 1]

    def test_and_then_they_see_it_again(self, archive: Archive, stories: list[str], people: dict[str, Account]) -> None:
        hide(archive, stories[1], people["Sam"], people["Leo"], staff=True)
        hide(archive, stories[1])
        assert all(seen(archive, people[name]) == [1, 2, 3] for name in ("Sam", "Sue", "Lea", "Leo"))

    def test_it_stays_hidden_when_the_flag_is_closed(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        hide(archive, stories[1], people["Leo"])
        archive.flags.close(1, action="", outcome="safe", by="lead", revision=1)
        assert seen(archive, people["Leo"]) == [1, 3]
        assert archive.flags.closed_for(people["Leo"].id, 1, 9) == []
        assert len(archive.flags.closed_for(people["Lea"].id, 1, 9)) == 1

    def test_the_log_tells_them_nothing_of_it_also_when_it_is_gone(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        hide(archive, stories[1], people["Leo"])
        leo, lea = LogFilter(viewer=people["Leo"].id), LogFilter(viewer=people["Lea"].id)
        archive.deleting.withdraw(stories[1], by="lead")
        for closes in (True, False):
            assert stories[1] not in {line.story for line in archive.log.lines(leo)}
            assert stories[1] in {line.story for line in archive.log.page(1, 99, lea)}
            if closes:
                archive.flags.close(1, action="", outcome="safe", by="lead", revision=1)
        assert archive.stories.get(stories[1]) is None
        assert archive.deleting.withdrawn(people["Leo"].id, 1, 9) == []
        assert len(archive.deleting.withdrawn(people["Lea"].id, 1, 9)) == 1


class TestRules:
    def test_only_a_story_that_was_flagged(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        with pytest.raises(NotAllowed, match="Raise a worry first"):
            hide(archive, stories[0], people["Sam"])

    def test_nobody_hides_it_from_themselves(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        with pytest.raises(NotAllowed, match="Ask another lead"):
            hide(archive, stories[1], people["Lea"], by=people["Lea"].id)

    def test_a_lead_must_still_see_it(self, archive: Archive, stories: list[str], people: dict[str, Account]) -> None:
        with pytest.raises(NotAllowed, match="At least one lead must still see"):
            hide(archive, stories[1], people["Lea"], people["Leo"])
        assert seen(archive, people["Leo"]) == [1, 2, 3]

    def test_nor_can_the_last_lead_who_sees_it_go(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        hide(archive, stories[1], people["Leo"])
        lea = people["Lea"]
        verbs: tuple[Callable[[], object], ...] = (
            lambda: archive.people.remove(lea.id, by="x", revision=lea.revision),
            lambda: archive.people.disable(lea.id, by="x", revision=lea.revision),
            lambda: archive.people.change_role(lea.id, "staff", by="x", revision=lea.revision),
        )
        for verb in verbs:
            with pytest.raises(NotAllowed, match="Lea is the only lead who sees a story that is hidden from others"):
                verb()
        # Another lead, from whom nothing is hidden, makes it possible.
        archive.people.invite("Liz", "lead", Link(hash="Liz", until=FAR), by=lea.id)
        archive.people.choose_password("Liz", "hash")
        archive.people.remove(lea.id, by="x", revision=lea.revision)

    def test_a_story_that_is_gone_keeps_nobody_here(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        hide(archive, stories[1], people["Leo"])
        archive.flags.close(1, action="", outcome="safe", by="lead", revision=1)
        archive.deleting.withdraw(stories[1], by="lead")
        archive.people.remove(people["Lea"].id, by="x", revision=people["Lea"].revision)

    def test_people_must_be_there(self, archive: Archive, stories: list[str], people: dict[str, Account]) -> None:
        for account in ("nobody", "", "x" * 500, "\ud800"):
            with pytest.raises(NotAllowed, match="not there any more"):
                archive.hiding.hide(stories[1], [account], from_staff=False, by="lead", revision=2)

    def test_whoever_was_first_is_not_overwritten(
        self, archive: Archive, stories: list[str], people: dict[str, Account]
    ) -> None:
        hide(archive, stories[1], people["Sam"])
        with pytest.raises(ChangedMeanwhile):
            archive.hiding.hide(stories[1], [], from_staff=False, by="lead", revision=2)
        assert seen(archive, people["Sam"]) == [1, 3]


def test_a_list_for_somebody_is_found_by_its_index(archive: Archive) -> None:
    for lead, index in itertools.product((False, True), ("stories_listed", "stories_by_state")):
        wanted = Filter(lead=lead, state="unheard" if index == "stories_by_state" else None, viewer="x")
        tables, tests, parameters = wanted.sql()
        plan = archive.stories._documents.database.read(
            f"EXPLAIN QUERY PLAN SELECT id FROM {tables} WHERE {tests} ORDER BY {wanted.order('DESC')} LIMIT 25",
            parameters,
        )
        assert index in str(plan) and "story_hidden USING PRIMARY KEY" in str(plan)


def test_open_flags_and_stories_asked_back_are_found_without_a_look_at_all(archive: Archive) -> None:
    database = archive.stories._documents.database
    for sql, index in (
        (f"SELECT count(*) FROM doc_flags WHERE {field('closed_at')} IS NULL", "flags_open"),
        (f"SELECT count(*) FROM doc_stories WHERE {field('asked_back_at')} IS NOT NULL", "stories_asked_back"),
    ):
        assert index in str(database.read(f"EXPLAIN QUERY PLAN {sql}"))
