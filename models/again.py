"""Stories that are to be written down again with another model: one at a time, and after everything else.

What was asked for, and how it is known what is done: `kiosk.stories.again`.
"""

from collections import Counter, deque
from pathlib import Path

from kiosk.errors import StoryDamaged
from kiosk.stories.again import Again, Progress, read_again
from kiosk.stories.folder import DataFolder
from kiosk.stories.story_folder import STORY_ID, StoryFolder
from models.installed import MODEL_NAME, InstalledModels
from models.job import Job, language_in

#: How many stories are looked at in one turn for whether they are done: after a restart most of them are.
_LOOKED_AT_ONCE = 50
#: A story over which the recogniser was ended from outside this often is given up, and so is a model while it loads.
_ENDED_AT_MOST = 3
_ENDED = (
    "The speech model was ended from outside three times while it listened to this recording. This computer may have "
    "too little memory for it."
)


class AgainQueue:
    """What is left of the site's request, if there is one.

    Attributes:
        job: The story whose turn it is.
        dropped: Numbers of recordings that the recogniser may forget; whoever tells it empties this list.
    """

    def __init__(self, folder: DataFolder) -> None:
        self.job: Job | None = None
        self.dropped: list[int] = []
        self._folder, self._installed = folder, InstalledModels(folder)
        self._request: Again | None = None
        self._model: Path | None = None
        self._seen: object = ()
        self._left: deque[str] = deque()
        self._held_up: Counter[str] = Counter()
        self._done = self._failed = self._model_died = 0
        self._trouble = ""

    @property
    def model(self) -> Path | None:
        """Folder of the model that is wanted; None: there is nothing to do."""
        return self.job.model if self.job else None

    def look(self) -> None:
        """Notice what somebody asks for, and that the story being heard has gone; find the next one."""
        if self.job and self.job.story and not self.job.story.audio.exists():
            self._let_go()
        if (seen := self._state()) != self._seen:
            self._seen = seen
            self._read()
        for _ in range(_LOOKED_AT_ONCE):
            if self.job or not self._left or not self._request:
                break
            self.job = self._job_of(self._left.popleft(), self._request.mark)

    def next(self, model: Path | None) -> Job | None:
        """Return the story whose turn it is with `model`."""
        return self.job if self.job and self.job.model == model else None

    def half_heard(self) -> bool:
        """Say whether its story has been listened to in part."""
        return self.job is not None and self.job.listening is not None

    def begin(self, job: Job) -> bool:
        """Open a story for listening, and return False if it is damaged; then nothing is written into its folder.

        Raises:
            AudioError: Its sound cannot be read, though all else is right.
        """
        try:
            job.open()
        except (StoryDamaged, OSError):
            self._failed += 1
            self._let_go()
            return False
        return True

    def stored(self, *, failed: bool) -> None:
        """Go on to the next story: this one has its draft, or one that says why there are no words."""
        self._count(failed=failed)
        self._let_go()

    def hold_up(self, job: Job) -> None:
        """Let other stories go first: the recogniser was ended from outside over this one."""
        self._held_up[job.id] += 1
        if self._held_up[job.id] >= _ENDED_AT_MOST:
            job.failed = _ENDED
        else:
            self._left.append(job.id)
            self._let_go()

    def model_died(self) -> None:
        """The model was ended from outside while it was loaded."""
        self._model_died += 1
        if self._model_died >= _ENDED_AT_MOST:
            self.give_up("The speech model could not be loaded. This computer may have too little memory for it.")

    def give_up(self, why: str) -> None:
        """End it early: the model cannot be used."""
        self._trouble = why
        self._left.clear()
        self._let_go()

    def start_over(self) -> None:
        """Begin the story anew: the recogniser that heard it has gone."""
        self.dropped.clear()
        if self.job:
            self.job.start_over()

    def close(self) -> None:
        """Let go of the file."""
        if self.job:
            self.job.close()

    def progress(self, *, others_first: bool) -> Progress | None:
        """Return how far it is, or None if nothing was asked for."""
        if self._request is None:
            return None
        return Progress(
            mark=self._request.mark,
            state="over" if not self.job and not self._left else "waits" if others_first else "working",
            done=self._done,
            failed=self._failed,
            now=self.job.id if self.job else "",
            trouble=self._trouble,
        )

    def _read(self) -> None:
        try:
            request = read_again(self._folder)
        except StoryDamaged:
            request = None
        if request is None or request.ended_at:
            self._begin_with(None)
        elif self._request is None or self._request.mark != request.mark:
            self._begin_with(request)
        if request and request.stop:
            self._left.clear()
            if self.job and not self.job.done:
                self._let_go()

    def _begin_with(self, request: Again | None) -> None:
        self._let_go()
        self._request, self._left = request, deque(request.stories if request else ())
        self._held_up.clear()
        self._done = self._failed = self._model_died = 0
        self._trouble = ""
        if request and not MODEL_NAME.fullmatch(request.model):
            self.give_up("There is no speech model of that name.")
        elif request:
            self._model = self._installed.folder(request.model)

    def _job_of(self, story_id: str, mark: str) -> Job | None:
        """Return what is to be done for a story, or None if it was done, cannot be done, or has gone."""
        story = self._folder.story(story_id) if STORY_ID.fullmatch(story_id) else None
        if story is None or not story.path.is_dir():
            return None
        made = story.draft_path(mark)
        if made.exists():
            self._count(failed=_has_no_words(story, made))
            return None
        if not story.audio.is_file():
            self._count(failed=True)
            return None
        return Job(story_id, language_in(story.path / "story.json", ""), self._model, story, again=mark)

    def _count(self, *, failed: bool) -> None:
        self._failed += failed
        self._done += not failed

    def _let_go(self) -> None:
        if self.job is None:
            return
        self.job.close()
        if self.job.listening is not None:
            self.dropped.append(self.job.listening)
        self.job = None

    def _state(self) -> object:
        try:
            stat = self._folder.again.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _has_no_words(story: StoryFolder, made: Path) -> bool:
    numbers = {path: number for number, path in story.drafts().items()}
    try:
        draft = story.draft(numbers[made])
    except StoryDamaged:
        return True
    return draft is None or draft.failed is not None
