"""Words that are put right keep their times."""

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from admin_web.correcting import corrected
from kiosk.stories.records import Word

LENGTH_S = 60.0


def heard(text: str, *, first_s: float = 1.0, each_s: float = 0.3, gap_s: float = 0.1) -> list[Word]:
    step = each_s + gap_s
    return [
        Word(word=word, start=first_s + n * step, end=first_s + n * step + each_s, conf=0.4)
        for n, word in enumerate(text.split())
    ]


def times(words: tuple[Word, ...] | list[Word]) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in words]


def text(words: tuple[Word, ...]) -> str:
    return " ".join(word.word for word in words)


def test_words_that_nobody_touched_are_the_same_words() -> None:
    said = heard("the bus was late again")
    assert corrected(said, "the bus was late again", LENGTH_S) == tuple(said)


def test_capitals_and_commas_change_no_time_and_no_doubt() -> None:
    said = heard("the bus was late again")
    found = corrected(said, "The bus was late — again!", LENGTH_S)
    assert text(found) == "The bus was late — again!"
    assert times(found[:4]) + times(found[5:]) == times(said)
    assert {word.conf for word in found[:4]} == {0.4}


def test_a_word_in_anothers_place_has_its_time_and_is_sure() -> None:
    said = heard("the bus was great again")
    found = corrected(said, "the bus was late again", LENGTH_S)
    assert times(found) == times(said)
    assert [word.conf for word in found] == [0.4, 0.4, 0.4, 1.0, 0.4]


def test_one_word_for_two_lasts_as_long_as_both() -> None:
    said = heard("at the great vine club")
    found = corrected(said, "at the Grapevine club", LENGTH_S)
    assert times(found) == [*times(said[:2]), (said[2].start, said[3].end), *times(said[4:])]


def test_two_words_for_one_share_its_time_by_their_letters() -> None:
    said = heard("go gotobed now")
    found = corrected(said, "go to bed now", LENGTH_S)
    (_, to, bed, _) = found
    assert (to.start, bed.end) == (said[1].start, said[1].end)
    assert to.end == bed.start
    assert (to.end - to.start) / (bed.end - bed.start) == pytest.approx(2 / 3)


def test_a_word_that_was_not_heard_lies_in_the_silence_after_the_one_before() -> None:
    said = heard("the lunch cold", gap_s=2.0)
    found = corrected(said, "the lunch was cold", LENGTH_S)
    assert found[2].start == said[1].end
    assert said[1].end < found[2].end < said[2].start
    assert found[2].end - found[2].start < 0.5


def test_words_are_typed_before_the_first_and_after_the_last() -> None:
    said = heard("was late")
    found = corrected(said, "my bus was late again today", LENGTH_S)
    assert found[0].start == 0
    assert found[1].end <= said[0].start
    assert said[-1].end <= found[-2].start <= found[-1].end <= LENGTH_S


def test_words_typed_where_none_were_heard_begin_at_the_beginning() -> None:
    found = corrected([], "nobody wrote this down", LENGTH_S)
    assert (text(found), found[0].start) == ("nobody wrote this down", 0)
    assert found[-1].end < 5


def test_everything_may_be_taken_out() -> None:
    assert corrected(heard("the bus was late"), " \n ", LENGTH_S) == ()
    assert corrected([], "", LENGTH_S) == ()


WORDS = st.lists(
    st.sampled_from(["the", "a", "bus", "was", "late", "I", "really,", "really.", "—", "Bus"]), max_size=12
)


@settings(derandomize=True, database=None, deadline=None, max_examples=400)
@example(["a", "the"], ["the"] * 4, 0.0, -0.1)
@given(WORDS, WORDS, st.floats(0, 2), st.floats(-0.1, 1))
def test_whatever_is_typed_is_there_in_order_and_within_the_recording(
    old: list[str], new: list[str], first_s: float, gap_s: float
) -> None:
    found = corrected(heard(" ".join(old), first_s=first_s, gap_s=gap_s), " ".join(new), LENGTH_S)
    assert [word.word for word in found] == new
    starts = [word.start for word in found]
    assert starts == sorted(starts)
    assert all(0 <= word.start <= word.end <= LENGTH_S for word in found)


#: Where a word is taken out that stands there twice, nobody can tell which of the two it was.
OF_FEW = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("an", "eth", "igo", "olly", "ung")]
ALL_DIFFERENT = [f"word{n}" for n in range(1000)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("vocabulary", "instead"), [(OF_FEW, [1]), (ALL_DIFFERENT, [0, 1, 1, 1, 2])])
def test_of_a_fifth_of_all_words_put_right_the_others_keep_their_times_exactly(
    vocabulary: list[str], instead: list[int], seed: int
) -> None:
    chance = random.Random(seed)
    words = chance.choices(vocabulary, k=1000) if vocabulary is OF_FEW else vocabulary
    said = heard(" ".join(words), gap_s=0.05)
    typed: list[str] = []
    #: Of each typed word, which heard one it is; None for one that was put right.
    whose: list[int | None] = []
    for n, word in enumerate(said):
        if chance.random() >= 0.2:
            typed.append(word.word)
            whose.append(n)
            continue
        new = [f"new{chance.randrange(10_000)}" for _ in range(chance.choice(instead))]
        typed += new
        whose += [None] * len(new)
    found = corrected(said, " ".join(typed), LENGTH_S * 10)
    assert len(found) == len(typed)
    for place, (word, old) in enumerate(zip(found, whose, strict=True)):
        if old is not None:
            assert word == said[old]
            continue
        before = next((said[n] for n in whose[place::-1] if n is not None), None)
        after = next((said[n] for n in whose[place:] if n is not None), None)
        assert before is None or word.start >= before.end
        assert after is None or word.end <= after.start
