"""Stories that have been kept for a while."""

from datetime import UTC, datetime, timedelta
from typing import Any

from admin_web.archive import Archive
from admin_web.archive.keeping import due
from kiosk.config import KeepingSettings
from tests.admin_web.archive.told import take_in, told

DEFAULT = KeepingSettings()
TOLD = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def put(archive: Archive, number: int = 1, **changed: Any) -> str:
    """A story as it may be after a while: `changed` are fields of its entry, decided by its folder or by people."""
    facts = {name: changed.pop(name) for name in list(changed) if name not in _PEOPLE}
    (story,) = take_in(archive, told(number, **{"started_at": TOLD, **facts}))
    with archive.transaction():
        entry = archive.stories.known(story)
        archive.stories.note(entry.model_copy(update=changed))
    return story


_PEOPLE = {"state", "heard_at", "checked_at", "frozen", "withdrawn_at", "audio_deleted_at"}


def put_checked(archive: Archive, at: datetime = TOLD, **changed: Any) -> str:
    return put(archive, state="checked", heard_at=at, checked_at=at, **changed)


def due_at(archive: Archive, now: datetime, settings: KeepingSettings = DEFAULT) -> list[tuple[str, str]]:
    return [(each.entry.id, each.what) for each in due(archive, settings, now)]
