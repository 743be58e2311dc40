"""What the screen shows in each state, without any screen."""

import itertools
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from kiosk.cards import drawing_of
from kiosk.conversation import Visit, lights
from kiosk.devices.panel import BLINK_S, BREATH_S
from kiosk.flow import CARD, TAKE, TELLING, TONE, State, Trigger
from kiosk.rules import Asks, Rules
from kiosk.screen import LOOKS, PROMPT_PICTURES, Artist
from kiosk.shown.live import Scene
from kiosk.shown.pictures import PICTURES
from kiosk.shown.signs import SIGNS, svg_parts
from kiosk.shown.texts import load_keys, load_pictures, load_screen, load_texts
from kiosk.table import Profile, states
from tests.kiosk.conversations import KINDS

LANGUAGES = sorted(path.stem for path in (Path(load_texts.__code__.co_filename).parent.parent / "texts").glob("*.toml"))
STYLE = Path(__file__).parent.parent.parent / "admin_web/static/screen.css"


QUESTION = "What do you think of the lunch?"
#: Every conversation there is: both profiles, one question or several, of one kind or all, a yes said aloud or not.
CONVERSATIONS = [
    Rules(profile=profile, asks=asks, spoken=spoken)
    for profile in get_args(Profile)
    for asks in ((Asks(),), 2 * (Asks(),), KINDS) for spoken in (False, True)
]  # fmt: skip
RULES, ONE_SWITCH = Rules(), Rules(one_switch=True)


def draw(
    state: State, saying: str = "", *, rules: Rules = RULES, offer: int | None = None, blue: bool = False,
    language: str = "en-GB", card: tuple[str, str] = ("cat 27", "cat"), question: str = "",
    answer: str = "Good", pressable: bool = False,
) -> Scene:  # fmt: skip
    texts = load_texts(language, one_switch=rules.one_switch)
    artist = Artist(texts, load_screen(language), load_keys(language), blue=blue, pressable=pressable)
    visit = Visit(state, offer=offer)
    return artist.scene(visit, rules, lights(visit, rules), saying=saying, question=question, answer=answer, card=card)


def scenes(rules: Rules = RULES, **changes: Any) -> list[tuple[Visit, Scene]]:
    """Every scene of a conversation: each state, each prompt that it says, each choice that it offers."""
    found = []
    for state in states(rules.table):
        for offer in (None, *range(len(Visit(state).scene.choices) if rules.one_switch else 0)):
            visit = Visit(state, offer=offer)
            prompts = ("", *visit.scene.says, *(choice.prompt for choice in visit.scene.choices), "ask_person")
            found += [(visit, draw(state, saying, rules=rules, offer=offer, **changes)) for saying in prompts]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rules", [*CONVERSATIONS, ONE_SWITCH])
def test_every_scene_has_a_picture_and_few_words_of_the_language_file(language: str, rules: Rules) -> None:
    texts = load_texts(language, one_switch=rules.one_switch)
    known = {QUESTION, "Good", *texts.values(), *load_screen(language).values()}
    labels = set(load_keys(language).values())
    for visit, scene in scenes(rules, language=language, question=QUESTION):
        assert scene.picture in SIGNS.keys() | PICTURES.keys(), visit.state
        # Nothing else is ever shown: no word of a visitor could be.
        assert scene.words in known and len(scene.words.split()) <= 15
        assert {key.label for key in scene.keys} <= labels | {""}
        assert (scene.card == "cat 27") is (visit.state is State.NUMBER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_on_buttons_are_few(language: str) -> None:
    assert all(1 <= len(label.split()) <= 2 for label in load_keys(language).values())


def test_each_state_and_each_prompt_is_known() -> None:
    assert set(LOOKS) == set(State)
    assert PROMPT_PICTURES.keys() <= load_texts("en-GB").keys()


@pytest.mark.parametrize("rules", [*CONVERSATIONS, ONE_SWITCH])
def test_a_button_that_says_what_it_does_does_something(rules: Rules) -> None:
    for visit, scene in scenes(rules):
        for key in scene.keys:
            does = visit.offered.button if visit.offered else Trigger[key.button.upper()]
            assert not key.label or (visit.state, does) in rules.table, (visit.state, key)


@pytest.mark.parametrize("rules", CONVERSATIONS)
def test_where_the_visitor_chooses_each_button_says_what_it_does(rules: Rules) -> None:
    for visit, scene in scenes(rules):
        if visit.scene.choices:
            assert [key.button for key in scene.keys if key.label] == ["green", "red"]


def test_what_is_being_said_can_be_read_and_its_button_stands_out() -> None:
    scene = draw(State.KEEP, "to_throw")
    assert (scene.words, scene.picture) == ("To throw it away, press red.", "bin")
    assert [key.spoken for key in scene.keys] == [False, True]
    assert not any(key.spoken for key in draw(State.KEEP).keys)


@pytest.mark.parametrize("state", [State.QUESTION, State.CHOOSE])
def test_the_question_of_the_programme_stands_there(state: State) -> None:
    assert draw(state, "question", question=QUESTION).words == draw(state, question=QUESTION).words == QUESTION


@pytest.mark.parametrize("saying", [TAKE, CARD, TONE])
def test_a_sound_without_words_of_its_own_leaves_the_words_of_its_state(saying: str) -> None:
    for state in (State.PLAYING, State.NUMBER, State.TONE):
        assert draw(state, saying).words == draw(state).words


def test_the_lights_are_those_of_the_buttons() -> None:
    for visit, scene in scenes():
        shown = visit.scene.lights
        assert [key.light for key in scene.keys] == [shown.green.value, shown.red.value]


def test_one_switch_shows_the_choice_that_it_would_take_and_nothing_else() -> None:
    (key,) = draw(State.KEEP, "to_throw", rules=ONE_SWITCH, offer=1).keys
    assert (key.look, key.label, key.light, key.button) == ("red", "Throw away", "on", "green")
    (key,) = draw(State.KEEP, rules=ONE_SWITCH).keys
    assert (key.look, key.label, key.light) == ("any", "", "off")
    (key,) = draw(State.IDLE, rules=ONE_SWITCH).keys
    assert (key.look, key.label, key.light) == ("any", "Talk", "breathe")


def test_the_blue_button_tells_news_where_the_station_waits_and_speaks_louder_elsewhere() -> None:
    assert draw(State.IDLE, blue=True).keys[-1].label == "News"
    assert draw(State.KEEP, blue=True).keys[-1].label == "Louder"
    assert draw(State.TELLING, blue=True).keys[-1].label == ""
    assert all(key.button != "blue" for _, scene in scenes() for key in scene.keys)


def test_time_and_level_are_shown_while_somebody_tells() -> None:
    assert {visit.state for visit, scene in scenes() if scene.telling} == set(TELLING)


def test_the_number_is_shown_with_the_picture_of_its_card() -> None:
    for drawing, word in load_pictures("en-GB").items():
        assert drawing_of(f"{word} 5", load_pictures("en-GB")) == drawing
        assert draw(State.NUMBER, CARD, card=(f"{word} 5", drawing)).picture == drawing


def test_drawings_stay_within_their_square() -> None:
    for name, shapes in {**SIGNS, **PICTURES}.items():
        for x, y in itertools.chain.from_iterable(shape.points for shape in shapes if not shape.white):
            assert -1 <= x <= 101 and -1 <= y <= 101, name
        assert svg_parts(name) and not svg_parts(name)[0][0], "the first piece is no hole"


def test_lights_on_the_screen_are_as_slow_as_the_real_ones() -> None:
    style = STYLE.read_text()
    seconds = {name: float(number) for name, number in re.findall(r"animation: (\S+) ([\d.]+)s", style)}
    assert seconds == {"breathe": BREATH_S, "blink": BLINK_S, "blink-glow": BLINK_S}
