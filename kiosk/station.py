"""The kiosk: puts the parts together, and is the only one that changes the conversation's state.

Everything that happens (a press, a sound that was heard, a take that ended) comes as an event onto one queue; the main
loop takes them one by one. What takes time (the disk, the sound) is done elsewhere and comes back as an event.
"""

import logging
import queue
import time
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from kiosk import conversation
from kiosk.config import Config
from kiosk.conversation import Action, Limits, State, Trigger, Visit
from kiosk.devices import Button, Lights, Microphone, Panel, Speaker
from kiosk.errors import PanelError
from kiosk.health import Checked, Health
from kiosk.presses import PressFilter
from kiosk.prompts import Prompts
from kiosk.recorder import Begun, Ended, NotBegun, Recorder, disk_fault
from kiosk.saver import NotSaved, Saved, Saver
from kiosk.stories import takes
from kiosk.stories.clock import clock_quality
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Ending
from kiosk.stories.status import HEARTBEAT_S, Fault, StatusFile
from kiosk.stories.takes import Recording, TakeFolder
from kiosk.stories.wav import SAMPLERATE_HZ

log = logging.getLogger("kiosk")

#: While somebody tells, the status shows how long already.
TELLING_HEARTBEAT_S = 1.0
#: How long the end waits for the last sound of a take to reach the disk.
END_S = 5.0


@dataclass(frozen=True)
class Pressed:
    """A button went down at a moment of `time.monotonic`."""

    button: Button
    at: float


@dataclass(frozen=True)
class Heard:
    """The prompt that was begun as the `number`-th has been heard."""

    number: int


@dataclass(frozen=True)
class Stop:
    """The station shall end."""


Event = Pressed | Heard | Begun | NotBegun | Ended | Saved | NotSaved | Checked | Stop


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
    ) -> None:
        """Put the parts together; nothing runs before `run`."""
        self._config = config
        self._folder = folder
        self._panel = panel
        self._microphone = microphone
        self._speaker = speaker
        self._prompts = prompts
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._presses = PressFilter(config.panel.bounce_s, config.panel.repeat_ignored_s)
        self._limits = Limits(config.conversation.answer_wait_s, config.conversation.longest_story_s)
        self._recorder = Recorder(microphone, self._events.put)
        self._saver = Saver(self._events.put)
        self._status = StatusFile(folder, "kiosk")
        self._visit = Visit()
        self._take: TakeFolder | None = None
        self._recording: Recording | None = None
        self._spoken = 0
        self._faults: dict[str, Fault] = {}
        self._last_story: str | None = None

    def stop(self) -> None:
        """Ask the station to end; may be called from a signal handler."""
        self._events.put(Stop())

    def run(self) -> None:
        """Serve visitors until `stop` is called."""
        self._recover()
        self._health = Health(self._config, self._folder, self._microphone, self._events.put)
        self._panel.start(lambda button, at: self._events.put(Pressed(button, at)))
        self._enter()
        log.info("Ready.")
        try:
            while True:
                self._show_status()
                try:
                    event = self._events.get(timeout=self._patience_s())
                except queue.Empty:
                    self._advance(Trigger.WAITED)
                else:
                    if isinstance(event, Stop):
                        return
                    self._handle(event)
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
        heartbeat_s = TELLING_HEARTBEAT_S if self._visit.state is State.TELLING else HEARTBEAT_S
        if self._visit.deadline is None:
            return heartbeat_s
        return max(0.0, min(heartbeat_s, self._visit.deadline - time.monotonic()))

    def _handle(self, event: Event) -> None:
        match event:
            case Pressed(button, at):
                if self._presses.counts(button, at):
                    self._advance(Trigger.GREEN if button == "green" else Trigger.RED)
            case Heard(number):
                self._note("speaker", self._speaker_fault())
                if number == self._spoken:
                    self._advance(Trigger.HEARD)
            case Begun(take):
                self._take = take
                self._note("microphone", None)
                self._advance(Trigger.RECORDING)
            case NotBegun(fault):
                self._note(fault.code, fault)
                self._health.look_again()
                self._advance(Trigger.CANNOT_RECORD)
            case Ended(_, recording, fault):
                self._recording = recording
                if fault:
                    log.error("A take was cut short: %s", fault.message)
                    self._note(fault.code, fault)
                    self._health.look_again()
                self._advance(Trigger.CUT if fault else Trigger.ENDED)
            case Saved(story_id, agreed):
                log.info("Kept%s: %s", "" if agreed else ", not agreed", story_id)
                self._last_story = story_id
                self._note("saving", None)
                self._advance(Trigger.SAVED)
            case NotSaved(message):
                log.error("A story cannot be saved yet: %s", message)
                fault = disk_fault(f"A story cannot be saved: {message}. Its sound is safe; it is tried again.")
                self._note("saving", fault)
                self._advance(Trigger.NOT_SAVED)
            case Checked(code, fault):
                self._note(code, fault)
            case Stop():
                pass
            case _:
                assert_never(event)

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

    def _settle(self) -> None:
        """Let the idle station show whether a visitor could tell a story now, and whether it could be kept."""
        blocked = not self._faults.keys().isdisjoint({"microphone", "disk", "saving"})
        self._advance(Trigger.FAULT if blocked else Trigger.HEALED)

    def _advance(self, trigger: Trigger) -> None:
        before = self._visit
        self._visit, actions = conversation.step(before, trigger, time.monotonic(), self._limits)
        if self._visit.state is before.state:
            return
        log.info("%s -> %s (%s)", before.state, self._visit.state, trigger)
        self._enter()
        for action in actions:
            self._act(action)

    def _enter(self) -> None:
        # The light first: it is the answer to a press.
        self._show(self._visit.scene.lights)
        self._speaker.stop()
        self._spoken += 1
        if self._visit.scene.prompt:
            self._say(self._visit.scene.prompt)

    def _show(self, lights: Lights) -> None:
        try:
            self._panel.show(lights)
        except PanelError as error:
            self._note("lights", Fault("lights", str(error), "Visits go on without this light."))
        else:
            self._note("lights", None)

    def _say(self, prompt: str) -> None:
        wav = self._prompts.find(prompt)
        heard = partial(self._events.put, Heard(self._spoken))
        if wav is None:
            heard()
        else:
            self._speaker.play(wav, heard)

    def _act(self, action: Action) -> None:
        match action:
            case Action.BEGIN_TAKE:
                self._take = self._recording = None
                self._recorder.begin(self._make_take)
            case Action.END_TAKE:
                self._recorder.end("press")
            case Action.END_TAKE_AT_LIMIT:
                self._recorder.end("time")
            case Action.KEEP:
                self._finish_take(agreed=True)
            case Action.KEEP_NOT_AGREED:
                self._finish_take(agreed=False)
            case Action.THROW_AWAY:
                if self._take:
                    self._saver.throw_away(self._take)
                self._take = self._recording = None
            case _:
                assert_never(action)

    def _make_take(self) -> TakeFolder:
        takes.require_room(self._folder, self._limits.longest_story_s, self._config.disk.reserve_mb * 1e6)
        return takes.begin(
            self._folder,
            station=self._config.station.name,
            language=self._config.station.language,
            clock_quality=clock_quality(),
            microphone=self._microphone.name,
            sample=self._microphone.sample,
        )

    def _finish_take(self, *, agreed: bool) -> None:
        if self._take and self._recording:
            self._saver.keep(self._take, self._recording, agreed=agreed)
        self._take = self._recording = None

    def _show_status(self) -> None:
        telling = self._visit.state is State.TELLING
        lights = self._visit.scene.lights
        self._status.show(
            state=str(self._visit.state),
            lights={"green": str(lights.green), "red": str(lights.red)},
            take=self._take.take.id if self._take else None,
            seconds=self._recorder.frames // SAMPLERATE_HZ if telling else None,
            microphone=self._microphone.name,
            buttons="simulated" if self._panel.simulated else "real",
            last_story=self._last_story,
            faults=[fault.as_dict() for fault in self._faults.values()],
        )

    def _end(self) -> None:
        """Stop the parts in the reverse order of their start; a story that was being told is kept, not agreed."""
        log.info("Stopping.")
        self._health.close()
        self._keep_unanswered("station")
        self._saver.close()
        self._speaker.close()
        self._microphone.close()
        self._panel.close()
        self._visit = Visit()
        self._status.show(state="stopped", faults=[])

    def _keep_unanswered(self, ending: Ending) -> None:
        self._recorder.end(ending)
        self._recorder.join(END_S)
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, Begun):
                self._take = event.take
            elif isinstance(event, Ended):
                self._recording = event.recording
        self._finish_take(agreed=False)
