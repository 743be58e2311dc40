"""What people say that a story is about."""

import pytest

from admin_web.archive import About, Archive, Filter
from kiosk.errors import ChangedMeanwhile, NotAllowed
from tests.admin_web.archive.told import label, listed, story_id, take_in, told

ALL = About(
    tags=("food", "safety", "say"),
    feeling="mixed",
    kind="idea",
    speaker="supported",
    view="both",
    strength="Speaks up for others",
)


@pytest.fixture
def story(archive: Archive) -> str:
    (story,) = take_in(archive, told(1))
    return story


def test_all_of_it_is_kept_by_one_verb_with_whoever_said_it(archive: Archive, story: str) -> None:
    assert archive.stories.known(story).about == About()
    entry = archive.labels.put(story, ALL, by="ann", revision=1)
    assert archive.stories.known(story) == entry
    assert (entry.about, entry.revision, entry.tagged_by) == (ALL, 2, "ann") and entry.tagged_at
    assert [(line.who, line.what, line.details) for line in archive.log.page(1, 9)] == [("ann", "tagged", {"tags": 3})]
    assert listed(archive, Filter(tags=("say",), feeling="mixed", kind="idea", speaker="supported")) == [1]
    assert archive.labels.put(story, About(), by="ben", revision=2).about == About()


def test_a_strength_is_kept_as_one_line(archive: Archive, story: str) -> None:
    assert archive.labels.put(story, About(strength="  sings \n well "), by="ann", revision=1).strength == "sings well"


def test_the_same_again_is_no_change(archive: Archive, story: str) -> None:
    entry = archive.labels.put(story, ALL, by="ann", revision=1)
    other_order = ALL.model_copy(update={"tags": ("say", "food", "say", "safety")})
    # Also by somebody who has not seen that it was said already.
    assert archive.labels.put(story, other_order, by="ben", revision=1) == entry
    assert len(archive.log.page(1, 9)) == 1


def test_of_two_who_label_a_story_the_first_wins_and_the_other_has_both_at_hand(archive: Archive, story: str) -> None:
    label(archive, story, "food")
    with pytest.raises(ChangedMeanwhile, match="Somebody else") as caught:
        archive.labels.put(story, About(tags=("money",)), by="ben", revision=1)
    theirs, yours = caught.value.theirs, caught.value.yours
    assert (theirs.tags, yours.tags) == (("food",), ("money",))  # type: ignore[attr-defined]
    assert archive.stories.get(story) == theirs
    assert archive.labels.put(story, About(tags=("money",)), by="ben", revision=2).tags == ("money",)


def test_a_topic_that_was_switched_off_stays_on_its_stories_and_comes_to_no_other(archive: Archive, story: str) -> None:
    label(archive, story, "food")
    archive.tags.switch("food", off=True, by="ann", revision=1)
    assert label(archive, story, "food", "say").tags == ("food", "say")
    label(archive, story, "say")
    with pytest.raises(NotAllowed, match="“Food” is not offered any more"):
        label(archive, story, "say", "food")


@pytest.mark.parametrize(
    ("about", "why"),
    [
        (About(tags=("food", "say", "money", "staff")), "at most 3 topics"),
        (About(tags=("food", "nobody")), "no such topic"),
        (About(tags=("Food",)), "no such topic"),
        (About(tags=("",)), "no such topic"),
        (About(tags=("a\0b",)), "no such topic"),
        (About(feeling="happy"), "no such choice"),
        (About(kind="good"), "no such choice"),
        (About(speaker="mine"), "no such choice"),
        (About(view="self"), "no such choice"),
        (About(strength="x" * 201), "at most 200 letters"),
        (About(strength="a\0b"), "at most 200 letters"),
    ],
)
def test_what_is_against_the_rules_changes_nothing(archive: Archive, story: str, about: About, why: str) -> None:
    archive.labels.put(story, ALL, by="ann", revision=1)
    before, last = archive.stories.known(story), archive.log.last()
    with pytest.raises(NotAllowed, match=why):
        archive.labels.put(story, about, by="ann", revision=2)
    assert (archive.stories.known(story), archive.log.last()) == (before, last)


def test_nobody_labels_a_story_that_is_not_there(archive: Archive) -> None:
    with pytest.raises(NotAllowed, match=f"There is no story {story_id(1)}"):
        archive.labels.put(story_id(1), ALL, by="ann", revision=1)


def test_counts_are_of_what_each_finds_in_lists(archive: Archive) -> None:
    agreed, not_agreed, missing = take_in(archive, told(1), told(2, agreed=False), told(3))
    for each in (agreed, not_agreed, missing):
        label(archive, each, "food")
    label(archive, agreed, "food", "say")
    archive.stories.missing([missing])
    assert archive.tags.counts() == {"food": 1, "say": 1}
    assert archive.tags.counts(lead=True) == {"food": 2, "say": 1}
