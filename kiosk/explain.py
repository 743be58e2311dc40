"""The conversation in plain words and as a diagram, made from the table itself (`sayso kiosk --explain`)."""

from collections.abc import Iterator

from kiosk.devices import Light
from kiosk.flow import SCENES, State, Trigger
from kiosk.shown.texts import load_texts
from kiosk.table import TABLES, Profile, Transition, states

_HEAD = """# The conversation

Printed by `sayso kiosk --explain`; a test compares this page with the code. Where an answer is asked for, all is said
once more after 20 seconds, with whom else to ask, and after 20 more no answer is the answer.
What does not stand here changes nothing.
"""
_PROFILES: dict[Profile, str] = {
    "full": "The full conversation",
    "short": "The short conversation: what differs",
}
_LANGUAGE = "en-GB"


def page() -> str:
    """Return the page, as Markdown."""
    parts = [_HEAD]
    for profile, title in _PROFILES.items():
        parts += [f"## {title}\n", _diagram(profile), *_described(profile)]
    return "\n".join(parts)


def _diagram(profile: Profile) -> str:
    table, names = TABLES[profile], {state: state.name.lower() for state in states(profile)}
    lines = ["```mermaid", "stateDiagram-v2", *(f"    {name} : {state}" for state, name in names.items())]
    lines.append(f"    [*] --> {names[State.IDLE]}")
    arrows: dict[tuple[State, State], list[Trigger]] = {}
    for (state, trigger), row in table.items():
        arrows.setdefault((state, row.to), []).append(trigger)
    for (state, to), triggers in arrows.items():
        lines.append(f"    {names[state]} --> {names[to]} : {' / '.join(triggers)}")
    return "\n".join([*lines, "```", ""])


def _described(profile: Profile) -> Iterator[str]:
    texts = load_texts(_LANGUAGE)
    for state in states(profile):
        rows = _rows(profile, state)
        if profile != "full" and rows == _rows("full", state):
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


def _rows(profile: Profile, state: State) -> dict[Trigger, Transition]:
    return {trigger: row for (at, trigger), row in TABLES[profile].items() if at is state}


def _light(colour: str, light: Light) -> str:
    shows = {Light.OFF: "is off", Light.ON: "shines", Light.BREATHE: "breathes", Light.BLINK: "blinks slowly"}
    return f"{colour} {shows[light]}"
