from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import SaysoError
from kiosk.stories.records import CheckedWords, Transcript, Word
from kiosk.stories.sound_alike import SoundAlike, change, distance, espeak_sounds, never_heard
from kiosk.stories.spelling import spoken_words

NAMES = [
    "Grapevine",
    "Rose Court",
    "Natasha",
    "Headway",
    "Mencap",
    "The Junction",
    "Oakleaf",
    "Hopewell House",
    "Zumba",
]
SENTENCES = Path(__file__).parents[3] / "models" / "training" / "texts" / "sentences.txt"
SOUNDS = st.lists(st.sampled_from(["p", "b", "@", "aI", "s", "tS", "r", "h"]), max_size=6).map(tuple)


@pytest.fixture(scope="module")
def names():
    return SoundAlike(NAMES, espeak_sounds("en-GB"))


@pytest.mark.parametrize(
    ("heard", "words", "instead"),
    [
        ("i go to the great vine every tuesday", "great vine", "Grapevine"),
        ("we had lunch at rows caught with her", "rows caught", "Rose Court"),
        ("the men cap group is good", "men cap", "Mencap"),
        ("at the junk shin they know me", "the junk shin", "The Junction"),
        ("i saw him at hope well house", "hope well house", "Hopewell House"),
        ("we did zoom bar on friday", "zoom bar", "Zumba"),
    ],
)
def test_a_name_is_found_by_its_sound(names, heard, words, instead):
    (found,) = names.suggest(heard.split())
    assert found.instead == instead
    assert heard.split()[found.first : found.first + found.count] == words.split()


def test_what_is_right_already_is_not_suggested(names):
    assert names.suggest(["Grapevine,", "and", "Rose", "Court"]) == []


def test_ordinary_sentences_hold_next_to_no_names(names):
    sentences = [line for line in SENTENCES.read_text().splitlines() if line and not line.startswith("#")][::3]
    words = " ".join(sentences).split()
    assert len(words) > 1000
    assert len(names.suggest(words)) <= 1


def test_short_names_and_empty_texts_are_left_alone():
    assert SoundAlike(["Al", " ", "..."], espeak_sounds("en-GB")).suggest(["all", "of", "us"]) == []
    assert SoundAlike([], espeak_sounds("en-GB")).suggest([]) == []


def test_without_espeak_the_person_is_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SaysoError, match="Run deploy/setup again"):
        espeak_sounds("en-GB")(["tea"])


@given(SOUNDS, SOUNDS, SOUNDS)
def test_the_distance_of_sounds_is_one(one, other, third):
    assert distance(one, one) == 0
    assert distance(one, other) == pytest.approx(distance(other, one))
    assert distance(one, third) <= distance(one, other) + distance(other, third) + 0.8
    assert distance(one, other, 1.0) in (pytest.approx(distance(one, other)), float("inf"))


def test_sounds_that_are_made_alike_change_cheaply():
    assert change("p", "b") < change("p", "k") < change("p", "l") < change("p", "aI")


def words(text):
    return tuple(Word(word=word, start=0, end=1, conf=1) for word in text.split())


def test_words_that_people_write_and_the_recogniser_never_are_names():
    def checked(text):
        return CheckedWords(text=text, words=words(text))

    draft = Transcript(model="m", text="the great vine is nice", words=(), seconds=1)
    stories = [
        (checked("The Grapevine is nice."), draft),
        (checked("At Grapevine, tea"), None),
        (checked("tea"), draft),
    ]
    assert never_heard(stories) == ["Grapevine", "tea"]
    assert never_heard([(checked("Grapevine"), draft)]) == [], "once may be a slip"


def test_words_are_spelled_as_a_recogniser_does():
    assert spoken_words("Don\u2019t say: \u201cwell-being\u201d, 5 TIMES!") == [
        "don't",
        "say",
        "well-being",
        "5",
        "times",
    ]
    assert spoken_words("Cafe\u0301 ...") == ["caf\u00e9"]
