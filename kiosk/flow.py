"""The words of the conversation: its states, what can happen, what is done, and what a visitor meets in each state.

The rows that lead from one state to the next are in `kiosk.rows` and `kiosk.table`; `kiosk.conversation` follows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kiosk.devices import Light, Lights

#: The name of the soft tone that says "now"; it is made (`kiosk.prompts`), not spoken.
TONE = "tone"
#: Stands in a scene's words for the sound of the take, and for the story's number.
TAKE = "(what was just told)"
CARD = "(the story number)"
#: And for one of the answers that a question offers.
ANSWER = "(an answer)"


class State(StrEnum):
    """Where the conversation stands."""

    IDLE = "idle"
    OUT_OF_ORDER = "out of order"
    RESTING = "resting"
    NOT_NOW = "not now"
    NEWS = "news"
    NO_NEWS = "no news"
    TEST_SOON = "about to test the microphone"
    TEST = "testing the microphone"
    WELCOME = "welcome"
    BEFORE = "before you talk"
    IN_SHORT = "welcome, in short"
    SHORTLY = "welcome, in short, before several questions"
    CHOOSE = "this question?"
    NO_MORE = "no more questions"
    ASKED = "question, before its answers"
    ANSWER = "this answer?"
    NO_MORE_ANSWERS = "no more answers"
    OPENING = "opening"
    QUESTION = "question"
    WORD = "question for a word"
    ADD = "answer chosen, and more to say"
    STOP = "stop?"
    LEAVING = "leaving"
    PAUSE = "half a second"
    TONE = "tone"
    TELLING = "telling"
    LONG = "telling for long"
    ASK_CARRY_ON = "asking to carry on"
    CARRY_ON = "carry on?"
    LATE = "telling, nearly over"
    ANNOUNCE = "announcing the end"
    ASK_FINISHED = "asking whether finished"
    FINISHED = "finished?"
    STOPPING = "stopping"
    UNHEARD = "not heard, again?"
    SOFT = "heard softly"
    HEAR_IT = "hear it?"
    PLAYING = "playing"
    KEEP = "keep?"
    CUT_SHORT = "cut short, keep?"
    SURE = "sure to throw away?"
    WORDS = "use the words?"
    VOICE = "play the voice?"
    VOICE_TOO = "play the voice too?"
    SAY = "say it aloud"
    SAYING = "saying yes"
    SAID = "said"
    SAVING = "saving"
    NUMBER = "story number"
    THANKS = "thanks"
    THROWN = "thrown away"
    GOODBYE = "goodbye"
    SORRY = "sorry"
    LATER = "saved later"


#: Somebody tells in these states: the longest story's time runs.
TELLING = frozenset({
    State.TELLING, State.LONG, State.ASK_CARRY_ON, State.CARRY_ON, State.LATE, State.ANNOUNCE, State.ASK_FINISHED,
    State.FINISHED,
})  # fmt: skip


class Trigger(StrEnum):
    """What can happen."""

    GREEN = "green"
    RED = "red"
    LAST = "red, and it was the last one"
    ANSWERS = "green, and the question offers answers"
    NEWS = "blue, and there is news"
    NO_NEWS = "blue, and there is no news"
    HEARD = "all was said"
    WAITED = "nobody pressed"
    RECORDING = "sound comes in"
    WORD = "sound comes in, and a word is asked for"
    ADD = "sound comes in, and an answer was chosen"
    CANNOT_RECORD = "recording is not possible"
    BREATH = "the visitor pauses"
    SILENCE = "nobody has spoken for long"
    LONG = "telling has lasted long"
    NEARLY_OVER = "a minute is left"
    LIMIT = "the longest story's time is over"
    ENDED = "the take has ended"
    SOFT = "the take has ended, and was very quiet"
    NOTHING_TOLD = "the take has ended, and nothing was told"
    ANSWERED = "the take has ended or was cut short, and nothing was told beside the answer that was chosen"
    CUT = "the take was cut short"
    LOST = "the take was cut short, and there is no sound in it"
    SAVED = "the story is safe"
    NOT_SAVED = "the story could not be saved yet"
    FAULT = "the station cannot record"
    HEALED = "the station can record again"
    REST = "staff let the station rest"
    WAKE = "staff let the station ask again"
    TEST = "staff test the microphone"


class Action(StrEnum):
    """What the station shall do besides showing lights and speaking."""

    OPEN = "open the microphone"
    LISTEN = "begin the take"
    TONE_OVER = "the tone is over"
    HOLD = "hold the take while the station speaks"
    GO_ON = "go on with the take"
    END_TAKE = "end the take"
    END_TAKE_AT_LIMIT = "end the take at the longest story's length"
    AGREE = "note that the visitor keeps it"
    WORDS_YES = "words: yes"
    WORDS_NO = "words: no"
    WORDS_UNANSWERED = "words: no answer, so no"
    VOICE_YES = "voice: yes"
    VOICE_NO = "voice: no"
    VOICE_UNANSWERED = "voice: no answer, so no"
    KEEP = "keep the story"
    OPEN_CLIP = "open the microphone for the spoken yes"
    LISTEN_CLIP = "begin the clip of it"
    END_CLIP = "end the clip"
    KEEP_NOT_AGREED = "keep it as not agreed"
    THROW_AWAY = "throw the take away"
    TEST = "begin a test recording"
    END_TEST = "end the test recording, and hand it to staff"
    GIVE_UP_TEST = "give the test up: nothing of it is kept"


class Wait(StrEnum):
    """How long a state lasts when nobody presses."""

    FOREVER = "until something happens"
    ANSWER = "the time to answer, after all was said; then all is said once more"
    HEARD = "until all was said"
    TELLING = "as long as the visitor tells"
    BREATH = "until the visitor pauses, but not for long"
    MOMENT = "half a second"
    WORDS = "the time to say a few words"


@dataclass(frozen=True)
class Choice:
    """A choice that a scene offers: the button that takes it, and the prompt that says so."""

    button: Trigger
    prompt: str


@dataclass(frozen=True)
class Scene:
    """What a visitor meets in a state.

    Attributes:
        lights: With two buttons. With one switch the light of the offered choice alone is on.
        says: Names of prompts, said one after the other.
        choices: Offered after that: all at once with two buttons, one by one with one switch.
        wait: How long the state lasts.
    """

    lights: Lights
    says: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    wait: Wait = Wait.FOREVER


def _yes(prompt: str) -> Choice:
    return Choice(Trigger.GREEN, prompt)


def _no(prompt: str) -> Choice:
    return Choice(Trigger.RED, prompt)


_BOTH = Lights(green=Light.ON, red=Light.ON)
_GREEN = Lights(green=Light.ON)
#: The red light alone means one thing only: what you say now is recorded.
_RECORDING = Lights(red=Light.ON)
_FAULT = Lights(red=Light.BLINK)
_SAFETY = ("who_listens", "safety", "stop_any_time", "no_names")
_TALK = (_yes("to_talk"), _no("to_stop"))
_KEEP = (_yes("to_keep"), _no("to_throw"))
_YES_OR_NO = (_yes("for_yes"), _no("for_no"))
_VOICE = Scene(_BOTH, ("play_voice",), _YES_OR_NO, Wait.ANSWER)

SCENES: Mapping[State, Scene] = {
    State.IDLE: Scene(Lights(green=Light.BREATHE)),
    State.OUT_OF_ORDER: Scene(_FAULT),
    State.RESTING: Scene(Lights()),
    State.NOT_NOW: Scene(_GREEN, ("resting",), wait=Wait.HEARD),
    State.NEWS: Scene(_GREEN, ("news",), wait=Wait.HEARD),
    State.NO_NEWS: Scene(_GREEN, ("no_news",), wait=Wait.HEARD),
    # Nobody is recorded unasked: what is about to happen is said aloud, and then the red light is on.
    State.TEST_SOON: Scene(_GREEN, ("testing",), wait=Wait.HEARD),
    State.TEST: Scene(_RECORDING, wait=Wait.WORDS),
    State.WELCOME: Scene(_BOTH, ("welcome",), wait=Wait.HEARD),
    State.BEFORE: Scene(_BOTH, _SAFETY, _TALK, Wait.ANSWER),
    State.IN_SHORT: Scene(_BOTH, ("welcome", *_SAFETY, "question", "after_tone"), _TALK, Wait.ANSWER),
    State.SHORTLY: Scene(_BOTH, ("welcome", *_SAFETY), _TALK, Wait.ANSWER),
    State.CHOOSE: Scene(_BOTH, ("question",), (_yes("to_answer"), _no("other_question")), Wait.ANSWER),
    State.NO_MORE: Scene(_BOTH, ("no_more",), (_yes("to_hear_again"), _no("to_stop")), Wait.ANSWER),
    State.ASKED: Scene(_BOTH, ("question",), wait=Wait.HEARD),
    State.ANSWER: Scene(_BOTH, (ANSWER,), (_yes("to_choose"), _no("other_answer")), Wait.ANSWER),
    State.NO_MORE_ANSWERS: Scene(_BOTH, ("no_more_answers",), (_yes("to_hear_again"), _no("to_stop")), Wait.ANSWER),
    State.OPENING: Scene(_GREEN),
    State.QUESTION: Scene(_GREEN, ("question", "after_tone"), wait=Wait.HEARD),
    State.WORD: Scene(_GREEN, ("question", "one_word", "to_finish", "after_tone"), wait=Wait.HEARD),
    State.ADD: Scene(_GREEN, (ANSWER, "say_more", "to_finish", "after_tone"), wait=Wait.HEARD),
    State.STOP: Scene(_BOTH, ("want_to_stop",), (_no("to_stop"), _yes("to_talk")), Wait.ANSWER),
    State.LEAVING: Scene(_GREEN),
    # Sound is recorded from here on: whoever begins before the tone loses no word.
    State.PAUSE: Scene(_RECORDING, wait=Wait.MOMENT),
    State.TONE: Scene(_RECORDING, (TONE,), wait=Wait.HEARD),
    State.TELLING: Scene(_RECORDING, wait=Wait.TELLING),
    State.LONG: Scene(_RECORDING, wait=Wait.BREATH),
    State.ASK_CARRY_ON: Scene(_BOTH, ("carry_on",), wait=Wait.HEARD),
    State.CARRY_ON: Scene(_BOTH, wait=Wait.ANSWER),
    State.LATE: Scene(_RECORDING, wait=Wait.BREATH),
    State.ANNOUNCE: Scene(_GREEN, ("one_minute",), wait=Wait.HEARD),
    State.ASK_FINISHED: Scene(_BOTH, ("finished",), wait=Wait.HEARD),
    State.FINISHED: Scene(_BOTH, wait=Wait.ANSWER),
    State.STOPPING: Scene(_GREEN),
    State.UNHEARD: Scene(_BOTH, ("unheard",), (_yes("to_try_again"), _no("to_stop")), Wait.ANSWER),
    State.SOFT: Scene(_GREEN, ("nearer",), wait=Wait.HEARD),
    State.HEAR_IT: Scene(_BOTH, ("told",), (_yes("to_hear"), _no("to_go_on")), Wait.ANSWER),
    State.PLAYING: Scene(_BOTH, (TAKE,), wait=Wait.HEARD),
    State.KEEP: Scene(_BOTH, (), _KEEP, Wait.ANSWER),
    State.CUT_SHORT: Scene(Lights(green=Light.ON, red=Light.BLINK), ("cut_short",), _KEEP, Wait.ANSWER),
    State.SURE: Scene(_BOTH, ("sure",), (_no("to_throw_surely"), _yes("to_keep")), Wait.ANSWER),
    State.WORDS: Scene(_BOTH, ("use_words",), _YES_OR_NO, Wait.ANSWER),
    State.VOICE: _VOICE,
    # Asked in the same way; only what comes after differs: something was allowed already.
    State.VOICE_TOO: _VOICE,
    State.SAY: Scene(_GREEN, ("say_yes",), wait=Wait.HEARD),
    State.SAYING: Scene(_RECORDING, wait=Wait.WORDS),
    State.SAID: Scene(_GREEN),
    State.SAVING: Scene(_GREEN),
    State.NUMBER: Scene(_GREEN, ("number", CARD, "once_more", CARD, "take_back"), wait=Wait.HEARD),
    State.THANKS: Scene(_GREEN, ("thanks",), wait=Wait.HEARD),
    State.THROWN: Scene(_GREEN, ("thrown",), wait=Wait.HEARD),
    State.GOODBYE: Scene(_GREEN, ("goodbye",), wait=Wait.HEARD),
    State.SORRY: Scene(_FAULT, ("sorry", "tell_person"), wait=Wait.HEARD),
    State.LATER: Scene(_FAULT, ("later", "tell_person"), wait=Wait.HEARD),
}
