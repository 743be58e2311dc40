"""The kiosk: puts the parts together, and is the only one that changes the conversation's state.

Everything that happens (a press, a sound that was heard, a take that ended) comes as an event onto one queue; the main
loop takes them one by one. What takes time (the disk, the sound) is done elsewhere and comes back as an event.
"""

import logging
import queue
from dataclasses import replace
from typing import assert_never

from kiosk import conversation
from kiosk.board import Board
from kiosk.clock import Clock, RealClock
from kiosk.config import Config
from kiosk.conversation import Visit
from kiosk.devices import Button, Light, Lights, Microphone, Panel, Speaker
from kiosk.events import Event, Moved, SoundTestAsked, Stop
from kiosk.faults import Faults, button_fault, speaker_fault, takes_fault
from kiosk.flow import TELLING, Action, State, Trigger
from kiosk.health import Changed, Checked, Health
from kiosk.lamps import Lamps
from kiosk.narrator import Heard, Narrator
from kiosk.outcomes import Outcomes
from kiosk.presses import PressFilter
from kiosk.prompts import Prompts
from kiosk.recorder import Begun, Ended, NotBegun, Quiet
from kiosk.rules import asks_of, rules_of
from kiosk.saver import Gone, NotSaved, Saved
from kiosk.shown.live import Progress
from kiosk.sound_test import SoundTest
from kiosk.stories.clock import clock_quality
from kiosk.stories.editions import FAULTS, Edition, Editions
from kiosk.stories.folder import DataFolder
from kiosk.stories.recovery import recover
from kiosk.stories.status import HEARTBEAT_S
from kiosk.telling import Telling
from kiosk.view import View

log = logging.getLogger("kiosk")

#: While somebody tells, the status shows how long already.
TELLING_HEARTBEAT_S = 1.0
#: Nobody is here: what is asked and told may change.
_BETWEEN_VISITS = (State.IDLE, State.OUT_OF_ORDER, State.RESTING)
#: What a visitor hears first; from there on it is noted what was heard.
_GREETINGS = (State.WELCOME, State.IN_SHORT, State.SHORTLY)


class Station:
    """One station, from start to stop."""

    def __init__(
        self,
        config: Config,
        folder: DataFolder,
        *,
        panel: Panel,
        microphone: Microphone,
        speaker: Speaker,
        prompts: Prompts,
        clock: Clock | None = None,
        board: Board | None = None,
    ) -> None:
        """Put the parts together; nothing runs before `run`. What a screen shows goes to the `board`."""
        self._clock = clock or RealClock()
        self._config = config
        self._folder = folder
        self._panel = panel
        self._microphone = microphone
        self._speaker = speaker
        self._prompts = prompts
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._presses = PressFilter(config.panel.bounce_s, config.panel.repeat_ignored_s, config.panel.hold_s)
        self._rules = rules_of(config)
        self._narrator = Narrator(speaker, prompts, self._events.put)
        self._telling = Telling(
            config, folder, microphone=microphone, prompts=prompts, narrator=self._narrator, report=self._events.put
        )
        self._sound_test = SoundTest(microphone)
        self._visit = Visit()
        self._faults = Faults()
        self._editions = Editions(folder, prompts.fixed)
        self._next_edition: Edition | None = None
        self._take_up(self._editions.look() or Edition())
        self._lamps = Lamps(panel, self._faults, self._clock)
        self._view = View(
            config,
            folder,
            panel=panel,
            microphone=microphone,
            prompts=prompts,
            lamps=self._lamps,
            faults=self._faults,
            telling=self._telling,
            board=board or Board(),
        )

    def stop(self) -> None:
        """Ask the station to end; may be called from a signal handler."""
        self._events.put(Stop())

    def progress(self) -> Progress:
        """Return how far telling has come; may be called from any thread."""
        return self._telling.progress()

    def test_sound(self) -> bytes:
        """Return a few seconds of what the microphone hears, as a WAV file; may be called from any thread.

        Raises:
            StationBusy: Somebody is using the station.
            MicrophoneError: It gives no sound.
        """
        return self._sound_test.make(lambda: self._events.put(SoundTestAsked()))

    def run(self) -> None:
        """Serve visitors until `stop` is called."""
        self._recover()
        self._health = Health(
            self._config,
            self._folder,
            microphone=self._microphone,
            speaker=self._speaker,
            prompts=self._prompts,
            editions=self._editions,
            report=self._events.put,
        )
        self._outcomes = Outcomes(self._telling, self._faults, self._health)
        self._panel.start(lambda button, down, at: self._events.put(Moved(button, down, at)))
        self._lamps.show(self._lights())
        self._settle()
        log.info("Ready.")
        try:
            while True:
                self._view.draw(self._visit, self._rules, *(self._narrator.saying or ()))
                self._view.write_status(self._visit, self._lights())
                event = self._clock.next_event(self._events, self._patience_s())
                if isinstance(event, Stop):
                    return
                self._handle(event)
                if button := self._presses.due(self._clock.now()):
                    self._press(button)
                self._settle()
        finally:
            self._end()

    def _recover(self) -> None:
        recovered, unreadable = recover(self._folder)
        for story in recovered:
            log.warning("The station stopped while somebody told a story. It is kept, not agreed: %s", story.id)
        for sentence in unreadable:
            log.error("A take that was left cannot be read and stays where it is: %s", sentence)
        self._faults.note("takes", takes_fault(unreadable))

    def _patience_s(self) -> float:
        heartbeat_s = TELLING_HEARTBEAT_S if self._visit.state in TELLING else HEARTBEAT_S
        waits = (conversation.goes_on_at(self._visit, self._rules), self._presses.next_due(), self._lamps.again_at)
        return max(0.0, min([heartbeat_s, *(at - self._clock.now() for at in waits if at is not None)]))

    def _handle(self, event: Event | None) -> None:
        match event:
            case None:
                self._advance(Trigger.WAITED)
            case Moved(button, down, at):
                if self._presses.counts(button, down, at):
                    self._press(button)
            case Heard():
                self._faults.note("speaker", speaker_fault(self._speaker.fault or self._prompts.fault))
                if self._narrator.heard(event):
                    self._advance(Trigger.HEARD)
            case Begun() | NotBegun() | Ended() | Quiet() | Saved() | NotSaved() | Gone():
                if trigger := self._outcomes.trigger(event):
                    self._advance(trigger)
            case Checked(code, fault):
                self._faults.note(code, fault)
            case Changed(edition):
                self._next_edition = edition
            case SoundTestAsked():
                if not self._advance(Trigger.TEST):
                    self._sound_test.refuse()
            case Stop():
                pass
            case _:
                assert_never(event)

    def _press(self, button: Button) -> None:
        before = self._lights()
        match button:
            case "green":
                moved = self._advance(Trigger.GREEN)
            case "red":
                moved = self._advance(Trigger.RED)
            case "blue":
                moved = self._advance(Trigger.NEWS if self._prompts.news else Trigger.NO_NEWS)
                if not moved:
                    self._louder()
        if moved and self._lights() == before:
            self._lamps.acknowledge(button)

    def _louder(self) -> None:
        """Say the same again and louder: who has not understood has mostly not heard."""
        if self._visit.state is not State.TONE and conversation.says(self._visit, self._rules):
            self._visit = conversation.once_more(self._visit, self._clock.now(), self._rules)
            self._narrator.louder()
            self._speaker.stop()
            self._speak()

    def _settle(self) -> None:
        """Between two visits: take up what has changed, and show whether a visitor could tell a story now."""
        self._lamps.settle()
        stuck = self._presses.stuck(self._clock.now())
        self._faults.note("button", button_fault(stuck) if stuck else None)
        if self._visit.state not in _BETWEEN_VISITS:
            return
        if self._next_edition:
            self._take_up(self._next_edition)
            asked = " / ".join(question.text for question in self._prompts.questions)
            log.info("What is asked and told has changed. Asked now: %s", asked)
        programme = self._prompts.edition.programme
        asks = programme.asks_at(self._clock.time_of_day(), lambda: clock_quality(self._folder))
        self._advance(Trigger.WAKE if asks else Trigger.REST)
        self._advance(Trigger.FAULT if self._faults.blocking else Trigger.HEALED)
        self._lamps.show(self._lights())

    def _take_up(self, edition: Edition) -> None:
        self._next_edition = None
        self._prompts.take_up(edition)
        self._rules = replace(self._rules, asks=asks_of(self._prompts.questions))
        self._faults.note_all(FAULTS, edition.faults)

    def _advance(self, trigger: Trigger) -> bool:
        """Follow the table; return whether a new scene has begun."""
        before = self._visit
        self._visit, actions = conversation.step(before, trigger, self._clock.now(), self._rules)
        if self._visit.number == before.number:
            return False
        log.info("%s -> %s (%s)", before.state, self._visit.state, trigger)
        # The light first: it is the answer to a press.
        self._lamps.show(self._lights())
        self._view.draw(self._visit, self._rules, *conversation.says(self._visit, self._rules)[:1])
        # Then silence, so that nothing is recorded of what was being said.
        self._speaker.stop()
        self._telling.question, self._telling.answer = self._visit.question, self._visit.answer
        for action in actions:
            self._act(action)
        if before.state is not self._visit.state and self._visit.state in (*_GREETINGS, State.IDLE):
            self._narrator.forget()
        self._speak()
        return True

    def _act(self, action: Action) -> None:
        match action:
            case Action.TEST:
                self._sound_test.begin()
            case Action.END_TEST:
                self._sound_test.end()
            case Action.GIVE_UP_TEST:
                self._sound_test.give_up()
            case _:
                self._telling.act(action)

    def _lights(self) -> Lights:
        lights = conversation.lights(self._visit, self._rules)
        # It takes stories all the same, and nobody hears it: that must be seen before a visit.
        silent = self._visit.state is State.IDLE and "speaker" in self._faults
        return replace(lights, red=Light.BLINK) if silent else lights

    def _speak(self) -> None:
        names = conversation.says(self._visit, self._rules)
        about = {"question": self._visit.question, "answer": self._visit.answer}
        self._narrator.say(names, **about, take=self._telling.audio, card=self._telling.card)

    def _end(self) -> None:
        """Stop the parts in the reverse order of their start; a story that was being told is kept."""
        log.info("Stopping.")
        self._health.close()
        self._sound_test.give_up()
        self._telling.stop_recording()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Begun):
                self._telling.begun(event.sink)
            elif isinstance(event, Ended):
                self._telling.ended(event.sink, event.recording)
        self._telling.close()
        self._speaker.close()
        self._microphone.close()
        self._panel.close()
        self._visit = Visit()
        self._view.close()
