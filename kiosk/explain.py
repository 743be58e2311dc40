"""The conversation in plain words and as a diagram, made from the table itself (`sayso kiosk --explain`)."""

from collections.abc import Iterator

from kiosk.devices import Light
from kiosk.flow import SCENES, State, Trigger
from kiosk.rows import Table, Transition
from kiosk.shown.texts import load_texts
from kiosk.table import states, table

_HEAD = """# The conversation

Printed by `sayso kiosk --explain`; a test compares this page with the code. Where an answer is asked for, all is said
once more after 20 seconds, with whom else to ask, and after 20 more no answer is the answer.
What does not stand here changes nothing.
"""
_FULL, _SHORT = table("full"), table("short")
_SEVERAL, _KINDS = table("full", several=True), table("full", several=True, kinds=True)
#: Title, the conversation, and the one that it is compared with: only what differs is described.
_VARIANTS: tuple[tuple[str, Table, Table], ...] = (
    ("The full conversation", _FULL, {}),
    ("The short conversation: what differs", _SHORT, _FULL),
    ("Several questions: what differs", _SEVERAL, _FULL),
    ("Several questions in the short conversation: what differs", table("short", several=True), _SHORT),
    ("Questions for a word, or with answers to choose from: what differs", _KINDS, _SEVERAL),
    ("A yes that is also said aloud: what differs", table("full", spoken=True), _FULL),
)
_LANGUAGE = "en-GB"


def page() -> str:
    """Return the page, as Markdown."""
    parts = [_HEAD]
    for title, rows, than in _VARIANTS:
        parts.append(f"## {title}\n")
        if rows is _FULL:
            parts.append(_diagram(rows))
        parts += _described(rows, than)
    return "\n".join(parts)


def _diagram(rows: Table) -> str:
    names = {state: state.name.lower() for state in states(rows)}
    lines = ["```mermaid", "stateDiagram-v2", *(f"    {name} : {state}" for state, name in names.items())]
    lines.append(f"    [*] --> {names[State.IDLE]}")
    arrows: dict[tuple[State, State], list[Trigger]] = {}
    for (state, trigger), row in rows.items():
        arrows.setdefault((state, row.to), []).append(trigger)
    for (state, to), triggers in arrows.items():
        lines.append(f"    {names[state]} --> {names[to]} : {' / '.join(triggers)}")
    return "\n".join([*lines, "```", ""])


def _described(variant: Table, than: Table) -> Iterator[str]:
    texts = load_texts(_LANGUAGE)
    for state in states(variant):
        rows = _rows(variant, state)
        if rows == _rows(than, state):
            continue
        scene = SCENES[state]
        spoken = " ".join(texts.get(name, name) for name in (*scene.says, *(c.prompt for c in scene.choices)))
        yield f"### {state}\n"
        yield f"Lights: {_light('green', scene.lights.green)}, {_light('red', scene.lights.red)}. "
        yield f"{f'The station says: “{spoken}”' if spoken else 'Nothing is said.'} It lasts {scene.wait}.\n"
        for trigger, row in rows.items():
            done = f" ({'; '.join(row.actions)})" if row.actions else ""
            yield f"- *{trigger}* → **{row.to}**{done}"
        yield ""


def _rows(variant: Table, state: State) -> dict[Trigger, Transition]:
    return {trigger: row for (at, trigger), row in variant.items() if at is state}


def _light(colour: str, light: Light) -> str:
    shows = {Light.OFF: "is off", Light.ON: "shines", Light.BREATHE: "breathes", Light.BLINK: "blinks slowly"}
    return f"{colour} {shows[light]}"
