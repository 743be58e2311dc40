"""Takes: from the first word to a kept story, or to nothing at all.

A take is a folder below `takes/`. Keeping it is one rename to `stories/`; throwing it away removes every byte;
a take that a crash left behind is repaired and kept, as *not agreed* unless a press had kept it: nothing said is lost,
nothing is used unasked.
"""

import contextlib
import hashlib
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.errors import AudioError, DiskFull, StoryDamaged
from kiosk.stories import wav
from kiosk.stories.files import UNFINISHED, move_folder, sync_folder, write_whole
from kiosk.stories.folder import STORY_ID, DataFolder, StoryFolder
from kiosk.stories.records import (
    Agreed,
    ClockQuality,
    Ending,
    Permissions,
    Proof,
    Sound,
    Story,
    Take,
    parse_record,
)

#: A folder that is being thrown away is first renamed to begin with this, so that a crash cannot bring it back.
THROWN = ".thrown-"
#: In a take or story: the clip of a spoken yes, where the station asks for one. It stays as long as the story.
CLIP = "consent.wav"
#: In a take that the visitor has agreed to keep (`agree`).
_AGREED = "agreed.json"
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
    def clip(self) -> "Clip":
        """Where a spoken yes goes."""
        return Clip(self.path / CLIP)


@dataclass(frozen=True)
class Clip:
    """A yes to the permissions that the teller has also said aloud."""

    audio: Path


def require_room(folder: DataFolder, longest_story_s: float, reserve_bytes: float) -> None:
    """Make sure that the longest story fits on the disk, before the visitor is asked to tell it.

    Raises:
        DiskFull: It does not.
    """
    needed = longest_story_s * wav.SAMPLERATE_HZ * wav.FRAME_BYTES + reserve_bytes
    free = shutil.disk_usage(folder.root).free
    if free < needed:
        raise DiskFull(
            f"The disk of {folder.root} has {free / 1e6:.0f} MB left and a story may need {needed / 1e6:.0f} MB. "
            "Copy stories elsewhere and delete what is no longer needed."
        )


def hours_of_room(folder: DataFolder, reserve_bytes: float) -> float:
    """Return how many hours of stories still fit on the disk; what stays free in any case is not counted.

    Raises:
        OSError: The folder cannot be reached.
    """
    free = max(0.0, shutil.disk_usage(folder.root).free - reserve_bytes)
    return free / (wav.SAMPLERATE_HZ * wav.FRAME_BYTES * 3600)


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
    write_whole(begun.path / "take.json", take.to_bytes())
    sync_folder(folder.takes)
    return begun


def agree(take: TakeFolder, permissions: Permissions, proof: Proof) -> None:
    """Note in a take that the visitor keeps it, and what was answered so far: a power cut now takes nothing back.

    Raises:
        OSError: It cannot be written.
    """
    write_whole(take.path / _AGREED, Agreed(permissions=permissions, proof=proof).to_bytes())


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
    for name in ("take.json", _AGREED):
        with contextlib.suppress(OSError):
            (kept.path / name).unlink()
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
    _remove(thrown)


def recover(folder: DataFolder) -> tuple[list[StoryFolder], list[str]]:
    """Look after the takes that a crash or a power cut left behind.

    Returns:
        The stories that were made of them (not agreed, unless a press had kept them already), and a sentence for each
        folder that could not be read and was left where it is.
    """
    recovered, unreadable = [], []
    for path in sorted(folder.takes.iterdir()):
        if path.name.startswith(THROWN):
            _remove(path)
        elif path.is_dir() and STORY_ID.fullmatch(path.name):
            try:
                kept = _recover_one(folder, path)
            except (OSError, StoryDamaged, AudioError) as error:
                unreadable.append(f"{path}: {error}")
                continue
            if kept:
                recovered.append(kept)
    return recovered, unreadable


def _recover_one(folder: DataFolder, path: Path) -> StoryFolder | None:
    """Keep a left take, agreed only where the visitor had pressed to keep it; None if nothing had been said yet."""
    audio = path / "audio.wav"
    if not audio.exists() or wav.frames_in(audio) == 0:
        # The power went before the first block: there is nothing in it to lose.
        _remove(path)
        return None
    take = TakeFolder(folder, _take_of(path))
    for half_written in path.glob(f".*{UNFINISHED}"):
        half_written.unlink()
    frames = wav.repair(audio)
    ended_at = datetime.fromtimestamp(audio.stat().st_mtime, UTC).astimezone()
    recording = Recording(frames=frames, overflows=0, lost_frames=0, ending="station", ended_at=ended_at)
    try:
        note = parse_record(Agreed, (path / _AGREED).read_bytes(), str(path / _AGREED))
    except (OSError, StoryDamaged):
        return keep(take, recording, agreed=False)
    spoken = take.clip.audio.exists() and wav.frames_in(take.clip.audio) > 0
    if spoken:
        wav.repair(take.clip.audio)
    return keep(take, recording, agreed=True, permissions=note.permissions, proof=note.proof, spoken=spoken)


def _take_of(path: Path) -> Take:
    try:
        return parse_record(Take, (path / "take.json").read_bytes(), str(path / "take.json"))
    except OSError as error:
        raise StoryDamaged(f"Cannot read {path / 'take.json'}: {error.strerror}.") from error


def _remove(path: Path) -> None:
    # Emptied before they are unlinked: whoever still holds a file open (the transcriber) holds nothing.
    for file in path.iterdir():
        os.truncate(file, 0)
        file.unlink()
    path.rmdir()
    sync_folder(path.parent)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear_unfinished(folder: DataFolder) -> None:
    """Remove the half-written files of a kiosk that was killed."""
    for path in folder.takes.glob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)
