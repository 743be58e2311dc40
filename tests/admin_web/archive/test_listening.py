"""What was really played of a recording."""

from pathlib import Path

import pytest

from admin_web.archive import Archive
from kiosk.errors import NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import take_in, told


@pytest.fixture
def story(archive: Archive) -> str:
    (story,) = take_in(archive, told(1, "good tea", seconds=100))
    return story


def parts(archive: Archive, story: str) -> tuple[tuple[float, float], ...]:
    return archive.listening.of(archive.stories.known(story)).parts


def test_nothing_was_played_yet(archive: Archive, story: str) -> None:
    listened = archive.listening.of(archive.stories.known(story))
    assert (listened.parts, listened.share, listened.is_heard) == ((), 0, False)


def test_parts_that_meet_are_one_and_are_counted_once(archive: Archive, story: str) -> None:
    archive.listening.add(story, [(10, 20), (50, 60)], by="ann")
    listened = archive.listening.add(story, [(15, 30), (20.3, 25), (0, 5)], by="ben")
    assert listened.parts == parts(archive, story) == ((0, 5), (10, 30), (50, 60))
    assert listened.share == pytest.approx(0.35)


def test_a_story_is_heard_when_it_was_played_whoever_it_was_and_in_whatever_order(archive: Archive, story: str) -> None:
    archive.listening.add(story, [(40, 92)], by="ann")
    assert archive.stories.known(story).state == "unheard"
    archive.listening.add(story, [(0, 41)], by="ben")
    entry = archive.stories.known(story)
    assert entry.state == "heard" and entry.heard_at
    line = archive.log.last()
    assert line and (line.who, line.what, line.story) == ("ben", "heard", story)


def test_a_checked_story_stays_checked(archive: Archive, story: str) -> None:
    archive.stories.note(archive.stories.known(story).model_copy(update={"state": "checked"}))
    archive.listening.add(story, [(0, 100)], by="ann")
    assert archive.stories.known(story).state == "checked"


@pytest.mark.parametrize("wrong", [(-1, 5), (5, 4), (0, 101), (float("nan"), 5), (0, float("inf"))])
def test_what_is_no_part_of_it_is_refused_and_changes_nothing(
    archive: Archive, story: str, wrong: tuple[float, float]
) -> None:
    with pytest.raises(ValueError, match="no such part"):
        archive.listening.add(story, [(0, 50), wrong], by="ann")
    assert parts(archive, story) == ()


def test_it_goes_with_its_story(archive: Archive, story: str) -> None:
    archive.listening.add(story, [(0, 50)], by="ann")
    archive.deleting.withdraw(story, by="ann")
    assert list(archive.documents_of("listening")) == []
    with pytest.raises(NotAllowed):
        archive.listening.add(story, [(0, 50)], by="ann")


def test_it_is_there_after_the_next_start(folder: DataFolder, archive: Archive, story: str, tmp_path: Path) -> None:
    archive.listening.add(story, [(0, 50)], by="ann")
    with Archive(folder) as again:
        assert parts(again, story) == ((0, 50),)
