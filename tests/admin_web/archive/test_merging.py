"""Merging topics and taking them apart, in any order with all else that changes them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from admin_web.archive import About, Archive, Filter
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.opening import folder_in_memory
from tests.admin_web.archive.told import label, listed, take_in, told


def revision_of(archive: Archive, tag_id: str) -> int:
    return archive.tags.known(tag_id).revision


def tags_of(archive: Archive) -> dict[int, tuple[str, ...]]:
    return {each.sequence: each.tags for each in archive.stories.page(1, 100, Filter(lead=True), order="oldest")}


def merge(archive: Archive, tag_id: str, into: str) -> int:
    return archive.merging.merge(tag_id, into, by="ann", revision=revision_of(archive, tag_id))


def part(archive: Archive, tag_id: str) -> int:
    return archive.merging.part(tag_id, by="ann", revision=revision_of(archive, tag_id))


@pytest.fixture
def stories(archive: Archive) -> list[str]:
    """Three about food, money, or both; one of them frozen."""
    stories = take_in(archive, *(told(n) for n in (1, 2, 3)))
    for story, tags in zip(stories, (["food", "staff"], ["money", "food"], ["money"]), strict=True):
        label(archive, story, *tags)
    archive.flags.raise_flag(stories[0], reason="a worry", by="ann")
    return stories


def test_all_stories_of_the_one_are_about_the_other(archive: Archive, stories: list[str]) -> None:
    assert merge(archive, "food", "money") == 2
    assert tags_of(archive) == {1: ("money", "staff"), 2: ("money",), 3: ("money",)}
    assert listed(archive, Filter(tags=("money",))) == [3, 2, 1] and listed(archive, Filter(tags=("food",))) == []
    assert archive.tags.counts() == {"money": 3, "staff": 1}
    assert [each.words for each in archive.tags.named(["food", "money"])] == ["Money"]
    assert "food" not in [each.id for each in archive.tags.offered()]
    line = archive.log.last()
    assert line and (line.what, line.details) == ("topic merged", {"tag": "food", "into": "money"})


def test_taken_apart_every_story_has_what_it_had(archive: Archive, stories: list[str]) -> None:
    before = tags_of(archive)
    merge(archive, "food", "money")
    label(archive, stories[2], "money", "safety")
    assert part(archive, "food") == 2
    assert {n: set(tags) for n, tags in tags_of(archive).items()} == {
        1: set(before[1]),
        2: set(before[2]),
        3: {"money", "safety"},
    }
    assert [archive.stories.known(each).merged for each in stories] == [(), (), ()]


def test_topics_that_were_chosen_anew_stay_and_other_labels_do_not_count_as_that(
    archive: Archive, stories: list[str]
) -> None:
    merge(archive, "food", "money")
    for story, about in zip(stories, ({"tags": ("money",)}, {"tags": ("money",), "feeling": "good"}), strict=False):
        entry = archive.stories.known(story)
        archive.labels.put(story, About(**about), by="ben", revision=entry.revision)  # type: ignore[arg-type]
    assert part(archive, "food") == 1
    assert tags_of(archive) == {1: ("money",), 2: ("money", "food"), 3: ("money",)}


def test_whoever_has_the_story_open_is_told(archive: Archive, stories: list[str]) -> None:
    open_at = archive.stories.known(stories[0]).revision
    merge(archive, "food", "money")
    with pytest.raises(ChangedMeanwhile) as conflict:
        archive.labels.put(stories[0], About(tags=("food", "say")), by="ben", revision=open_at)
    assert conflict.value.theirs.tags == ("money", "staff")  # type: ignore[attr-defined]
    assert conflict.value.yours.tags == ("money", "say")  # type: ignore[attr-defined]
    # The old id goes on to mean what it became.
    entry = archive.labels.put(stories[0], About(tags=("food", "money")), by="ben", revision=open_at + 1)
    assert entry.tags == ("money",)


def test_what_is_against_the_rules_changes_nothing(archive: Archive, stories: list[str]) -> None:
    archive.tags.switch("care", off=True, by="ann", revision=1)
    merge(archive, "health", "food")
    merge(archive, "food", "money")
    archive.tags.add("Health and medicines", "heart", by="ann")
    before, tags = tags_of(archive), archive.tags.everything()
    for one, other, why in (
        ("say", "say", "with itself"),
        ("say", "nobody", "no such topic"),
        ("nobody", "say", "no such topic"),
        ("say", "care", "switched off"),
        ("say", "food", "Take them apart first"),
        ("food", "say", "Take them apart first"),
    ):
        with pytest.raises(NotAllowed, match=why):
            archive.merging.merge(one, other, by="ann", revision=1)
    for one, why in (("say", "was not merged"), ("health", "“Food” was merged itself"), ("nobody", "no such topic")):
        with pytest.raises(NotAllowed, match=why):
            archive.merging.part(one, by="ann", revision=1)
    with pytest.raises(ChangedMeanwhile):
        archive.merging.merge("money", "say", by="ann", revision=7)
    with pytest.raises(ChangedMeanwhile):
        archive.merging.part("food", by="ann", revision=1)
    assert (tags_of(archive), archive.tags.everything()) == (before, tags)
    part(archive, "food")
    with pytest.raises(NotAllowed, match="“Health and medicines” already"):
        part(archive, "health")


TOPICS = ["food", "money", "say"]
some_topics = st.lists(st.sampled_from(TOPICS), unique=True, max_size=3)
topics = st.sampled_from(TOPICS)


class AnyOrder(RuleBasedStateMachine):
    """Beside the archive stands what it is meant to do: stories keep what people chose, and are read through a list of
    what each topic is now.
    """

    def __init__(self) -> None:
        super().__init__()
        self._memory = folder_in_memory()
        self.archive = Archive(DataFolder.open(self._memory.__enter__()))
        self.chosen: dict[str, set[str]] = {}
        self.became: dict[str, str] = {}

    def teardown(self) -> None:
        self.archive.close()
        self._memory.__exit__(None, None, None)

    @initialize(tags=st.tuples(*[some_topics] * 3))
    def tell(self, tags: tuple[list[str], ...]) -> None:
        stories = take_in(self.archive, *(told(n, agreed=n > 1) for n in range(4)))
        self.chosen = dict(zip(stories, map(set, (*tags, TOPICS)), strict=True))
        for story, chosen in self.chosen.items():
            label(self.archive, story, *sorted(chosen))

    def now(self, tag: str) -> str:
        while tag in self.became:
            tag = self.became[tag]
        return tag

    def expected(self, story: str) -> set[str]:
        return {self.now(tag) for tag in self.chosen[story]}

    def attempt(self, verb: Any, *arguments: Any, **named: Any) -> bool:
        """Whether the rules let it be done."""
        try:
            verb(*arguments, by="ann", **named)
        except NotAllowed:
            return False
        return True

    @rule(number=st.integers(0, 3), tags=some_topics, feeling=st.sampled_from(["", "good"]))
    def say(self, number: int, tags: list[str], feeling: str) -> None:
        story = list(self.chosen)[number]
        entry = self.archive.stories.known(story)
        about = About(tags=tuple(tags), feeling=feeling)
        meant = {self.now(tag) for tag in tags}
        if self.attempt(self.archive.labels.put, story, about, revision=entry.revision) and meant != set(entry.tags):
            self.chosen[story] = meant

    @rule(tag=topics, into=topics)
    def merge(self, tag: str, into: str) -> None:
        if self.attempt(self.archive.merging.merge, tag, into, revision=revision_of(self.archive, tag)):
            self.became[tag] = into

    @rule(tag=topics)
    def part(self, tag: str) -> None:
        if self.attempt(self.archive.merging.part, tag, revision=revision_of(self.archive, tag)):
            del self.became[tag]

    @rule(tag=topics, words=st.sampled_from(["Food", "Money", "Bread"]))
    def rename_or_switch(self, tag: str, words: str) -> None:
        known = self.archive.tags.known(tag)
        self.attempt(self.archive.tags.change, tag, words=words, picture="bus", revision=known.revision)
        self.attempt(self.archive.tags.switch, tag, off=words == "Bread", revision=revision_of(self.archive, tag))

    @invariant()
    def every_story_is_about_what_people_chose_as_it_is_now(self) -> None:
        merged = {tag.id for tag in self.archive.tags.everything() if tag.merged_into}
        assert merged == set(self.became)
        counts: dict[str, int] = {}
        for story in self.chosen:
            entry = self.archive.stories.known(story)
            assert set(entry.tags) == self.expected(story) and len(entry.tags) == len(set(entry.tags))
            assert not merged & set(entry.tags)
            for tag in entry.tags:
                counts[tag] = counts.get(tag, 0) + 1
        assert self.archive.tags.counts(lead=True) == counts
        assert all(self.archive.stories.count(Filter(lead=True, tags=(tag,))) == counts.get(tag, 0) for tag in TOPICS)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=12,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
