"""The conversation with the visitor: one pure function that follows the table.

    step(visit, trigger, now, rules) -> (visit, actions)

Nothing here sleeps, plays or records: time is passed in, and what shall be done is handed out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kiosk.devices import Light, Lights
from kiosk.flow import SCENES, TAKE, TELLING, Action, Choice, Scene, State, Trigger, Wait
from kiosk.rules import Asks, Rules
from kiosk.stories.programme import Kind

#: A prompt that was not reported as heard by then (seconds) is taken for heard: silence must not keep a visitor
#: waiting.
LONGEST_PROMPT_S = 20.0
#: Between the question and the tone: long enough to be a pause, short enough that nobody wonders.
MOMENT_S = 0.5
#: How long a yes may take that is said aloud, and a test of the microphone.
WORDS_S = 5.0
#: How long the station waits for a breath before it talks into a sentence all the same.
BREATH_S = 20.0
#: The end of the longest story is announced so long before.
ANNOUNCED_S = 60.0
#: Where a word is asked for: long enough for somebody who searches for it, or tells more all the same.
LONGEST_WORD_S = 180.0
#: Whatever is asked is asked so often before no answer counts as an answer.
TIMES_ASKED = 2
#: What it means that sound comes in, by what is asked.
_BEGUN: Mapping[Kind, Trigger] = {
    "tell": Trigger.RECORDING,
    "one-word": Trigger.WORD,
    "choose-one": Trigger.ADD,
}


@dataclass(frozen=True)
class Mark:
    """A moment of telling (`time.monotonic`, seconds), and what happens then."""

    at: float
    trigger: Trigger


@dataclass(frozen=True)
class Visit:
    """Where a conversation stands.

    Attributes:
        state: Its state.
        number: Counts the scenes: another number means that lights and words begin anew.
        asked: The how manieth time the state asks.
        offer: With one switch: which choice is offered now; None, none yet.
        deadline: When (`time.monotonic`, seconds) it goes on by itself; None, never.
        marks: Moments of telling that are still to come.
        question: Index of the question that is asked or offered.
        answer: Index of the answer that is offered or was chosen, where the question has some.
    """

    state: State = State.IDLE
    number: int = 0
    asked: int = 1
    offer: int | None = None
    deadline: float | None = None
    marks: tuple[Mark, ...] = ()
    question: int = 0
    answer: int = 0

    @property
    def scene(self) -> Scene:
        """What the visitor meets now."""
        return SCENES[self.state]

    @property
    def offered(self) -> Choice | None:
        """The choice that one switch would take now."""
        return None if self.offer is None else self.scene.choices[self.offer]


def lights(visit: Visit, rules: Rules) -> Lights:
    """Return what the lights show: with one switch that of the offered choice alone."""
    if not (rules.one_switch and visit.scene.choices):
        return visit.scene.lights
    button = visit.offered.button if visit.offered else None
    return Lights(
        green=Light.ON if button is Trigger.GREEN else Light.OFF, red=Light.ON if button is Trigger.RED else Light.OFF
    )


def says(visit: Visit, rules: Rules) -> tuple[str, ...]:
    """Return the prompts of the present scene, in order. Who is asked again hears whom else to ask."""
    if visit.offered:
        return (visit.offered.prompt,)
    choices = () if rules.one_switch else tuple(choice.prompt for choice in visit.scene.choices)
    person = ("ask_person",) if visit.asked > 1 and visit.scene.wait is Wait.ANSWER and visit.scene.choices else ()
    return (*visit.scene.says, *choices, *person)


def goes_on_at(visit: Visit, rules: Rules) -> float | None:
    """Return when (`time.monotonic`, seconds) the conversation goes on by itself if nothing happens; None, never."""
    moments = [mark.at for mark in visit.marks if (visit.state, mark.trigger) in rules.table]
    return min([*moments, *([] if visit.deadline is None else [visit.deadline])], default=None)


def step(visit: Visit, trigger: Trigger, now: float, rules: Rules) -> tuple[Visit, tuple[Action, ...]]:
    """Follow the table.

    Args:
        visit: Where the conversation stands.
        trigger: What happened. `WAITED` counts only once `goes_on_at` has come; what that means depends on the state.
        now: The moment, seconds of `time.monotonic`.
        rules: How the station holds its conversations.

    Returns:
        Where it stands now (a new scene begins where its number changed), and what is to be done.
    """
    if trigger is Trigger.WAITED:
        return _time_passed(visit, now, rules)
    if trigger in (Trigger.GREEN, Trigger.RED) and rules.one_switch:
        if visit.offered:
            trigger = visit.offered.button
        elif visit.scene.choices:
            # Nothing was offered yet, so that a press can mean none of the choices: it asks for the first one.
            return _offer(visit, 0, now, rules), ()
        else:
            trigger = Trigger.GREEN
    if trigger is Trigger.HEARD and (visit.state, trigger) not in rules.table:
        return _all_was_said(visit, now, rules), ()
    return _follow(visit, trigger, now, rules)


def once_more(visit: Visit, now: float, rules: Rules) -> Visit:
    """Return the visit whose scene is said again because somebody asked for it: its time begins anew."""
    return _enter(visit, now, rules)


def _follow(visit: Visit, trigger: Trigger, now: float, rules: Rules) -> tuple[Visit, tuple[Action, ...]]:
    row = rules.table.get((visit.state, _meant(visit, trigger, rules)))
    if row is None:
        return visit, ()
    marks = visit.marks if row.to in TELLING else ()
    if row.to is State.TELLING and visit.state is State.TONE:
        marks = _marks(now, rules, rules.asks[visit.question])
    question, answer = visit.question, visit.answer
    if row.to is State.CHOOSE:
        question = question + 1 if visit.state is State.CHOOSE else 0
    elif row.to is State.ANSWER:
        answer = answer + 1 if visit.state is State.ANSWER else 0
    elif row.to is State.IDLE:
        question = 0
    after = Visit(row.to, visit.number + 1, marks=marks, question=question, answer=answer)
    return _enter(after, now, rules), row.actions


def _meant(visit: Visit, trigger: Trigger, rules: Rules) -> Trigger:
    """Return what a trigger means with the question, or the answer, that the visit is at."""
    asks = rules.asks[visit.question]
    match visit.state, trigger:
        case State.CHOOSE, Trigger.RED if visit.question == rules.questions - 1:
            return Trigger.LAST
        case State.ANSWER, Trigger.RED if visit.answer >= asks.answers - 1:
            return Trigger.LAST
        case ((State.BEFORE | State.SHORTLY | State.CHOOSE), Trigger.GREEN) if (
            asks.kind == "choose-one" and (visit.state, Trigger.ANSWERS) in rules.table
        ):
            return Trigger.ANSWERS
        case State.OPENING, Trigger.RECORDING:
            return _BEGUN[asks.kind]
    return trigger


def _marks(now: float, rules: Rules, asks: Asks) -> tuple[Mark, ...]:
    end_s = min(rules.longest_story_s, LONGEST_WORD_S) if asks.kind == "one-word" else rules.longest_story_s
    marks = [Mark(now + end_s, Trigger.LIMIT)]
    # In a short time there is no room for questions that would take a good part of it.
    if end_s > 2 * ANNOUNCED_S:
        marks.insert(0, Mark(now + end_s - ANNOUNCED_S, Trigger.NEARLY_OVER))
    if rules.carry_on_after_s < end_s - ANNOUNCED_S:
        marks.insert(0, Mark(now + rules.carry_on_after_s, Trigger.LONG))
    return tuple(marks)


def _time_passed(visit: Visit, now: float, rules: Rules) -> tuple[Visit, tuple[Action, ...]]:
    for mark in visit.marks:
        if mark.at <= now and (visit.state, mark.trigger) in rules.table:
            rest = tuple(each for each in visit.marks if each is not mark)
            return _follow(replace(visit, marks=rest), mark.trigger, now, rules)
    if visit.deadline is None or now < visit.deadline:
        return visit, ()
    if visit.scene.wait is Wait.HEARD:
        return _follow(visit, Trigger.HEARD, now, rules)
    if rules.one_switch and visit.scene.choices:
        following = 0 if visit.offer is None else visit.offer + 1
        if following < len(visit.scene.choices):
            return _offer(visit, following, now, rules), ()
    if visit.scene.wait is Wait.ANSWER and visit.scene.choices and visit.asked < TIMES_ASKED:
        again = replace(visit, number=visit.number + 1, asked=visit.asked + 1, offer=None)
        return _enter(again, now, rules), ()
    return _follow(visit, Trigger.WAITED, now, rules)


def _offer(visit: Visit, which: int, now: float, rules: Rules) -> Visit:
    return _enter(replace(visit, number=visit.number + 1, offer=which), now, rules)


def _enter(visit: Visit, now: float, rules: Rules) -> Visit:
    """Return the visit with the deadline that a scene begins with: for the case that nothing is ever heard."""
    spoken_s = LONGEST_PROMPT_S * len(says(visit, rules))
    if TAKE in visit.scene.says:
        spoken_s += rules.longest_story_s
    match visit.scene.wait:
        case Wait.FOREVER | Wait.TELLING:
            deadline = None
        case Wait.ANSWER:
            deadline = now + spoken_s + _answer_wait_s(visit, rules)
        case Wait.HEARD:
            deadline = now + spoken_s
        case Wait.BREATH:
            deadline = now + BREATH_S
        case Wait.MOMENT:
            deadline = now + MOMENT_S
        case Wait.WORDS:
            deadline = now + WORDS_S
    return replace(visit, deadline=deadline)


def _all_was_said(visit: Visit, now: float, rules: Rules) -> Visit:
    """Return the visit after its prompts were heard: the time to answer begins."""
    if visit.scene.wait is not Wait.ANSWER:
        return visit
    if rules.one_switch and visit.scene.choices and visit.offer is None:
        return _offer(visit, 0, now, rules)
    return replace(visit, deadline=now + _answer_wait_s(visit, rules))


def _answer_wait_s(visit: Visit, rules: Rules) -> float:
    return rules.offer_wait_s if visit.offered else rules.answer_wait_s
