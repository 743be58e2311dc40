"""One recording that is to be written down."""

import contextlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.stories import wav
from kiosk.stories.files import UNFINISHED
from kiosk.stories.story_folder import StoryFolder
from models.recogniser import HeardWord
from models.recording import Recording
from models.worker import REQUEST_BYTES

#: Bytes of one second of the station's sound.
BYTES_PER_S = wav.SAMPLERATE_HZ * wav.FRAME_BYTES
#: A take that did not grow for this time has ended (a block comes every twentieth of a second): it is heard to its end,
#: so that the words are there when the visitor says "keep it".
_ENDED_AFTER_S = 0.2


@dataclass
class Job:
    """A recording to be transcribed.

    Attributes:
        id: The story's id.
        language: What is spoken, as its take or story says.
        model: Folder of the model that writes it down; None: people do. Stays the same once that has begun.
        story: Its folder once it is kept; None while it is a take.
        recording: Its sound, open while it is listened to.
        done: Bytes of sound that were listened to.
        words: What was heard in them.
        listening: Its number in the recogniser's process; None before the first piece.
        held_up: How often the process was ended from outside meanwhile; others go first then.
        failed: Why it gets no words, in a sentence for staff.
        size: Bytes of sound when last looked at.
        grew_at: When it was last seen to grow (monotonic seconds).
        again: Mark of the request to write it down again; empty: it is written down for the first time.
    """

    id: str
    language: str
    model: Path | None = None
    story: StoryFolder | None = None
    recording: Recording | None = None
    done: int = 0
    words: list[HeardWord] = field(default_factory=list)
    listening: int | None = None
    held_up: int = 0
    failed: str | None = None
    size: int = 0
    grew_at: float = float("-inf")
    again: str = ""

    @property
    def at_end(self) -> bool:
        """Whether nothing more is to come: it is kept, or a take that has stopped growing."""
        return self.story is not None or time.monotonic() - self.grew_at > _ENDED_AFTER_S

    @property
    def has_sound(self) -> bool:
        """Whether there is something to do: of a take that grows whole requests only, else the rest as well."""
        if self.story is not None:
            return True
        waiting = self.size - self.done
        return self.failed is None and (waiting >= REQUEST_BYTES or (waiting > 0 and self.at_end))

    @property
    def order(self) -> tuple[int, int, str]:
        """Sorting key: the sequence number, after those that were held up less often."""
        return self.held_up, int(self.id.rsplit("-", 2)[1]), self.id

    def open(self) -> None:
        """Open the recording of a kept story for listening; what was half-written about it is removed.

        Raises:
            StoryDamaged: The story cannot be read.
            OSError: Its recording cannot be opened.
            AudioError: Its sound cannot be read, though all else is right.
        """
        assert self.story  # noqa: S101 - takes are opened when they are first seen
        self.story.story()
        if self.recording is None:
            self.recording = Recording(self.story.audio)
        # What a transcriber that was killed while it wrote has left; nobody else writes such files.
        for path in self.story.path.glob(f".transcript*{UNFINISHED}"):
            path.unlink(missing_ok=True)
        self.size = self.recording.bytes_so_far()

    def start_over(self) -> None:
        """Forget what was heard: the recogniser that heard it is gone."""
        self.done, self.words, self.listening = 0, [], None

    def close(self) -> None:
        """Let go of the file."""
        if self.recording:
            self.recording.close()
            self.recording = None


def language_in(record: Path, otherwise: str) -> str:
    """Return the language that a `take.json` or `story.json` names, or `otherwise` where it cannot be read.

    Only this is read: a story that nobody can read whole is found out when its turn comes.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        language = json.loads(record.read_bytes())["language"]
        if isinstance(language, str):
            return language
    return otherwise
