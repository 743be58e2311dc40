"""What goes when, by the rules of `keeping`, and what stays: counted by SQLite, so that no story is read for it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from admin_web.archive.conditions import field
from admin_web.archive.documents import Documents
from admin_web.archive.filters import Filter
from kiosk.config import KeepingSettings

#: What no timer deletes, as `keeping` has it.
_MAY_GO = f"coalesce({field('frozen')},0) = 0 AND {field('clock_quality')} <> 'unknown' AND {field('agreed')} = 1"
#: The month in which a story was told, where it was told: "2026-03".
_TOLD = f"substr({field('started_at')},1,7)"


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
            f"total({field('clock_quality')} = 'unknown') FROM doc_stories WHERE {field('agreed')} = 1 AND {tests}",
            parameters,
        )[0]
        return Staying(int(frozen), int(unheard), int(undated))

    def _stories(self, settings: KeepingSettings, wanted: Filter) -> Counter[date]:
        tests, parameters = wanted.test()
        rows = self._read(
            f"SELECT {_TOLD}, count(*) FROM doc_stories "
            f"WHERE {tests} AND {_MAY_GO} AND {field('state')} <> 'unheard' GROUP BY 1",
            parameters,
        )
        return Counter({_later(month, settings.words_kept_months): count for month, count in rows})

    def _recordings(self, settings: KeepingSettings, wanted: Filter) -> Counter[date]:
        tests, parameters = wanted.test()
        rows = self._read(
            f"SELECT {_TOLD}, substr({field('checked_at')},1,10), {field('permissions', 'voice')}, count(*) "
            f"FROM doc_stories WHERE {tests} AND {_MAY_GO} AND {field('state')} = 'checked' "
            f"AND {field('audio_deleted_at')} IS NULL AND {field('checked_at')} IS NOT NULL GROUP BY 1, 2, 3",
            parameters,
        )
        found = Counter[date]()
        for told, checked, voice, count in rows:
            if voice:
                first = _later(checked[:7], settings.voice_kept_months)
            else:
                first = (date.fromisoformat(checked) + timedelta(days=settings.audio_kept_days)).replace(day=1)
            # Where the story goes in the same month or before, its recording goes with it.
            if first < _later(told, settings.words_kept_months):
                found[first] += count
        return found


def _later(month: str, months: int) -> date:
    """Return the first day of the month that comes so many months after "2026-03"."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:7]) - 1 + months, 12)
    return date(year, number + 1, 1)
