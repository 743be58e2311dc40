"""Stories from another station: all that are whole come in, once, and nothing that is not."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive.importing import Imported, import_stories, story_folders_in
from admin_web.intake import Intake
from kiosk.errors import AlreadyRunning, UsageError
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.marked import make_marked, mark
from tests.admin_web.archive.sticks import content_of, do_import, require_whole
from tests.admin_web.archive.told import check_words
from tests.admin_web.making import make_story


class TestWhereStoriesAre:
    def test_one_story_a_folder_of_them_or_a_data_folder(self, stick: DataFolder) -> None:
        stories = [make_story(stick, seconds=0.1).path for _ in range(2)]
        assert story_folders_in(stories[0]) == [stories[0]]
        assert story_folders_in(stick.stories) == stories
        assert story_folders_in(stick.root) == stories

    def test_also_from_within(self, stick: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = make_story(stick, seconds=0.1)
        monkeypatch.chdir(kept.path)
        assert story_folders_in(Path()) == [kept.path]
        assert story_folders_in(Path("..")) == [kept.path]

    @pytest.mark.parametrize("name", ["nowhere", "file", "empty", "photos", "stick/takes"])
    def test_elsewhere_there_are_none_and_that_is_said(self, in_memory: Path, stick: DataFolder, name: str) -> None:
        (in_memory / "file").write_text("a file")
        (in_memory / "empty").mkdir()
        (in_memory / "photos" / "2026").mkdir(parents=True)
        with pytest.raises(UsageError, match=r"is no folder\.|There are no stories in ") as error:
            story_folders_in(in_memory / name)
        assert str(in_memory / name) in str(error.value)
        assert "/media/usb/stories" in str(error.value) or "station-000012-3fa2b1" in str(error.value)

    def test_a_stick_that_cannot_be_read_is_said_to_be_so(
        self, stick: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(self: Path) -> Iterator[Path]:
            raise OSError(5, "Input/output error", str(self))

        monkeypatch.setattr(Path, "iterdir", broken)
        with pytest.raises(UsageError, match=r"Input/output error\. See whether the stick is still plugged in"):
            story_folders_in(stick.root)


class TestComingIn:
    def test_they_come_in_whole_and_can_be_found(self, folder: DataFolder, archive: Archive, stick: DataFolder) -> None:
        kept = [make_marked(stick) for _ in range(3)]
        (kept[1].path / "notes.txt").write_text("more that lies in it")
        before = content_of(stick.root)
        names: list[str] = []
        imported = import_stories(folder, archive, story_folders_in(stick.root), names.append)
        assert imported == Imported(new=[each.id for each in kept])
        assert names == imported.new
        assert content_of(folder.stories) == content_of(stick.stories)
        assert content_of(stick.root) == before
        require_whole(folder, archive, *imported.new)
        assert [hit.entry.id for hit in archive.search.find(mark(kept[2].id, "draft"), 1, 9)] == [kept[2].id]
        for path in folder.stories.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path

    def test_a_second_time_they_are_here_and_nothing_is_written(
        self, folder: DataFolder, archive: Archive, stick: DataFolder
    ) -> None:
        kept = make_story(stick, seconds=0.1)
        do_import(folder, archive, stick.root)
        check_words(archive, kept.id, "put right by hand")
        before = {path: path.stat().st_mtime_ns for path in folder.root.rglob("*") if "status" not in str(path)}
        again = do_import(folder, archive, stick.root)
        assert again == Imported(here=[kept.id])
        after = {path: path.stat().st_mtime_ns for path in folder.root.rglob("*") if "status" not in str(path)}
        assert after.keys() == before.keys()
        assert {path for path in after if after[path] != before[path]} <= {folder.archive / "archive.sqlite-shm"}

    def test_one_that_is_here_and_not_in_the_archive_is_taken_in(
        self, folder: DataFolder, archive: Archive, stick: DataFolder
    ) -> None:
        kept = make_story(stick, seconds=0.1)
        shutil.copytree(kept.path, folder.stories / kept.id)
        assert do_import(folder, archive, stick.root) == Imported(here=[kept.id])
        require_whole(folder, archive, kept.id)

    def test_one_whose_recording_was_deleted_comes_in_without_it(
        self, folder: DataFolder, archive: Archive, stick: DataFolder
    ) -> None:
        kept = make_story(stick, seconds=0.1)
        with Archive(stick) as other:
            do_import(stick, other, kept.path)
            other.deleting.delete_audio(kept.id, by="ann")
        assert do_import(folder, archive, stick.root).new == [kept.id]
        require_whole(folder, archive, kept.id)
        entry = archive.stories.get(kept.id)
        assert entry and entry.audio_deleted_at


def test_only_one_import_runs_at_a_time(folder: DataFolder, archive: Archive, stick: DataFolder) -> None:
    make_story(stick, seconds=0.1)
    with folder.lock("import"), pytest.raises(AlreadyRunning, match="The import is already running"):
        do_import(folder, archive, stick.root)


def test_it_may_run_beside_the_site(folder: DataFolder, archive: Archive, stick: DataFolder) -> None:
    kept = [make_story(stick, f"words of {n}", seconds=0.1).id for n in range(12)]
    stop, mistakes = threading.Event(), []

    def follow() -> None:
        try:
            with Archive(folder) as of_site:
                intake = Intake(folder, of_site)
                while not stop.is_set():
                    intake.look()
                    mistakes.extend(intake.needing_a_look())
        except BaseException as error:
            mistakes.append(error)

    site = threading.Thread(target=follow)
    site.start()
    try:
        assert do_import(folder, archive, stick.root).new == kept
    finally:
        stop.set()
        site.join()
    assert mistakes == []
    require_whole(folder, archive, *kept)
    assert len(archive.search.find("words", 1, 99)) == 12
