"""What a visitor shall meet in each state: the lights, and the words. Written by hand, to be compared with the code."""

from kiosk.flow import State

_SAFETY = (
    "The staff here will listen to what you say.",
    "If someone is not safe, we must tell a person who can help.",
    "You can stop at any time.",
    "Please try not to say names.",
)
_HELLO = "Hello. You can tell us what is good. And what could be better."
_QUESTION = "What is good here? And what could be better?"
_TONE_NEXT = "After the tone, I am listening."
_FINISH = "When you have finished, press green."
_TALK = ("To talk, press green.", "To stop, press red.")
_KEEP = ("To keep your story, press green.", "To throw it away, press red.")
_YES_OR_NO = ("For yes, press green.", "For no, press red.")
_VOICE = ("on on", ("Can we play your voice?", *_YES_OR_NO))
_HELP = "Please tell a person who works here."
#: Stand for sounds that are no words.
TONE, STORY, NUMBER, ANSWER = "(the tone)", "(the story)", "sun 1", "(an answer)"

#: State -> green and red light, and what is said.
MET: dict[State, tuple[str, tuple[str, ...]]] = {
    State.IDLE: ("breathe off", ()),
    State.OUT_OF_ORDER: ("off blink", ()),
    State.RESTING: ("off off", ()),
    State.NOT_NOW: ("on off", ("I am not asking anything now. Please come back another time.",)),
    State.NEWS: ("on off", ("There is a new bus.",)),
    State.NO_NEWS: ("on off", ("There is no news yet. Please ask again another day.",)),
    State.TEST_SOON: ("on off", ("I am testing my microphone for five seconds.",)),
    State.TEST: ("off on", ()),
    State.WELCOME: ("on on", (_HELLO,)),
    State.BEFORE: ("on on", (*_SAFETY, *_TALK)),
    State.IN_SHORT: ("on on", (_HELLO, *_SAFETY, _QUESTION, _TONE_NEXT, *_TALK)),
    State.SHORTLY: ("on on", (_HELLO, *_SAFETY, *_TALK)),
    State.CHOOSE: ("on on", (_QUESTION, "To answer this, press green.", "For another question, press red.")),
    State.NO_MORE: (
        "on on", ("Those were all the questions.", "To hear them again, press green.", "To stop, press red."),
    ),
    State.ASKED: ("on on", (_QUESTION,)),
    State.ANSWER: ("on on", (ANSWER, "To choose this, press green.", "For another answer, press red.")),
    State.NO_MORE_ANSWERS: (
        "on on", ("Those were all the answers.", "To hear them again, press green.", "To stop, press red."),
    ),
    State.WORD: ("on off", (_QUESTION, "One word is enough.", _FINISH, _TONE_NEXT)),
    State.ADD: ("on off", (ANSWER, "You can say more now, if you like.", _FINISH, _TONE_NEXT)),
    State.OPENING: ("on off", ()),
    State.QUESTION: ("on off", (_QUESTION, _TONE_NEXT)),
    State.STOP: ("on on", ("Do you want to stop?", "To stop, press red.", "To talk, press green.")),
    State.LEAVING: ("on off", ()),
    State.PAUSE: ("off on", ()),
    State.TONE: ("off on", (TONE,)),
    State.TELLING: ("off on", ()),
    State.LONG: ("off on", ()),
    State.ASK_CARRY_ON: ("on on", ("Do you want to carry on? If yes, press green.",)),
    State.CARRY_ON: ("on on", ()),
    State.LATE: ("off on", ()),
    State.ANNOUNCE: ("on off", ("You have one more minute.",)),
    State.ASK_FINISHED: ("on on", ("Have you finished? If yes, press green.",)),
    State.FINISHED: ("on on", ()),
    State.STOPPING: ("on off", ()),
    State.UNHEARD: ("on on", ("I did not hear you.", "To try again, press green.", "To stop, press red.")),
    State.SOFT: ("on off", ("I heard you softly. Next time, please come nearer.",)),
    State.HEAR_IT: ("on on", ("Thank you.", "To hear what you said, press green.", "To go on, press red.")),
    State.PLAYING: ("on on", (STORY,)),
    State.KEEP: ("on on", _KEEP),
    State.CUT_SHORT: ("on blink", ("Sorry. I stopped hearing you. What you said is safe.", *_KEEP)),
    State.SURE: (
        "on on",
        ("Are you sure?", "To throw it away, press red again.", "To keep your story, press green."),
    ),
    State.WORDS: ("on on", ("Can we use your words?", *_YES_OR_NO)),
    State.VOICE: _VOICE,
    State.VOICE_TOO: _VOICE,
    State.SAY: ("on off", ("Please say it too: yes, you can.",)),
    State.SAYING: ("off on", ()),
    State.SAID: ("on off", ()),
    State.SAVING: ("on off", ()),
    State.NUMBER: (
        "on off",
        ("This is your story number.", NUMBER, "Once more.", NUMBER, "To take your story back, show staff this card."),
    ),
    State.THANKS: ("on off", ("Thank you. Your story is safe.",)),
    State.THROWN: ("on off", ("Your story is gone. Thank you for coming.",)),
    State.GOODBYE: ("on off", ("Goodbye. Come back any time.",)),
    State.SORRY: ("off blink", ("Sorry. I can not record now. It is not your fault.", _HELP)),
    State.LATER: ("off blink", ("Sorry. I need help to save your story.", _HELP)),
}  # fmt: skip
