"""Takes: from the first word to a kept story, or to nothing at all.

A take is a folder below `takes/`. Keeping it is one rename to `stories/`; throwing it away removes every byte. What a
crash leaves behind: `recovery.py`.
"""

import contextlib
import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.stories import wav
from kiosk.stories.files import move_folder, remove_emptied, sync_folder, write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import (
    Agreed,
    ClockQuality,
    Ending,
    Permissions,
    Proof,
    Sound,
    Story,
    Take,
)
from kiosk.stories.story_folder import StoryFolder

#: A folder that is being thrown away is first renamed to begin with this, so that a crash cannot bring it back.
THROWN = ".thrown-"
#: In a take or story: the clip of a spoken yes, where the station asks for one. It stays as long as the story.
CLIP = "consent.wav"
_SEQUENCE = re.compile(r"-(\d{6,})-[0-9a-f]{6}$")


@dataclass(frozen=True)
class Recording:
    """What the recorder knows of a take when telling has ended.

    Attributes:
        frames: How many frames `audio.wav` holds.
        overflows: How often sound came faster than it could be taken.
        lost_frames: How many frames those are known to have cost.
        ending: Why telling ended.
        ended_at: When.
        sound: How it sounds; None, nobody listened along.
    """

    frames: int
    overflows: int
    lost_frames: int
    ending: Ending
    ended_at: datetime
    sound: Sound | None = None

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / wav.SAMPLERATE_HZ


@dataclass(frozen=True)
class TakeFolder:
    """A story being told."""

    folder: DataFolder
    take: Take

    @property
    def path(self) -> Path:
        """Where it is while nobody has agreed to it."""
        return self.folder.takes / self.take.id

    @property
    def audio(self) -> Path:
        """The growing recording."""
        return self.path / "audio.wav"

    @property
    def record(self) -> Path:
        """What is known of it from its beginning: a `Take`."""
        return self.path / "take.json"

    @property
    def agreed(self) -> Path:
        """The note that the visitor keeps it, once there is one (`agree`)."""
        return self.path / "agreed.json"

    @property
    def clip(self) -> "Clip":
        """Where a spoken yes goes."""
        return Clip(self.path / CLIP)


@dataclass(frozen=True)
class Clip:
    """A yes to the permissions that the teller has also said aloud."""

    audio: Path


def begin(
    folder: DataFolder,
    *,
    station: str,
    language: str,
    clock_quality: ClockQuality,
    microphone: str,
    question: str = "",
    question_kind: str = "tell",
    choice: str = "",
    sample: bool = False,
) -> TakeFolder:
    """Make the folder of a new take, with its number.

    Raises:
        OSError: It cannot be written.
    """
    sequence = next_sequence(folder.takes / "sequence", folder.takes, folder.stories)
    take = Take(
        id=f"{station}-{sequence:06d}-{secrets.token_hex(3)}",
        sequence=sequence,
        station=station,
        language=language,
        started_at=datetime.now(UTC).astimezone(),
        clock_quality=clock_quality,
        microphone=microphone,
        question=question,
        question_kind=question_kind,
        choice=choice,
        sample=sample,
    )
    begun = TakeFolder(folder, take)
    begun.path.mkdir(mode=0o700)
    write_whole(begun.record, take.to_bytes())
    sync_folder(folder.takes)
    return begun


def agree(take: TakeFolder, permissions: Permissions, proof: Proof) -> None:
    """Note in a take that the visitor keeps it, and what was answered so far: a power cut now takes nothing back.

    Raises:
        OSError: It cannot be written.
    """
    write_whole(take.agreed, Agreed(permissions=permissions, proof=proof).to_bytes())


def keep(
    take: TakeFolder,
    recording: Recording,
    *,
    agreed: bool,
    permissions: Permissions | None = None,
    proof: Proof | None = None,
    card: str = "",
    spoken: bool = False,
) -> StoryFolder:
    """Turn a take into a story. On return it survives a power cut.

    Args:
        take: The take; nothing writes to it any more.
        recording: What the recorder knows of it.
        agreed: Whether the visitor pressed to keep it.
        permissions: What the visitor answered; None, nothing was asked.
        proof: What was said and asked before the answers.
        card: The story number that the visitor is told.
        spoken: There is a clip of a spoken yes; without this, what is there of one is removed.

    Raises:
        OSError: It cannot be written; the take stays where it was.
    """
    clip = take.clip.audio
    if not spoken:
        clip.unlink(missing_ok=True)
    story = Story(
        **take.take.model_dump(),
        ended_at=recording.ended_at,
        ending=recording.ending,
        frames=recording.frames,
        samplerate_hz=wav.SAMPLERATE_HZ,
        overflows=recording.overflows,
        lost_frames=recording.lost_frames,
        sha256=_sha256(take.audio),
        agreed=agreed,
        permissions=permissions or Permissions(),
        proof=proof,
        card=card,
        sound=recording.sound,
        consent_sha256=_sha256(clip) if spoken else None,
    )
    write_whole(take.path / "story.json", story.to_bytes())
    kept = StoryFolder(take.folder.stories / story.id)
    move_folder(take.path, kept.path)
    # They say nothing that story.json does not say; until the rename they were the record of a take cut short.
    for path in (take.record, take.agreed):
        with contextlib.suppress(OSError):
            (kept.path / path.name).unlink()
    return kept


def next_sequence(counter: Path, *folders: Path) -> int:
    """Count on, and make the count survive: a number is never given twice, also when its take was thrown away.

    Args:
        counter: The file with the last number.
        folders: Where the takes and stories are whose names are counted from, should the file be lost or garbled.

    Raises:
        OSError: It cannot be written.
    """
    try:
        last = int(counter.read_bytes())
    except (OSError, ValueError):
        names = [name for folder in folders for name in os.listdir(folder)]
        last = max((int(found[1]) for name in names if (found := _SEQUENCE.search(name))), default=0)
    write_whole(counter, b"%d\n" % (last + 1))
    return last + 1


def throw_away(take: TakeFolder) -> None:
    """Remove every byte of a take at once.

    Raises:
        OSError: It cannot be removed; try again. After a crash the next start of the kiosk finishes the work.
    """
    thrown = take.folder.takes / f"{THROWN}{take.take.id}"
    if not thrown.exists():
        take.path.rename(thrown)
        sync_folder(take.folder.takes)
    remove_emptied(thrown)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
