"""Coloured shapes on coloured grounds: something to learn from when there are no photographs.

What counts is the shape alone: colour, size, place and turn are drawn without regard to it. A
shape is known by the signed distance of a pixel to its edge, below 0 inside, and fades over one
pixel there. A seed means the same pictures everywhere: see :mod:`tinygen.data.strokes`.
"""

from __future__ import annotations

import numpy as np

from tinygen.data.sets import ImageSet
from tinygen.data.strokes import check_amount, curve, form, random_bytes, uniform

__all__ = ["SHAPES", "draw_shapes", "make_shapes"]

SIZE = 32

AT_ONCE = 64
"""Pictures drawn together: what is computed for them should stay in the processor's cache."""

SHAPES = ("circle", "ring", "crescent", "square", "triangle", "star", "cross", "heart")
"""Their positions are the labels."""

OUTLINES = {
    "square": "-80,-80 80,-80 / 80,-80 80,80 / 80,80 -80,80 / 80,80 -80,-80",
}

TRAITS = {
    "radius": (7.0, 12.5),  # of the circle around the shape, in pixels
    "stretch": (0.85, 1.18),  # across, before the shape is turned
    "turn": (-1.0, 1.0),  # the tangent of half the angle
    "ground": (0.0, 1.0),  # how light
}
