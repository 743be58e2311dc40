"""Speaks the utterances: 16 kHz WAV files, and for espeak-ng the time of every phoneme.

flite is started once for each utterance (about 0.1 s), festival once for each part with a script for all of them.
"""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from models.training.espeak import RATE as ESPEAK_RATE
from models.training.espeak import Spoken, espeak
from models.training.voices import Utterance

#: Hz of everything from here on, as Vosk's models have it.
RATE = 16_000
#: Words a minute of espeak-ng at stretch 1.
_ESPEAK_SPEED = 170
#: Hz of flite's voices as they are (`int_f0_target_mean` in its sources), and how far down or up they are moved.
_FLITE_HZ = {"kal16": 95, "awb": 130, "slt": 172, "rms": 100}
_FLITE_RANGE = 0.25
#: Seconds after which a voice has lost its way.
_PATIENCE_S = 60


@dataclass(frozen=True)
class Timing:
    """What espeak-ng tells of its speech, in seconds; see `espeak.Spoken`."""

    phonemes: list[tuple[float, str]]
    words: list[tuple[float, int]]
    end: float

    @classmethod
    def of(cls, spoken: Spoken) -> "Timing":
        """Return the times of what was spoken."""
        return cls(spoken.phonemes, spoken.words, spoken.end)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Timing":
        """Return what was kept in a JSON file."""
        return cls(
            [(time, name) for time, name in content["phonemes"]],
            [(time, letter) for time, letter in content["words"]],
            content["end"],
        )


def to_16k(samples: NDArray[Any], rate: int) -> NDArray[np.float32]:
    """Return sound (1-d, any scale) at 16 kHz."""
    sound = samples.astype(np.float32)
    return sound if rate == RATE else np.asarray(soxr.resample(sound, rate, RATE), np.float32)


def read_wav(path: Path) -> NDArray[np.float32]:
    """Return a file's sound at 16 kHz, full scale 1."""
    samples, rate = soundfile.read(path, dtype="float32")
    return to_16k(samples, rate)


def write_wav(path: Path, samples: NDArray[Any]) -> None:
    """Write sound in the range of 16-bit numbers."""
    soundfile.write(path, np.clip(np.round(samples), -32768, 32767).astype(np.int16), RATE)


def say_espeak(utterance: Utterance, path: Path) -> Timing:
    """Speak with espeak-ng.

    Raises:
        ValueError: The voice is not there or says nothing.
    """
    spoken = espeak().speak(
        utterance.text,
        utterance.voice,
        round(_ESPEAK_SPEED / utterance.stretch),
        round(99 * utterance.pitch),
        round(99 * utterance.liveliness),
    )
    if not len(spoken.samples):
        raise ValueError(f"espeak-ng's voice {utterance.voice!r} says nothing.")
    write_wav(path, to_16k(spoken.samples, ESPEAK_RATE))
    return Timing.of(spoken)


def say_flite(utterance: Utterance, path: Path) -> None:
    """Speak with flite.

    Raises:
        subprocess.CalledProcessError: flite failed.
        subprocess.TimeoutExpired: flite has lost its way.
    """
    hertz = _FLITE_HZ[utterance.voice] * (1 + _FLITE_RANGE * (2 * utterance.pitch - 1))
    settings = {"duration_stretch": utterance.stretch, "int_f0_target_mean": round(hertz, 1)}
    options = [part for name, value in settings.items() for part in ("--setf", f"{name}={value}")]
    if utterance.pitch == 0.5:
        options = options[:2]
    command = ["flite", "-voice", utterance.voice, *options, "-t", utterance.text, "-o", str(path)]
    subprocess.run(command, check=True, timeout=_PATIENCE_S, capture_output=True)


def start_festival(utterances: Iterable[Utterance], folder: Path, script: Path) -> "subprocess.Popen[bytes]":
    """Start festival with all its utterances; the files are there when it has ended."""
    lines = []
    for utterance in sorted(utterances, key=lambda each: each.voice):
        lines += [
            f"(voice_{utterance.voice})",
            f"(Parameter.set 'Duration_Stretch {utterance.stretch})",
            f'(set! spoken (utt.synth (Utterance Text "{utterance.text}")))',
            f"(utt.wave.resample spoken {RATE})",
            f'(utt.save.wave spoken "{folder / utterance.name}.wav" (quote riff))',
        ]
    script.write_text("\n".join(lines) + "\n")
    with script.with_suffix(".log").open("wb") as log:
        return subprocess.Popen(["festival", "-b", str(script)], stdout=log, stderr=log)


def synthesise(utterances: list[Utterance], folder: Path, part: int) -> None:
    """Speak utterances, skipping those that are there; `part` keeps apart what runs at the same time.

    What cannot be spoken has no file afterwards; whoever reads passes over it.

    Raises:
        ChildProcessError: festival failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    todo = [each for each in utterances if not (folder / f"{each.name}.wav").exists()]
    festival = [each for each in todo if each.engine == "festival"]
    running = start_festival(festival, folder, folder / f"festival{part}.scm") if festival else None
    for utterance in todo:
        path = folder / f"{utterance.name}.wav"
        unfinished = path.with_suffix(".new.wav")
        try:
            if utterance.engine == "espeak":
                timing = say_espeak(utterance, unfinished)
                path.with_suffix(".json").write_text(json.dumps(vars(timing)))
            elif utterance.engine == "flite":
                say_flite(utterance, unfinished)
            else:
                continue
        except (ValueError, subprocess.SubprocessError):
            unfinished.unlink(missing_ok=True)
        else:
            unfinished.replace(path)
    if running and running.wait() != 0:
        raise ChildProcessError(f"festival failed: see {folder / f'festival{part}.log'}.")


def read_timing(folder: Path, name: str) -> Timing | None:
    """Return what espeak-ng told of an utterance; None for another engine's."""
    path = folder / f"{name}.json"
    return Timing.from_json(json.loads(path.read_text())) if path.exists() else None
