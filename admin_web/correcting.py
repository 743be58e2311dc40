"""Gives the words that somebody has typed the times of the words that were heard.

Whoever puts words right changes few of them. Words that stay keep their times exactly; those in between share the time
that was there: of the words in whose place they stand, or of the silence that they were typed into.
"""

from collections.abc import Iterator, Sequence

from kiosk.stories.records import Word
from kiosk.stories.spelling import sound, typed_words

#: What speaks for an alignment: a word that was kept, and one put in another's place. The usual edit distance has 2 to
#: 1, which is undecided between a word that was kept and two that were not.
_KEPT, _REPLACED = 3, 1
#: How long a letter takes where nobody knows better: people say 10 to 15 in a second.
LETTER_S = 0.08
#: What a person has typed, they are sure of.
_SURE = 1.0


def corrected(heard: Sequence[Word], text: str, length_s: float) -> tuple[Word, ...]:
    """Return the words of `text`, each with its time in the recording.

    Args:
        heard: The words as they were, in the order in which they were said, with times in seconds.
        text: What stands there now; words are what white space separates, but for what stands in square brackets.
        length_s: Length of the recording in seconds.

    Returns:
        As many words as `text` has. Starts never go back, and none is outside the recording.
    """
    typed = typed_words(text)
    words: list[Word] = []
    for kept, here, there in changes([sound(word.word) for word in heard], [sound(word) for word in typed]):
        if kept:
            # A capital or a comma more is no other word.
            words += [old.model_copy(update={"word": new}) for old, new in zip(heard[here], typed[there], strict=True)]
        else:
            begin_s = words[-1].end if words else 0.0
            end_s = heard[here.stop].start if here.stop < len(heard) else max(length_s, begin_s)
            # Vosk's words may overlap by a hair.
            begin_s = min(begin_s, end_s)
            words += _spread(typed[there], heard[here], begin_s, end_s)
    return tuple(words)


def laid_out(words: Sequence[str], begin_s: float, end_s: float) -> list[Word]:
    """Return words that fill the time from `begin_s` to `end_s`, each as long as its letters ask for."""
    letter_s, laid, at_s = (end_s - begin_s) / letters(words) if words else 0.0, list[Word](), begin_s
    for word in words:
        next_s = min(end_s, at_s + letters([word]) * letter_s)
        laid.append(Word(word=word, start=at_s, end=next_s, conf=_SURE))
        at_s = next_s
    return laid


def letters(words: Sequence[str]) -> int:
    """Return how many letters are to be said: one at least for each word."""
    return sum(max(1, len(sound(word))) for word in words)


def changes(old: list[str], new: list[str]) -> Iterator[tuple[bool, slice, slice]]:
    """Go through runs of words: were they kept, and where do they stand in the old and in the new text?

    Words are the same if they sound the same (`kiosk.stories.spelling.sound`), which the caller has told of each.
    """
    at_old = at_new = 0
    for first_old, first_new, count in _kept_runs(old, new):
        if (first_old, first_new) != (at_old, at_new):
            yield False, slice(at_old, first_old), slice(at_new, first_new)
        at_old, at_new = first_old + count, first_new + count
        yield True, slice(first_old, at_old), slice(first_new, at_new)
    if (at_old, at_new) != (len(old), len(new)):
        yield False, slice(at_old, len(old)), slice(at_new, len(new))


def _kept_runs(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int]]:
    """Go through the runs that both texts have: where they begin in each, and of how many words they are."""
    begin = _same(old, new)
    end = _same(old[begin:][::-1], new[begin:][::-1])
    runs = [[0, 0, begin]]
    for place_old, place_new in _aligned(old[begin : len(old) - end], new[begin : len(new) - end]):
        place_old, place_new, (last_old, last_new, count) = place_old + begin, place_new + begin, runs[-1]
        if (last_old + count, last_new + count) == (place_old, place_new):
            runs[-1][2] += 1
        else:
            runs.append([place_old, place_new, 1])
    runs.append([len(old) - end, len(new) - end, end])
    return ((first_old, first_new, count) for first_old, first_new, count in runs if count)


def _same(one: list[str], other: list[str]) -> int:
    """Return how many words at the beginning are the same."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _aligned(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return the places of the words that were kept, by the best alignment of the two (Needleman and Wunsch, 1970)."""
    # Loaded here: a site in which nobody types does without its 20 MB.
    import numpy as np

    numbers = {word: n for n, word in enumerate({*old, *new})}
    old_numbers, new_numbers = (np.array([numbers[word] for word in words], dtype=int) for words in (old, new))
    best = np.zeros((len(old) + 1, len(new) + 1), dtype=np.int32)
    for row, number in enumerate(old_numbers, 1):
        paired = best[row - 1, :-1] + np.where(new_numbers == number, _KEPT, _REPLACED)
        # A word too many costs nothing, so that the best on the left is as good here.
        best[row, 1:] = np.maximum.accumulate(np.maximum(best[row - 1, 1:], paired))
    kept, row, column = [], len(old), len(new)
    while row and column:
        same = old[row - 1] == new[column - 1]
        if best[row, column] == best[row - 1, column - 1] + (_KEPT if same else _REPLACED):
            row, column = row - 1, column - 1
            if same:
                kept.append((row, column))
        elif best[row, column] == best[row - 1, column]:
            row -= 1
        else:
            column -= 1
    return kept[::-1]


def _spread(typed: Sequence[str], replaced: Sequence[Word], begin_s: float, end_s: float) -> list[Word]:
    """Return new words within a stretch of time, each as long as its letters ask for."""
    if len(typed) == len(replaced):
        return [old.model_copy(update={"word": new, "conf": _SURE}) for old, new in zip(replaced, typed, strict=True)]
    if replaced:
        begin_s = replaced[0].start
        end_s = max(begin_s, min(replaced[-1].end, end_s))
    else:
        # Into a silence: from its beginning, so that whoever clicks the word does not miss what was said.
        end_s = min(end_s, begin_s + LETTER_S * letters(typed))
    return laid_out(typed, begin_s, end_s)
