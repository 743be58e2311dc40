"""The centre's topics: where they come from, and what may be changed about them."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from admin_web import archive as archive_package
from admin_web.archive import Archive, choices
from admin_web.archive.choices import Choices, read_choices, take_up
from admin_web.archive.tags import MOST_OFFERED
from kiosk.errors import ChangedMeanwhile, NotAllowed
from kiosk.stories.folder import DataFolder

FILE = (Path(archive_package.__file__).parent / "tags.toml").read_text("utf-8")


def words_of(archive: Archive) -> list[str]:
    return [each.words for each in archive.tags.offered()]


class TestFile:
    def test_what_we_bring_along_is_whole(self) -> None:
        brought = choices()
        assert len(brought.topics) == 21
        assert [each.words for each in brought.feelings] == ["Good", "Not good", "Mixed", "Not sure"]
        assert len(brought.pictures) >= len(brought.topics) + 12

    @pytest.mark.parametrize(
        ("old", "new", "why"),
        [
            ('{ id = "ear', "{ [", "Invalid"),
            ("version = 1\n", "", "version"),
            ("version = 1\n", "version = 2\n", "the version is not that of the newest topic"),
            ("version = 1\n", 'version = "1"\n', "version"),
            ('id = "food"', 'id = "money"', "topics: the id 'money' is there twice"),
            ('words = "Food"', 'words = "MONEY "', "topics: 'money' is there twice"),
            ('picture = "plate"', 'picture = "fork"', "the topic food has no picture"),
            ('id = "food"', 'id = "Food!"', "topics.9.id"),
            ('words = "Food"', 'words = ""', "topics.9.words"),
            ('words = "Food"', f'words = "{"x" * 61}"', "topics.9.words"),
            ('id = "mixed"', 'id = "good"', "feelings: the id 'good' is there twice"),
            ('words = "Food"', 'words = "Food", colour = "red"', "colour"),
            ("[pictures]", "[drawings]", "drawings"),
        ],
    )
    def test_one_that_is_not_whole_is_refused_and_says_where(self, old: str, new: str, why: str) -> None:
        text = FILE.replace('{ id = "listening"', new) if why == "Invalid" else FILE.replace(old, new, 1)
        assert text != FILE
        with pytest.raises(ValueError, match=why):
            read_choices(text)


def newer(*topics: tuple[str, str]) -> Choices:
    """The file of a Sayso to come, with these topics besides."""
    rows = "".join(f'  {{ id = "{key}", words = "{words}", picture = "bus", since = 2 }},\n' for key, words in topics)
    text = FILE.replace("version = 1\n", "version = 2\n", 1)
    return read_choices(text.replace('picture = "dots" },\n]', f'picture = "dots" }},\n{rows}]'))


class TestTakingUp:
    def test_a_new_archive_has_all_in_the_order_of_the_file(self, archive: Archive) -> None:
        assert archive.tags.offered() == [each.choice for each in choices().topics]
        assert words_of(archive)[0] == "How staff treat me" and words_of(archive)[-1] == "Other"

    def test_a_newer_file_adds_its_topics_and_undoes_nothing(self, archive: Archive) -> None:
        archive.tags.change("food", words="Meals", picture="cup", by="ann", revision=1)
        archive.tags.switch("money", off=True, by="ann", revision=1)
        archive.tags.move("staff", 1, by="ann")
        before = archive.tags.everything()
        documents = archive.tags._documents
        for _ in range(2):
            take_up(documents, newer(("garden", "Garden")))
            assert [each for each in archive.tags.everything() if each.id != "garden"] == before
            assert words_of(archive)[-1] == "Garden"
        # The older Sayso again, with the same data.
        take_up(documents, choices())
        assert len(archive.tags.everything()) == 22

    def test_a_topic_that_a_centre_has_by_now_does_not_come_twice(self, archive: Archive) -> None:
        own = archive.tags.add("garden", "flower", by="ann")
        take_up(archive.tags._documents, newer(("garden", "Garden")))
        assert [each.words for each in archive.tags.everything() if each.is_offered].count("garden") == 1
        assert archive.tags.named(["garden"]) == archive.tags.named([own.id]) == [(own.id, "garden", "flower")]

    def test_an_archive_of_version_3_gets_them(self, folder: DataFolder) -> None:
        Archive(folder).close()
        raw = sqlite3.connect(folder.archive / "archive.sqlite", isolation_level=None)
        raw.execute("DROP TABLE doc_tags")
        raw.execute("PRAGMA user_version=3")
        raw.close()
        with Archive(folder) as archive:
            assert len(archive.tags.offered()) == 21


class TestChanging:
    def test_an_own_topic_comes_last_and_is_there_after_opening_again(
        self, folder: DataFolder, archive: Archive
    ) -> None:
        made = archive.tags.add("  The  bus trip ", "bus", by="ann")
        assert (made.words, made.since) == ("The bus trip", 0)
        with Archive(folder) as again:
            assert again.tags.offered()[-1] == (made.id, "The bus trip", "bus")

    def test_other_words_leave_the_id(self, archive: Archive) -> None:
        archive.tags.change("food", words="Meals", picture="cup", by="ann", revision=1)
        assert archive.tags.named(["food"]) == [("food", "Meals", "cup")]

    def test_what_is_switched_off_is_known_and_not_offered(self, archive: Archive) -> None:
        archive.tags.switch("food", off=True, by="ann", revision=1)
        assert "Food" not in words_of(archive)
        assert archive.tags.named(["food"]) == [("food", "Food", "plate")]
        archive.tags.switch("food", off=False, by="ann", revision=2)
        assert archive.tags.offered() == [each.choice for each in choices().topics]

    def test_named_leaves_out_what_nobody_gave_and_tells_each_once(self, archive: Archive) -> None:
        assert [each.id for each in archive.tags.named(["money", "nobody", "food", "money"])] == ["money", "food"]

    def test_steps_up_and_down_go_over_what_is_not_offered_and_end_at_the_ends(self, archive: Archive) -> None:
        ids = [each.id for each in archive.tags.offered()]
        archive.tags.switch(ids[1], off=True, by="ann", revision=1)
        archive.tags.move(ids[2], -1, by="ann")
        archive.tags.move(ids[2], -1, by="ann")
        archive.tags.move(ids[-1], 1, by="ann")
        assert [each.id for each in archive.tags.offered()] == [ids[2], ids[0], *ids[3:]]
        # A step is no change of the topic: whoever has it open can still save.
        archive.tags.change(ids[2], words="Same team", picture="team", by="ann", revision=1)

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            (lambda tags: tags.add("food ", "bus", by="ann"), "“Food” already"),
            (lambda tags: tags.add("\uff26\uff4f\uff4f\uff44", "bus", by="ann"), "“Food” already"),
            (lambda tags: tags.add("changes  and ENDINGS", "bus", by="ann"), "switched off, and can be switched on"),
            (lambda tags: tags.change("money", words="Food", picture="coin", by="ann", revision=1), "already"),
            (lambda tags: tags.add("", "bus", by="ann"), "1 to 60 letters"),
            (lambda tags: tags.add(" \n ", "bus", by="ann"), "1 to 60 letters"),
            (lambda tags: tags.add("x" * 61, "bus", by="ann"), "1 to 60 letters"),
            (lambda tags: tags.add("a\0b", "bus", by="ann"), "1 to 60 letters"),
            (lambda tags: tags.add("a\u202eb", "bus", by="ann"), "1 to 60 letters"),
            (lambda tags: tags.add("Trips", "../bus", by="ann"), "no such picture"),
            (lambda tags: tags.change("food", words="Food", picture="", by="ann", revision=1), "no such picture"),
            (lambda tags: tags.change("nobody", words="Trips", picture="bus", by="ann", revision=1), "no such topic"),
            (lambda tags: tags.switch("nobody", off=True, by="ann", revision=1), "no such topic"),
            (lambda tags: tags.move("nobody", 1, by="ann"), "no such topic"),
            (lambda tags: tags.move("changes", 1, by="ann"), "not offered"),
        ],
    )
    def test_what_is_against_the_rules_changes_nothing(
        self, archive: Archive, change: Callable[[object], object], why: str
    ) -> None:
        archive.tags.switch("changes", off=True, by="ann", revision=1)
        before, last = archive.tags.everything(), archive.log.last()
        with pytest.raises(NotAllowed, match=why):
            change(archive.tags)
        assert (archive.tags.everything(), archive.log.last()) == (before, last)

    def test_nobody_overwrites_anybody_unseen(self, archive: Archive) -> None:
        archive.tags.change("food", words="Meals", picture="cup", by="ann", revision=1)
        before = archive.tags.everything()
        with pytest.raises(ChangedMeanwhile) as conflict:
            archive.tags.change("food", words="Lunch", picture="plate", by="ben", revision=1)
        assert (conflict.value.theirs.words, conflict.value.yours.words) == ("Meals", "Lunch")  # type: ignore[attr-defined]
        with pytest.raises(ChangedMeanwhile):
            archive.tags.switch("food", off=True, by="ben", revision=1)
        assert archive.tags.everything() == before

    def test_there_is_an_end_to_them(self, archive: Archive) -> None:
        with archive.transaction():
            for number in range(MOST_OFFERED - 21):
                archive.tags.add(f"Topic {number}", "star", by="ann")
        with pytest.raises(NotAllowed, match="60 topics already"):
            archive.tags.add("One more", "star", by="ann")
        archive.tags.switch("food", off=True, by="ann", revision=1)
        archive.tags.add("One more", "star", by="ann")
        with pytest.raises(NotAllowed, match="60 topics already"):
            archive.tags.switch("food", off=False, by="ann", revision=2)
