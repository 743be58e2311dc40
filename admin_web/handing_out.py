"""Quotes as a zip file that is made while it is sent: a table of them, and their sound where tellers allowed it.

However many there are, no more than one clip is in memory. Each quote is looked at once more right before it goes in.
"""

import csv
import io
import logging
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_web.archive import Archive, Export, Standing
from admin_web.clips import as_flac, clip_of
from kiosk.errors import AudioError, NotAllowed

Sound = Literal["none", "wav", "flac"]
TABLE, READ_ME = "quotes.csv", "read-me.txt"
COLUMNS = ("number", "quote", "what we think it means", "topics", "question", "language", "clip", "who said yes")
#: Programs that open tables take a cell that begins so for a formula, and run it (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_READ_ME = """Quotes from Sayso, export {number}, {day}.

What it is for: {reason}

Each quote is what somebody said, in their own words. "…" stands where words are left out. [Brackets] hold words that
we added. "What we think it means" is ours, not theirs. A tone in the sound covers a name.

Please do not try to find out who said it. A teller can take a story back at any time: then we write to you with the
number of the quote, and you delete it.
"""
_PART_BYTES = 64 * 1024
_log = logging.getLogger(__name__)


class _Outlet(io.RawIOBase):
    """A file that only grows: what was written can be taken out of it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload] # whatever zipfile hands over
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


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
        outlet, clips, went = _Outlet(), dict[int, str](), set[int]()
        numbers = [part.quote for part in self.export.parts]
        topics = {tag: topic.words for tag, topic in self.archive.tags.by_id().items()}
        with zipfile.ZipFile(outlet, "w") as packed:
            for standing in self.archive.quotes.ready(numbers) if self.sound != "none" else ():
                number, sound = standing.quote.number, self._sound_of(standing)
                if sound:
                    went.add(number)
                    # Nothing that anybody typed is in the name, so that no program can be led astray by it.
                    clips[number] = f"clips/quote-{number}.{self.sound}"
                    with packed.open(self._info(clips[number], zipfile.ZIP_STORED), "w") as clip:
                        # In small parts: what is given to the server at once, and cannot be sent at once, waits.
                        for at in range(0, len(sound), _PART_BYTES):
                            clip.write(sound[at : at + _PART_BYTES])
                            yield outlet.take()
            with packed.open(self._info(TABLE, zipfile.ZIP_DEFLATED), "w") as table:
                table.write(_row(COLUMNS).encode("utf-8-sig"))
                for standing in self.archive.quotes.ready(numbers):
                    went.add(standing.quote.number)
                    clip_name = clips.get(standing.quote.number, "")
                    table.write(_row(cells_of(standing, clip_name, topics)).encode())
                    yield outlet.take()
            told = _READ_ME.format(number=self.export.number, day=f"{self.now:%Y-%m-%d}", reason=self.export.reason)
            packed.writestr(self._info(READ_ME, zipfile.ZIP_DEFLATED), told)
        # Before the last bytes: who has them all has nothing that is not remembered.
        self.archive.exports.finish(self.export.number, went)
        yield outlet.take()

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

    def _info(self, name: str, how: int) -> zipfile.ZipInfo:
        # A zip file knows no time before 1980.
        year = min(max(self.now.year, 1980), 2107)
        info = zipfile.ZipInfo(name, (year, *self.now.timetuple()[1:6]))
        info.compress_type, info.external_attr = how, 0o600 << 16
        return info


def cells_of(standing: Standing, clip: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return a quote's row of the table, in the order of `COLUMNS`. It says neither who nor where nor when."""
    quote, entry = standing.quote, standing.entry
    # Of two that were merged a story may have both.
    topics = ", ".join(dict.fromkeys(names[tag] for tag in entry.tags if tag in names))
    decided = quote.decided
    who = f"a lead, because: {decided.reason}" if decided and decided.overrides else "the group"
    return str(quote.number), quote.text, quote.note, topics, entry.question, entry.language, clip, who


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([without_formula(cell) for cell in cells])
    return line.getvalue()


def without_formula(cell: str) -> str:
    """Return a cell that no program takes for a formula: an apostrophe before it says that it is text."""
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA) else cell
