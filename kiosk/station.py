"""The kiosk: puts the parts together, and is the only one that changes the conversation's state.

Everything that happens (a press, a sound that was heard, a take that ended) comes as an event onto one queue; the main
loop takes them one by one. What takes time (the disk, the sound) is done elsewhere and comes back as an event.
"""

import logging
import queue
import time
from dataclasses import dataclass
from typing import assert_never

from kiosk import conversation
from kiosk.board import Board
from kiosk.config import Config
from kiosk.conversation import Rules, Visit
from kiosk.devices import Button, Lights, Microphone, Panel, Speaker
from kiosk.errors import PanelError
from kiosk.flow import CARD, TAKE, State, Trigger
from kiosk.health import Checked, Health
from kiosk.narrator import Heard, Narrator
from kiosk.presses import PressFilter
from kiosk.prompts import Prompts
from kiosk.recorder import Begun, Ended, NotBegun, Quiet, disk_fault
from kiosk.saver import Gone, NotSaved, Saved
from kiosk.screen import Artist
from kiosk.shown.live import Progress
from kiosk.shown.texts import load_keys, load_screen
from kiosk.stories import takes
from kiosk.stories.folder import DataFolder
from kiosk.stories.status import HEARTBEAT_S, Fault, StatusFile
from kiosk.stories.wav import SAMPLERATE_HZ
from kiosk.table import TELLING
from kiosk.telling import Telling

log = logging.getLogger("kiosk")

#: While somebody tells, the status shows how long already.
TELLING_HEARTBEAT_S = 1.0


@dataclass(frozen=True)
class Moved:
    """A button went down or up at a moment of `time.monotonic`."""

    button: Button
    down: bool
    at: float


@dataclass(frozen=True)
class Stop:
    """The station shall end."""


Event = Moved | Heard | Begun | NotBegun | Ended | Quiet | Saved | NotSaved | Gone | Checked | Stop


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
        board: Board | None = None,
    ) -> None:
        """Put the parts together; nothing runs before `run`. What a screen shows goes to the `board`."""
        self._config = config
        self._folder = folder
        self._panel = panel
        self._microphone = microphone
        self._speaker = speaker
        self._prompts = prompts
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._presses = PressFilter(config.panel.bounce_s, config.panel.repeat_ignored_s, config.panel.hold_s)
        self._rules = _rules(config)
        self._narrator = Narrator(speaker, prompts, self._events.put)
        self._telling = Telling(
            config, folder, microphone=microphone, prompts=prompts, narrator=self._narrator, report=self._events.put
        )
        self._board = board or Board()
        self._artist = Artist(
            self._rules,
            prompts.texts,
            load_screen(config.station.language),
            load_keys(config.station.language),
            blue=bool(config.panel.blue_button_pin),
            pressable=panel.pressable,
        )
        self._status = StatusFile(folder, "kiosk")
        self._visit = Visit()
        self._faults: dict[str, Fault] = {}
        self._last_story: str | None = None

    def stop(self) -> None:
        """Ask the station to end; may be called from a signal handler."""
        self._events.put(Stop())

    def progress(self) -> Progress:
        """Return how far telling has come; may be called from any thread."""
        return self._telling.progress()

    def run(self) -> None:
        """Serve visitors until `stop` is called."""
        self._recover()
        self._health = Health(self._config, self._folder, self._microphone, self._events.put)
        self._panel.start(lambda button, down, at: self._events.put(Moved(button, down, at)))
        self._show(conversation.lights(self._visit, self._rules))
        log.info("Ready.")
        try:
            while True:
                self._draw(self._narrator.saying)
                self._show_status()
                try:
                    event = self._events.get(timeout=self._patience_s())
                except queue.Empty:
                    self._advance(Trigger.WAITED)
                else:
                    if isinstance(event, Stop):
                        return
                    self._handle(event)
                if button := self._presses.due(time.monotonic()):
                    self._press(button)
                self._settle()
        finally:
            self._end()

    def _recover(self) -> None:
        takes.clear_unfinished(self._folder)
        recovered, unreadable = takes.recover(self._folder)
        for story in recovered:
            log.warning("The station stopped while somebody told a story. It is kept, not agreed: %s", story.id)
        for sentence in unreadable:
            log.error("A take that was left cannot be read and stays where it is: %s", sentence)
        if unreadable:
            fix = "Copy the folder to a safe place and ask somebody who knows Sayso."
            self._faults["takes"] = Fault("takes", unreadable[0], fix)

    def _patience_s(self) -> float:
        heartbeat_s = TELLING_HEARTBEAT_S if self._visit.state in TELLING else HEARTBEAT_S
        moments = (conversation.goes_on_at(self._visit, self._rules), self._presses.next_due())
        return max(0.0, min([heartbeat_s, *(moment - time.monotonic() for moment in moments if moment is not None)]))

    def _handle(self, event: Event) -> None:
        match event:
            case Moved(button, down, at):
                if self._presses.counts(button, down, at):
                    self._press(button)
            case Heard():
                self._note("speaker", self._speaker_fault())
                self._note("programme", self._programme_fault())
                if self._narrator.heard(event):
                    self._advance(Trigger.HEARD)
            case Begun(take):
                self._telling.take = take
                self._note("microphone", None)
                self._advance(Trigger.RECORDING)
            case NotBegun(fault):
                self._note(fault.code, fault)
                self._health.look_again()
                self._advance(Trigger.CANNOT_RECORD)
            case Quiet(long):
                self._advance(Trigger.SILENCE if long else Trigger.BREATH)
            case Ended(_, recording, fault):
                told = self._telling.ended(recording)
                if fault:
                    log.error("A take was cut short: %s", fault.message)
                    self._note(fault.code, fault)
                    self._health.look_again()
                self._advance(Trigger.CUT if fault else told)
            case Saved(story_id, agreed, card):
                log.info("Kept%s: %s", "" if agreed else ", not agreed", story_id)
                self._last_story = story_id
                self._note("saving", None)
                if self._telling.is_saving(story_id):
                    self._telling.card = card
                    self._advance(Trigger.SAVED)
            case NotSaved(take_id, message):
                log.error("A story cannot be saved yet: %s", message)
                fault = disk_fault(f"A story cannot be saved: {message}. Its sound is safe; it is tried again.")
                self._note("saving", fault)
                if self._telling.is_saving(take_id):
                    self._advance(Trigger.NOT_SAVED)
            case Gone():
                self._note("saving", None)
            case Checked(code, fault):
                self._note(code, fault)
            case Stop():
                pass
            case _:
                assert_never(event)

    def _press(self, button: Button) -> None:
        match button:
            case "green":
                self._advance(Trigger.GREEN)
            case "red":
                self._advance(Trigger.RED)
            case "blue":
                self._advance(Trigger.NEWS if self._prompts.has_news() else Trigger.NO_NEWS)

    def _note(self, code: str, fault: Fault | None) -> None:
        if fault is None:
            if self._faults.pop(code, None):
                log.info("Well again: %s", code)
        elif self._faults.get(code) != fault:
            log.warning("%s %s", fault.message, fault.fix)
            self._faults[code] = fault

    def _speaker_fault(self) -> Fault | None:
        message = self._speaker.fault or self._prompts.fault
        return Fault("speaker", message, "Visits go on by the lights. Try 'sayso check'.") if message else None

    def _programme_fault(self) -> Fault | None:
        message = self._prompts.broken
        return Fault("programme", message, "Record it again, as WAV, mono, 16 bits.") if message else None

    def _settle(self) -> None:
        """Let the idle station show whether a visitor could tell a story now, and whether it could be kept."""
        blocked = not self._faults.keys().isdisjoint({"microphone", "disk", "saving"})
        self._advance(Trigger.FAULT if blocked else Trigger.HEALED)

    def _advance(self, trigger: Trigger) -> None:
        before = self._visit
        self._visit, actions = conversation.step(before, trigger, time.monotonic(), self._rules)
        if self._visit.number == before.number:
            return
        log.info("%s -> %s (%s)", before.state, self._visit.state, trigger)
        # The light first: it is the answer to a press.
        self._show(conversation.lights(self._visit, self._rules))
        self._draw(next(iter(conversation.says(self._visit, self._rules)), None))
        # Then silence, so that nothing is recorded of what was being said.
        self._speaker.stop()
        for action in actions:
            self._telling.act(action)
        self._speak()

    def _speak(self) -> None:
        if self._visit.state in (State.WELCOME, State.IN_SHORT) and self._visit.asked == 1:
            self._narrator.forget()
        prompts = conversation.says(self._visit, self._rules)
        instead = {TAKE: self._telling.audio}
        if CARD in prompts:
            instead[CARD] = self._prompts.say(self._telling.card)
        self._narrator.say(prompts, instead)

    def _show(self, lights: Lights) -> None:
        try:
            self._panel.show(lights)
        except PanelError as error:
            self._note("lights", Fault("lights", str(error), "Visits go on without this light."))
        else:
            self._note("lights", None)

    def _draw(self, saying: str | None) -> None:
        """Let the screen show the scene, and the prompt that is being said."""
        self._board.show(self._artist.scene(self._visit, saying, (self._telling.card, self._telling.card_picture)))

    def _show_status(self) -> None:
        telling = self._visit.state in TELLING
        lights = conversation.lights(self._visit, self._rules)
        self._status.show(
            state=str(self._visit.state),
            scene=self._visit.number,
            offer=str(self._visit.offered.button) if self._visit.offered else None,
            lights={"green": str(lights.green), "red": str(lights.red)},
            take=self._telling.take.take.id if self._telling.take else None,
            seconds=self._telling.frames // SAMPLERATE_HZ if telling else None,
            microphone=self._microphone.name,
            buttons="simulated" if self._panel.simulated else "real",
            last_story=self._last_story,
            faults=[fault.as_dict() for fault in self._faults.values()],
        )

    def _end(self) -> None:
        """Stop the parts in the reverse order of their start; a story that was being told is kept."""
        log.info("Stopping.")
        self._health.close()
        self._telling.stop_recording()
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Begun):
                self._telling.take = event.take
            elif isinstance(event, Ended):
                self._telling.ended(event.recording)
        self._telling.close()
        self._speaker.close()
        self._microphone.close()
        self._panel.close()
        self._visit = Visit()
        self._status.show(state="stopped", faults=[])


def _rules(config: Config) -> Rules:
    settings = config.conversation
    return Rules(
        answer_wait_s=settings.answer_wait_s,
        offer_wait_s=settings.offer_wait_s,
        carry_on_after_s=settings.carry_on_after_s,
        longest_story_s=settings.longest_story_s,
        profile=settings.profile,
        one_switch=config.panel.switches == "one",
    )
