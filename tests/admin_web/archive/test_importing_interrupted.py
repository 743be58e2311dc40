"""Interrupted anywhere, an import leaves whole stories alone, and goes on."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive, copying, importing
from admin_web.archive.check import check_folders
from admin_web.archive.importing import Imported, clear_interrupted, import_stories, story_folders_in
from admin_web.intake import Intake
from kiosk.errors import ArchiveNotWritten, DataFolderError
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.copies import killed_at, mounted, steps_of
from tests.admin_web.archive.marked import make_marked
from tests.admin_web.archive.sticks import content_of, do_import, require_whole
from tests.admin_web.archive.told import take_in
from tests.admin_web.making import make_story


class TestInterrupted:
    def test_a_stick_that_is_pulled_out_is_told_story_by_story(
        self, folder: DataFolder, archive: Archive, stick: DataFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = [make_story(stick, seconds=0.1) for _ in range(3)]
        real = copying.pour

        def pulled_out(source: Any, *arguments: Any) -> str:
            if kept[1].id in source.name and source.name.endswith("wav"):
                raise copying.ReadFailed(5, "Input/output error")
            return real(source, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(importing, "pour", pulled_out)
            imported = do_import(folder, archive, stick.root)
        assert imported.new == [kept[0].id, kept[2].id]
        assert "audio.wav cannot be read: Input/output error. See whether the stick" in imported.refused[kept[1].id]
        require_whole(folder, archive, kept[0].id, kept[2].id)
        assert do_import(folder, archive, stick.root).new == [kept[1].id]

    @pytest.mark.parametrize("broken", ["mkdir", "pour", "move_folder"])
    def test_a_disk_that_takes_no_more_ends_it_and_what_came_in_is_whole(
        self, folder: DataFolder, archive: Archive, stick: DataFolder, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        kept = [make_story(stick, seconds=0.1) for _ in range(3)]
        calls = []
        where: Any = Path if broken == "mkdir" else importing
        real = getattr(where, broken)

        def full(*arguments: Any, **named: Any) -> Any:
            calls.append(broken)
            if len(calls) == (5 if broken == "pour" else 2):
                raise OSError(28, "No space left on device")
            return real(*arguments, **named)

        with monkeypatch.context() as patch:
            patch.setattr(where, broken, full)
            with pytest.raises(DataFolderError, match=r"No space left on device\. Make room .* same command again"):
                do_import(folder, archive, stick.root)
        require_whole(folder, archive, kept[0].id)
        assert do_import(folder, archive, stick.root) == Imported(new=[each.id for each in kept[1:]], here=[kept[0].id])
        require_whole(folder, archive, *(each.id for each in kept))

    def test_a_real_disk_that_is_full(self, in_memory: Path, stick: DataFolder) -> None:
        kept = [make_story(stick, seconds=1) for _ in range(8)]
        with mounted("tmpfs", "size=4m", "tmpfs", in_memory / "small") as small:
            folder = DataFolder.open(small / "data")
            with Archive(folder) as archive:
                (small / "filler").write_bytes(bytes(shutil.disk_usage(small).free - 200_000))
                with pytest.raises((DataFolderError, ArchiveNotWritten)) as error:
                    do_import(folder, archive, stick.root)
                assert "full" in str(error.value) or "No space left" in str(error.value)
                came = sorted(path.name for path in folder.stories.iterdir())
                assert 0 < len(came) < 8
                assert list(check_folders(folder, None, lambda _: None)) == []
            (small / "filler").unlink()
            with Archive(folder) as archive:
                Intake(folder, archive).look()
                require_whole(folder, archive, *came)
                again = do_import(folder, archive, stick.root)
                assert again.here == came and len(again.new) == 8 - len(came)
                require_whole(folder, archive, *(each.id for each in kept))

    def test_a_process_that_is_killed_anywhere_goes_on_where_it_was(
        self, folder: DataFolder, stick: DataFolder, in_memory: Path
    ) -> None:
        kept = [make_story(stick, seconds=0.1).id for _ in range(3)]
        before = content_of(stick.root)
        Archive(folder).close()
        steps = steps_of(import_all, _copy(folder, in_memory), stick.root)
        for step in random.Random(3).sample(range(1, steps + 1), 10):
            copy = DataFolder(_copy(folder, in_memory))
            killed_at(step, import_all, copy.root, stick.root)
            with Archive(copy) as archive:
                # None is half: what is there is whole, and becomes known at the next start of the site.
                there = sorted(path.name for path in copy.stories.iterdir() if not path.name.startswith("."))
                Intake(copy, archive).look()
                assert sorted(each.id for each in archive.stories.page(1, 9)) == there
                assert list(check_folders(copy, archive, lambda _: None)) == []
            with Archive(copy) as archive:
                import_stories(copy, archive, story_folders_in(stick.root))
                require_whole(copy, archive, *kept)
        assert content_of(stick.root) == before

    def test_what_is_left_of_one_that_never_went_on_is_removed(self, folder: DataFolder, archive: Archive) -> None:
        kept = make_marked(folder)
        take_in(archive)
        left = folder.stories / ".station-000012-abcdef.part"
        shutil.copytree(kept.path, left)
        other = folder.stories / ".something.part"
        other.mkdir()
        with folder.lock("import"):
            clear_interrupted(folder)
            assert left.exists()
        clear_interrupted(folder)
        assert not left.exists() and other.exists() and kept.path.exists()


def import_all(root: Path, stick: Path) -> None:
    folder = DataFolder(root)
    with Archive(folder) as archive:
        import_stories(folder, archive, story_folders_in(stick))


def _copy(folder: DataFolder, at: Path) -> Path:
    copy = at / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder.root, copy)
    return copy
