"""What a crash or a power cut left of takes.

A take that was left is repaired and kept, as *not agreed* unless a press had kept it: nothing said is lost, nothing is
used unasked.
"""

from datetime import UTC, datetime
from pathlib import Path

from kiosk.errors import AudioError, StoryDamaged
from kiosk.stories import wav
from kiosk.stories.files import UNFINISHED, remove_emptied
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Agreed, Take, parse_record
from kiosk.stories.story_folder import STORY_ID, StoryFolder
from kiosk.stories.takes import THROWN, Recording, TakeFolder, keep


def recover(folder: DataFolder) -> tuple[list[StoryFolder], list[str]]:
    """Look after the takes that a crash or a power cut left behind.

    Returns:
        The stories that were made of them (not agreed, unless a press had kept them already), and a sentence for each
        folder that could not be read and was left where it is.
    """
    for half_written in folder.takes.glob(f".*{UNFINISHED}"):
        half_written.unlink(missing_ok=True)
    recovered, unreadable = [], []
    for path in sorted(folder.takes.iterdir()):
        if path.name.startswith(THROWN):
            remove_emptied(path)
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
    audio, agreed = path / "audio.wav", path / "agreed.json"
    if not agreed.exists() and (not audio.exists() or wav.frames_in(audio) == 0):
        # The power went before the first block: there is nothing in it to lose. (What was agreed to without a sound is
        # an answer that was chosen.)
        remove_emptied(path)
        return None
    take = TakeFolder(folder, _take_of(path))
    for half_written in path.glob(f".*{UNFINISHED}"):
        half_written.unlink()
    frames = wav.repair(audio)
    ended_at = datetime.fromtimestamp(audio.stat().st_mtime, UTC).astimezone()
    recording = Recording(frames=frames, overflows=0, lost_frames=0, ending="station", ended_at=ended_at)
    try:
        note = parse_record(Agreed, take.agreed.read_bytes(), str(take.agreed))
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
