"""The process `sayso transcribe`: writes down each story while it is told, and whatever was left undone.

One thread, one loop: look what came and went, let the recogniser hear one piece, show how things are. The recogniser
is a process of its own (`models.recogniser_process`), so that a crash in native code is an event here and no end.
Nothing is lost at any moment by killing either process: a transcript is there whole or not at all, and what is not
there is done again.
"""

import time
from pathlib import Path

from kiosk.errors import AudioError, ModelError, StoryDamaged
from kiosk.stories.files import UNFINISHED, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Transcript, Word
from models.attempts import Attempts
from models.model_files import model_name, model_size_and_age
from models.recogniser_process import RecogniserDied, RecogniserProcess
from models.report import Report
from models.work import BYTES_PER_S, Job, Work
from models.worker import REQUEST_BYTES

#: How often to look for more sound while a visitor may be talking: the transcript is late by no more than this.
FOLLOW_EVERY_S = 0.1
#: How often to look whether a take that has ended is kept: it lasts a few seconds, and somebody may wait for the words.
AWAITING_EVERY_S = 0.02
#: How often to look when nothing happens.
IDLE_EVERY_S = 0.5
#: After this time without a sign from a visitor nothing is happening. Longer than the station waits for an answer.
IDLE_AFTER_S = 120.0
#: How often to look whether a missing or broken model has been mended, and to try one again that looks the same.
_MODEL_AGAIN_S, _SAME_MODEL_AGAIN_S = 2.0, 60.0
#: A recogniser that keeps dying is started again after 0, 0.5, 1, 2 ... up to this many seconds.
_LONGEST_BACK_OFF_S = 30.0
#: So much sound heard by one recogniser shows that it works, and the back-off begins anew.
_WORKS_AFTER_S = 10.0
#: A transcript that the disk did not take is written again after this time.
_STORE_AGAIN_S = 3.0

_CRASHED = "The speech recogniser crashed twice while it listened to this recording. Please listen, and type the words."


class Stopped(Exception):
    """The transcriber was asked to stop while it waited for the recogniser."""


class Transcriber:
    """Transcribes the takes and stories of one data folder with one model."""

    def __init__(self, folder: DataFolder, model: Path) -> None:
        """Begin with nothing loaded; the model need not be there.

        Args:
            folder: The data folder, whose "transcriber" lock the caller holds.
            model: The model's folder.
        """
        self._folder, self._model = folder, model
        self._model_name = model_name(model)
        self._work = Work(folder, self._model_name)
        self._attempts = Attempts(folder.status / "transcriber-attempts.json", self._model_name)
        self._report = Report(folder, self._model_name)
        self._process: RecogniserProcess | None = None
        self._stopping = False
        self._start_at = float("-inf")
        self._deaths, self._heard_bytes, self._last_number = 0, 0, 0
        #: The recording that the process was last asked to hear.
        self._asked: Job | None = None
        self._refused: tuple[object, float] | None = None
        self._unstored: dict[str, Transcript] = {}
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
            self._end_process()
            self._work.close()

    def turn(self) -> bool:
        """Do one piece of work, a fraction of a second of it, and return whether there was any."""
        self._work.look()
        for story_id in self._attempts.ids():
            if not self._work.exists(story_id):
                self._attempts.forget(story_id)
        ready = self._tend_process()
        self._store_again()
        busy = (ready and self._piece()) or self._work.check_one()
        self._show()
        return busy

    def _pause_s(self) -> float:
        if self._work.awaits_answer():
            return AWAITING_EVERY_S
        loading = self._process is not None and not self._process.loaded
        lively = time.monotonic() - self._work.lively_at < IDLE_AFTER_S
        return FOLLOW_EVERY_S if loading or lively else IDLE_EVERY_S

    def _show(self) -> None:
        pid = self._process.pid if self._process else None
        self._report.show(self._work, worker_pid=pid, ready=bool(self._process and self._process.loaded))

    def _while_waiting(self) -> None:
        if self._stopping:
            raise Stopped
        self._show()

    # The recogniser's process.

    def _tend_process(self) -> bool:
        """Start the process where there is none, and return whether it can be asked."""
        if self._process is None and not self._may_start():
            return False
        try:
            if self._process is None:
                self._process = RecogniserProcess(self._model, while_waiting=self._while_waiting)
            ready = self._process.ready()
        except ModelError as error:
            self._refuse_model(error)
            return False
        except RecogniserDied as death:
            # It may die of what it heard after it has answered: between two pieces of a recording that counts as well.
            half_heard = self._asked if self._asked and self._asked.listening is not None else None
            self._bury(death, half_heard)
            return False
        except OSError as error:  # no memory for another process
            self._bury(RecogniserDied(f"it could not be started: {error.strerror}", crashed=False), None)
            return False
        if ready:
            self._refused = None
            self._report.model_works()
            for number in self._work.dropped:
                self._process.drop(number)
            self._work.dropped.clear()
        return ready

    def _may_start(self) -> bool:
        now = time.monotonic()
        if now < self._start_at:
            return False
        if self._refused:
            files, at = self._refused
            if model_size_and_age(self._model) == files and now - at < _SAME_MODEL_AGAIN_S:
                self._start_at = now + _MODEL_AGAIN_S
                return False
        return True

    def _refuse_model(self, error: ModelError) -> None:
        now = time.monotonic()
        self._end_process()
        self._refused = model_size_and_age(self._model), now
        self._start_at = now + _MODEL_AGAIN_S
        self._report.no_model(error)

    def _bury(self, death: RecogniserDied, job: Job | None) -> None:
        """Deal with a recogniser that died, over `job` if it was listening to one."""
        self._end_process()
        self._deaths += 1
        back_off_s = min(_LONGEST_BACK_OFF_S, 0.25 * 2 ** min(self._deaths, 10)) if self._deaths > 1 else 0.0
        self._start_at = time.monotonic() + back_off_s
        self._report.died(death, job.id if job else None, back_off_s)
        if job and death.crashed:
            self._attempts.crashed(job.id)
        elif job:
            # Ended from outside, as for want of memory: that is not held against the recording, but others go first.
            self._work.hold_up(job)

    def _end_process(self) -> None:
        if self._process:
            self._process.close()
            self._process = None
        self._asked = None
        self._heard_bytes = 0
        self._work.start_over()

    # Listening.

    def _piece(self) -> bool:
        """Let the recogniser hear the next piece of the job whose turn it is; return False if there is none."""
        job = self._work.next()
        if job is None or (self._unstored and job.recording is None):
            # While the disk takes no transcript, no further story of the backlog is begun.
            return False
        try:
            self._listen(job)
        except AudioError as error:
            if job.story:
                job.failed = f"{error} Please copy the recording again if there is another copy of it."
                self._finish(job)
            else:
                self._work.forget(job.id)  # it is opened anew at the next look
        except RecogniserDied as death:
            self._bury(death, job)
        except ModelError as error:
            self._refuse_model(error)
        return True

    def _listen(self, job: Job) -> None:
        if job.failed is None and self._attempts.used_up(job.id):
            job.failed = _CRASHED
        if job.story and (job.done == 0 or job.size == job.done) and not self._work.begin(job):
            return
        if job.failed is not None:
            if job.story:
                self._finish(job)
            return
        assert job.recording and self._process  # noqa: S101 - begun above, and asked only when ready
        pcm = job.recording.read(job.done, REQUEST_BYTES)
        if job.listening is None:
            self._last_number += 1
            job.listening = self._last_number
        self._asked = job
        if len(pcm) == REQUEST_BYTES or (pcm and job.at_end):
            job.words += self._process.accept(job.listening, pcm)
            job.done += len(pcm)
            self._heard(len(pcm))
        elif job.story:
            if job.done:
                job.words += self._process.finish(job.listening)
            job.listening = None
            self._finish(job)

    def _heard(self, size: int) -> None:
        self._heard_bytes += size
        if self._heard_bytes >= _WORKS_AFTER_S * BYTES_PER_S:
            self._deaths = 0

    def _finish(self, job: Job) -> None:
        transcript = Transcript(
            model=self._model_name,
            text="" if job.failed else " ".join(word["word"] for word in job.words),
            words=() if job.failed else tuple(Word(**word) for word in job.words),
            seconds=job.done / BYTES_PER_S,
            failed=job.failed,
        )
        self._work.forget(job.id)
        self._deaths = 0
        if self._store(job.id, transcript):
            self._attempts.forget(job.id)

    # Keeping transcripts.

    def _store(self, story_id: str, transcript: Transcript) -> bool:
        """Write a transcript, unless there is a good one or no story any more; return False if the disk refused."""
        story = self._folder.story(story_id)
        try:
            there = story.transcript()
        except StoryDamaged:
            there = None
        try:
            if there is None or there.failed:
                write_whole(story.transcript_path, transcript.to_bytes())
        except OSError as error:
            if story.path.exists():
                self._unstored[story_id] = transcript
                self._store_at = time.monotonic() + _STORE_AGAIN_S
                self._report.not_stored(story_id, error)
                return False
            return True  # deleted meanwhile, and so is what was heard in it
        self._unstored.pop(story_id, None)
        if transcript.failed:
            self._work.set_aside[story_id] = transcript.failed
        return True

    def _store_again(self) -> None:
        if not self._unstored or time.monotonic() < self._store_at:
            return
        for story_id, transcript in list(self._unstored.items()):
            if not self._store(story_id, transcript):
                return
            self._unstored.pop(story_id, None)
            self._attempts.forget(story_id)
        self._report.all_stored()
