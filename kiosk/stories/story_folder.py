"""The folder of one kept story."""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import StoryDamaged
from kiosk.stories import wav
from kiosk.stories.records import CheckedWords, R, Redactions, Restrictions, Story, Transcript, parse_record

#: A story's id: station, sequence number, and six random digits so that no two stations ever give the same.
STORY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,30}-\d{6,}-[0-9a-f]{6}")
_PEAKS, _REDACTED = "peaks.json", "redacted.wav"
#: A draft that was made later than `transcript.json`: its number in the folder, and the mark of the request for it.
_LATER_DRAFT = re.compile(r"transcript-([1-9][0-9]{0,5})-([0-9a-f]{8})\.json")
#: In a story's folder: what the site made of its recording, and can make again.
MADE = frozenset((_PEAKS, _REDACTED))


@dataclass(frozen=True)
class StoryFolder:
    """One kept story."""

    path: Path

    @property
    def id(self) -> str:
        """The story's id."""
        return self.path.name

    @property
    def audio(self) -> Path:
        """The recording."""
        return self.path / "audio.wav"

    @property
    def transcript_path(self) -> Path:
        """The machine's first draft, once it is there. Later ones lie beside it, and none of them ever changes."""
        return self.path / "transcript.json"

    @property
    def checked_path(self) -> Path:
        """What was really said, once a person has put it right. Written by the site."""
        return self.path / "checked.json"

    @property
    def redacted(self) -> Path:
        """The recording with a tone in the place of words that were taken out. Written by the site."""
        return self.path / _REDACTED

    @property
    def redactions_path(self) -> Path:
        """Which words were taken out, and where their sound is; not the words. Written by the site."""
        return self.path / "redactions.json"

    @property
    def restrictions_path(self) -> Path:
        """What people decided since that makes the story less open, while there is something. Written by the site."""
        return self.path / "restrictions.json"

    @property
    def audio_deleted(self) -> Path:
        """A file that says that the recording was deleted (its time was up), not lost. Written by the site."""
        return self.path / "audio-deleted.json"

    @property
    def has_audio(self) -> bool:
        """Whether there is anything to hear: not once it was deleted, nor where an answer was chosen without a word."""
        return self.audio.is_file() and wav.frames_in(self.audio) > 0

    @property
    def peaks(self) -> Path:
        """How loud the recording is, for drawing it; may be deleted at any time. Written by the site."""
        return self.path / _PEAKS

    @property
    def made(self) -> tuple[Path, ...]:
        """What goes with the recording because it is made of it."""
        return self.peaks, self.redacted

    def story(self) -> Story:
        """Return what `story.json` says.

        Raises:
            StoryDamaged: It is missing, unreadable, of another story, or there is no recording beside it.
        """
        story = self._read(Story, self.path / "story.json")
        if story.id != self.id:
            raise StoryDamaged(
                f"{self.path} holds the story {story.id}; a folder and its story must have the same name."
            )
        if self.audio_deleted.exists():
            return story
        if not self.audio.is_file():
            raise StoryDamaged(f"{self.audio} is missing.")
        if wav.frames_in(self.audio) < story.frames:
            raise StoryDamaged(f"{self.audio} is shorter than story.json says; it was cut off while it was copied.")
        return story

    def drafts(self) -> dict[int, Path]:
        """Return the machine's drafts by their numbers, oldest first: 0 is `transcript.json`, if that is there."""
        found = {0: self.transcript_path} if self.transcript_path.exists() else {}
        return found | {number: path for number, path, _ in self._later_drafts()}

    def draft(self, number: int) -> Transcript | None:
        """Return one of the machine's drafts, or None if there is none of that number.

        Raises:
            StoryDamaged: It cannot be read as one.
        """
        path = self.drafts().get(number)
        return self._read(Transcript, path) if path else None

    def draft_path(self, mark: str) -> Path:
        """Return where the draft is that was made for a request, or where it belongs: beside all others, the last."""
        later = self._later_drafts()
        number = 1 + max((each for each, _, _ in later), default=0)
        made = (path for _, path, of in later if of == mark)
        return next(made, self.path / f"transcript-{number}-{mark}.json")

    def newest_draft(self) -> tuple[int, Transcript] | None:
        """Return the newest of the machine's drafts that has words, and its number.

        Returns:
            The first draft, which says why there are no words, if none has; None while there is none at all.

        Raises:
            StoryDamaged: The first draft cannot be read, and no later one has words.
        """
        for number, path, _ in reversed(self._later_drafts()):
            with contextlib.suppress(StoryDamaged):
                later = self._read(Transcript, path)
                if not later.failed:
                    return number, later
        return (0, self._read(Transcript, self.transcript_path)) if self.transcript_path.exists() else None

    def transcript(self) -> Transcript | None:
        """Return the newest of the machine's drafts. Returns and raises as `newest_draft` does."""
        newest = self.newest_draft()
        return newest[1] if newest else None

    def _later_drafts(self) -> list[tuple[int, Path, str]]:
        """Return number, path and mark of each draft but the first, oldest first."""
        try:
            names = os.listdir(self.path)
        except OSError:
            return []
        matches = [found for name in names if (found := _LATER_DRAFT.fullmatch(name))]
        return sorted((int(found[1]), self.path / found[0], found[2]) for found in matches)

    def checked(self) -> CheckedWords | None:
        """Return what was really said, or None while nobody has checked it.

        Raises:
            StoryDamaged: It cannot be read as that.
        """
        if not self.checked_path.exists():
            return None
        return self._read(CheckedWords, self.checked_path)

    def redactions(self) -> Redactions | None:
        """Return what was taken out, or None if nothing was.

        Raises:
            StoryDamaged: It cannot be read as that.
        """
        if not self.redactions_path.exists():
            return None
        return self._read(Redactions, self.redactions_path)

    def restrictions(self) -> Restrictions | None:
        """Return what makes the story less open, or None if nothing does.

        Raises:
            StoryDamaged: It cannot be read as that.
        """
        if not self.restrictions_path.exists():
            return None
        return self._read(Restrictions, self.restrictions_path)

    def _read(self, kind: type[R], path: Path) -> R:
        try:
            content = path.read_bytes()
        except FileNotFoundError as error:
            raise StoryDamaged(f"{path} is missing.") from error
        except OSError as error:
            raise StoryDamaged(f"Cannot read {path}: {error.strerror}.") from error
        return parse_record(kind, content, str(path))
