"""Trying a model out: does it write words down, how much memory does it take, and how fast is it?"""

from dataclasses import dataclass
from pathlib import Path

from kiosk.errors import ModelError
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ
from models.machine import cpu_s, peak_memory_mb
from models.recogniser_process import LOAD_WITHIN_S, RecogniserDied, RecogniserProcess
from models.worker import REQUEST_BYTES

#: Twelve seconds of English, spoken by espeak-ng in words that every English model knows.
TEST_RECORDING = Path(__file__).parent / "test-recording.flac"


@dataclass(frozen=True)
class Trial:
    """What came out.

    Attributes:
        words: What it wrote down of the test recording.
        memory_mb: The most memory that its process held, in millions of bytes.
        real_time_factor: Seconds of one processor for each second of speech.
    """

    words: str
    memory_mb: float
    real_time_factor: float


def try_out(folder: Path, timeout_s: float = LOAD_WITHIN_S) -> Trial:
    """Let a model write down the test recording, in a process of its own: a damaged one ends the process it is in.

    Args:
        folder: The model's folder.
        timeout_s: How long loading may take, in seconds.

    Raises:
        ModelError: It is missing, incomplete, damaged or crashes; the message says what to do.
    """
    from kiosk.stories.sound_files import SoundFile, pieces

    with RecogniserProcess(folder) as process, SoundFile(TEST_RECORDING) as sound:
        process.wait_ready(timeout_s)
        before_s, heard, frames = cpu_s(process.pid), [], 0
        try:
            for pcm in pieces(sound.pcm(), REQUEST_BYTES):
                heard += process.accept(1, pcm)
                frames += len(pcm) // FRAME_BYTES
            heard += process.finish(1)
        except RecogniserDied as death:
            raise ModelError(
                f"The speech model {folder} could not write down a test recording. {death} "
                "It is damaged, or this machine has too little memory for it: get it again, or choose a smaller one."
            ) from death
        spent_s = cpu_s(process.pid) - before_s
        words = " ".join(word["word"] for word in heard)
        return Trial(words, peak_memory_mb(process.pid), spent_s / (frames / SAMPLERATE_HZ))
