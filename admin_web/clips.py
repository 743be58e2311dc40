"""The sound of quotes: cut out of what may be shared, a pause where words are left out."""

import io

from admin_web.archive import Archive, Standing
from admin_web.archive.sharing import clip, shared_sound
from kiosk.errors import AudioError, NotAllowed, StoryDamaged
from kiosk.stories.wav import FRAME_BYTES, HEADER_BYTES, SAMPLERATE_HZ, header

#: Where words are left out one hears that something is: joined without a pause, the pieces would be another sentence.
PAUSE_S = 0.6
#: Nobody quotes longer. A clip is made in memory: 10 MB at most.
LONGEST_S = 300


def clip_of(archive: Archive, standing: Standing) -> bytes:
    """Return a quote's sound as a WAV file: nothing that was taken out of its story is in it.

    Raises:
        NotAllowed: Nobody may hear it, or it is too long.
        AudioError: It cannot be read; the message says why.
    """
    if not standing.has_voice:
        raise NotAllowed(standing.why_not or "There is no sound of this quote that may be played.")
    pieces = standing.pieces
    if sum(end_s - begin_s for begin_s, end_s in pieces) > LONGEST_S:
        raise NotAllowed(f"This quote is longer than {LONGEST_S // 60} minutes. Propose a shorter one.")
    pause = bytes(round(PAUSE_S * SAMPLERATE_HZ) * FRAME_BYTES)
    try:
        source = shared_sound(archive, standing.quote.story)
        pcm = pause.join(clip(source, begin_s, end_s)[HEADER_BYTES:] for begin_s, end_s in pieces)
    except (OSError, StoryDamaged) as error:
        raise AudioError(f"The sound of quote {standing.quote.number} cannot be read: {error}") from error
    return header(len(pcm) // FRAME_BYTES) + pcm


def as_flac(wav: bytes) -> bytes:
    """Return a WAV file of ours as a FLAC file, which is about half as large and loses nothing."""
    # Loaded here: a site that hands out no sound does without its 20 MB.
    import numpy as np
    import soundfile

    flac = io.BytesIO()
    samples = np.frombuffer(wav, dtype="<i2", offset=HEADER_BYTES)
    soundfile.write(flac, samples, SAMPLERATE_HZ, format="FLAC", subtype="PCM_16")
    return flac.getvalue()
