"""What goes when, and what stays: counted by SQLite from its indexes, so that no story is read for it.

When the time of a story or a recording begins is `StoryEntry.kept_since` and `recording_kept_since`, which stand in
its document; how long it lasts is `keeping`'s.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import Filter
from kiosk.config import KeepingSettings

_SINCE, _RECORDING_SINCE = field("kept_since"), field("recording_kept_since")
_AGREED, _VOICE = field("agreed"), field("permissions", "voice")


@dataclass(frozen=True)
class Month:
    """What goes in one month.

    Attributes:
        first: Its first day.
        stories: How many stories go with all that belongs to them.
        recordings: Of how many stories the recording goes, and the words stay.
    """

    first: date
    stories: int
    recordings: int


@dataclass(frozen=True)
class Staying:
    """How many stories no timer deletes, and why.

    Attributes:
        frozen: A safeguarding flag is open.
        unheard: Nobody has heard them.
        undated: They were told while the station did not know the date.
    """

    frozen: int
    unheard: int
    undated: int


class Ahead:
    """The calendar of an archive."""

    def __init__(self, documents: Documents) -> None:
        self._read = documents.database.read

    def months(self, settings: KeepingSettings, wanted: Filter) -> list[Month]:
        """Return what goes when, of the stories that a filter lets through: those months in which something does.

        Stories that nobody agreed to keep are not among them: they go within days (`keeping.not_agreed`).
        """
        stories = self._stories(settings, wanted)
        recordings = self._recordings(settings, wanted)
        return [Month(first, stories[first], recordings[first]) for first in sorted({*stories, *recordings})]

    def staying(self, wanted: Filter) -> Staying:
        """Return what stays, of the stories that a filter lets through; one may be counted for several reasons."""
        tests, parameters = wanted.test()
        frozen, unheard, undated = self._read(
            f"SELECT total({field('frozen')} = 1), total({field('state')} = 'unheard'), "
            f"total({field('clock_quality')} = 'unknown') FROM doc_stories "
            f"WHERE {_SINCE} IS NULL AND {_AGREED} = 1 AND {tests}",
            parameters,
        )[0]
        return Staying(int(frozen), int(unheard), int(undated))

    def not_agreed(self) -> list[str]:
        """Return the ids of stories that nobody agreed to keep and that a timer deletes, soonest first to a day."""
        return self._ids(f"{_AGREED} = 0 AND {_SINCE} IS NOT NULL ORDER BY {_SINCE}")

    def kept_since_before(self, before: datetime) -> list[str]:
        """Return the ids of agreed stories whose time began before that day, longest first."""
        return self._ids(f"{_AGREED} = 1 AND {_SINCE} < ? ORDER BY {_SINCE}", before)

    def recordings_since_before(self, before: datetime, before_with_voice: datetime) -> list[str]:
        """Return the ids of the stories whose recording's time began before that day, longest first.

        Args:
            before: Of those whose teller did not allow the voice.
            before_with_voice: Of the others.
        """
        without = self._ids(f"{_VOICE} IS NOT 1 AND {_RECORDING_SINCE} < ? ORDER BY {_RECORDING_SINCE}", before)
        return without + self._ids(
            f"{_VOICE} = 1 AND {_RECORDING_SINCE} < ? ORDER BY {_RECORDING_SINCE}", before_with_voice
        )

    def _ids(self, test: str, *moments: datetime) -> list[str]:
        rows = self._read(f"SELECT id FROM doc_stories WHERE {test}", [each.date().isoformat() for each in moments])
        return [story_id for (story_id,) in rows]

    def _stories(self, settings: KeepingSettings, wanted: Filter) -> Counter[date]:
        tests, parameters = wanted.test()
        rows = self._read(
            f"SELECT {_SINCE}, count(*) FROM doc_stories "
            f"WHERE {tests} AND {_AGREED} = 1 AND {_SINCE} IS NOT NULL GROUP BY {_SINCE}",
            parameters,
        )
        found = Counter[date]()
        for told, count in rows:
            found[_later(told, settings.words_kept_months)] += count
        return found

    def _recordings(self, settings: KeepingSettings, wanted: Filter) -> Counter[date]:
        tests, parameters = wanted.test()
        rows = self._read(
            f"SELECT {_VOICE}, {_RECORDING_SINCE}, {_SINCE}, count(*) FROM doc_stories "
            f"WHERE {tests} AND {_RECORDING_SINCE} IS NOT NULL GROUP BY {_VOICE}, {_RECORDING_SINCE}, {_SINCE}",
            parameters,
        )
        found = Counter[date]()
        for voice, checked, told, count in rows:
            if voice:
                first = _later(checked, settings.voice_kept_months)
            else:
                first = (date.fromisoformat(checked) + timedelta(days=settings.audio_kept_days)).replace(day=1)
            # Where the story goes in the same month or before, its recording goes with it.
            if first < _later(told, settings.words_kept_months):
                found[first] += count
        return found


def _later(day: str, months: int) -> date:
    """Return the first day of the month that comes so many months after that of "2026-03-31"."""
    year, number = divmod(int(day[:4]) * 12 + int(day[5:7]) - 1 + months, 12)
    return date(year, number + 1, 1)
