import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from admin_web import create_app, intake
from admin_web.archive.stories import Stories
from admin_web.intake import Intake
from admin_web.site import Site, site_of
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import StatusFile, read_status
from tests.admin_web.making import make_story, spread, write_words
from tests.sound_card import wait_until


def ids(site: Site) -> list[str]:
    return [each.id for each in site.archive.stories.page(1, 1000)]


def test_new_stories_are_taken_in_once(site: Site) -> None:
    kept = [make_story(site.folder) for _ in range(3)]
    for _ in range(3):
        site.intake.look()
    assert ids(site) == [each.id for each in reversed(kept)]
    assert site.intake.needing_a_look() == []
    make_story(site.folder)
    site.intake.look()
    assert len(ids(site)) == 4


def test_words_are_fetched_when_they_come(site: Site) -> None:
    kept = make_story(site.folder, None)
    site.intake.look()
    assert site.archive.stories.ids(words=("waiting",)) == [kept.id]
    write_words(kept, spread(["good", "tea"]))
    site.intake.look()
    known = site.archive.stories.get(kept.id)
    assert known and (known.words, known.beginning) == ("ready", "good tea")


def test_words_are_fetched_also_after_the_site_was_started_again(site: Site) -> None:
    kept = make_story(site.folder, None)
    site.intake.look()
    again = Intake(site.folder, site.archive)
    again.look()
    write_words(kept, spread(["good", "tea"]))
    again.look()
    assert site.archive.stories.ids(words=("ready",)) == [kept.id]


def test_a_second_attempt_of_the_transcriber_is_noticed(site: Site) -> None:
    kept = make_story(site.folder, None)
    write_words(kept, [], failed="There is no model.")
    site.intake.look()
    known = site.archive.stories.get(kept.id)
    assert known and (known.words, known.failed) == ("failed", "There is no model.")
    write_words(kept, spread(["at", "last"]))
    os.utime(kept.transcript_path, ns=(1, 1))
    site.intake.look()
    assert site.archive.stories.ids(words=("ready",)) == [kept.id]


def test_of_many_that_wait_each_gets_its_turn(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "FOLDERS_A_ROUND", 2)
    kept = [make_story(site.folder, None, seconds=0.1) for _ in range(5)]
    site.intake.look()
    for each in kept:
        write_words(each, spread(["here"]))
    for _ in range(3):
        site.intake.look()
    assert not site.archive.stories.ids(words=("waiting", "failed"))


def test_a_long_beginning_is_cut_between_words(site: Site) -> None:
    kept = make_story(site.folder, "wonderful " * 100)
    site.intake.look()
    known = site.archive.stories.get(kept.id)
    assert known and known.beginning.endswith("wonderful …")
    assert len(known.beginning) < 250


def test_a_story_whose_folder_goes_leaves_the_list_and_comes_back(site: Site) -> None:
    kept = make_story(site.folder)
    site.intake.look()
    away = site.folder.root / "away"
    kept.path.rename(away)
    site.intake.look()
    assert ids(site) == []
    away.rename(kept.path)
    site.intake.look()
    assert ids(site) == [kept.id]


class TestFoldersThatNeedALook:
    """Never lost, never a crash: each is shown with its reason, and the stories beside it are listed."""

    def spoil(self, folder: DataFolder) -> dict[str, str]:
        """Every kind of damage; name of the folder -> a word of its reason."""
        reasons = {}
        kept = [make_story(folder, seconds=0.2) for _ in range(8)]
        (kept[0].path / "story.json").unlink()
        reasons[kept[0].id] = "story.json"
        (kept[1].path / "story.json").write_bytes(b"\xff\x00{")
        reasons[kept[1].id] = "damaged"
        kept[2].audio.unlink()
        reasons[kept[2].id] = "audio.wav is missing"
        os.truncate(kept[3].audio, 100)
        reasons[kept[3].id] = "shorter"
        shutil.copytree(kept[4].path, folder.stories / "station-000777-abcdef")
        reasons["station-000777-abcdef"] = "same name"
        content = json.loads((kept[5].path / "story.json").read_bytes())
        (kept[5].path / "story.json").write_text(json.dumps(content | {"version": 99}))
        reasons[kept[5].id] = "version"
        (kept[6].path / "story.json").write_text(json.dumps(content | {"started_at": "0001-01-01T00:00:00+14:00"}))
        (kept[6].path / "story.json").write_text(
            (kept[6].path / "story.json").read_text().replace(kept[5].id, kept[6].id)
        )
        reasons[kept[6].id] = "year 1"
        (folder.stories / "holiday photos").mkdir()
        (folder.stories / "notes.txt").write_text("hello")
        reasons |= {"holiday photos": "not a story's folder", "notes.txt": "not a story's folder"}
        (folder.stories / "station-000888-abcdef").write_text("a file")
        (folder.stories / "station-000999-abcdef").symlink_to(kept[7].path)
        reasons |= {"station-000888-abcdef": "not a folder", "station-000999-abcdef": "not a folder"}
        (folder.stories / "\udcff\udcfe").mkdir()
        reasons["\ufffd\ufffd"] = "not a story's folder"
        (folder.stories / ".being-copied").mkdir()
        return reasons

    def test_each_is_shown_with_its_reason(self, site: Site) -> None:
        reasons = self.spoil(site.folder)
        site.intake.look()
        found = {each.name: each.reason for each in site.intake.needing_a_look()}
        assert found.keys() == reasons.keys()
        for name, reason in reasons.items():
            assert reason in found[name], name
            assert str(site.folder.root) not in found[name]
        assert len(ids(site)) == 2

    def test_a_name_that_is_no_text_can_be_shown_on_the_page(self, site: Site, client: FlaskClient) -> None:
        (site.folder.stories / "\udcff photos").mkdir()
        site.intake.look()
        answer = client.get("/")
        assert answer.status_code == 200 and "\ufffd photos" in answer.text

    def test_one_that_is_mended_is_taken_in(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(intake, "MENDED_AFTER_S", 0.0)
        kept = make_story(site.folder)
        record = (kept.path / "story.json").read_bytes()
        (kept.path / "story.json").unlink()
        site.intake.look()
        assert [each.name for each in site.intake.needing_a_look()] == [kept.id]
        (kept.path / "story.json").write_bytes(record)
        os.utime(site.folder.stories, ns=(1, 1))
        site.intake.look()
        site.intake.look()
        assert ids(site) == [kept.id]
        assert site.intake.needing_a_look() == []

    def test_one_that_is_taken_away_is_no_longer_shown(self, site: Site) -> None:
        (site.folder.stories / "notes.txt").write_text("hello")
        site.intake.look()
        (site.folder.stories / "notes.txt").unlink()
        site.intake.look()
        assert site.intake.needing_a_look() == []

    def test_garbled_words_do_not_hide_the_story(self, site: Site) -> None:
        kept = make_story(site.folder, None)
        kept.transcript_path.write_bytes(b'{"words": [')
        site.intake.look()
        known = site.archive.stories.get(kept.id)
        assert known and known.words == "failed" and "transcript.json is damaged" in known.failed


def test_a_story_that_was_taken_back_is_followed_no_longer(site: Site) -> None:
    kept = [make_story(site.folder, None, seconds=0.1) for _ in range(2)]
    site.intake.look()
    site.archive.deleting.withdraw(kept[0].id, by="ann")
    os.utime(site.folder.stories, ns=(1, 1))
    site.intake.look()
    write_words(kept[1], spread(["here"]))
    site.intake.look()
    assert site.intake._following == {}
    assert ids(site) == [kept[1].id]


def test_a_story_that_came_in_while_the_folder_was_listed_is_not_missing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make_story(site.folder, seconds=0.1)
    site.intake.look()
    with monkeypatch.context() as patch:
        patch.setattr(intake.os, "listdir", lambda path: [])
        os.utime(site.folder.stories, ns=(1, 1))
        site.intake.look()
    assert ids(site) == [kept.id]


class TestThread:
    def test_it_notices_a_story_within_a_second_or_two_and_gives_a_heartbeat(self, site: Site) -> None:
        stop = threading.Event()
        status = StatusFile(site.folder, "admin")
        thread = threading.Thread(target=site.intake.run, args=(stop, status, "http://here", list))
        thread.start()
        try:
            wait_until(lambda: read_status(site.folder, "admin"), "a heartbeat")
            kept = make_story(site.folder)
            wait_until(lambda: ids(site) == [kept.id], "the story is noticed")
        finally:
            stop.set()
            thread.join()
        told = read_status(site.folder, "admin")
        assert told and (told["state"], told["address"], told["faults"]) == ("serving", "http://here", [])

    def test_a_failure_is_told_and_gone_when_it_is_over(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(intake, "AGAIN_S", 0.01)
        monkeypatch.setattr(intake, "LOOK_S", 0.01)
        broken = OSError(28, "No space left on device")

        def full(self: Stories, entries: Any) -> None:
            if list(entries):
                raise broken

        kept = make_story(site.folder, None)
        stop = threading.Event()
        status = StatusFile(site.folder, "admin")
        thread = threading.Thread(target=site.intake.run, args=(stop, status, "http://here", list))
        with monkeypatch.context() as patch:
            patch.setattr(Stories, "take_in", full)
            thread.start()
            wait_until(lambda: codes(site.folder) == ["archive-not-written"], "the failure is told")
            broken = ZeroDivisionError()  # type: ignore[assignment]
            wait_until(lambda: codes(site.folder) == ["intake-failed"], "the mistake is told")
        try:
            wait_until(lambda: ids(site) == [kept.id], "it goes on")
            wait_until(lambda: codes(site.folder) == [], "the fault is taken back")
        finally:
            stop.set()
            thread.join()

    def test_whoever_ends_it_during_a_look_has_the_last_word(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        stop, status = threading.Event(), StatusFile(site.folder, "admin")

        def ended(_: Intake) -> None:
            stop.set()
            status.show(state="stopped")

        monkeypatch.setattr(Intake, "look", ended)
        site.intake.run(stop, status, "http://here", list)
        told = read_status(site.folder, "admin")
        assert told and told["state"] == "stopped"


def codes(folder: DataFolder) -> list[str] | None:
    told = read_status(folder, "admin")
    return [fault["code"] for fault in told["faults"]] if told else None


def test_everything_but_the_account_is_made_anew_from_the_folders(site: Site) -> None:
    for n in range(5):
        make_story(site.folder, f"number {n}" if n % 2 else None, clock_quality="unknown" if n == 3 else "ntp")
    site.intake.look()
    before = [each.model_dump(exclude={"taken_in_at"}) for each in site.archive.stories.page(1, 9)]
    Path(site.folder.archive / "archive.sqlite").rename(site.folder.archive / "archive.sqlite.damaged")
    again = site_of(create_app(site.folder))
    again.intake.look()
    assert [each.model_dump(exclude={"taken_in_at"}) for each in again.archive.stories.page(1, 9)] == before
