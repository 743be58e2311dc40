"""The network: a time-delay neural network that looks at 0.6 s of features around each 30 ms.

Only affine layers over a few moments, rectifiers and batch normalisation, so that Kaldi's nnet3 computes the same from
`FixedAffineComponent`s (batch normalisation is folded into the layer above: `Network.layers`).
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.training.features import DIMENSION
from models.training.phones import OUTPUTS

#: The decoder asks for every third moment (its `frame-subsampling-factor`), so all layers live on that grid.
STEP = 3
#: Which moments (in 10 ms) each layer looks at.
OFFSETS = ((-2, -1, 0, 1, 2), *[(-3, 0, 3)] * 5, *[(-6, 0, 6)] * 3)
#: Moments before and after an utterance that are filled with its first and last features, as the decoder does.
CONTEXT = -sum(offsets[0] for offsets in OFFSETS)


@dataclass(frozen=True)
class Layer:
    """An affine layer as nnet3 has it."""

    offsets: tuple[int, ...]
    weights: NDArray[np.float64]
    """Outputs x (moments x inputs)."""
    bias: NDArray[np.float64]


def steps(rows: int) -> int:
    """Return how many outputs there are for so many rows of features."""
    return (rows + STEP - 1) // STEP


def in_half() -> AbstractContextManager[None]:
    """Return a context in which layers multiply in 16 bits (bfloat16), where the processor can: twice as fast."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported())


class Network(nn.Module):
    """Maps batch x 40 x (rows + 2 CONTEXT) to batch x OUTPUTS x steps(rows): logarithms up to a constant."""

    def __init__(self, width: int) -> None:
        super().__init__()
        inputs = [DIMENSION, *[width] * (len(OFFSETS) - 1)]
        self.affine = nn.ModuleList(
            nn.Conv1d(size, width, len(offsets), stride=STEP if place == 0 else 1, dilation=self._dilation(place))
            for place, (size, offsets) in enumerate(zip(inputs, OFFSETS, strict=True))
        )
        self.norm = nn.ModuleList(nn.BatchNorm1d(width) for _ in OFFSETS)
        self.output = nn.Conv1d(width, OUTPUTS, 1)
        for affine in self.affine:
            nn.init.kaiming_normal_(affine.weight)
            nn.init.zeros_(affine.bias)
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)

    @staticmethod
    def _dilation(place: int) -> int:
        between = OFFSETS[place][1] - OFFSETS[place][0]
        return between if place == 0 else between // STEP

    def forward(self, features: Tensor) -> Tensor:
        """Compute; see the class."""
        for affine, norm in zip(self.affine, self.norm, strict=True):
            features = norm(torch.relu(affine(features)))
        return self.output(features)

    @property
    def width(self) -> int:
        """Units of each layer."""
        return self.output.in_channels

    def layers(self) -> list[Layer]:
        """Return the layers with the normalisation folded in: a scale and a shift of the next layer's inputs."""
        found = []
        scale, shift = np.ones(DIMENSION), np.zeros(DIMENSION)
        for offsets, affine, norm in zip(OFFSETS, self.affine, self.norm, strict=True):
            weights, bias = _numbers(affine.weight), _numbers(affine.bias)
            bias = bias + np.einsum("oit,i->o", weights, shift)
            weights = weights * scale[None, :, None]
            found.append(Layer(offsets, weights.transpose(0, 2, 1).reshape(len(bias), -1), bias))
            deviation = np.sqrt(_numbers(norm.running_var) + norm.eps)
            scale = _numbers(norm.weight) / deviation
            shift = _numbers(norm.bias) - _numbers(norm.running_mean) * scale
        weights = _numbers(self.output.weight)[:, :, 0]
        found.append(Layer((0,), weights * scale[None], _numbers(self.output.bias) + weights @ shift))
        return found


def _numbers(tensor: Tensor) -> NDArray[np.float64]:
    return np.asarray(tensor.detach().double().numpy())
