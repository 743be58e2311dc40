"""What is not whole does not come in, and replaces nothing."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from admin_web.archive import Archive
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import StoryFolder
from tests.admin_web.archive.sticks import content_of, do_import, require_whole
from tests.admin_web.making import make_story


def truncate(kept: StoryFolder) -> None:
    os.truncate(kept.audio, kept.audio.stat().st_size // 2)


def change_a_sample(kept: StoryFolder) -> None:
    content = bytearray(kept.audio.read_bytes())
    content[-1] ^= 1
    kept.audio.write_bytes(content)


def write_story(content: bytes) -> Callable[[StoryFolder], object]:
    return lambda kept: (kept.path / "story.json").write_bytes(content)


def change_story_json(**changed: Any) -> Callable[[StoryFolder], object]:
    def change(kept: StoryFolder) -> None:
        path = kept.path / "story.json"
        path.write_text(json.dumps(json.loads(path.read_bytes()) | changed))

    return change


def link_the_folder(kept: StoryFolder) -> None:
    kept.path.rename(kept.path.with_name("elsewhere"))
    kept.path.symlink_to("elsewhere")


DAMAGED: dict[str, tuple[Callable[[StoryFolder], object], str]] = {
    "a recording that is cut off": (truncate, "cut off while it was copied"),
    "a recording that is another": (change_a_sample, "it is not the one that the station kept"),
    "no recording": (lambda kept: kept.audio.unlink(), "audio.wav is missing"),
    "no story.json": (lambda kept: (kept.path / "story.json").unlink(), "story.json is missing"),
    "an empty story.json": (write_story(b""), "story.json is damaged"),
    "a garbled story.json": (write_story(b'{"version": 1, "id"'), "story.json is damaged"),
    "a newer story.json": (change_story_json(version=2), "story.json is damaged: version"),
    "another id": (change_story_json(id="station-000009-abcdef"), "holds the story station-000009-abcdef"),
    "another hash": (change_story_json(sha256="0" * 64), "it is not the one that the station kept"),
    "a link to a folder": (link_the_folder, "a link to another place"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_not_whole_stays_where_it_is_and_the_others_come_in(
    folder: DataFolder, archive: Archive, stick: DataFolder, damage: str
) -> None:
    kept = [make_story(stick, seconds=0.1) for _ in range(3)]
    change, reason = DAMAGED[damage]
    change(kept[1])
    before = content_of(stick.root)
    imported = do_import(folder, archive, stick.stories)
    assert imported.new == [kept[0].id, kept[2].id]
    refused = imported.refused.pop(kept[1].id)
    assert reason in refused
    # What the link pointed to is no story by its name.
    assert set(imported.refused) <= {"elsewhere"}
    assert content_of(stick.root) == before
    require_whole(folder, archive, kept[0].id, kept[2].id)


def test_other_things_on_a_stick_are_passed_over_with_a_reason(
    folder: DataFolder, archive: Archive, stick: DataFolder
) -> None:
    kept = make_story(stick, seconds=0.1)
    names = ["System Volume Information", "STATION-000001-ABCDEF", "station-1-abc", "\udcff\udcfe"]
    for name in names:
        (stick.stories / name).mkdir()
    for name in (".Trashes", ".station-000001-abcdef.part"):
        (stick.stories / name).mkdir()
    (stick.stories / "readme.txt").write_text("a file")
    imported = do_import(folder, archive, stick.root)
    assert imported.new == [kept.id]
    assert set(imported.refused) == {*names[:3], "\ufffd\ufffd"}
    assert all("This is not a story's folder" in reason for reason in imported.refused.values())
    require_whole(folder, archive, kept.id)


def test_links_and_folders_within_a_story_are_left_out(
    folder: DataFolder, archive: Archive, stick: DataFolder, in_memory: Path
) -> None:
    kept = make_story(stick, seconds=0.1)
    (in_memory / "secret").write_text("not theirs")
    (kept.path / "link").symlink_to(in_memory / "secret")
    (kept.path / "folder").mkdir()
    (kept.path / "folder" / "file").write_text("deep")
    (kept.path / ".transcript.json.12345678.part").write_text("half")
    do_import(folder, archive, stick.root)
    assert sorted(path.name for path in folder.story(kept.id).path.iterdir()) == [
        "audio.wav", "story.json", "transcript.json",
    ]  # fmt: skip


def test_a_recording_that_is_a_link_is_left_out_and_so_the_story_is_refused(
    folder: DataFolder, archive: Archive, stick: DataFolder, in_memory: Path
) -> None:
    kept = make_story(stick, seconds=0.1)
    kept.audio.rename(in_memory / "audio.wav")
    kept.audio.symlink_to(in_memory / "audio.wav")
    imported = do_import(folder, archive, stick.root)
    assert "Its audio.wav is a link to another place" in imported.refused[kept.id]
    require_whole(folder, archive)


def test_another_story_of_the_same_name_replaces_nothing(
    folder: DataFolder, archive: Archive, stick: DataFolder
) -> None:
    kept = make_story(stick, seconds=0.1)
    do_import(folder, archive, stick.root)
    before = content_of(folder.stories)
    kept.audio.write_bytes(kept.audio.read_bytes()[:-2] + b"\1\1")
    change_story_json(sha256=hashlib.sha256(kept.audio.read_bytes()).hexdigest())(kept)
    imported = do_import(folder, archive, stick.root)
    assert "another story of this name here. Nothing was replaced" in imported.refused[kept.id]
    assert content_of(folder.stories) == before


def test_one_that_is_damaged_here_is_not_replaced_either(
    folder: DataFolder, archive: Archive, stick: DataFolder
) -> None:
    kept = make_story(stick, seconds=0.1)
    do_import(folder, archive, stick.root)
    truncate(folder.story(kept.id))
    imported = do_import(folder, archive, stick.root)
    assert "one of this name here, and it is damaged" in imported.refused[kept.id]
    assert "Move that folder away" in imported.refused[kept.id]
    shutil.rmtree(folder.story(kept.id).path)
    assert do_import(folder, archive, stick.root).new == [kept.id]
    require_whole(folder, archive, kept.id)


def test_a_story_that_was_taken_back_does_not_come_in_again(
    folder: DataFolder, archive: Archive, stick: DataFolder
) -> None:
    kept = make_story(stick, seconds=0.1)
    do_import(folder, archive, stick.root)
    archive.deleting.withdraw(kept.id, by="ann")
    imported = do_import(folder, archive, stick.root)
    assert "It is gone for good (withdrawn, " in imported.refused[kept.id]
    require_whole(folder, archive)
