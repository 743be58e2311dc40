import json
import os
import shutil
from pathlib import Path

import pytest

from admin_web.archive import Archive
from admin_web.archive.backup.back_up import back_up
from admin_web.archive.backup.check import check
from kiosk.stories.folder import DataFolder
from kiosk.stories.wav import HEADER_BYTES
from tests.admin_web.archive.copies import (
    backed_up,
    objects,
    put_programme,
    restored,
    run,
    samples,
    state_of,
    tell,
)
from tests.admin_web.making import spread, write_words


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "stick"


def test_everything_comes_back_as_it_was(data: DataFolder, to: Path, tmp_path: Path) -> None:
    put_programme(data)
    story = tell(data, "the bus was late")
    tell(data, None)
    for name in ("checked.json", "Notes", "notes", "ümlaut ☺.txt", "of a later version/deep.bin"):
        path = story.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    done = backed_up(data, to)
    assert done.stories == 2
    assert done.copied_bytes == sum(size for _, _, size in objects(to).values())
    assert restored(to, tmp_path / "new") == state_of(data)


def test_what_can_be_made_again_or_was_not_agreed_to_is_not_copied(data: DataFolder, to: Path) -> None:
    story = tell(data, "the bus was late")
    left_out = [
        data.takes / "station-000009-aaaaaa" / "audio.wav",
        data.status / "kiosk.json",
        data.cache / "hello.wav",
        data.archive / "secret",
        data.stories / ".station-000007-aaaaaa.gone" / "audio.wav",
        story.path / ".transcript.json.12345678.part",
    ]
    for path in left_out:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"not for the backup: " + path.name.encode())
    backed_up(data, to)
    kept = [path.read_bytes() for path in to.rglob("*") if path.is_file()]
    assert not any(b"not for the backup" in content for content in kept)
    paths = {entry["path"] for entry in json.loads((to / "backup.json").read_text())["entries"]}
    here = {f"stories/{story.id}/{name}" for name in ("audio.wav", "story.json", "transcript.json")}
    assert paths == here | {"archive/archive.sqlite"}


def test_what_is_there_already_is_not_copied_again(data: DataFolder, to: Path) -> None:
    stories = [tell(data, f"story number {n}") for n in range(3)]
    backed_up(data, to)
    before = objects(to)
    assert backed_up(data, to).copied_bytes == 0
    assert objects(to) == before
    # Words arrive, and a recording is touched: one small file is new.
    write_words(stories[0], spread(["other", "words"]))
    os.utime(stories[1].audio)
    done = backed_up(data, to)
    assert done.copied_bytes == stories[0].transcript_path.stat().st_size
    after = objects(to)
    assert len(after) == len(before) and len(after.items() - before.items()) == 1


def test_a_backup_that_comes_back_goes_on_being_the_same_backup(data: DataFolder, to: Path, tmp_path: Path) -> None:
    tell(data, "the bus was late")
    backed_up(data, to)
    new = tmp_path / "new"
    restored(to, new)
    before = objects(to)
    assert backed_up(DataFolder.open(new), to).copied_bytes == 0 and objects(to) == before


def test_a_story_taken_back_leaves_nothing_in_the_backup(data: DataFolder, to: Path, tmp_path: Path) -> None:
    gone = tell(data, "marmalade periscope", seconds=0.5)
    tell(data, "the bus was late")
    with Archive(data) as archive:
        archive.texts.save(gone.id, spread(["marmalade", "umbrella"]), by="somebody", revision=0)
    backed_up(data, to)
    traces = [b"marmalade", b"periscope", b"umbrella", gone.audio.read_bytes()[HEADER_BYTES:][100:164]]
    assert samples(gone.id, 164)[100:] == traces[-1]
    assert all(any(trace in content for content in everything(to)) for trace in traces)
    with Archive(data) as archive:
        archive.deleting.withdraw(gone.id, by="somebody")
    done = backed_up(data, to)
    assert done.stories == 1
    assert not any(trace in content for content in everything(to) for trace in traces)
    # Its folder comes back from somewhere: it is left out, and stays so when the archive is made anew.
    gone.path.mkdir()
    (gone.path / "audio.wav").write_bytes(b"marmalade")
    backed_up(data, to)
    (data.archive / "archive.sqlite").unlink()
    back_up(data.root, to)
    assert not any(b"marmalade" in content for path in (to / "files").glob("??/*") for content in [path.read_bytes()])
    files, _ = restored(to, tmp_path / "new")
    assert gone.id not in str(files.keys())


def everything(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_a_loss_does_not_spread_to_the_backup(data: DataFolder, to: Path, tmp_path: Path) -> None:
    put_programme(data)
    lost, silent, cut, deleted, _ = (tell(data, f"story number {n}") for n in range(5))
    before = state_of(data)
    backed_up(data, to)
    shutil.rmtree(lost.path)
    shutil.rmtree(data.programme)
    silent.audio.unlink()
    cut.audio.write_bytes(cut.audio.read_bytes()[:100])
    (cut.path / "story.json").write_text("{")
    deleted.audio_deleted.write_text("{}")
    deleted.audio.unlink()
    for _ in range(2):
        done = back_up(data.root, to)
        told = " ".join(done.warnings)
        assert done.complete and done.stories == 5
        assert f"programme, {lost.id}, the recording of {silent.id}. They stay" in told
        assert "keeps what it had" in told and cut.id in told and deleted.id not in told
    files, _ = restored(to, tmp_path / "new")
    whole = before[0].keys() - {f"stories/{deleted.id}/audio.wav"}
    assert {path: files[path] for path in whole} == {path: before[0][path] for path in whole}
    assert f"stories/{deleted.id}/audio.wav" not in files


def test_a_damaged_recording_is_backed_up_and_named(data: DataFolder, to: Path, tmp_path: Path) -> None:
    story = tell(data, "the bus was late")
    flipped = bytearray(story.audio.read_bytes())
    flipped[1000] ^= 1
    story.audio.write_bytes(flipped)
    for _ in range(2):
        done = back_up(data.root, to)
        assert done.complete
        assert f"The recording of {story.id} is not what the kiosk wrote" in " ".join(done.warnings)
    assert restored(to, tmp_path / "new") == state_of(data)
    # The good one comes back from elsewhere, and goes bad again: the backup keeps the good one.
    flipped[1000] ^= 1
    story.audio.write_bytes(flipped)
    backed_up(data, to)
    story.audio.write_bytes(flipped[:500])
    done = back_up(data.root, to)
    assert "The backup keeps what it had." in " ".join(done.warnings)
    files, _ = restored(to, tmp_path / "newer")
    assert files[f"stories/{story.id}/audio.wav"] == flipped


@pytest.mark.parametrize("damage", ["no archive any more", "not a database", "a page in the middle"])
def test_a_damaged_archive_does_not_replace_a_whole_one(
    data: DataFolder, to: Path, tmp_path: Path, damage: str
) -> None:
    tell(data, "the bus was late")
    backed_up(data, to)
    _, tables = state_of(data)
    tell(data, "the bus was early")
    path = data.archive / "archive.sqlite"
    content = path.read_bytes()
    path.unlink()
    if damage == "not a database":
        path.write_bytes(b"x" * 10_000)
    elif damage == "a page in the middle":
        page = next(n for n in range(4096, len(content), 4096) if b"the bus was late" in content[n : n + 4096])
        path.write_bytes(content[:page] + b"\xff" * 4096 + content[page + 4096 :])
    done = back_up(data.root, to)
    assert not done.complete and done.stories == 2
    assert "keeps its earlier copy" in done.warnings[0]
    assert restored(to, tmp_path / "new") == (state_of_folders(data), tables)
    if damage == "not a database":
        told = run("backup", to, "--data", data.root)
        assert told.returncode == 1 and "IS NOT COMPLETE: 2 stories" in told.stdout


def state_of_folders(data: DataFolder) -> dict[str, bytes]:
    (data.archive / "archive.sqlite").unlink(missing_ok=True)
    return state_of(data)[0]


def test_links_and_strange_names_are_named_and_left_out(data: DataFolder, to: Path, tmp_path: Path) -> None:
    story = tell(data, "the bus was late")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").write_text("not for the backup")
    (story.path / "link").symlink_to(tmp_path / "elsewhere/secret")
    (story.path / "linked folder").symlink_to(tmp_path / "elsewhere")
    (data.stories / "station-000099-aaaaaa").symlink_to(tmp_path / "elsewhere")
    (data.stories / "holiday.jpg").write_bytes(b"not for the backup")
    os.mkfifo(story.path / "pipe")
    (Path(os.fsdecode(os.fsencode(story.path) + b"/\xff\xfe"))).write_bytes(b"not for the backup")
    told = run("backup", to, "--data", data.root)
    assert told.returncode == 0 and "7 warning(s)" in told.stdout, told.stderr
    for name in ("link", "linked folder", "station-000099-aaaaaa", "holiday.jpg", "pipe"):
        assert f"{name} is" in told.stderr
    assert not any(b"not for the backup" in content for content in everything(to))


def test_a_check_finds_damage_and_the_next_backup_mends_it(data: DataFolder, to: Path, tmp_path: Path) -> None:
    stories = [tell(data, f"story number {n}") for n in range(3)]
    backed_up(data, to)
    assert check(to) == (3, [])
    by_size = sorted((to / "files").glob("??/*"), key=lambda path: path.stat().st_size)
    audio = next(path for path in by_size if path.read_bytes() == stories[1].audio.read_bytes())
    flipped = bytearray(audio.read_bytes())
    flipped[-1] ^= 0x10
    audio.write_bytes(flipped)
    next(path for path in by_size if path.read_bytes() == stories[2].transcript_path.read_bytes()).unlink()
    (to / "backup.json").write_bytes(b"?")
    told = run("backup", "--check", to)
    assert told.returncode == 1 and "damaged in 3 place(s)" in told.stdout
    for sentence in (f"{stories[1].id}: audio.wav is damaged", f"{stories[2].id}: transcript.json is missing"):
        assert sentence in told.stderr
    assert f"{to / 'backup.json'} is damaged" in told.stderr and stories[0].id not in told.stderr
    backed_up(data, to)
    assert check(to) == (3, [])
    assert not list(to.rglob("*.damaged"))
    assert restored(to, tmp_path / "new") == state_of(data)


# While the station works.


def test_a_station_at_work_is_backed_up_as_it_was_at_one_moment(data: DataFolder, to: Path, tmp_path: Path) -> None:
    stories = [tell(data, f"story number {n}", seconds=2) for n in range(3)]
    happened: list[str] = []

    def meanwhile(what: str, done: int, total: int) -> None:
        happened.append(what)
        if what in happened[:-1]:
            return
        if what == "Archive":
            tell(data, "told while the archive was copied")
        elif what == "Copying":
            shutil.rmtree(stories[1].path)
            write_words(stories[2], spread(["changed", "meanwhile"]))
            tell(data, "told while the stories were copied")

    done = back_up(data.root, to, meanwhile)
    assert set(happened) == {"Archive", "Copying"} and done.complete
    files, tables = restored(to, tmp_path / "new")
    assert len(tables["stories"]) == 3
    now, _ = state_of(data)
    assert files == {path: content for path, content in now.items() if path in files}
    assert {path.split("/")[1] for path in files} == {stories[0].id, stories[2].id, data.story_folders()[2].id}
    backed_up(data, to)
    assert restored(to, tmp_path / "newer") == state_of(data)


@pytest.mark.parametrize("times", [2, 99])
def test_a_file_that_changes_while_it_is_copied_is_never_backed_up_torn(
    data: DataFolder, to: Path, tmp_path: Path, times: int
) -> None:
    story = tell(data, "the bus was late")
    path = story.path / "of a later version.bin"
    path.write_bytes(b"a" * 3_000_000)
    changes = 0

    def meanwhile(what: str, done: int, total: int) -> None:
        nonlocal changes
        if what == "Copying" and changes < times and (path.stat().st_size < done):
            changes += 1
            path.write_bytes(bytes([98 + changes % 20]) * 3_000_000)

    done = back_up(data.root, to, meanwhile)
    files, _ = restored(to, tmp_path / "new")
    if times == 2:
        assert changes == 2 and files == state_of(data)[0]
    else:
        assert not done.complete and "changed again and again" in done.warnings[0]
        assert f"stories/{story.id}/{path.name}" not in files and f"stories/{story.id}/audio.wav" in files


def test_what_could_not_be_read_once_is_not_given_up(data: DataFolder, to: Path, tmp_path: Path) -> None:
    """A stick that sits badly reads wrong for a while; the backup alone has the story."""
    lost, _ = tell(data, "the bus was late"), tell(data, "the soup was good")
    backed_up(data, to)
    before = state_of(data)
    audio = next(path for path in (to / "files").glob("??/*") if path.read_bytes() == lost.audio.read_bytes())
    content = audio.read_bytes()
    audio.write_bytes(content[::-1])
    shutil.rmtree(lost.path)
    for _ in range(2):
        assert check(to) == (2, [f"{lost.id}: audio.wav is damaged."])
        back_up(data.root, to)
    audio.with_name(f"{audio.name}.damaged").write_bytes(content)
    assert check(to) == (2, [])
    assert restored(to, tmp_path / "new") == before
