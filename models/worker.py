"""The process that holds the speech model: `python -m models.worker MODEL_FOLDER`.

It reads requests from standard input and answers on standard output, and it knows nothing of stories: when native code
ends it, only the words of the moment are gone. It ends by itself when its standard input closes, so that a
killed parent leaves no orphan.

A request is `REQUEST` (what, which recording, bytes of sound) and the sound; an answer is a line of JSON.
The first line says `{"ready": true}` or `{"refused": why}`. Then `ACCEPT` and `FINISH` are answered by `{"words":
[...]}`, or `{"refused": why}` where the model proves useless, and `DROP` by nothing.
"""

import contextlib
import json
import math
import os
import random
import resource
import struct
import sys
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from kiosk.errors import ModelError
from models.recogniser import CHUNK_BYTES, HeardWord, Recogniser, Vosk, VoskMissing

#: The sound of one request: a second, heard piece by piece. Shorter ones cost more for their coming and going, longer
#: ones let others wait. Only a recording's last may be shorter, so that the pieces are the same, live or later.
REQUEST_BYTES = 4 * CHUNK_BYTES

#: What is asked (one byte), number of the recording, bytes of sound that follow.
REQUEST = struct.Struct("<cII")
ACCEPT, FINISH, DROP = b"a", b"f", b"d"

#: What vosk's Python module imports to download models and print subtitles. This process does neither: left out, it is
#: 17 MB smaller, and could not reach for the network if it wanted to.
_LEFT_OUT: dict[str, dict[str, Any]] = {"requests": {}, "srt": {}, "tqdm": {"tqdm": None}}

#: When memory runs out the kernel shall end this process rather than the recording of a visitor.
_FIRST_TO_GO = b"500"


def serve(model: Vosk, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until `requests` ends."""
    recognisers: dict[int, Recogniser] = {}
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        what, number, size = REQUEST.unpack(head)
        pcm = requests.read(size)
        if what == DROP:
            recognisers.pop(number, None)
            continue
        if number not in recognisers:
            recognisers[number] = model.recogniser()
        words = _hear(recognisers[number], pcm) if what == ACCEPT else recognisers.pop(number).finish()
        _answer(answers, {"words": words})


def _hear(recogniser: Recogniser, pcm: bytes) -> list[HeardWord]:
    words = []
    for start in range(0, len(pcm), CHUNK_BYTES):
        words += recogniser.accept(pcm[start : start + CHUNK_BYTES])
    return words


def _answer(answers: IO[bytes], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.flush()


def _load(folder: Path) -> Vosk:
    """Load the model and let it hear a second of noise: several damaged models load and then end the process."""
    for name, content in _LEFT_OUT.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(content)
    model = Vosk(folder)
    recogniser = model.recogniser()
    _hear(recogniser, _syllables_of_noise())
    recogniser.finish()
    return model


def _syllables_of_noise() -> bytes:
    """Return a second of noise in four bursts, the same each time.

    A model takes it for words; silence would leave the files that make words of sound untried.
    """
    chance = random.Random(1)  # noqa: S311 - noise, not a secret
    frames = range(16_000)
    loudness = (3000 * max(0.0, math.sin(2 * math.pi * 4 * frame / len(frames))) for frame in frames)
    samples = (max(-32767, min(32767, int(loud * chance.gauss(0, 1)))) for loud in loudness)
    return struct.pack(f"<{len(frames)}h", *samples)


def main() -> None:
    """Run the process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash is expected, dealt with, and need not fill the disk
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_bytes(_FIRST_TO_GO)
    # Answers go out on a handle of their own; whatever native code prints must not get among them.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        model = _load(Path(sys.argv[1]))
        _answer(answers, {"ready": True})
        serve(model, sys.stdin.buffer, answers)
    except ModelError as error:
        _answer(answers, {"refused": str(error), "model_to_blame": not isinstance(error, VoskMissing)})
    except BrokenPipeError:
        os._exit(0)  # the parent has gone between question and answer


if __name__ == "__main__":
    main()
