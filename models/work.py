"""What there is to transcribe: takes that are being told, and stories without a transcript.

A take is followed from its first sound. When its folder becomes a story it is read to the end; when it goes, all that
is known of it goes too. Stories that nobody followed are the backlog.
"""

import contextlib
import time
from collections import deque
from dataclasses import dataclass, field

from kiosk.errors import AudioError, StoryDamaged
from kiosk.stories import wav
from kiosk.stories.files import UNFINISHED
from kiosk.stories.folder import DataFolder, StoryFolder
from models.recogniser import HeardWord
from models.recording import Recording
from models.watch import WatchedFolder
from models.worker import REQUEST_BYTES

#: Bytes of one second of the station's sound.
BYTES_PER_S = wav.SAMPLERATE_HZ * wav.FRAME_BYTES
#: Damaged stories are looked at again this often: they may be in the middle of being copied.
_DAMAGED_AGAIN_S = 2.0
#: A take that grew within this time is being told.
_TELLING_S = 3.0
#: A take that did not grow for this time has ended (a block comes every twentieth of a second): it is heard to its end,
#: so that the words are there when the visitor says "keep it".
_ENDED_AFTER_S = 0.2
#: How long a visitor is expected to think about that.
_ANSWER_S = 60.0


@dataclass
class Job:
    """A recording to be transcribed.

    Attributes:
        id: The story's id.
        story: Its folder once it is kept; None while it is a take.
        recording: Its sound, open while it is listened to.
        done: Bytes of sound that were listened to.
        words: What was heard in them.
        listening: Its number in the recogniser's process; None before the first piece.
        held_up: How often the process was ended from outside meanwhile; others go first then.
        failed: Why it gets no words, in a sentence for staff.
        size: Bytes of sound when last looked at.
        grew_at: When it was last seen to grow (monotonic seconds).
    """

    id: str
    story: StoryFolder | None = None
    recording: Recording | None = None
    done: int = 0
    words: list[HeardWord] = field(default_factory=list)
    listening: int | None = None
    held_up: int = 0
    failed: str | None = None
    size: int = 0
    grew_at: float = float("-inf")

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

    def start_over(self) -> None:
        """Forget what was heard: the recogniser that heard it is gone."""
        self.done, self.words, self.listening = 0, [], None

    def close(self) -> None:
        """Let go of the file."""
        if self.recording:
            self.recording.close()
            self.recording = None


class Work:
    """All jobs of a data folder, and the stories that cannot be done.

    Attributes:
        damaged: Id of each story that cannot be read, and why. Nothing is written into its folder.
        set_aside: Id of each story whose transcript says that it failed, and why.
        dropped: Numbers of recordings that the recogniser may forget; whoever tells it empties this list.
        lively_at: When a take last came, grew or was kept (monotonic seconds).
    """

    def __init__(self, folder: DataFolder, model: str) -> None:
        self.damaged: dict[str, str] = {}
        self.set_aside: dict[str, str] = {}
        self.dropped: list[int] = []
        self.lively_at = float("-inf")
        self._folder, self._model = folder, model
        self._takes, self._stories = WatchedFolder(folder.takes), WatchedFolder(folder.stories)
        self._followed: dict[str, Job] = {}
        self._backlog: dict[str, Job] = {}
        self._in_order = True
        self._unchecked: deque[str] = deque()
        self._damaged_as: dict[str, object] = {}
        self._damaged_at = time.monotonic()

    def look(self) -> None:
        """Notice what came, grew, was kept, was thrown away or was deleted."""
        _, gone_takes = self._takes.look()
        for take_id in gone_takes & self._followed.keys():
            # Kept or thrown away? The rename leaves no moment in which it is in neither place.
            if self._folder.story(take_id).path.exists():
                self._kept(take_id)
            else:
                self.forget(take_id)
        self._follow()
        came, gone = self._stories.look()
        for story_id in came:
            if story_id in self._followed:
                self._kept(story_id)
            elif self._folder.story(story_id).transcript_path.exists():
                self._unchecked.append(story_id)
            else:
                self._add(story_id)
        for story_id in gone:
            self.forget(story_id)
        self._look_at_damaged()

    def next(self) -> Job | None:
        """Return the job whose turn it is: first what visitors are telling or have just told, then the backlog."""
        for job in sorted(self._followed.values(), key=lambda job: job.order):
            if job.has_sound:
                return job
        self._sort()
        return next(iter(self._backlog.values()), None)

    def in_hand(self) -> list[Job]:
        """Return the jobs in which there is something to do, and the takes being told; next first."""
        lately = time.monotonic() - _TELLING_S
        followed = [job for job in self._followed.values() if job.has_sound or job.grew_at > lately]
        self._sort()
        return [*sorted(followed, key=lambda job: job.order), *self._backlog.values()]

    def awaits_answer(self) -> bool:
        """Say whether a take has just ended, so that it may become a story at any moment."""
        lately = time.monotonic() - _ANSWER_S
        return any(job.story is None and job.at_end and job.grew_at > lately for job in self._followed.values())

    def exists(self, story_id: str) -> bool:
        """Say whether there is such a take or story."""
        return story_id in self._takes.ids or story_id in self._stories.ids

    def begin(self, job: Job) -> bool:
        """Open a kept story for listening, and return False if it is damaged (and has been put among the damaged).

        Raises:
            AudioError: Its sound cannot be read, though all else is right.
        """
        assert job.story  # noqa: S101 - takes are opened when they are first seen
        try:
            job.story.story()
            if job.recording is None:
                job.recording = Recording(job.story.audio)
        except (StoryDamaged, OSError) as error:
            self.forget(job.id)
            self.damaged[job.id] = str(error)
            self._damaged_as[job.id] = _state_of(job.story)
            return False
        # What a transcriber that was killed while it wrote has left; nobody else writes such files.
        for path in job.story.path.glob(f".{job.story.transcript_path.name}.*{UNFINISHED}"):
            path.unlink(missing_ok=True)
        job.size = job.recording.bytes_so_far()
        return True

    def check_one(self) -> bool:
        """Look into one transcript that was there before us, and return whether there was one to look into.

        One that another model failed at is to be done again; so is one that cannot be read: the recording is the truth.
        """
        if not self._unchecked:
            return False
        story_id = self._unchecked.popleft()
        try:
            transcript = self._folder.story(story_id).transcript()
        except StoryDamaged:
            transcript = None
        if transcript is None or (transcript.failed and transcript.model != self._model):
            self._add(story_id)
        elif transcript.failed:
            self.set_aside[story_id] = transcript.failed
        return True

    def start_over(self) -> None:
        """Begin all jobs anew: the recogniser has died."""
        self.dropped.clear()
        for job in (*self._followed.values(), *self._backlog.values()):
            job.start_over()

    def hold_up(self, job: Job) -> None:
        """Let other jobs go first."""
        job.held_up += 1
        self._in_order = False

    def forget(self, story_id: str) -> None:
        """Remove every trace of a take or story from memory, and let go of its file."""
        for jobs in (self._followed, self._backlog):
            if job := jobs.pop(story_id, None):
                job.close()
                if job.listening is not None:
                    self.dropped.append(job.listening)
        for notes in (self.damaged, self._damaged_as, self.set_aside):
            notes.pop(story_id, None)
        with contextlib.suppress(ValueError):
            self._unchecked.remove(story_id)

    def close(self) -> None:
        """Let go of all files."""
        for job in (*self._followed.values(), *self._backlog.values()):
            job.close()

    def _follow(self) -> None:
        for take_id in self._takes.ids - self._followed.keys():
            # Not there yet, or not yet a whole header: it is looked at again in a moment.
            with contextlib.suppress(OSError, AudioError):
                self._followed[take_id] = Job(take_id, recording=Recording(self._folder.takes / take_id / "audio.wav"))
        for job in list(self._followed.values()):
            if job.story or not job.recording:
                continue
            size = job.recording.bytes_so_far()
            if size < job.done:
                self.forget(job.id)  # emptied: it is being thrown away
            elif size != job.size:
                job.size = size
                job.grew_at = self.lively_at = time.monotonic()

    def _kept(self, story_id: str) -> None:
        job = self._followed[story_id]
        job.story, self.lively_at = self._folder.story(story_id), time.monotonic()
        if job.recording:
            job.size = job.recording.bytes_so_far()

    def _add(self, story_id: str) -> None:
        job = Job(story_id, story=self._folder.story(story_id))
        with contextlib.suppress(OSError):
            job.size = wav.frames_in(self._folder.story(story_id).audio) * wav.FRAME_BYTES
        self._backlog[story_id] = job
        self._in_order = False

    def _sort(self) -> None:
        # Once for many that came together.
        if not self._in_order:
            self._backlog = dict(sorted(self._backlog.items(), key=lambda item: item[1].order))
            self._in_order = True

    def _look_at_damaged(self) -> None:
        now = time.monotonic()
        if not self.damaged or now - self._damaged_at < _DAMAGED_AGAIN_S:
            return
        self._damaged_at = now
        for story_id, state in list(self._damaged_as.items()):
            if _state_of(self._folder.story(story_id)) != state:
                self.forget(story_id)
                self._add(story_id)


def _state_of(story: StoryFolder) -> list[tuple[int, int] | None]:
    """Return what changes when somebody mends a story: times and sizes of the folder and its two files."""
    state: list[tuple[int, int] | None] = []
    for path in (story.path, story.path / "story.json", story.audio):
        try:
            stat = path.stat()
        except OSError:
            state.append(None)
        else:
            state.append((stat.st_mtime_ns, stat.st_size))
    return state
