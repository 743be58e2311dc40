"""Made-up stories for measuring the archive: always the same ones, of the size and the words that real ones have."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from admin_web.archive import choices
from admin_web.archive.arriving import BEGINNING_CHARACTERS
from admin_web.archive.records.stories import StoryEntry, story_document
from admin_web.archive.records.texts import Text
from kiosk.stories.records import Permissions

#: The story that is asked for and changed is any of them; which one it is shall be the same in every run.
SEED = 20240101
BEGUN = datetime(2024, 1, 1, tzinfo=UTC)
MONTHS = [datetime(2024 + n // 12, 1 + n % 12, 1, tzinfo=UTC) for n in range(25)]
UNHEARD = 0.05
SHORTEST_WORDS, LONGEST_WORDS = 50, 400
#: The rest of the vocabulary is made of syllables.
_MOST_FREQUENT = """
the and i to a of in it that you was they is he we for have on my with but at be she so not had all this what do there
were one like when are them me get no up go out just from then about can or time as if know her would come his day some
because good very their been by who will back see how people could here your really little after
"""
_SYLLABLES = "ba ben ca cor da del fa fin ga gel ha hol ka la len ma mer na nor pa pel ra rin sa sel ta ten va wel"
_VOCABULARY = 20_000
#: Zipf's law as Mandelbrot mended it: how frequent the n-th word is goes with 1 / (n + 2.7).
_SHIFT = 2.7
#: Ranks of words that are in one story of ten to one of fifty.
_RARER = range(200, 1000)
TOPICS = [topic.id for topic in choices().topics]
_QUESTIONS = (
    "",
    "What did you like today?",
    "What should be different here?",
    "Tell us about somebody who helped you.",
    "What would you like to do again?",
)
_STATIONS = ("hall", "garden-room", "reception")


@dataclass(frozen=True)
class Made:
    """A story.

    Attributes:
        entry: As the archive knows it.
        text: Its words.
    """

    entry: StoryEntry
    text: str

    @property
    def document(self) -> dict[str, object]:
        """The story's document in the archive: about 1 kB of JSON."""
        return story_document(self.entry)

    @property
    def text_document(self) -> dict[str, object]:
        """The document of its words."""
        return Text(story=self.entry.id, text=self.text, at=self.entry.started_at).model_dump(mode="json")


def stories(count: int, *, first: int = 0) -> Iterator[Made]:
    """Make `count` stories, evenly over 24 months; those `first` to be left out stand for what is there already."""
    rng = random.Random(SEED + first)
    step = (MONTHS[-1] - BEGUN) / (count + first)
    for n, text in zip(range(first, first + count), _texts(SEED + first), strict=False):
        yield Made(_entry(rng, n, BEGUN + n * step, text), text)


def _entry(rng: random.Random, n: int, at: datetime, text: str) -> StoryEntry:
    station, heard_at = rng.choice(_STATIONS), at + timedelta(days=1)
    state = "unheard" if rng.random() < UNHEARD else rng.choice(("heard", "heard", "checked"))
    return StoryEntry(
        id=f"{station}-{n + 1:06d}-{rng.getrandbits(24):06x}",
        sequence=n + 1,
        station=station,
        language="en-GB",
        question=rng.choice(_QUESTIONS),
        started_at=at,
        clock_quality="ntp",
        seconds=round(len(text) / 14, 2),
        sha256=f"{rng.getrandbits(256):064x}",
        agreed=rng.random() < 0.97,
        permissions=Permissions(words=rng.random() < 0.8, voice=rng.random() < 0.4),
        sample=False,
        words="ready",
        beginning=f"{text[:BEGINNING_CHARACTERS].rsplit(' ', 1)[0]} …",
        taken_in_at=at,
        listed_at=at,
        state=state,
        heard_at=None if state == "unheard" else heard_at,
        checked_at=heard_at if state == "checked" else None,
        tags=tuple(rng.sample(TOPICS, rng.randint(1, 3))),
    )


def vocabulary() -> list[str]:
    """Return all words, the most frequent first."""
    rng = random.Random(SEED)
    syllables, known = _SYLLABLES.split(), dict.fromkeys(_MOST_FREQUENT.split())
    while len(known) < _VOCABULARY:
        known["".join(rng.choices(syllables, k=rng.choice((2, 2, 3, 3, 4))))] = None
    return list(known)


def _texts(seed: int) -> Iterator[str]:
    """Tell stories for ever, each word as often as its rank says."""
    shares = 1 / (np.arange(1, _VOCABULARY + 1) + _SHIFT)
    # As many tickets as shares: to draw one is quicker than to look a share up.
    tickets = np.repeat(np.array(vocabulary(), dtype=object), np.ceil(shares / shares.sum() * 100_000).astype(int))
    rng = np.random.default_rng(seed)
    while True:
        ends = rng.integers(SHORTEST_WORDS, LONGEST_WORDS, size=500, endpoint=True).cumsum().tolist()
        words = tickets[rng.integers(len(tickets), size=ends[-1])].tolist()
        for begin, end in pairwise([0, *ends]):
            yield " ".join(words[begin:end])


@dataclass(frozen=True)
class Tasks:
    """What a store is asked to do: of each kind as often as it is repeated, and each time something else.

    Attributes:
        new: Stories that it does not have yet.
        names: Ids of stories that it has (fewer, if it has not so many).
        pairs: Two rarer words.
        phrases: Three words in a row, as some story has them.
        common: A word that is in nearly every story.
        months: First and last moment of a month.
        tags: A tag to go with each month.
    """

    new: list[Made]
    names: list[str]
    pairs: list[tuple[str, ...]]
    phrases: list[tuple[str, ...]]
    common: list[tuple[str, ...]]
    months: list[tuple[datetime, datetime]]
    tags: list[str]


def tasks(names: Sequence[str], repetitions: int, *, there: int) -> Tasks:
    """Make up tasks for stores of these stories, `there` of which (more than `names`) may have been put in by now."""
    rng, known = random.Random(SEED), vocabulary()
    texts = [made.text.split() for made in stories(50)]
    said = [text[(at := rng.randrange(len(text) - 3)) : at + 3] for text in rng.choices(texts, k=repetitions)]
    return Tasks(
        new=list(stories(repetitions, first=there)),
        names=rng.sample(names, min(repetitions, len(names))),
        pairs=[tuple(known[rank] for rank in rng.sample(_RARER, 2)) for _ in range(repetitions)],
        phrases=[tuple(phrase) for phrase in said],
        common=[(known[n % 5],) for n in range(repetitions)],
        months=rng.choices(list(pairwise(MONTHS)), k=repetitions),
        tags=rng.choices(TOPICS, k=repetitions),
    )
