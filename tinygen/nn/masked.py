"""Masked convolution: at each pixel it sees only those that come before it in reading order."""

from __future__ import annotations

from tinygen.nn.layers import Conv2d
from tinygen.ops.conv import Pair, conv2d
from tinygen.tensors import Tensor, arange, tensor

__all__ = ["MaskedConv2d"]


class MaskedConv2d(Conv2d):
    """A convolution whose kernel is zero below its centre, and right of it in the centre's row.

    A. van den Oord et al., "Pixel recurrent neural networks" (2016, arXiv:1601.06759), section 3.4
    and figure 2. Of the pixel itself a mask of type A shows the colours before its own, and one of
    type B its own colour too: A is for the first layer of a network, which sees the picture, and B
    for the layers after it. The channels that come in, and those that go out, are as many equal
    parts as there are colours, one for each in turn. A picture keeps its size.

    Parameters
    ----------
    mask_type : {"A", "B"}
    in_channels, out_channels : int
    kernel_size : int or pair of int
        Odd, as a kernel must have a centre.
    colours : int
        Of the picture: 1 if it is grey, 3 if it has red, green and blue.
    bias : bool

    Attributes
    ----------
    weight : Parameter of shape (out_channels, in_channels, KH, KW)
    bias : Parameter of shape (out_channels,) or None
    mask : Buffer of the weight's shape and dtype
        1 where there is a connection, 0 where it is cut.

    Raises
    ------
    ValueError
        If there is no such mask, the kernel has no centre, or the colours do not divide the
        channels.

    Examples
    --------
    >>> MaskedConv2d("A", 1, 1, 3).mask.tolist()
    [[[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]
    """

    def __init__(
        self,
        mask_type: str,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        colours: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding="same", bias=bias)
        if mask_type not in ("A", "B"):
            raise ValueError(f"MaskedConv2d: mask_type is 'A' or 'B', got {mask_type!r}")
        if not all(size % 2 for size in self.kernel_size):
            raise ValueError(
                f"MaskedConv2d: a kernel has a centre if its sides are odd, got {self.kernel_size}"
            )
        if colours < 1 or in_channels % colours or out_channels % colours:
            raise ValueError(
                f"MaskedConv2d: {in_channels} and {out_channels} channels cannot be divided among "
                f"colours={colours}"
            )
        self.mask_type, self.colours = mask_type, colours
        self.register_buffer("mask", self.weight.detach().clone().copy_(self._connected()))

    def _connected(self) -> Tensor:
        """Where there are connections: bool, of the weight's shape."""
        height, width = self.kernel_size
        row, column = arange(height).reshape(height, 1), arange(width)
        before = (row < height // 2) | ((row == height // 2) & (column < width // 2))
        centre = (row == height // 2) & (column == width // 2)
        to = self._colours_of(self.out_channels).reshape(-1, 1, 1, 1)
        of = self._colours_of(self.in_channels).reshape(-1, 1, 1)
        return before | (centre & (of < to if self.mask_type == "A" else of <= to))

    def _colours_of(self, channels: int) -> Tensor:
        """The number of the colour that each channel belongs to."""
        return tensor([channel * self.colours // channels for channel in range(channels)])

    def connections(self) -> Tensor:
        """Return the weight with zeros where connections are cut."""
        return self.weight * self.mask

    def forward(self, input: Tensor) -> Tensor:
        return conv2d(input, self.connections(), self.bias, padding=self.padding)

    def extra_repr(self) -> str:
        return (
            f"{self.mask_type!r}, {self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, colours={self.colours}, "
            f"bias={self.bias is not None}"
        )
