r"""Writes the files of the acoustic model as Kaldi reads them: am/final.mdl, am/global_cmvn.stats and conf/.

Kaldi's binary format: a file begins with `\0B`; a token is letters and a space; a number is its size in bytes and then
itself, little-endian; vectors and matrices are a token, their sizes and raw numbers. Sources: Kaldi's `io-funcs-inl.h`,
`hmm-topology.cc`, `transition-model.cc`, `nnet-nnet.cc`, `am-nnet-simple.cc`.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.training.features import DIMENSION, KALDI_OPTIONS
from models.training.network import STEP, Layer
from models.training.phones import INDEX, PHONES, TRANSITIONS, sound_of

_BINARY = b"\0B"
#: For how many rows the mean of training counts in the file; Kaldi then gives it its own weight.
_MEAN_ROWS = 1e5

#: Options of Vosk's decoder. LF-MMI scores need no scaling. Silence is phone 1. The endpoint rules: 0.5 s of silence
#: after a final state, 0.75 s after a likely one, 1 s after anything.
DECODER_OPTIONS = {
    "min-active": 200,
    "max-active": 3000,
    "beam": 13.0,
    "lattice-beam": 6.0,
    "acoustic-scale": 1.0,
    "frame-subsampling-factor": STEP,
    "endpoint.silence-phones": 1,
    "endpoint.rule2.min-trailing-silence": 0.5,
    "endpoint.rule3.min-trailing-silence": 0.75,
    "endpoint.rule4.min-trailing-silence": 1.0,
}


def token(text: str) -> bytes:
    """Return a token."""
    return text.encode() + b" "


def integer(number: int) -> bytes:
    """Return a 32-bit integer."""
    return b"\x04" + struct.pack("<i", number)


def single(number: float) -> bytes:
    """Return a 32-bit float."""
    return b"\x04" + struct.pack("<f", number)


def double(number: float) -> bytes:
    """Return a 64-bit float."""
    return b"\x08" + struct.pack("<d", number)


def integers(numbers: Sequence[int]) -> bytes:
    """Return a vector of integers; its length has no size byte."""
    return b"\x04" + struct.pack("<i", len(numbers)) + np.asarray(numbers, "<i4").tobytes()


def vector(numbers: ArrayLike) -> bytes:
    """Return a vector of floats."""
    array = np.asarray(numbers, "<f4")
    return token("FV") + integer(len(array)) + array.tobytes()


def matrix(numbers: ArrayLike, doubles: bool = False) -> bytes:
    """Return a matrix of floats or doubles, row by row."""
    array = np.ascontiguousarray(numbers, "<f8" if doubles else "<f4")
    return token("DM" if doubles else "FM") + integer(array.shape[0]) + integer(array.shape[1]) + array.tobytes()


def transition_model() -> bytes:
    """Return the phones' topology: one state that is entered with one output and stayed in with another."""
    count = len(PHONES)
    topology = integers(range(1, count + 1)) + integers([-1, *[0] * count])
    topology += integer(-1) + integer(1)  # entry and stay have outputs of their own; one entry for all phones
    topology += integer(2)  # two states: the only one and the end
    topology += integer(0) + integer(1) + integer(2) + integer(0) + single(0.5) + integer(1) + single(0.5)
    topology += integer(-1) + integer(-1) + integer(0)
    tuples = integer(count)
    for number, phone in enumerate(PHONES, start=1):
        first = 2 * INDEX[sound_of(phone)]
        tuples += integer(number) + integer(0) + integer(first) + integer(first + 1)
    return b"".join(
        [
            token("<TransitionModel>"),
            token("<Topology>") + topology + token("</Topology>"),
            token("<Tuples>") + tuples + token("</Tuples>"),
            token("<LogProbs>") + vector([0.0, *[math.log(0.5)] * TRANSITIONS]) + token("</LogProbs>"),
            token("</TransitionModel>"),
        ]
    )


def _affine(layer: Layer) -> bytes:
    name = "FixedAffineComponent"
    content = token("<LinearParams>") + matrix(layer.weights) + token("<BiasParams>") + vector(layer.bias)
    return token(f"<{name}>") + content + token(f"</{name}>")


def _rectifier(size: int) -> bytes:
    name, none = "RectifiedLinearComponent", vector([])
    statistics = token("<ValueAvg>") + none + token("<DerivAvg>") + none + token("<Count>") + double(0)
    statistics += token("<OderivRms>") + none + token("<OderivCount>") + double(0)
    statistics += token("<NumDimsSelfRepaired>") + double(0) + token("<NumDimsProcessed>") + double(0)
    return token(f"<{name}>") + token("<Dim>") + integer(size) + statistics + token(f"</{name}>")


def acoustic_model(layers: Sequence[Layer]) -> bytes:
    """Return a whole final.mdl: affine layers with rectifiers between them, no priors."""
    lines, components, below = [f"input-node name=input dim={DIMENSION}"], [], "input"
    for place, layer in enumerate(layers):
        moments = [below if offset == 0 else f"Offset({below}, {offset})" for offset in layer.offsets]
        source = moments[0] if len(moments) == 1 else f"Append({', '.join(moments)})"
        below = f"layer{place}.affine"
        lines.append(f"component-node name={below} component={below} input={source}")
        components.append((below, _affine(layer)))
        if place < len(layers) - 1:
            above = f"layer{place}.relu"
            lines.append(f"component-node name={above} component={above} input={below}")
            components.append((above, _rectifier(len(layer.bias))))
            below = above
    lines.append(f"output-node name=output input={below} objective=linear")
    left = -sum(min(layer.offsets) for layer in layers)
    right = sum(max(layer.offsets) for layer in layers)
    network = token("<Nnet3>") + b"\n" + "".join(f"{line}\n" for line in [*lines, ""]).encode()
    network += token("<NumComponents>") + integer(len(components))
    for name, content in components:
        network += token("<ComponentName>") + token(name) + content
    network += token("</Nnet3>") + token("<LeftContext>") + integer(left) + token("<RightContext>") + integer(right)
    return _BINARY + transition_model() + network + token("<Priors>") + vector([])


def mean_file(mean: NDArray[np.float64]) -> bytes:
    """Return global_cmvn.stats: sums and number of rows, then sums of squares, which are not used without variances."""
    sums = np.append(mean * _MEAN_ROWS, _MEAN_ROWS)
    squares = np.append((mean**2 + 100) * _MEAN_ROWS, 0)
    return _BINARY + matrix(np.stack([sums, squares]), doubles=True)


def _options(options: Iterable[tuple[str, object]]) -> str:
    return "".join(f"--{name}={value}\n" for name, value in options)


def write_acoustic(folder: Path, layers: Sequence[Layer], mean: NDArray[np.float64]) -> None:
    """Write am/ and conf/ of a model."""
    for name in ("am", "conf"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "am" / "final.mdl").write_bytes(acoustic_model(layers))
    (folder / "am" / "global_cmvn.stats").write_bytes(mean_file(mean))
    (folder / "conf" / "mfcc.conf").write_text(_options(KALDI_OPTIONS.items()))
    (folder / "conf" / "model.conf").write_text(_options(DECODER_OPTIONS.items()))
