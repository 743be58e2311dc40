"""Which stories are heard first: the list of words, what has one of them, and the order of those that nobody heard."""

from dataclasses import replace

import pytest

from admin_web.archive import Archive, Filter, StoryEntry
from admin_web.archive import word_list as lists
from admin_web.archive.word_list import LONGEST_LINE, MOST_LINES, brought, fitting, has_one
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import check_words, label, said, take_in, told

CALM, WORD = "the soup was warm", "then he hit me again"
UNHEARD = Filter(state="unheard")


def inbox(archive: Archive, wanted: Filter = UNHEARD) -> list[int]:
    return [each.sequence for each in archive.stories.page(1, 100, wanted, order="oldest")]


def known(archive: Archive, story: str) -> StoryEntry:
    return archive.stories.known(story)


def change(archive: Archive, *lines: str) -> None:
    """Change the list, and look through all stories."""
    archive.moving_up.change(list(lines), by="ann", revision=archive.moving_up.words().revision)
    while archive.moving_up.look_on():
        pass


class TestWords:
    @pytest.mark.parametrize(
        ("line", "text", "found"),
        [
            ("hit me", "Then he HIT me.", True),
            ("hit me", "he hit  my knee, me", False),
            ("hit me", "a white meal", False),
            ("hurt", "it hurts", False),
            ("hurt*", "it hurts", True),
            ("hurt*", "unhurt", False),
            ("kick* me", "she kicked, me", True),
            ("don't", "I don\u2019t want to", True),
            ("cafe", "the Café", True),
            ("Straße", "in der STRASSE", True),
        ],
    )
    def test_whole_words_side_by_side_are_found(self, line: str, text: str, found: bool) -> None:
        assert has_one(text, fitting([line])) is found

    def test_an_empty_list_finds_nothing(self) -> None:
        assert not has_one("he hit me", ()) and not has_one("", fitting(["hit me"]))

    def test_lines_are_kept_once_and_tidy(self) -> None:
        assert fitting(["  hit   me ", "", "HIT ME", "Bruis*"]) == ("hit me", "Bruis*")

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("(hit|me)+", "is not just words"),
            ("h*t", "is not just words"),
            ("*", "is not just words"),
            ("_", "is not just words"),
            ("hi*", "fits too many words"),
            ("a" * (LONGEST_LINE + 1), "is too long"),
            ("a\0b", "is not just words"),
        ],
    )
    def test_what_is_no_word_is_refused_with_the_reason(self, line: str, reason: str) -> None:
        with pytest.raises(NotAllowed, match=reason):
            fitting(["hurt", line])

    def test_too_many_are_refused(self) -> None:
        lines = [f"word{number}" for number in range(MOST_LINES)]
        assert len(fitting(lines)) == MOST_LINES
        with pytest.raises(NotAllowed, match=f"{MOST_LINES} are the most"):
            fitting([*lines, "more"])

    def test_the_list_that_comes_along_is_sound(self) -> None:
        version, words = brought()
        assert version >= 1 and 0 < len(words) < MOST_LINES
        assert has_one("a man touched me and i am scared of him", words) and not has_one(CALM, words)


class TestOrder:
    def test_among_the_unheard_a_story_with_a_word_comes_first_and_in_no_other_list(self, archive: Archive) -> None:
        take_in(archive, told(1, CALM), told(2, WORD), told(3, CALM), told(4, WORD))
        assert inbox(archive) == [2, 4, 1, 3]
        assert inbox(archive, Filter()) == [1, 2, 3, 4]
        assert [each.sequence for each in archive.stories.page(2, 3, UNHEARD, order="oldest")] == [3]

    def test_also_in_a_list_of_one_topic(self, archive: Archive) -> None:
        for story in take_in(archive, told(1, CALM), told(2, WORD), told(3, WORD))[:2]:
            label(archive, story, "food")
        assert inbox(archive, replace(UNHEARD, tags=("food",))) == [2, 1]

    def test_the_next_to_hear_is_the_first_of_that_order(self, archive: Archive) -> None:
        calm, first = take_in(archive, told(1, CALM), told(2, WORD))
        following = archive.inbox.next_to_hear(known(archive, calm))
        assert following and following.id == first

    def test_once_it_is_heard_nothing_tells_that_it_came_first(self, archive: Archive) -> None:
        (heard, checked) = take_in(archive, told(1, WORD), told(2, WORD))
        archive.stories.heard(heard, by="ann")
        check_words(archive, checked, WORD)
        for document in archive.documents_of("stories"):
            assert (document["has_word"], document["moves_up"]) == (False, False)

    def test_words_that_are_put_right_are_looked_at_anew(self, archive: Archive) -> None:
        one, two = take_in(archive, told(1, WORD), told(2, CALM))
        archive.texts.save(one, said("then he hid me again"), by="ann", revision=0)
        assert inbox(archive) == [1, 2] and not known(archive, one).has_word
        archive.texts.save(two, said(WORD), by="ann", revision=0)
        assert inbox(archive) == [2, 1]

    def test_a_story_with_an_open_worry_comes_first_too(self, archive: Archive) -> None:
        _, worry = take_in(archive, told(1, CALM), told(2, CALM))
        flag = archive.flags.raise_flag(worry, reason="a worry", by="ann")
        assert inbox(archive) == [2, 1]
        archive.flags.close(flag.number, action="a", referral="b", outcome="c", by="ann", revision=flag.revision)
        assert inbox(archive) == [1, 2]

    def test_what_somebody_may_not_see_does_not_count_for_them(self, archive: Archive) -> None:
        take_in(archive, told(1, WORD), told(2, WORD, agreed=False))
        assert archive.moving_up.count(UNHEARD) == 1
        assert archive.moving_up.count(replace(UNHEARD, lead=True)) == 2
        assert inbox(archive) == [1]


class TestChanging:
    def test_stories_that_are_there_are_looked_through_in_pieces_and_after_a_kill_it_goes_on(
        self, folder: DataFolder
    ) -> None:
        with Archive(folder) as archive:
            take_in(archive, *(told(number, "a warm lunch" if number % 2 else WORD) for number in range(1, 8)))
            archive.moving_up.change(["lunch"], by="ann", revision=1)
            assert inbox(archive) == [2, 4, 6, 1, 3, 5, 7]
            assert archive.moving_up.look_on(3)
            assert inbox(archive) == [1, 3, 4, 6, 2, 5, 7]
        with Archive(folder) as again:
            assert again.moving_up.words().words == ("lunch",)
            # What comes meanwhile is looked at with the new list.
            take_in(again, told(8, "lunch"))
            while again.moving_up.look_on(3):
                pass
            assert inbox(again) == [1, 3, 5, 7, 8, 2, 4, 6]
            assert again.moving_up.words().looked_to is None and not again.moving_up.look_on()

    def test_it_can_be_emptied(self, archive: Archive) -> None:
        take_in(archive, told(1, CALM), told(2, WORD))
        change(archive)
        assert inbox(archive) == [1, 2] and archive.moving_up.words().words == ()

    def test_nobody_overwrites_anybody(self, archive: Archive) -> None:
        archive.moving_up.change(["one"], by="ann", revision=1)
        with pytest.raises(ChangedMeanwhile):
            archive.moving_up.change(["two"], by="bob", revision=1)
        assert archive.moving_up.words().words == ("one",)
        assert archive.moving_up.change(["one"], by="bob", revision=2).by == "ann"

    def test_a_newer_list_of_sayso_is_taken_up_unless_the_centre_has_its_own(
        self, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Archive(folder) as archive:
            take_in(archive, told(1, CALM), told(2, "a warm lunch"))
            monkeypatch.setattr(lists, "brought", lambda: (99, ("lunch",)))
        with Archive(folder) as archive:
            assert (archive.moving_up.words().words, archive.moving_up.words().revision) == (("lunch",), 2)
            archive.moving_up.look_on()
            assert inbox(archive) == [2, 1] and archive.moving_up.count() == 1
            change(archive, "own")
            monkeypatch.setattr(lists, "brought", lambda: (100, ("newer",)))
        with Archive(folder) as archive:
            assert archive.moving_up.words().words == ("own",)
