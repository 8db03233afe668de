"""Tensors: the class, the dtypes by PyTorch's names, and the functions that make tensors."""

from __future__ import annotations

import numpy as np

from tinygen.tensors.creation import *  # noqa: F403
from tinygen.tensors.creation import __all__ as _creation
from tinygen.tensors.tensor import Tensor

float32, float64 = np.float32, np.float64
int32, int64, uint8 = np.int32, np.int64, np.uint8

__all__ = ["Tensor", "float32", "float64", "int32", "int64", "uint8", *_creation]
