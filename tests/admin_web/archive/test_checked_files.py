"""What a person stood for lies in the story's folder too, and comes back from there."""

import sqlite3

import pytest

from admin_web.archive import Archive
from admin_web.archive.check import check_archive
from admin_web.archive.rebuilding import rebuild
from admin_web.archive.storage import checksum
from admin_web.intake import Intake
from kiosk.errors import ChangedMeanwhile
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from models.measuring.references import checked_words
from tests.admin_web.archive.told import said
from tests.admin_web.making import make_story


@pytest.fixture
def story(folder: DataFolder, archive: Archive) -> StoryFolder:
    """A story that somebody has put right and stands for."""
    kept = make_story(folder, "the bus was late", seconds=0.1)
    Intake(folder, archive).look()
    archive.texts.save(kept.id, said("The bus was never late."), by="ann", revision=0)
    archive.texts.confirm(kept.id, by="ann", revision=1)
    return kept


def text_in(story: StoryFolder) -> str | None:
    checked = story.checked()
    return checked.text if checked else None


def test_confirmed_words_are_written_with_their_times(archive: Archive, story: StoryFolder) -> None:
    archive.checked_files.write_due()
    checked, text = story.checked(), archive.texts.get(story.id)
    assert checked and text
    assert (checked.text, checked.words) == ("The bus was never late.", text.words)
    assert checked.checked_at == archive.stories.known(story.id).checked_at
    assert story.checked_path.stat().st_mode & 0o077 == 0


def test_words_that_nobody_stands_for_are_not_there(folder: DataFolder, archive: Archive, story: StoryFolder) -> None:
    draft = make_story(folder, "a draft", seconds=0.1)
    Intake(folder, archive).look()
    archive.texts.save(draft.id, said("a changed draft"), by="ann", revision=0)
    archive.checked_files.write_due()
    assert text_in(draft) is None and text_in(story) == "The bus was never late."
    archive.texts.save(story.id, said("The bus was often late."), by="ben", revision=1)
    archive.checked_files.write_due()
    assert text_in(story) is None
    archive.texts.confirm(story.id, by="ben", revision=2)
    archive.checked_files.write_due()
    assert text_in(story) == "The bus was often late."


def test_nothing_is_written_twice(archive: Archive, story: StoryFolder) -> None:
    archive.checked_files.write_due()
    story.checked_path.unlink()
    archive.checked_files.write_due()
    assert not story.checked_path.exists()


def test_words_that_change_while_the_file_is_written_are_written_after_it(
    archive: Archive, story: StoryFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = archive.checked_files._write

    def slowly(*args: object) -> None:
        written(*args)  # type: ignore[arg-type]
        monkeypatch.undo()
        archive.texts.save(story.id, said("changed meanwhile"), by="ben", revision=1)

    monkeypatch.setattr(archive.checked_files, "_write", slowly)
    archive.checked_files.write_due()
    archive.checked_files.write_due()
    assert text_in(story) is None


def test_other_times_of_the_same_words_are_written_too(archive: Archive, story: StoryFolder) -> None:
    archive.checked_files.write_due()
    later = [
        word.model_copy(update={"start": word.start + 9, "end": word.end + 9}) for word in said(text_in(story) or "")
    ]
    archive.texts.save(story.id, later, by="ben", revision=1)
    assert archive.stories.known(story.id).state == "checked"
    archive.checked_files.write_due()
    checked = story.checked()
    assert checked and list(checked.words) == later


def test_a_guess_of_the_times_is_told_and_comes_back_as_one(folder: DataFolder, archive: Archive) -> None:
    kept = make_story(folder, "the bus was late", seconds=0.1)
    Intake(folder, archive).look()
    archive.texts.save(kept.id, said("Roedd y bws yn hwyr."), by="ann", revision=0, guessed=True)
    archive.texts.confirm(kept.id, by="ann", revision=1)
    archive.checked_files.write_due()
    archive.close()
    rebuild(folder)
    with Archive(folder) as again:
        text = again.texts.get(kept.id)
        assert text and text.guessed and text.text == "Roedd y bws yn hwyr."
    checked = kept.checked()
    assert checked and set(checked_words(checked)[1]) == {None}


def test_a_folder_that_cannot_be_written_is_a_fault_that_heals(
    folder: DataFolder, archive: Archive, story: StoryFolder
) -> None:
    # A folder in its place stops also those who may write everywhere.
    story.checked_path.mkdir()
    intake = Intake(folder, archive)
    fault = intake._look_or_fault()
    assert fault and "Checked words cannot be written beside their recordings" in fault.message
    story.checked_path.rmdir()
    assert intake._look_or_fault() is None
    assert text_in(story) == "The bus was never late."


def test_a_new_archive_learns_the_checked_words_from_the_folders(
    folder: DataFolder, archive: Archive, story: StoryFolder
) -> None:
    archive.checked_files.write_due()
    before, text = archive.stories.known(story.id), archive.texts.get(story.id)
    archive.close()
    rebuild(folder)
    with Archive(folder) as again:
        now, words = again.stories.known(story.id), again.texts.get(story.id)
        assert text and words
        assert (now.state, now.checked_at, now.beginning) == ("checked", before.checked_at, before.beginning)
        assert (words.text, words.words) == (text.text, text.words)
        assert [hit.entry.id for hit in again.search.find("never", 1, 9)] == [story.id]
        # The machine's draft comes again, as it does with every look: a person's words stay.
        Intake(folder, again).look()
        assert again.texts.get(story.id) == words
        with pytest.raises(ChangedMeanwhile):
            again.texts.save(story.id, said("blind"), by="ann", revision=0)
        assert list(check_archive(again)) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 9}', b'{"text": 3, "words": []}'])
def test_a_damaged_file_keeps_no_story_out(folder: DataFolder, archive: Archive, content: bytes) -> None:
    kept = make_story(folder, "the bus was late", seconds=0.1)
    kept.checked_path.write_bytes(content)
    Intake(folder, archive).look()
    assert archive.stories.known(kept.id).state == "unheard"
    assert kept.checked_path.read_bytes() == content


def test_deleted_with_the_story(folder: DataFolder, archive: Archive, story: StoryFolder) -> None:
    archive.checked_files.write_due()
    archive.deleting.withdraw(story.id, by="lee")
    archive.checked_files.write_due()
    assert not story.path.exists()


def test_what_an_older_sayso_had_checked_is_written_after_the_upgrade(
    folder: DataFolder, archive: Archive, story: StoryFolder
) -> None:
    archive.close()
    raw = sqlite3.connect(archive.path, isolation_level=None)
    raw.execute("DROP INDEX stories_checked_file_due")
    for key, text in raw.execute("SELECT id, json_remove(doc, '$.checked_file_due') FROM doc_stories").fetchall():
        raw.execute("UPDATE doc_stories SET doc = ?, crc = ? WHERE id = ?", (text, checksum(key, text), key))
    raw.execute("PRAGMA user_version=3")
    raw.close()
    with Archive(folder) as newer:
        newer.checked_files.write_due()
        assert text_in(story) == "The bus was never late."
