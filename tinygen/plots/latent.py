"""Spaces of codes: what lies where, and what lies between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen import autograd, tensors
from tinygen.plots.host import class_labels, class_names, host, images_of
from tinygen.plots.images import tile_images
from tinygen.plots.style import DPI, TEXT, File, colour_and_mark, finished, look, new_figure
from tinygen.plots.table import Table, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["interpolation_strip", "latent_codes", "latent_plane", "traversal"]

Decode = Callable[[Any], Any]

PLANE = 620  # pixels of the page that the plane is wide or high, about
LEFT, BETWEEN, RIGHT, ABOVE, BELOW = 108, 124, 32, 44, 88
FIRST, SECOND = "first number of the code", "second number"


def latent_plane(
    decode: Decode,
    steps: int = 20,
    span: float | None = None,
    codes: Any = None,
    labels: Any = None,
    names: Sequence[str] | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """The pictures that a decoder makes over a plane of two-dimensional codes.

    Without ``span`` the codes are quantiles of the normal distribution, as far apart in
    probability (D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014, figure 4);
    with it they are evenly spaced from ``-span`` to ``span``. Where codes are given, a second
    picture shows them as points, and where among them the plane lies.

    Parameters
    ----------
    decode : callable
        From a float32 Tensor of shape (N, 2) on the CPU to pictures (N, C, H, W) from 0 to 1,
        such as ``lambda z: model.decode(z).sigmoid()``; called once, without a graph. Put the
        model in evaluation mode first.
    steps : int
        Pictures in each direction.
    span : float, optional
        How far the evenly spaced codes reach.
    codes : Tensor or array of shape (N, 2), optional
        Codes of real pictures, for :func:`latent_codes` beside the plane.
    labels : integer Tensor or array of shape (N,), optional
        Their classes.
    names : sequence of str, optional
        What to call the classes.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape or range is wrong.
    """
    if steps < 2 or (span is not None and not span > 0):
        raise ValueError(f"latent_plane wants steps >= 2 and span > 0, got {steps} and {span}")
    if span is None:
        normal = NormalDist()
        axis = np.array([normal.inv_cdf((step + 0.5) / steps) for step in range(steps)])
    else:
        axis = np.linspace(-span, span, steps)
    second, first = np.meshgrid(axis[::-1], axis, indexing="ij")
    grid = np.stack([first.ravel(), second.ravel()], axis=1)
    page = tile_images(_decoded(decode, grid, "latent_plane"), steps, padding=0)
    zoom = max(1, PLANE // max(page.shape[:2]))
    height, width = zoom * page.shape[0], zoom * page.shape[1]
    total = (LEFT + width + (RIGHT if codes is None else BETWEEN + width + RIGHT), height)
    with look():
        figure = _figure_of_pixels(total[0], ABOVE + height + BELOW)
        axes = _axes_at(figure, LEFT, width, height)
        axes.imshow(page, interpolation="nearest", extent=(0, steps, 0, steps), aspect="auto")
        quarter = (steps - 1) // 4
        places = np.unique([0, quarter, steps - 1 - quarter, steps - 1])
        words = [f"{axis[place]:.2g}".replace("-", "−") for place in places]
        axes.set_xticks(places + 0.5, words)
        axes.set_yticks(places + 0.5, words)
        axes.grid(False)
        axes.spines[:].set_visible(False)
        axes.set(xlabel=FIRST, ylabel=SECOND, title=title)
        if codes is not None:
            beside = _axes_at(figure, LEFT + width + BETWEEN, width, height)
            _scatter(beside, codes, labels, names, "latent_plane")
            _outline(beside, float(axis[-1]))
    return finished(figure, file)


def _figure_of_pixels(width: int, height: int) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width / DPI, height / DPI), dpi=DPI)


def _axes_at(figure: Figure, left: int, width: int, height: int) -> Axes:
    """Axes of whole pixels, so that those of the pictures stay sharp."""
    across, down = (round(inches * DPI) for inches in figure.get_size_inches())
    return figure.add_axes((left / across, BELOW / down, width / across, height / down))


def _outline(axes: Axes, reach: float) -> None:
    """Where the plane of pictures lies among the codes."""
    sides = [-reach, reach, reach, -reach, -reach], [-reach, -reach, reach, reach, -reach]
    axes.plot(*sides, color=TEXT, linewidth=1, linestyle=(0, (3, 2)), zorder=3)
    ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1}
    style: dict[str, Any] = {"fontsize": 7.5, "ha": "right", "va": "bottom", "bbox": ground}
    axes.text(reach, 1.03 * reach, "shown left", zorder=4, **style)


def latent_codes(
    codes: Any,
    labels: Any = None,
    names: Sequence[str] | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """Codes of pictures as points in a plane, a colour for each class and its name at the middle.

    Parameters
    ----------
    codes : Tensor or array of shape (N, 2)
        Of longer codes pass two columns, or their first two principal components.
    labels : integer Tensor or array of shape (N,), optional
        Their classes.
    names : sequence of str, optional
        What to call the classes.
    title : str
        Above the picture.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape is wrong or codes are not finite.
    """
    with look():
        figure = new_figure(4.8, 4.6)
        axes = figure.add_subplot()
        _scatter(axes, codes, labels, names, "latent_codes")
        axes.set_title(title)
    return finished(figure, file)


def _scatter(axes: Axes, codes: Any, labels: Any, names: Sequence[str] | None, caller: str) -> None:
    """Points in the colours of their classes, and the names of the classes."""
    points = host(codes)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(
            f"{caller} wants codes of shape (N, 2), got {points.shape}: choose two of their "
            "numbers with codes[:, :2], or project them"
        )
    if not np.isfinite(points).all():
        raise ValueError(f"{caller} got codes that are NaN or infinite: the encoder has diverged")
    kinds = np.zeros(len(points), np.int64)
    if labels is not None:
        kinds = class_labels(labels, len(points), caller)
    size = float(np.clip(9000 / len(points), 5, 22))
    present = np.unique(kinds)
    for kind in present:
        colour, mark = colour_and_mark(int(kind))
        x, y = points[kinds == kind].T
        axes.scatter(x, y, s=size, c=colour, marker=mark, alpha=0.75, linewidths=0)
    axes.set(xlabel=FIRST, ylabel=SECOND)
    if labels is not None:
        called = class_names(names, max(len(names or ()), int(present[-1]) + 1), caller)
        middles = np.stack([np.median(points[kinds == kind], axis=0) for kind in present])
        _write_names(axes, middles, [called[kind] for kind in present], present)


def _write_names(axes: Axes, middles: np.ndarray, names: list[str], kinds: np.ndarray) -> None:
    """The name of each class at the middle of its points, moved where two would overlap."""
    box = axes.transLimits.transform(middles)
    width = max(text_width(name, 9, bold=True) for name in names) + 18
    extent = axes.get_window_extent()
    places = apart(box, (width / extent.width, 34 / extent.height))
    for place, name, kind in zip(places, names, kinds, strict=True):
        colour, _ = colour_and_mark(int(kind))
        around = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": colour}
        axes.text(
            place[0], place[1], name, fontsize=9, weight="bold", ha="center", va="center", zorder=5,
            transform=axes.transAxes, bbox={**around, "linewidth": 1.8, "alpha": 0.9},
        )  # fmt: skip


def apart(places: np.ndarray, size: tuple[float, float]) -> np.ndarray:
    """Boxes of one size, moved up and down until no two overlap."""
    places = places.copy()
    for _ in range(200):
        has_moved = False
        for first in range(len(places)):
            for second in range(first + 1, len(places)):
                across, up = places[second] - places[first]
                if abs(across) < size[0] and abs(up) < size[1] - 1e-9:
                    push = (size[1] - abs(up)) / 2 * (1 if up >= 0 else -1)
                    places[first, 1] -= push
                    places[second, 1] += push
                    has_moved = True
        if not has_moved:
            break
    return places


def traversal(
    decode: Decode,
    start: Any,
    dimensions: Sequence[int] | None = None,
    span: float = 3.0,
    steps: int = 9,
    title: str = "",
    file: File = None,
) -> Figure:
    """What each number of a code does: a row for each, the others stay as they are.

    Parameters
    ----------
    decode : callable
        From a float32 Tensor of shape (N, L) on the CPU to pictures (N, C, H, W) from 0 to 1;
        called once, without a graph.
    start : Tensor or array of shape (L,)
        The code to start from.
    dimensions : sequence of int, optional
        Which numbers of the code; by default all, but not more than ten.
    span : float
        Each goes from ``-span`` to ``span``.
    steps : int
        Pictures in a row.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        A frame marks the picture nearest to the start in each row.

    Raises
    ------
    ValueError
        If a shape, a number or a range is wrong.
    """
    code = _code(start, "traversal")
    chosen = list(range(min(10, len(code)))) if dimensions is None else list(dimensions)
    outside = [number for number in chosen if not 0 <= number < len(code)]
    if outside or not chosen:
        raise ValueError(
            f"traversal got dimensions {chosen} of a code of {len(code)} numbers: they count from "
            f"0 to {len(code) - 1}"
        )
    if steps < 2 or not span > 0:
        raise ValueError(f"traversal wants steps >= 2 and span > 0, got {steps} and {span}")
    values = np.linspace(-span, span, steps)
    codes = np.tile(code, (len(chosen), steps, 1))
    for row, number in enumerate(chosen):
        codes[row, :, number] = values
    pictures = _decoded(decode, codes.reshape(-1, len(code)), "traversal")
    nearest = [int(np.abs(values - code[number]).argmin()) for number in chosen]
    table = Table(
        pictures.reshape(len(chosen), steps, *pictures.shape[1:]),
        title=title,
        column_labels=[_signed(value) for value in values],
        row_labels=[f"z{number}" for number in chosen],
        framed=list(enumerate(nearest)),
    )
    return finished(table.draw(), file)


def interpolation_strip(
    decode: Decode,
    first: Any,
    last: Any,
    steps: int = 9,
    spherical: bool = False,
    ends: tuple[Any, Any] | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """From one code to another in equal steps, a row for each pair.

    Parameters
    ----------
    decode : callable
        From a float32 Tensor of shape (N, L) on the CPU to pictures (N, C, H, W) from 0 to 1;
        called once, without a graph.
    first, last : Tensors or arrays of shape (L,) or (R, L)
        Where rows begin and end.
    steps : int
        Pictures in a row.
    spherical : bool
        Along the arc instead of the line, which keeps the length that codes of many normal
        numbers have (T. White, "Sampling generative networks", 2016).
    ends : pair of Tensors or arrays of R pictures, optional
        The real pictures that the codes are of; framed, before and after each row.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If a shape or range is wrong.
    """
    begin, end = (np.atleast_2d(host(code)).astype(np.float64) for code in (first, last))
    if begin.ndim != 2 or begin.shape != end.shape or begin.size == 0:
        raise ValueError(
            "interpolation_strip wants two codes of shape (L,) or (R, L) alike, got "
            f"{host(first).shape} and {host(last).shape}"
        )
    if steps < 2:
        raise ValueError(f"interpolation_strip wants 2 steps at least, got {steps}")
    shares = np.linspace(0, 1, steps)
    between = arc if spherical else line
    codes = np.stack([between(a, b, shares) for a, b in zip(begin, end, strict=True)])
    flat = _decoded(decode, codes.reshape(-1, begin.shape[1]), "interpolation_strip")
    pictures = flat.reshape(len(begin), steps, *flat.shape[1:])
    labels, framed = [_percent(share) for share in shares], []
    if ends is not None:
        left, right = (images_of(part, "interpolation_strip", "ends") for part in ends)
        wanted = pictures[:, 0].shape
        if left.shape != wanted or right.shape != wanted:
            raise ValueError(
                f"interpolation_strip wants {wanted[0]} pictures of {wanted[1]}×{wanted[2]} pixels "
                f"at each end, got {left.shape[:3]} and {right.shape[:3]} (N, H, W)"
            )
        pictures = np.concatenate([left[:, None], pictures, right[:, None]], axis=1)
        labels = ["real", *labels, "real"]
        framed = [(row, place) for row in range(len(begin)) for place in (0, steps + 1)]
    table = Table(pictures, title=title, column_labels=labels, framed=framed)
    return finished(table.draw(), file)


def line(first: np.ndarray, last: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Codes on the line from one to the other."""
    return first + shares[:, None] * (last - first)


def arc(first: np.ndarray, last: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Codes on the arc around zero: sin((1-t)a)/sin(a) first + sin(ta)/sin(a) last.

    ``a`` is the angle between them. Where they lie in one direction it is the line.
    """
    lengths = np.linalg.norm(first) * np.linalg.norm(last)
    angle = np.arccos(np.clip(first @ last / lengths, -1, 1)) if lengths > 0 else 0.0
    if np.sin(angle) < 1e-6:
        return line(first, last, shares)
    weights = np.stack([np.sin((1 - shares) * angle), np.sin(shares * angle)], axis=1)
    return weights / np.sin(angle) @ np.stack([first, last])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _signed(value: float) -> str:
    return f"{value:+.3g}".replace("-", "−") if round(value, 6) else "0"


def _code(start: Any, caller: str) -> np.ndarray:
    code = host(start).astype(np.float64)
    if code.ndim != 1 or code.size == 0:
        raise ValueError(f"{caller} starts from one code of shape (L,), got {code.shape}")
    return code


def _decoded(decode: Decode, codes: np.ndarray, caller: str) -> np.ndarray:
    """The pictures of codes, as (N, H, W, 3) bytes."""
    with autograd.no_grad():
        made = decode(tensors.tensor(codes.astype(np.float32)))
    pictures = images_of(made, caller, "pictures from decode")
    if len(pictures) != len(codes):
        raise ValueError(
            f"{caller} gave decode {len(codes)} codes and got {len(pictures)} pictures: it has to "
            "decode whatever batch it is handed"
        )
    return pictures
