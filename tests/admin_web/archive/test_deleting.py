"""Deleted is gone: at once from every verb, and from every byte of the data folder; whatever comes in between."""

import random
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive, Filter, LogFilter
from admin_web.archive.arriving import read_arrival
from admin_web.archive.check import check_archive
from admin_web.archive.records.stories import Tombstone
from admin_web.intake import Intake
from kiosk.errors import NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.marked import PLACES, left_of, make_full, make_marked, mark, require_cleared
from tests.admin_web.archive.told import WORDS, check_words, file_of, said, story_id, take_in, told
from tests.admin_web.making import make_story


class TestWithdrawing:
    def test_nothing_is_left_of_it_and_nothing_of_others_is_touched(self, folder: DataFolder, archive: Archive) -> None:
        stories = [make_full(folder, archive) for _ in range(4)]
        kept = [*stories[:1], *stories[3:]]
        before = [(archive.stories.get(story), archive.texts.get(story), archive.quotes.of(story)) for story in kept]
        # The marks are where they are looked for, or the look would prove nothing.
        there = " ".join(left_of(folder.root, stories[1]))
        assert all(place in there for place in (*PLACES, "samples", "is there"))
        assert archive.deleting.withdraw(stories[1], by="ann")
        require_cleared(folder, archive, stories[1])
        make_full(folder, archive)
        assert archive.deleting.withdraw(stories[2], by="ann")
        for story in stories[1:3]:
            require_cleared(folder, archive, story)
        make_full(folder, archive)
        for story in stories[1:3]:
            require_cleared(folder, archive, story)
        after = [(archive.stories.get(story), archive.texts.get(story), archive.quotes.of(story)) for story in kept]
        assert after == before
        assert archive.stories.count() == 4

    def test_a_tombstone_and_the_log_stay_and_hold_no_word(self, folder: DataFolder, archive: Archive) -> None:
        story = make_full(folder, archive)
        lines = len(archive.log.page(1, 100))
        archive.deleting.withdraw(story, by="ann")
        (tombstone,) = archive.deleting.tombstones()
        assert tombstone == Tombstone(
            id=story, sequence=1, station="station", why="withdrawn", by="ann", gone_at=tombstone.gone_at, cleared=True
        )
        last = archive.log.last()
        assert last and (last.who, last.what, last.story, last.details) == (
            "ann",
            "deleted",
            story,
            {"why": "withdrawn"},
        )
        # One more for the quote, which was withdrawn.
        assert len(archive.log.page(1, 100, LogFilter(stories=(story,)))) == lines + 2
        assert list(archive.log.faults()) == []

    def test_its_tombstone_says_which_card_it_had_and_the_card_may_be_given_again(self, archive: Archive) -> None:
        (first,) = take_in(archive, told(1, card="cat 27"))
        archive.deleting.withdraw(archive.stories.of_number(27)[0].id, by="ann")
        assert [each.card for each in archive.deleting.tombstones()] == ["cat 27"]
        (second,) = take_in(archive, told(9, card="cat 27"))
        assert [each.id for each in archive.stories.of_number(27)] == [second] != [first]

    def test_it_can_be_found_by_its_number(self, archive: Archive) -> None:
        take_in(archive, told(7), told(7, station="other"))
        (found,) = [each for each in archive.stories.of_number(7) if each.station == "other"]
        archive.deleting.withdraw(found.id, by="ann")
        assert [each.station for each in archive.stories.of_number(7)] == ["station"]

    def test_a_story_that_is_not_there_cannot_be_withdrawn(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        archive.deleting.withdraw(story, by="ann")
        for gone in (story, story_id(9)):
            with pytest.raises(NotAllowed, match=f"no story {gone}"):
                archive.deleting.withdraw(gone, by="ann")
        assert len(list(archive.deleting.tombstones())) == 1

    def test_a_story_whose_folder_is_not_there_can_be(self, folder: DataFolder, archive: Archive) -> None:
        story = make_full(folder, archive)
        shutil.rmtree(folder.story(story).path)
        archive.stories.missing([story])
        archive.deleting.withdraw(story, by="ann")
        require_cleared(folder, archive, story)

    def test_where_a_flag_is_open_use_stops_at_once_and_the_lead_keeps_it(
        self, folder: DataFolder, archive: Archive
    ) -> None:
        story = make_full(folder, archive)
        quote = archive.quotes.of(story)[0]
        archive.quotes.decide(quote.number, "approved", by="group", role="group", revision=quote.revision)
        flag = archive.flags.raise_flag(story, reason="worried", by="ann")
        assert archive.deleting.withdraw(story, by="ann") is False
        assert archive.stories.page(1, 9) == [] and archive.stories.count() == 0
        assert archive.search.find(mark(story, "saved"), 1, 9) == []
        assert [each.state for each in archive.quotes.of(story)] == ["withdrawn"]
        (entry,) = archive.stories.page(1, 9, Filter(lead=True))
        assert entry.withdrawn_at and entry.frozen
        assert folder.story(story).audio.exists()
        for verb in (archive.deleting.delete_audio, archive.deleting.delete):
            why: dict[str, Any] = {"why": "staff"} if verb == archive.deleting.delete else {}
            with pytest.raises(NotAllowed, match="frozen"):
                verb(story, by="lead", **why)
        archive.flags.close(flag.number, action="called", outcome="safe", by="lead", revision=1)
        require_cleared(folder, archive, story)


class TestDeletingSeveral:
    def test_those_before_a_frozen_one_are_gone_and_it_stays(self, folder: DataFolder, archive: Archive) -> None:
        stories = [make_full(folder, archive) for _ in range(3)]
        archive.flags.raise_flag(stories[1], reason="worried", by="ann")
        with pytest.raises(NotAllowed, match=f"{stories[1]} is frozen"):
            archive.deleting.delete_all(dict.fromkeys(stories, "staff"), by="lead")
        require_cleared(folder, archive, stories[0])
        for story in stories[1:]:
            assert archive.stories.get(story) and folder.story(story).audio.exists()

    def test_no_story_at_all_is_no_work(self, archive: Archive) -> None:
        before = file_of(archive)
        archive.deleting.delete_all({}, by="lead")
        assert archive.deleting.finish() == []
        assert file_of(archive) == before

    def test_it_is_no_part_of_a_transaction(self, folder: DataFolder, archive: Archive) -> None:
        story = make_full(folder, archive)
        for verb in (
            lambda: archive.deleting.withdraw(story, by="ann"),
            lambda: archive.deleting.delete(story, why="staff", by="ann"),
            lambda: archive.deleting.delete_audio(story, by="ann"),
        ):
            with pytest.raises(RuntimeError, match="no part of a transaction"), archive.transaction():
                verb()
            assert archive.stories.get(story) and folder.story(story).audio.exists()


class TestBytes:
    def test_the_file_is_written_anew(self, folder: DataFolder, archive: Archive) -> None:
        """Nothing else removes the copies that SQLite leaves where it moves rows (test_database_remnants)."""
        chance = random.Random(11)

        def words(n: int) -> str:
            return " ".join([mark(story_id(n), "saved")] * chance.randrange(1, 60))

        take_in(archive, *(told(n, words(n)) for n in range(80)))
        for _ in range(3):
            with archive.transaction():
                for n in chance.sample(range(80), 40):
                    text = archive.texts.get(story_id(n))
                    assert text
                    archive.texts.save(story_id(n), said(words(n)), by=chance.choice("ab"), revision=text.revision)
        gone = chance.sample(range(80), 40)
        archive.deleting.delete_all({story_id(n): "staff" for n in gone}, by="ann")
        content = file_of(archive)
        assert [n for n in range(80) if mark(story_id(n), "saved")[3:].encode() in content] == [
            n for n in range(80) if n not in gone
        ]
        raw = sqlite3.connect(archive.path)
        assert raw.execute("PRAGMA freelist_count").fetchone() == (0,)
        raw.close()

    def test_what_was_written_over_and_kept_by_nobody_goes_with_the_next_deletion(self, archive: Archive) -> None:
        one, two = take_in(archive, told(1), told(2))
        for revision, place in enumerate(["overwritten", "saved"]):
            archive.texts.save(one, said(f"well {mark(one, place)}"), by="ann", revision=revision)
        assert archive.search.find(mark(one, "overwritten"), 1, 9) == []
        archive.deleting.withdraw(two, by="ann")
        assert mark(one, "overwritten")[3:].encode() not in file_of(archive)
        assert mark(one, "saved")[3:].encode() in file_of(archive)

    def test_not_a_word_is_in_an_archive_that_was_upgraded_from(self, folder: DataFolder) -> None:
        kept = make_marked(folder)
        old = folder.archive / ".archive.json.12345678.part"
        old.write_text(mark(kept.id, "draft"))
        (folder.archive / "archive.json").write_text('{"stories": {}}')
        with Archive(folder) as archive:
            take_in(archive, read_arrival(folder, kept.id))
            archive.deleting.withdraw(kept.id, by="ann")
            require_cleared(folder, archive, kept.id)


class TestComingBack:
    """An old copy of a story that was taken back is put among the stories again: it is removed again."""

    @pytest.fixture
    def copy(self, folder: DataFolder, archive: Archive, in_memory: Path) -> Path:
        kept = make_marked(folder)
        take_in(archive, read_arrival(folder, kept.id))
        copy = in_memory / "old copies" / kept.id
        shutil.copytree(kept.path, copy)
        archive.deleting.withdraw(kept.id, by="ann")
        return copy

    def test_a_copy(self, folder: DataFolder, archive: Archive, copy: Path) -> None:
        shutil.copytree(copy, folder.stories / copy.name)
        intake = Intake(folder, archive)
        intake.look()
        require_cleared(folder, archive, copy.name)
        assert intake.needing_a_look() == []

    def test_a_link_whose_target_is_not_touched(self, folder: DataFolder, archive: Archive, copy: Path) -> None:
        before = sorted(path.name for path in copy.iterdir())
        (folder.stories / copy.name).symlink_to(copy)
        Intake(folder, archive).look()
        require_cleared(folder, archive, copy.name)
        assert sorted(path.name for path in copy.iterdir()) == before
        assert (copy / "audio.wav").stat().st_size > 1000

    def test_a_file_of_its_name(self, folder: DataFolder, archive: Archive, copy: Path) -> None:
        shutil.copy(copy / "audio.wav", folder.stories / copy.name)
        Intake(folder, archive).look()
        require_cleared(folder, archive, copy.name)

    def test_one_that_cannot_be_removed_is_shown_and_keeps_nobody_out(
        self, folder: DataFolder, archive: Archive, copy: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("admin_web.intake.MENDED_AFTER_S", 0.0)
        shutil.copytree(copy, folder.stories / copy.name)
        new = make_story(folder, seconds=0.1)

        def forbidden(path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        intake = Intake(folder, archive)
        with monkeypatch.context() as patch:
            patch.setattr("admin_web.archive.deleting.remove_folder", forbidden)
            intake.look()
            intake.look()
            (needing,) = intake.needing_a_look()
            assert needing.name == copy.name and "cannot be removed: Permission denied" in needing.reason
            assert str(folder.root) not in needing.reason
            assert archive.stories.get(new.id)
        intake.look()
        assert intake.needing_a_look() == []
        require_cleared(folder, archive, copy.name)


def test_everything_goes_on_while_others_work(folder: DataFolder, archive: Archive) -> None:
    """Saving, reading and searching in other threads while stories are deleted, with all the rewriting of the file."""
    stories = [make_full(folder, archive) for _ in range(3)]
    (busy,) = take_in(archive, told(900, WORDS))
    check_words(archive, busy, WORDS)
    stop, mistakes = threading.Event(), []

    def work(step: Callable[[int], object]) -> None:
        n = 0
        try:
            while not stop.is_set():
                step(n)
                n += 1
        except BaseException as error:
            mistakes.append(error)

    def save(n: int) -> None:
        known = archive.texts.get(busy)
        assert known
        archive.texts.save(busy, said(f"the lunch was number {n}"), by="ann", revision=known.revision)

    def look(_: int) -> None:
        assert archive.search.find("lunch was", 1, 9)
        assert archive.stories.get(busy)

    threads = [threading.Thread(target=work, args=(step,)) for step in (save, look)]
    for thread in threads:
        thread.start()
    for story in stories:
        archive.deleting.withdraw(story, by="ann")
    stop.set()
    for thread in threads:
        thread.join()
    assert mistakes == []
    archive.deleting.finish()
    for story in stories:
        assert left_of(folder.root, story) == []
    assert list(check_archive(archive)) == []
