"""A prompt in somebody's own voice: recorded, looked over, and put in place with the words that were said.

The words stand in the file itself (RIFF's INFO list, entry ICMT), so that file and words can never come apart. When the
prompt's words change later, the recording no longer says what visitors are asked, and the station speaks itself.
"""

import array
import io
import struct
import wave
from pathlib import Path

from kiosk.errors import RecordingUnfit
from kiosk.stories.files import write_whole
from kiosk.stories.folder import DataFolder
from kiosk.stories.loudness import dbfs, evened
from kiosk.stories.wav import FRAME_BYTES, SAMPLERATE_HZ, header

#: No prompt takes longer; who forgets to press is not recorded for ever.
LONGEST_S = 30.0
#: Less speech is a cough or a click.
_SHORTEST_S = 0.3
#: Speech below this (dB below full scale) would only become loud together with its noise.
_QUIET_DBFS = -42.0
#: So many samples at full scale are heard as a crackle.
_CLIPPED_SAMPLES, _FULL_SCALE = 20, 32_700
#: A piece this much below the loudest one, or this quiet, is no speech.
_BELOW_LOUDEST_DB, _STILL_DBFS = 32.0, -60.0
_PIECE_S = 0.02
#: What stays before the first sound and after the last: consonants begin and end softly.
_MARGIN_S = 0.12
_FADE_S = 0.01


def sound_in(content: bytes) -> bytes:
    """Return the sound of a WAV file that somebody sends: 16 kHz, mono, 16 bits.

    Raises:
        RecordingUnfit: It is no such file, or longer than any prompt.
    """
    try:
        with wave.open(io.BytesIO(content), "rb") as file:
            channels, bits, rate_hz = file.getnchannels(), 8 * file.getsampwidth(), file.getframerate()
            # What a header says of the length may be anything; what is there counts.
            pcm = file.readframes(min(file.getnframes(), len(content)))
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:
        raise RecordingUnfit("This is not a WAV file, or it is damaged. Save it as WAV and send it again.") from error
    if (channels, bits, rate_hz) != (1, 8 * FRAME_BYTES, SAMPLERATE_HZ):
        kind = "mono" if channels == 1 else "stereo" if channels == 2 else f"{channels} channels"
        raise RecordingUnfit(
            f"This WAV file has {rate_hz} Hz, {kind} and {bits} bits. It must have {SAMPLERATE_HZ} Hz, mono and "
            f"{8 * FRAME_BYTES} bits: save it so, and send it again."
        )
    seconds = len(pcm) / FRAME_BYTES / SAMPLERATE_HZ
    if seconds > LONGEST_S:
        raise RecordingUnfit(f"It is {seconds:.0f} seconds long; {LONGEST_S:.0f} are the most. Say it in fewer words.")
    return pcm[: len(pcm) // FRAME_BYTES * FRAME_BYTES]


def made_ready(pcm: bytes) -> bytes:
    """Return a recording without the silence around it, at the loudness of all prompts.

    Args:
        pcm: 16 kHz, mono, 16 bits.

    Raises:
        RecordingUnfit: Nobody spoke, or too softly, or so loud that it crackles.
    """
    step = int(_PIECE_S * SAMPLERATE_HZ) * FRAME_BYTES
    levels = [dbfs(pcm[at : at + step]) for at in range(0, len(pcm), step)]
    limit = max([_STILL_DBFS, *(level - _BELOW_LOUDEST_DB for level in levels)])
    loud = [at for at, level in enumerate(levels) if level > limit]
    if len(loud) * _PIECE_S < _SHORTEST_S:
        raise RecordingUnfit("Nothing was heard, or hardly anything. Is the microphone switched on? Say it once more.")
    margin = int(_MARGIN_S / _PIECE_S)
    spoken = pcm[max(0, loud[0] - margin) * step : (loud[-1] + 1 + margin) * step]
    powers = [10 ** (levels[at] / 10) for at in loud]
    if dbfs(spoken) < _QUIET_DBFS and sum(powers) / len(powers) < 10 ** (_QUIET_DBFS / 10):
        raise RecordingUnfit("It is very quiet. Come nearer to the microphone, and say it once more.")
    if sum(abs(sample) >= _FULL_SCALE for sample in array.array("h", spoken)) > _CLIPPED_SAMPLES:
        raise RecordingUnfit("It is too loud and would crackle. Move back a little, and say it once more.")
    return evened(_faded(spoken), SAMPLERATE_HZ)


def keep(folder: DataFolder, name: str, text: str, pcm: bytes) -> Path:
    """Put a recording in the place of a prompt, with the words that it says; all or nothing.

    Raises:
        OSError: It cannot be written; what was there stays.
    """
    path = folder.programme / f"{name}.wav"
    write_whole(path, _wav(pcm, text))
    return path


def words_in(path: Path) -> str | None:
    """Return the words that a recording was made for; None if it does not tell.

    Raises:
        OSError: It cannot be read.
    """
    content = path.read_bytes()
    for kind, data in _chunks(content[12:]):
        if kind == b"LIST" and data[:4] == b"INFO":
            for entry, value in _chunks(data[4:]):
                if entry == b"ICMT":
                    return value.rstrip(b"\0").decode(errors="replace")
    return None


def sound_file(pcm: bytes) -> bytes:
    """Return a WAV file (16 kHz, mono, 16 bits) of the sound alone."""
    return header(len(pcm) // FRAME_BYTES) + pcm


def _wav(pcm: bytes, text: str) -> bytes:
    content = sound_file(pcm) + _chunk(b"LIST", b"INFO" + _chunk(b"ICMT", text.encode() + b"\0"))
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at + 8 <= len(content):
        (size,) = struct.unpack_from("<I", content, at + 4)
        found.append((content[at : at + 4], content[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def _faded(pcm: bytes) -> bytes:
    """Return sound that begins and ends without a click."""
    samples = array.array("h", pcm)
    steps = min(int(_FADE_S * SAMPLERATE_HZ), len(samples) // 2)
    for at in range(steps):
        samples[at] = samples[at] * at // steps
        samples[-1 - at] = samples[-1 - at] * at // steps
    return samples.tobytes()
