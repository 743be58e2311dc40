"""What there is to transcribe: takes that are being told, and stories without a transcript.

A take is followed from its first sound. When its folder becomes a story it is read to the end; when it goes, all that
is known of it goes too. Stories that nobody followed are the backlog.
"""

import contextlib
import time
from collections import deque
from collections.abc import Set
from itertools import chain
from pathlib import Path

from kiosk.errors import AudioError, StoryDamaged
from kiosk.stories import wav
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Transcript
from kiosk.stories.story_folder import StoryFolder
from models.choice import NONE, Choice
from models.damaged import Damaged
from models.job import Job, language_in
from models.model_files import model_name
from models.recording import Recording
from models.watch import WatchedFolder

#: A take that grew within this time is being told.
_TELLING_S = 3.0
#: How long a visitor is expected to think about keeping it.
_ANSWER_S = 60.0


class Work:
    """All jobs of a data folder, and the stories that cannot be done.

    Attributes:
        damaged: Stories that cannot be read.
        set_aside: Id of each story whose transcript says that it failed, and why.
        by_hand: Id of each story in a language that has no model, and the sentence that says so.
        dropped: Numbers of recordings that the recogniser may forget; whoever tells it empties this list.
        lively_at: When a take last came, grew or was kept (monotonic seconds).
    """

    def __init__(self, folder: DataFolder, choice: Choice) -> None:
        self.damaged = Damaged()
        self.set_aside: dict[str, str] = {}
        self.by_hand: dict[str, str] = {}
        self.dropped: list[int] = []
        self.lively_at = float("-inf")
        self._folder, self._choice = folder, choice
        self._takes, self._stories = WatchedFolder(folder.takes), WatchedFolder(folder.stories)
        self._followed: dict[str, Job] = {}
        self._backlog: dict[str, Job] = {}
        self._in_order = True
        self._unchecked: deque[str] = deque()

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
        for story_id in self.damaged.changed():
            self._add(story_id)

    def wanted(self, loaded: Path | None, refused: Set[Path], again: Path | None = None) -> Path | None:
        """Return the model to have in memory now, or None if nobody needs one.

        That of a visitor who is telling or thinking about the answer; else, so that many stories in two languages do
        not make it change after each, the one that is loaded, as long as it has stories waiting; else that of the
        first one waiting; else, while no visitor is there, `again`; and when nothing waits that of the station's own
        language, so that the next visitor finds it.

        Args:
            loaded: The model in memory.
            refused: Models that cannot be used for the moment.
            again: The model with which stories are to be written down again.
        """
        lately = time.monotonic() - _ANSWER_S
        for job in self._followed_in_order():
            if job.model and job.model not in refused and (job.has_sound or job.grew_at > lately):
                return job.model
        self._sort()
        waiting = [job.model for job in self._backlog.values() if job.model and job.model not in refused]
        if waiting:
            return loaded if loaded in waiting else waiting[0]
        if again and again not in refused and self.is_quiet():
            return again
        own = self._choice.model(self._choice.language)
        return None if own in refused else own

    def next(self, model: Path | None) -> Job | None:
        """Return the job whose turn it is with `model`, or with None the kept story that waits for people to type it.

        First comes what visitors are telling or have just told, then the backlog.
        """
        for job in self._followed_in_order():
            if job.model == model and job.has_sound and (model or job.story):
                return job
        self._sort()
        return next((job for job in self._backlog.values() if job.model == model), None)

    def is_quiet(self) -> bool:
        """Say whether no visitor is telling or has told just now: the next one should find the model in memory."""
        return time.monotonic() - self.lively_at > _ANSWER_S

    def half_heard(self) -> bool:
        """Say whether any recording has been listened to in part."""
        return any(job.listening is not None for job in self._jobs())

    def in_hand(self) -> list[Job]:
        """Return the jobs in which there is something to do, and the takes being told; next first."""
        lately = time.monotonic() - _TELLING_S
        followed = [job for job in self._followed_in_order() if job.has_sound or job.grew_at > lately]
        self._sort()
        return [job for job in (*followed, *self._backlog.values()) if job.model]

    def awaits_answer(self) -> bool:
        """Say whether a take has just ended, so that it may become a story at any moment."""
        lately = time.monotonic() - _ANSWER_S
        return any(job.story is None and job.at_end and job.grew_at > lately for job in self._followed.values())

    def exists(self, story_id: str) -> bool:
        """Say whether there is such a take or story."""
        return story_id in self._takes.ids or story_id in self._stories.ids

    def begin(self, job: Job) -> bool:
        """Open a kept story for listening, and return False if it is damaged (and has been put among the damaged).

        Also where its recording was deleted on purpose: then it is forgotten.

        Raises:
            AudioError: Its sound cannot be read, though all else is right.
        """
        assert job.story  # noqa: S101 - takes are opened when they are first seen
        if job.story.audio_deleted.exists():
            # Its time was up: nothing is damaged, and there is nothing to listen to.
            self.forget(job.id)
            return False
        try:
            job.open()
        except (StoryDamaged, OSError) as error:
            self.forget(job.id)
            self.damaged.note(job.story, str(error))
            return False
        return True

    def check_one(self) -> bool:
        """Look into one transcript that was there before us, and return whether there was one to look into.

        One that another model failed at is to be done again; so is one that cannot be read: the recording is the truth.
        """
        if not self._unchecked:
            return False
        story_id = self._unchecked.popleft()
        story = self._folder.story(story_id)
        try:
            transcript = story.transcript()
        except StoryDamaged:
            transcript = None
        if transcript is None or (transcript.failed and transcript.model != self._model_name_of(story)):
            self._add(story_id)
        else:
            self.has_transcript(story_id, transcript)
        return True

    def has_transcript(self, story_id: str, transcript: Transcript) -> None:
        """Remember why a story has no words, if it has none."""
        if transcript.failed:
            (self.by_hand if transcript.model == NONE else self.set_aside)[story_id] = transcript.failed

    def has_words(self, story_id: str) -> None:
        """Another model has written down what failed before."""
        self.set_aside.pop(story_id, None)
        self.by_hand.pop(story_id, None)

    def choose_again(self) -> None:
        """Somebody has chosen other models: what was not begun yet, and what got no words, is for those."""
        for job in self._jobs():
            self._settle(job)
        self._unchecked.extend((*self.set_aside, *self.by_hand))
        self.set_aside.clear()
        self.by_hand.clear()

    def start_over(self) -> None:
        """Begin all jobs anew: the recogniser has died."""
        self.dropped.clear()
        for job in self._jobs():
            job.start_over()
            self._settle(job)

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
        self.damaged.forget(story_id)
        for notes in (self.set_aside, self.by_hand):
            notes.pop(story_id, None)
        with contextlib.suppress(ValueError):
            self._unchecked.remove(story_id)

    def close(self) -> None:
        """Let go of all files."""
        for job in self._jobs():
            job.close()

    def _jobs(self) -> chain[Job]:
        return chain(self._followed.values(), self._backlog.values())

    def _followed_in_order(self) -> list[Job]:
        return sorted(self._followed.values(), key=lambda job: job.order)

    def _settle(self, job: Job) -> None:
        """Decide which model writes it down, unless one is at it."""
        if job.listening is None:
            job.model = self._choice.model(job.language)

    def _model_name_of(self, story: StoryFolder) -> str:
        model = self._choice.model(language_in(story.path / "story.json", self._choice.language))
        return model_name(model) if model else NONE

    def _follow(self) -> None:
        for take_id in self._takes.ids - self._followed.keys():
            # Not there yet, or not yet a whole header: it is looked at again in a moment.
            with contextlib.suppress(OSError, AudioError):
                take = self._folder.takes / take_id
                language = language_in(take / "take.json", self._choice.language)
                self._followed[take_id] = Job(take_id, language, recording=Recording(take / "audio.wav"))
                self._settle(self._followed[take_id])
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
        story = self._folder.story(story_id)
        job = Job(story_id, language_in(story.path / "story.json", self._choice.language), story=story)
        self._settle(job)
        with contextlib.suppress(OSError):
            job.size = wav.frames_in(story.audio) * wav.FRAME_BYTES
        self._backlog[story_id] = job
        self._in_order = False

    def _sort(self) -> None:
        # Once for many that came together.
        if not self._in_order:
            self._backlog = dict(sorted(self._backlog.items(), key=lambda item: item[1].order))
            self._in_order = True
