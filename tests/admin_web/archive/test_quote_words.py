"""What a quote may say: words as they were said, "…" and [brackets]; and where its words are after others changed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_web.archive.quote_words import LONGEST_ADDED, Fitted, fitted, found_again
from kiosk.errors import NotAllowed

SAID = ["well", "the", "lunch,", "was", "warm", "and", "[support worker],", "us"]
#: Few different ones, so that they come again and again.
WORD = st.sampled_from(["a", "b", "no", "no,", "[friend]", "[support worker],", "well...", "…", "ü"])
WORDS = st.lists(WORD, min_size=1, max_size=12)
PLAIN = st.lists(st.sampled_from(["a", "b", "no", "no,", "ü"]), min_size=1, max_size=12)


class TestFitting:
    @pytest.mark.parametrize(
        ("typed", "text", "kept"),
        [
            (" ".join(SAID), " ".join(SAID), ((0, 7),)),
            ("well the\r\nlunch,   was warm and [support worker], us", " ".join(SAID), ((0, 7),)),
            ("well … us", "well … us", ((0, 0), (7, 7))),
            ("well ... us", "well … us", ((0, 0), (7, 7))),
            ("well...us", "well … us", ((0, 0), (7, 7))),
            ("well the… was warm…us", "well the … was warm … us", ((0, 1), (3, 4), (7, 7))),
            ("well … [support worker], us", "well … [support worker], us", ((0, 0), (6, 7))),
            ("[On Monday] well … us [all]", "[On Monday] well … us [all]", ((0, 0), (7, 7))),
            ("well … [the cook] was warm … us", "well … [the cook] was warm … us", ((0, 0), (3, 4), (7, 7))),
        ],
    )
    def test_words_may_be_left_out_and_added(self, typed: str, text: str, kept: tuple[tuple[int, int], ...]) -> None:
        assert fitted(SAID, typed) == Fitted(text, kept)

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ("well the lunch was warm", "You wrote “lunch”, and what was said is “lunch,”"),
            ("well the dinner, was", "You wrote “dinner,”, and what was said is “lunch,”"),
            ("Well the lunch, … us", "You wrote “Well”, and what was said is “well”"),
            ("the lunch, … us", "You wrote “the”, and what was said is “well”"),
            ("well the lunch,", "After the end of your quote “was” was said"),
            ("well the lunch, …", "ends with words that were said"),
            ("… us", "begins with words that were said"),
            ("well … nobody … us", "“nobody” was not said behind the words that “…” leaves out"),
            ("well … the lunch, … us", "“the” was not said behind the words that “…” leaves out"),
            ("well the … … … … … us", "There is a “…” where no words are left out"),
            ("well [] … us", "Write something in the brackets"),
            (f"well [{'x' * (LONGEST_ADDED + 1)}] … us", "Write something in the brackets"),
            ("well … us too", "the words that you chose end before it"),
            ("well [the … us", "You wrote “[the”"),
            ("…", "begins with words"),
            ("[all of it]", "“well” was said"),
            ("", "“well” was said"),
        ],
    )
    def test_whatever_else_differs_is_refused_and_told(self, typed: str, told: str) -> None:
        with pytest.raises(NotAllowed) as refused:
            fitted(["well", "the", "lunch,", "was", "warm", "with", "us"], typed)
        assert told in str(refused.value)

    def test_what_the_text_itself_has_in_brackets_is_kept_or_left_out_as_a_whole(self) -> None:
        words = ["[support", "worker]", "came", "[friend]"]
        assert fitted(words, "[support worker] … [friend]").kept == ((0, 1), (3, 3))
        with pytest.raises(NotAllowed, match="what was said is"):
            fitted(words, "worker] came [friend]")

    @given(WORDS)
    def test_all_words_as_they_were_said_fit(self, words: list[str]) -> None:
        assert fitted(words, " ".join(words)).kept == ((0, len(words) - 1),)

    @given(PLAIN, st.data())
    def test_what_leaves_words_out_and_adds_some_fits_and_keeps_what_it_shows(
        self, words: list[str], data: st.DataObject
    ) -> None:
        inside = len(words) - 2
        kept = [True, *(data.draw(st.booleans()) for _ in range(inside)), True][: len(words)]
        typed: list[str] = []
        for word, keep in zip(words, kept, strict=True):
            if data.draw(st.booleans()):
                typed.append("[added]")
            if keep:
                typed.append(word)
            elif not typed or typed[-1] != "…":
                typed.append("…")
        fit = fitted(words, " ".join(typed))
        assert fit.text == " ".join(typed)
        shown = [words[n] for one, other in fit.kept for n in range(one, other + 1)]
        assert (
            shown == [word for word, keep in zip(words, kept, strict=True) if keep] or "…" in words or "[" in str(words)
        )

    @given(WORDS, WORDS)
    def test_whatever_fits_can_be_told_from_what_was_said_by_dots_and_brackets_alone(
        self, words: list[str], typed: list[str]
    ) -> None:
        try:
            fit = fitted(words, " ".join(typed))
        except NotAllowed:
            return
        runs = [words[one : other + 1] for one, other in fit.kept]
        # The runs are there, in order, and between them words are left out.
        assert [one for one, _ in fit.kept] == sorted(one for one, _ in fit.kept)
        assert all(before[1] + 1 < after[0] for before, after in zip(fit.kept, fit.kept[1:], strict=False))
        left = fit.text
        for run in runs:
            said = " ".join(run)
            assert said in left
            between, left = left.split(said, 1)
            assert all(unit == "…" or (unit[0], unit[-1]) == ("[", "]") for unit in units(between))
        assert fit.kept[0][0] == 0 and fit.kept[-1][1] == len(words) - 1

    @given(WORDS, st.integers(0, 11), st.sampled_from(["x", "warm", "b…", "(a)"]))
    def test_no_other_word_gets_in(self, words: list[str], place: int, other: str) -> None:
        changed = [*words[: place % len(words)], other, *words[place % len(words) + 1 :]]
        with pytest.raises(NotAllowed):
            fitted(words, " ".join(changed))


def units(text: str) -> list[str]:
    """Words, and brackets as a whole."""
    found: list[str] = []
    for word in text.split():
        if found and found[-1].startswith("[") and "]" not in found[-1]:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


class TestFindingAgain:
    @pytest.mark.parametrize(
        ("now", "place"),
        [
            ("the lunch was warm and everybody sat together", 1),
            ("and yesterday the lunch was warm and they sat", 3),
            ("lunch was warm", 0),
            ("the lunch was cold and everybody sat together", None),
            ("the lunch was very warm and everybody sat together", None),
            ("the lunch, was warm and everybody sat together", None),
            ("the lunch was [friend] and everybody sat together", None),
            ("", None),
        ],
    )
    def test_words_are_found_wherever_they_are_now_and_not_when_they_changed(self, now: str, place: int | None) -> None:
        then = ["the", "lunch", "was", "warm", "and", "everybody", "sat", "together"]
        assert found_again(then, 1, 3, now.split()) == place

    def test_of_words_that_were_said_twice_the_right_ones_are_found(self) -> None:
        then = ["no", "it", "was", "good", "no", "it", "was", "bad"]
        assert found_again(then, 4, 6, ["well", *then]) == 5
        assert found_again(then, 0, 2, ["[name]", *then[1:]]) is None

    @settings(max_examples=40)
    @given(WORDS, WORDS, st.data())
    def test_what_is_found_is_the_same_words(self, then: list[str], now: list[str], data: st.DataObject) -> None:
        first = data.draw(st.integers(0, len(then) - 1))
        last = data.draw(st.integers(first, len(then) - 1))
        place = found_again(then, first, last, now)
        assert place is None or now[place : place + last - first + 1] == then[first : last + 1]

    @settings(max_examples=40)
    @given(WORDS, st.lists(st.sampled_from(["x", "y"]), max_size=5), st.lists(st.sampled_from(["x", "y"]), max_size=5))
    def test_words_that_come_before_or_behind_do_no_harm(
        self, then: list[str], before: list[str], behind: list[str]
    ) -> None:
        assert found_again(then, 0, len(then) - 1, [*before, *then, *behind]) == len(before)
