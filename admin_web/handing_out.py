"""Quotes as a zip file that is made while it is sent: a table of them, and their sound where tellers allowed it.

However many there are, no more than one clip is in memory. Each quote is looked at once more right before it goes in.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_web.archive import Archive, Export, Standing
from admin_web.archive.export import Part, zipped
from admin_web.archive.export.csv_rows import BYTE_ORDER_MARK, csv_row, without_formula
from admin_web.clips import as_flac, clip_of
from admin_web.sending import unhurried
from kiosk.errors import AudioError, NotAllowed

Sound = Literal["none", "wav", "flac"]
TABLE, READ_ME = "quotes.csv", "read-me.txt"
COLUMNS = ("number", "quote", "what we think it means", "topics", "question", "language", "clip", "who said yes")
_READ_ME = """Quotes from Sayso, export {number}, {day}.

What it is for: {reason}

Each quote is what somebody said, in their own words. "…" stands where words are left out. [Brackets] hold words that
we added. "What we think it means" is ours, not theirs. A tone in the sound covers a name.

Please do not try to find out who said it. A teller can take a story back at any time: then we write to you with the
number of the quote, and you delete it.
"""
_PIECE_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handout:
    """What is to be handed out.

    Attributes:
        archive: Where it comes from.
        export: What the archive remembers of it.
        sound: Whether clips go with it, and of what kind.
        now: When; for the files in it, in this machine's time zone.
    """

    archive: Archive
    export: Export
    sound: Sound
    now: datetime

    def stream(self) -> Iterator[bytes]:
        """Go through the bytes of the zip file. What went in by its end is what the archive remembers."""
        return unhurried(zipped(self._parts(), self.now))

    def _parts(self) -> Iterator[Part]:
        clips, went = dict[int, str](), set[int]()
        numbers = [part.quote for part in self.export.parts]
        for standing in self.archive.quotes.ready(numbers) if self.sound != "none" else ():
            number, sound = standing.quote.number, self._sound_of(standing)
            if sound:
                went.add(number)
                # Nothing that anybody typed is in the name, so that no program can be led astray by it.
                clips[number] = f"clips/quote-{number}.{self.sound}"
                # In small parts: what is given to the server at once, and cannot be sent at once, waits.
                pieces = (sound[at : at + _PIECE_BYTES] for at in range(0, len(sound), _PIECE_BYTES))
                yield Part(clips[number], pieces, packed=False)
        yield Part(TABLE, self._table(numbers, clips, went))
        told = _READ_ME.format(number=self.export.number, day=f"{self.now:%Y-%m-%d}", reason=self.export.reason)
        yield Part(READ_ME, [told.encode()])
        # Before the last bytes: who has them all has nothing that is not remembered.
        self.archive.exports.finish(self.export.number, went)

    def _table(self, numbers: list[int], clips: Mapping[int, str], went: set[int]) -> Iterator[bytes]:
        """Go through the table of the quotes, and note in `went` which are in it."""
        topics = {tag: topic.words for tag, topic in self.archive.tags.by_id().items()}
        yield (BYTE_ORDER_MARK + csv_row(COLUMNS, quoted=True)).encode()
        for standing in self.archive.quotes.ready(numbers):
            went.add(standing.quote.number)
            cells = cells_of(standing, clips.get(standing.quote.number, ""), topics)
            yield csv_row([without_formula(cell) for cell in cells], quoted=True).encode()

    def _sound_of(self, standing: Standing) -> bytes:
        """Return a quote's sound; nothing if there is none that may be heard."""
        if not standing.has_voice:
            return b""
        try:
            sound = clip_of(self.archive, standing)
        except (NotAllowed, AudioError) as error:
            _log.warning("No clip in export %s: %s", self.export.number, error)
            return b""
        return as_flac(sound) if self.sound == "flac" else sound


def cells_of(standing: Standing, clip: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return a quote's row of the table, in the order of `COLUMNS`. It says neither who nor where nor when."""
    quote, entry = standing.quote, standing.entry
    # Of two that were merged a story may have both.
    topics = ", ".join(dict.fromkeys(names[tag] for tag in entry.tags if tag in names))
    decided = quote.decided
    who = f"a lead, because: {decided.reason}" if decided and decided.overrides else "the group"
    return str(quote.number), quote.text, quote.note, topics, entry.question, entry.language, clip, who
