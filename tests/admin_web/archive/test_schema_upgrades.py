"""Archives of an older Sayso: each becomes one of this, or stays as it was."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive, Filter, StoryEntry
from admin_web.archive.check import check_archive
from admin_web.archive.conditions import field
from admin_web.archive.database import Database
from admin_web.archive.schema import VERSION
from admin_web.archive.storage import checksum
from admin_web.intake import Intake
from kiosk.errors import ArchiveDamaged, NotAllowed
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.told import Killed, label, take_in, told
from tests.admin_web.archive.version_1 import ACCOUNT, entry_1, version_of, write_version_1
from tests.admin_web.making import make_story


class TestUpgrade:
    def test_its_account_and_its_list_are_taken_over(self, folder: DataFolder) -> None:
        entries = [
            entry_1(3),
            entry_1(1, agreed=False, present=False),
            # Told without a clock, and listed where it came in.
            entry_1(4, clock_quality="unknown", started_at="1970-01-01T01:00:00+01:00"),
            entry_1(2, words="failed", beginning="", failed="There is no model.", sample=True),
        ]
        write_version_1(folder, *entries)
        (folder.archive / ".archive.json.12345678.part").write_bytes(b'{"half')
        with Archive(folder) as archive:
            (account,) = archive.people.everybody()
            assert account.role == "lead"
            assert {name: account.model_dump(mode="json")[name] for name in ACCOUNT} == ACCOUNT
            assert [each.sequence for each in archive.stories.page(1, 9)] == [4, 3, 2]
            for each in entries:
                known = archive.stories.get(each["id"])
                expected = StoryEntry.model_validate(each).model_copy(update={"words": "waiting"})
                assert known == expected
            assert list(check_archive(archive)) == []
        assert {path.name for path in folder.archive.iterdir()} == {"archive.sqlite"}
        assert version_of(folder) == VERSION

    def test_words_and_all_else_come_from_the_folders(self, folder: DataFolder) -> None:
        kept = [make_story(folder, "the lunch was warm", seconds=0.1), make_story(folder, None, seconds=0.1)]
        entries = [entry_1(n, id=each.id, beginning="the") for n, each in enumerate(kept, 1)]
        write_version_1(folder, *entries)
        with Archive(folder) as archive:
            Intake(folder, archive).look()
            one, two = (archive.stories.known(each.id) for each in kept)
            assert (one.words, one.beginning, one.sha256) == ("ready", "the lunch was warm", kept[0].story().sha256)
            assert (two.words, two.language) == ("waiting", "en-GB")
            assert [hit.entry.id for hit in archive.search.find("lunch", 1, 9)] == [one.id]
            # It stays where it was in the lists.
            assert one.listed_at == StoryEntry.model_validate(entries[0]).listed_at

    def test_an_empty_one_becomes_an_empty_one(self, folder: DataFolder) -> None:
        (folder.archive / "archive.json").write_text("{}")
        with Archive(folder) as archive:
            assert archive.stories.count() == 0 and archive.people.everybody() == []
        assert not (folder.archive / "archive.json").exists()

    def test_interrupted_anywhere_the_old_one_is_whole_and_the_next_start_goes_on(
        self, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = write_version_1(folder)
        real, last = Database.write, 0
        for stop_at in range(1, 200):
            calls: list[str] = []

            def kill(
                self: Database, sql: str, *arguments: Any, calls: list[str] = calls, stop_at: int = stop_at
            ) -> Any:
                calls.append(sql)
                if len(calls) == stop_at:
                    raise Killed
                return real(self, sql, *arguments)

            with monkeypatch.context() as patch:
                patch.setattr(Database, "write", kill)
                try:
                    Archive(folder).close()
                except Killed:
                    assert (folder.archive / "archive.json").read_bytes() == content
                    assert version_of(folder) == 0
                    continue
            last = stop_at
            break
        assert last > 20
        with Archive(folder) as archive:
            assert archive.stories.count() == 3 and archive.people.everybody()
            assert list(check_archive(archive)) == []
        assert {path.name for path in folder.archive.iterdir()} == {"archive.sqlite"}

    def test_killed_before_the_old_file_is_gone_it_goes_with_the_next_start(
        self, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = write_version_1(folder)

        def kill(self: Path, **_: object) -> None:
            raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Path, "unlink", kill)
            Archive(folder)
        assert (folder.archive / "archive.json").read_bytes() == content
        with Archive(folder) as archive:
            assert archive.stories.count() == 3
        assert {path.name for path in folder.archive.iterdir()} == {"archive.sqlite"}

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"\x00" * 50,
            b"\xff\xfe\xff",
            b"[]",
            b"3",
            b"null",
            b'{"stories": []}',
            b'{"stories": {"a": 5}}',
            b'{"stories": {"a": {"id": "a"}}}',
            b'{"stories": {}, "accounts": {"x": {"id": "x"}}}',
            b'{"stories": {}, "accounts": 7}',
            b'{"stories": "\\ud800"}',
            b"[" * 100_000,
        ],
    )
    def test_a_damaged_one_is_refused_with_the_way_out_and_left_as_it_is(
        self, folder: DataFolder, content: bytes
    ) -> None:
        path = folder.archive / "archive.json"
        path.write_bytes(content)
        for _ in range(2):
            with pytest.raises(ArchiveDamaged, match=r"archive\.json of an earlier Sayso cannot be read") as error:
                Archive(folder)
            assert "Nothing was changed. 'sayso archive rebuild' sets it aside" in str(error.value)
            assert path.read_bytes() == content
        path.rename(path.with_name("aside"))
        with Archive(folder) as archive:
            assert archive.stories.count() == 0

    def test_characters_that_the_archive_cannot_keep_do_not_stop_it(self, folder: DataFolder) -> None:
        write_version_1(folder, entry_1(1, beginning="good\0 tea"))
        with Archive(folder) as archive:
            assert [each.beginning for each in archive.stories.page(1, 9)] == ["good tea"]


class TestCards:
    def test_an_archive_that_knew_no_cards_learns_them_from_the_folders(self, folder: DataFolder) -> None:
        kept = [make_story(folder, "the lunch was warm", seconds=0.1, card=card) for card in ("cat 27", "")]
        with Archive(folder) as archive:
            Intake(folder, archive).look()
            label(archive, kept[0].id, "food")
        forget_cards(folder)
        with Archive(folder) as archive:
            assert version_of(folder) == VERSION
            assert [each.id for each in archive.stories.of_number(1)] == [kept[0].id]
            assert list(check_archive(archive)) == []
            assert archive.stories.count(Filter(tags=("food",))) == 1
            Intake(folder, archive).look()
            assert [each.id for each in archive.stories.of_number(27)] == [kept[0].id]
            assert [each.id for each in archive.stories.of_number(2)] == [kept[1].id]
            assert [each.words for each in archive.stories.page(1, 9)] == ["ready", "ready"]

    def test_a_story_is_found_by_its_number_without_a_look_at_every_other(self, archive: Archive) -> None:
        plan = archive.stories._documents.database.read(
            f"EXPLAIN QUERY PLAN SELECT doc FROM doc_stories WHERE {field('number')} = ? ORDER BY number", [27]
        )
        assert "stories_of_number" in str(plan)


def forget_cards(folder: DataFolder) -> None:
    """Make an archive of version 2 of it."""
    raw = sqlite3.connect(folder.archive / "archive.sqlite", isolation_level=None)
    raw.execute("DROP INDEX stories_of_number")
    for key, text in raw.execute("SELECT id, json_remove(doc, '$.card', '$.number') FROM doc_stories").fetchall():
        raw.execute("UPDATE doc_stories SET doc = ?, crc = ? WHERE id = ?", (text, checksum(key, text), key))
    raw.execute("PRAGMA user_version=2")
    raw.close()


class TestSafety:
    def test_an_archive_that_could_not_hide_stories_learns_it(self, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            (story,) = take_in(archive, told(1))
            archive.flags.raise_flag(story, reason="worried", by="ann")
            lead = archive.people.make_first("Lea", "hash")
            assert lead
        forget_safety(folder)
        with Archive(folder) as archive:
            assert version_of(folder) == VERSION and archive.flags.count_open_for(lead.id) == 1
            with pytest.raises(NotAllowed, match="not there any more"):
                archive.hiding.hide(story, ["nobody"], from_staff=True, by=lead.id, revision=1)
            archive.hiding.hide(story, [], from_staff=True, by=lead.id, revision=1)
            assert archive.stories.count() == 0 and archive.stories.count(Filter.seen_by(lead)) == 1
            assert archive.clock.doubt(datetime.now(UTC), "ntp") == ""
            assert list(check_archive(archive)) == []


def forget_safety(folder: DataFolder) -> None:
    """Make an archive of version 3 of it."""
    raw = sqlite3.connect(folder.archive / "archive.sqlite", isolation_level=None)
    raw.execute("DROP TRIGGER hidden_update")
    for table in ("story_hidden", "doc_clock", "doc_permission_changes"):
        raw.execute(f"DROP TABLE {table}")
    for index in ("flags_open", "stories_asked_back", "tombstones_withdrawn", "log_at", "log_who"):
        raw.execute(f"DROP INDEX {index}")
    names = ("hidden_from", "hidden_from_staff", "asked_back_at", "asked_back_by", "permissions_changed_at", "unsure")
    for table, fields in (("stories", names), ("flags", ("noted_by", "noted_at", "history", "told"))):
        without = ", ".join(f"'$.{name}'" for name in fields)
        for key, text in raw.execute(f"SELECT id, json_remove(doc, {without}) FROM doc_{table}").fetchall():
            raw.execute(f"UPDATE doc_{table} SET doc = ?, crc = ? WHERE id = ?", (text, checksum(key, text), key))
    raw.execute("PRAGMA user_version=3")
    raw.close()
