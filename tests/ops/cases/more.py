"""Cases of tinygen/ops/more."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops import naive
from tests.ops.cases.loss import REDUCTIONS, reduced
from tests.ops.cases.norm import batch_norm
from tests.ops.registry import Call, arrays, call, case, constant, positive

EQUATIONS = st.sampled_from(
    [
        ("ij->ji", (2, 3)),
        ("ii->i", (3, 3)),
        ("ii", (3, 3)),
        ("ij,jk", (2, 3), (3, 4)),
        ("bij,bjk->bik", (2, 1, 3), (2, 3, 2)),
        ("bij,bjk->bik", (2, 1, 3), (1, 3, 2)),
        ("...i,...i->...", (2, 1, 3), (4, 3)),
        ("i,j,k->kji", (2,), (3,), (1,)),
        ("ij,ij->", (2, 0), (2, 0)),
        ("abc,cd,be->ade", (2, 2, 3), (3, 2), (2, 3)),
    ]
)


@st.composite
def contracted(draw: Any) -> Call:
    equation, *shapes = draw(EQUATIONS)
    return Call((equation, *(draw(arrays(shape)) for shape in shapes)), {})


def unfold(x: np.ndarray, kernel: Any, dilation: Any, padding: Any, stride: Any) -> np.ndarray:
    """Window after window."""
    rows, cols = naive.pool_windows(x, kernel, stride, padding, dilation, False)
    up, left = naive.pair(padding)
    x = np.pad(x, [(0, 0), (0, 0), (up, up), (left, left)])
    columns = [
        x[:, :, np.add(r, up)][..., np.add(c, left)].reshape(len(x), -1) for r in rows for c in cols
    ]
    return np.stack(columns, -1)


def fold(columns: np.ndarray, size: Any, kernel: Any, **options: Any) -> np.ndarray:
    """The transpose of unfold, by its matrix."""
    height, width = naive.pair(size)
    pixels = np.eye(height * width).reshape(-1, 1, height, width)
    matrix = unfold(pixels, kernel, **options)
    channels = columns.shape[1] // matrix.shape[1]
    split = columns.reshape(len(columns), channels, *matrix.shape[1:])
    images = np.einsum("nckp,ikp->nci", split, matrix)
    return images.reshape(len(columns), channels, height, width)


WINDOWS = {
    "dilation": st.sampled_from([1, 2]),
    "padding": st.sampled_from([0, (1, 0)]),
    "stride": st.sampled_from([1, (2, 1)]),
}


@st.composite
def folded(draw: Any) -> Call:
    size, kernel = (4, 5), draw(st.sampled_from([1, 2, (1, 2)]))
    options = {name: draw(drawn) for name, drawn in WINDOWS.items()}
    shape = unfold(np.zeros((2, 2, *size)), kernel, **options).shape
    return Call((draw(arrays(shape)), size, kernel), options)


def group_norm(x: np.ndarray, groups: int, weight: Any, bias: Any, eps: float = 1e-5) -> np.ndarray:
    size = x.shape[1] // groups
    y = np.empty_like(x)
    for n in range(len(x)):
        for g in range(groups):
            part = x[n, g * size : (g + 1) * size]
            y[n, g * size : (g + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return scaled(y, weight, bias)


def scaled(y: np.ndarray, weight: Any, bias: Any) -> np.ndarray:
    if weight is None:
        return y
    return y * weight.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1)


def instance_norm(
    x: np.ndarray, mean: Any, var: Any, weight: Any, bias: Any, use_input_stats: bool
) -> np.ndarray:
    if use_input_stats:
        return group_norm(x, x.shape[1], weight, bias)
    return batch_norm(x, mean, var, 1e-5, False, weight, bias)


IMAGES = arrays((2, 4, 2, 3))
PER_CHANNEL = arrays((4,))


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice([-1.0, 1.0], shape)


SIGNS = constant(arrays((2, 3), signs))


def hinge(x: np.ndarray, t: np.ndarray, margin: float, reduction: str) -> np.ndarray:
    return reduced(np.where(t == 1, x, np.maximum(0, margin - x)), reduction)


def ranking(
    a: np.ndarray, b: np.ndarray, t: np.ndarray, margin: float, reduction: str
) -> np.ndarray:
    return reduced(np.maximum(0, -t * (a - b) + margin), reduction)


def pixel_shuffle(x: np.ndarray, r: int) -> np.ndarray:
    *lead, channels, height, width = x.shape
    y = np.empty((*lead, channels // r**2, height * r, width * r))
    for c, i, j in np.ndindex(*y.shape[-3:]):
        y[..., c, i, j] = x[..., c * r * r + i % r * r + j % r, i // r, j // r]
    return y


def pixel_unshuffle(x: np.ndarray, r: int) -> np.ndarray:
    *lead, channels, height, width = x.shape
    y = np.empty((*lead, channels * r**2, height // r, width // r))
    for k, i, j in np.ndindex(*y.shape[-3:]):
        c, place = divmod(k, r * r)
        y[..., k, i, j] = x[..., c, i * r + place // r, j * r + place % r]
    return y


MARGIN = {"margin": st.sampled_from([0.0, 0.5, 1.0]), "reduction": REDUCTIONS}

case("more.einsum", contracted(), np.einsum)
case(
    "more.unfold",
    call(arrays((2, 2, 4, 5)), st.sampled_from([1, 2]), **WINDOWS),
    unfold,
)
case("more.fold", folded(), fold)
for weight, bias in ((None, None), (PER_CHANNEL, PER_CHANNEL)):
    case(
        "more.group_norm",
        call(IMAGES, st.sampled_from([1, 2, 4]), weight, bias),
        group_norm,
        rtol=1e-4,
    )
    case(
        "more.instance_norm",
        call(IMAGES, None, None, weight, bias, use_input_stats=True),
        instance_norm,
        rtol=1e-4,
    )
    case(
        "more.instance_norm",
        call(IMAGES, PER_CHANNEL, arrays((4,), positive), weight, bias, use_input_stats=False),
        instance_norm,
        rtol=1e-4,
    )
case("more.hinge_embedding_loss", call(arrays((2, 3)), SIGNS, **MARGIN), hinge)
case("more.margin_ranking_loss", call(arrays((2, 3)), arrays((2, 3)), SIGNS, **MARGIN), ranking)
SHUFFLED = st.sampled_from([(8, 1, 2), (2, 4, 3, 2), (0, 4, 1, 1)]).flatmap(arrays)
case("more.pixel_shuffle", call(SHUFFLED, 2), pixel_shuffle)
UNSHUFFLED = st.sampled_from([(2, 2, 4), (2, 1, 6, 2), (0, 1, 2, 2)]).flatmap(arrays)
case("more.pixel_unshuffle", call(UNSHUFFLED, 2), pixel_unshuffle)
for mode, numpy_mode in (("reflect", "reflect"), ("replicate", "edge")):
    widths = st.sampled_from([(1, 2, 2, 1), (0, 0, 1, 0), (2, 0, 0, 2)])
    case(
        "pool.pad",
        call(arrays((2, 1, 3, 4)), widths, mode=mode),
        lambda x, w, mode, numpy_mode=numpy_mode: np.pad(
            x, [(0, 0), (0, 0), (w[2], w[3]), (w[0], w[1])], mode=numpy_mode
        ),
    )
