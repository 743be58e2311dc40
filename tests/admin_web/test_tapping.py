"""Times that were tapped: pure logic, whatever is tapped."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_web.tapping import MOST_WORDS, lines, tapped
from kiosk.stories.records import Word
from tests.admin_web.making import spread

LENGTH_S = 60.0


def laid(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[place] for place in line) for line in lines(words)]


class TestLines:
    def test_they_end_where_people_pause(self) -> None:
        assert laid("I come here every day, and I like it. Do you? They said “no.” Then we went home again") == [
            "I come here every day,",
            "and I like it.",
            "Do you?",
            "They said “no.”",
            "Then we went home again",
        ]

    def test_a_part_of_a_word_or_two_stays_with_what_was_before(self) -> None:
        assert laid("and then I said, well, it is cold") == ["and then I said, well,", "it is cold"]

    def test_words_without_any_comma_are_divided_evenly(self) -> None:
        assert [len(line) for line in lines(["word"] * 23)] == [5, 6, 6, 6]
        assert lines([]) == []

    @settings(derandomize=True, database=None, deadline=None, max_examples=60)
    @given(st.lists(st.sampled_from(["tea", "bus,", "late.", "“no.”", "—", "...", "a"]), max_size=60))
    def test_every_word_is_in_one_line_that_can_be_read_at_a_glance(self, words: list[str]) -> None:
        found = lines(words)
        assert [place for line in found for place in line] == list(range(len(words)))
        assert all(1 <= len(line) <= MOST_WORDS for line in found)


class TestTapped:
    def test_words_share_the_time_of_their_line_by_their_letters(self) -> None:
        found = tapped(spread(["to", "bed", "again", "now", "and", "then"]), [(0, 1.0), (2, 2.0), (4, 3.0)], LENGTH_S)
        assert [(word.word, round(word.start, 2)) for word in found[:4]] == [
            ("to", 1.0),
            ("bed", 1.4),
            ("again", 2.0),
            ("now", 2.62),
        ]

    def test_a_silence_after_a_line_belongs_to_no_word(self) -> None:
        words = spread(["one", "two", "six", "ten", "one", "two", "six", "ten"])
        found = tapped(words, [(0, 0.0), (2, 1.0), (4, 20.0), (6, 21.0)], LENGTH_S)
        # The story's pace is a line a second: the second line does not take nineteen.
        assert found[3].end == pytest.approx(1.0 + 1.5)
        assert found[-1].end == pytest.approx(21.0 + 1.5)

    def test_a_single_line_takes_as_long_as_people_take_for_its_letters(self) -> None:
        (word,) = tapped(spread(["together"]), [(0, 5.0)], LENGTH_S)
        assert word.start == 5.0 and 0.3 < word.end - word.start < 2

    def test_what_the_computer_doubted_it_doubts_still(self) -> None:
        assert tapped(spread(["tea"], conf=0.3), [(0, 5.0)], LENGTH_S)[0].conf == 0.3

    @settings(derandomize=True, database=None, deadline=None, max_examples=100)
    @given(st.data())
    def test_whatever_is_tapped_all_words_are_there_in_order_and_begin_when_they_were_tapped(
        self, data: st.DataObject
    ) -> None:
        texts = data.draw(st.lists(st.sampled_from(["a", "tea", "together", "—", "It's"]), min_size=1, max_size=30))
        places = sorted({0, *data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=10))})
        times = sorted(data.draw(st.sets(st.floats(0, LENGTH_S), min_size=len(places), max_size=len(places))))
        words = spread(texts)
        taps = list(zip(places, times, strict=True))
        found = tapped(words, taps, LENGTH_S)
        assert [word.word for word in found] == texts
        assert all(found[place].start == at_s for place, at_s in taps)
        assert all(0 <= word.start <= word.end <= LENGTH_S for word in found)
        assert all(one.end <= other.start for one, other in pairwise(found))

    @pytest.mark.parametrize(
        ("taps", "told"),
        [
            ([], "first line"),
            ([(1, 2.0)], "first line"),
            ([(0, -0.1)], "outside"),
            ([(0, 1.0), (1, LENGTH_S + 1)], "outside"),
            ([(0, math.nan)], "outside"),
            ([(0, 1.0), (1, math.inf)], "outside"),
            ([(0, 2.0), (1, 2.0)], "not in order"),
            ([(0, 3.0), (1, 2.0)], "not in order"),
            ([(0, 1.0), (1, 2.0), (1, 3.0)], "not in order"),
            ([(0, 1.0), (2, 2.0), (1, 3.0)], "not in order"),
            ([(0, 1.0), (3, 2.0)], "more times than words"),
        ],
    )
    def test_what_cannot_be_is_refused(self, taps: list[tuple[int, float]], told: str) -> None:
        with pytest.raises(ValueError, match=told):
            tapped(spread(["one", "two", "three"]), taps, LENGTH_S)

    def test_a_tap_at_the_very_end_may_be_a_little_beyond_it(self) -> None:
        words: list[Word] = spread(["one", "two"])
        found = tapped(words, [(0, LENGTH_S + 0.1), (1, LENGTH_S + 0.2)], LENGTH_S)
        assert [(word.start, word.end) for word in found] == [(LENGTH_S, LENGTH_S)] * 2
