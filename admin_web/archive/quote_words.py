"""What a quote may say: words as they were said, "…" where some are left out, and [brackets] around what was added.

Pure functions on words: what a quote keeps of its span, and where that span stands after the text around it was put
right.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from kiosk.errors import NotAllowed

#: Stands for words that are left out.
LEFT_OUT = "…"
#: What is added says what somebody meant. More than this would be somebody else's story.
LONGEST_ADDED = 60
#: A bracket with all that is in it and what stands close to it, or what white space separates.
_UNIT = re.compile(r"\[[^\[\]]*\][^\s\[\]]*(?!\S)|\S+")
_DOTS = re.compile(r"\s*(?:…|\.\.\.+)\s*")


@dataclass(frozen=True)
class Fitted:
    """A quote that keeps to what was said.

    Attributes:
        text: The quote, with one space between words.
        kept: First and last (both included) of each run of words that it keeps: indices in its span.
    """

    text: str
    kept: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Unit:
    """Something that is kept or left out as a whole: a word, or the words of a bracket that is in the text itself."""

    text: str
    first: int = 0
    last: int = 0


def fitted(words: Sequence[str], typed: str) -> Fitted:
    """Return the quote that somebody has typed, if it keeps to what was said.

    It begins and ends with words of the span; between them words may be left out where "…" stands, and anywhere
    [something] may be added. Nothing else may differ, not even a comma.

    Args:
        words: The words of the span, as they stand in the checked text.
        typed: The quote; three dots are the same as "…".

    Raises:
        NotAllowed: Something else differs; the message says what.
    """
    said = _units_of(words)
    # As it stands, or with room around the dots: "well…" may be a word of the text, and "warm…" a word and dots.
    for spelling in (typed, _DOTS.sub(f" {LEFT_OUT} ", typed)):
        quote = [LEFT_OUT if _is_dots(unit) else unit for unit in _UNIT.findall(spelling)]
        kept = _kept(said, quote)
        if kept:
            return Fitted(" ".join(quote), tuple(_runs(kept)))
    raise NotAllowed(_difference([unit.text for unit in said], quote))


def found_again(then: Sequence[str], first: int, last: int, now: Sequence[str]) -> int | None:
    """Return where the words from `first` to `last` (both included) of an earlier text begin in the text as it is now.

    None: one of them was changed or taken out, or something came between them.
    """
    for part in Levenshtein.opcodes(list(then), list(now)):
        if part.tag == "equal" and part.src_start <= first and last < part.src_end:
            return int(part.dest_start + first - part.src_start)
    return None


def _units_of(words: Sequence[str]) -> list[_Unit]:
    # A word may hold white space ("[support worker]" is one, or two), so that units and words do not go together.
    text, word_at = " ".join(words), list[int]()
    for n, word in enumerate(words):
        word_at += [n] * (len(word) + 1)
    found = [_Unit(each[0], word_at[each.start()], word_at[each.end() - 1]) for each in _UNIT.finditer(text)]
    # What is within one word cannot be kept or left out in part.
    return found if all(one.last < other.first for one, other in pairwise(found)) else _whole(words)


def _whole(words: Sequence[str]) -> list[_Unit]:
    return [_Unit(word, n, n) for n, word in enumerate(words)]


def _is_dots(unit: str) -> bool:
    return unit == LEFT_OUT or (len(unit) >= len("...") and not unit.strip("."))


def _is_added(unit: str) -> bool:
    return unit.startswith("[") and unit.endswith("]") and 0 < len(unit[1:-1].strip()) <= LONGEST_ADDED


def _kept(said: Sequence[_Unit], quote: Sequence[str]) -> list[_Unit]:
    """Return the units that a quote keeps, the first ones if there are several ways; none if it does not fit."""
    last, end = len(said), len(quote)
    # fits[i][j]: what stands from i in the quote fits what was said from j.
    fits = [[False] * (last + 1) for _ in range(end + 1)]
    fits[end][last] = True
    for i in range(end - 1, -1, -1):
        follows = fits[i + 1]
        later = False
        for j in range(last, -1, -1):
            same = j < last and quote[i] == said[j].text and follows[j + 1]
            added = _is_added(quote[i]) and follows[j]
            fits[i][j] = same or added or (quote[i] == LEFT_OUT and j > 0 and later)
            # Something must be left out, and not the end.
            later = later or (j < last and follows[j])
    if not fits[0][0]:
        return []
    kept, j = list[_Unit](), 0
    for i, unit in enumerate(quote):
        if j < last and unit == said[j].text and fits[i + 1][j + 1]:
            kept.append(said[j])
            j += 1
        elif not (_is_added(unit) and fits[i + 1][j]):
            j = next(k for k in range(j + 1, last) if fits[i + 1][k])
    return kept


def _runs(kept: Sequence[_Unit]) -> Iterator[tuple[int, int]]:
    first = kept[0].first
    for unit, following in pairwise(kept):
        if following.first != unit.last + 1:
            yield first, unit.last
            first = following.first
    yield first, kept[-1].last


def _difference(said: Sequence[str], quote: Sequence[str]) -> str:
    """Say in a sentence what is the first thing in a quote that was not said so."""
    reached = {0}
    for place, unit in enumerate(quote):
        following = {j + 1 for j in reached if j < len(said) and said[j] == unit}
        following |= reached if _is_added(unit) else set()
        if unit == LEFT_OUT and (open_ends := [j for j in reached if j > 0]):
            following |= set(range(min(open_ends) + 1, len(said)))
        if not following:
            return _told(said, quote, place, reached)
        reached = following
    if quote and quote[-1] == LEFT_OUT:
        return "A quote ends with words that were said. Choose fewer words instead of leaving out the last ones."
    missing = said[min(max(reached), len(said) - 1)]
    return f"After the end of your quote “{missing}” was said. Put it back, or choose fewer words."


def _told(said: Sequence[str], quote: Sequence[str], place: int, reached: set[int]) -> str:
    unit = quote[place]
    if unit == LEFT_OUT:
        if reached == {0}:
            return "A quote begins with words that were said. Choose fewer words instead of leaving out the first ones."
        return "There is a “…” where no words are left out. Take it away."
    if unit.startswith("[") and unit.endswith("]"):
        return f"Write something in the brackets, at most {LONGEST_ADDED} letters. There is “{unit}”."
    here = [said[j] for j in sorted(reached) if j < len(said)]
    if not here:
        return f"“{unit}” was not said here: the words that you chose end before it."
    if len(here) > 1:
        return f"“{unit}” was not said behind the words that “…” leaves out. Only “…” and [brackets] may differ."
    return (
        f"You wrote “{unit}”, and what was said is “{here[0]}”. Only “…” and [brackets] may differ from what was said."
    )
