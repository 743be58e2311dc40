"""How the station is: what its processes say of themselves, its microphone, disk, heat and clock."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from admin_web.archive import Account, Archive, Filter, StoryEntry
from kiosk.errors import StoryDamaged
from kiosk.stories.folder import DataFolder
from kiosk.stories.loudness import MUTED_DBFS, QUIET_DBFS, peak_dbfs
from kiosk.stories.own_voice import sound_in
from kiosk.stories.records import Sound
from kiosk.stories.room import hours_of_room
from kiosk.stories.status import read_status

_ZONES = Path("/sys/class/thermal")
#: A Raspberry Pi slows itself down from here on.
HOT_C = 80.0
#: Less room than this, and it is time to do something: about what a busy day brings.
LITTLE_ROOM_H = 8.0
#: Speech below this (dB below full scale) is hard to make out for people and for the speech model.
_SOFT_DBFS = -45.0
#: So near to full scale it crackles.
_LOUD_DBFS = -0.5
#: So many of the newest stories tell how loud people are.
_STORIES = 5
_STORIES_LOOKED_AT = 25


@dataclass(frozen=True)
class Level:
    """How loud something is.

    Attributes:
        dbfs: In dB below full scale.
        told: What that means, in a few words.
        good: Nothing need be done.
    """

    dbfs: float
    told: str
    good: bool


@dataclass(frozen=True)
class Written:
    """How far writing down has come.

    Attributes:
        model: Name of the speech model; "none" if people type; empty: not known.
        now: The story that is being written down.
        waiting: Those after it that this person may know of.
        queued: How many wait in all.
        behind_s: How much sound was not listened to yet, in seconds.
    """

    model: str
    now: StoryEntry | None
    waiting: tuple[StoryEntry, ...]
    queued: int
    behind_s: float


def level_of(sound: Sound) -> Level:
    """Return how loud somebody spoke in a story."""
    if sound.peak_dbfs > _LOUD_DBFS:
        return Level(sound.speech_dbfs, "too loud: it crackles", good=False)
    if sound.speech_s == 0:
        return Level(sound.speech_dbfs, "nobody was heard", good=False)
    soft = sound.speech_dbfs < _SOFT_DBFS
    return Level(sound.speech_dbfs, "soft: hard to understand" if soft else "clear", good=not soft)


def level_in(wav: bytes) -> Level:
    """Return how loud a test recording is at its loudest.

    Raises:
        RecordingUnfit: It is no WAV file of the station.
    """
    peak = max(-96.0, peak_dbfs(sound_in(wav)))
    if peak < MUTED_DBFS:
        return Level(peak, "It gives only silence. Is it muted, or its cable loose?", good=False)
    if peak < QUIET_DBFS:
        return Level(peak, "Very quiet. If somebody spoke, turn it up or move it nearer.", good=False)
    if peak > _LOUD_DBFS:
        return Level(peak, "Too loud: it crackles. Turn it down, or move it away.", good=False)
    return Level(peak, "Loud enough for speech.", good=True)


def lately_told(archive: Archive, folder: DataFolder, me: Account) -> list[tuple[StoryEntry, Level]]:
    """Return how loud the newest stories are, as far as this person may see them."""
    found: list[tuple[StoryEntry, Level]] = []
    for entry in archive.stories.page(1, _STORIES_LOOKED_AT, Filter.seen_by(me)):
        with contextlib.suppress(StoryDamaged):
            if len(found) < _STORIES and (sound := folder.story(entry.id).story().sound):
                found.append((entry, level_of(sound)))
    return found


def written(archive: Archive, folder: DataFolder, me: Account) -> Written:
    """Return how far writing down has come."""
    status = read_status(folder, "transcriber") or {}

    def entry_of(story_id: Any) -> StoryEntry | None:
        entry = archive.stories.get(story_id) if isinstance(story_id, str) else None
        return entry if entry and entry.is_seen_by(me) else None

    queue = status.get("queue")
    waiting = [entry_of(each) for each in queue] if isinstance(queue, list) else []
    return Written(
        model=str(status.get("model") or ""),
        now=entry_of(status.get("working_on")),
        waiting=tuple(each for each in waiting if each),
        queued=_number(status.get("queued")),
        behind_s=_number(status.get("seconds_behind")),
    )


def temperature_c(zones: Path = _ZONES) -> float | None:
    """Return how hot the machine is, in degrees Celsius; None where it does not tell."""
    found: list[float] = []
    with contextlib.suppress(OSError):
        for zone in zones.glob("thermal_zone*/temp"):
            with contextlib.suppress(OSError, ValueError):
                found.append(int(zone.read_text()) / 1000)
    return max(found, default=None)


def room_h(folder: DataFolder, reserve_mb: float) -> float | None:
    """Return how many hours of stories still fit on the disk; None if it cannot be reached."""
    try:
        return hours_of_room(folder, reserve_mb * 1e6)
    except OSError:
        return None


def local_now() -> datetime:
    """Return what this machine's clock says, with its time zone."""
    return datetime.now().astimezone()


def _number(told: Any) -> int:
    return int(told) if isinstance(told, int | float) else 0
