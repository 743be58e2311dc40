"""What the station screen shows in each state: a picture, few words, what the buttons mean. Pure, as the table is.

What is being said is shown while it is said, so that whoever cannot hear can read it. Where nothing is said, one
sentence stays. Nobody needs to read anything: the picture, the lights and the voice tell the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.conversation import Rules, Visit, lights
from kiosk.devices import Light
from kiosk.flow import State, Trigger
from kiosk.shown.live import Key, Scene
from kiosk.table import TABLES, TELLING


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
    State.NEWS: Look("megaphone", "news", "to_talk", "to_stop"),
    State.NO_NEWS: Look("megaphone", "no_news", "to_talk", "to_stop"),
    State.WELCOME: Look("face", "welcome", "to_go_on", "to_stop"),
    State.BEFORE: Look("voice", "to_talk"),
    State.IN_SHORT: Look("voice", "to_talk"),
    State.OPENING: _MOMENT,
    State.QUESTION: Look("question", "question", "to_talk", "to_stop"),
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

_GREEN, _RED, _BLUE = "green_button", "red_button", "blue_button"
#: The brighter light of two, for the one switch.
_BRIGHTER = (Light.ON, Light.BLINK, Light.BREATHE, Light.OFF)


@dataclass(frozen=True)
class Artist:
    """Draws what a station with these settings shows.

    Attributes:
        rules: How it holds its conversations.
        texts: Every prompt, as it is spoken.
        words: What only the screen shows (`kiosk.shown.texts.load_screen`).
        labels: What stands on its buttons (`kiosk.shown.texts.load_keys`).
        blue: Whether it has the blue button.
        pressable: Whether it takes presses from a page.
    """

    rules: Rules
    texts: Mapping[str, str]
    words: Mapping[str, str]
    labels: Mapping[str, str]
    blue: bool = False
    pressable: bool = False

    def scene(self, visit: Visit, saying: str | None = None, card: tuple[str, str] = ("", "")) -> Scene:
        """Return what is shown.

        Args:
            visit: Where the conversation stands.
            saying: The prompt that is being said.
            card: The number of the story that was just kept, and its picture.
        """
        look = LOOKS[visit.state]
        name, picture = card if visit.state is State.NUMBER else ("", "")
        return Scene(
            state=str(visit.state),
            picture=picture or PROMPT_PICTURES.get(saying or "", look.picture),
            words=self.texts.get(saying or "") or self._say(look.words),
            card=name,
            telling=visit.state in TELLING,
            keys=self._keys(visit, look, saying),
            pressable=self.pressable,
        )

    def _say(self, name: str) -> str:
        return self.words[name] if name in self.words else self.texts[name]

    def _keys(self, visit: Visit, look: Look, saying: str | None) -> tuple[Key, ...]:
        keys = (self._switch(visit, look, saying),) if self.rules.one_switch else self._both(visit, look, saying)
        if self.blue and (visit.state, Trigger.NEWS) in TABLES[self.rules.profile]:
            name, label = self.words[_BLUE], self.labels["news"]
            keys = (*keys, Key(button="blue", look="blue", name=name, label=label, light="off"))
        return keys

    def _both(self, visit: Visit, look: Look, saying: str | None) -> tuple[Key, ...]:
        shown = lights(visit, self.rules)
        prompts = {choice.button: choice.prompt for choice in visit.scene.choices}
        green, red = prompts.get(Trigger.GREEN, look.green), prompts.get(Trigger.RED, look.red)
        return (
            Key(
                button="green", look="green", name=self.words[_GREEN], label=self._label(green),
                light=shown.green.value, spoken=_is(green, saying),
            ),
            Key(
                button="red", look="red", name=self.words[_RED], label=self._label(red),
                light=shown.red.value, spoken=_is(red, saying),
            ),
        )  # fmt: skip

    def _switch(self, visit: Visit, look: Look, saying: str | None) -> Key:
        """Return the one switch: it looks like the button of the choice that it would take now."""
        shown = lights(visit, self.rules)
        light = min(shown.green, shown.red, key=_BRIGHTER.index)
        if visit.offered:
            prompt = visit.offered.prompt
            return Key(
                button="green", look="green" if visit.offered.button is Trigger.GREEN else "red",
                name=self.words["switch"], label=self._label(prompt), light=light.value, spoken=_is(prompt, saying),
            )  # fmt: skip
        label = self._label("" if visit.scene.choices else look.green)
        return Key(button="green", look="any", name=self.words["switch"], label=label, light=light.value)

    def _label(self, name: str) -> str:
        return self.labels[name] if name else ""


def _is(prompt: str, saying: str | None) -> bool:
    return bool(prompt) and prompt == saying
