"""Inside a network: its kernels, and what they make of a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygen import autograd, tensors
from tinygen.nn.module import Module
from tinygen.plots.host import host, images_of
from tinygen.plots.images import balanced, coloured
from tinygen.plots.style import File, diverging_map, finished
from tinygen.plots.table import Scale, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["activations", "filters"]

MOST = 16  # channels of kernels in each direction


def filters(
    weight: Any,
    limit: float | None = None,
    title: str = "",
    file: File = None,
) -> Figure:
    """The kernels of a convolution as pictures.

    Kernels of one channel stand in a grid, blue below zero, white at zero and orange above, with
    their scale. Those of three channels are drawn in colours, each kernel stretched to its own
    range. Of more channels a row is an output channel and a column an input channel, the first 16
    of each.

    Parameters
    ----------
    weight : Conv2d, or Tensor or array of shape (O, I, kH, kW)
        The module or its weights. Those of a first dense layer are
        ``layer.weight.reshape(-1, 1, 28, 28)``.
    limit : float, optional
        The weight that gets the strongest colour; by default the largest there is.
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
        If the weights do not have four axes, or are not finite.
    """
    if isinstance(weight, Module) and not hasattr(weight, "weight"):
        raise ValueError(
            f"filters wants a convolution, but {type(weight).__name__} has no weight of its own: "
            "pass one of its layers, such as model.conv1"
        )
    kernels = host(getattr(weight, "weight", weight))
    if kernels.ndim != 4 or kernels.size == 0:
        raise ValueError(
            f"filters wants weights of shape (O, I, kH, kW), got {kernels.shape}: those of a dense "
            "layer that sees pictures are weight.reshape(-1, channels, height, width)"
        )
    _must_be_finite(kernels, "filters", "weights")
    outputs, inputs = kernels.shape[:2]
    if inputs == 3:
        return finished(_colour_filters(kernels, title).draw(), file)
    most = float(np.abs(kernels).max()) or 1.0
    scale = Scale(diverging_map(), -(limit or most), limit or most, "weight")
    if inputs == 1:
        table = _grid(coloured(kernels[:, 0], scale), padding=1)
    else:
        shown = kernels[:MOST, :MOST]
        table = Table(coloured(shown, scale), padding=1)
        table.row_labels = [f"out {number}" for number in range(len(shown))]
        table.corner = "in"
        table.column_labels = [str(number) for number in range(shown.shape[1])]
        if shown.shape != kernels.shape:
            table.note = f"{len(shown)} of {outputs} outputs, {shown.shape[1]} of {inputs} inputs"
    table.title, table.scale, table.outlined = title, scale, True
    return finished(table.draw(), file)


def _colour_filters(kernels: np.ndarray, title: str) -> Table:
    """Each kernel from its lowest weight to its highest, as red, green and blue."""
    low = kernels.min(axis=(1, 2, 3), keepdims=True)
    span = kernels.max(axis=(1, 2, 3), keepdims=True) - low
    shades = (kernels - low) / np.where(span > 0, span, 1)
    table = _grid(images_of(shades, "filters"), padding=1)
    table.title, table.note = title, "each from its lowest weight to its highest"
    return table


def activations(
    model: Module,
    layer: Module | str,
    image: Any,
    limit: int = 64,
    title: str = "",
    file: File = None,
) -> Figure:
    """What a layer makes of one picture: the picture, and then the feature maps of the layer.

    The model is run once without a graph, in evaluation mode, and left in the modes it was in.

    Parameters
    ----------
    model : Module
    layer : Module or str
        Part of the model, itself or by its dotted name, such as ``"features.0"``; its output is
        drawn.
    image : Tensor or array of shape (C, H, W) or (1, C, H, W)
        What the model takes, but for the batch axis.
    limit : int
        How many maps are drawn at most.
    title : str
        Above all.
    file : path or binary file, optional
        Where to save it, whole or not at all.

    Returns
    -------
    matplotlib.figure.Figure
        All maps of the layer have one scale: from dark at zero to bright or, where some are
        negative, blue below zero, white at zero and orange above.

    Raises
    ------
    ValueError
        If the picture has another shape, the model does not reach the layer, or the layer's
        output is not of shape (1, channels, height, width).
    """
    from matplotlib import colormaps

    part = model.get_submodule(layer) if isinstance(layer, str) else layer
    name = layer if isinstance(layer, str) else type(part).__name__
    batch = _one_picture(model, image)
    maps = _output_of(model, part, batch, name)
    shown = maps[: max(1, limit)]
    most = float(np.abs(maps).max()) or 1.0
    if maps.min() < 0:
        scale = Scale(diverging_map(), -most, most, "activation")
    else:
        scale = Scale(colormaps["viridis"], 0.0, most, "activation")
    tiles = coloured(shown, scale)
    table = _grid(_with_picture(tiles, host(batch)[0]), padding=1)
    counted = f"{len(shown)} of {len(maps)}" if len(shown) < len(maps) else f"{len(maps)}"
    size = f"{maps.shape[1]}×{maps.shape[2]}"
    table.title = title
    table.note = f"the picture, then {counted} feature maps ({size}) of {name}"
    table.scale = scale
    table.framed, table.outlined = [(0, 0)], True
    return finished(table.draw(), file)


def _one_picture(model: Module, image: Any) -> Any:
    """A batch of one on the model's device and in its type."""
    array = host(image)
    if array.ndim == 3:
        array = array[None]
    if array.ndim != 4 or array.shape[0] != 1:
        raise ValueError(
            f"activations wants one picture of shape (C, H, W), got {host(image).shape}: of a "
            "batch pass images[0]"
        )
    parameter = next(iter(model.parameters()), None)
    if parameter is None:
        return tensors.tensor(array)
    return tensors.tensor(array.astype(parameter.dtype), device=parameter.device)


def _output_of(model: Module, part: Module, batch: Any, name: str) -> np.ndarray:
    """The feature maps (channels, height, width) that a part of the model gives."""
    seen: list[Any] = []
    modes = [(module, module.training) for module in model.modules()]
    remove = part.register_forward_hook(lambda module, args, output: seen.append(output))
    model.eval()
    try:
        with autograd.no_grad():
            model(batch)
    finally:
        remove()
        for module, mode in modes:
            module.training = mode
    if not seen:
        raise ValueError(f"{name} did not run: it is not part of this model's forward pass")
    output = host(seen[0])
    if output.ndim != 4:
        raise ValueError(
            f"activations draws maps of shape (1, channels, height, width); {name} gives "
            f"{output.shape}: choose a layer before the flattening"
        )
    _must_be_finite(output, "activations", f"outputs of {name}")
    return output[0]


def _with_picture(tiles: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The picture itself, brought to the size of the maps by repeating or leaving out pixels."""
    channels = image if image.shape[0] in (1, 3) else image.mean(axis=0, keepdims=True)
    span = float(channels.max() - channels.min()) or 1.0
    picture = images_of(((channels - channels.min()) / span)[None], "activations")[0]
    height, width = (max(a, b) for a, b in zip(picture.shape[:2], tiles.shape[1:3], strict=True))
    return np.concatenate([_resized(picture[None], height, width), _resized(tiles, height, width)])


def _resized(pictures: np.ndarray, height: int, width: int) -> np.ndarray:
    """Each pixel from the nearest one."""
    rows = (np.arange(height) + 0.5) * pictures.shape[1] / height
    columns = (np.arange(width) + 0.5) * pictures.shape[2] / width
    return pictures[:, rows.astype(int)][:, :, columns.astype(int)]


def _grid(pictures: np.ndarray, padding: int) -> Table:
    """Pictures in rows, about as many as columns; wider than high where there are more."""
    count = len(pictures)
    columns = count if count <= 8 else balanced(count, (1.6 * count) ** 0.5)
    missing = -count % columns
    filled = np.concatenate([pictures, np.zeros((missing, *pictures.shape[1:]), np.uint8)])
    return Table(filled.reshape(-1, columns, *pictures.shape[1:]), count=count, padding=padding)


def _must_be_finite(values: np.ndarray, caller: str, what: str) -> None:
    if not np.isfinite(values).all():
        raise ValueError(
            f"{caller}: {int((~np.isfinite(values)).sum())} of {values.size} {what} are NaN or "
            "infinite: training has diverged; lower the learning rate or clip the gradients"
        )
