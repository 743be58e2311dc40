"""Stories for tests: as their folders would tell them, without the folders."""

from datetime import UTC, datetime, timedelta
from typing import Any

from admin_web.archive import About, Archive, Filter, StoryEntry, StoryFacts
from admin_web.archive.arriving import Arrival
from admin_web.archive.records.texts import Text
from kiosk.stories.records import Permissions, Word
from tests.admin_web.making import spread

BEGUN = datetime(2026, 3, 1, 9, tzinfo=UTC)
WORDS = "the lunch was warm and everybody sat together"


class Killed(BaseException):
    """The process ends here: nothing catches it."""


def story_id(number: int, station: str = "station") -> str:
    return f"{station}-{number:06d}-abcdef"


def told(number: int, draft: str | None = WORDS, *, station: str = "station", **changed: Any) -> Arrival:
    """A story of which the station's folder is there; `changed`: facts that are to be otherwise."""
    at = changed.get("started_at", BEGUN + timedelta(minutes=number))
    facts: dict[str, Any] = {
        "id": story_id(number, station),
        "sequence": number,
        "station": station,
        "language": "en-GB",
        "started_at": at,
        "clock_quality": "ntp",
        "seconds": 61.5,
        "sha256": f"{number:064x}",
        "agreed": True,
        "permissions": Permissions(words=True, voice=True),
        "sample": False,
        "words": "waiting" if draft is None else "ready",
        "taken_in_at": at,
        "listed_at": at,
    }
    return Arrival(StoryFacts(**{**facts, **changed}), draft)


def take_in(archive: Archive, *arrivals: Arrival) -> list[str]:
    """Take stories in and return their ids."""
    archive.stories.take_in(arrivals)
    return [arrival.facts.id for arrival in arrivals]


def label(archive: Archive, story: str, *tags: str, by: str = "ann") -> StoryEntry:
    """Say of a story, as it is now, which topics it is about."""
    return archive.labels.put(story, About(tags=tags), by=by, revision=archive.stories.known(story).revision)


def said(text: str) -> list[Word]:
    return spread(text.split())


def check_words(archive: Archive, story: str, text: str, *, by: str = "ann") -> Text:
    """Put the words of a story right, and confirm them."""
    known = archive.texts.get(story)
    saved = archive.texts.save(story, said(text), by=by, revision=known.revision if known else 0)
    archive.texts.confirm(story, by=by, revision=saved.revision)
    return saved


def checked_story(archive: Archive) -> str:
    """A story that may be quoted: allowed, and with words that somebody stands for; its id."""
    (story,) = take_in(archive, told(1))
    check_words(archive, story, WORDS)
    return story


def change_words(archive: Archive, story: str) -> None:
    """Put words right that somebody had confirmed: nobody stands for them any more."""
    archive.texts.save(story, said("the lunch was cold"), by="ann", revision=1)


def freeze(archive: Archive, story: str) -> None:
    archive.flags.raise_flag(story, reason="worried", by="ann")


def take_back(archive: Archive, story: str) -> None:
    """Take a story back that is kept for a lead, being frozen."""
    freeze(archive, story)
    archive.deleting.withdraw(story, by="ann")


def file_of(archive: Archive) -> bytes:
    """Every byte of the archive's file and its log."""
    log = archive.path.with_name(f"{archive.path.name}-wal")
    return archive.path.read_bytes() + (log.read_bytes() if log.exists() else b"")


def found(archive: Archive, asked: str, wanted: Filter | None = None) -> list[int]:
    return sorted(hit.entry.sequence for hit in archive.search.find(asked, 1, 100, wanted or Filter()))


def listed(archive: Archive, wanted: Filter | None = None) -> list[int]:
    return [each.sequence for each in archive.stories.page(1, 1000, wanted or Filter())]


def now_and_before(archive: Archive, story: str) -> list[str]:
    """The words of a story as they are now, and what they were before."""
    now = archive.texts.get(story)
    assert now
    return [now.text, *(each.text for each in archive.texts.versions(story))]
