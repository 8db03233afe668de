"""Cases of tinygen/ops/more, and of pool.pad with borders from inside."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.ops.registry import Call, arrays, case, constant, positive, with_options

# ---- einsum: NumPy's as the oracle -----------------------------------------------------------

EQUATIONS = [
    "ij->ji", "ijk->kij", "ij", "ba", "bA", "ij->", "ij->j", "ijk->k", "->", " i j -> j i ",
    "ii", "ii->i", "iji->j", "ijj->ij", "iii", "iijj->ji", "ijij->",
    "i,i", "i,j", "i,j->ji", "i,i->i", "ij,ij->ij", "ij,ij->ji", "ij,ji", ",i", "i,->i",
    "ij,jk", "ij,kj->ik", "ji,jk->ki", "ij,j", "ij,jk->", "ij,jk->k", "ii,ij->j", "ij,kk->ji",
    "bij,bjk->bik", "bij,bjk->ik", "bij,bij->b", "bhqd,bkhd->bqhk", "bi,ijk,bk->bj",
    "ij,jk,kl", "ij,jk,kl->ijl", "i,i,i->i", "i,j,k->kji", "ij,ik,il->jkl", "ab,bc,ca",
]  # fmt: skip
BROADCAST = {
    "...": [(2, 3)],
    "...->...": [(2, 3)],
    "i...->...": [(2, 3, 2)],
    "...i->i...": [(2, 3, 2)],
    "...ii->...i": [(2, 3, 3)],
    "...,...": [(2, 3), (3,)],
    "i...,...": [(2, 1, 3), (4, 1)],
    "...ij,...jk->...ik": [(4, 1, 2, 3), (2, 3, 2)],
    "...ij,jk": [(2, 2, 3), (3, 2)],
    "b...i,...i->b...": [(2, 3, 4), (1, 4)],
    "...i,i...->...": [(2, 3), (3, 1)],
}


@st.composite
def einsums(draw: Any) -> Call:
    """An equation, and lengths for its letters: now and then 1 in one operand, to be stretched."""
    equation = draw(st.sampled_from(EQUATIONS))
    operands = equation.partition("->")[0].replace(" ", "").split(",")
    lengths = {letter: draw(st.integers(0, 3)) for letter in "".join(operands)}
    shapes = [
        tuple(
            1 if letters.count(letter) == 1 and draw(st.integers(0, 9)) == 0 else lengths[letter]
            for letter in letters
        )
        for letters in operands
    ]
    return Call((equation, *(draw(arrays(shape)) for shape in shapes)), {})


@st.composite
def broadcast_einsums(draw: Any) -> Call:
    equation, shapes = draw(st.sampled_from(list(BROADCAST.items())))
    return Call((equation, *(draw(arrays(shape)) for shape in shapes)), {})


case("more.einsum", einsums(), np.einsum)
case("more.einsum", broadcast_einsums(), np.einsum)


# ---- normalization ---------------------------------------------------------------------------


@st.composite
def normalized(draw: Any, first: int) -> Call:
    """Images or sequences, perhaps with a weight or a bias; ``first`` positions at least."""
    channels = draw(st.sampled_from([2, 4, 6]))
    positions = draw(st.sampled_from([(first,), (first, 2), (2, first)]))
    x = draw(arrays((draw(st.integers(1, 2)), channels, *positions)))
    vector = st.none() | arrays((channels,))
    return Call((x,), {"weight": draw(vector), "bias": draw(vector)})


@st.composite
def grouped(draw: Any) -> Call:
    made = draw(normalized(3))
    channels = made.args[0].shape[1]
    groups = draw(st.sampled_from([n for n in (1, 2, 3, 6) if channels % n == 0]))
    return Call((*made.args, groups), made.kwargs)


@st.composite
def with_running_statistics(draw: Any) -> Call:
    made = draw(normalized(1))
    shape = made.args[0].shape[1:2]
    running = (draw(constant(arrays(shape))), draw(constant(arrays(shape, positive))))
    return Call(made.args + running, {**made.kwargs, "use_input_stats": False})


def affine(y: np.ndarray, weight: Any, bias: Any) -> np.ndarray:
    for channel in range(y.shape[1]):
        y[:, channel] *= 1 if weight is None else weight[channel]
        y[:, channel] += 0 if bias is None else bias[channel]
    return y


def group_norm(x: np.ndarray, groups: int, weight: Any, bias: Any, eps: float = 1e-5) -> np.ndarray:
    y = np.empty_like(x)
    size = x.shape[1] // groups
    for sample in range(len(x)):
        for start in range(0, x.shape[1], size):
            part = x[sample, start : start + size]
            y[sample, start : start + size] = (part - part.mean()) / np.sqrt(part.var() + eps)
    return affine(y, weight, bias)


def instance_norm(x: np.ndarray, *running: Any, weight: Any, bias: Any, **options: Any) -> Any:
    y, eps = np.empty_like(x), options.get("eps", 1e-5)
    for sample, channel in np.ndindex(x.shape[:2]):
        values = x[sample, channel]
        mean, var = (r[channel] for r in running) if running else (values.mean(), values.var())
        y[sample, channel] = (values - mean) / np.sqrt(var + eps)
    return affine(y, weight, bias)


EPS = st.sampled_from([1e-5, 0.1])
case("more.group_norm", with_options(grouped(), eps=EPS), group_norm, rtol=2e-4)
case("more.instance_norm", with_options(normalized(4), eps=EPS), instance_norm, rtol=2e-4)
case("more.instance_norm", with_running_statistics(), instance_norm)


# ---- pixels and windows ----------------------------------------------------------------------


@st.composite
def shuffled(draw: Any, *, back: bool) -> Call:
    r, lead = draw(st.integers(1, 3)), draw(st.sampled_from([(), (2,), (0,), (2, 1)]))
    channels, height, width = (draw(st.integers(1, 2)) for _ in range(3))
    image = (channels, height * r, width * r) if back else (channels * r * r, height, width)
    return Call((draw(arrays(lead + image)), r), {})


def pixel_shuffle(x: np.ndarray, r: int) -> np.ndarray:
    *lead, channels, height, width = x.shape
    y = np.empty((*lead, channels // r**2, height * r, width * r))
    for c, row, col in np.ndindex(y.shape[-3:]):
        y[..., c, row, col] = x[..., c * r * r + row % r * r + col % r, row // r, col // r]
    return y


def pixel_unshuffle(y: np.ndarray, r: int) -> np.ndarray:
    *lead, channels, height, width = y.shape
    x = np.empty((*lead, channels * r**2, height // r, width // r))
    for c, row, col in np.ndindex(y.shape[-3:]):
        x[..., c * r * r + row % r * r + col % r, row // r, col // r] = y[..., c, row, col]
    return x


case("more.pixel_shuffle", shuffled(back=False), pixel_shuffle)
case("more.pixel_unshuffle", shuffled(back=True), pixel_unshuffle)

WINDOWS = [
    {"kernel_size": 2},
    {"kernel_size": (1, 3), "stride": (2, 1)},
    {"kernel_size": (3, 2), "padding": (1, 0), "stride": 2},
    {"kernel_size": 2, "dilation": (2, 3), "padding": 1},
    {"kernel_size": 1, "stride": 3},
]


def places(size: tuple[int, int], options: Any) -> list[list[tuple[int, int]]]:
    """For each window, the pixel under each of its places: naively, one by one."""
    (rows, cols), (down, right), (by_row, by_col), (top, left) = (
        np.broadcast_to(options.get(name, default), 2).tolist()
        for name, default in [("kernel_size", 1), ("stride", 1), ("dilation", 1), ("padding", 0)]
    )
    starts = [
        (y, x)
        for y in range(-top, size[0] + top, down)
        for x in range(-left, size[1] + left, right)
        if y + by_row * (rows - 1) < size[0] + top and x + by_col * (cols - 1) < size[1] + left
    ]
    return [
        [(y + i * by_row, x + j * by_col) for i in range(rows) for j in range(cols)]
        for y, x in starts
    ]


def inside(size: tuple[int, int], pixel: tuple[int, int]) -> bool:
    return all(0 <= place < n for place, n in zip(pixel, size, strict=True))


def unfold(x: np.ndarray, **options: Any) -> np.ndarray:
    batch, channels, *size = x.shape
    windows = places(tuple(size), options)
    y = np.zeros((batch, channels, len(windows[0]), len(windows)))
    for position, window in enumerate(windows):
        for place, pixel in enumerate(window):
            if inside(tuple(size), pixel):
                y[:, :, place, position] = x[:, :, pixel[0], pixel[1]]
    return y.reshape(batch, -1, len(windows))


def fold(columns: np.ndarray, output_size: Any, **options: Any) -> np.ndarray:
    windows = places(output_size, options)
    taps = columns.reshape(len(columns), -1, len(windows[0]), len(windows))
    x = np.zeros((*taps.shape[:2], *output_size))
    for position, window in enumerate(windows):
        for place, pixel in enumerate(window):
            if inside(output_size, pixel):
                x[:, :, pixel[0], pixel[1]] += taps[:, :, place, position]
    return x


@st.composite
def images_with_windows(draw: Any, *, back: bool) -> Call:
    size, options = draw(st.sampled_from([(4, 6), (5, 4)])), draw(st.sampled_from(WINDOWS))
    batch, channels = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    if not back:
        return Call((draw(arrays((batch, channels, *size))),), options)
    windows = places(size, options)
    columns = draw(arrays((batch, channels * len(windows[0]), len(windows))))
    return Call((columns, size), options)


case("more.unfold", images_with_windows(back=False), unfold)
case("more.fold", images_with_windows(back=True), fold)


# ---- borders from inside ---------------------------------------------------------------------


def two_widths(n: int) -> Any:
    """What to add to both ends of n elements, or to cut off, leaving one at least."""
    width = st.integers(1 - n, n - 1)
    return st.tuples(width, width).filter(lambda pair: n + sum(pair) > 0)


@st.composite
def bordered(draw: Any) -> Call:
    """One, two or three dimensions to pad, and one or two before them."""
    lead = draw(st.sampled_from([(2,), (1, 2)]))
    lengths = draw(st.lists(st.integers(2, 4), min_size=1, max_size=3))
    widths = tuple(width for n in reversed(lengths) for width in draw(two_widths(n)))
    mode = draw(st.sampled_from(["reflect", "replicate"]))
    return Call((draw(arrays((*lead, *lengths))), widths, mode), {})


def pad(x: np.ndarray, widths: tuple[int, ...], mode: str) -> np.ndarray:
    pairs = [(widths[i], widths[i + 1]) for i in range(0, len(widths), 2)]
    pairs = [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    grown = [(max(before, 0), max(after, 0)) for before, after in pairs]
    y = np.pad(x, grown, mode="reflect" if mode == "reflect" else "edge")
    cut = [slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(pairs, y.shape, strict=True)]
    return y[tuple(cut)]


case("pool.pad", bordered(), pad)


# ---- losses with a margin --------------------------------------------------------------------


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.choice([-1.0, 1.0], shape)


@st.composite
def signed(draw: Any, inputs: int) -> Call:
    shape = draw(st.sampled_from([(), (3,), (2, 3)]))
    target = draw(constant(arrays(shape, signs)))
    options = {
        "margin": draw(st.sampled_from([0.0, 0.5, 1])),
        "reduction": draw(st.sampled_from(["mean", "sum", "none"])),
    }
    return Call((*(draw(arrays(shape)) for _ in range(inputs)), target), options)


REDUCTIONS = {"mean": np.mean, "sum": np.sum, "none": np.asarray}


def hinge_embedding_loss(x: Any, target: Any, margin: float, reduction: str) -> Any:
    losses = np.where(target == 1, x, np.where(x < margin, margin - x, 0.0))
    return REDUCTIONS[reduction](losses)


def margin_ranking_loss(a: Any, b: Any, target: Any, margin: float, reduction: str) -> Any:
    leads = np.where(target == 1, a - b, b - a)
    return REDUCTIONS[reduction](np.where(leads < margin, margin - leads, 0.0))


case("more.hinge_embedding_loss", signed(1), hinge_embedding_loss)
case("more.margin_ranking_loss", signed(2), margin_ranking_loss)
