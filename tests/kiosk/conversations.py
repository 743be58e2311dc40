"""Walks through the conversation on simulated time."""

from itertools import product

from kiosk.conversation import Visit, goes_on_at, step
from kiosk.flow import Action, State, Trigger
from kiosk.rules import Asks, Rules

G, R, WAITED, HEARD = Trigger.GREEN, Trigger.RED, Trigger.WAITED, Trigger.HEARD
RULES = Rules()
#: A question of each kind.
KINDS = (Asks(), Asks("one-word"), Asks("choose-one", 2))
#: Every kind of conversation that a station can hold.
VARIANTS = {
    f"{profile}, {'several questions' if questions > 1 else 'one question'}, {'spoken' if spoken else 'press'}": Rules(
        profile=profile, asks=questions * (Asks(),), spoken=spoken
    )
    for profile, questions, spoken in product(("full", "short"), (1, 3), (False, True))
} | {f"{profile}, questions of all kinds": Rules(profile=profile, asks=KINDS) for profile in ("full", "short")}


def follow(*triggers: Trigger, rules: Rules = RULES) -> tuple[Visit, list[Action]]:
    """Walk through the table from idle; time jumps to where the visit goes on by itself when nobody presses."""
    visit, now, done = Visit(), 0.0, []
    for trigger in triggers:
        if trigger is WAITED:
            at = goes_on_at(visit, rules)
            assert at is not None, visit.state
            now = at
        visit, actions = step(visit, trigger, now, rules)
        done += actions
    return visit, done


def state_after(*triggers: Trigger, rules: Rules = RULES) -> State:
    return follow(*triggers, rules=rules)[0].state


TELL = (G, G, G, Trigger.RECORDING, HEARD, WAITED, HEARD)
TOLD = (*TELL, G, Trigger.ENDED)
KEPT = (*TOLD, R, G)
#: Asked, waited for, asked once more, waited for.
NOBODY = (HEARD, WAITED, HEARD, WAITED)
