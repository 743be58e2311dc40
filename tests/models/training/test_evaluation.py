import numpy as np
import pytest

from models.training.evaluation import Figures, Heard, interval, match, table, time_errors, word_times
from models.training.synthesis import Timing


def heard(said, words, timing=None):
    times = [{"word": word, "start": 0.5 * place, "end": 0.5 * place + 0.4} for place, word in enumerate(words.split())]
    return Heard(said.split(), times, 2.0, 0.1, timing)


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


def test_the_interval_holds_the_mean_and_narrows_with_more_sentences():
    rng = np.random.default_rng(0)
    values = rng.random(400)
    few, many = interval(values[:20], np.mean), interval(values, np.mean)
    assert many[0] < values.mean() < many[1]
    assert many[1] - many[0] < few[1] - few[0]
    assert interval(values, np.mean) == many


TIMING = Timing(phonemes=[(0.1, "k"), (0.3, "a"), (0.5, "s"), (0.8, "_:"), (0.9, "_")], words=[(0.48, 3)], end=1.0)


def test_words_have_espeaks_times_and_pauses_belong_to_none():
    assert word_times(["ca", "s"], TIMING) == [(0.1, 0.48), (0.48, 0.8)]


def test_only_rightly_heard_words_have_errors_of_time():
    errors = time_errors(heard("ca s", "ca x", TIMING))
    assert errors == [(pytest.approx(0.1), pytest.approx(0.08))]
    assert time_errors(heard("ca s", "ca x")) == []


def test_the_table_says_shares_and_milliseconds():
    figures = [Figures("rms", False, 0.1, 0.05, 0.2, 300, 0.012, 0.015, 0.05)]
    assert "| rms | 10.0% (5.0% to 20.0%) | 12 ms, 15 ms | 0.050 |" in table(figures)
