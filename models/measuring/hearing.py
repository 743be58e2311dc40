"""Letting models hear recordings of which is known what was said."""

from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk.errors import AudioError, ModelError
from kiosk.stories.sound_files import SoundFile, pieces
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ
from models.machine import cpu_s
from models.measuring.loudness import snr_db
from models.measuring.references import Reference
from models.measuring.scores import Heard
from models.recogniser_process import RecogniserDied, RecogniserProcess
from models.worker import REQUEST_BYTES

#: What is kept of a recording to tell how noisy it is, in bytes: its first ten minutes.
_LOOKED_AT = 600 * SAMPLERATE_HZ * FRAME_BYTES


def hear_all(
    model: Path,
    references: Sequence[Reference],
    heard_one: Callable[[], None] = lambda: None,
    passed_over: Callable[[Reference, str], None] = lambda reference, why: None,
) -> list[Heard]:
    """Let a model hear recordings, one after the other, in a process of its own.

    Args:
        model: Its folder.
        references: What to hear.
        heard_one: Called after each.
        passed_over: Told of each that cannot be heard, and why.

    Raises:
        ModelError: The model cannot be used.
    """
    found: list[Heard] = []
    process: RecogniserProcess | None = None
    try:
        for number, reference in enumerate(references):
            process = process or RecogniserProcess(model)
            process.wait_ready()
            try:
                found.append(hear(process, number, reference))
            except AudioError as error:
                process.drop(number)
                passed_over(reference, str(error))
            except RecogniserDied as death:
                process.close()
                process = None
                if not death.crashed:
                    raise ModelError(f"{death} Most likely this machine has too little memory for {model}.") from death
                passed_over(reference, f"{death} The recogniser cannot be used on it.")
            heard_one()
    finally:
        if process:
            process.close()
    return found


def hear(process: RecogniserProcess, number: int, reference: Reference) -> Heard:
    """Let a loaded model hear one recording.

    Raises:
        AudioError: It cannot be read.
        RecogniserDied: The recogniser stopped over it.
    """
    words, kept, size = [], bytearray(), 0
    before_s = cpu_s(process.pid)
    with SoundFile(reference.audio) as sound:
        for pcm in pieces(sound.pcm(), REQUEST_BYTES):
            words += process.accept(number, pcm)
            size += len(pcm)
            if len(kept) < _LOOKED_AT:
                kept += pcm
    words += process.finish(number)
    return Heard(
        reference.name,
        reference.words,
        words,
        size / FRAME_BYTES / SAMPLERATE_HZ,
        cpu_s(process.pid) - before_s,
        reference.times,
        snr_db(bytes(kept)),
    )
