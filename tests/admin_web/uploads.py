"""Sound files as people have them, and the form that goes with them."""

import io
import math
import struct
import subprocess
import wave
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.admin_web.making import csrf_token

PAGE = "/stories/upload"
YESTERDAY = (date.today() - timedelta(days=1)).isoformat()


def wav(seconds: float = 1.0, *, rate_hz: int = 16000, channels: int = 1, width: int = 2, pitch_hz: int = 440) -> bytes:
    """A WAV of whole samples, with a tone in it."""
    top = (1 << (8 * width - 1)) - 1
    tone = [int(top / 2 * math.sin(2 * math.pi * pitch_hz * n / rate_hz)) for n in range(int(seconds * rate_hz))]
    signed = width > 1
    samples = b"".join(
        (each if signed else each + 128).to_bytes(width, "little", signed=signed) * channels for each in tone
    )
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((channels, width, rate_hz, 0, "NONE", ""))
        file.writeframes(samples)
    return written.getvalue()


def float_wav(seconds: float = 1.0, rate_hz: int = 44100) -> bytes:
    """A WAV of 32-bit floats, as sound programs keep them."""
    tone = struct.pack(f"<{int(seconds * rate_hz)}f", *(0.4 * math.sin(n / 20) for n in range(int(seconds * rate_hz))))
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, rate_hz, rate_hz * 4, 4, 32)
    data = struct.pack("<4sI", b"data", len(tone)) + tone
    return b"RIFF" + struct.pack("<I", 4 + len(kind) + len(data)) + b"WAVE" + kind + data


def as_other(tmp_path: Path, ending: str, sound: bytes) -> bytes:
    """The same sound in another kind of file, made by ffmpeg as a phone or a sound program would."""
    source, target = tmp_path / "source.wav", tmp_path / f"other.{ending}"
    source.write_bytes(sound)
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, target], check=True, stdin=subprocess.DEVNULL)
    return target.read_bytes()


FIELDS: dict[str, str] = {
    "agreed": "yes",
    "words": "yes",
    "voice": "no",
    "how": "in person",
    "asked_by": "A volunteer",
    "asked_on": YESTERDAY,
    "told_on": YESTERDAY,
    "told_at": "14:30",
    "place": "The garden group",
    "language": "en-GB",
    "question": "What was lunch like?",
}


def upload(
    client: FlaskClient, content: bytes | None, name: str = "story.wav", *, script: bool = False, **changed: Any
) -> TestResponse:
    """Send the form as a browser does; a field that is None is left out."""
    fields = {name: value for name, value in {**FIELDS, **changed}.items() if value is not None}
    fields["csrf_token"] = csrf_token(client.get("/me").text)
    if content is not None:
        fields["file"] = (io.BytesIO(content), name)
    headers = {"Accept": "application/json"} if script else {}
    return client.post(PAGE, data=fields, content_type="multipart/form-data", headers=headers)
