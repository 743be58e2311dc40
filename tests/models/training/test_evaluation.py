import pytest

from models.measuring.scores import Score
from models.training.evaluation import Figures, table, word_times
from models.training.synthesis import Timing

TIMING = Timing(phonemes=[(0.1, "k"), (0.3, "a"), (0.5, "s"), (0.8, "_:"), (0.9, "_")], words=[(0.48, 3)], end=1.0)


def test_words_have_espeaks_times_and_pauses_belong_to_none():
    assert word_times(["ca", "s"], TIMING) == (pytest.approx((0.1, 0.48)), pytest.approx((0.48, 0.8)))


def test_the_table_says_shares_and_milliseconds():
    figures = [
        Figures("rms", False, Score(0.1, (0.05, 0.2), 30, 300, (0.012, (0.01, 0.02)), (0.015, (0.01, 0.02)), 0.05))
    ]
    assert "| rms | 10.0% (5.0% to 20.0%) | 12 ms (10 to 20), 15 ms (10 to 20) | 0.050 |" in table(figures)
