"""The process `sayso transcribe`: writes down each story while it is told, and whatever was left undone.

One thread, one loop: look what came and went, let the recogniser hear one piece, show how things are. The recogniser
is a process of its own (`models.recogniser_process`), so that a crash in native code is an event here and no end.
Nothing is lost at any moment by killing either process: a transcript is there whole or not at all, and what is not
there is done again.
"""

import time
from datetime import UTC, datetime

from kiosk.errors import AudioError, ModelError, StoryDamaged
from kiosk.stories.files import UNFINISHED, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Transcript, Word
from kiosk.stories.story_folder import StoryFolder
from models.again import AgainQueue
from models.attempts import Attempts
from models.choice import NONE, Choice, by_hand
from models.holder import Holder
from models.job import BYTES_PER_S, Job
from models.model_files import model_name
from models.recogniser_process import RecogniserDied
from models.report import Report
from models.work import Work
from models.worker import REQUEST_BYTES

#: How often to look for more sound while a visitor may be talking: the transcript is late by no more than this.
FOLLOW_EVERY_S = 0.1
#: How often to look whether a take that has ended is kept: it lasts a few seconds, and somebody may wait for the words.
AWAITING_EVERY_S = 0.02
#: How often to look when nothing happens.
IDLE_EVERY_S = 0.5
#: After this time without a sign from a visitor nothing is happening. Longer than the station waits for an answer.
IDLE_AFTER_S = 120.0
#: A transcript that the disk did not take is written again after this time.
_STORE_AGAIN_S = 3.0

_CRASHED = "The speech recogniser crashed twice while it listened to this recording. Please listen, and type the words."


class Stopped(Exception):
    """The transcriber was asked to stop while it waited for the recogniser."""


class Transcriber:
    """Transcribes the takes and stories of one data folder, each with the model of its language."""

    def __init__(self, folder: DataFolder, choice: Choice) -> None:
        """Begin with nothing loaded; the models need not be there.

        Args:
            folder: The data folder, whose "transcriber" lock the caller holds.
            choice: Which model writes down which language.
        """
        self._folder, self._choice = folder, choice
        self._work = Work(folder, choice)
        self._again = AgainQueue(folder)
        self._attempts = Attempts(folder.status / "transcriber-attempts.json")
        self._report = Report(folder)
        self._holder = Holder(choice, self._report, while_waiting=self._while_waiting, ended=self._start_over)
        self._stopping = False
        self._last_number = 0
        #: The recording that the process was last asked to hear.
        self._asked: Job | None = None
        #: What the disk did not take, by story and mark.
        self._unstored: dict[tuple[str, str], Transcript] = {}
        self._store_at = float("-inf")

    def stop(self) -> None:
        """Ask `run` to return, from a signal handler; it does within a second."""
        self._stopping = True

    def run(self) -> None:
        """Work until `stop` is called."""
        for path in self._folder.status.glob(f".transcriber*{UNFINISHED}"):
            path.unlink(missing_ok=True)
        try:
            while not self._stopping:
                if not self.turn():
                    time.sleep(self._pause_s())
        except Stopped:
            pass
        finally:
            self._holder.end()
            self._work.close()
            self._again.close()

    def turn(self) -> bool:
        """Do one piece of work, a fraction of a second of it, and return whether there was any."""
        self._work.look()
        self._again.look()
        if self._choice.look():
            self._holder.chosen_again()
            self._work.choose_again()
        for story_id in self._attempts.ids():
            if not self._work.exists(story_id):
                self._attempts.forget(story_id)
        ready = self._tend_process()
        self._store_again()
        busy = self._leave_to_people() or (ready and self._piece()) or self._work.check_one()
        self._show()
        return busy

    def _pause_s(self) -> float:
        if self._work.awaits_answer():
            return AWAITING_EVERY_S
        loading = self._holder.process is not None and not self._holder.ready
        lively = time.monotonic() - self._work.lively_at < IDLE_AFTER_S
        return FOLLOW_EVERY_S if loading or lively else IDLE_EVERY_S

    def _show(self) -> None:
        pid = self._holder.process.pid if self._holder.process else None
        own = self._choice.model(self._choice.language)
        self._report.show(
            self._work, self._again, model=self._holder.model, own=own, worker_pid=pid, ready=self._holder.ready
        )

    def _while_waiting(self) -> None:
        if self._stopping:
            raise Stopped
        self._show()

    # The recogniser's process.

    def _tend_process(self) -> bool:
        """Have the process with the model that is wanted, and return whether it can be asked."""
        if self._holder.replaced() and not self._work.half_heard() and not self._again.half_heard():
            self._holder.end()
        try:
            wanted = self._work.wanted(self._holder.model, self._holder.refused(), self._again.model)
            ready = self._holder.hold(wanted)
        except RecogniserDied as death:
            # It may die of what it heard after it has answered: between two pieces of a recording that counts as well.
            job = self._asked if self._asked and self._asked.listening is not None else None
            if job is None and self._holder.model == self._again.model:
                self._again.model_died()
            self._bury(death, job)
            return False
        if why_not := self._holder.why_refused(self._again.model):
            self._again.give_up(why_not)
        if ready and self._holder.process:
            for each in (self._work, self._again):
                for number in each.dropped:
                    self._holder.process.drop(number)
                each.dropped.clear()
        return ready

    def _bury(self, death: RecogniserDied, job: Job | None) -> None:
        """Deal with a recogniser that died, over `job` if it was listening to one."""
        model = self._holder.model
        self._holder.bury(death, job.id if job else None)
        if job and model and death.crashed:
            self._attempts.crashed(job.id, model_name(model))
        elif job:
            # Ended from outside, as for want of memory: that is not held against the recording, but others go first.
            self._queue_of(job).hold_up(job)

    def _start_over(self) -> None:
        self._asked = None
        self._work.start_over()
        self._again.start_over()

    def _queue_of(self, job: Job) -> Work | AgainQueue:
        return self._again if job.again else self._work

    # Listening.

    def _leave_to_people(self) -> bool:
        """Say of a story in a language without a model that people type its words; return False if there is none."""
        job = None if self._unstored else self._work.next(None)
        if job is None:
            return False
        try:
            if self._work.begin(job):
                job.failed = by_hand(job.language)
                self._finish(job)
        except AudioError as error:
            self._no_sound(job, error)
        return True

    def _piece(self) -> bool:
        """Let the recogniser hear the next piece of the job whose turn it is; return False if there is none."""
        job = self._work.next(self._holder.model) or self._again.next(self._holder.model)
        if job is None or (self._unstored and job.recording is None):
            # While the disk takes no transcript, no further story of the backlog is begun.
            return False
        try:
            self._listen(job)
        except AudioError as error:
            self._no_sound(job, error)
        except RecogniserDied as death:
            self._bury(death, job)
        except ModelError as error:
            self._holder.refuse(error)
        return True

    def _no_sound(self, job: Job, error: AudioError) -> None:
        """Deal with a recording that cannot be read."""
        if job.story:
            job.failed = f"{error} Please copy the recording again if there is another copy of it."
            self._finish(job)
        else:
            self._work.forget(job.id)  # it is opened anew at the next look

    def _listen(self, job: Job) -> None:
        assert job.model  # noqa: S101 - others are left to people
        if job.failed is None and self._attempts.used_up(job.id, model_name(job.model)):
            job.failed = _CRASHED
        if job.story and (job.done == 0 or job.size == job.done) and not self._queue_of(job).begin(job):
            return
        if job.failed is not None:
            if job.story:
                self._finish(job)
            return
        process = self._holder.process
        assert job.recording and process  # noqa: S101 - begun above, and asked only when ready
        pcm = job.recording.read(job.done, REQUEST_BYTES)
        if job.listening is None:
            self._last_number += 1
            job.listening = self._last_number
        self._asked = job
        if len(pcm) == REQUEST_BYTES or (pcm and job.at_end):
            job.words += process.accept(job.listening, pcm)
            job.done += len(pcm)
            self._holder.heard(len(pcm))
        elif job.story:
            if job.done:
                job.words += process.finish(job.listening)
            job.listening = None
            self._finish(job)

    def _finish(self, job: Job) -> None:
        transcript = Transcript(
            model=model_name(job.model) if job.model else NONE,
            text="" if job.failed else " ".join(word["word"] for word in job.words),
            words=() if job.failed else tuple(Word(**word) for word in job.words),
            seconds=job.done / BYTES_PER_S,
            failed=job.failed,
            again=job.again,
            written_at=datetime.now(UTC) if job.again else None,
        )
        if job.again:
            job.close()  # its turn is over when the disk has taken its draft
        else:
            self._work.forget(job.id)
        self._holder.works()
        if self._store(job.id, transcript):
            self._attempts.forget(job.id)

    # Keeping transcripts.

    def _store(self, story_id: str, transcript: Transcript) -> bool:
        """Write a transcript, unless there is a good one or no story any more; return False if the disk refused."""
        story = self._folder.story(story_id)
        key = story_id, transcript.again
        try:
            if transcript.again:
                # Beside the earlier ones, which stay as they are: what people have made of them refers to them.
                write_whole(story.draft_path(transcript.again), transcript.to_bytes())
            elif _is_wanting(story):
                write_whole(story.transcript_path, transcript.to_bytes())
        except OSError as error:
            if story.path.exists():
                self._unstored[key] = transcript
                self._store_at = time.monotonic() + _STORE_AGAIN_S
                self._report.not_stored(story_id, error)
                return False
            return True  # deleted meanwhile, and so is what was heard in it
        self._unstored.pop(key, None)
        if not transcript.again:
            self._work.has_transcript(story_id, transcript)
        else:
            self._again.stored(failed=transcript.failed is not None)
            if not transcript.failed:
                self._work.has_words(story_id)
        return True

    def _store_again(self) -> None:
        if not self._unstored or time.monotonic() < self._store_at:
            return
        for (story_id, _), transcript in list(self._unstored.items()):
            if not self._store(story_id, transcript):
                return
            self._unstored.pop((story_id, transcript.again), None)
            self._attempts.forget(story_id)
        self._report.all_stored()


def _is_wanting(story: StoryFolder) -> bool:
    """Say whether a story has no first draft yet, or one that nobody can read or that has no words."""
    try:
        there = story.draft(0)
    except StoryDamaged:
        return True
    return there is None or there.failed is not None
