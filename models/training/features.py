"""What the network sees: 40 mel cepstra every 10 ms, less a running mean, exactly as Vosk computes them.

kaldi-native-fbank computes the same numbers as Kaldi; `KALDI_OPTIONS` becomes conf/mfcc.conf. Vosk subtracts the mean
of the last six seconds (Kaldi's OnlineCmvn with its own settings) as soon as am/global_cmvn.stats is there: training
has to do exactly that (`running_mean_removed`).
"""

import json
from pathlib import Path

import kaldi_native_fbank
import numpy as np
from numpy.typing import NDArray

from models.training.rooms import Moved, disturb, level
from models.training.synthesis import RATE, read_wav
from models.training.voices import Utterance

DIMENSION = 40
#: Seconds from one row to the next.
SHIFT_S = 0.01
#: The middle of the first window (25 ms), in seconds.
FIRST_S = 0.0125
KALDI_OPTIONS = {
    "sample-frequency": RATE,
    "use-energy": "false",
    "num-mel-bins": DIMENSION,
    "num-ceps": DIMENSION,
    "low-freq": 20,
    "high-freq": 7600,
    "dither": 0,
    "allow-upsample": "true",  # Vosk then takes 8 kHz too; it always takes higher rates
}
#: Kaldi's OnlineCmvnOptions: rows that the mean is over, and the most that the mean of all training stands for.
WINDOW, GLOBAL_ROWS = 600, 200
#: Utterances that are shorter or longer (seconds) are left out.
_SHORTEST_S, _LONGEST_S = 0.5, 14.0
Features = NDArray[np.float32]


def mfcc(sound: NDArray[np.float64]) -> Features:
    """Return rows x 40 of a sound at 16 kHz in the range of 16-bit numbers."""
    options = kaldi_native_fbank.MfccOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0
    options.frame_opts.snip_edges = True
    options.mel_opts.num_bins = DIMENSION
    options.mel_opts.low_freq = KALDI_OPTIONS["low-freq"]
    options.mel_opts.high_freq = KALDI_OPTIONS["high-freq"]
    options.num_ceps = DIMENSION
    options.use_energy = False
    computer = kaldi_native_fbank.OnlineMfcc(options)
    computer.accept_waveform(RATE, sound.astype(np.float32).tolist())
    computer.input_finished()
    rows = [computer.get_frame(index) for index in range(computer.num_frames_ready)]
    return np.array(rows, np.float32).reshape(-1, DIMENSION)


def running_mean_removed(
    rows: Features, global_mean: NDArray[np.float64], earlier: tuple[NDArray[np.float64], float] | None = None
) -> Features:
    """Return rows x 40 less the mean that Vosk would know at each of them.

    Args:
        rows: From `mfcc`.
        global_mean: Of all training (40).
        earlier: Mean and number of the rows heard before in the same recording; none at its beginning.
    """
    sums = np.cumsum(rows.astype(np.float64), 0)
    counts = np.arange(1, len(rows) + 1, dtype=np.float64)[:, None]
    if earlier is not None:
        sums, counts = sums + earlier[0] * earlier[1], counts + earlier[1]
    elif len(rows) > WINDOW:
        sums[WINDOW:] -= sums[:-WINDOW].copy()
    heard = np.minimum(counts, WINDOW)
    mean = sums / (counts if earlier is not None else heard)
    of_global = np.clip(WINDOW - heard, 0, GLOBAL_ROWS)
    return np.asarray(rows - (mean * heard + global_mean * of_global) / (heard + of_global), np.float32)


def make_features(utterances: list[Utterance], speech: Path, folder: Path, part: int, copies: int, seed: int) -> Path:
    """Disturb a part of the utterances in `copies` ways each and keep their features: rows x 40 as float16.

    One array holds all rows; the index says for each (utterance, copy) where its rows are and how its times moved.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, part])
    there = [each for each in utterances if (speech / f"{each.name}.wav").exists()]
    voices = []
    for index in rng.integers(0, len(there), min(60, len(there))):
        voice = read_wav(speech / f"{there[index].name}.wav").astype(np.float64)
        if len(voice):
            voices.append(voice / level(voice))
    pieces: list[NDArray[np.float16]] = []
    index_rows: list[tuple[str, int, int, float, float]] = []
    for utterance in there:
        sound = read_wav(speech / f"{utterance.name}.wav").astype(np.float64)
        if not _SHORTEST_S <= len(sound) / RATE <= _LONGEST_S or not np.any(sound):
            continue
        for copy in range(copies):
            own = np.random.default_rng([seed, int(utterance.name[1:]), copy])
            if own.random() < 0.1:
                heard, moved = sound / np.abs(sound).max() * 32767 * own.uniform(0.1, 0.9), Moved()
            else:
                heard, moved = disturb(sound, own, voices)
            rows = mfcc(heard)
            pieces.append(rows.astype(np.float16))
            index_rows.append((utterance.name, copy, len(rows), moved.scale, moved.offset))
    np.save(folder / f"rows{part}.npy", np.concatenate(pieces))
    path = folder / f"index{part}.json"
    path.write_text(json.dumps(index_rows))
    return path
