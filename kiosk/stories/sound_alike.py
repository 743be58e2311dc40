"""Names that the recogniser cannot know, and what it wrote in their place: "great vine" for Grapevine.

A suggestion is shown to the person who checks, who takes it or not; nothing is ever changed by it. Words are compared
by their sounds, as espeak-ng says them: the fewest changes, where sounds that are made alike change cheaply.

Here and not in `models`, because the site shows suggestions and the site imports nothing of `models`.
"""

import functools
import math
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kiosk.errors import SaysoError
from kiosk.stories.records import CheckedWords, Transcript
from kiosk.stories.spelling import spoken_words

#: Sounds of a word or a name, in espeak-ng's letters.
Sounds = tuple[str, ...]
#: Returns the sounds of each text.
Say = Callable[[Sequence[str]], Mapping[str, Sounds]]

#: Shorter names sound like too much else.
_LEAST_SOUNDS = 4
#: Cost of changes for each sound of the name, up to which a name is suggested. "great vine" costs 0.07 as Grapevine. Of
#: eighteen names 1 is suggested wrongly in 5,000 ordinary words; at 0.2 it would be 9.
_MOST = 0.16
#: A name may have come out as so many words more or fewer.
_WORDS_MORE = 2
#: A word that people put into at least so many stories, and the recogniser never wrote, it cannot know.
_LEAST_STORIES = 2
_MARKS = re.compile(r"['\",%=|#:;\-*!~^]")

_VOWELS = frozenset("aeiouAEIOUVQ@03")
#: Consonants that are made alike, as espeak-ng writes them; within a row a change is cheap, and between neighbours of
#: two (one with voice, one without) cheaper.
_ALIKE = (("p", "b", "t", "d", "k", "g"), ("f", "v", "T", "D", "s", "z", "S", "Z"), ("tS", "dZ"), ("m", "n", "N"))
_GLIDES = frozenset(("r", "l", "l^", "w", "j", "h"))


@dataclass(frozen=True)
class Suggestion:
    """That some words of a transcript may be a name.

    Attributes:
        first: Place of the first of those words.
        count: How many they are.
        instead: The name, as people write it.
        cost: How far its sounds are from theirs: 0 is the same, and less is likelier.
    """

    first: int
    count: int
    instead: str
    cost: float


class SoundAlike:
    """Looks for names in transcripts. Made once for a list of names, used for every story."""

    def __init__(self, names: Iterable[str], say: Say) -> None:
        """Learn how the names sound.

        Args:
            names: As people write them.
            say: Tells the sounds of words; `espeak_sounds` in life.
        """
        self._say = say
        wanted = {" ".join(spoken_words(name)): name.strip() for name in names}
        sounds = say(list(wanted))
        self._names = {
            text: (name, sounds[text])
            for text, name in wanted.items()
            if text and len(sounds.get(text, ())) >= _LEAST_SOUNDS
        }

    def suggest(self, words: Sequence[str]) -> list[Suggestion]:
        """Return the names that may be meant, in the order of the words; not those that stand there already.

        Args:
            words: Of a transcript, one after the other.
        """
        heard = [" ".join(spoken_words(word)) for word in words]
        sounds = self._say(sorted(set(heard)))
        found = []
        for text, (name, wanted) in self._names.items():
            size = len(text.split())
            for count in range(max(1, size - 1), size + _WORDS_MORE + 1):
                for first in range(len(heard) - count + 1):
                    window = heard[first : first + count]
                    said = tuple(sound for word in window for sound in sounds.get(word, ()))
                    if not said or abs(len(said) - len(wanted)) > 1 + _MOST * len(wanted):
                        continue
                    cost = distance(said, wanted, _MOST * len(wanted)) / len(wanted)
                    if cost <= _MOST:
                        same = text == " ".join(window)
                        found.append(Suggestion(first, count, "" if same else name, -1.0 if same else cost))
        return _best(found)


def _best(found: list[Suggestion]) -> list[Suggestion]:
    taken: set[int] = set()
    kept = []
    for each in sorted(found, key=lambda each: (each.cost, -each.count, each.first)):
        places = set(range(each.first, each.first + each.count))
        if not places & taken:
            taken |= places
            kept.append(each)
    return sorted((each for each in kept if each.instead), key=lambda each: each.first)


@functools.lru_cache(maxsize=50_000)
def distance(one: Sounds, other: Sounds, enough: float = math.inf) -> float:
    """Return the cost of the cheapest changes that make one row of sounds another; infinity for more than `enough`."""
    row = [0.0]
    for sound in other:
        row.append(row[-1] + _alone(sound))
    for sound in one:
        before, row = row, [row[0] + _alone(sound)]
        for place, wanted in enumerate(other):
            row.append(
                min(
                    before[place] + change(sound, wanted),
                    before[place + 1] + _alone(sound),
                    row[place] + _alone(wanted),
                )
            )
        if min(row) > enough:
            return math.inf
    return row[-1]


def _alone(sound: str) -> float:
    """Return what it costs to leave a sound out or put it in."""
    return 0.5 if sound in ("@", "h", "r", "I", "i") else 0.9


@functools.cache
def change(one: str, other: str) -> float:
    """Return what it costs to take one sound for another: 0 for the same, 1.2 for a vowel and a consonant."""
    if one == other:
        return 0.0
    vowels = one[0] in _VOWELS, other[0] in _VOWELS
    if all(vowels):
        return 0.3 if one[0].lower() == other[0].lower() or "@" in (one, other) else 0.5
    if any(vowels):
        return 1.2
    for row in _ALIKE:
        if one in row and other in row:
            return 0.25 if row.index(one) // 2 == row.index(other) // 2 else 0.5
    return 0.7 if one in _GLIDES and other in _GLIDES else 1.0


def espeak_sounds(language: str) -> Say:
    """Return what asks espeak-ng for the sounds of words, as people of a language say them.

    Raises:
        SaysoError: When asked: espeak-ng is missing, or does not speak the language.
    """

    def say(texts: Sequence[str]) -> dict[str, Sounds]:
        wanted = [text for text in texts if spoken_words(text)]
        if not wanted:
            return {}
        command = ["espeak-ng", "-q", "-x", "--sep=_", "-v", language.lower(), "--stdin"]
        try:
            # An empty line ends what is said at once, so that each text has a line of its own.
            done = subprocess.run(
                command, input="\n\n".join(wanted), capture_output=True, text=True, check=True, timeout=60
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SaysoError(
                f"espeak-ng, which tells how words sound, cannot say {language}: {error}. Run deploy/setup again."
            ) from error
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        if len(lines) != len(wanted):
            return {}
        return {text: _sounds(line) for text, line in zip(wanted, lines, strict=True)}

    return say


def _sounds(line: str) -> Sounds:
    """Return the sounds of a line without stress and length."""
    return tuple(bare for each in re.split(r"[_\s]+", line) if (bare := _MARKS.sub("", each)))


def never_heard(stories: Iterable[tuple[CheckedWords, Transcript | None]]) -> list[str]:
    """Return the words that people wrote in several stories and the recogniser in none: names, most likely.

    Args:
        stories: What was really said, and the machine's draft.
    """
    written: Counter[str] = Counter()
    heard: set[str] = set()
    shape: dict[str, str] = {}
    for checked, draft in stories:
        heard.update(spoken_words(draft.text) if draft else ())
        for word in checked.words:
            shape.setdefault(" ".join(spoken_words(word.word)), word.word.strip(".,;:!?\"'()"))
        written.update(set(spoken_words(checked.text)))
    found = (word for word, count in written.items() if count >= _LEAST_STORIES and word not in heard)
    return sorted(shape.get(word, word) for word in found)
