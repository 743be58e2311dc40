"""The words of a story as its page shows them: what people made of them, or the machine's draft."""

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from admin_web.archive import Passage as Piece
from admin_web.archive import Text, Words
from admin_web.transcripts import Paragraph, paragraphs
from kiosk.errors import StoryDamaged
from kiosk.stories.records import Word
from kiosk.stories.spelling import TYPED
from kiosk.stories.story_folder import StoryFolder


@dataclass(frozen=True)
class Passage:
    """The words of a story as far as they are.

    Attributes:
        state: Whether they are there.
        words: Each with its time in the recording.
        text: All of them; also where there are no times.
        failed: Why there are none.
        revision: Of the text.
        by: Id of the account that saved it last; empty: it is a machine's draft.
        at: When that was.
        guessed: Nobody knows when each word was said.
        found: Which words were looked for, by their places in `words`.
        pieces: The text in pieces, those marked that were looked for; empty if nothing was.
    """

    state: Words
    words: Sequence[Word] = ()
    text: str = ""
    failed: str = ""
    revision: int = 0
    by: str = ""
    at: datetime | None = None
    guessed: bool = False
    found: frozenset[int] = frozenset()
    pieces: tuple[Piece, ...] = ()

    @cached_property
    def paragraphs(self) -> list[Paragraph]:
        """The words as they were said, a paragraph to each pause."""
        return paragraphs(self.words, self.found)

    @property
    def doubtful(self) -> bool:
        """Whether the computer was unsure of any word."""
        return any(word.doubtful for each in self.paragraphs for word in each.words)

    @property
    def typed_in(self) -> str:
        """The words as somebody types in them, an empty line between paragraphs."""
        return "\n\n".join(" ".join(word.text for word in each.words) for each in self.paragraphs) or self.text

    def marked(self, pieces: tuple[Piece, ...]) -> "Passage":
        """Return it with those words marked that a search has found, whole words even where it found a part."""
        text = "".join(piece.text for piece in pieces)
        is_found = list(itertools.chain.from_iterable([piece.found] * len(piece.text) for piece in pieces))
        said = [any(is_found[word.start() : word.end()]) for word in TYPED.finditer(text)]
        # The index follows the words in the same moment, but a draft's stand in a file, which somebody may exchange.
        fits = len(said) == len(self.words)
        found = frozenset(place for place, each in enumerate(said) if each) if fits else frozenset[int]()
        return replace(self, found=found, pieces=pieces)


def passage_of(folder: StoryFolder, text: Text | None) -> Passage:
    """Return a story's words; `text` is what the archive has of them.

    A story whose transcript is damaged has none, and `failed` says so.
    """
    if text and not text.is_draft:
        revision, guessed = text.revision, text.guessed
        return Passage("ready", text.words, text.text, revision=revision, by=text.by, at=text.at, guessed=guessed)
    try:
        transcript = folder.draft(text.draft_number) if text else folder.transcript()
    except StoryDamaged as error:
        # Where the data folder lies is no help on a web page.
        return Passage("failed", failed=str(error).replace(f"{folder.path.parents[1]}/", ""))
    if transcript is None:
        return Passage("waiting")
    if transcript.failed:
        return Passage("failed", failed=transcript.failed)
    return Passage("ready", transcript.words, transcript.text, revision=text.revision if text else 0)


def heard_words(folder: StoryFolder, text: Text | None) -> list[Word]:
    """Return the words whose times typed ones get: the present ones, and heard ones that were taken out since."""
    draft = passage_of(folder, None).words
    # Times that are a guess are worth nothing beside those that a computer has heard since.
    present = () if text and text.guessed else passage_of(folder, text).words
    starts = [word.start for word in present]
    # Whoever undoes what they took out, minutes and savings later, finds every word where it was.
    taken_out = [word for word in draft if not _meets(word, present, bisect_right(starts, word.start))]
    return sorted([*present, *taken_out], key=lambda word: word.start)


def _meets(word: Word, others: Sequence[Word], place: int) -> bool:
    """Say whether a word was said at the same time as one of the `others`, among which it would stand at `place`."""
    return any(
        each.start == word.start or (each.start < word.end and word.start < each.end)
        for each in others[max(0, place - 1) : place + 1]
    )
