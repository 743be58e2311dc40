"""Lays out the words of a story for reading along."""

from collections.abc import Iterable
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
    """A word with what the page needs of it; times in seconds."""

    text: str
    start: float
    end: float
    doubtful: bool


@dataclass(frozen=True)
class Paragraph:
    """Words said without a long pause."""

    words: tuple[SpokenWord, ...]

    @property
    def at(self) -> str:
        """When it begins, as "1:05"."""
        return clock(self.words[0].start)


def paragraphs(words: Iterable[Word]) -> list[Paragraph]:
    """Split words at pauses, in the order in which they were said."""
    said = sorted(words, key=lambda word: word.start)
    found: list[list[SpokenWord]] = []
    for word in said:
        spoken = SpokenWord(word.word, word.start, max(word.start, word.end), word.conf < DOUBTFUL_BELOW)
        if not found or _pauses(found[-1], spoken):
            found.append([])
        found[-1].append(spoken)
    return [Paragraph(tuple(each)) for each in found]


def _pauses(paragraph: list[SpokenWord], word: SpokenWord) -> bool:
    silence_s = word.start - paragraph[-1].end
    return silence_s >= LONG_PAUSE_S or (silence_s >= PAUSE_S and len(paragraph) >= SHORTEST_PARAGRAPH)
