"""`sayso archive check`: each kind of fault is told with what to do, and a clean archive has none."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive
from admin_web.archive.check import Finding, check_archive, check_folders, open_or_say
from admin_web.intake import Intake
from kiosk.errors import ArchiveBusy
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.archive.marked import make_full
from tests.admin_web.archive.opening import change_behind_its_back
from tests.admin_web.making import make_story


def look(folder: DataFolder) -> list[Finding]:
    opened, findings = open_or_say(folder)
    if opened is None:
        return [*findings, *check_folders(folder, None, lambda _: None)]
    with opened:
        return [*check_archive(opened), *check_folders(folder, opened, lambda _: None)]


@pytest.fixture
def kept(folder: DataFolder) -> StoryFolder:
    """A story with something in every table; another one, and one that is gone for good."""
    with Archive(folder) as archive:
        stories = [make_full(folder, archive) for _ in range(3)]
        archive.people.make_first("Front Desk", "hash")
        archive.deleting.withdraw(stories[2], by="ann")
    assert look(folder) == []
    return folder.story(stories[0])


def run_sql(folder: DataFolder, *statements: str, sealed: bool = True) -> None:
    change_behind_its_back(folder.archive / "archive.sqlite", *statements, triggers=False, sealed=sealed)


def flip(path: Path, position: int) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        (byte,) = file.read(1)
        file.seek(position)
        file.write(bytes([byte ^ 0x15]))


def cut_story_json(folder: DataFolder, kept: StoryFolder) -> None:
    os.truncate(kept.path / "story.json", 40)


def change_a_sample(folder: DataFolder, kept: StoryFolder) -> None:
    flip(kept.audio, 500)


def remove_the_recording(folder: DataFolder, kept: StoryFolder) -> None:
    kept.audio.unlink()


def remove_the_folder(folder: DataFolder, kept: StoryFolder) -> None:
    shutil.rmtree(kept.path)


def remove_the_folder_with_the_site_running(folder: DataFolder, kept: StoryFolder) -> None:
    shutil.rmtree(kept.path)
    with Archive(folder) as archive:
        Intake(folder, archive).look()


def put_another_story_in_its_place(folder: DataFolder, kept: StoryFolder) -> None:
    other = folder.story(folder.story_folders()[1].id)
    shutil.copy(other.audio, kept.audio)
    content = (other.path / "story.json").read_text()
    (kept.path / "story.json").write_text(content.replace(other.id, kept.id))


def add_a_folder(folder: DataFolder, kept: StoryFolder) -> None:
    (folder.stories / "holiday photos").mkdir()


def add_a_file_whose_name_is_no_text(folder: DataFolder, kept: StoryFolder) -> None:
    (folder.stories / "\udcff").write_bytes(b"")


def add_a_new_story(folder: DataFolder, kept: StoryFolder) -> None:
    make_story(folder, seconds=0.1)


def put_back_one_that_is_gone(folder: DataFolder, kept: StoryFolder) -> None:
    with Archive(folder) as archive:
        (gone,) = archive.deleting.tombstones()
    shutil.copytree(kept.path, folder.stories / gone.id)


def damage_the_index(folder: DataFolder, kept: StoryFolder) -> None:
    run_sql(folder, "INSERT INTO search (rowid, text) VALUES (77, 'what nobody said')")


def remove_a_log_line(folder: DataFolder, kept: StoryFolder) -> None:
    run_sql(folder, "DELETE FROM doc_log WHERE id = 3")


def remove_the_last_log_line(folder: DataFolder, kept: StoryFolder) -> None:
    run_sql(folder, "DELETE FROM doc_log WHERE id = (SELECT max(id) FROM doc_log)")


def edit(table: str, **changed: str) -> Callable[[DataFolder, StoryFolder], None]:
    def change(folder: DataFolder, kept: StoryFolder) -> None:
        sets = ", ".join(f"'$.{name}', json('{value}')" for name, value in changed.items())
        run_sql(folder, f"UPDATE doc_{table} SET doc = json_set(doc, {sets})")

    change.__name__ = f"edit_{table}"
    return change


def cut_a_document(folder: DataFolder, kept: StoryFolder) -> None:
    run_sql(folder, "UPDATE doc_accounts SET doc = '{\"half'", sealed=False)


def change_a_letter(folder: DataFolder, kept: StoryFolder) -> None:
    run_sql(folder, "UPDATE doc_texts SET doc = replace(doc, 'o', 'a') WHERE number = 1", sealed=False)


FAULTS: list[tuple[Callable[[DataFolder, StoryFolder], None], str, str]] = [
    (cut_story_json, "story.json is damaged", "Copy it again"),
    (change_a_sample, "the recording was changed or damaged", "from a backup"),
    (remove_the_recording, "audio.wav is missing", "from a backup"),
    (remove_the_folder, "The folder of station-000001-", "from a backup"),
    (remove_the_folder_with_the_site_running, "The folder of station-000001-", "from a backup"),
    (put_another_story_in_its_place, "is not the story that was taken in", "from a backup"),
    (add_a_folder, "stories/holiday photos: This is not a story's folder", "Move it elsewhere"),
    (add_a_file_whose_name_is_no_text, "stories/\ufffd: This is not a story's folder", "Move it elsewhere"),
    (add_a_new_story, "is not in the archive yet", "Start the site"),
    (put_back_one_that_is_gone, "is gone for good (withdrawn), and its folder is there", "Start the site"),
    (damage_the_index, "The search index does not fit the words", "--mend-search"),
    (remove_a_log_line, "After line 2 of the log comes line 4", "by hand"),
    (remove_the_last_log_line, "The last 1 line(s) of the log are missing", "by hand"),
    (edit("log", who='"nobody"'), "Line 1 of the log was changed", "by hand"),
    (edit("stories", state='"lost"'), "In stories, station-000001-", "sayso restore"),
    (edit("texts", words='"none"'), "In texts, station-000001-", "sayso restore"),
    (edit("versions", at='"then"'), "In versions, 1 is not as Sayso writes it (at: ", "sayso restore"),
    (edit("flags", by="null"), "In flags, 1 is not", "sayso restore"),
    (edit("quotes", state='"approved by nobody"'), "In quotes, 1 is not", "sayso restore"),
    (edit("accounts", role='"owner"'), "In accounts, ", "sayso restore"),
    (edit("tombstones", why='"lost"'), "In tombstones, station-000003-", "sayso restore"),
    (cut_a_document, "is not as it was written", "sayso restore"),
    (change_a_letter, "is not as it was written", "sayso restore"),
]


@pytest.mark.parametrize(("damage", "what", "fix"), FAULTS, ids=lambda each: getattr(each, "__name__", ""))
def test_each_fault_is_told_with_what_to_do(
    folder: DataFolder,
    kept: StoryFolder,
    damage: Callable[[DataFolder, StoryFolder], None],
    what: str,
    fix: str,
) -> None:
    damage(folder, kept)
    found = look(folder)
    assert [each for each in found if what in each.what and fix in each.fix], found
    # And nothing else, but what follows from it.
    assert len(found) <= 2 or "edit" in damage.__name__, found


def test_a_damaged_page_is_told_whichever_it_is(folder: DataFolder, kept: StoryFolder) -> None:
    path = folder.archive / "archive.sqlite"
    whole = path.read_bytes()
    damaged = 0
    for page in range(0, len(whole), 4096):
        # The head of a page of a table or an index; the first has the file's own head before it.
        head = page + (100 if page == 0 else 0)
        if whole[head] not in (2, 5, 10, 13):
            continue
        flip(path, head + 3 + 1)
        found = look(folder)
        assert found and all(each.fix for each in found), f"page {page // 4096 + 1}"
        assert all("\n" not in each.what for each in found)
        for name in ("archive.sqlite-wal", "archive.sqlite-shm"):
            (folder.archive / name).unlink(missing_ok=True)
        path.write_bytes(whole)
        damaged += 1
    assert damaged > 15
    assert look(folder) == []


def test_an_archive_that_does_not_open_is_told_and_the_folders_are_looked_at(
    folder: DataFolder, kept: StoryFolder
) -> None:
    (folder.archive / "archive.sqlite").write_bytes(b"garbage" * 1000)
    kept.audio.unlink()
    archive, story = look(folder)
    assert "is damaged" in archive.what and "sayso archive rebuild" in archive.fix
    assert "audio.wav is missing" in story.what


def test_a_recording_that_the_disk_does_not_give_is_told(
    folder: DataFolder, kept: StoryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def broken(self: Path, *arguments: Any, **named: Any) -> Any:
        if self == kept.audio:
            raise OSError(5, "Input/output error", str(self))
        return real(self, *arguments, **named)

    monkeypatch.setattr(Path, "open", broken)
    (found,) = look(folder)
    assert "the recording cannot be read (Input/output error)" in found.what and "The disk may be failing" in found.fix


def test_a_story_that_is_taken_back_meanwhile_is_no_fault(folder: DataFolder, kept: StoryFolder) -> None:
    with Archive(folder) as archive:

        def take_back(name: str) -> None:
            for each in archive.stories.page(1, 9):
                archive.deleting.withdraw(each.id, by="ann")

        assert list(check_folders(folder, archive, take_back)) == []


def test_an_archive_that_is_busy_is_not_called_damaged(folder: DataFolder, kept: StoryFolder) -> None:
    with Archive(folder) as archive, Archive(folder, wait_s=0.05) as other, archive.transaction():
        archive.log.add("ann", "heard")
        (found,) = check_archive(other)
        assert "is being written by" in found.what and found.fix == "Then run this command again."
        with pytest.raises(ArchiveBusy):
            other.search.is_whole()
