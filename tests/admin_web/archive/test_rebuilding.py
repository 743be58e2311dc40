"""Making the archive anew from the story folders, when there is nothing better."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive
from admin_web.archive.check import check_archive, check_folders
from admin_web.archive.rebuilding import kept_aside, rebuild, take_in_new
from admin_web.intake import Intake
from kiosk.errors import ArchiveDamaged
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.marked import make_full, make_marked
from tests.admin_web.archive.told import label
from tests.admin_web.archive.version_1 import write_version_1
from tests.admin_web.making import make_story


def lists(archive: Archive) -> list[dict[str, Any]]:
    return [each.model_dump(exclude={"taken_in_at"}) for each in archive.stories.page(1, 100)]


def test_from_the_folders_alone_it_gives_the_same_lists_and_the_same_search(folder: DataFolder) -> None:
    for n in range(7):
        make_story(
            folder,
            f"number {n}" if n % 3 else None,
            seconds=0.1,
            clock_quality="unknown" if n in (3, 4) else "ntp",
            station="other" if n % 2 else "station",
        )
    with Archive(folder) as archive:
        Intake(folder, archive).look()
        before, found = lists(archive), archive.search.find("number", 1, 9)
        assert len(before) == 7 and len(found) == 4
    names: list[str] = []
    count, refused = rebuild(folder, names.append)
    assert (count, refused) == (7, {})
    assert sorted(names) == sorted(each["id"] for each in before)
    with Archive(folder) as again:
        assert lists(again) == before
        assert {hit.entry.id for hit in again.search.find("number", 1, 9)} == {hit.entry.id for hit in found}
        assert list(check_archive(again)) == []


def test_what_people_added_is_kept_aside(folder: DataFolder) -> None:
    with Archive(folder) as archive:
        story = make_full(folder, archive)
        archive.people.make_first("Front Desk", "hash")
        text = archive.texts.get(story)
    rebuild(folder)
    with Archive(folder) as again:
        assert again.quotes.of(story) == [] and again.stories.known(story).tags == ()
        assert again.stories.known(story).state == "unheard"
    (aside,) = kept_aside(folder)
    old = DataFolder(folder.root / "old")
    old.archive.mkdir(parents=True)
    for path in aside.iterdir():
        shutil.copy(path, old.archive / path.name)
    with Archive(old) as archive:
        assert archive.texts.get(story) == text and archive.people.everybody()


def test_what_was_not_yet_in_the_file_goes_with_it(folder: DataFolder) -> None:
    """The write-ahead log is not left beside the new archive, which would take in what it holds."""
    archive = Archive(folder)
    make_full(folder, archive)
    log = folder.archive / "archive.sqlite-wal"
    assert log.stat().st_size
    copy = log.read_bytes()
    archive.close()
    log.write_bytes(copy)
    rebuild(folder)
    (aside,) = kept_aside(folder)
    assert (aside / log.name).read_bytes() == copy
    with Archive(folder) as again:
        assert again.log.last() is None


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_a_damaged_file_is_set_aside_as_it_is(folder: DataFolder, content: bytes) -> None:
    make_story(folder, seconds=0.1)
    (folder.archive / "archive.sqlite").write_bytes(content)
    if content:
        with pytest.raises(ArchiveDamaged):
            Archive(folder)
    assert rebuild(folder)[0] == 1
    (aside,) = kept_aside(folder)
    assert (aside / "archive.sqlite").read_bytes() == content


def test_a_damaged_archive_of_an_earlier_sayso_as_well(folder: DataFolder) -> None:
    make_story(folder, seconds=0.1)
    write_version_1(folder)
    (folder.archive / "archive.json").write_bytes(b'{"half')
    with pytest.raises(ArchiveDamaged):
        Archive(folder)
    assert rebuild(folder)[0] == 1
    (aside,) = kept_aside(folder)
    assert (aside / "archive.json").read_bytes() == b'{"half'


def test_where_there_was_none_nothing_is_kept_aside(folder: DataFolder) -> None:
    make_story(folder, seconds=0.1)
    assert rebuild(folder)[0] == 1
    assert kept_aside(folder) == []


def test_it_can_be_done_again_and_again(folder: DataFolder) -> None:
    make_story(folder, seconds=0.1)
    assert [rebuild(folder)[0] for _ in range(3)] == [1, 1, 1]
    assert len(kept_aside(folder)) == 2


def test_folders_that_are_no_stories_are_named_and_left(folder: DataFolder) -> None:
    kept = [make_story(folder, seconds=0.1) for _ in range(2)]
    (kept[0].path / "story.json").unlink()
    (folder.stories / "holiday photos").mkdir()
    (folder.stories / "\udcff").mkdir()
    count, refused = rebuild(folder)
    assert count == 1
    assert set(refused) == {kept[0].id, "holiday photos", "\ufffd"}
    assert "story.json is missing" in refused[kept[0].id]


class TestGoneForGood:
    def test_it_stays_gone(self, folder: DataFolder, in_memory: Path) -> None:
        kept = make_marked(folder)
        shutil.copytree(kept.path, in_memory / kept.id)
        with Archive(folder) as archive:
            take_in_new(folder, archive)
            archive.deleting.withdraw(kept.id, by="ann")
            before = archive.deleting.tombstone(kept.id)
        shutil.copytree(in_memory / kept.id, kept.path)
        assert rebuild(folder)[0] == 0
        with Archive(folder) as again:
            assert again.deleting.tombstone(kept.id) == before
            Intake(folder, again).look()
            assert not kept.path.exists()

    def test_what_was_begun_is_finished(self, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            story = make_full(folder, archive)
            with archive.transaction():
                archive.deleting.bury(archive.stories.known(story), "withdrawn", by="ann")
        assert rebuild(folder)[0] == 0
        with Archive(folder) as again:
            assert again.deleting.finish() == []
            assert list(check_folders(folder, again, lambda _: None)) == []
            assert not folder.story(story).path.exists()

    def test_as_far_as_it_can_be_read(self, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            stories = [make_full(folder, archive) for _ in range(3)]
            archive.deleting.delete_all(dict.fromkeys(stories[:2], "staff"), by="ann")
        raw = sqlite3.connect(folder.archive / "archive.sqlite", isolation_level=None)
        raw.execute("DROP INDEX tombstones_due")
        raw.execute("DROP INDEX tombstones_withdrawn")
        raw.execute("UPDATE doc_tombstones SET doc = '{' WHERE id = ?", (stories[0],))
        raw.close()
        assert rebuild(folder)[0] == 1
        with Archive(folder) as again:
            assert [each.id for each in again.deleting.tombstones()] == [stories[1]]


def test_new_stories_alone_are_taken_in(folder: DataFolder, archive: Archive) -> None:
    kept = make_story(folder, seconds=0.1)
    assert take_in_new(folder, archive) == {}
    label(archive, kept.id, "food")
    other = make_story(folder, seconds=0.1)
    names: list[str] = []
    take_in_new(folder, archive, names.append)
    assert names == [other.id]
    assert archive.stories.known(kept.id).tags == ("food",)
