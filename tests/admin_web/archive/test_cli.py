"""`sayso archive` and `sayso stories`, as a support worker uses them."""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive import cli as cli_module
from admin_web.archive.arriving import read_arrival
from admin_web.archive.rebuilding import kept_aside, take_in_new
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.commands import Terminal
from tests.admin_web.archive.marked import make_full
from tests.admin_web.archive.told import take_in
from tests.admin_web.archive.version_1 import write_version_1
from tests.admin_web.making import make_story


class TestHelp:
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["archive"], ["check", "rebuild", "tidy", "Look after the archive"]),
            (["archive", "check"], ["Nothing is changed", "It may run beside the site", "--mend-search"]),
            (["archive", "rebuild"], ["Stop the site first", "is kept beside the new one", "--yes"]),
            (["archive", "tidy"], ["--delete", "once an hour", "while the date is doubtful"]),
            (["stories"], ["import", "withdraw"]),
            (["stories", "import"], ["PATH", "Nothing at PATH is changed", "run the same command again"]),
            (["stories", "withdraw"], ["NUMBER", "--station", "--yes", "for good"]),
        ],
    )
    def test_each_command_explains_itself(self, sayso: Terminal, words: list[str], told: list[str]) -> None:
        for ending in ("--help", "-h"):
            ended = sayso(*words, ending)
            assert ended.code == 0
            for each in (*told, "--data DIR", "--config FILE"):
                assert each in " ".join(ended.out.split()), each
            assert all(len(line) <= 100 for line in ended.lines)

    def test_the_data_folder_may_be_named_before_or_after(self, sayso: Terminal, folder: DataFolder) -> None:
        make_story(folder, seconds=0.1)
        sayso("archive", "rebuild", "--data", folder.root)
        for words in (
            ["archive", "check", "--data", folder.root],
            ["--data", folder.root, "archive", "check"],
            ["archive", "--data", folder.root, "check"],
        ):
            ended = sayso(*words)
            assert ended.code == 0 and "1 story in the archive" in ended.out

    def test_a_command_that_is_not_there_is_said_to_be_so(self, sayso: Terminal, folder: DataFolder) -> None:
        ended = sayso("archive", "mend", "--data", folder.root)
        assert ended.code == 2 and "No such command 'mend'" in ended.errors


@pytest.mark.parametrize(
    "words", [["archive", "check"], ["archive", "rebuild"], ["archive", "tidy"], ["stories", "withdraw", "1"]]
)
def test_a_mistyped_data_folder_is_not_made(sayso: Terminal, in_memory: Path, words: list[str]) -> None:
    ended = sayso(*words, "--data", in_memory / "typo")
    assert ended.code == 2
    assert f"{in_memory / 'typo'} is no data folder of Sayso. Give the right one with --data." in ended.errors
    assert not (in_memory / "typo").exists()


class TestCheck:
    def test_a_clean_one_is_whole(self, sayso: Terminal, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            make_full(folder, archive)
        before = {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()}
        ended = sayso("archive", "check", "--data", folder.root)
        assert (ended.code, ended.errors) == (0, "")
        assert ended.lines == ["1 story in the archive, 1 among the stories' folders.", "Everything is whole."]
        assert {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file()} == before

    def test_what_is_wrong_is_told_with_what_to_do_and_the_exit_code_says_so(
        self, sayso: Terminal, folder: DataFolder
    ) -> None:
        with Archive(folder) as archive:
            stories = [make_full(folder, archive) for _ in range(2)]
        shutil.rmtree(folder.story(stories[0]).path)
        (folder.stories / "\udcff photos").mkdir()
        ended = sayso("archive", "check", "--data", folder.root)
        assert ended.code == 1
        assert ended.lines == [
            "WRONG  stories/\ufffd photos: This is not a story's folder. Stories have names such as "
            "station-000012-3fa2b1.",
            "       Move it elsewhere: only stories belong there.",
            f"WRONG  The folder of {stories[0]} is missing.",
            "       Take it from a backup.",
            "2 stories in the archive, 2 among the stories' folders.",
            "2 thing(s) to look at.",
        ]

    def test_stories_that_leads_alone_see_are_counted_with_the_others(
        self, sayso: Terminal, folder: DataFolder
    ) -> None:
        kept = make_story(folder, agreed=False)
        with Archive(folder) as archive:
            make_full(folder, archive)
            take_in(archive, read_arrival(folder, kept.id))
        ended = sayso("archive", "check", "--data", folder.root)
        assert ended.lines[0] == "2 stories in the archive, 2 among the stories' folders."

    def test_the_search_index_can_be_mended(self, sayso: Terminal, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            make_full(folder, archive)
        raw = sqlite3.connect(folder.archive / "archive.sqlite", isolation_level=None)
        raw.execute("INSERT INTO search (rowid, text) VALUES (77, 'what nobody said')")
        raw.close()
        ended = sayso("archive", "check", "--data", folder.root)
        assert ended.code == 1 and "Run 'sayso archive check --mend-search'." in ended.out
        assert sayso("archive", "check", "--mend-search", "--data", folder.root).code == 0
        assert sayso("archive", "check", "--data", folder.root).code == 0

    def test_an_archive_that_does_not_open(self, sayso: Terminal, folder: DataFolder) -> None:
        make_story(folder, seconds=0.1)
        (folder.archive / "archive.sqlite").write_bytes(b"garbage" * 1000)
        ended = sayso("archive", "check", "--data", folder.root)
        assert ended.code == 1
        assert ended.lines[0].startswith("WRONG  The archive ") and "is damaged" in ended.lines[0]
        assert "'sayso restore'" in ended.lines[1] and "'sayso archive rebuild'" in ended.lines[1]
        assert ended.lines[2:] == ["1 thing(s) to look at."]

    def test_it_may_run_beside_the_site(self, sayso: Terminal, folder: DataFolder) -> None:
        with folder.lock("admin"), Archive(folder) as archive:
            make_full(folder, archive)
            assert sayso("archive", "check", "--data", folder.root).code == 0


class TestRebuild:
    def test_a_damaged_one_is_made_anew_without_a_question(self, sayso: Terminal, folder: DataFolder) -> None:
        kept = [make_story(folder, seconds=0.1) for _ in range(2)]
        (kept[1].path / "story.json").unlink()
        (folder.archive / "archive.sqlite").write_bytes(b"garbage" * 1000)
        ended = sayso("archive", "rebuild", "--data", folder.root)
        assert ended.code == 0
        (aside,) = kept_aside(folder)
        assert ended.lines == [
            f"NOT TAKEN IN  {kept[1].id}: {kept[1].path}/story.json is missing.",
            "The archive holds 1 story. Start the site. If nobody can lead any more, it prints a code.",
            f"An older archive is kept in {aside}. It holds words, also of stories that are taken back.",
            "Delete it when nobody needs it any more.",
        ]

    def test_a_whole_one_only_after_a_yes(self, sayso: Terminal, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            story = make_full(folder, archive)
        for answer in ("", "n"):
            ended = sayso("archive", "rebuild", "--data", folder.root, answer=answer)
            assert ended.code == 130 and "This archive can be read. Made anew, it has none of the topics" in ended.out
            with Archive(folder) as archive:
                assert archive.stories.known(story).state == "checked"
        assert sayso("archive", "rebuild", "--data", folder.root, answer="y").code == 0
        assert sayso("archive", "rebuild", "--yes", "--data", folder.root).code == 0
        with Archive(folder) as archive:
            assert archive.stories.known(story).state == "unheard"

    def test_not_while_the_site_runs(self, sayso: Terminal, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            make_full(folder, archive)
        with folder.lock("admin"):
            ended = sayso("archive", "rebuild", "--yes", "--data", folder.root)
        assert ended.code == 1
        assert f"The admin is already running on {folder.root}" in ended.errors and "Stop it first" in ended.errors
        assert kept_aside(folder) == []

    def test_a_damaged_archive_of_an_earlier_sayso(self, sayso: Terminal, folder: DataFolder) -> None:
        make_story(folder, seconds=0.1)
        (folder.archive / "archive.json").write_bytes(b"{")
        assert sayso("archive", "rebuild", "--data", folder.root).code == 0
        assert sayso("archive", "check", "--data", folder.root).code == 0


class TestTidy:
    @pytest.fixture
    def old(self, folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> str:
        """A story that nobody agreed to, of long ago, on a machine that knows the date."""
        monkeypatch.setattr(cli_module, "clock_quality", lambda _: "ntp")
        kept = make_story(folder, agreed=False, seconds=0.1)
        make_story(folder, seconds=0.1)
        with Archive(folder) as archive:
            take_in_new(folder, archive)
            long_ago = datetime.now(UTC) - timedelta(days=10)
            entry = archive.stories.known(kept.id)
            archive.stories.note(entry.model_copy(update={"taken_in_at": long_ago, "started_at": long_ago}))
        return kept.id

    def test_it_lists_and_with_delete_it_deletes_the_same(self, sayso: Terminal, folder: DataFolder, old: str) -> None:
        up = f"{datetime.now(UTC) - timedelta(days=7):%-d %B %Y}"
        line = f"{old}  story: not agreed to for 72 hours, due since {up}"
        ended = sayso("archive", "tidy", "--data", folder.root)
        assert (ended.code, ended.lines) == (0, [line, "1 would be deleted."])
        assert folder.story(old).path.exists()
        ended = sayso("archive", "tidy", "--delete", "--data", folder.root)
        assert (ended.code, ended.lines) == (0, [line, "1 deleted."])
        assert not folder.story(old).path.exists()
        assert sayso("archive", "tidy", "--data", folder.root).lines == ["0 would be deleted."]

    def test_by_the_settings(self, sayso: Terminal, folder: DataFolder, old: str, in_memory: Path) -> None:
        settings = in_memory / "sayso.toml"
        settings.write_text("[keeping]\nnot_agreed_kept_h = 720\n")
        ended = sayso("archive", "tidy", "--delete", "--data", folder.root, "--config", settings)
        assert ended.lines == ["0 deleted."]

    @pytest.mark.parametrize("words", [[], ["--delete"]])
    def test_nothing_while_the_date_is_doubtful(
        self, sayso: Terminal, folder: DataFolder, old: str, monkeypatch: pytest.MonkeyPatch, words: list[str]
    ) -> None:
        monkeypatch.setattr(cli_module, "clock_quality", lambda _: "unknown")
        ended = sayso("archive", "tidy", *words, "--data", folder.root)
        assert ended.code == 0
        assert ended.lines == ["Nothing is deleted: this machine does not know for sure what day it is."]
        assert folder.story(old).path.exists()


def test_an_archive_of_an_earlier_sayso_is_brought_up_to_date_by_any_command(
    sayso: Terminal, folder: DataFolder
) -> None:
    write_version_1(folder)
    ended = sayso("archive", "tidy", "--data", folder.root)
    assert ended.code == 0
    assert not (folder.archive / "archive.json").exists()
