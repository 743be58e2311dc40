"""`sayso stories`, as a support worker uses it."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive.rebuilding import kept_aside
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.commands import Terminal
from tests.admin_web.archive.marked import left_of, make_full
from tests.admin_web.making import change_story, make_story


class TestImport:
    def test_stories_come_in_and_a_second_time_they_are_here(
        self, sayso: Terminal, folder: DataFolder, in_memory: Path
    ) -> None:
        stick = DataFolder.open(in_memory / "stick")
        kept = [make_story(stick, seconds=0.1) for _ in range(3)]
        for source, lines in (
            (kept[0].path, ["1 story came in, 0 were here already."]),
            (stick.root, ["2 stories came in, 1 were here already."]),
            (stick.stories, ["0 stories came in, 3 were here already."]),
        ):
            ended = sayso("stories", "import", source, "--data", folder.root)
            assert (ended.code, ended.lines, ended.errors) == (0, lines, "")

    def test_what_did_not_is_named_and_the_exit_code_says_so(
        self, sayso: Terminal, folder: DataFolder, in_memory: Path
    ) -> None:
        stick = DataFolder.open(in_memory / "stick")
        kept = [make_story(stick, seconds=0.1) for _ in range(2)]
        os.truncate(kept[0].audio, 100)
        (stick.stories / "\udcff").mkdir()
        ended = sayso("stories", "import", stick.root, "--data", folder.root)
        assert ended.code == 1
        assert ended.lines[0].startswith(f"NOT TAKEN IN  {kept[0].id}: ") and "cut off" in ended.lines[0]
        assert ended.lines[1].startswith("NOT TAKEN IN  \ufffd: This is not a story's folder.")
        assert ended.lines[2:] == [
            "1 story came in, 0 were here already.", "2 did not come in; they are where they were.",
        ]  # fmt: skip

    def test_the_wrong_place_is_said_to_be_so(self, sayso: Terminal, folder: DataFolder, in_memory: Path) -> None:
        make_story(folder, seconds=0.1)
        (in_memory / "empty").mkdir()
        (in_memory / "link").symlink_to(folder.stories)
        for source, told in (
            (folder.root, "is in the data folder itself"),
            (folder.stories, "is in the data folder itself"),
            (in_memory / "link", "is in the data folder itself"),
            (in_memory / "nowhere", "is no folder. Name the folder that holds the stories"),
            (in_memory / "empty", "There are no stories in"),
        ):
            ended = sayso("stories", "import", source, "--data", folder.root)
            assert ended.code == 2 and told in ended.errors and str(source) in ended.errors + str(in_memory / "link")


class TestWithdraw:
    def test_it_is_gone_after_a_yes(self, sayso: Terminal, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            story = make_full(folder, archive)
        ended = sayso("stories", "withdraw", "1", "--data", folder.root, answer="n")
        assert ended.code == 130
        today = f"{datetime.now(UTC).astimezone():%-d %B %Y}"
        assert f"Delete Story 1 ({story}), told {today}, 0 seconds, with its words and quotes?" in ended.out
        assert left_of(folder.root, story)
        ended = sayso("stories", "withdraw", "1", "--data", folder.root, answer="y")
        assert ended.code == 0
        assert ended.lines[-1] == f"{story} is gone. A backup loses it at its next run."
        assert left_of(folder.root, story) == []
        ended = sayso("stories", "withdraw", "1", "--yes", "--data", folder.root)
        assert ended.code == 2 and "There is no story 1." in ended.errors

    def test_also_one_that_the_site_has_not_seen_yet(self, sayso: Terminal, folder: DataFolder) -> None:
        kept = make_story(folder, seconds=0.1)
        ended = sayso("stories", "withdraw", "1", "--yes", "--data", folder.root)
        assert ended.lines == [f"{kept.id} is gone. A backup loses it at its next run."]
        assert not kept.path.exists()

    def test_a_number_of_several_stations_needs_the_station(self, sayso: Terminal, folder: DataFolder) -> None:
        kept = make_story(folder, seconds=0.1)
        other = folder.stories / "hill-000001-abcdef"
        shutil.copytree(kept.path, other)
        text = (other / "story.json").read_text().replace(kept.id, other.name)
        (other / "story.json").write_text(text)
        change_story(folder.story(other.name), station="hill")
        ended = sayso("stories", "withdraw", "1", "--yes", "--data", folder.root)
        assert ended.code == 2
        named = f"Story 1 of hill ({other.name}), Story 1 of station ({kept.id})"
        assert f"Several stories have the number 1: {named}. Say which with --station or --id." in ended.errors
        ended = sayso("stories", "withdraw", "1", "--station", "lake", "--yes", "--data", folder.root)
        assert ended.code == 2 and "There is no story 1 of station lake." in ended.errors
        ended = sayso("stories", "withdraw", "1", "--station", "hill", "--yes", "--data", folder.root)
        assert ended.code == 0 and kept.path.exists() and not other.exists()

    def test_the_number_is_that_on_the_tellers_card(self, sayso: Terminal, folder: DataFolder) -> None:
        kept = [make_story(folder, seconds=0.1, card=card) for card in ("cat 27", "fish 3", "")]
        ended = sayso("stories", "withdraw", "27", "--yes", "--data", folder.root)
        assert ended.lines[0].startswith(f"{kept[0].id} is gone.")
        # One by its card, the other, which has none, by the station's count of its stories.
        ended = sayso("stories", "withdraw", "3", "--yes", "--data", folder.root)
        assert ended.code == 2
        assert f"Fish 3 of station ({kept[1].id}), Story 3 of station ({kept[2].id})" in ended.errors
        ended = sayso("stories", "withdraw", "3", "--id", kept[2].id, "--yes", "--data", folder.root)
        assert ended.code == 0 and kept[1].path.exists() and not kept[2].path.exists()
        ended = sayso("stories", "withdraw", "2", "--yes", "--data", folder.root)
        assert ended.code == 2 and "There is no story 2." in ended.errors

    @pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999999999999", "1.5"])
    def test_what_is_no_number_is_said_to_be_none(self, sayso: Terminal, folder: DataFolder, number: str) -> None:
        ended = sayso("stories", "withdraw", "--yes", "--data", folder.root, "--", number)
        assert ended.code == 2 and "NUMBER" in ended.errors

    def test_a_frozen_one_stays_for_the_lead(self, sayso: Terminal, folder: DataFolder) -> None:
        with Archive(folder) as archive:
            story = make_full(folder, archive)
            archive.flags.raise_flag(story, reason="worried", by="ann")
        ended = sayso("stories", "withdraw", "1", "--yes", "--data", folder.root)
        assert ended.code == 0
        assert ended.lines == [
            f"{story} is frozen by a safeguarding flag: nobody can use it, and the lead keeps a copy."
        ]

    def test_what_holds_words_all_the_same_is_named(
        self, sayso: Terminal, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Archive(folder) as archive:
            story = make_full(folder, archive)
        sayso("archive", "rebuild", "--yes", "--data", folder.root)

        def forbidden(path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("admin_web.archive.deleting.remove_folder", forbidden)
        ended = sayso("stories", "withdraw", "1", "--yes", "--data", folder.root)
        assert ended.lines[0] == f"{story} is gone. A backup loses it at its next run."
        assert "Something of it is still on the disk: " in ended.lines[1]
        assert ended.lines[1].endswith("Remove it by hand. The site tries again every hour.")
        assert f"An older archive is kept in {kept_aside(folder)[0]}" in ended.lines[2]
