"""A whole visit before anybody comes: what is said and what is lit, in order, followed through the kiosk's own table.

It loads the conversation, which is pure, and nothing of the station's devices.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kiosk import conversation
from kiosk.config import Config
from kiosk.conversation import Visit, says, step
from kiosk.flow import ANSWER, CARD, TAKE, TONE, State, Trigger
from kiosk.rules import Rules, asks_of, rules_of
from kiosk.shown.texts import load_texts
from kiosk.stories.programme import Programme, Question

#: Prompts whose words are not in the language's file alone.
_QUESTION = "question"
#: What a visitor does who tells a story, hears it, and keeps it; elsewhere the first of `_GOES_ON` that leads on.
_WAY: Mapping[State, Trigger] = {State.TELLING: Trigger.RED}
_GOES_ON = (
    Trigger.HEARD, Trigger.RECORDING, Trigger.ENDED, Trigger.SAVED, Trigger.GREEN, Trigger.WAITED,
)  # fmt: skip
#: A visit is never so long: a table that leads in circles would show here.
_MOST_STEPS = 60
#: A breath between two sentences.
_BREATH_S = 0.4


@dataclass(frozen=True)
class Sentence:
    """Something that is said.

    Attributes:
        name: The prompt's name.
        words: What is said; of a sound that is no words (the tone, the take, the number) what it is, in brackets.
        green: What the green light does meanwhile: "off", "on", "breathe" or "blink".
        red: The same for the red one.
    """

    name: str
    words: str
    green: str
    red: str


@dataclass(frozen=True)
class Step:
    """A state of the conversation, as a visitor meets it.

    Attributes:
        state: Its name.
        green: What the green light does in it.
        red: The same for the red one.
        sentences: What is said, in order; empty: nothing.
        press: What leads on: "green", "red", or empty: it goes on by itself.
    """

    state: str
    green: str
    red: str
    sentences: tuple[Sentence, ...]
    press: str


@dataclass(frozen=True)
class Preview:
    """A visit from hello to goodbye.

    Attributes:
        question: The words of the question that the visitor answers.
        steps: What they meet, in order.
    """

    question: str
    steps: tuple[Step, ...]


def previews(config: Config, programme: Programme) -> list[Preview]:
    """Return, for each question, the visit of somebody who hears everything, tells a story and keeps it.

    Where a question offers answers they take the last one, and so hear all of them.

    Raises:
        ConfigError: Sayso has no texts in the station's language.
    """
    one_switch = config.panel.switches == "one"
    texts = load_texts(config.station.language, person=config.station.person_to_ask, one_switch=one_switch)
    texts |= programme.prompts
    questions = programme.questions or (Question(text=texts[_QUESTION]),)
    rules = replace(rules_of(config), asks=asks_of(questions))

    def met(visit: Visit, trigger: Trigger) -> Step:
        return Step(
            str(visit.state),
            *_lights(visit, rules),
            tuple(_sentences(visit, rules, {**texts, **_asked(visit, questions[visit.question])})),
            str(trigger) if trigger in (Trigger.GREEN, Trigger.RED) else "",
        )

    return [
        Preview(question.text, tuple(met(*each) for each in _walk(rules, number)))
        for number, question in enumerate(questions)
    ]


def speaking_s(words: str, words_per_minute: int) -> float:
    """Return about how long the station's own voice takes to say something."""
    breaths = sum(words.count(each) for each in ".?!")
    return len(words.split()) / words_per_minute * 60 + breaths * _BREATH_S


def _walk(rules: Rules, question: int) -> Iterator[tuple[Visit, Trigger]]:
    # Which choice a single switch takes is a matter of time; the states are the same ones as with two buttons.
    two_buttons, visit = replace(rules, one_switch=False), Visit()
    for _ in range(_MOST_STEPS):
        trigger = _goes_on(visit, two_buttons, question)
        yield visit, trigger
        # Later than any wait: what waits for a time to pass goes on.
        later = (visit.deadline or 0.0) + 1
        visit, _ = step(visit, trigger, later, two_buttons)
        if visit.state is State.IDLE:
            return
    raise AssertionError(f"the visit never ends: {visit.state}")


def _asked(visit: Visit, question: Question) -> dict[str, str]:
    answers = {ANSWER: question.choices[visit.answer].text} if question.choices else {}
    return {_QUESTION: question.text, **answers}


def _goes_on(visit: Visit, rules: Rules, question: int) -> Trigger:
    if visit.state is State.CHOOSE and visit.question < question:
        return Trigger.RED
    if visit.state is State.ANSWER and visit.answer < rules.asks[visit.question].answers - 1:
        return Trigger.RED
    leads_on = (each for each in _GOES_ON if (visit.state, each) in rules.table)
    return _WAY.get(visit.state) or next(leads_on)


def _sentences(visit: Visit, rules: Rules, texts: Mapping[str, str]) -> Iterator[Sentence]:
    sounds = {TONE: "(a soft tone)", TAKE: "(what was just told)", CARD: "(the story number)"}
    scenes = [visit]
    if rules.one_switch:
        scenes += [replace(visit, offer=number) for number in range(len(visit.scene.choices))]
    for scene in scenes:
        green, red = _lights(scene, rules)
        for name in says(scene, rules):
            yield Sentence(name, texts.get(name) or sounds[name], green, red)


def _lights(visit: Visit, rules: Rules) -> tuple[str, str]:
    lit = conversation.lights(visit, rules)
    return str(lit.green), str(lit.red)
