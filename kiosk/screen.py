"""What the station screen shows in each state: a picture, few words, what the buttons mean. Pure, as the table is.

What is being said is shown while it is said, so that whoever cannot hear can read it. Where nothing is said, one
sentence stays. Nobody needs to read anything: the picture, the lights and the voice tell the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.config import Config
from kiosk.conversation import Visit, says
from kiosk.devices import Light, Lights
from kiosk.flow import ANSWER, TELLING, State, Trigger
from kiosk.prompts import QUESTION
from kiosk.rules import Rules
from kiosk.shown.live import Key, Scene
from kiosk.shown.texts import load_keys, load_screen


@dataclass(frozen=True)
class Look:
    """How a state looks.

    Attributes:
        picture: A drawing.
        words: Which words stand there while nothing is said: a prompt, or one of the screen's own.
        green: The words on the green button where the scene offers no choices; empty: a press does nothing.
        red: The same for the red one.
    """

    picture: str
    words: str
    green: str = ""
    red: str = ""


_MOMENT = Look("hourglass", "moment")
_READY = Look("microphone", "after_tone")
_LISTENING = Look("ear", "listening", "finish", "finish")

LOOKS: Mapping[State, Look] = {
    State.IDLE: Look("voice", "to_talk", green="to_talk"),
    State.OUT_OF_ORDER: Look("spanner", "sorry"),
    State.RESTING: Look("moon", "resting"),
    State.NOT_NOW: Look("moon", "resting"),
    State.NEWS: Look("megaphone", "news", "to_talk", "to_stop"),
    State.NO_NEWS: Look("megaphone", "no_news", "to_talk", "to_stop"),
    State.TEST_SOON: Look("microphone", "testing", "to_talk", "to_talk"),
    State.TEST: Look("microphone", "testing", "to_talk", "to_talk"),
    State.WELCOME: Look("face", "welcome", "to_go_on", "to_stop"),
    State.BEFORE: Look("voice", "to_talk"),
    State.IN_SHORT: Look("voice", "to_talk"),
    State.SHORTLY: Look("voice", "to_talk"),
    State.CHOOSE: Look("question", "question"),
    State.NO_MORE: Look("question", "no_more"),
    State.ASKED: Look("question", "question", "to_go_on", "to_stop"),
    State.ANSWER: Look("question", ANSWER),
    State.NO_MORE_ANSWERS: Look("question", "no_more_answers"),
    State.OPENING: _MOMENT,
    State.QUESTION: Look("question", "question", "to_talk", "to_stop"),
    State.WORD: Look("question", "question", "to_talk", "to_stop"),
    State.ADD: Look("question", ANSWER, "to_talk", "to_stop"),
    State.STOP: Look("cross", "want_to_stop"),
    State.LEAVING: _MOMENT,
    State.PAUSE: _READY,
    State.TONE: _READY,
    State.TELLING: _LISTENING,
    State.LONG: _LISTENING,
    State.ASK_CARRY_ON: Look("clock", "carry_on", "to_go_on", "finish"),
    State.CARRY_ON: Look("clock", "carry_on", "to_go_on", "finish"),
    State.LATE: _LISTENING,
    State.ANNOUNCE: Look("clock", "one_minute", "finish", "finish"),
    State.ASK_FINISHED: Look("ear", "finished", "finish", "to_go_on"),
    State.FINISHED: Look("ear", "finished", "finish", "to_go_on"),
    State.STOPPING: _MOMENT,
    State.UNHEARD: Look("ear", "unheard"),
    State.SOFT: Look("microphone", "nearer", "to_go_on", "to_go_on"),
    State.HEAR_IT: Look("speaker", "to_hear"),
    State.PLAYING: Look("speaker", "your_story", "to_go_on", "to_go_on"),
    State.KEEP: Look("treasure", "to_keep"),
    State.CUT_SHORT: Look("treasure", "to_keep"),
    State.SURE: Look("bin", "sure"),
    State.WORDS: Look("page", "use_words"),
    State.VOICE: Look("voice", "play_voice"),
    State.VOICE_TOO: Look("voice", "play_voice"),
    State.SAY: Look("voice", "say_yes", green="to_go_on"),
    State.SAYING: Look("microphone", "say_yes", "finish", "finish"),
    State.SAID: _MOMENT,
    State.SAVING: _MOMENT,
    State.NUMBER: Look("page", "take_back", "again", "again"),
    State.THANKS: Look("heart", "thanks", green="to_talk"),
    State.THROWN: Look("bin", "thrown", green="to_talk"),
    State.GOODBYE: Look("face", "goodbye", green="to_talk"),
    State.SORRY: Look("spanner", "sorry"),
    State.LATER: Look("spanner", "later"),
}

#: What is shown beside a prompt while it is said, where that tells more than the state's own picture.
PROMPT_PICTURES: Mapping[str, str] = {
    "welcome": "face", "who_listens": "people", "safety": "lifebelt", "stop_any_time": "cross", "no_names": "badge",
    "question": "question", "after_tone": "microphone", "to_talk": "voice", "to_stop": "cross", "ask_person": "people",
    "tell_person": "people", "to_keep": "treasure", "to_throw": "bin", "to_throw_surely": "bin", "to_hear": "speaker",
    "told": "heart", "cut_short": "treasure",
}  # fmt: skip

#: The brighter light of two, for the one switch.
_BRIGHTER = (Light.ON, Light.BLINK, Light.BREATHE, Light.OFF)


@dataclass(frozen=True)
class Artist:
    """Draws what a station shows.

    Attributes:
        texts: Every prompt, as it is spoken.
        words: What only the screen shows (`kiosk.shown.texts.load_screen`).
        labels: What stands on its buttons (`kiosk.shown.texts.load_keys`).
        blue: Whether the station has the blue button.
        pressable: Whether it takes presses from a page.
    """

    texts: Mapping[str, str]
    words: Mapping[str, str]
    labels: Mapping[str, str]
    blue: bool = False
    pressable: bool = False

    def scene(
        self,
        visit: Visit,
        rules: Rules,
        lit: Lights,
        *,
        saying: str = "",
        words: str = "",
        question: str = "",
        answer: str = "",
        card: tuple[str, str] = ("", ""),
    ) -> Scene:
        """Return what is shown.

        Args:
            visit: Where the conversation stands.
            rules: How it is held.
            lit: What the real lights do.
            saying: The prompt that is being said; empty: none.
            words: Its words, where they are of the programme.
            question: What is asked.
            answer: Which of its answers is offered, or was chosen.
            card: The number of the story that was just kept, and its picture.
        """
        look = LOOKS[visit.state]
        texts = {**self.texts, **{name: text for name, text in ((QUESTION, question), (ANSWER, answer)) if text}}
        name, picture = card if visit.state is State.NUMBER else ("", "")
        return Scene(
            state=str(visit.state),
            picture=picture or PROMPT_PICTURES.get(saying, look.picture),
            words=words or texts.get(saying) or texts.get(look.words) or self.words[look.words],
            card=name,
            telling=visit.state in TELLING,
            keys=(*self._keys(visit, rules, lit, saying), *([self._blue(visit, rules)] if self.blue else [])),
            pressable=self.pressable,
        )

    def _keys(self, visit: Visit, rules: Rules, lit: Lights, saying: str) -> tuple[Key, ...]:
        look, choices = LOOKS[visit.state], visit.scene.choices
        if rules.one_switch:
            return (self._switch(visit, lit, saying),)
        prompts = {choice.button: choice.prompt for choice in choices}
        green, red = prompts.get(Trigger.GREEN, look.green), prompts.get(Trigger.RED, look.red)
        return (
            Key(
                button="green", look="green", name=self.words["green_button"], label=self._label(green),
                light=lit.green.value, spoken=green == saying != "",
            ),
            Key(
                button="red", look="red", name=self.words["red_button"], label=self._label(red),
                light=lit.red.value, spoken=red == saying != "",
            ),
        )  # fmt: skip

    def _switch(self, visit: Visit, lit: Lights, saying: str) -> Key:
        """Return the one switch: it looks like the button of the choice that it would take now."""
        name, light = self.words["switch"], min(lit.green, lit.red, key=_BRIGHTER.index).value
        if visit.offered:
            prompt = visit.offered.prompt
            return Key(
                button="green", look="green" if visit.offered.button is Trigger.GREEN else "red",
                name=name, label=self._label(prompt), light=light, spoken=prompt == saying,
            )  # fmt: skip
        label = self._label("" if visit.scene.choices else LOOKS[visit.state].green)
        return Key(button="green", look="any", name=name, label=label, light=light)

    def _blue(self, visit: Visit, rules: Rules) -> Key:
        row = rules.table.get((visit.state, Trigger.NEWS))
        if row:
            label = "news" if row.to is State.NEWS else ""
        else:
            label = "louder" if visit.state is not State.TONE and says(visit, rules) else ""
        return Key(button="blue", look="blue", name=self.words["blue_button"], label=self._label(label), light="off")

    def _label(self, name: str) -> str:
        return self.labels[name] if name else ""


def artist_for(config: Config, texts: Mapping[str, str], *, pressable: bool) -> Artist:
    """Return the artist of a station with these settings."""
    language = config.station.language
    return Artist(
        texts, load_screen(language), load_keys(language), blue=bool(config.panel.blue_button_pin), pressable=pressable
    )
