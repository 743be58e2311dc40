"""Times that somebody sets by tapping along: they hear a story and tap when each of its lines begins.

A line is a handful of words, what is said in a breath. Nobody can tap at every word (two or three a second, and whoever
stumbles over one is late at all that follow); one at every sentence is too coarse for whoever clicks a word to hear it.
Within a line each word gets its share of the time by its letters.
"""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from admin_web.correcting import LETTER_S, laid_out, letters
from kiosk.stories.records import Word

#: A line has no more words than can be read at a glance, and no fewer than leave time to find the next.
MOST_WORDS, FEWEST_WORDS = 7, 3
#: Words that end a sentence, or a part of one; quotation marks may follow.
_ENDS_SENTENCE = re.compile(r"[.?!…]\W*$")
_ENDS_PART = re.compile(r"[.?!…,;:]\W*$")
#: A line that takes longer than so many times the story's own pace is followed by a silence.
_SLOWEST = 1.5
#: A browser may take a recording for a little longer than it is.
_ROUNDING_S = 0.5

Tap = tuple[int, float]


def lines(words: Sequence[str]) -> list[range]:
    """Divide words into lines, where people pause if they have written commas and full stops.

    Returns:
        The places of the words of each line, in order; every word is in one.
    """
    found: list[range] = []
    for part in _parts(words):
        count = -(-len(part) // MOST_WORDS)
        cuts = [part.start + len(part) * n // count for n in range(count + 1)]
        found += [range(begin, end) for begin, end in pairwise(cuts)]
    return found


def _parts(words: Sequence[str]) -> list[range]:
    """Divide words at their commas and full stops; short parts stay with what is before, except over a full stop."""
    parts: list[range] = []
    begin = 0
    for place, word in enumerate(words, 1):
        if place < len(words) and not _ENDS_PART.search(word):
            continue
        ended = bool(parts) and bool(_ENDS_SENTENCE.search(words[parts[-1].stop - 1]))
        if parts and not ended and min(len(parts[-1]), place - begin) < FEWEST_WORDS:
            parts[-1] = range(parts[-1].start, place)
        else:
            parts.append(range(begin, place))
        begin = place
    return parts


def tapped(words: Sequence[Word], taps: Sequence[Tap], length_s: float) -> tuple[Word, ...]:
    """Return the same words with the times that were tapped.

    Args:
        words: All words of a story.
        taps: Place of a word, and when it begins in seconds. The first is that of the first word.
        length_s: Length of the recording in seconds.

    Returns:
        The words in their order. A word that was tapped begins exactly then; none overlaps the next.

    Raises:
        ValueError: These cannot be taps of these words; the message says why.
    """
    _require_possible(taps, len(words), length_s)
    taps = [(place, min(at_s, length_s)) for place, at_s in taps]
    ends = [*((place, at_s) for place, at_s in taps[1:]), (len(words), length_s)]
    runs = [
        ([word.word for word in words[place:after]], at_s, until_s)
        for (place, at_s), (after, until_s) in zip(taps, ends, strict=True)
    ]
    # The last line is followed by whatever silence there is: it says nothing about the pace.
    paces_s = [(until_s - at_s) / letters(run) for run, at_s, until_s in runs[:-1]]
    longest_s = _SLOWEST * (median(paces_s) if paces_s else LETTER_S)
    laid: list[Word] = []
    for run, at_s, until_s in runs:
        laid += laid_out(run, at_s, min(until_s, at_s + longest_s * letters(run)))
    return tuple(new.model_copy(update={"conf": old.conf}) for new, old in zip(laid, words, strict=True))


def _require_possible(taps: Sequence[Tap], count: int, length_s: float) -> None:
    if not taps or taps[0][0] != 0:
        raise ValueError("The first line has no time yet.")
    if not all(math.isfinite(at_s) and 0 <= at_s <= length_s + _ROUNDING_S for _, at_s in taps):
        raise ValueError("A time is outside the recording.")
    if not all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(taps)):
        raise ValueError("The times are not in order.")
    if taps[-1][0] >= count:
        raise ValueError("There are more times than words.")
