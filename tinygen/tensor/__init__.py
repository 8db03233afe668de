"""Tensors: the class, and the functions that make them."""

from tinygen.tensor.creation import *  # noqa: F403
from tinygen.tensor.creation import __all__ as _creation
from tinygen.tensor.tensor import Tensor

__all__ = ["Tensor", *_creation]
