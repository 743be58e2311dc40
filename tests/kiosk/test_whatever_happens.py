"""Whatever visitors do, and whatever the devices do: the conversation on simulated time."""

import random
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import conversation
from kiosk.conversation import Visit, goes_on_at, step
from kiosk.devices import Button, Lights, OnEdge
from kiosk.faults import Faults
from kiosk.flow import Action, State, Trigger
from kiosk.lamps import Lamps
from kiosk.presses import PressFilter
from kiosk.rules import Rules
from kiosk.table import Profile
from tests.kiosk.conversations import HEARD, KINDS, VARIANTS, WAITED, G, R

PROFILES = get_args(Profile)
#: Nothing was told yet, or nothing that could be heard; who has chosen an answer was not asked yet whether to keep it.
NOTHING_TOLD = (State.UNHEARD, State.LEAVING, State.QUESTION, State.WORD, State.ADD, State.STOP)


class Simulated:
    """A station without a machine: time is a number, and what the devices report is decided by the test."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.visit, self.now = Visit(), 0.0
        self.owed: list[Trigger] = []
        self.take = self.clip = self.test = "none"
        self.agreed = False
        self.kept = self.thrown = self.not_agreed = 0

    def happens(self, trigger: Trigger) -> None:
        before = self.visit
        self.visit, actions = step(before, trigger, self.now, self.rules)
        if trigger in (Trigger.CUT, Trigger.LOST, Trigger.ANSWERED) and self.take == "open":
            self.take = "ended"
        if trigger in (Trigger.CUT, Trigger.CANNOT_RECORD) and self.clip == "open":
            self.clip = "ended"
        for action in actions:
            self.done(action, trigger, before)

    def done(self, action: Action, trigger: Trigger, before: Visit) -> None:
        match action:
            case Action.TEST:
                assert self.take == self.clip == self.test == "none"
                self.test = "open"
            case Action.END_TEST:
                assert self.test == "open" and trigger is WAITED
                self.test = "none"
            case Action.GIVE_UP_TEST:
                self.test = "none"
            case Action.OPEN:
                assert self.take == self.test == "none"
                self.take, self.agreed = "open", False
                self.owed = [Trigger.RECORDING]
            case Action.END_TAKE | Action.END_TAKE_AT_LIMIT:
                assert self.take == "open"
                self.owed = [Trigger.ENDED]
            case Action.AGREE:
                assert self.take == "ended" and trigger in (G, R) and not self.agreed
                assert (before.offered.button if before.offered else trigger) is G
                self.agreed = True
            case Action.OPEN_CLIP:
                assert self.take == "ended" and self.agreed and self.clip == "none"
                self.clip = "open"
            case Action.LISTEN_CLIP:
                assert self.clip == "open"
            case Action.END_CLIP:
                assert self.clip == "open"
                self.owed = [Trigger.ENDED]
            case Action.KEEP:
                assert self.take == "ended" and self.agreed and self.clip != "open"
                self.clip = "none"
                self.take, self.kept, self.owed = "none", self.kept + 1, [Trigger.SAVED]
            case Action.KEEP_NOT_AGREED:
                assert self.take == "ended" and not self.agreed
                self.take, self.not_agreed = "none", self.not_agreed + 1
            case Action.THROW_AWAY:
                assert self.take == "ended" and not self.agreed
                nothing_told = before.state in NOTHING_TOLD
                assert nothing_told or trigger is Trigger.LOST or (before.state is State.SURE and trigger in (G, R))
                self.take, self.thrown = "none", self.thrown + 1

    @property
    def answer_chosen(self) -> bool:
        """Whether the question that is asked was answered by choosing."""
        return bool(self.rules.asks[self.visit.question].answers)

    def answer(self, instead: Trigger | None) -> None:
        """The devices do what they owe, or what they do when all does not go well."""
        owed = self.owed.pop()
        other = {
            Trigger.RECORDING: {Trigger.CANNOT_RECORD},
            Trigger.ENDED: {Trigger.SOFT, Trigger.NOTHING_TOLD, Trigger.CUT, Trigger.LOST},
            Trigger.SAVED: {Trigger.NOT_SAVED},
        }[owed]
        if self.clip == "open":
            # A clip without sound is no loss: what was told is there.
            other.discard(Trigger.LOST)
        elif owed is Trigger.ENDED and self.answer_chosen:
            other = {*other, Trigger.ANSWERED} - {Trigger.NOTHING_TOLD, Trigger.LOST}
        trigger = instead if instead in other else owed
        if trigger is Trigger.CANNOT_RECORD:
            self.take = "none"
        if owed is Trigger.ENDED and self.clip == "open":
            self.clip = "ended"
        elif owed is Trigger.ENDED:
            self.take = "ended"
        self.happens(trigger)

    def left_alone(self) -> None:
        for _ in range(200):
            if self.owed:
                self.answer(None)
            elif (at := goes_on_at(self.visit, self.rules)) is not None:
                self.now = max(self.now, at)
                self.happens(WAITED)
            else:
                break
        self.happens(Trigger.WAKE)
        self.happens(Trigger.HEALED)


EVENTS = [G, R, G, R, G, R, HEARD, HEARD, HEARD, WAITED, *Trigger]
#: These happen whether the station asked for them or not.
AT_ANY_TIME = {G, R, HEARD, WAITED, Trigger.NEWS, Trigger.NO_NEWS, Trigger.FAULT, Trigger.HEALED, Trigger.REST,
               Trigger.WAKE, Trigger.SILENCE, Trigger.BREATH, Trigger.TEST}  # fmt: skip
MOMENTS = st.one_of(st.sampled_from([0.0, 0.3, 1.5, 20.0, 400.0]), st.floats(0, 1000))


def visited(rules: Rules, events: list[tuple[float, Trigger]]) -> Simulated:
    """Let things happen, each so long after the one before; then everybody goes away."""
    station = Simulated(rules)
    for after_s, trigger in events:
        station.now += after_s
        cut = trigger is Trigger.CUT and "open" in (station.take, station.clip)
        cut |= trigger is (Trigger.ANSWERED if station.answer_chosen else Trigger.LOST) and station.take == "open"
        unopened = trigger is Trigger.CANNOT_RECORD and station.clip == "open"
        # Devices are slow: a press may come before their answer.
        if station.owed and trigger not in (G, R):
            station.answer(trigger)
        elif trigger in AT_ANY_TIME or cut or unopened:
            station.happens(trigger)
    station.left_alone()
    assert station.visit.state is State.IDLE
    assert station.take == station.test == "none"
    return station


@given(
    rules=st.builds(
        Rules, profile=st.sampled_from(PROFILES), one_switch=st.booleans(), answer_wait_s=st.floats(3, 120),
        asks=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4).map(tuple), spoken=st.booleans(),
        offer_wait_s=st.floats(1, 60), carry_on_after_s=st.floats(10, 3600), longest_story_s=st.floats(10, 3600),
    ),
    events=st.lists(st.tuples(MOMENTS, st.sampled_from(EVENTS)), min_size=1, max_size=60),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_whatever_anybody_does_whenever_a_visit_ends_idle_and_every_take_as_its_teller_wished(
    rules: Rules, events: list[tuple[float, Trigger]]
) -> None:
    visited(rules, events)


@pytest.mark.parametrize("rules", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("one_switch", [False, True], ids=["two buttons", "one switch"])
def test_thousands_of_visits_all_end_idle_and_every_kind_of_end_is_among_them(rules: Rules, one_switch: bool) -> None:
    rng, rules = random.Random(f"{rules} {one_switch}"), replace(rules, one_switch=one_switch)
    moments = [0.0, 0.3, 1.5, 6.0, 20.0, 400.0]
    kept = thrown = not_agreed = 0
    for _ in range(600):
        # As a person who mostly goes on, and sometimes does anything.
        likely = rng.choice([[G, HEARD, HEARD], [G, R, HEARD], EVENTS, [HEARD, HEARD, WAITED, G]])
        station = visited(rules, [(rng.choice(moments), rng.choice(likely)) for _ in range(rng.randrange(60))])
        kept, thrown = kept + station.kept, thrown + station.thrown
        not_agreed += station.not_agreed
    assert min(kept, thrown, not_agreed) > 2, (kept, thrown, not_agreed)


class Watched:
    """A panel that remembers when each light went on or off; a clock beside it."""

    simulated = pressable = True

    def __init__(self) -> None:
        self.at = 0.0
        self.changes: dict[str, list[float]] = {"green": [], "red": []}
        self._shown = Lights()

    def now(self) -> float:
        return self.at

    def next_event(self, events: object, within_s: float) -> None: ...

    def start(self, on_edge: OnEdge) -> None: ...

    def show(self, lights: Lights) -> None:
        for name in ("green", "red"):
            if getattr(lights, name) is not getattr(self._shown, name):
                self.changes[name].append(self.at)
        self._shown = lights

    def close(self) -> None: ...


@given(
    presses=st.lists(
        st.tuples(st.floats(0, 3), st.sampled_from([("green", G), ("red", R)])), min_size=1, max_size=40
    ),
    spoken_s=st.floats(0, 5),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_whoever_hammers_on_the_buttons_makes_no_light_flash_more_than_twice_a_second(
    presses: list[tuple[float, tuple[Button, Trigger]]], spoken_s: float
) -> None:
    panel, rules, visit = Watched(), Rules(), Visit()
    lamps = Lamps(panel, Faults(), panel)
    counts = PressFilter(bounce_s=0.03, repeat_ignored_s=1.0)

    def happens(trigger: Trigger) -> bool:
        nonlocal visit
        before, (visit, _) = visit, step(visit, trigger, panel.at, rules)
        if moved := visit.number != before.number:
            lamps.show(conversation.lights(visit, rules))
        return moved

    for after_s, (button, trigger) in presses:
        until = panel.at + after_s
        while panel.at < until:
            panel.at = min(until, panel.at + max(0.1, spoken_s))
            lamps.settle()
            happens(HEARD)
            happens(WAITED)
            happens(Trigger.RECORDING)
        if counts.counts(button, True, panel.at):
            before = conversation.lights(visit, rules)
            if happens(trigger) and conversation.lights(visit, rules) == before:
                lamps.acknowledge(button)
    for moments in panel.changes.values():
        # A flash is two changes: on and off.
        for first, fifth in zip(moments, moments[4:], strict=False):
            assert fifth - first >= 1.0, moments
