"""The index follows the words, and what is found is what lists would show, best match first."""

import unicodedata
from datetime import timedelta

import pytest

from admin_web.archive import Archive, Filter, search
from admin_web.archive.check import check_archive
from admin_web.archive.search import Hit
from kiosk.errors import ArchiveBusy, ArchiveDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from tests.admin_web.archive.opening import change_behind_its_back
from tests.admin_web.archive.told import BEGUN, found, label, said, story_id, take_in, told


class TestOrder:
    def test_the_best_match_comes_first(self, archive: Archive) -> None:
        take_in(
            archive,
            told(1, "a bus " + "and many other words " * 30),
            told(2, "the bus, the bus, nothing but the bus"),
            told(3, "a bus and some other words " * 2 + "and many other words " * 10),
        )
        assert [hit.entry.sequence for hit in archive.search.find("bus", 1, 9)] == [2, 3, 1]

    def test_pages_go_through_all_once(self, archive: Archive) -> None:
        take_in(archive, *(told(n, "the bus " + "was late " * (n % 4)) for n in range(50)))
        everything = [hit.entry.id for hit in archive.search.find("bus", 1, 100)]
        pages = [hit.entry.id for page in range(1, 9) for hit in archive.search.find("bus", page, 7)]
        assert sorted(everything) == sorted(story_id(n) for n in range(50))
        assert pages == everything
        assert archive.search.find("bus", 9, 7) == []

    def test_of_very_many_the_newest_are_put_in_order(self, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(search, "RANKED", 10)
        take_in(archive, *(told(n, "bus bus bus" if n < 20 else "bus and more") for n in range(40)))
        assert found(archive, "bus") == list(range(30, 40))
        # What a filter leaves out does not count.
        wanted = Filter(before=BEGUN + timedelta(minutes=35))
        assert found(archive, "bus", wanted) == list(range(25, 35))
        assert found(archive, '"bus bus"') == list(range(10, 20))
        assert found(archive, "bus", Filter(before=BEGUN + timedelta(minutes=10))) == list(range(10))


def test_filters_are_those_of_lists(archive: Archive) -> None:
    stories = take_in(
        archive,
        told(0, "the bus", station="hill"),
        told(1, "the bus", question="How did you come?"),
        told(2, "the bus", agreed=False),
        told(3, "the bus", permissions=Permissions(words=False, voice=True)),
        told(4, "the bus"),
        told(5, "the bus"),
        told(6, "the tram"),
    )
    label(archive, stories[4], "food", "staff")
    label(archive, stories[1], "food")
    archive.stories.heard(stories[5], by="ann")
    archive.stories.missing([stories[0]])
    for wanted, numbers in {
        Filter(lead=True): [1, 2, 3, 4, 5],
        Filter(): [1, 3, 4, 5],
        Filter(lead=True, station="station", permission="words"): [1, 2, 4, 5],
        Filter(station="hill"): [],
        Filter(lead=True, permission="voice", question=""): [2, 3, 4, 5],
        Filter(question="How did you come?"): [1],
        Filter(tags=("food",)): [1, 4],
        Filter(tags=("food", "staff")): [4],
        Filter(state="heard"): [5],
        Filter(lead=True, since=BEGUN + timedelta(minutes=2), before=BEGUN + timedelta(minutes=5)): [2, 3, 4],
        Filter(tags=("food",), since=BEGUN + timedelta(minutes=2), state="unheard"): [4],
    }.items():
        assert found(archive, "bus", wanted) == numbers, wanted


class TestIndex:
    """It changes with the texts, in the same transaction."""

    def test_it_follows_every_change_of_the_words(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, "good tee"))
        assert found(archive, "tee") == [1]
        take_in(archive, told(1, "good tea"))
        assert (found(archive, "tee"), found(archive, "tea")) == ([], [1])
        archive.texts.save(story, said("very good coffee"), by="ann", revision=1)
        assert (found(archive, "tea"), found(archive, "coffee")) == ([], [1])
        archive.texts.save(story, said("only water"), by="ben", revision=2)
        archive.texts.bring_back(story, archive.texts.versions(story)[0].number, by="ann", revision=3)
        assert (found(archive, "water"), found(archive, "coffee")) == ([], [1])
        archive.deleting.withdraw(story, by="ann")
        assert found(archive, "coffee") == []
        assert archive.search.is_whole()

    def test_it_is_rolled_back_with_the_words(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, "good tea"))
        with pytest.raises(ZeroDivisionError), archive.transaction():
            archive.texts.save(story, said("bad coffee"), by="ann", revision=0)
            assert (found(archive, "tea"), found(archive, "coffee")) == ([], [1])
            raise ZeroDivisionError
        assert (found(archive, "tea"), found(archive, "coffee")) == ([1], [])
        assert archive.search.is_whole()

    def test_others_see_it_when_the_transaction_ends(self, folder: DataFolder, archive: Archive) -> None:
        with Archive(folder) as other:
            with archive.transaction():
                take_in(archive, told(1, "good tea"))
                assert found(other, "tea") == []
            assert found(other, "tea") == [1]

    def test_words_that_a_failing_disk_changed_are_never_shown(self, archive: Archive) -> None:
        (story,) = take_in(archive, told(1, "good tea"))
        change_behind_its_back(
            archive.path, "UPDATE doc_texts SET doc = replace(doc, 'good', 'food')", triggers=False, sealed=False
        )
        for look in (lambda: archive.search.find("tea", 1, 9), lambda: archive.search.marked(story, "tea")):
            with pytest.raises(ArchiveDamaged, match="not as it was written"):
                look()

    @pytest.mark.parametrize(
        "damage",
        [
            "DELETE FROM search_data WHERE id = (SELECT max(id) FROM search_data)",
            "INSERT INTO search (rowid, text) VALUES (77, 'what nobody said')",
            "INSERT INTO search (search, rowid, text) VALUES ('delete', 1, 'good tea')",
            "UPDATE doc_texts SET doc = json_set(doc, '$.text', 'what nobody said')",
        ],
    )
    def test_damage_is_told_and_mended(self, archive: Archive, damage: str) -> None:
        take_in(archive, told(1, "good tea"))
        change_behind_its_back(archive.path, damage, triggers=False)
        assert not archive.search.is_whole()
        assert [each.fix for each in check_archive(archive)] == ["Run 'sayso archive check --mend-search'."]
        archive.search.rebuild()
        assert archive.search.is_whole()
        assert list(check_archive(archive)) == []
        assert len([*archive.search.find("tea", 1, 9), *archive.search.find("said", 1, 9)]) == 1

    def test_an_archive_that_is_busy_is_not_called_damaged(self, folder: DataFolder, archive: Archive) -> None:
        take_in(archive, told(1, "good tea"))
        with Archive(folder, wait_s=0.05) as other, archive.transaction():
            archive.log.add("ann", "heard")
            with pytest.raises(ArchiveBusy):
                other.search.is_whole()


def test_words_in_other_scripts_are_found(archive: Archive) -> None:
    texts = ["мы ели суп", "ήπιαμε καφέ", "שתינו קפה", "comíamos peñas", "我们 喝 茶", "kahve içtik İstanbul"]
    take_in(archive, *(told(n, text) for n, text in enumerate(texts)))
    for n, text in enumerate(texts):
        for word in text.split():
            assert found(archive, word) == [n], word
            assert found(archive, unicodedata.normalize("NFD", word)) == [n], word


def test_hits_are_of_stories_as_they_are_now(archive: Archive) -> None:
    (story,) = take_in(archive, told(1, "good tea"))
    label(archive, story, "food")
    (hit,) = archive.search.find("tea", 1, 9)
    assert isinstance(hit, Hit) and hit.entry == archive.stories.get(story)
