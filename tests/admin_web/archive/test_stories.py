"""Taking stories in, and lists of them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from admin_web.archive import Archive, Filter, StoryEntry
from admin_web.archive.stories import Stories
from kiosk.errors import ArchiveNotWritten, NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import (
    BEGUN,
    WORDS,
    check_words,
    file_of,
    label,
    listed,
    said,
    story_id,
    take_in,
    told,
)


class TestTakingIn:
    def test_what_was_taken_in_is_there_after_opening_again(self, folder: DataFolder, archive: Archive) -> None:
        take_in(archive, *(told(n, f"wörds {n} “quoted” \u2028") for n in range(1, 6)))
        before = archive.stories.page(1, 3)
        archive.close()
        with Archive(folder) as again:
            assert again.stories.count() == 5
            assert again.stories.page(1, 3) == before
            assert [each.sequence for each in before] == [5, 4, 3]
            assert listed(again)[3:] == [2, 1]
            assert before[0].beginning == "wörds 5 “quoted” \u2028"
            assert again.stories.get(story_id(99)) is None

    def test_the_same_folder_twice_is_one_story(self, archive: Archive) -> None:
        take_in(archive, told(1), told(1))
        take_in(archive, told(1))
        assert archive.stories.count() == 1

    def test_nothing_is_written_when_nothing_changed(self, archive: Archive) -> None:
        take_in(archive, told(1), told(2, None))
        before = file_of(archive)
        take_in(archive, told(1), told(2, None))
        take_in(archive)
        archive.stories.missing([])
        assert file_of(archive) == before

    def test_a_batch_is_one_transaction(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Stories._placed

        def full(self: Stories, entry: StoryEntry) -> StoryEntry:
            if entry.sequence == 3:
                raise ArchiveNotWritten("The disk is full.")
            return real(self, entry)

        with monkeypatch.context() as broken:
            broken.setattr(Stories, "_placed", full)
            with pytest.raises(ArchiveNotWritten):
                take_in(archive, *(told(n) for n in (1, 2, 3)))
        assert archive.stories.count() == 0
        assert archive.search.find("lunch", 1, 9) == []
        take_in(archive, *(told(n) for n in (1, 2, 3)))
        assert archive.stories.count() == 3

    def test_what_people_did_survives_a_new_look_at_the_folder(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        label(archive, story, "food")
        check_words(archive, story, "the lunch was cold")
        archive.flags.raise_flag(story, reason="worried", by="ann")
        before = archive.stories.get(story)
        later = BEGUN + timedelta(days=9)
        take_in(archive, told(1, question="How was lunch?", taken_in_at=later, listed_at=later))
        after = archive.stories.get(story)
        assert before and after == before.model_copy(update={"question": "How was lunch?"})

    def test_words_that_come_later_are_taken_in(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, None))
        assert archive.texts.get(story) is None
        assert archive.stories.ids(words=["waiting"]) == [story]
        take_in(archive, told(1, "good tea"))
        text, entry = archive.texts.get(story), archive.stories.get(story)
        assert text and (text.text, text.revision, text.by) == ("good tea", 0, "")
        assert entry and (entry.words, entry.beginning) == ("ready", "good tea")
        assert archive.stories.ids(words=["waiting", "failed"]) == []
        assert archive.stories.ids() == [story]

    def test_a_new_draft_takes_the_place_of_the_old_one(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, "good tee"))
        take_in(archive, told(1, "good tea"))
        text, entry = archive.texts.get(story), archive.stories.get(story)
        assert text and text.text == "good tea"
        assert entry and entry.beginning == "good tea"
        assert archive.texts.versions(story) == []

    def test_a_new_draft_never_takes_the_place_of_words_that_a_person_has_put_right(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, "good tee"))
        saved = archive.texts.save(story, said("very good tea"), by="ann", revision=0)
        take_in(archive, told(1, "goat tea"))
        entry = archive.stories.get(story)
        assert archive.texts.get(story) == saved
        assert entry and entry.beginning == "very good tea"
        assert not archive.search.find("goat", 1, 9)

    def test_lists_show_the_words_as_they_are_now(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, "I went with Margaret Miller"))
        archive.texts.save(story, said("I went with [friend]"), by="ann", revision=0)
        assert [each.beginning for each in archive.stories.page(1, 9)] == ["I went with [friend]"]

    def test_a_long_text_is_cut_between_words_in_lists(self, archive: Archive) -> None:
        take_in(archive, told(1, "wonderful " * 100))
        (entry,) = archive.stories.page(1, 9)
        assert entry.beginning.endswith("wonderful …") and len(entry.beginning) < 250

    def test_a_story_that_is_gone_for_good_never_comes_in_again(self, archive: Archive) -> None:
        one, two = take_in(archive, told(1), told(2))
        archive.deleting.withdraw(one, by="ann")
        take_in(archive, told(1), told(3))
        assert listed(archive) == [3, 2]
        assert archive.texts.get(one) is None
        assert archive.stories.get(two)

    def test_a_character_that_the_archive_cannot_keep_does_no_harm(self, folder: DataFolder, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, None))
        saved = archive.texts.save(story, said("good\0 tea"), by="ann", revision=0)
        assert saved.text == "good tea"
        assert archive.texts.get(story) == saved


class TestPlaces:
    def test_a_station_without_a_clock_does_not_hide_its_newest_story_on_the_last_page(self, archive: Archive) -> None:
        lost = {"clock_quality": "unknown", "started_at": datetime(1970, 1, 1, 0, 5, tzinfo=UTC)}
        take_in(archive, told(1), told(2))
        take_in(archive, told(3, None, **lost))
        assert listed(archive) == [3, 2, 1]
        # Its words come: it stays where it is, and still tells the time that it was given.
        take_in(archive, told(4))
        take_in(archive, told(3, "hello", **lost))
        assert listed(archive) == [4, 3, 2, 1]
        assert archive.stories.page(2, 1)[0].started_at == lost["started_at"]

    def test_it_is_placed_among_the_stories_of_its_own_station(self, archive: Archive) -> None:
        lost = {"clock_quality": "unknown", "started_at": datetime(1970, 1, 1, tzinfo=UTC)}
        take_in(archive, told(1, station="other"), told(5))
        take_in(archive, told(2, station="other", **lost), told(1, station="third", **lost))
        assert [each.station for each in archive.stories.page(1, 9)] == ["station", "other", "other", "third"]

    def test_two_told_at_the_same_moment_are_in_the_order_of_their_coming(self, archive: Archive) -> None:
        take_in(archive, *(told(n, started_at=BEGUN) for n in (3, 1, 2)))
        assert listed(archive) == [2, 1, 3]
        assert [each.sequence for each in archive.stories.page(1, 9, order="oldest")] == [3, 1, 2]


class TestFollowing:
    def test_a_story_whose_folder_has_gone_is_not_listed_and_comes_back_with_it(self, archive: Archive) -> None:
        one, two = take_in(archive, told(1), told(2))
        archive.stories.missing([one])
        assert listed(archive) == [2]
        assert archive.stories.ids() == [two]
        assert archive.search.find("lunch", 1, 9)[0].entry.id == two
        assert archive.stories.get(one)
        take_in(archive, told(1))
        assert listed(archive) == [2, 1]

    def test_comparing_tells_what_is_new_back_and_missing(self, archive: Archive) -> None:
        stories = take_in(archive, *(told(n) for n in range(1, 6)))
        archive.stories.missing(stories[:2])
        # A name that is no text, as a stick of another system may have it.
        there = {stories[0], stories[2], "holiday photos", "a'b", "\udcff\udcfe", "été"}
        assert archive.stories.compare(there) == (
            sorted([stories[0], "holiday photos", "a'b", "\udcff\udcfe", "été"]),
            sorted(stories[3:]),
        )
        assert archive.stories.compare([]) == ([], sorted(stories[2:]))
        assert archive.stories.compare(stories) == (stories[:2], [])

    def test_one_that_was_taken_back_a_moment_ago_is_not_missing(self, archive: Archive) -> None:
        one, two = take_in(archive, told(1), told(2))
        _, missing = archive.stories.compare([])
        archive.deleting.withdraw(one, by="ann")
        archive.stories.missing(missing)
        assert archive.stories.get(one) is None
        entry = archive.stories.get(two)
        assert entry and not entry.present

    def test_a_number_may_be_of_several_stations_and_also_of_one_that_is_not_there(self, archive: Archive) -> None:
        one, two, _ = take_in(archive, told(7), told(7, station="other"), told(8))
        archive.stories.missing([one])
        assert [each.id for each in archive.stories.of_number(7)] == [one, two]
        assert archive.stories.of_number(99) == []

    def test_a_story_with_a_card_is_found_by_its_number_and_one_without_by_its_stations_own(
        self, archive: Archive
    ) -> None:
        cat, uncarded, _ = take_in(archive, told(3, card="cat 27"), told(27), told(28, card="sun 3"))
        assert [each.id for each in archive.stories.of_number(27)] == [cat, uncarded]
        assert [each.title for each in archive.stories.of_number(27)] == ["Cat 27", "Story 27"]
        assert archive.stories.of_number(28) == []


class TestPeople:
    def test_hearing_is_noted_once_and_logged_each_time(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        archive.stories.heard(story, by="ann")
        first = archive.stories.get(story)
        archive.stories.heard(story, by="ben")
        assert archive.stories.get(story) == first
        assert first and first.state == "heard" and first.heard_at
        assert [(line.who, line.what) for line in archive.log.page(1, 9)] == [("ben", "heard"), ("ann", "heard")]

    def test_hearing_again_does_not_take_back_that_it_was_checked(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        check_words(archive, story, WORDS)
        archive.stories.heard(story, by="ben")
        entry = archive.stories.get(story)
        assert entry and entry.state == "checked"

    def test_nobody_changes_a_story_that_is_not_there(self, archive: Archive) -> None:
        with pytest.raises(NotAllowed, match=f"There is no story {story_id(1)}"):
            archive.stories.heard(story_id(1), by="ann")
        assert archive.log.last() is None

    def test_several_threads_do_not_lose_each_others_changes(self, archive: Archive) -> None:
        def work(thread: int) -> None:
            for n in range(5):
                (story,) = take_in(archive, told(thread * 100 + n))
                label(archive, story, "food")
                archive.stories.page(1, 25)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert archive.stories.count(Filter(tags=("food",))) == 20
        assert list(archive.log.faults()) == []
