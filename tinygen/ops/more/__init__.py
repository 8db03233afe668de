"""Functions beyond the needs of the four model families, loaded when first asked for."""

from __future__ import annotations

from tinygen.ops.more.contraction import einsum
from tinygen.ops.more.ctc import ctc_loss
from tinygen.ops.more.loss import hinge_embedding_loss, margin_ranking_loss
from tinygen.ops.more.norm import group_norm, instance_norm
from tinygen.ops.more.padding import pad_from_inside as pad_from_inside  # for pad(), not by name
from tinygen.ops.more.pixels import pixel_shuffle, pixel_unshuffle
from tinygen.ops.more.resizing import bicubic_weights as bicubic_weights  # for interpolate()
from tinygen.ops.more.windows import fold, unfold

__all__ = [
    "ctc_loss", "einsum", "fold", "group_norm", "hinge_embedding_loss", "instance_norm",
    "margin_ranking_loss", "pixel_shuffle", "pixel_unshuffle", "unfold",
]  # fmt: skip
