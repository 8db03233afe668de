"""Pictures of one kind from pictures of another: digits from outlines, colours from grey.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> model = create("pix2pix")
>>> translate(model, source(model, tg.rand(5, 1, 28, 28))).shape
(5, 1, 28, 28)
"""

from __future__ import annotations

from tinygen.models import Model
from tinygen.models.damage import edge_map, luminance
from tinygen.models.pix2pix import Pix2Pix
from tinygen.models.unet import UNet
from tinygen.tensors import Tensor

__all__ = ["source", "translate", "translates_from"]

FROM = {"edges": "edges", "colourize": "grey"}
"""What a :class:`UNet` makes pictures of, by what it has learned."""


def translate(model: Model, pictures: Tensor) -> Tensor:
    """Make of each picture one of the kind that a model has learned.

    Parameters
    ----------
    model : Pix2Pix, or UNet that learned "edges" or "colourize"
    pictures : float Tensor of shape (N, 1, height, width)
        From 0 to 1: edge maps or grey pictures, see :func:`source`.

    Returns
    -------
    Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model does not translate, or these are no floats.
    ValueError
        If the shape or the range is another one.
    """
    _origin(model)
    translated: Tensor = model.restore(pictures)
    return translated


def source(model: Model, pictures: Tensor) -> Tensor:
    """What a model would be given, made of what it should answer: edge maps, or grey pictures.

    Parameters
    ----------
    model : Pix2Pix, or UNet that learned "edges" or "colourize"
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1.

    Returns
    -------
    Tensor of shape (N, 1, height, width)
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model does not translate.
    """
    return edge_map(pictures) if _origin(model) == "edges" else luminance(pictures)


def translates_from(model: Model) -> str | None:
    """What a model translates from: "edges", "grey", or None if it does not translate.

    Parameters
    ----------
    model : Model

    Returns
    -------
    str or None
    """
    if isinstance(model, Pix2Pix):
        return "edges"
    return FROM.get(model.task) if isinstance(model, UNet) else None


def _origin(model: Model) -> str:
    """As :func:`translates_from`, of a model that must translate."""
    origin = translates_from(model)
    if origin is None:
        what = f"a UNet that learned {model.task!r}" if isinstance(model, UNet) else model.name
        raise TypeError(
            f"{what} does not translate pictures: Pix2Pix and a UNet with task='edges' make "
            "pictures of edges, a UNet with task='colourize' gives colours to grey ones"
        )
    return origin
