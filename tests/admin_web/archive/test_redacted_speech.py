"""Words of which the true times are known: the tone covers them wholly, and the rest stays as it was."""

import struct

import numpy as np
import pytest

from admin_web.archive import Archive
from admin_web.archive.arriving import read_arrival
from kiosk.stories.folder import DataFolder
from kiosk.stories.records import Permissions, Word
from kiosk.stories.wav import HEADER_BYTES, SAMPLERATE_HZ, header
from models.model_files import model_folder
from models.recogniser import CHUNK_BYTES, HeardWord, Vosk
from models.training.espeak import RATE, espeak
from tests.admin_web.archive.told import take_in
from tests.admin_web.making import change_story, make_story, write_words

SAID = "My brother comes on Sunday and we go to the park with the dog."


def heard(recogniser: Vosk, pcm: bytes) -> list[HeardWord]:
    listening = recogniser.recogniser()
    words = [word for at in range(0, len(pcm), CHUNK_BYTES) for word in listening.accept(pcm[at : at + CHUNK_BYTES])]
    return words + listening.finish()


@pytest.mark.parametrize("voice", ["gmw/en-GB-x-rp", "gmw/en+f3"])
def test_the_tone_covers_the_true_word_by_the_times_of_the_recogniser(
    folder: DataFolder, archive: Archive, voice: str
) -> None:
    spoken = espeak().speak(SAID, voice, speed=150)
    count = len(spoken.samples) * SAMPLERATE_HZ // RATE
    places = np.arange(count) * RATE / SAMPLERATE_HZ
    pcm = np.interp(places, np.arange(len(spoken.samples)), spoken.samples).astype("<i2").tobytes()
    recogniser = Vosk(model_folder("starter"))
    words = heard(recogniser, pcm)
    kept = make_story(folder, None)
    kept.audio.write_bytes(header(count) + pcm)
    change_story(kept, frames=count, permissions=Permissions(words=True, voice=True))
    write_words(kept, [Word.model_validate(word) for word in words])
    take_in(archive, read_arrival(folder, kept.id))

    true_starts = [at_s for at_s, _ in spoken.words]
    place = [word["word"] for word in words].index("brother")
    made = archive.redactions.redact(kept.id, place, place, "relative", by="ann", revision=0)
    # In the sentence it is the second word.
    assert made.start <= true_starts[1] and true_starts[2] <= made.end
    covered = archive.redacted_files.sound(kept.id).read_bytes()[HEADER_BYTES:]
    begin, end = int(made.start * SAMPLERATE_HZ) * 2, -int(-made.end * SAMPLERATE_HZ // 1) * 2
    assert covered[:begin] == pcm[:begin] and covered[end:] == pcm[end:]
    assert max(abs(sample) for (sample,) in struct.iter_unpack("<h", covered[begin:end])) == 1642
    after = [word["word"] for word in heard(recogniser, covered)]
    assert "brother" not in after
    assert {"sunday", "park"} <= set(after)
