"""The story that is being told: what is recorded, answered, kept or thrown away of it."""

from collections.abc import Callable
from pathlib import Path

from kiosk.answers import AnswerBook
from kiosk.cards import Cards, drawing_of
from kiosk.config import Config
from kiosk.devices import Microphone
from kiosk.flow import Action, Trigger
from kiosk.narrator import Narrator
from kiosk.prompts import Prompts
from kiosk.recorder import Begun, Ended, NotBegun, Quiet, Recorder, Sink
from kiosk.saver import Answers, Gone, NotSaved, Saved, Saver
from kiosk.shown.live import Progress
from kiosk.shown.texts import load_pictures
from kiosk.stories import takes
from kiosk.stories.clock import clock_quality
from kiosk.stories.folder import DataFolder
from kiosk.stories.room import require_room
from kiosk.stories.takes import Clip, Recording, TakeFolder
from kiosk.stories.wav import SAMPLERATE_HZ

#: Less speech than this is a cough or a chair, no story.
_LEAST_SPEECH_S = 0.3
#: Where little is asked for, nobody must wait long to be asked whether that was all.
_SOON_FINISHED_S = 10.0
#: Speech below this (dB below full scale) is hard to make out for people and for the speech model.
_SOFT_DBFS = -45.0
#: What the level on the screen shows as nothing, and as all there is: a quiet room, and somebody who speaks up.
_STILL_DBFS, _LOUD_DBFS = -60.0, -15.0
#: How long the end of the station waits for the last sound of a take to reach the disk.
_END_S = 5.0

Report = Callable[[Begun | NotBegun | Ended | Quiet | Saved | NotSaved | Gone], None]


class Telling:
    """One story after the other. Its methods are called by the station's main loop only.

    Attributes:
        take: The present take; None where nobody tells.
        recording: What is known of its sound once it has ended.
        card: The number of the visitor's story, once it is kept.
        last_story: Id of the story that was kept last; None: none was, since the station began.
        question: Index of the question that is asked.
        answer: Index of the answer that was chosen, where it offers some.
    """

    def __init__(
        self,
        config: Config,
        folder: DataFolder,
        *,
        microphone: Microphone,
        prompts: Prompts,
        narrator: Narrator,
        report: Report,
    ) -> None:
        """Get ready; `report` is called from other threads, and hands its events to the methods below."""
        self._config = config
        self._folder = folder
        self._microphone = microphone
        self._prompts = prompts
        self._narrator = narrator
        self._recorder = Recorder(
            microphone,
            report,
            post_roll_s=config.microphone.post_roll_s,
            finished_after_s=config.conversation.finished_after_s,
        )
        self._pictures = load_pictures(config.station.language)
        self._saver = Saver(report, Cards(folder, self._pictures, config.station.first_card, config.station.last_card))
        self._book = AnswerBook()
        self._saving: str | None = None
        self.take: TakeFolder | None = None
        self.recording: Recording | None = None
        self.card = ""
        self.last_story: str | None = None
        self.question = self.answer = 0
        self._spoken = False

    @property
    def audio(self) -> Path | None:
        """What was just told."""
        return self.take.audio if self.take else None

    @property
    def card_picture(self) -> str:
        """The drawing on that card."""
        return drawing_of(self.card, self._pictures)

    @property
    def frames(self) -> int:
        """How many frames of the take are in its file."""
        return self._recorder.frames

    def progress(self) -> Progress:
        """Return how far telling has come; may be called from any thread."""
        level = (self._recorder.level_dbfs - _STILL_DBFS) / (_LOUD_DBFS - _STILL_DBFS)
        return Progress(seconds=self.frames / SAMPLERATE_HZ, level=min(1.0, max(0.0, level)))

    def act(self, action: Action) -> None:
        """Do what the conversation asks for."""
        match action:
            case Action.OPEN:
                self.take = self.recording = None
                self._book, self._spoken = AnswerBook(), False
                self._recorder.begin(self._make_take, finished_after_s=self._finished_after_s())
            case Action.OPEN_CLIP:
                assert self.take is not None  # noqa: S101 - the table asks for it about a take that was told
                clip = self.take.clip
                self._recorder.begin(lambda: clip)
            case Action.LISTEN | Action.GO_ON:
                self._recorder.listen()
            case Action.LISTEN_CLIP:
                self._recorder.listen()
                self._microphone.invite()
            case Action.TONE_OVER:
                self._recorder.tone_over()
                self._microphone.invite()
            case Action.HOLD:
                self._recorder.hold()
            case Action.END_TAKE | Action.END_CLIP:
                self._recorder.end("press")
            case Action.END_TAKE_AT_LIMIT:
                self._recorder.end("time")
            case Action.KEEP_NOT_AGREED if self._config.keeping.not_agreed_kept_h == 0:
                self._throw_away()
            case Action.KEEP | Action.KEEP_NOT_AGREED:
                self._finish()
            case Action.THROW_AWAY:
                self._throw_away()
            case _:
                self._book.write(action)
                if self.take and (answers := self._answers()):
                    self._saver.note(self.take, answers)

    def begun(self, sink: Sink) -> None:
        """Take in that sound comes in."""
        if isinstance(sink, TakeFolder):
            self.take = sink

    def ended(self, sink: Sink, recording: Recording) -> Trigger:
        """Take in that recording has ended without a fault, and return what that means."""
        sound = recording.sound
        heard = not sound or sound.speech_s >= _LEAST_SPEECH_S
        if isinstance(sink, Clip):
            # A clip in which nobody says anything proves nothing and is not kept.
            self._spoken = heard and recording.frames > 0
            return Trigger.ENDED
        self.recording = recording
        told = sink.take if isinstance(sink, TakeFolder) else None
        # A word may be said in no time.
        long_enough = recording.seconds >= self._config.conversation.shortest_story_s or (
            told is not None and told.question_kind == "one-word"
        )
        if not recording.frames or not heard or not long_enough:
            return Trigger.ANSWERED if told and told.choice else Trigger.NOTHING_TOLD
        return Trigger.SOFT if sound and sound.speech_dbfs < _SOFT_DBFS else Trigger.ENDED

    def saved(self, story_id: str, card: str) -> bool:
        """Take in that a story is safe, and under which number; return whether its visitor is still here."""
        self.last_story = story_id
        if not self.is_saving(story_id):
            return False
        self.card = card
        return True

    def is_saving(self, story_id: str) -> bool:
        """Return whether this is the story whose visitor is still here."""
        return story_id == self._saving

    def stop_recording(self) -> None:
        """End what is being recorded, and wait until its last sound is on the disk."""
        self._recorder.end("station")
        self._recorder.join(_END_S)

    def close(self) -> None:
        """Keep what was told (agreed only if a press had kept it), and finish all that waits for the disk."""
        if self.recording and not self.recording.frames and not self._answers():
            self._throw_away()
        self._finish(numbered=False)
        self._saver.close()

    def _make_take(self) -> TakeFolder:
        reserve_bytes = self._config.disk.reserve_mb * 1e6
        question = self._prompts.questions[self.question]
        require_room(self._folder, self._config.conversation.longest_story_s, reserve_bytes)
        return takes.begin(
            self._folder,
            station=self._config.station.name,
            language=self._prompts.edition.programme.language or self._config.station.language,
            clock_quality=clock_quality(self._folder),
            microphone=self._microphone.name,
            question=question.text,
            question_kind=question.kind,
            choice=question.choices[self.answer].text if question.choices else "",
            sample=self._microphone.sample,
        )

    def _finished_after_s(self) -> float:
        usual_s = self._config.conversation.finished_after_s
        return usual_s if self._prompts.questions[self.question].kind == "tell" else min(usual_s, _SOON_FINISHED_S)

    def _answers(self) -> Answers | None:
        return self._book.answers(self._prompts.fingerprint(), self._narrator.said, clock_quality(self._folder))

    def _finish(self, *, numbered: bool = True) -> None:
        if self.take and self.recording:
            self._saving = self.take.take.id
            self._saver.keep(self.take, self.recording, self._answers(), numbered=numbered, spoken=self._spoken)
        self.take = self.recording = None

    def _throw_away(self) -> None:
        if self.take:
            self._saver.throw_away(self.take)
        self.take = self.recording = None
