"""A page to walk about in a space of codes: drag over a plane, and see what each point decodes to.

It is one HTML file that asks nothing of a network: the decoder has been asked for a fine grid of
codes, and between four of its pictures the page mixes (bilinear interpolation).
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinygen import autograd, tensors
from tinygen.io import whole_file
from tinygen.io.messages import text
from tinygen.plots.host import class_labels, class_names, host, images_of
from tinygen.plots.html import document
from tinygen.plots.images import tile_images
from tinygen.plots.latent import apart
from tinygen.plots.style import BLUE, colour_and_mark

__all__ = ["latent_page"]

Decode = Callable[[Any], Any]

POINTS = 3000
"""Codes that are drawn; of more, so many evenly chosen."""

AT_ONCE = 256
"""Codes that are decoded together; it bounds the memory."""

DECIMALS = 3


class Plane(NamedTuple):
    """A plane in the space of codes: ``origin + a * directions[0] + b * directions[1]``.

    Attributes
    ----------
    origin : float64 array of shape (L,)
    directions : float64 array of shape (2, L)
        Of length 1, at right angles.
    labels : pair of str
        What the two coordinates are.
    share : float or None
        Of the codes' variance, how much lies in the plane, where that is why it was chosen.
    """

    origin: np.ndarray
    directions: np.ndarray
    labels: tuple[str, str]
    share: float | None = None


def latent_page(
    decode: Decode,
    file: str | Path,
    codes: Any = None,
    labels: Any = None,
    names: Sequence[str] | None = None,
    axes: tuple[int, int] | None = None,
    span: float | None = None,
    steps: int = 33,
    title: str = "",
    lead: str = "",
) -> Path:
    """Write a page on which one drags over a plane of codes and sees the decoded picture.

    It works with a mouse, a finger and the keyboard, follows the reader's choice of light or dark,
    and shows the whole grid of pictures where no script may run.

    Parameters
    ----------
    decode : callable
        From a float32 Tensor of shape (N, L) on the CPU to pictures (N, C, H, W) from 0 to 1, such
        as ``model.decode``; called without a graph, some hundred codes at a time. Put the model in
        evaluation mode first, and give a conditional one its labels.
    file : str or Path
        The page, written whole or not at all.
    codes : Tensor or array of shape (N, L), optional
        Codes of real pictures, drawn under the plane. Without them codes have two numbers.
    labels : integer Tensor or array of shape (N,), optional
        Their classes, told apart by colour.
    names : sequence of str, optional
        What to call the classes.
    axes : pair of int, optional
        Which two numbers of a code the plane is made of; the others are as in the mean code. By
        default the only two, or, of longer codes, the two directions in which the codes vary most
        (their principal components), through the mean.
    span : float, optional
        How far the plane reaches from its middle; by default as far as 99% of the codes, and 3
        (standard deviations of the prior) at least.
    steps : int
        Pictures of the grid in each direction.
    title, lead : str
        Of the page, instead of its own.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ValueError
        If a shape, a number or a range is wrong.

    Examples
    --------
    ::

        mu, _ = model.encode(pictures)
        latent_page(model.decode, "plane.html", codes=mu, labels=labels)
    """
    points = _codes(codes)
    plane = _plane(points, axes)
    if steps < 2:
        raise ValueError(f"latent_page wants 2 steps at least, got {steps}")
    places = np.zeros((0, 2)) if points is None else _in_plane(points, plane)
    if span is None:
        far = float(np.percentile(np.abs(places), 99)) if len(places) else 0.0
        span = max(3.0, math.ceil(2 * far) / 2)
    if not 0 < span < math.inf:
        raise ValueError(f"latent_page wants a span above 0, got {span}")
    sheet, size = _sheet(decode, plane, span, steps)
    kinds, called = _classes(labels, names, len(places))
    facts = {
        "steps": steps, "span": float(span), "width": size[1], "height": size[0],
        "axes": plane.labels, **_scatter(places, kinds, called, span),
    }  # fmt: skip
    page = document(
        title or text("own latent title"),
        lead or text("own latent lead"),
        _body(sheet, facts, plane),
        text("own latent footer", steps=steps),
        STYLE,
        SCRIPT,
    )
    with whole_file(file, "w") as opened:
        opened.write(page)
    return Path(file)


# ---- the plane ---------------------------------------------------------------------------------


def _codes(codes: Any) -> np.ndarray | None:
    if codes is None:
        return None
    points = host(codes).astype(np.float64)
    if points.ndim != 2 or points.shape[1] < 2 or len(points) == 0:
        raise ValueError(
            f"latent_page wants codes of shape (N, L) with L at least 2, got {points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError("latent_page got codes that are NaN or infinite: the encoder has diverged")
    return points


def _plane(points: np.ndarray | None, axes: tuple[int, int] | None) -> Plane:
    length = 2 if points is None else points.shape[1]
    if axes is None and length > 2:
        assert points is not None
        return _principal(points)
    first, second = (0, 1) if axes is None else axes
    if first == second or not (0 <= first < length and 0 <= second < length):
        raise ValueError(
            f"latent_page got the axes {axes} of codes of {length} numbers: give two different "
            f"ones from 0 to {length - 1}"
        )
    directions = np.eye(length)[[first, second]]
    origin = np.zeros(length) if points is None else points.mean(axis=0)
    origin[[first, second]] = 0
    labels = (text("own latent axis", axis=first), text("own latent axis", axis=second))
    return Plane(origin, directions, labels)


def _principal(points: np.ndarray) -> Plane:
    """The plane through the mean in which the points vary most."""
    middle = points.mean(axis=0)
    _, sizes, directions = np.linalg.svd(points - middle, full_matrices=False)
    if len(directions) < 2:
        raise ValueError(
            f"latent_page looks for the plane in which {points.shape[1]} numbers vary most and got "
            f"{len(points)} code: pass more codes, or axes"
        )
    # Signs are arbitrary; the largest number of each direction is made positive.
    largest = np.abs(directions[:2]).argmax(axis=1)
    signs = np.sign(directions[[0, 1], largest])[:, None]
    share = float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-300))
    labels = (text("own latent direction", number=1), text("own latent direction", number=2))
    return Plane(middle, signs * directions[:2], labels, share)


def _in_plane(points: np.ndarray, plane: Plane) -> np.ndarray:
    """The two coordinates of each code, (N, 2)."""
    return np.asarray((points - plane.origin) @ plane.directions.T)


def _sheet(decode: Decode, plane: Plane, span: float, steps: int) -> tuple[str, tuple[int, int]]:
    """The pictures of the grid as one picture, the second coordinate going up; and their size."""
    axis = np.linspace(-span, span, steps)
    up, right = np.meshgrid(axis[::-1], axis, indexing="ij")
    grid = plane.origin + np.stack([right.ravel(), up.ravel()], axis=1) @ plane.directions
    pictures = np.concatenate(
        [_decoded(decode, grid[start : start + AT_ONCE]) for start in range(0, len(grid), AT_ONCE)]
    )
    sheet = tile_images(pictures.transpose(0, 3, 1, 2), steps, padding=0)
    return _address(sheet), pictures.shape[1:3]


def _decoded(decode: Decode, codes: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) bytes."""
    with autograd.no_grad():
        made = decode(tensors.tensor(codes.astype(np.float32)))
    pictures = images_of(made, "latent_page", "pictures from decode")
    if len(pictures) != len(codes):
        raise ValueError(
            f"latent_page gave decode {len(codes)} codes and got {len(pictures)} pictures: it has "
            "to decode whatever batch it is handed"
        )
    return pictures


def _address(pixels: np.ndarray) -> str:
    """A picture as an address; grey if it is."""
    from PIL import Image

    is_grey = (pixels == pixels[..., :1]).all()
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if is_grey else pixels).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _classes(labels: Any, names: Sequence[str] | None, count: int) -> tuple[np.ndarray, list[str]]:
    """The class of each code and the names of all; no names without labels."""
    if labels is None:
        return np.zeros(count, np.int64), []
    kinds = class_labels(labels, count, "latent_page")
    most = int(kinds.max(initial=-1)) + 1
    return kinds, class_names(names, max(len(names or ()), most), "latent_page")


def _scatter(
    places: np.ndarray, kinds: np.ndarray, called: Sequence[str], span: float
) -> dict[str, Any]:
    """What the script has to know of the codes."""
    chosen = np.unique(np.linspace(0, len(places) - 1, min(POINTS, len(places))).astype(np.int64))
    colours = [colour_and_mark(kind)[0] for kind in range(len(called))] or [BLUE]
    return {
        "points": np.round(places[chosen], DECIMALS).tolist(),
        "classes": kinds[chosen].tolist(),
        "middles": _middles(places, kinds, called, span),
        "colours": colours,
        "names": list(called),
    }


def _middles(
    places: np.ndarray, kinds: np.ndarray, called: Sequence[str], span: float
) -> dict[str, list[float]]:
    """Where the names of the classes stand, so that none covers another."""
    if not called:
        return {}
    present = np.unique(kinds)
    middles = np.stack([np.median(places[kinds == kind], axis=0) for kind in present])
    longest = max(len(called[kind]) for kind in present)
    room = 2 * span * 0.025 * (longest + 1), 2 * span * 0.05
    return {
        called[kind]: place
        for kind, place in zip(present, apart(middles, room).round(DECIMALS).tolist(), strict=True)
    }


# ---- the page ----------------------------------------------------------------------------------


def _body(sheet: str, facts: dict[str, Any], plane: Plane) -> str:
    known = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
    legend = "".join(
        f'<li><span style="background: {colour}"></span>{escape(name)}</li>'
        for colour, name in zip(facts["colours"], facts["names"], strict=False)
    )
    sliders = "".join(
        f'<label>{escape(label)}<input type="range" id="{name}" min="{-facts["span"]}" '
        f'max="{facts["span"]}" step="any" value="0"></label>\n'
        for name, label in zip(("across", "up"), plane.labels, strict=True)
    )
    about = [text("own latent plane")] if facts["points"] else []
    if plane.share is not None:
        about.append(text("own latent share", share=plane.share))
    side = facts["steps"] * max(facts["width"], facts["height"])
    return (
        '<section class="walk">\n<div class="map">\n'
        f'<canvas id="plane" tabindex="0" role="img" aria-label="{escape(text("own latent map"))}">'
        f'</canvas>\n<p class="note">{escape(" ".join(about))}</p>\n</div>\n'
        '<div class="seen">\n'
        f'<canvas id="picture" width="{facts["width"]}" height="{facts["height"]}" role="img" '
        f'aria-label="{escape(text("own latent picture"))}"></canvas>\n'
        f'<output id="where"></output>\n{sliders}<ul class="legend">{legend}</ul>\n</div>\n'
        "</section>\n"
        f"<section>\n<h2>{escape(text('own latent grid'))}</h2>\n"
        f"<p>{escape(text('own latent grid caption', steps=facts['steps'], span=facts['span']))}"
        f'</p>\n<img id="sheet" src="{sheet}" style="--side: {side}px" '
        f'alt="{escape(text("own latent grid alt"))}">\n</section>\n'
        f'<script type="application/json" id="facts">{known}</script>'
    )


STYLE = """\
.walk { display: grid; grid-template-columns: minmax(0, 32rem) minmax(0, 1fr); gap: 1.25rem 2rem; }
.walk canvas { display: block; width: 100%; border-radius: .5rem; }
#plane {
  aspect-ratio: 1; background: var(--paper); border: 1px solid var(--line); cursor: crosshair;
  touch-action: none; margin-bottom: .75rem;
}
#plane:focus-visible, input:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
#picture { image-rendering: pixelated; max-width: 20rem; }
.seen { display: flex; flex-direction: column; gap: .75rem; }
.seen label { display: block; color: var(--faint); font-size: .95rem; max-width: 20rem; }
.seen input { display: block; width: 100%; margin: .2rem 0 0; accent-color: var(--blue); }
output { font-variant-numeric: tabular-nums; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: 0; padding: 0; }
.legend li { list-style: none; }
.legend span {
  display: inline-block; width: .8rem; height: .8rem; border-radius: 50%; margin-right: .4rem;
  border: 1px solid var(--line);
}
#sheet { width: min(100%, var(--side)); image-rendering: pixelated; mix-blend-mode: normal; }
@media (max-width: 40rem) {
  .walk { grid-template-columns: 1fr; }
  .seen { order: -1; display: grid; grid-template-columns: 9rem 1fr; gap: .5rem 1rem; }
  #picture { grid-row: span 3; }
  .legend { grid-column: span 2; }
}
@media print { .seen label { display: none; } }"""

SCRIPT = """\
"use strict";
const facts = JSON.parse(document.getElementById("facts").textContent);
const plane = document.getElementById("plane"), picture = document.getElementById("picture");
const sliders = [document.getElementById("across"), document.getElementById("up")];
const sheet = document.getElementById("sheet"), where = document.getElementById("where");
const { steps, span, width, height } = facts;
let place = [0, 0], pixels = null;

// Pixels of the page for each unit of the plane, and the plane's own resolution.
function onPage(point) {
  const side = plane.width;
  return [(point[0] + span) / (2 * span) * side, (span - point[1]) / (2 * span) * side];
}

function drawPlane() {
  const pen = plane.getContext("2d"), side = plane.width, fine = side / plane.clientWidth;
  pen.clearRect(0, 0, side, side);
  pen.strokeStyle = "#00000022";
  pen.lineWidth = fine;
  for (let line = -Math.floor(span); line <= span; line++) {
    const [x, y] = onPage([line, line]);
    pen.beginPath();
    pen.moveTo(x, 0); pen.lineTo(x, side);
    pen.moveTo(0, y); pen.lineTo(side, y);
    pen.stroke();
  }
  pen.globalAlpha = 0.6;
  facts.points.forEach(function (point, number) {
    const [x, y] = onPage(point);
    pen.fillStyle = facts.colours[facts.classes[number]];
    pen.beginPath();
    pen.arc(x, y, 2.4 * fine, 0, 7);
    pen.fill();
  });
  pen.globalAlpha = 1;
  pen.font = "bold " + 15 * fine + "px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const [name, middle] of Object.entries(facts.middles)) {
    pen.strokeStyle = "#ffffff";
    pen.lineWidth = 4 * fine;
    pen.strokeText(name, ...onPage(middle));
    pen.fillStyle = "#1d2125";
    pen.fillText(name, ...onPage(middle));
  }
  const [x, y] = onPage(place);
  for (const [colour, thick] of [["#ffffff", 6], ["#000000", 2.5]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick * fine;
    pen.beginPath();
    pen.arc(x, y, 10 * fine, 0, 7);
    pen.stroke();
  }
}

// The mean of the four pictures of the grid around a place, the nearer the heavier.
function drawPicture() {
  const across = (place[0] + span) / (2 * span) * (steps - 1);
  const down = (span - place[1]) / (2 * span) * (steps - 1);
  const left = Math.min(Math.floor(across), steps - 2);
  const top = Math.min(Math.floor(down), steps - 2);
  const right = across - left, below = down - top;
  const row = 4 * width * steps;  // numbers in a row of the grid's pixels
  const corners = [
    [0, (1 - right) * (1 - below)], [4 * width, right * (1 - below)],
    [height * row, (1 - right) * below], [height * row + 4 * width, right * below],
  ];
  const mixed = new ImageData(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (top * height + y) * row + 4 * (left * width + x), to = 4 * (y * width + x);
      for (let channel = 0; channel < 4; channel++) {
        let sum = 0;
        for (const [corner, weight] of corners) sum += weight * pixels[from + corner + channel];
        mixed.data[to + channel] = Math.round(sum);
      }
    }
  }
  picture.getContext("2d").putImageData(mixed, 0, 0);
}

function signed(value) {
  return value.toFixed(2).replace("-", "\\u2212");
}

function go(point) {
  place = point.map(function (value) { return Math.max(-span, Math.min(span, value)); });
  sliders.forEach(function (slider, number) { slider.value = place[number]; });
  where.textContent = "(" + signed(place[0]) + ", " + signed(place[1]) + ")";
  drawPlane();
  drawPicture();
}

function follow(event) {
  const box = plane.getBoundingClientRect();
  go([
    ((event.clientX - box.left) / box.width * 2 - 1) * span,
    (1 - (event.clientY - box.top) / box.height * 2) * span,
  ]);
}

function start() {
  const page = document.createElement("canvas");
  page.width = steps * width;
  page.height = steps * height;
  const pen = page.getContext("2d", { willReadFrequently: true });
  pen.drawImage(sheet, 0, 0);
  pixels = pen.getImageData(0, 0, page.width, page.height).data;

  plane.addEventListener("pointerdown", function (event) {
    plane.setPointerCapture(event.pointerId);
    follow(event);
  });
  plane.addEventListener("pointermove", function (event) {
    if (plane.hasPointerCapture(event.pointerId)) follow(event);
  });
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  plane.addEventListener("keydown", function (event) {
    const arrow = arrows[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = span / (event.shiftKey ? 10 : 50);
    go([place[0] + step * arrow[0], place[1] + step * arrow[1]]);
  });
  sliders.forEach(function (slider) {
    slider.addEventListener("input", function () {
      go(sliders.map(function (one) { return Number(one.value); }));
    });
  });
  new ResizeObserver(function () {
    plane.width = plane.height = Math.round(plane.clientWidth * (window.devicePixelRatio || 1));
    drawPlane();
  }).observe(plane);
  plane.width = plane.height = Math.round(plane.clientWidth * (window.devicePixelRatio || 1));
  go([0, 0]);
}

sheet.decode().then(start);"""
