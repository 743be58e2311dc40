"""Stories of noise: as large as real ones, and made at once."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from kiosk.stories import takes
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions, Transcript
from kiosk.stories.story_folder import StoryFolder
from kiosk.stories.wav import SAMPLERATE_HZ, WavWriter
from tests.admin_web.making import spread

_AT_ONCE_S = 60


def noise_story(data: DataFolder, seconds: int, words: Sequence[str]) -> StoryFolder:
    """Keep a story of so many seconds in which these words are said, evenly; all of it may be used."""
    take = takes.begin(data, station="hall", language="en-GB", clock_quality="ntp", microphone="test", sample=False)
    writer, chance = WavWriter(take.audio), np.random.default_rng(take.take.sequence)
    for at in range(0, seconds, _AT_ONCE_S):
        frames = min(_AT_ONCE_S, seconds - at) * SAMPLERATE_HZ
        writer.append(chance.integers(-9000, 9000, frames, dtype=np.int16).tobytes())
    writer.close()
    recording = takes.Recording(writer.frames, 0, 0, "press", datetime.now(UTC))
    kept = takes.keep(take, recording, agreed=True, permissions=Permissions(words=True, voice=True))
    said = spread(words, word_s=seconds / len(words))
    transcript = Transcript(model="starter", text=" ".join(words), words=tuple(said), seconds=2.0, failed=None)
    write_whole(kept.transcript_path, transcript.to_bytes())
    return kept
