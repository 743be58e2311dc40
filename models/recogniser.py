"""Speech to words.

`Recogniser` is the seam: one recording, heard piece by piece. `Vosk` makes real ones. Native code may end its process
at any moment, so nothing but `models.worker` uses `Vosk`; the rest of Sayso speaks to that process
(`models.recogniser_process`). This module and that process load neither pydantic nor numpy, to stay small.
"""

import json
from pathlib import Path
from typing import Any, Protocol, TypedDict

from kiosk.errors import ModelError

#: Vosk hears sound in pieces of this size: a quarter of a second of 16 kHz mono s16le. It looks for the end of an
#: utterance once for each piece, so the same pieces give the same words, live or later. Measured with the starter
#: model: larger pieces save no time and move the ends of utterances, smaller ones cost more.
CHUNK_BYTES = 8000


class VoskMissing(ModelError):
    """Vosk itself cannot be loaded, whatever the model."""


class HeardWord(TypedDict):
    """A word in Vosk's own fields: `start` and `end` in seconds from the beginning of the recording, `conf` 0 to 1."""

    word: str
    start: float
    end: float
    conf: float


class Recogniser(Protocol):
    """Listens to one recording of 16 kHz mono s16le sound."""

    def accept(self, pcm: bytes) -> list[HeardWord]:
        """Listen on, and return the words of an utterance that has ended with this sound (`CHUNK_BYTES` or less)."""
        ...

    def finish(self) -> list[HeardWord]:
        """Return the words not returned yet. Nothing may be accepted afterwards."""
        ...


class Vosk:
    """A Vosk model in memory.

    Loading takes 0.3 s and 19 MB for the starter model, seconds and about ten times the file size for others.
    """

    def __init__(self, folder: Path) -> None:
        """Load the model.

        Raises:
            VoskMissing: Vosk is not installed, or lacks a library.
            ModelError: Vosk refuses the model. (A model can also end the process: see `models.checks.try_model`.)
        """
        try:
            import vosk
        except (ImportError, OSError) as error:
            # Seen on a Pi: "libatomic.so.1: cannot open shared object file".
            raise VoskMissing(
                f"Vosk, which turns speech into words, cannot be loaded: {error}. "
                "Run deploy/setup again; on a Raspberry Pi it needs the package libatomic1."
            ) from error
        vosk.SetLogLevel(-1)
        self._vosk = vosk
        try:
            # Always by path: a name or a language would make Vosk look on the network and may end the process.
            self._model = vosk.Model(model_path=str(folder))
        except Exception as error:  # Vosk raises nothing more precise
            raise ModelError(f"Vosk cannot load the speech model {folder}.") from error

    def recogniser(self) -> Recogniser:
        """Return a recogniser for one recording.

        Raises:
            ModelError: The model is incomplete.
        """
        try:
            return VoskRecogniser(self._vosk.KaldiRecognizer(self._model, 16_000))
        except Exception as error:  # Vosk raises nothing more precise
            raise ModelError("Vosk loaded the speech model but cannot listen with it.") from error


class VoskRecogniser:
    """`Recogniser` with Vosk."""

    def __init__(self, kaldi: Any) -> None:
        self._kaldi = kaldi
        self._kaldi.SetWords(True)

    def accept(self, pcm: bytes) -> list[HeardWord]:
        """Listen on; see `Recogniser`.

        Raises:
            ModelError: The model gave no real words.
        """
        # An utterance's result is gone once the next one has begun: it has to be fetched now (vosk-api #590).
        return _words(self._kaldi.Result()) if self._kaldi.AcceptWaveform(pcm) else []

    def finish(self) -> list[HeardWord]:
        """Return the last words; see `Recogniser`.

        Raises:
            ModelError: The model gave no real words.
        """
        return _words(self._kaldi.FinalResult())


def _words(result: str) -> list[HeardWord]:
    words = [
        HeardWord(
            word=each["word"],
            start=max(0.0, each["start"]),
            end=max(0.0, each["end"]),
            conf=min(max(each["conf"], 0.0), 1.0),
        )
        for each in json.loads(result).get("result", [])
    ]
    if not all(each["word"] for each in words):
        # A words.txt that was cut off loads without complaint, and then words have no letters.
        raise ModelError("The speech model gives words without letters: its words.txt is cut off or of another model.")
    return words
