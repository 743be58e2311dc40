"""Turns an uploaded sound file into 16 kHz mono s16le: `python -m kiosk.stories.foreign_sound`, file in, sound out.

It reads bytes that anybody may have made, with libraries that were not written for that. So it is a process of its own:
it can write no file, has little memory and little time, and if it crashes nothing but this upload is lost.
"""

import os
import resource
import shutil
import sys
from pathlib import Path

from kiosk.errors import AudioError
from kiosk.stories.sound_files import SoundFile

#: Decoding takes a few per cent of that; an hour of sound on a slow Pi takes half a minute.
CPU_S = 300
#: Python, numpy and a decoder ask for 300 MB, most of which they never touch.
MEMORY_BYTES = 512 << 20
#: Exit code of a refusal that is explained on standard error.
REFUSED = 65
#: Exit code where all that can be said is that it is no sound.
_UNREADABLE = 1
_FILE = Path("/proc/self/fd/0")
#: Of an MP4: its length, and what it is.
_MP4_MARK = slice(4, 8)
#: The beginning of an MP3's frame: eleven bits that are set. Many have a label before that.
_MP3_SYNC, _MP3_LABEL = 0xFFE0, b"ID3"

_UNKNOWN = (
    "This is not a sound file that Sayso can read. Choose a WAV, FLAC, Ogg, MP3 or M4A file. "
    "Most sound programs can save what they play as WAV."
)
_CUT_SHORT = "This file is cut off: its end is missing. Copy it once more from where it was recorded."
_NO_FFMPEG = (
    "This is an M4A file, and this station cannot read those. Save it as WAV or MP3 in a sound program. "
    "Or ask whoever looks after the station to install ffmpeg."
)


def main() -> None:
    """Read the file on standard input, write its sound to standard output."""
    _take_little()
    try:
        kind = _kind()
        if kind == "mp4":
            _become_ffmpeg()
        _convert()
    except AudioError as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)


def _take_little() -> None:
    for what, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _kind() -> str:
    """Tell by its first bytes what the file is, whatever it is called. Raises AudioError if it is nothing we read."""
    with _FILE.open("rb") as file:
        head = file.read(12)
    if not head:
        raise AudioError("This file is empty. Copy it once more from where it was recorded.")
    if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
        return "wav"
    if head[:4] in (b"fLaC", b"OggS"):
        return "free"
    if head[_MP4_MARK] == b"ftyp":
        return "mp4"
    if head[:3] == _MP3_LABEL or int.from_bytes(head[:2]) & _MP3_SYNC == _MP3_SYNC:
        return "mp3"
    raise AudioError(_UNKNOWN)


def _convert() -> None:
    try:
        with SoundFile(_FILE) as sound:
            if sound.cut_short:
                raise AudioError(_CUT_SHORT)
            written = 0
            for block in sound.pcm():
                written += sys.stdout.buffer.write(block)
            if sound.is_short_by(written):
                raise AudioError(_CUT_SHORT)
            sys.stdout.buffer.flush()
    except AudioError as error:
        if error.__cause__:
            # What a library had to say is for programmers.
            sys.exit(_UNREADABLE)
        # What it says of a file with a name and a place is no help to somebody who chose one in a browser.
        raise AudioError(str(error).replace(str(_FILE), "This file")) from error


def _become_ffmpeg() -> None:
    """Go on as ffmpeg, which reads what phones record and has the same limits. Raises AudioError if there is none."""
    ffmpeg = shutil.which("ffmpeg")
    if not ffmpeg:
        raise AudioError(_NO_FFMPEG)
    # What it has to say is for programmers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    # One kind of file, from this one place: no list of others, no address, nothing of the disk.
    source = ["-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{_FILE}"]
    told = ["-hide_banner", "-loglevel", "quiet", "-nostdin", "-xerror", "-threads", "1"]
    sound = ["-map", "0:a:0", "-ac", "1", "-ar", "16000", "-f", "s16le", "pipe:1"]
    os.execv(ffmpeg, [ffmpeg, *told, *source, *sound])  # noqa: S606 - a list of words, never a shell


if __name__ == "__main__":
    main()
