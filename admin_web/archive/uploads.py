"""Recordings made elsewhere, as stories: written aside, and there at once and whole or not at all.

An uploaded story has a number of its own, "Upload 12", by which its teller can take it back, and no card: cards lie in
a pile beside the station, counted by the kiosk alone, and one that the site took from it would be missing there.
"""

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tinydb import where

from admin_web.archive.archive import Archive
from admin_web.archive.arriving import read_folder
from admin_web.archive.records.stories import StoryEntry
from admin_web.archive.removing import remove_folder
from kiosk.errors import NotAllowed
from kiosk.stories.files import move_folder, sync_folder, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Answer, Permissions, Story, Uploaded
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.takes import next_sequence
from kiosk.stories.wav import SAMPLERATE_HZ

_COUNTER = "sequence"
#: An id has room for so much of a station's name.
_NAME_CHARACTERS = 24


@dataclass(frozen=True)
class Told:
    """What the person who uploads a recording says of it, and vouches for.

    Attributes:
        at: When it was told, with its time zone.
        language: As en-GB; und: one that is not in our list.
        question: What was asked; empty for an open invitation.
        words: What the teller answered when asked for the words; None, it was not asked.
        voice: The same for the voice.
        uploaded: Who asked, and how the teller said yes to keeping it.
    """

    at: datetime
    language: str
    question: str
    words: Answer
    voice: Answer
    uploaded: Uploaded


class Uploads:
    """Makes stories of recordings."""

    def __init__(self, folder: DataFolder, archive: Archive, station: str) -> None:
        """Make it; `station` is the name of the station that this site belongs to."""
        self._folder, self._archive = folder, archive
        self._station = f"{station[:_NAME_CHARACTERS].rstrip('-')}-upload"
        self._aside = folder.archive / "uploads"
        self._counting = threading.Lock()

    def clear(self) -> None:
        """Remove what a site that was killed has left: call it before anything is uploaded.

        Raises:
            OSError: It cannot be removed, or the folder not be made.
        """
        self._aside.mkdir(mode=0o700, exist_ok=True)
        for path in self._aside.iterdir():
            if path.name != _COUNTER:
                remove_folder(path)

    def add(self, told: Told, record: Callable[[Path], int]) -> StoryEntry:
        """Make a story.

        Args:
            told: What is known of it.
            record: Writes the recording (a WAV of 16 kHz, mono, 16 bits) to the path that it is given, durably, and
                returns its frames.

        Raises:
            NotAllowed: The same recording is here already.
            OSError: It cannot be written.
            ArchiveError: The archive cannot be written.
            AudioError: As `record` raises it. After any error nothing is left of it.
        """
        begun = StoryFolder(self._aside / secrets.token_hex(8))
        begun.path.mkdir(mode=0o700)
        try:
            frames = record(begun.audio)
            with begun.audio.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            # One after the other: of two people who upload the same, the second is told so.
            with self._counting:
                self._require_new(sha256, told.uploaded.by)
                sequence = next_sequence(self._aside / _COUNTER, self._folder.stories)
                story = self._story(told, sequence, frames, sha256)
                write_whole(begun.path / "story.json", story.to_bytes())
                begun = StoryFolder(begun.path.rename(self._aside / story.id))
                return self._bring_in(begun, told)
        finally:
            remove_folder(begun.path)

    def _require_new(self, sha256: str, by: str) -> None:
        who = self._archive.people.get(by)
        for known in self._archive.stories.matching(where("sha256") == sha256):
            # From whom it is hidden, they do not learn here which it is.
            named = f": {known.title}" if who and known.is_seen_by(who) else ""
            raise NotAllowed(f"This recording is here already{named}. Nothing was added.")

    def _story(self, told: Told, sequence: int, frames: int, sha256: str) -> Story:
        return Story(
            id=f"{self._station}-{sequence:06d}-{secrets.token_hex(3)}",
            sequence=sequence,
            station=self._station,
            language=told.language,
            started_at=told.at,
            # A person says when it was.
            clock_quality="staff",
            microphone="",
            question=told.question,
            ended_at=told.at,
            ending="press",
            frames=frames,
            samplerate_hz=SAMPLERATE_HZ,
            overflows=0,
            lost_frames=0,
            sha256=sha256,
            agreed=True,
            permissions=Permissions(words=told.words, voice=told.voice),
            uploaded=told.uploaded,
        )

    def _bring_in(self, begun: StoryFolder, told: Told) -> StoryEntry:
        """Move the folder among the stories, with its place in the archive and its line in the log."""
        sync_folder(begun.path)
        arrival = read_folder(begun)
        kept = self._folder.story(begun.id)
        try:
            with self._archive.transaction():
                self._archive.stories.take_in([arrival])
                details = {name: str(answer) for name, answer in (("words", told.words), ("voice", told.voice))}
                self._archive.log.add(told.uploaded.by, "uploaded", begun.id, **details, how=told.uploaded.how)
                move_folder(begun.path, kept.path)
        except BaseException:
            # What was not promised must not come in by itself when the folder is next looked at.
            with contextlib.suppress(FileNotFoundError):
                remove_folder(kept.path)
            raise
        return self._archive.stories.known(begun.id)


def now() -> datetime:
    """Return the time of an upload, as stories have it: with this place's time zone."""
    return datetime.now(UTC).astimezone()
