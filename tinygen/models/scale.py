"""Between pictures, whose pixels go from 0 to 1, and networks, which learn best from -1 to 1.

Pixels that are all positive say mostly how bright a picture is: what differs between its colours is
small beside it, and is learned late or never.
"""

from __future__ import annotations

from tinygen.nn import Module
from tinygen.ops.elementwise import tanh
from tinygen.tensors import Tensor

__all__ = ["Centred", "ZeroToOne"]


class Centred(Module):
    """The beginning of a network: pictures from 0 to 1, brought to -1 to 1."""

    def forward(self, input: Tensor) -> Tensor:
        return 2 * input - 1


class ZeroToOne(Module):
    """The end of a network: tanh, brought from -1 to 1 to the pictures' range of 0 to 1."""

    def forward(self, input: Tensor) -> Tensor:
        return (tanh(input) + 1) / 2
