import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.measuring.loudness import snr_db
from models.measuring.scores import Heard, Score, difference, groups, interval, match
from models.measuring.sheet import compare, picture, table

WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


def heard(said, words, *, name="one", times=(), seconds=2.0, snr=None):
    found = [
        {"word": word, "start": 0.5 * place, "end": 0.5 * place + 0.4, "conf": 1.0}
        for place, word in enumerate(words.split())
    ]
    return Heard(name, said.split(), found, seconds, 0.1, times, snr)


@pytest.mark.parametrize(
    ("said", "words", "wrong"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a c", 1),
        ("a b c", "a x c", 1),
        ("a b", "a b c", 1),
        ("a b", "", 2),
        ("", "a", 1),
        ("a b c d", "b c d a", 2),
    ],
)
def test_wrong_words_are_counted_as_the_fewest_changes(said, words, wrong):
    assert heard(said, words).wrong == wrong


def test_words_are_matched_in_order():
    assert match(["a", "b", "c"], ["a", "c"]) == [(0, 0), (1, None), (2, 1)]


@given(WORDS, WORDS)
def test_every_word_is_matched_once(said, words):
    pairs = match(said, words)
    assert [one for one, _ in pairs if one is not None] == list(range(len(said)))
    assert [other for _, other in pairs if other is not None] == list(range(len(words)))


def test_the_interval_holds_the_mean_and_narrows_with_more_recordings():
    rng = np.random.default_rng(0)
    values = rng.random(400)
    few, many = interval(values[:20], np.mean), interval(values, np.mean)
    assert many[0] < values.mean() < many[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert interval(values, np.mean) == many


def test_only_rightly_heard_words_whose_time_is_known_have_errors_of_time():
    times = ((0.1, 0.48), None, (1.0, 1.3))
    assert heard("a b x", "a b c", times=times).time_errors == [(pytest.approx(0.1), pytest.approx(0.08))]
    assert heard("a b x", "a b c").time_errors == []


def test_times_are_told_as_a_median_with_its_interval():
    told = [heard("a b", "a b", times=((0.01 * n, 0.4), (0.5, 0.9))) for n in range(5)]
    start, end = Score.of(told).start_error, Score.of(told).end_error
    assert start and end and end == (0, (0, 0))
    assert start[1][0] <= start[0] <= start[1][1] and start[1][1] > 0
    assert Score.of([heard("a", "a")]).start_error is None


def test_a_model_that_is_always_a_little_better_is_told_apart_though_recordings_differ_much():
    rng = np.random.default_rng(1)
    one, other = [], []
    for number in range(60):
        wrong = int(rng.integers(0, 15))
        said = ["a"] * 20
        one.append(heard(" ".join(said), " ".join(["x"] * (wrong + 1) + ["a"] * (19 - wrong)), name=str(number)))
        other.append(heard(" ".join(said), " ".join(["x"] * wrong + ["a"] * (20 - wrong)), name=str(number)))
    alone, (low, high) = Score.of(one).between, difference(one, other)[1]
    assert alone[0] < Score.of(other).wrong < alone[1], "each for itself they cannot be told apart"
    assert 0.04 < low <= high < 0.06
    assert compare("old", one, "new", other).startswith("new is better than old")
    assert compare("new", other, "old", one).startswith("new is better than old")
    assert "do not tell" in compare("old", one, "same", one)


def test_recordings_are_parted_by_noise_and_by_length():
    found = groups([heard("a", "a", snr=5.0, seconds=10), heard("a", "a", snr=None, seconds=300)])
    assert {name: len(each) for name, each in found.items()} == {"under 10 dB": 1, "under 30 s": 1, "2 min and more": 1}


@pytest.mark.parametrize("wanted", [0.0, 10.0, 20.0, 30.0])
def test_the_noise_of_a_recording_is_told_from_it_alone(wanted):
    rng = np.random.default_rng(3)
    speech = rng.standard_normal(160_000) * np.repeat(rng.random(100) < 0.5, 1600)
    noise = rng.standard_normal(160_000) * 10 ** (-wanted / 20)
    pcm = (3000 * (speech + noise)).astype("<i2").tobytes()
    assert abs(snr_db(pcm) - wanted) < 3


def test_silence_has_no_speech_above_its_noise_and_too_little_sound_tells_nothing():
    assert snr_db(bytes(64_000)) == 0.0
    assert snr_db(b"\1\0" * 8000) is None


def test_table_and_picture_show_every_model_in_every_group():
    results = {"one <&": [heard("a b", "a x", snr=5.0)], "other": [heard("a b", "a b", snr=5.0)]}
    shown = "\n".join(table(results))
    assert "| all (1) | one <& | 50.0% (50.0% to 50.0%) | 2 | - | 0.050 |" in shown
    assert "| under 10 dB (1) | other | 0.0%" in shown
    drawn = picture(results)
    assert drawn.count("<circle") == 2 + 2 * 3 and "one &lt;&amp;" in drawn and "under 30 s" in drawn
