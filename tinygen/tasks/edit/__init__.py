"""Changing one thing of a picture and keeping the rest, with each family of models.

============  ====================================================================================
VAE, GAN      a step in the space of codes: along the vector of an attribute, to another class, to
              another picture; or another label for the same code
classifier    a step in the space of pictures, along the gradient of a class's probability
row by row    another label from a row on: what is above stays, what is below is drawn anew
============  ====================================================================================

How much a step changes is measured by :mod:`tinygen.tasks.attributes`; the style of a picture is
changed by :mod:`tinygen.tasks.edit.style`.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> from tinygen.tasks.attributes import slant
>>> vae, pictures = create("vae"), tg.rand(40, 1, 28, 28)
>>> leaning = attribute_vector(codes_of(vae, pictures), slant(pictures))
>>> move(vae, pictures[:2], leaning, strength=2).shape
(2, 1, 28, 28)
"""

from __future__ import annotations

from tinygen.tasks.edit.directions import attribute_vector, class_vectors
from tinygen.tasks.edit.gradient import gradient_edit, random_edit
from tinygen.tasks.edit.latent import (
    Drawn,
    Latent,
    blend,
    change_label,
    codes_of,
    draw,
    interpolate,
    move,
    pictures_of,
)
from tinygen.tasks.edit.rows import redraw_rows

__all__ = [
    "Drawn", "Latent", "attribute_vector", "blend", "change_label", "class_vectors", "codes_of",
    "draw", "gradient_edit", "interpolate", "move", "pictures_of", "random_edit", "redraw_rows",
]  # fmt: skip
