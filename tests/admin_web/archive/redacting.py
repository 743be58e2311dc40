"""A story out of which words are taken."""

import hashlib
import random

from admin_web.archive import Archive, Redaction
from admin_web.archive.arriving import read_arrival
from admin_web.correcting import corrected
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import SAMPLERATE_HZ, header
from tests.admin_web.archive.told import take_in
from tests.admin_web.making import change_story, make_story

SAID = "I told John Smith that the lunch was cold and John laughed"
SECONDS = 5.0
FRAMES = round(SECONDS * SAMPLERATE_HZ)


def make_kept(folder: DataFolder, archive: Archive) -> StoryFolder:
    """A story whose teller allowed everything, with the machine's words, each 0.4 s after the other."""
    kept = make_story(folder, SAID, seconds=SECONDS)
    # Sound in which no run of samples is there twice.
    kept.audio.write_bytes(header(FRAMES) + random.Random(1).randbytes(FRAMES * 2))
    sha256 = hashlib.sha256(kept.audio.read_bytes()).hexdigest()
    change_story(kept, sha256=sha256, permissions=Permissions(words=True, voice=True))
    take_in(archive, read_arrival(folder, kept.id))
    return kept


def redact(archive: Archive, story: str, first: int = 2, last: int = 3, role: str = "support worker") -> Redaction:
    text = archive.texts.get(story)
    assert text
    return archive.redactions.redact(story, first, last, role, by="ann", revision=text.revision)


def text_of(archive: Archive, story: str) -> str:
    text = archive.texts.get(story)
    assert text
    return text.text


def confirm(archive: Archive, story: str) -> None:
    text = archive.texts.get(story)
    assert text
    archive.texts.confirm(story, by="ann", revision=text.revision)


def type_in(archive: Archive, story: str, typed: str) -> None:
    """Put words right as the page does."""
    text = archive.texts.get(story)
    assert text
    words = corrected(archive.texts.words_of(story), typed, SECONDS)
    archive.texts.save(story, words, by="ann", revision=text.revision)
