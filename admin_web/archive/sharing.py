"""What of a story may go to others than staff: the one door through which quotes, clips, groups and packs get it.

Whatever was taken out of a story is not in what comes out here: neither the words nor a sample of their sound.
"""

import struct
from pathlib import Path

from admin_web.archive.archive import Archive
from admin_web.archive.permitted import why_not_voice, why_not_words
from admin_web.archive.redacted_sound import FADE_S, require_recording
from kiosk.errors import NotAllowed
from kiosk.stories.records import Word
from kiosk.stories.wav import FRAME_BYTES, HEADER_BYTES, SAMPLERATE_HZ, header


def shared_words(archive: Archive, story_id: str) -> tuple[Word, ...]:
    """Return a story's checked words as others may read them, with times in seconds.

    Raises:
        NotAllowed: Its teller did not allow it or has taken it back, it is frozen, nobody has checked its words as they
            are now, or there is none.
    """
    if reason := why_not_words(archive.stories.known(story_id)):
        raise NotAllowed(f"The words of {story_id} are not for others, because {reason}.")
    text = archive.texts.get(story_id)
    return text.words if text else ()


def shared_sound(archive: Archive, story_id: str) -> Path:
    """Return the recording of a story as others may hear it: with a tone where words were taken out.

    The file is complete and was looked at: each such place holds the tone and nothing else. Open it soon, and ask again
    for each export.

    Raises:
        NotAllowed: As `shared_words`, or its teller did not allow the voice, or the recording was deleted.
        StoryDamaged: The recording is damaged.
        OSError: The file could not be made (disk full).
    """
    if reason := why_not_voice(archive.stories.known(story_id)):
        raise NotAllowed(f"The recording of {story_id} is not for others, because {reason}.")
    return archive.redacted_files.sound(story_id)


def clip(source: Path, start_s: float, end_s: float) -> bytes:
    """Cut a piece out of what `shared_sound` has returned, sample-exact but for a fade of 5 ms at both ends.

    Args:
        source: The WAV file.
        start_s: Where it begins, in seconds; before the beginning of the recording is its beginning.
        end_s: Where it ends; behind the end of the recording is its end.

    Returns:
        A whole WAV file; 32 kB for each second.

    Raises:
        NotAllowed: There is no sound between the two.
        StoryDamaged: The file is no recording.
        OSError: It cannot be read.
    """
    if not 0 < end_s - start_s < float("inf"):
        raise NotAllowed("There is no sound to cut out: it would end before it begins.")
    frames = require_recording(source)
    begin, end = (min(frames, max(0, round(at_s * SAMPLERATE_HZ))) for at_s in (start_s, end_s))
    with source.open("rb") as file:
        file.seek(HEADER_BYTES + begin * FRAME_BYTES)
        pcm = file.read((end - begin) * FRAME_BYTES)
    if not pcm:
        raise NotAllowed("There is no sound to cut out: the recording is shorter than that.")
    return header(len(pcm) // FRAME_BYTES) + _faded(pcm)


def _faded(pcm: bytes) -> bytes:
    """Let a piece come and go softly, or its cut edges would click."""
    frames = len(pcm) // FRAME_BYTES
    edge = min(round(FADE_S * SAMPLERATE_HZ), frames // 2)
    first, last = pcm[: edge * FRAME_BYTES], pcm[(frames - edge) * FRAME_BYTES :]
    risen = [sample * n // edge for n, sample in enumerate(struct.unpack(f"<{edge}h", first))]
    fallen = [sample * (edge - 1 - n) // edge for n, sample in enumerate(struct.unpack(f"<{edge}h", last))]
    between = pcm[edge * FRAME_BYTES : (frames - edge) * FRAME_BYTES]
    return struct.pack(f"<{edge}h", *risen) + between + struct.pack(f"<{edge}h", *fallen)
