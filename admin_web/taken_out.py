"""What pages show of words that were taken out, and which words may be names."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from admin_web.archive import Redaction, StoryEntry
from admin_web.archive.redacted_words import place_of
from admin_web.passages import Passage
from admin_web.site import current_site
from admin_web.transcripts import SpokenWord
from admin_web.wording import clock
from kiosk.errors import StoryDamaged
from kiosk.stories.records import Word
from kiosk.stories.spelling import sound, typed_words

#: What mostly stands in the place of words that are taken out.
ROLES = ("support worker", "manager", "relative", "friend", "doctor or nurse", "place")
#: Whoever listens to the edges of a tone hears so much around it.
AROUND_S = 1.0
#: More of them help nobody.
_MOST_NAMES = 30
#: Shorter words that were taken out ("she") are said too often to be asked about.
_FEWEST_LETTERS = 3
_LARGEST_LIST_BYTES = 256 * 1024
_OF_SOMEBODY = re.compile(r"['\u2019]s$")


@dataclass(frozen=True)
class Shown:
    """Something that was taken out.

    Attributes:
        made: What the archive has of it.
        reads: What stands in the text in its place; empty if nothing does any more.
        at: When it is said, as "1:05".
        hear_from: From where to where to listen to its edges, in seconds.
        hear_to: The same.
    """

    made: Redaction
    reads: str
    at: str
    hear_from: float
    hear_to: float


@dataclass(frozen=True)
class Perhaps:
    """Words that may be a name: which they are, counted from 1, and when the first is said."""

    first: int
    last: int
    words: str
    at: str


@dataclass(frozen=True)
class TakenOut:
    """What was taken out of a story, and what may still have to be."""

    shown: list[Shown]
    names: list[Perhaps]


def taken_out(entry: StoryEntry, passage: Passage) -> TakenOut:
    """Return what a story's page shows of it."""
    archive = current_site().archive
    made = archive.redactions.of(entry.id)
    words = [word for each in passage.paragraphs for word in each.words]
    names = _listed(current_site().folder.local_names)
    for each in made:
        try:
            names.append([sound(word.word) for word in archive.redactions.words_under(each)])
        except StoryDamaged:
            # Where the draft is gone, its words cannot be looked for.
            continue
    return TakenOut([_shown(each, passage.words) for each in made], list(_names(words, names))[:_MOST_NAMES])


def _shown(made: Redaction, words: Sequence[Word]) -> Shown:
    place = place_of(made, words)
    return Shown(
        made,
        "" if place is None else words[place].word,
        clock(made.word_start),
        max(0.0, round(made.start - AROUND_S, 3)),
        round(made.end + AROUND_S, 3),
    )


def _names(words: Sequence[SpokenWord], names: Sequence[Sequence[str]]) -> Iterator[Perhaps]:
    """Go through the places at which one of the `names` stands."""
    wanted = {tuple(name) for name in names if sum(map(len, name)) >= _FEWEST_LETTERS}
    heard = [sound(_OF_SOMEBODY.sub("", word.text)) for word in words] if wanted else []
    lengths = sorted({len(name) for name in wanted}, reverse=True)
    place = 0
    while place < len(heard):
        length = next((each for each in lengths if tuple(heard[place : place + each]) in wanted), 0)
        if length:
            found = words[place : place + length]
            yield Perhaps(place + 1, place + length, " ".join(each.text for each in found), clock(found[0].start))
        place += max(1, length)


def _listed(path: Path) -> list[list[str]]:
    """Return the centre's own names, each as its words sound; none where there is no list that can be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = file.read(_LARGEST_LIST_BYTES).splitlines()
    except OSError:
        return []
    names = (line.strip() for line in lines)
    return [[sound(word) for word in typed_words(name)] for name in names if name and not name.startswith("#")]
