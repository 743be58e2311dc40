"""Stories whose every word and sample bears a mark, and a look into every byte for what is left of them."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from admin_web.archive import About, Archive, Filter
from admin_web.archive.arriving import read_arrival
from admin_web.archive.check import check_archive, check_folders
from kiosk.stories import takes
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import WavWriter
from tests.admin_web.archive.told import check_words, said, take_in
from tests.admin_web.making import change_story, spread, write_words

#: Where words can stand.
PLACES = (
    "draft", "question", "saved", "earlier", "overwritten", "note", "strength",
    "reason", "worry", "action", "referral", "outcome",
)  # fmt: skip


def mark(story: str, place: str) -> str:
    """A word of one place of one story. Its beginning is random: FTS5 leaves out what a word shares with the next."""
    return "q" + hashlib.sha256(f"{story} {place}".encode()).hexdigest()[:16]


def samples(story: str) -> bytes:
    """Some sound of one story."""
    return hashlib.shake_256(story.encode()).digest(256)


def make_marked(folder: DataFolder) -> StoryFolder:
    """A story's folder with marked words and marked samples."""
    take = takes.begin(folder, station="station", language="en-GB", clock_quality="ntp", microphone="test")
    writer = WavWriter(take.audio)
    for _ in range(20):
        writer.append(samples(take.take.id))
    writer.close()
    recording = takes.Recording(writer.frames, 0, 0, "press", datetime.now(UTC))
    kept = takes.keep(take, recording, agreed=True, permissions=Permissions(words=True, voice=True))
    change_story(kept, question=mark(kept.id, "question"))
    write_words(kept, spread(["well", mark(kept.id, "draft"), "well"]))
    return kept


def make_full(folder: DataFolder, archive: Archive) -> str:
    """A story with something marked in every place, in the archive; not frozen."""
    story = make_marked(folder).id
    take_in(archive, read_arrival(folder, story))
    text = check_words(archive, story, f"well {mark(story, 'earlier')} well", by="ben")
    text = archive.texts.save(story, said(f"well {mark(story, 'overwritten')}"), by="ann", revision=text.revision)
    # In the same sitting: no version holds what was before.
    text = archive.texts.save(story, said(f"well {mark(story, 'saved')}"), by="ann", revision=text.revision)
    archive.texts.confirm(story, by="ann", revision=text.revision)
    archive.quotes.propose(story, 0, 1, note=mark(story, "note"), by="ann")
    about = About(tags=("food",), strength=mark(story, "strength"))
    archive.labels.put(story, about, by="ann", revision=1)
    flag = archive.flags.raise_flag(story, reason=mark(story, "reason"), words=mark(story, "worry"), by="ann")
    told = {name: mark(story, name) for name in ("action", "referral", "outcome")}
    archive.flags.close(flag.number, **told, by="lead", revision=1)
    return story


def left_of(root: Path, story: str, *, sound: bool = True) -> list[str]:
    """Say in which files something of a story is left, among all below `root`."""
    # Without its first letters, which an index may share with another word.
    words = {place: mark(story, place)[3:].encode() for place in PLACES}
    if sound:
        words["samples"] = samples(story)[100:140]
    left = []
    for path in root.rglob("*"):
        if story in path.name:
            left.append(f"{path.name} is there")
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            left += [f"{path.name} holds {place}" for place, word in words.items() if word in content]
    return left


def require_gone(archive: Archive, story: str) -> None:
    """No verb knows the story any more."""
    assert archive.stories.get(story) is None
    assert story not in [each.id for each in archive.stories.page(1, 100)]
    assert archive.stories.of_number(int(story.split("-")[1])) == []
    assert story not in archive.stories.ids()
    about_food = Filter(tags=("food",))
    assert story not in (ids := [each.id for each in archive.stories.page(1, 100, about_food)])
    assert archive.stories.count(about_food) == len(ids)
    assert archive.texts.get(story) is None
    assert archive.texts.versions(story) == []
    assert archive.quotes.of(story) == []
    assert archive.flags.of(story) == []
    for place in PLACES:
        assert archive.search.find(mark(story, place), 1, 9) == []
        assert archive.search.marked(story, mark(story, place)) == ()


def require_cleared(folder: DataFolder, archive: Archive, story: str) -> None:
    """Nothing is left of it on the disk, the tombstone says so, and all else is whole."""
    require_gone(archive, story)
    tombstone = archive.deleting.tombstone(story)
    assert tombstone and tombstone.cleared
    assert left_of(folder.root, story) == []
    assert [each.what for each in (*check_archive(archive), *check_folders(folder, archive, lambda _: None))] == []
    assert not [path.name for path in folder.stories.iterdir() if path.name.startswith(".")]
