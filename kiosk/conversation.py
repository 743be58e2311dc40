"""The conversation with the visitor: a table that a person can read, and one pure function that follows it.

    step(visit, trigger, now) -> (visit, actions)

Nothing here sleeps, plays or records: time is passed in, and what shall be done is handed out. To let the conversation
grow, add a state, its scene and its rows; a test holds that each state has a scene and a way out.

    idle -> welcome -> starting -> telling -> stopping -> keep? -> saving -> thanks -> idle
                                                            '--> sure? -> thrown -> idle
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kiosk.devices import Light, Lights

#: A prompt that was not reported as heard by then (seconds) is taken for heard: silence must not keep a visitor
#: waiting.
LONGEST_PROMPT_S = 20.0


class State(StrEnum):
    """Where the conversation stands."""

    IDLE = "idle"
    OUT_OF_ORDER = "out of order"
    WELCOME = "welcome"
    WELCOME_AGAIN = "welcome again"
    STARTING = "starting"
    TELLING = "telling"
    STOPPING = "stopping"
    KEEP = "keep?"
    KEEP_AGAIN = "keep, again?"
    CUT_SHORT = "cut short, keep?"
    SURE = "sure to throw away?"
    SAVING = "saving"
    THANKS = "thanks"
    THROWN = "thrown away"
    GOODBYE = "goodbye"
    SORRY = "sorry"
    LATER = "saved later"


class Trigger(StrEnum):
    """What can happen."""

    GREEN = "green"
    RED = "red"
    HEARD = "the prompt was heard"
    WAITED = "nobody pressed"
    RECORDING = "sound comes in"
    CANNOT_RECORD = "recording is not possible"
    ENDED = "the take has ended"
    CUT = "the take was cut short"
    SAVED = "the story is safe"
    NOT_SAVED = "the story could not be saved yet"
    FAULT = "the station cannot record"
    HEALED = "the station can record again"


class Action(StrEnum):
    """What the station shall do besides showing lights and speaking."""

    BEGIN_TAKE = "begin a take"
    END_TAKE = "end the take"
    END_TAKE_AT_LIMIT = "end the take at the longest story's length"
    KEEP = "keep the story"
    KEEP_NOT_AGREED = "keep it as not agreed"
    THROW_AWAY = "throw the take away"


class Wait(StrEnum):
    """How long a state lasts when nobody presses."""

    FOREVER = "until something happens"
    ANSWER = "the time to answer, after the prompt was heard"
    HEARD = "until the prompt was heard"
    STORY = "the longest story"


@dataclass(frozen=True)
class Scene:
    """What a visitor meets in a state: a light, a prompt (None: silence), and how long.

    Nothing is said while telling or while the microphone opens, except the tone that begins it.
    """

    lights: Lights
    prompt: str | None = None
    wait: Wait = Wait.FOREVER


@dataclass(frozen=True)
class Transition:
    """Where a row of the table leads, and what is done on the way."""

    to: State
    actions: tuple[Action, ...] = ()


_CHOOSE = Lights(green=Light.ON, red=Light.ON)
_GREEN = Lights(green=Light.ON)
_FAULT = Lights(red=Light.BLINK)

SCENES: Mapping[State, Scene] = {
    State.IDLE: Scene(Lights(green=Light.BREATHE)),
    State.OUT_OF_ORDER: Scene(_FAULT),
    State.WELCOME: Scene(_CHOOSE, "welcome", Wait.ANSWER),
    State.WELCOME_AGAIN: Scene(_CHOOSE, "welcome_again", Wait.ANSWER),
    State.STARTING: Scene(_GREEN),
    # The red light means one thing only: what you say now is recorded.
    State.TELLING: Scene(Lights(red=Light.ON), "tone", Wait.STORY),
    State.STOPPING: Scene(_GREEN),
    State.KEEP: Scene(_CHOOSE, "keep", Wait.ANSWER),
    State.KEEP_AGAIN: Scene(_CHOOSE, "keep", Wait.ANSWER),
    State.CUT_SHORT: Scene(Lights(green=Light.ON, red=Light.BLINK), "cut_short", Wait.ANSWER),
    State.SURE: Scene(_CHOOSE, "sure", Wait.ANSWER),
    State.SAVING: Scene(_GREEN),
    State.THANKS: Scene(_GREEN, "thanks", Wait.HEARD),
    State.THROWN: Scene(_GREEN, "thrown", Wait.HEARD),
    State.GOODBYE: Scene(_GREEN, "goodbye", Wait.HEARD),
    State.SORRY: Scene(_FAULT, "sorry", Wait.HEARD),
    State.LATER: Scene(_FAULT, "later", Wait.HEARD),
}

_KEEP = Transition(State.SAVING, (Action.KEEP,))
_NOT_AGREED = Transition(State.IDLE, (Action.KEEP_NOT_AGREED,))

#: Every row: in this state, when this happens, go there and do that. What is not in the table changes nothing.
TABLE: Mapping[tuple[State, Trigger], Transition] = {
    (State.IDLE, Trigger.GREEN): Transition(State.WELCOME),
    (State.IDLE, Trigger.RED): Transition(State.WELCOME),
    (State.IDLE, Trigger.FAULT): Transition(State.OUT_OF_ORDER),
    (State.OUT_OF_ORDER, Trigger.GREEN): Transition(State.SORRY),
    (State.OUT_OF_ORDER, Trigger.RED): Transition(State.SORRY),
    (State.OUT_OF_ORDER, Trigger.HEALED): Transition(State.IDLE),
    (State.WELCOME, Trigger.GREEN): Transition(State.STARTING, (Action.BEGIN_TAKE,)),
    (State.WELCOME, Trigger.RED): Transition(State.GOODBYE),
    (State.WELCOME, Trigger.WAITED): Transition(State.WELCOME_AGAIN),
    (State.WELCOME_AGAIN, Trigger.GREEN): Transition(State.STARTING, (Action.BEGIN_TAKE,)),
    (State.WELCOME_AGAIN, Trigger.RED): Transition(State.GOODBYE),
    (State.WELCOME_AGAIN, Trigger.WAITED): Transition(State.IDLE),
    # No press ends or deletes anything before it is clear that the take runs.
    (State.STARTING, Trigger.RECORDING): Transition(State.TELLING),
    (State.STARTING, Trigger.CANNOT_RECORD): Transition(State.SORRY),
    # Any press finishes; none ever deletes while somebody is telling.
    (State.TELLING, Trigger.GREEN): Transition(State.STOPPING, (Action.END_TAKE,)),
    (State.TELLING, Trigger.RED): Transition(State.STOPPING, (Action.END_TAKE,)),
    (State.TELLING, Trigger.WAITED): Transition(State.STOPPING, (Action.END_TAKE_AT_LIMIT,)),
    (State.TELLING, Trigger.CUT): Transition(State.CUT_SHORT),
    (State.STOPPING, Trigger.ENDED): Transition(State.KEEP),
    (State.STOPPING, Trigger.CUT): Transition(State.CUT_SHORT),
    (State.KEEP, Trigger.GREEN): _KEEP,
    (State.KEEP, Trigger.RED): Transition(State.SURE),
    (State.KEEP, Trigger.WAITED): Transition(State.KEEP_AGAIN),
    (State.KEEP_AGAIN, Trigger.GREEN): _KEEP,
    (State.KEEP_AGAIN, Trigger.RED): Transition(State.SURE),
    (State.KEEP_AGAIN, Trigger.WAITED): _NOT_AGREED,
    (State.CUT_SHORT, Trigger.GREEN): _KEEP,
    (State.CUT_SHORT, Trigger.RED): Transition(State.SURE),
    (State.CUT_SHORT, Trigger.WAITED): Transition(State.KEEP_AGAIN),
    (State.SURE, Trigger.RED): Transition(State.THROWN, (Action.THROW_AWAY,)),
    (State.SURE, Trigger.GREEN): _KEEP,
    (State.SURE, Trigger.WAITED): _NOT_AGREED,
    (State.SAVING, Trigger.SAVED): Transition(State.THANKS),
    (State.SAVING, Trigger.NOT_SAVED): Transition(State.LATER),
    # Nobody need wait until the station has finished speaking to the one before.
    (State.THANKS, Trigger.GREEN): Transition(State.WELCOME),
    (State.THANKS, Trigger.WAITED): Transition(State.IDLE),
    (State.THROWN, Trigger.GREEN): Transition(State.WELCOME),
    (State.THROWN, Trigger.WAITED): Transition(State.IDLE),
    (State.GOODBYE, Trigger.GREEN): Transition(State.WELCOME),
    (State.GOODBYE, Trigger.WAITED): Transition(State.IDLE),
    (State.SORRY, Trigger.WAITED): Transition(State.IDLE),
    (State.LATER, Trigger.WAITED): Transition(State.IDLE),
}


@dataclass(frozen=True)
class Limits:
    """Times in seconds."""

    answer_wait_s: float
    longest_story_s: float


@dataclass(frozen=True)
class Visit:
    """Where a conversation stands.

    Attributes:
        state: Its state.
        deadline: When (`time.monotonic`, seconds) it goes on by itself; None, never.
    """

    state: State = State.IDLE
    deadline: float | None = None

    @property
    def scene(self) -> Scene:
        """What the visitor meets now."""
        return SCENES[self.state]


def step(visit: Visit, trigger: Trigger, now: float, limits: Limits) -> tuple[Visit, tuple[Action, ...]]:
    """Follow the table.

    Args:
        visit: Where the conversation stands.
        trigger: What happened. `WAITED` counts only once the deadline has passed.
        now: The moment, seconds of `time.monotonic`.
        limits: How long to wait.

    Returns:
        Where it stands now (a new scene begins where the state changed), and what is to be done.
    """
    if trigger is Trigger.WAITED and (visit.deadline is None or now < visit.deadline):
        return visit, ()
    if trigger is Trigger.HEARD:
        return Visit(visit.state, _deadline_after_prompt(visit, now, limits)), ()
    transition = TABLE.get((visit.state, trigger))
    if transition is None:
        return visit, ()
    return Visit(transition.to, _deadline_at_entry(transition.to, now, limits)), transition.actions


def _deadline_at_entry(state: State, now: float, limits: Limits) -> float | None:
    match SCENES[state].wait:
        case Wait.FOREVER:
            return None
        case Wait.STORY:
            return now + limits.longest_story_s
        case Wait.ANSWER:
            return now + LONGEST_PROMPT_S + limits.answer_wait_s
        case Wait.HEARD:
            return now + LONGEST_PROMPT_S


def _deadline_after_prompt(visit: Visit, now: float, limits: Limits) -> float | None:
    match visit.scene.wait:
        case Wait.ANSWER:
            return now + limits.answer_wait_s
        case Wait.HEARD:
            return now
        case _:
            return visit.deadline
