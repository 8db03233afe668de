"""A table of a model's layers: output shapes, parameters, multiply-adds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygen import tensors
from tinygen.autograd import no_grad
from tinygen.nn.layers import Conv2d, ConvTranspose2d, Dense
from tinygen.nn.module import Module
from tinygen.nn.recurrent import _Recurrent
from tinygen.ops.conv import geometry_of

__all__ = ["Row", "Summary", "summary"]


@dataclass(frozen=True)
class Row:
    """One layer, as it was called."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Summary:
    """What :func:`summary` found; prints as a table.

    Attributes
    ----------
    rows : list of Row
        The layers without children, in the order in which they ran.
    parameters, trainable : int
        Numbers of the whole model, each shared parameter counted once.
    multiply_adds : int
        For one input of the given shape, products of matrices and convolutions only.
    """

    rows: list[Row]
    parameters: int
    trainable: int
    multiply_adds: int

    def __str__(self) -> str:
        table = [("layer", "kind", "output shape", "parameters", "multiply-adds")]
        table += [
            (r.name, r.kind, str(r.output_shape), f"{r.parameters:,}", f"{r.multiply_adds:,}")
            for r in self.rows
        ]
        table.append(("total", "", "", f"{self.parameters:,}", f"{self.multiply_adds:,}"))
        widths = [max(len(line[column]) for line in table) for column in range(5)]
        lines = [
            "  ".join(
                cell.ljust(width) if column < 3 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in table
        ]
        rule = "-" * (sum(widths) + 8)
        frozen = self.parameters - self.trainable
        note = [f"{frozen:,} of the parameters are frozen"] if frozen else []
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], *note])

    __repr__ = __str__


def summary(
    model: Module, input_shape: Sequence[int], batch_size: int = 1, dtype: Any = np.float32
) -> Summary:
    """Run a model once on zeros and list its layers.

    Parameters
    ----------
    model : Module
    input_shape : sequence of int
        The shape of one input, without the batch: (1, 28, 28).
    batch_size : int
        How many inputs to run.
    dtype : dtype
        Of the input; int64 for a model that begins with an embedding.

    Returns
    -------
    Summary
        Print it for a table.
    """
    rows: list[Row] = []
    removers = []
    for name, module in model.named_modules():
        if not any(True for _ in module.children()):
            removers.append(module.register_forward_hook(_recorder(name, rows, batch_size)))
    was_training = [(module, module.training) for module in model.modules()]
    device = next((p.device for p in model.parameters()), "cpu")
    try:
        model.eval()
        with no_grad():
            model(tensors.zeros(batch_size, *input_shape, dtype=dtype, device=device))
    finally:
        for remove in removers:
            remove()
        for module, training in was_training:
            module.training = training
    parameters = list(model.parameters())
    return Summary(
        rows,
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(row.multiply_adds for row in rows),
    )


def _recorder(name: str, rows: list[Row], batch_size: int) -> Any:
    def record(module: Module, args: tuple[Any, ...], output: Any) -> None:
        first = output[0] if isinstance(output, tuple) else output
        rows.append(
            Row(
                name or "(model)",
                type(module).__name__,
                tuple(first.shape),
                sum(p.numel() for p in module.parameters()),
                _multiply_adds(module, first) // batch_size,
            )
        )

    return record


def _multiply_adds(module: Module, output: Any) -> int:
    """Multiplications (each with an addition) of a layer's matrix products."""
    if isinstance(module, Dense):
        return int(output.numel() * module.in_features)
    if isinstance(module, Conv2d):
        return int(output.numel() * math.prod(module.weight.shape[1:]))
    if isinstance(module, ConvTranspose2d):
        transposed = geometry_of(  # it multiplies where the convolution it transposes would
            "summary", tuple(output.shape[2:]), module.kernel_size, module.stride, module.padding,
            module.dilation,
        )  # fmt: skip
        return len(output) * math.prod(transposed.out) * module.weight.numel()
    if isinstance(module, _Recurrent):
        steps = output.numel() // output.shape[-1]
        return int(steps * sum(p.numel() for p in module.parameters() if p.ndim == 2))
    return 0
