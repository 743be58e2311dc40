"""A recording goes when its time is up, and its words stay."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_web.archive import Archive, removing
from admin_web.archive.arriving import read_arrival
from admin_web.archive.check import check_folders
from admin_web.archive.deleting import Deleting
from admin_web.site import Site
from kiosk.errors import ArchiveBusy
from kiosk.stories.folder import DataFolder
from tests.admin_web.archive.marked import left_of, make_full, mark, require_cleared
from tests.admin_web.archive.told import Killed, take_in, told
from tests.admin_web.making import make_story


class TestRecordingsAlone:
    """The recording goes when its time is up, and the words stay."""

    def test_the_samples_are_gone_and_the_words_are_there(self, folder: DataFolder, archive: Archive) -> None:
        story = make_full(folder, archive)
        archive.deleting.delete_audio(story, by="ann")
        entry = archive.stories.get(story)
        assert entry and entry.audio_deleted_at and not entry.audio_going
        left = left_of(folder.root, story)
        assert "audio.wav" not in " ".join(left) and f"{story} is there" in left
        assert [hit.entry.id for hit in archive.search.find(mark(story, "saved"), 1, 9)] == [story]
        assert list(check_folders(folder, archive, lambda _: None)) == []
        # Once more does no harm; and a new look at the folder finds nothing wrong.
        archive.deleting.delete_audio(story, by="ann")
        take_in(archive, read_arrival(folder, story))
        assert archive.deleting.withdraw(story, by="ann")
        require_cleared(folder, archive, story)

    @pytest.mark.parametrize(
        ("where", "name"), [(removing, "remove_file"), (Deleting, "_remove_audio"), (Deleting, "_finish_audio")]
    )
    def test_interrupted_it_goes_on(
        self, folder: DataFolder, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
    ) -> None:
        def kill(*_: object) -> None:
            raise Killed

        with Archive(folder) as archive:
            story = make_full(folder, archive)
            with monkeypatch.context() as patch, pytest.raises(Killed):
                patch.setattr(where, name, kill)
                patch.setattr("admin_web.archive.deleting.remove_file", kill)
                archive.deleting.delete_audio(story, by="ann")
            assert folder.story(story).audio.exists()
        with Archive(folder) as again:
            take_in(again, read_arrival(folder, story))
            assert again.deleting.finish() == []
            assert not folder.story(story).audio.exists()
            assert folder.story(story).audio_deleted.exists()
            entry = again.stories.get(story)
            assert entry and entry.audio_deleted_at and not entry.audio_going

    def test_where_it_cannot_be_removed_it_is_tried_again(
        self, folder: DataFolder, archive: Archive, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        story = make_full(folder, archive)

        def forbidden(path: Path) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        with monkeypatch.context() as patch:
            patch.setattr("admin_web.archive.deleting.remove_file", forbidden)
            archive.deleting.delete_audio(story, by="ann")
            assert folder.story(story).audio.exists()
            (trouble,) = archive.deleting.finish()
            assert "audio.wav cannot be removed: Permission denied" in trouble
        assert archive.deleting.finish() == []
        assert not folder.story(story).audio.exists()

    def test_a_full_disk_is_told(self, folder: DataFolder, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
        story = make_full(folder, archive)

        def full(path: Path, content: bytes) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("admin_web.archive.deleting.write_whole", full)
            archive.deleting.delete_audio(story, by="ann")
            (trouble,) = archive.deleting.finish()
            assert trouble.endswith("audio.wav cannot be removed: No space left on device. Make room on the disk.")

        def busy(*_: object) -> None:
            raise ArchiveBusy("Somebody else is writing.")

        with monkeypatch.context() as patch:
            patch.setattr(archive.deleting, "_remove_audio", busy)
            assert archive.deleting.finish() == ["Somebody else is writing."]
        assert archive.deleting.finish() == []
        assert not folder.story(story).audio.exists()

    def test_a_story_whose_folder_is_away_loses_it_when_it_is_back(self, folder: DataFolder, archive: Archive) -> None:
        (story,) = take_in(archive, told(1))
        archive.deleting.delete_audio(story, by="ann")
        entry = archive.stories.get(story)
        assert entry and not entry.audio_going

    def test_an_archive_that_is_made_anew_knows_of_it(self, folder: DataFolder, archive: Archive) -> None:
        story = make_full(folder, archive)
        archive.deleting.delete_audio(story, by="ann")
        archive.close()
        archive.path.unlink()
        # As after a kill between the mark and the deletion itself.
        folder.story(story).audio.write_bytes(b"sound")
        with Archive(folder) as again:
            take_in(again, read_arrival(folder, story))
            assert again.deleting.finish() == []
            entry = again.stories.get(story)
            assert entry and entry.audio_deleted_at and not entry.audio_going
            assert not folder.story(story).audio.exists()

    def test_the_storys_page_works_without_it(self, site: Site, client: FlaskClient) -> None:
        kept = make_story(site.folder, "the lunch was warm", seconds=0.1)
        site.intake.look()
        assert "<audio" in client.get(f"/stories/{kept.id}").text
        site.archive.deleting.delete_audio(kept.id, by="ann")
        site.intake.look()
        page = client.get(f"/stories/{kept.id}").text
        assert "<audio" not in page and "needs a look" not in page
        assert "The recording was deleted" in page and ">lunch</span>" in page
        assert client.get(f"/stories/{kept.id}/audio").status_code == 404
        assert client.get(f"/stories/{kept.id}/words").status_code == 200
        assert kept.id in client.get("/").text and site.intake.needing_a_look() == []
