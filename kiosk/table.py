"""The table of the conversation: in this state, when this happens, go there and do that.

`sayso kiosk --explain` prints it; CONVERSATION.md shows that print, held true by a test. To let the conversation grow,
add a state and its scene (`kiosk.flow`) and its rows here; tests hold that each state has a scene and a way out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from kiosk.flow import Action, State, Trigger

#: The whole conversation, or one that joins the steps before the tone and does not offer to hear the story.
Profile = Literal["full", "short"]

#: Somebody tells in these states: the longest story's time runs.
TELLING = frozenset({
    State.TELLING, State.LONG, State.ASK_CARRY_ON, State.CARRY_ON, State.LATE, State.ANNOUNCE, State.ASK_FINISHED,
    State.FINISHED,
})  # fmt: skip


@dataclass(frozen=True)
class Transition:
    """Where a row of the table leads, and what is done on the way."""

    to: State
    actions: tuple[Action, ...] = ()


Table = Mapping[tuple[State, Trigger], Transition]
_Rows = dict[tuple[State, Trigger], Transition]

_OPEN = Transition(State.OPENING, (Action.OPEN,))
_LISTEN = Transition(State.PAUSE, (Action.LISTEN,))
_END = Transition(State.STOPPING, (Action.END_TAKE,))
_AT_LIMIT = Transition(State.STOPPING, (Action.END_TAKE_AT_LIMIT,))
_TELL_ON = Transition(State.TELLING, (Action.GO_ON,))
_AGREE = Transition(State.WORDS, (Action.AGREE,))
_NOT_AGREED = Transition(State.IDLE, (Action.KEEP_NOT_AGREED,))
_GONE = (Action.THROW_AWAY,)

_BEFORE_TELLING: _Rows = {
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
    (State.BEFORE, Trigger.GREEN): _OPEN,
    (State.BEFORE, Trigger.RED): Transition(State.GOODBYE),
    (State.BEFORE, Trigger.WAITED): Transition(State.IDLE),
    # No press does anything before it is clear that the microphone gives sound.
    (State.OPENING, Trigger.RECORDING): Transition(State.QUESTION),
    (State.OPENING, Trigger.CANNOT_RECORD): Transition(State.SORRY),
    # Who does not wait for the end of the question may talk at once.
    (State.QUESTION, Trigger.HEARD): _LISTEN,
    (State.QUESTION, Trigger.GREEN): _LISTEN,
    (State.QUESTION, Trigger.RED): Transition(State.STOP),
    (State.QUESTION, Trigger.CUT): Transition(State.SORRY, _GONE),
    (State.STOP, Trigger.RED): Transition(State.LEAVING, (Action.END_TAKE,)),
    (State.STOP, Trigger.GREEN): _LISTEN,
    (State.STOP, Trigger.WAITED): Transition(State.LEAVING, (Action.END_TAKE,)),
    (State.STOP, Trigger.CUT): Transition(State.SORRY, _GONE),
    (State.LEAVING, Trigger.ENDED): Transition(State.GOODBYE, _GONE),
    (State.LEAVING, Trigger.SOFT): Transition(State.GOODBYE, _GONE),
    (State.LEAVING, Trigger.NOTHING_TOLD): Transition(State.GOODBYE, _GONE),
    (State.LEAVING, Trigger.CUT): Transition(State.GOODBYE, _GONE),
    # A press in the second before telling is one too many, no wish: it does nothing.
    (State.PAUSE, Trigger.WAITED): Transition(State.TONE),
    (State.PAUSE, Trigger.CUT): Transition(State.CUT_SHORT),
    (State.TONE, Trigger.HEARD): Transition(State.TELLING, (Action.TONE_OVER,)),
    (State.TONE, Trigger.CUT): Transition(State.CUT_SHORT),
}

_TELLING: _Rows = {
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
    (State.UNHEARD, Trigger.RED): Transition(State.GOODBYE, _GONE),
    (State.UNHEARD, Trigger.WAITED): Transition(State.IDLE, _GONE),
}

_AFTER_TELLING: _Rows = {
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
    (State.SURE, Trigger.RED): Transition(State.THROWN, _GONE),
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

_WITH_SOUND: _Rows = {**_BEFORE_TELLING, **_TELLING, **_AFTER_TELLING}
#: Where the microphone gave nothing at all there is nothing to keep, and nobody is told that it is safe.
_WITHOUT_SOUND: _Rows = {
    (state, Trigger.LOST): Transition(State.SORRY, _GONE) if row.to is State.CUT_SHORT else row
    for (state, trigger), row in _WITH_SOUND.items()
    if trigger is Trigger.CUT
}
_FULL: Table = {**_WITH_SOUND, **_WITHOUT_SOUND}

#: Rows that the short conversation has instead.
_SHORT: _Rows = {
    **{key: Transition(State.IN_SHORT, row.actions) for key, row in _FULL.items() if row.to is State.WELCOME},
    (State.IN_SHORT, Trigger.GREEN): _OPEN,
    (State.IN_SHORT, Trigger.RED): Transition(State.GOODBYE),
    (State.IN_SHORT, Trigger.WAITED): Transition(State.IDLE),
    (State.OPENING, Trigger.RECORDING): _LISTEN,
    (State.STOPPING, Trigger.ENDED): Transition(State.KEEP),
    **{(State.SOFT, trigger): Transition(State.KEEP) for trigger in (Trigger.HEARD, Trigger.GREEN, Trigger.RED)},
}
#: Rows that several questions bring: they are offered one by one before the microphone opens.
_SEVERAL: _Rows = {
    (State.BEFORE, Trigger.GREEN): Transition(State.CHOOSE),
    (State.CHOOSE, Trigger.GREEN): _OPEN,
    (State.CHOOSE, Trigger.RED): Transition(State.CHOOSE),
    (State.CHOOSE, Trigger.LAST): Transition(State.NO_MORE),
    (State.CHOOSE, Trigger.WAITED): Transition(State.IDLE),
    (State.NO_MORE, Trigger.GREEN): Transition(State.CHOOSE),
    (State.NO_MORE, Trigger.RED): Transition(State.GOODBYE),
    (State.NO_MORE, Trigger.WAITED): Transition(State.IDLE),
}
_SEVERAL_SHORT: _Rows = {
    **{key: Transition(State.SHORTLY, row.actions) for key, row in _SHORT.items() if row.to is State.IN_SHORT},
    (State.SHORTLY, Trigger.GREEN): Transition(State.CHOOSE),
    (State.SHORTLY, Trigger.RED): Transition(State.GOODBYE),
    (State.SHORTLY, Trigger.WAITED): Transition(State.IDLE),
    # The question that was chosen is asked as in the full conversation.
    (State.OPENING, Trigger.RECORDING): Transition(State.QUESTION),
}
#: Rows that questions of other kinds bring, however the question is come to. The answers are offered before the
#: microphone opens; who has chosen one may say more, and need not.
_KINDS: _Rows = {
    (State.ASKED, Trigger.HEARD): Transition(State.ANSWER),
    (State.ASKED, Trigger.GREEN): Transition(State.ANSWER),
    (State.ASKED, Trigger.RED): Transition(State.GOODBYE),
    (State.ANSWER, Trigger.GREEN): _OPEN,
    (State.ANSWER, Trigger.RED): Transition(State.ANSWER),
    (State.ANSWER, Trigger.LAST): Transition(State.NO_MORE_ANSWERS),
    (State.ANSWER, Trigger.WAITED): Transition(State.IDLE),
    (State.NO_MORE_ANSWERS, Trigger.GREEN): Transition(State.ANSWER),
    (State.NO_MORE_ANSWERS, Trigger.RED): Transition(State.GOODBYE),
    (State.NO_MORE_ANSWERS, Trigger.WAITED): Transition(State.IDLE),
    (State.OPENING, Trigger.WORD): Transition(State.WORD),
    (State.OPENING, Trigger.ADD): Transition(State.ADD),
    # As for any other question.
    **{(State.WORD, trigger): row for (state, trigger), row in _FULL.items() if state is State.QUESTION},
    **{(State.ADD, trigger): row for (state, trigger), row in _FULL.items() if state is State.QUESTION},
    (State.LEAVING, Trigger.ANSWERED): Transition(State.GOODBYE, _GONE),
    # There is nothing to hear again; the answer is kept as a story is.
    (State.STOPPING, Trigger.ANSWERED): Transition(State.KEEP),
}
_TO_ANSWERS = Transition(State.ASKED)
#: The short conversation with a single question of another kind: that is not joined with what comes before it.
_KIND_SHORT: _Rows = {
    **{key: row for key, row in _SEVERAL_SHORT.items() if row.to is not State.CHOOSE},
    (State.SHORTLY, Trigger.GREEN): _OPEN,
}


def _of_kinds(profile: Profile, *, several: bool) -> Iterator[tuple[tuple[State, Trigger], Transition]]:
    """Yield the rows for a station with a question for a word, or with answers to choose from."""
    yield from _KINDS.items()
    if several:
        yield (State.CHOOSE, Trigger.ANSWERS), _TO_ANSWERS
    elif profile == "full":
        yield (State.BEFORE, Trigger.ANSWERS), _TO_ANSWERS
    else:
        yield from _KIND_SHORT.items()
        yield (State.SHORTLY, Trigger.ANSWERS), _TO_ANSWERS


def _spoken() -> Iterator[tuple[tuple[State, Trigger], Transition]]:
    """Yield the rows for a station where a yes is also said aloud. A no is not: nobody need explain one."""
    for trigger, action in (
        (Trigger.GREEN, Action.VOICE_YES),
        (Trigger.RED, Action.VOICE_NO),
        (Trigger.WAITED, Action.VOICE_UNANSWERED),
    ):
        yield (State.VOICE_TOO, trigger), Transition(State.SAY, (action, Action.OPEN_CLIP))
    yield (State.WORDS, Trigger.GREEN), Transition(State.VOICE_TOO, (Action.WORDS_YES,))
    yield (State.VOICE, Trigger.GREEN), Transition(State.SAY, (Action.VOICE_YES, Action.OPEN_CLIP))
    # Whatever comes of it, the presses have said yes: the story is kept, with the clip or without.
    keep = Transition(State.SAVING, (Action.KEEP,))
    for trigger in (Trigger.HEARD, Trigger.GREEN):
        yield (State.SAY, trigger), Transition(State.SAYING, (Action.LISTEN_CLIP,))
    yield (State.SAY, Trigger.CANNOT_RECORD), keep
    yield (State.SAY, Trigger.CUT), keep
    for trigger in (Trigger.GREEN, Trigger.RED, Trigger.WAITED):
        yield (State.SAYING, trigger), Transition(State.SAID, (Action.END_CLIP,))
    yield (State.SAYING, Trigger.CANNOT_RECORD), keep
    yield (State.SAYING, Trigger.CUT), keep
    for trigger in (Trigger.ENDED, Trigger.SOFT, Trigger.NOTHING_TOLD, Trigger.CUT, Trigger.CANNOT_RECORD):
        yield (State.SAID, trigger), keep


@cache
def table(profile: Profile, *, several: bool = False, spoken: bool = False, kinds: bool = False) -> Table:
    """Return every row of a conversation. What is not in the table changes nothing.

    Args:
        profile: The whole conversation, or the short one.
        several: There are several questions to choose from.
        spoken: A yes to a permission is also said aloud.
        kinds: There is a question for a word, or one with answers to choose from.
    """
    rows: _Rows = dict(_FULL)
    if profile == "short":
        rows |= _SHORT
    if several:
        rows |= _SEVERAL if profile == "full" else {**_SEVERAL, **_SEVERAL_SHORT}
    if kinds:
        rows |= dict(_of_kinds(profile, several=several))
    if spoken:
        rows |= dict(_spoken())
    return _reached(rows)


def _reached(rows: _Rows) -> Table:
    """Return the rows of those states that the conversation ever comes to."""
    reached, more = set[State](), {State.IDLE}
    while more:
        reached |= more
        more = {row.to for (state, _), row in rows.items() if state in reached} - reached
    return {key: row for key, row in rows.items() if key[0] in reached}


def states(rows: Table) -> list[State]:
    """Return the states that a conversation comes to, in the order of the flow."""
    used = {state for state, _ in rows}
    return [state for state in State if state in used]
