"""The stick of another station, and what must be here when its stories have come in."""

from pathlib import Path

from admin_web.archive import Archive
from admin_web.archive.check import check_archive, check_folders
from admin_web.archive.importing import Imported, import_stories, story_folders_in
from kiosk.stories.folder import DataFolder


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def do_import(folder: DataFolder, archive: Archive, source: Path) -> Imported:
    return import_stories(folder, archive, story_folders_in(source))


def require_whole(folder: DataFolder, archive: Archive, *stories: str) -> None:
    """These stories are here, each once and whole, and nothing else is."""
    assert sorted(path.name for path in folder.stories.iterdir()) == sorted(stories)
    assert sorted(each.id for each in archive.stories.page(1, 1000)) == sorted(stories)
    assert [each.what for each in (*check_archive(archive), *check_folders(folder, archive, lambda _: None))] == []
