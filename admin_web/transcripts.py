"""Lays out the words of a story for reading along."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from admin_web.wording import clock
from kiosk.stories.records import Word

#: A silence this long is a new thought more often than not, and makes a page of words easier to read.
PAUSE_S = 1.2
#: But a paragraph of a few words helps nobody, unless the silence was very long.
SHORTEST_PARAGRAPH, LONG_PAUSE_S = 8, 4.0
#: Below this the recogniser itself doubts a word. A weak hint: it is often wrong about it (vosk-api #1529).
DOUBTFUL_BELOW = 0.5


@dataclass(frozen=True)
class SpokenWord:
    """A word with what the page needs of it; times in seconds.

    Attributes:
        text: The word.
        start: When it begins.
        end: When it ends.
        doubtful: The recogniser doubts it.
        found: Somebody looked for it.
    """

    text: str
    start: float
    end: float
    doubtful: bool
    found: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Words said without a long pause."""

    words: tuple[SpokenWord, ...]

    @property
    def at(self) -> str:
        """When it begins, as "1:05"."""
        return clock(self.words[0].start)


def paragraphs(words: Iterable[Word], found: Collection[int] = ()) -> list[Paragraph]:
    """Split words at pauses, in the order in which they were said; `found` are places of words to be marked."""
    said = sorted(enumerate(words), key=lambda placed: placed[1].start)
    split: list[list[SpokenWord]] = []
    for place, word in said:
        is_doubtful = word.conf < DOUBTFUL_BELOW
        spoken = SpokenWord(word.word, word.start, max(word.start, word.end), is_doubtful, place in found)
        if not split or _pauses(split[-1], spoken):
            split.append([])
        split[-1].append(spoken)
    return [Paragraph(tuple(each)) for each in split]


def _pauses(paragraph: list[SpokenWord], word: SpokenWord) -> bool:
    silence_s = word.start - paragraph[-1].end
    return silence_s >= LONG_PAUSE_S or (silence_s >= PAUSE_S and len(paragraph) >= SHORTEST_PARAGRAPH)
