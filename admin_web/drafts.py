"""Two of a machine's drafts side by side: lines that were said at the same time, with the words that differ marked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from admin_web.correcting import changes
from admin_web.transcripts import PAUSE_S, SHORTEST_PARAGRAPH
from admin_web.wording import clock
from kiosk.errors import StoryDamaged
from kiosk.stories.records import Word
from kiosk.stories.spelling import sound
from kiosk.stories.story_folder import StoryFolder

#: A row of more words is cut also where nobody made a pause, so that both sides stay beside each other.
_LONGEST_ROW = 40


@dataclass(frozen=True)
class Draft:
    """One of a story's drafts.

    Attributes:
        number: Its number in the story's folder.
        model: Name of the speech model.
        at: When it was written; None: when the story was told.
        failed: Why it has no words, in a sentence.
    """

    number: int
    model: str
    at: datetime | None
    failed: str


@dataclass(frozen=True)
class Piece:
    """Words of one draft.

    Attributes:
        text: The words.
        differs: The other draft has others in their place, or none.
    """

    text: str
    differs: bool


@dataclass
class Row:
    """What two drafts have of the same time.

    Attributes:
        at_s: When it begins, in seconds.
        one: What the first has.
        other: What the second has.
        words: How many that are, of the longer one.
    """

    at_s: float
    one: list[Piece] = field(default_factory=list)
    other: list[Piece] = field(default_factory=list)
    words: int = 0

    @property
    def at(self) -> str:
        """When it begins, as "1:05"."""
        return clock(self.at_s)

    def add(self, one: Sequence[Word], other: Sequence[Word], *, differs: bool) -> None:
        """Add what stands in the same place."""
        for pieces, words in ((self.one, one), (self.other, other)):
            if words:
                pieces.append(Piece(" ".join(word.word for word in words), differs))
        self.words += max(len(one), len(other))


def drafts_of(folder: StoryFolder) -> list[Draft]:
    """Return a story's drafts, oldest first. One that cannot be read says so."""
    found = []
    for number in folder.drafts():
        try:
            draft = folder.draft(number)
        except StoryDamaged:
            found.append(Draft(number, "", None, "This draft is damaged."))
        else:
            if draft:
                found.append(Draft(number, draft.model, draft.written_at, draft.failed or ""))
    return found


def side_by_side(one: Sequence[Word], other: Sequence[Word]) -> list[Row]:
    """Return the rows of two drafts; each has its words in the order in which they are said, with times in seconds."""
    rows = [Row(min((words[0].start for words in (one, other) if words), default=0.0))]
    for kept, here, there in changes([sound(word.word) for word in one], [sound(word.word) for word in other]):
        if not kept:
            if _begins_a_row(one, here.start, rows[-1].words) and here.start < here.stop:
                rows.append(Row(one[here.start].start))
            rows[-1].add(one[here], other[there], differs=True)
            continue
        begin = here.start
        for place in range(here.start, here.stop):
            so_far = rows[-1].words + place - begin
            if _begins_a_row(one, place, so_far) or _begins_a_row(other, place + there.start - here.start, so_far):
                _add_kept(rows[-1], one, other, begin, place, there.start - here.start)
                rows.append(Row(one[place].start))
                begin = place
        _add_kept(rows[-1], one, other, begin, here.stop, there.start - here.start)
    return [row for row in rows if row.words]


def differences(rows: Sequence[Row]) -> int:
    """Return in how many places the two differ."""
    return sum(max(_marked(row.one), _marked(row.other)) for row in rows)


def _marked(pieces: Sequence[Piece]) -> int:
    return sum(piece.differs for piece in pieces)


def _add_kept(row: Row, one: Sequence[Word], other: Sequence[Word], begin: int, end: int, apart: int) -> None:
    # Words that sound the same may be written otherwise; each side keeps its own.
    row.add(one[begin:end], other[begin + apart : end + apart], differs=False)


def _begins_a_row(words: Sequence[Word], place: int, so_far: int) -> bool:
    if not 0 < place < len(words) or not so_far:
        return False
    pauses = words[place].start - words[place - 1].end >= PAUSE_S
    return so_far >= _LONGEST_ROW or (pauses and so_far >= SHORTEST_PARAGRAPH)
