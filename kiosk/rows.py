"""The rows of the full conversation with one question: in this state, when this happens, go there and do that.

What other conversations have instead is in `kiosk.table`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.flow import TELLING, Action, State, Trigger


@dataclass(frozen=True)
class Transition:
    """Where a row of the table leads, and what is done on the way."""

    to: State
    actions: tuple[Action, ...] = ()


Table = Mapping[tuple[State, Trigger], Transition]
Rows = dict[tuple[State, Trigger], Transition]

OPEN = Transition(State.OPENING, (Action.OPEN,))
LISTEN = Transition(State.PAUSE, (Action.LISTEN,))
_END = Transition(State.STOPPING, (Action.END_TAKE,))
_AT_LIMIT = Transition(State.STOPPING, (Action.END_TAKE_AT_LIMIT,))
_TELL_ON = Transition(State.TELLING, (Action.GO_ON,))
_AGREE = Transition(State.WORDS, (Action.AGREE,))
_NOT_AGREED = Transition(State.IDLE, (Action.KEEP_NOT_AGREED,))
GONE = (Action.THROW_AWAY,)

_BEFORE_TELLING: Rows = {
    # Any press begins: who cannot tell the colours apart is welcome too.
    (State.IDLE, Trigger.GREEN): Transition(State.WELCOME),
    (State.IDLE, Trigger.RED): Transition(State.WELCOME),
    (State.IDLE, Trigger.NEWS): Transition(State.NEWS),
    (State.IDLE, Trigger.NO_NEWS): Transition(State.NO_NEWS),
    (State.IDLE, Trigger.FAULT): Transition(State.OUT_OF_ORDER),
    (State.OUT_OF_ORDER, Trigger.GREEN): Transition(State.SORRY),
    (State.OUT_OF_ORDER, Trigger.RED): Transition(State.SORRY),
    (State.OUT_OF_ORDER, Trigger.HEALED): Transition(State.IDLE),
    (State.IDLE, Trigger.REST): Transition(State.RESTING),
    (State.OUT_OF_ORDER, Trigger.REST): Transition(State.RESTING),
    (State.RESTING, Trigger.WAKE): Transition(State.IDLE),
    (State.RESTING, Trigger.GREEN): Transition(State.NOT_NOW),
    (State.RESTING, Trigger.RED): Transition(State.NOT_NOW),
    (State.RESTING, Trigger.NEWS): Transition(State.NOT_NOW),
    (State.RESTING, Trigger.NO_NEWS): Transition(State.NOT_NOW),
    (State.NOT_NOW, Trigger.HEARD): Transition(State.IDLE),
    (State.NEWS, Trigger.GREEN): Transition(State.WELCOME),
    (State.NEWS, Trigger.RED): Transition(State.IDLE),
    (State.NEWS, Trigger.HEARD): Transition(State.IDLE),
    (State.NO_NEWS, Trigger.GREEN): Transition(State.WELCOME),
    (State.NO_NEWS, Trigger.RED): Transition(State.IDLE),
    (State.NO_NEWS, Trigger.HEARD): Transition(State.IDLE),
    # Whoever comes while staff test the microphone goes first, and nothing of the test is kept.
    (State.IDLE, Trigger.TEST): Transition(State.TEST_SOON),
    (State.RESTING, Trigger.TEST): Transition(State.TEST_SOON),
    (State.TEST_SOON, Trigger.HEARD): Transition(State.TEST, (Action.TEST,)),
    (State.TEST_SOON, Trigger.GREEN): Transition(State.WELCOME, (Action.GIVE_UP_TEST,)),
    (State.TEST_SOON, Trigger.RED): Transition(State.WELCOME, (Action.GIVE_UP_TEST,)),
    (State.TEST, Trigger.WAITED): Transition(State.IDLE, (Action.END_TEST,)),
    (State.TEST, Trigger.GREEN): Transition(State.WELCOME, (Action.GIVE_UP_TEST,)),
    (State.TEST, Trigger.RED): Transition(State.WELCOME, (Action.GIVE_UP_TEST,)),
    (State.WELCOME, Trigger.HEARD): Transition(State.BEFORE),
    (State.WELCOME, Trigger.GREEN): Transition(State.BEFORE),
    (State.WELCOME, Trigger.RED): Transition(State.GOODBYE),
    (State.BEFORE, Trigger.GREEN): OPEN,
    (State.BEFORE, Trigger.RED): Transition(State.GOODBYE),
    (State.BEFORE, Trigger.WAITED): Transition(State.IDLE),
    # No press does anything before it is clear that the microphone gives sound.
    (State.OPENING, Trigger.RECORDING): Transition(State.QUESTION),
    (State.OPENING, Trigger.CANNOT_RECORD): Transition(State.SORRY),
    # Who does not wait for the end of the question may talk at once.
    (State.QUESTION, Trigger.HEARD): LISTEN,
    (State.QUESTION, Trigger.GREEN): LISTEN,
    (State.QUESTION, Trigger.RED): Transition(State.STOP),
    (State.QUESTION, Trigger.CUT): Transition(State.SORRY, GONE),
    (State.STOP, Trigger.RED): Transition(State.LEAVING, (Action.END_TAKE,)),
    (State.STOP, Trigger.GREEN): LISTEN,
    (State.STOP, Trigger.WAITED): Transition(State.LEAVING, (Action.END_TAKE,)),
    (State.STOP, Trigger.CUT): Transition(State.SORRY, GONE),
    (State.LEAVING, Trigger.ENDED): Transition(State.GOODBYE, GONE),
    (State.LEAVING, Trigger.SOFT): Transition(State.GOODBYE, GONE),
    (State.LEAVING, Trigger.NOTHING_TOLD): Transition(State.GOODBYE, GONE),
    (State.LEAVING, Trigger.CUT): Transition(State.GOODBYE, GONE),
    # A press in the second before telling is one too many, no wish: it does nothing.
    (State.PAUSE, Trigger.WAITED): Transition(State.TONE),
    (State.PAUSE, Trigger.CUT): Transition(State.CUT_SHORT),
    (State.TONE, Trigger.HEARD): Transition(State.TELLING, (Action.TONE_OVER,)),
    (State.TONE, Trigger.CUT): Transition(State.CUT_SHORT),
}

_TELLING: Rows = {
    # Any press finishes; none ever deletes while somebody is telling.
    (State.TELLING, Trigger.GREEN): _END,
    (State.TELLING, Trigger.RED): _END,
    (State.TELLING, Trigger.SILENCE): Transition(State.ASK_FINISHED, (Action.HOLD,)),
    (State.TELLING, Trigger.LONG): Transition(State.LONG),
    (State.TELLING, Trigger.NEARLY_OVER): Transition(State.LATE),
    # The station does not talk into a sentence: it waits for a breath.
    (State.LONG, Trigger.GREEN): _END,
    (State.LONG, Trigger.RED): _END,
    (State.LONG, Trigger.BREATH): Transition(State.ASK_CARRY_ON, (Action.HOLD,)),
    (State.LONG, Trigger.WAITED): Transition(State.ASK_CARRY_ON, (Action.HOLD,)),
    (State.ASK_CARRY_ON, Trigger.HEARD): Transition(State.CARRY_ON, (Action.GO_ON,)),
    (State.ASK_CARRY_ON, Trigger.GREEN): _TELL_ON,
    (State.ASK_CARRY_ON, Trigger.RED): _END,
    # Who goes on talking carries on without a press.
    (State.CARRY_ON, Trigger.GREEN): Transition(State.TELLING),
    (State.CARRY_ON, Trigger.RED): _END,
    (State.CARRY_ON, Trigger.WAITED): Transition(State.TELLING),
    (State.LATE, Trigger.GREEN): _END,
    (State.LATE, Trigger.RED): _END,
    (State.LATE, Trigger.BREATH): Transition(State.ANNOUNCE, (Action.HOLD,)),
    (State.LATE, Trigger.WAITED): Transition(State.ANNOUNCE, (Action.HOLD,)),
    (State.ANNOUNCE, Trigger.HEARD): _TELL_ON,
    (State.ANNOUNCE, Trigger.GREEN): _END,
    (State.ANNOUNCE, Trigger.RED): _END,
    (State.ASK_FINISHED, Trigger.HEARD): Transition(State.FINISHED, (Action.GO_ON,)),
    (State.ASK_FINISHED, Trigger.GREEN): _END,
    (State.ASK_FINISHED, Trigger.RED): _TELL_ON,
    (State.FINISHED, Trigger.GREEN): _END,
    (State.FINISHED, Trigger.RED): Transition(State.TELLING),
    (State.FINISHED, Trigger.WAITED): Transition(State.TELLING),
    **{(state, Trigger.LIMIT): _AT_LIMIT for state in State if state in TELLING},
    **{(state, Trigger.CUT): Transition(State.CUT_SHORT) for state in State if state in TELLING},
    (State.STOPPING, Trigger.ENDED): Transition(State.HEAR_IT),
    (State.STOPPING, Trigger.SOFT): Transition(State.SOFT),
    (State.STOPPING, Trigger.NOTHING_TOLD): Transition(State.UNHEARD),
    (State.STOPPING, Trigger.CUT): Transition(State.CUT_SHORT),
    # Nothing was told that could be kept; whatever the answer, every byte of it goes.
    (State.UNHEARD, Trigger.GREEN): Transition(State.OPENING, (Action.THROW_AWAY, Action.OPEN)),
    (State.UNHEARD, Trigger.RED): Transition(State.GOODBYE, GONE),
    (State.UNHEARD, Trigger.WAITED): Transition(State.IDLE, GONE),
}

_AFTER_TELLING: Rows = {
    (State.SOFT, Trigger.HEARD): Transition(State.HEAR_IT),
    (State.SOFT, Trigger.GREEN): Transition(State.HEAR_IT),
    (State.SOFT, Trigger.RED): Transition(State.HEAR_IT),
    (State.HEAR_IT, Trigger.GREEN): Transition(State.PLAYING),
    (State.HEAR_IT, Trigger.RED): Transition(State.KEEP),
    (State.HEAR_IT, Trigger.WAITED): Transition(State.KEEP),
    (State.PLAYING, Trigger.HEARD): Transition(State.KEEP),
    (State.PLAYING, Trigger.GREEN): Transition(State.KEEP),
    (State.PLAYING, Trigger.RED): Transition(State.KEEP),
    (State.KEEP, Trigger.GREEN): _AGREE,
    (State.KEEP, Trigger.RED): Transition(State.SURE),
    (State.KEEP, Trigger.WAITED): _NOT_AGREED,
    (State.CUT_SHORT, Trigger.GREEN): _AGREE,
    (State.CUT_SHORT, Trigger.RED): Transition(State.SURE),
    (State.CUT_SHORT, Trigger.WAITED): _NOT_AGREED,
    (State.SURE, Trigger.RED): Transition(State.THROWN, GONE),
    (State.SURE, Trigger.GREEN): _AGREE,
    (State.SURE, Trigger.WAITED): _NOT_AGREED,
    # The two permissions, asked apart; no answer is a no. The story is kept in any case: green has said so.
    (State.WORDS, Trigger.GREEN): Transition(State.VOICE, (Action.WORDS_YES,)),
    (State.WORDS, Trigger.RED): Transition(State.VOICE, (Action.WORDS_NO,)),
    (State.WORDS, Trigger.WAITED): Transition(State.VOICE, (Action.WORDS_UNANSWERED,)),
    (State.VOICE, Trigger.GREEN): Transition(State.SAVING, (Action.VOICE_YES, Action.KEEP)),
    (State.VOICE, Trigger.RED): Transition(State.SAVING, (Action.VOICE_NO, Action.KEEP)),
    (State.VOICE, Trigger.WAITED): Transition(State.SAVING, (Action.VOICE_UNANSWERED, Action.KEEP)),
    (State.SAVING, Trigger.SAVED): Transition(State.NUMBER),
    (State.SAVING, Trigger.NOT_SAVED): Transition(State.LATER),
    # A press too many must not swallow the number: it is said again.
    (State.NUMBER, Trigger.GREEN): Transition(State.NUMBER),
    (State.NUMBER, Trigger.RED): Transition(State.NUMBER),
    (State.NUMBER, Trigger.HEARD): Transition(State.THANKS),
    # Nobody need wait until the station has finished speaking to the one before.
    (State.THANKS, Trigger.GREEN): Transition(State.WELCOME),
    (State.THANKS, Trigger.HEARD): Transition(State.IDLE),
    (State.THROWN, Trigger.GREEN): Transition(State.WELCOME),
    (State.THROWN, Trigger.HEARD): Transition(State.IDLE),
    (State.GOODBYE, Trigger.GREEN): Transition(State.WELCOME),
    (State.GOODBYE, Trigger.HEARD): Transition(State.IDLE),
    (State.SORRY, Trigger.HEARD): Transition(State.IDLE),
    (State.LATER, Trigger.HEARD): Transition(State.IDLE),
}

_WITH_SOUND: Rows = {**_BEFORE_TELLING, **_TELLING, **_AFTER_TELLING}
#: Where the microphone gave nothing at all there is nothing to keep, and nobody is told that it is safe.
_WITHOUT_SOUND: Rows = {
    (state, Trigger.LOST): Transition(State.SORRY, GONE) if row.to is State.CUT_SHORT else row
    for (state, trigger), row in _WITH_SOUND.items()
    if trigger is Trigger.CUT
}
FULL: Table = {**_WITH_SOUND, **_WITHOUT_SOUND}
