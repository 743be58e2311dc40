"""The table itself: every row, what a visitor then hears and sees, and that it leads on."""

import wave
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk import conversation, explain
from kiosk.clock import RealClock
from kiosk.config import VoiceSettings
from kiosk.conversation import Visit, goes_on_at, says, step
from kiosk.devices import Lights, OnEdge
from kiosk.devices.panel import BLINK_S, BREATH_S
from kiosk.faults import Faults
from kiosk.flow import ANSWER, CARD, SCENES, TAKE, TONE, Action, State, Trigger, Wait
from kiosk.lamps import Lamps
from kiosk.narrator import Heard, Narrator
from kiosk.prompts import Prompts
from kiosk.rules import Rules
from kiosk.shown.texts import load_texts
from kiosk.stories.editions import Edition
from kiosk.stories.folder import DataFolder
from kiosk.stories.programme import Programme, Question, Said
from kiosk.table import states
from tests.kiosk import met
from tests.kiosk.conversations import HEARD, VARIANTS, WAITED

Key = tuple[State, Trigger]


@dataclass(frozen=True)
class Walked:
    """A row of the table as it was followed: to which visit, and what was to be done."""

    after: Visit
    actions: tuple[Action, ...]


def row_of(visit: Visit, trigger: Trigger, now: float, rules: Rules) -> Key:
    """Return the row that a trigger means just now."""
    if trigger is WAITED:
        due = [mark.trigger for mark in visit.marks if mark.at <= now and (visit.state, mark.trigger) in rules.table]
        return visit.state, due[0] if due else HEARD if visit.scene.wait is Wait.HEARD else WAITED
    if trigger is Trigger.RED and visit.state is State.CHOOSE and visit.question == rules.questions - 1:
        return visit.state, Trigger.LAST
    asks = rules.asks[visit.question]
    if trigger is Trigger.RED and visit.state is State.ANSWER and visit.answer + 1 >= asks.answers:
        return visit.state, Trigger.LAST
    if trigger is Trigger.GREEN and visit.state is State.CHOOSE and asks.kind == "choose-one":
        return visit.state, Trigger.ANSWERS
    if trigger is Trigger.RECORDING and visit.state is State.OPENING:
        return visit.state, {"tell": trigger, "one-word": Trigger.WORD, "choose-one": Trigger.ADD}[asks.kind]
    return visit.state, trigger


def walk_everywhere(rules: Rules) -> tuple[dict[Key, Walked], set[State]]:
    """Let everything happen in every place that can be reached from idle; return the rows walked, and the states."""
    walked: dict[Key, Walked] = {}
    begun = Visit()
    seen, queue = {(begun.state, (), 1, 0, 0)}, deque([(begun, 0.0)])
    while queue:
        visit, now = queue.popleft()
        moments = [(trigger, now) for trigger in Trigger if trigger is not WAITED]
        moments += [(WAITED, at) for at in (goes_on_at(visit, rules), *(mark.at for mark in visit.marks)) if at]
        for trigger, moment in moments:
            after, actions = step(visit, trigger, moment, rules)
            if after.state is not visit.state or actions or trigger is not WAITED:
                key = row_of(visit, trigger, moment, rules)
                if key in rules.table and after.number == visit.number + 1:
                    walked[key] = Walked(after, actions)
            marks = tuple(mark.trigger for mark in after.marks)
            place = (after.state, marks, after.asked, after.question, after.answer)
            if place not in seen:
                seen.add(place)
                queue.append((after, moment))
    return walked, {place[0] for place in seen}


class Seen:
    """A panel that shows lights to nobody but the test."""

    simulated = pressable = True
    lights = Lights()

    def start(self, on_edge: OnEdge) -> None: ...

    def show(self, lights: Lights) -> None:
        self.lights = lights

    def close(self) -> None: ...


class Listener:
    """A speaker that everything is heard from at once."""

    fault = None

    def __init__(self) -> None:
        self.heard: list[Path] = []

    def check(self) -> str | None:
        return None

    def play(self, wav: Path, done: Callable[[], None], *, louder_db: float = 0) -> None:
        self.heard.append(wav)
        done()

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Visitor:
    """Sees the lights and hears the words of a scene, from the parts that show and say them."""

    def __init__(self, data: DataFolder) -> None:
        self._panel, self._speaker = Seen(), Listener()
        self._lamps = Lamps(self._panel, Faults(), RealClock())
        self._prompts = Prompts(data, load_texts("en-GB"), VoiceSettings())
        answers = (Said(text="Good"), Said(text="Not good"))
        question = Question(text=self._prompts.texts["question"], kind="choose-one", choices=answers)
        self._prompts.take_up(Edition(Programme(questions=3 * (question,), news=(Said(text="There is a new bus."),))))
        self._events: list[Heard] = []
        self._narrator = Narrator(self._speaker, self._prompts, self._events.append)
        self._story = data.cache / "story.wav"
        with wave.open(str(self._story), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(bytes(320))
        texts = {*self._prompts.texts.values(), "There is a new bus.", met.NUMBER}
        self._known: dict[Path | None, str] = {self._prompts.say(text): text for text in texts}
        self._known |= {self._prompts.say(answer.text): met.ANSWER for answer in answers}

    def meets(self, visit: Visit, rules: Rules) -> tuple[str, tuple[str, ...]]:
        self._lamps.show(conversation.lights(visit, rules))
        self._speaker.heard.clear()
        about = {"question": visit.question, "answer": visit.answer}
        self._narrator.say(says(visit, rules), **about, take=self._story, card=met.NUMBER)
        while self._events:
            self._narrator.heard(self._events.pop())
        lights = f"{self._panel.lights.green} {self._panel.lights.red}"
        return lights, tuple(self._words(wav) for wav in self._speaker.heard)

    def _words(self, wav: Path) -> str:
        if wav == self._story:
            return met.STORY
        if wav == self._prompts.find(TONE):
            return met.TONE
        # The same words have the same sound, whatever the prompt is called.
        said = wav.read_bytes()
        return next(text for known, text in self._known.items() if known and known.read_bytes() == said)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    return Visitor(DataFolder.open(tmp_path_factory.mktemp("visitor")))


@pytest.mark.parametrize("rules", VARIANTS.values(), ids=VARIANTS)
def test_every_row_is_walked_and_leads_to_what_a_visitor_shall_hear_and_see(rules: Rules, visitor: Visitor) -> None:
    walked, reached = walk_everywhere(rules)
    assert rules.table.keys() - walked.keys() == set()
    assert reached == set(states(rules.table))
    for key, row in rules.table.items():
        after = walked[key].after
        assert (after.state, walked[key].actions) == (row.to, row.actions), key
        assert visitor.meets(after, rules) == met.MET[row.to], key


def test_every_state_has_a_scene_and_is_of_some_conversation() -> None:
    assert set(SCENES) == set(State) == set(met.MET)
    assert {state for rules in VARIANTS.values() for state in states(rules.table)} == set(State)


@pytest.mark.parametrize("rules", VARIANTS.values(), ids=VARIANTS)
def test_every_state_has_a_way_back_to_idle(rules: Rules) -> None:
    leads_home = {State.IDLE}
    while more := {s for (s, _), row in rules.table.items() if row.to in leads_home} - leads_home:
        leads_home |= more
    assert leads_home == set(states(rules.table))


@pytest.mark.parametrize("rules", VARIANTS.values(), ids=VARIANTS)
def test_every_state_that_waits_goes_on_without_a_person(rules: Rules) -> None:
    for state in states(rules.table):
        wait = SCENES[state].wait
        rows = {trigger for at, trigger in rules.table if at is state}
        assert (WAITED in rows) == (wait in (Wait.ANSWER, Wait.BREATH, Wait.MOMENT, Wait.WORDS)), state
        assert (HEARD in rows) == (wait is Wait.HEARD), state
        if wait is Wait.TELLING:
            assert Trigger.LIMIT in rows


def test_what_is_said_while_sound_is_recorded_is_nothing_but_the_tone() -> None:
    for state, (lights, words) in met.MET.items():
        if lights == "off on":
            assert words == ((met.TONE,) if state is State.TONE else ()), state


def test_the_red_light_alone_means_that_sound_is_recorded() -> None:
    alone = {state for state, (lights, _) in met.MET.items() if lights == "off on"}
    assert alone == {State.PAUSE, State.TONE, State.TELLING, State.LONG, State.LATE, State.SAYING, State.TEST}


def test_every_prompt_of_a_scene_has_a_text_and_every_text_is_used() -> None:
    scenes = SCENES.values()
    prompts = {name for scene in scenes for name in (*scene.says, *(choice.prompt for choice in scene.choices))}
    assert (prompts | {"ask_person"}) - {TONE, TAKE, CARD, ANSWER} == load_texts("en-GB").keys() - {"sample_story"}


def test_no_light_flashes_faster_than_twice_a_second() -> None:
    assert min(BLINK_S, BREATH_S) >= 0.5


def test_the_page_of_the_conversation_is_what_the_table_says() -> None:
    page = Path(explain.__file__).with_name("CONVERSATION.md")
    assert page.read_text("utf-8") == explain.page(), "sayso kiosk --explain > kiosk/CONVERSATION.md"
