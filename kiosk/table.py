"""The table of the conversation: in this state, when this happens, go there and do that.

`sayso kiosk --explain` prints it; CONVERSATION.md shows that print, held true by a test. To let the conversation grow,
add a state and its scene (`kiosk.flow`) and its rows (`kiosk.rows`, or here); tests hold that each state has a scene
and a way out.
"""

from collections.abc import Iterator
from functools import cache
from typing import Literal

from kiosk.flow import Action, State, Trigger
from kiosk.rows import FULL, GONE, LISTEN, OPEN, Rows, Table, Transition

#: The whole conversation, or one that joins the steps before the tone and does not offer to hear the story.
Profile = Literal["full", "short"]

#: Rows that the short conversation has instead.
_SHORT: Rows = {
    **{key: Transition(State.IN_SHORT, row.actions) for key, row in FULL.items() if row.to is State.WELCOME},
    (State.IN_SHORT, Trigger.GREEN): OPEN,
    (State.IN_SHORT, Trigger.RED): Transition(State.GOODBYE),
    (State.IN_SHORT, Trigger.WAITED): Transition(State.IDLE),
    (State.OPENING, Trigger.RECORDING): LISTEN,
    (State.STOPPING, Trigger.ENDED): Transition(State.KEEP),
    **{(State.SOFT, trigger): Transition(State.KEEP) for trigger in (Trigger.HEARD, Trigger.GREEN, Trigger.RED)},
}
#: Rows that several questions bring: they are offered one by one before the microphone opens.
_SEVERAL: Rows = {
    (State.BEFORE, Trigger.GREEN): Transition(State.CHOOSE),
    (State.CHOOSE, Trigger.GREEN): OPEN,
    (State.CHOOSE, Trigger.RED): Transition(State.CHOOSE),
    (State.CHOOSE, Trigger.LAST): Transition(State.NO_MORE),
    (State.CHOOSE, Trigger.WAITED): Transition(State.IDLE),
    (State.NO_MORE, Trigger.GREEN): Transition(State.CHOOSE),
    (State.NO_MORE, Trigger.RED): Transition(State.GOODBYE),
    (State.NO_MORE, Trigger.WAITED): Transition(State.IDLE),
}
_SEVERAL_SHORT: Rows = {
    **{key: Transition(State.SHORTLY, row.actions) for key, row in _SHORT.items() if row.to is State.IN_SHORT},
    (State.SHORTLY, Trigger.GREEN): Transition(State.CHOOSE),
    (State.SHORTLY, Trigger.RED): Transition(State.GOODBYE),
    (State.SHORTLY, Trigger.WAITED): Transition(State.IDLE),
    # The question that was chosen is asked as in the full conversation.
    (State.OPENING, Trigger.RECORDING): Transition(State.QUESTION),
}


def _as_asked(state: State) -> Rows:
    return {(state, trigger): row for (asked, trigger), row in FULL.items() if asked is State.QUESTION}


#: Rows that questions of other kinds bring, however the question is come to. The answers are offered before the
#: microphone opens; who has chosen one may say more, and need not.
_KINDS: Rows = {
    (State.ASKED, Trigger.HEARD): Transition(State.ANSWER),
    (State.ASKED, Trigger.GREEN): Transition(State.ANSWER),
    (State.ASKED, Trigger.RED): Transition(State.GOODBYE),
    (State.ANSWER, Trigger.GREEN): OPEN,
    (State.ANSWER, Trigger.RED): Transition(State.ANSWER),
    (State.ANSWER, Trigger.LAST): Transition(State.NO_MORE_ANSWERS),
    (State.ANSWER, Trigger.WAITED): Transition(State.IDLE),
    (State.NO_MORE_ANSWERS, Trigger.GREEN): Transition(State.ANSWER),
    (State.NO_MORE_ANSWERS, Trigger.RED): Transition(State.GOODBYE),
    (State.NO_MORE_ANSWERS, Trigger.WAITED): Transition(State.IDLE),
    (State.OPENING, Trigger.WORD): Transition(State.WORD),
    (State.OPENING, Trigger.ADD): Transition(State.ADD),
    # As for any other question.
    **_as_asked(State.WORD),
    **_as_asked(State.ADD),
    # There is nothing to hear again; the answer is kept as a story is, also where the microphone failed after it.
    **{
        (State.ADD if state is State.QUESTION else state, Trigger.ANSWERED): Transition(State.KEEP)
        for state, trigger in FULL
        if trigger is Trigger.LOST
    },
    (State.LEAVING, Trigger.ANSWERED): Transition(State.GOODBYE, GONE),
}
_TO_ANSWERS = Transition(State.ASKED)
#: The short conversation with a single question of another kind: that is not joined with what comes before it.
_KIND_SHORT: Rows = {
    **{key: row for key, row in _SEVERAL_SHORT.items() if row.to is not State.CHOOSE},
    (State.SHORTLY, Trigger.GREEN): OPEN,
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
    rows: Rows = dict(FULL)
    if profile == "short":
        rows |= _SHORT
    if several:
        rows |= _SEVERAL if profile == "full" else {**_SEVERAL, **_SEVERAL_SHORT}
    if kinds:
        rows |= dict(_of_kinds(profile, several=several))
    if spoken:
        rows |= dict(_spoken())
    return _reached(rows)


def _reached(rows: Rows) -> Table:
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
