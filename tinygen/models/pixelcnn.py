"""PixelCNN: masked convolutions that give each pixel a probability, given all before it."""

from __future__ import annotations

from collections.abc import Sequence

from tinygen.models.base import Shape
from tinygen.models.made import Autoregressive, as_rows, bernoulli_means
from tinygen.nn import Conv2d, Dense, Module, ModuleList
from tinygen.nn import functional as F
from tinygen.nn.masked import MaskedConv2d
from tinygen.ops.shape import cat
from tinygen.tensors import Tensor, zeros_like

__all__ = ["HorizontalStack", "PixelCNN", "VerticalStack"]

FIRST_ABOVE = 4
"""How many rows above a pixel the first layer sees."""

FIRST_ASIDE = 4
"""How many columns it sees to the left of a pixel and, in the rows above, to the right."""


class PixelCNN(Autoregressive):
    """A convolutional network that draws pictures pixel by pixel.

    A. van den Oord et al., "Pixel recurrent neural networks" (2016, arXiv:1601.06759). Layers of
    masked convolutions alone never see some of the pixels above and to the right, however many
    there are; so here, as in "Conditional image generation with PixelCNN decoders" by the same
    authors (2016, arXiv:1606.05328, section 2.2), a vertical stack of layers sees the rows above,
    a horizontal one the pixels to the left, and each layer of the second is told what the first
    has found. The layers are residual, with ReLU where the second paper has gates.

    Pictures are drawn a row at a time, with what the vertical stack knows of the rows above kept
    from row to row; of the horizontal stack only the pixels are computed that the next one sees.

    Parameters
    ----------
    units : int
        The channels of each layer, so many for each of the picture's.
    layers : int
        Of each stack, after the first. In the vertical one their kernels are spread over 1, 2, 4,
        ... rows and columns (F. Yu and V. Koltun, "Multi-scale context aggregation by dilated
        convolutions", 2016): four of them let a pixel see 19 rows above it, and not only strokes.
    classes : int, optional
        Make the model conditional, on labels of so many classes.
    picture_shape : tuple of int
        Channels, height and width; each channel of a pixel sees those before it.
    binarize : bool
        Training draws pixels from the grey values at each step; otherwise it expects binary
        pictures.

    Raises
    ------
    ValueError
        If there are no units, or no class, or less than no layers.

    Examples
    --------
    >>> import tinygen as tg
    >>> model = PixelCNN(units=8, layers=2, picture_shape=(1, 6, 6))
    >>> model.log_prob(model.sample(5)).shape
    (5,)
    """

    name = "pixelcnn"

    def __init__(
        self,
        units: int = 16,
        layers: int = 4,
        classes: int | None = None,
        picture_shape: Shape = (1, 28, 28),
        binarize: bool = True,
    ) -> None:
        super().__init__(picture_shape, classes, binarize)
        self.require(1, units=units)
        self.require(0, layers=layers)
        channels = self.picture_shape[0]
        self.vertical = VerticalStack(channels, units * channels, layers, classes or 0)
        self.horizontal = HorizontalStack(channels, units * channels, layers, classes or 0)

    def row_logits(self, rows: Tensor, condition: Tensor | None) -> Tensor:
        pictures = self._as_pictures(rows)
        before = cat([zeros_like(pictures[:, :, :1]), pictures[:, :, :-1]], 2)
        told, _ = self.vertical(before, condition)
        return as_rows(self.horizontal(pictures, told, condition))

    def draw_rows(
        self,
        rows: Tensor,
        known: Tensor,
        noise: Tensor,
        condition: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        pictures, noise = self._as_pictures(rows), self._as_pictures(noise)
        drawn, means = [zeros_like(pictures[:, :, :1])], []
        memory = None
        for row, places in enumerate(known.tolist()):
            at = slice(row, row + 1)
            told, memory = self.vertical(drawn[-1], condition, memory)
            pixels, probabilities = self._draw_row(
                pictures[:, :, at], places, noise[:, :, at], told, condition, temperature
            )
            drawn.append(pixels)
            means.append(probabilities)
        return as_rows(cat(drawn[1:], 2)), as_rows(cat(means, 2))

    def _draw_row(
        self,
        pixels: Tensor,
        known: Sequence[bool],
        noise: Tensor,
        told: Sequence[Tensor],
        condition: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        """Draw a row of (N, channels, 1, width), value by value, given what is told of those above.

        What a value depends on lies within the reach of the horizontal stack: only this much of the
        row is computed for it. To the left of that the layers see zeros, as at the edge of a
        picture; what they get wrong by it lies too far to the left to reach the value.
        """
        pixels, means = pixels.clone(), pixels.clone()
        for place, is_known in enumerate(known):
            if is_known:
                continue
            column, channel = divmod(place, self.picture_shape[0])
            seen = slice(max(0, column - self.horizontal.reach), column + 1)
            of_above = [maps[..., seen] for maps in told]
            logits = self.horizontal(pixels[..., seen], of_above, condition)
            mean = bernoulli_means(logits[:, channel, 0, -1], temperature)
            means[:, channel, 0, column] = mean
            pixels[:, channel, 0, column] = (noise[:, channel, 0, column] < mean).to(pixels.dtype)
        return pixels, means


class VerticalStack(Module):
    """Layers that see rows; their maps at a row depend on the rows up to it.

    They are given the row above each, so that a pixel learns of the rows above it. Like an LSTM
    they take all rows at once, or one after another with what they remember in between.

    Each layer also has something to tell the layer of the horizontal stack that is as deep.

    Parameters
    ----------
    channels : int
        Of the picture.
    units : int
        Of each layer, in all.
    layers : int
        After the first.
    classes : int
        0 for an unconditional model.
    """

    def __init__(self, channels: int, units: int, layers: int, classes: int) -> None:
        super().__init__()
        self.first = RowConv2d(channels, units, (FIRST_ABOVE, 2 * FIRST_ASIDE + 1))
        self.layers = ModuleList(
            RowConv2d(units, units, (2, 3), dilation=2**depth) for depth in range(layers)
        )
        self.tell = ModuleList(Conv2d(units, units, 1, bias=False) for _ in range(layers + 1))
        if classes:
            self.label = Dense(classes, units, bias=False)

    def forward(
        self, rows: Tensor, condition: Tensor | None, memory: list[Tensor] | None = None
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Compute what each layer tells.

        Parameters
        ----------
        rows : Tensor of shape (N, channels, T, width)
        condition : Tensor of shape (N, classes) or None
        memory : list of Tensor, optional
            What was remembered of the rows before these; by default there are none.

        Returns
        -------
        told : list of Tensor of shape (N, units, T, width)
            By the first layer and by each that follows.
        memory : list of Tensor
        """
        before: list[Tensor | None] = [*memory] if memory else [None] * (1 + len(self.layers))
        total, last = self.first(rows, before[0])
        if condition is not None:
            total = total + as_bias(self.label(condition))
        maps, remembered = [F.relu(total)], [last]
        for layer, rows_before in zip(self.layers, before[1:], strict=True):
            more, last = layer(maps[-1], rows_before)
            total = total + more
            maps.append(F.relu(total))
            remembered.append(last)
        return [tell(some) for tell, some in zip(self.tell, maps, strict=True)], remembered


class RowConv2d(Module):
    """A convolution that sees, at each row, that row and some before it.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : pair of int
        How many rows, two at least, and how many columns, an odd number.
    dilation : int
        How far apart these rows and columns are.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: tuple[int, int], dilation: int = 1
    ) -> None:
        super().__init__()
        height, width = kernel_size
        self.conv = Conv2d(
            in_channels, out_channels, kernel_size, dilation=dilation,
            padding=(0, dilation * (width // 2)),
        )  # fmt: skip
        self.remembered = dilation * (height - 1)

    def forward(self, rows: Tensor, before: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Convolve rows.

        Parameters
        ----------
        rows : Tensor of shape (N, in_channels, T, width)
        before : Tensor of shape (N, in_channels, dilation * (KH - 1), width), optional
            The rows before these; by default zeros.

        Returns
        -------
        maps : Tensor of shape (N, out_channels, T, width)
        last : Tensor of the shape of ``before``
            What is before the rows that follow.
        """
        nothing = [zeros_like(rows[:, :, :1])] * self.remembered
        seen = cat([*(nothing if before is None else [before]), rows], 2)
        return self.conv(seen), seen[:, :, -self.remembered :]


class HorizontalStack(Module):
    """Layers that see a row, up to each pixel, and what the vertical stack tells of those above.

    Parameters
    ----------
    channels : int
        Of the picture.
    units : int
        Of each layer, in all.
    layers : int
        After the first.
    classes : int
        0 for an unconditional model.

    Attributes
    ----------
    reach : int
        How many columns to the left a pixel sees.
    """

    def __init__(self, channels: int, units: int, layers: int, classes: int) -> None:
        super().__init__()
        self.first = MaskedConv2d("A", channels, units, (1, 2 * FIRST_ASIDE + 1), channels)
        self.layers = ModuleList(
            MaskedConv2d("B", units, units, (1, 3), channels) for _ in range(layers)
        )
        self.output = MaskedConv2d("B", units, channels, 1, channels)
        if classes:
            self.label = Dense(classes, units, bias=False)
        self.reach = FIRST_ASIDE + layers

    def forward(self, pixels: Tensor, told: Sequence[Tensor], condition: Tensor | None) -> Tensor:
        """Compute the logits of pixels.

        Parameters
        ----------
        pixels : Tensor of shape (N, channels, T, width)
        told : sequence of Tensor of shape (N, units, T, width)
            What :class:`VerticalStack` gives.
        condition : Tensor of shape (N, classes) or None

        Returns
        -------
        Tensor of shape (N, channels, T, width)
        """
        total = self.first(pixels) + told[0]
        if condition is not None:
            total = total + as_bias(self.label(condition))
        for layer, of_above in zip(self.layers, told[1:], strict=True):
            total = total + layer(F.relu(total)) + of_above
        return self.output(F.relu(total))


def as_bias(vectors: Tensor) -> Tensor:
    """(N, units) -> (N, units, 1, 1), to be added to maps."""
    return vectors.reshape(*vectors.shape, 1, 1)
