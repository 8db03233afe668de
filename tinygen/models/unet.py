"""Networks from a damaged picture to the picture: a U-Net for each kind of damage.

:class:`UNetwork` is the network alone, which the generator of pix2pix shares; :class:`UNet` is the
model, which damages the clean pictures that it is given to learn from.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape, check_pictures, evaluating
from tinygen.models.damage import add_noise, draw_masks, edge_map, luminance, shrink
from tinygen.nn import Conv2d, ConvTranspose2d, MaxPool2d, Module, ReLU, Sequential, init
from tinygen.nn import functional as F
from tinygen.ops.elementwise import clamp, where
from tinygen.ops.shape import cat
from tinygen.tensors import Tensor, rand

__all__ = ["TASKS", "UNet", "UNetwork"]

TASKS = ("denoise", "enlarge", "inpaint", "colourize", "edges")
"""What a :class:`UNet` can learn."""

AT_ONCE = 250
"""Pictures that are restored together, to bound the memory that many take."""


class UNetwork(Module):
    """Maps of half and a quarter of the sides see far, and links past them keep what is fine.

    On the way down each level has a convolution and a maximum of 2 x 2 pixels; on the way up a
    transposed convolution doubles the sides, and what the level had on the way down is joined to
    it. O. Ronneberger, P. Fischer and T. Brox, "U-Net: Convolutional networks for biomedical image
    segmentation" (2015), with two levels instead of four, one convolution on each side of a level
    instead of two, and borders of zeros instead of none, so that what comes out is as large as
    what goes in. Weights are drawn so that the scale of maps stays from layer to layer (K. He et
    al., "Delving deep into rectifiers", 2015).

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    width : int
        Channels of the maps with the full sides; half the sides have twice as many.
    """

    def __init__(self, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        fine, middle, coarse = width, 2 * width, 4 * width
        self.down_fine = _convolutions(inputs, fine)
        self.down_middle = _convolutions(fine, middle)
        self.bottom = _convolutions(middle, coarse, coarse)
        self.to_middle = ConvTranspose2d(coarse, middle, 2, stride=2)
        self.up_middle = _convolutions(2 * middle, middle)
        self.to_fine = ConvTranspose2d(middle, fine, 2, stride=2)
        self.up_fine = _convolutions(2 * fine, fine)
        self.output = Conv2d(fine, outputs, 1)
        self.halve = MaxPool2d(2)
        for layer in self.modules():
            if isinstance(layer, Conv2d | ConvTranspose2d):
                init.kaiming_normal_(layer.weight, nonlinearity="relu")
                init.zeros_(layer.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Compute maps of the same sides.

        Parameters
        ----------
        input : Tensor of shape (N, inputs, H, W)
            The sides divisible by 4.

        Returns
        -------
        Tensor of shape (N, outputs, H, W)
        """
        fine = self.down_fine(input)
        middle = self.down_middle(self.halve(fine))
        coarse = self.bottom(self.halve(middle))
        middle = self.up_middle(cat([middle, self.to_middle(coarse)], 1))
        fine = self.up_fine(cat([fine, self.to_fine(middle)], 1))
        maps: Tensor = self.output(fine)
        return maps


class UNet(Model):
    """A U-Net that undoes one kind of damage, or adds what a picture never had.

    ===========  =================================  ============================================
    task         what it is given                   what it learns by
    ===========  =================================  ============================================
    "denoise"    the picture with noise             the squared error of the noise that it takes
                                                    away (K. Zhang et al., "Beyond a Gaussian
                                                    denoiser", 2017; the noise of each picture is
                                                    as strong as it happens to be, as in their
                                                    blind model)
    "enlarge"    the picture with half its sides    the squared error of what it adds to bicubic
                                                    interpolation (J. Kim, J. K. Lee and K. M. Lee,
                                                    "Accurate image super-resolution using very
                                                    deep convolutional networks", 2016)
    "inpaint"    what is known, and the mask        the squared error where pixels are missing
                                                    (D. Pathak et al., "Context encoders", 2016,
                                                    equation 1)
    "colourize"  the luminance                      the absolute error
    "edges"      the edge map                       the absolute error (the L1 of P. Isola et al.,
                                                    "Image-to-image translation with conditional
                                                    adversarial networks", 2017, equation 3)
    ===========  =================================  ============================================

    The damage is done in training, by the functions of :mod:`tinygen.models.damage`: clean pictures
    are all that is needed to learn from. Errors are means over pixels. The network adds to what it
    is given, and its last layer begins at zero: the first answer is the input or its interpolation,
    black where pixels are missing.

    Parameters
    ----------
    task : {"denoise", "enlarge", "inpaint", "colourize", "edges"}
    width : int
        Channels of the maps with the full sides.
    sigma : float
        For "denoise": the largest standard deviation of the noise, of pixels from 0 to 1.
    picture_shape : tuple of int
        Channels, height and width of the clean pictures; the sides divisible by 4, and three
        channels to be colourized.

    Attributes
    ----------
    damaged_shape : tuple of int
        Channels, height and width of what is given.

    Raises
    ------
    ValueError
        If there is no such task, or an argument is out of range.

    Examples
    --------
    >>> import tinygen as tg
    >>> UNet("enlarge").restore(tg.rand(5, 1, 14, 14)).shape
    (5, 1, 28, 28)
    """

    name = "unet"

    def __init__(
        self,
        task: str = "denoise",
        width: int = 16,
        sigma: float = 0.5,
        picture_shape: Shape = (1, 28, 28),
    ) -> None:
        super().__init__(picture_shape)
        channels, height, breadth = self.picture_shape
        if task not in TASKS:
            raise ValueError(f"UNet: a task is one of {', '.join(TASKS)}, got {task!r}")
        if task == "colourize" and channels != 3:
            raise ValueError(
                f"UNet learns to colourize from pictures in colour, got {channels} channels: "
                "train it on cifar10 or shapes"
            )
        self.require(1, width=width)
        self.require(0, sigma=sigma)
        require_quarters("UNet", height, breadth)
        self.task, self.sigma = task, sigma
        self.damaged_shape: Shape = {
            "enlarge": (channels, height // 2, breadth // 2),
            "colourize": (1, height, breadth),
            "edges": (1, height, breadth),
        }.get(task, self.picture_shape)
        self.network = UNetwork(self.damaged_shape[0] + (task == "inpaint"), channels, width)
        init.zeros_(self.network.output.weight)
        init.zeros_(self.network.output.bias)

    # ---- training ----------------------------------------------------------------------------

    def training_step(self, batch: Any) -> tuple[Tensor, Numbers]:
        """Damage pictures, and return how far what the network makes of them is from them.

        Parameters
        ----------
        batch : tuple of Tensor
            Clean pictures of shape (N, channels, height, width) from 0 to 1; labels are not looked
            at.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict
            Empty.
        """
        pictures, _ = batch
        damaged, mask = self.damage(pictures)
        made = self(damaged, mask)
        if mask is not None:
            return F.mse_loss(where(mask, made, pictures), pictures) / mask.to(
                made.dtype
            ).mean(), {}
        loss = F.l1_loss if self.task in ("colourize", "edges") else F.mse_loss
        return loss(made, pictures), {}

    def damage(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Damage clean pictures as in training, from the noise of :func:`tinygen.manual_seed`.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        damaged : Tensor of shape (N, *damaged_shape)
        mask : boolean Tensor of shape (N, 1, height, width), or None
            For "inpaint": True where a pixel is missing.
        """
        if self.task == "denoise":
            strength = rand(len(pictures), 1, 1, 1, dtype=pictures.dtype, device=pictures.device)
            return add_noise(pictures, self.sigma * strength), None
        if self.task == "inpaint":
            mask = draw_masks(pictures)
            return where(mask, 0.0, pictures), mask
        damage = {"enlarge": shrink, "colourize": luminance, "edges": edge_map}[self.task]
        return damage(pictures), None

    def forward(self, damaged: Tensor, mask: Tensor | None = None) -> Tensor:
        """Make pictures, with gradients: what the network adds to its input may leave 0 to 1.

        Parameters
        ----------
        damaged : float Tensor of shape (N, *damaged_shape)
        mask : boolean Tensor of shape (N, 1, height, width), optional
            For "inpaint": True where a pixel is missing; its value there does not matter.

        Returns
        -------
        Tensor of shape (N, channels, height, width)
        """
        seen = start = damaged
        if mask is not None:
            start = where(mask, 0.0, damaged)
            seen = cat([start, mask.to(damaged.dtype)], 1)
        elif self.task == "enlarge":
            seen = start = F.interpolate(damaged, scale_factor=2, mode="bicubic")
        added: Tensor = self.network(seen)
        return start + added

    # ---- use ---------------------------------------------------------------------------------

    @no_grad()
    def restore(self, damaged: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the pictures that the damaged ones may have been.

        Parameters
        ----------
        damaged : float Tensor of shape (N, *damaged_shape)
            From 0 to 1.
        mask : boolean Tensor that broadcasts to (N, 1, height, width)
            For "inpaint", and only then: True where a pixel is missing.

        Returns
        -------
        Tensor of shape (N, channels, height, width)
            From 0 to 1; of an inpainted picture the known pixels are those that were given, bit
            for bit.

        Raises
        ------
        ValueError
            If the shape or the range is another one, or the mask is missing, superfluous, or of
            another size.
        TypeError
            If pictures are not floats, or the mask is not boolean.
        """
        check_pictures(f"UNet, which learned to {self._learned()},", damaged, self.damaged_shape)
        missing = self._checked(mask, len(damaged))
        made = []
        with evaluating(self):
            for begin in range(0, len(damaged), AT_ONCE):
                part = slice(begin, begin + AT_ONCE)
                hidden = None if missing is None else missing[part]
                pictures = clamp(self(damaged[part], hidden), 0, 1)
                made.append(pictures if hidden is None else where(hidden, pictures, damaged[part]))
        return cat(made)

    def _learned(self) -> str:
        return "fill edges" if self.task == "edges" else self.task

    def _checked(self, mask: Tensor | None, count: int) -> Tensor | None:
        """The mask for each picture, if one is needed."""
        if self.task != "inpaint":
            if mask is not None:
                raise ValueError(
                    f"this UNet learned to {self._learned()} and takes no mask: one that learned "
                    "task=inpaint does"
                )
            return None
        if mask is None:
            raise ValueError("UNet.restore needs a mask to inpaint, True where a pixel is missing")
        if mask.dtype.kind != "b":
            raise TypeError(
                f"UNet.restore takes a boolean mask, True where a pixel is missing, got "
                f"{mask.dtype}: mask > 0.5, for instance"
            )
        wanted = (count, 1, *self.picture_shape[1:])
        try:
            return mask.expand(*wanted)
        except ValueError as error:
            raise ValueError(
                f"UNet.restore: a mask of shape {tuple(mask.shape)} does not fit pictures of shape "
                f"{(count, *self.picture_shape)}: it must broadcast to {wanted}"
            ) from error


def require_quarters(name: str, height: int, width: int) -> None:
    """Refuse sides that cannot be halved twice.

    Raises
    ------
    ValueError
    """
    if height % 4 or width % 4:
        raise ValueError(
            f"{name} halves the sides twice, so 4 must divide them, got {height} x {width}: pad or "
            "resize the pictures"
        )


def _convolutions(*channels: int) -> Sequential:
    """Convolutions of 3 x 3 that keep the sides, each with a ReLU."""
    layers: list[Module] = []
    for inputs, outputs in pairwise(channels):
        layers += [Conv2d(inputs, outputs, 3, padding=1), ReLU()]
    return Sequential(*layers)
