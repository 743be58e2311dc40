"""What the screen shows in each state, without any screen."""

import itertools
import re
from pathlib import Path
from typing import get_args

import pytest

from kiosk.conversation import Rules, Visit
from kiosk.devices.panel import BLINK_S, BREATH_S
from kiosk.flow import CARD, TAKE, State, Trigger
from kiosk.prompts import TONE
from kiosk.screen import LOOKS, PROMPT_PICTURES, Artist
from kiosk.shown.live import Scene
from kiosk.shown.pictures import PICTURES
from kiosk.shown.signs import SIGNS, svg_parts
from kiosk.shown.texts import load_keys, load_pictures, load_screen, load_texts
from kiosk.table import TABLES, TELLING, Profile

LANGUAGES = sorted(path.stem for path in (Path(load_texts.__code__.co_filename).parent.parent / "texts").glob("*.toml"))
STYLE = Path(__file__).parent.parent.parent / "admin_web/static/screen.css"


def artist(
    language: str = "en-GB", *, profile: Profile = "full", one_switch: bool = False, blue: bool = False
) -> Artist:
    rules = Rules(profile=profile, one_switch=one_switch)
    texts = load_texts(language, one_switch=one_switch)
    return Artist(rules, texts, load_screen(language), load_keys(language), blue=blue)


def scenes(artist: Artist) -> list[tuple[Visit, Scene]]:
    """Every scene: each state, each prompt that it says, each choice that it offers."""
    found = []
    for state in State:
        for offer in (None, *range(len(Visit(state).scene.choices) if artist.rules.one_switch else 0)):
            visit = Visit(state, offer=offer)
            prompts = (None, *visit.scene.says, *(choice.prompt for choice in visit.scene.choices), "ask_person")
            found += [(visit, artist.scene(visit, saying, ("cat 27", "cat"))) for saying in prompts]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("one_switch", [False, True])
def test_every_scene_has_a_picture_and_few_words_of_the_language_file(language: str, one_switch: bool) -> None:
    known = {*load_texts(language, one_switch=one_switch).values(), *load_screen(language).values()}
    labels = set(load_keys(language).values())
    for visit, scene in scenes(artist(language, one_switch=one_switch)):
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


@pytest.mark.parametrize("profile", get_args(Profile))
@pytest.mark.parametrize("one_switch", [False, True])
def test_a_button_that_says_what_it_does_does_something(profile: Profile, one_switch: bool) -> None:
    for visit, scene in scenes(artist(profile=profile, one_switch=one_switch)):
        for key in scene.keys:
            does = visit.offered.button if visit.offered else Trigger[key.button.upper()]
            if key.label and any(state is visit.state for state, _ in TABLES[profile]):
                assert (visit.state, does) in TABLES[profile], (visit.state, key)


@pytest.mark.parametrize("profile", get_args(Profile))
def test_where_the_visitor_chooses_each_button_says_what_it_does(profile: Profile) -> None:
    for visit, scene in scenes(artist(profile=profile)):
        if visit.scene.choices:
            assert [key.button for key in scene.keys if key.label] == ["green", "red"]


def test_what_is_being_said_can_be_read_and_its_button_stands_out() -> None:
    draws = artist()
    scene = draws.scene(Visit(State.KEEP), "to_throw")
    assert (scene.words, scene.picture) == ("To throw it away, press red.", "bin")
    assert [key.spoken for key in scene.keys] == [False, True]
    assert not any(key.spoken for key in draws.scene(Visit(State.KEEP)).keys)


@pytest.mark.parametrize("saying", [TAKE, CARD, TONE])
def test_a_sound_without_words_of_its_own_leaves_the_words_of_its_state(saying: str) -> None:
    for state in (State.PLAYING, State.NUMBER, State.TONE):
        assert artist().scene(Visit(state), saying).words == artist().scene(Visit(state)).words


def test_the_lights_are_those_of_the_buttons() -> None:
    for visit, scene in scenes(artist()):
        shown = visit.scene.lights
        assert [key.light for key in scene.keys] == [shown.green.value, shown.red.value]


def test_one_switch_shows_the_choice_that_it_would_take_and_nothing_else() -> None:
    draws = artist(one_switch=True)
    (key,) = draws.scene(Visit(State.KEEP, offer=1), "to_throw").keys
    assert (key.look, key.label, key.light, key.button) == ("red", "Throw away", "on", "green")
    (key,) = draws.scene(Visit(State.KEEP)).keys
    assert (key.look, key.label, key.light) == ("any", "", "off")
    (key,) = draws.scene(Visit()).keys
    assert (key.look, key.label, key.light) == ("any", "Talk", "breathe")


def test_the_blue_button_stands_there_only_where_it_does_something() -> None:
    blue = [visit.state for visit, scene in scenes(artist(blue=True)) if scene.keys[-1].button == "blue"]
    assert set(blue) == {State.IDLE}
    assert all(key.button != "blue" for _, scene in scenes(artist()) for key in scene.keys)


def test_time_and_level_are_shown_while_somebody_tells() -> None:
    assert {visit.state for visit, scene in scenes(artist()) if scene.telling} == set(TELLING)


def test_the_number_is_shown_with_the_picture_of_its_card() -> None:
    for drawing, word in load_pictures("en-GB").items():
        assert artist().scene(Visit(State.NUMBER), CARD, (f"{word} 5", drawing)).picture == drawing


def test_drawings_stay_within_their_square() -> None:
    for name, shapes in {**SIGNS, **PICTURES}.items():
        for x, y in itertools.chain.from_iterable(shape.points for shape in shapes if not shape.white):
            assert -1 <= x <= 101 and -1 <= y <= 101, name
        assert svg_parts(name) and not svg_parts(name)[0][0], "the first piece is no hole"


def test_lights_on_the_screen_are_as_slow_as_the_real_ones() -> None:
    style = STYLE.read_text()
    seconds = {name: float(number) for name, number in re.findall(r"animation: (\S+) ([\d.]+)s", style)}
    assert seconds == {"breathe": BREATH_S, "blink": BLINK_S, "blink-glow": BLINK_S}
