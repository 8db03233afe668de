"""Changes to whole batches of images, on the host or on a GPU.

A transform is called with an array of images and a generator. Few random numbers are needed for
each image (an angle, a place), which are drawn on the host: so a seed means the same changes on
every device. Noise for each pixel comes from a counter-based stream that the generator seeds.
What a transform is given it never changes; dtypes are kept, but for ``ToFloat``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.autograd import no_grad
from tinygen.backend import Array, random
from tinygen.nn import functional
from tinygen.tensors import Tensor

__all__ = [
    "Binarize", "Compose", "GaussianNoise", "Normalize", "RandomAffine", "RandomCrop",
    "RandomHorizontalFlip", "RandomShift", "Resize", "ToFloat", "Transform",
]  # fmt: skip

Generator = np.random.Generator

AT_ONCE = 2**15
"""Pixels that a CPU moves together: a few times as fast as a large batch in one piece."""


class Transform:
    """The base of transforms: give it :meth:`apply`.

    Called without a generator it uses tinygen's own, which :func:`tinygen.manual_seed` seeds.
    """

    def __call__(self, images: Array, generator: Generator | None = None) -> Array:
        """Transform a batch.

        Parameters
        ----------
        images : array of shape (N, C, H, W)
            Left as it is.
        generator : numpy.random.Generator, optional
            Where chance comes from; a ``DataLoader`` gives a new one for each batch.

        Returns
        -------
        array of shape (N, C, H, W)
        """
        if isinstance(images, Tensor):
            raise TypeError(
                f"{type(self).__name__} transforms arrays, not Tensors, since no gradients pass "
                "it: give images.data and make a Tensor of the result"
            )
        backend.xp_of(images)  # refuses what is no array
        return self.apply(images, random.host if generator is None else generator)

    def apply(self, images: Array, generator: Generator) -> Array:
        """Transform a batch; a transform without chance leaves the generator alone."""
        raise NotImplementedError(f"{type(self).__name__} needs an apply(images, generator)")


def apply(
    transform: Callable[..., Any], images: Array, generator: Generator | None = None
) -> Array:
    """Call a transform, or any function of an array, which needs no generator."""
    return transform(images, generator) if isinstance(transform, Transform) else transform(images)


@dataclass
class Compose(Transform):
    """One transform after the other.

    Parameters
    ----------
    transforms : sequence of Transform, or of any functions of an array
    """

    transforms: Sequence[Callable[..., Any]]

    def apply(self, images: Array, generator: Generator) -> Array:
        for transform in self.transforms:
            images = apply(transform, images, generator)
        return images


# ---- the values of pixels ----------------------------------------------------------------------


@dataclass
class ToFloat(Transform):
    """Bytes from 0 to 255 as float32 from 0 to 1; floating images stay as they are."""

    def apply(self, images: Array, generator: Generator) -> Array:
        if images.dtype.kind == "f":
            return images
        if images.dtype not in (np.uint8, np.bool_):
            raise TypeError(
                f"ToFloat expects uint8 images, got {images.dtype}, of which it is not known what "
                "is white: scale them with a function of your own, or convert them by "
                ".astype(np.uint8)"
            )
        pixels = images.astype(np.float32)
        if images.dtype == np.uint8:
            pixels /= 255
        return pixels


@dataclass
class Normalize(Transform):
    """Subtract the mean and divide by the standard deviation.

    Parameters
    ----------
    mean, std : float, or sequence of one float for each channel
        Of the images as they arrive: for those from ``ToFloat`` between 0 and 1.

    Raises
    ------
    ValueError
        If a standard deviation is not positive, or the lengths of the two differ.
    """

    mean: float | Sequence[float]
    std: float | Sequence[float]

    def __post_init__(self) -> None:
        self._means, self._stds = np.atleast_1d(self.mean), np.atleast_1d(self.std)
        if not (self._stds > 0).all():
            raise ValueError(
                f"Normalize divides by std, which must be positive, got {self.std}. Is a channel "
                "constant?"
            )
        if self._means.ndim > 1 or self._means.shape != self._stds.shape:
            raise ValueError(
                f"Normalize needs a mean and a std for each channel, got mean={self.mean} and "
                f"std={self.std}"
            )

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_floating("Normalize", images)
        made = images - self._per_channel(images, self._means)
        made /= self._per_channel(images, self._stds)
        return made

    def _per_channel(self, images: Array, values: np.ndarray) -> Any:
        """One number, or an array that lines up with the channels."""
        if len(values) == 1:
            return float(values[0])
        if images.ndim != 4 or images.shape[1] != len(values):
            raise ValueError(
                f"Normalize has {len(values)} channels, mean={self.mean}, and was given images of "
                f"shape {images.shape}; expected (N, {len(values)}, H, W)"
            )
        return backend.of(images).asarray(values.astype(images.dtype)[:, None, None])

    def inverse(self) -> Normalize:
        """The transform that leads back: x * std + mean = (x - (-mean / std)) / (1 / std)."""
        return Normalize((-self._means / self._stds).tolist(), (1 / self._stds).tolist())


@dataclass
class GaussianNoise(Transform):
    """Add independent normal noise to each pixel; values may leave [0, 1].

    Parameters
    ----------
    std : float
        The standard deviation of the noise, at least 0.
    """

    std: float

    def __post_init__(self) -> None:
        if self.std < 0:
            raise ValueError(f"GaussianNoise: std must be at least 0, got {self.std}")

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_floating("GaussianNoise", images)
        noise = _pixel_noise(generator).normal(images.shape, images.dtype, backend.of(images))
        noise *= float(self.std)
        noise += images
        return noise


@dataclass
class Binarize(Transform):
    """Make every pixel 0 or 1.

    Parameters
    ----------
    threshold : float
        Pixels above it become 1.
    dynamic : bool
        Draw each pixel anew instead: 1 with a probability of its value, which must be in [0, 1]
        (R. Salakhutdinov and I. Murray, "On the quantitative analysis of deep belief networks",
        ICML 2008).
    """

    threshold: float = 0.5
    dynamic: bool = False

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_floating("Binarize", images)
        if not self.dynamic:
            return (images > float(self.threshold)).astype(images.dtype)
        chance = _pixel_noise(generator).uniform(images.shape, images.dtype, backend.of(images))
        return (chance < images).astype(images.dtype)


def _pixel_noise(generator: Generator) -> random.Noise:
    """A stream for each pixel, on the device of the images."""
    return random.Noise(key=int(generator.integers(2**63)))


# ---- the places of pixels ----------------------------------------------------------------------


@dataclass
class RandomHorizontalFlip(Transform):
    """Mirror left and right, each image with a probability.

    Parameters
    ----------
    p : float
        The probability.
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.p <= 1:
            raise ValueError(f"RandomHorizontalFlip: p is a probability, got {self.p}")

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_images("RandomHorizontalFlip", images)
        home = backend.of(images)
        flipped = home.asarray(generator.random(len(images)) < self.p)
        return home.xp.where(flipped[:, None, None, None], images[..., ::-1], images)


@dataclass
class RandomCrop(Transform):
    """Cut out a window at a random place, every place being equally likely.

    Parameters
    ----------
    size : int or pair of int
        The height and width of the window.
    padding : int
        How many pixels of 0 are added on every side beforehand.
    """

    size: int | tuple[int, int]
    padding: int = 0

    def __post_init__(self) -> None:
        self._size = _pair("RandomCrop", self.size)
        _check_pixels("RandomCrop", "padding", self.padding)

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_images("RandomCrop", images)
        room = [
            have + 2 * self.padding - want
            for have, want in zip(images.shape[2:], self._size, strict=True)
        ]
        if min(room) < 0:
            raise ValueError(
                f"RandomCrop: no window of {self._size} fits into images of {images.shape[2:]} "
                f"with padding={self.padding}: use a smaller size or more padding"
            )
        return _windows(_padded(images, self.padding), room, self._size, generator)


@dataclass
class RandomShift(Transform):
    """Move the image by whole pixels; 0 fills what becomes free.

    Parameters
    ----------
    pixels : int
        The furthest that it moves to each side, and up and down.
    together : bool
        Move all images of a batch alike. The batches still differ, each being easier to learn: in
        few epochs a network comes further.
    """

    pixels: int
    together: bool = False

    def __post_init__(self) -> None:
        _check_pixels("RandomShift", "pixels", self.pixels)

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_images("RandomShift", images)
        room, size = 2 * self.pixels, images.shape[2:]
        padded = _padded(images, self.pixels)
        if not self.together:
            return _windows(padded, [room, room], size, generator)
        top, left = generator.integers(0, room + 1, 2)
        return padded[:, :, top : top + size[0], left : left + size[1]]


def _padded(images: Array, border: int) -> Array:
    """The images with a border of zeros."""
    sides = (border, border)
    return backend.xp_of(images).pad(images, ((0, 0), (0, 0), sides, sides))


def _windows(
    images: Array, room: Sequence[int], size: tuple[int, int], generator: Generator
) -> Array:
    """A window of each image, whose corner is up to ``room`` rows and columns inside."""
    home = backend.of(images)
    top, left = (home.asarray(generator.integers(0, most + 1, len(images))) for most in room)
    windows = home.xp.lib.stride_tricks.sliding_window_view(images, tuple(size), axis=(2, 3))
    return windows[home.xp.arange(len(images)), :, top, left]


@dataclass
class RandomAffine(Transform):
    """Turn, slant, resize and move about the middle, with bilinear interpolation and a ground of 0.

    A point (x, y), from the middle of the image and y downwards, moves to
    ``scale * R(angle) S(shear) (x, y) + shift``, where R turns clockwise and S leans the top to
    the right: x becomes ``x - tan(shear) * y``. Everything is drawn evenly between its bounds.

    Parameters
    ----------
    degrees : float or pair of float
        The bounds of the angle; one number means plus and minus that.
    translate : pair of float, optional
        The furthest shift, as a share of the width and of the height.
    scale : pair of float, optional
        The bounds of the factor.
    shear : float or pair of float, optional
        The bounds of the slant in degrees; one number means plus and minus that.

    Raises
    ------
    ValueError
        If bounds are the wrong way round or out of range.
    """

    degrees: float | tuple[float, float]
    translate: tuple[float, float] | None = None
    scale: tuple[float, float] | None = None
    shear: float | tuple[float, float] | None = None

    def __post_init__(self) -> None:
        self._angle = _bounds("degrees", self.degrees)
        self._slant = _bounds("shear", 0 if self.shear is None else self.shear)
        self._scale = _bounds("scale", (1, 1) if self.scale is None else self.scale)
        self._shift = (0.0, 0.0) if self.translate is None else self.translate
        if self._scale[0] <= 0:
            raise ValueError(f"RandomAffine: scale must be positive, got {self.scale}")
        if len(self._shift) != 2 or not all(0 <= share <= 1 for share in self._shift):
            raise ValueError(
                f"RandomAffine: translate is two shares of the image, of its width and its height, "
                f"each from 0 to 1, got {self.translate}"
            )
        if max(map(abs, self._slant)) >= 90:
            raise ValueError(f"RandomAffine: shear must stay below 90 degrees, got {self.shear}")

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_images("RandomAffine", images)
        _check_floating("RandomAffine", images)
        columns, rows = self._origins(images.shape, generator)
        made = backend.xp_of(images).empty(images.shape, images.dtype)
        for part in _parts(images):
            made[part] = _sampled(images[part], columns[part], rows[part])
        return made

    def _origins(self, shape: Sequence[int], generator: Generator) -> tuple[np.ndarray, np.ndarray]:
        """Where the new pixels come from: columns and rows, each float32 (N, H, W)."""
        n, _, height, width = shape
        angle = np.radians(generator.uniform(*self._angle, n))
        slant = np.tan(np.radians(generator.uniform(*self._slant, n)))
        scale = generator.uniform(*self._scale, n)
        right, down = (
            generator.uniform(-share * pixels, share * pixels, n)
            for share, pixels in zip(self._shift, (width, height), strict=True)
        )
        # The inverse: undo the shift, then turn back and shrink, then straighten up.
        x = (np.arange(width) - (width - 1) / 2) - right[:, None]
        y = (np.arange(height) - (height - 1) / 2) - down[:, None]
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        upright = _grid(-sine, x, cosine, y)
        columns = _grid(cosine - slant * sine, x, sine + slant * cosine, y)
        return columns + np.float32((width - 1) / 2), upright + np.float32((height - 1) / 2)


def _grid(a: np.ndarray, x: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``a x + b y`` for each image at all its pixels: float32 of shape (N, H, W)."""
    along, across = (a[:, None] * x).astype(np.float32), (b[:, None] * y).astype(np.float32)
    return along[:, None, :] + across[:, :, None]


def _parts(images: Array) -> Iterator[slice]:
    """The batch in parts that stay in the processor's cache; a GPU takes it in one piece."""
    together = AT_ONCE // math.prod(images.shape[1:])
    step = max(1, len(images) if backend.of(images).name == "cupy" else together)
    for begin in range(0, len(images), step):
        yield slice(begin, begin + step)


def _sampled(images: Array, columns: np.ndarray, rows: np.ndarray) -> Array:
    """The images at places between their pixels; beyond the edges they fall off to 0.

    Parameters
    ----------
    images : floating array of shape (N, C, H, W)
    columns, rows : float32 array of shape (N, H', W')
        In pixels; whole numbers are the middles of pixels.
    """
    home = backend.of(images)
    xp = home.xp
    n, channels, height, width = images.shape
    x, left = _share_and_pixel(xp, home.asarray(columns), width)
    y, top = _share_and_pixel(xp, home.asarray(rows), height)
    wide = width + 2  # a border of zeros makes the four neighbours of every place exist
    planes = xp.arange(n * channels).reshape(n, channels, 1, 1) * (wide * (height + 2))
    corner = (top * wide + left)[:, None] + planes
    flat = _padded(images, 1).reshape(-1)
    x, y = (share[:, None].astype(images.dtype) for share in (x, y))
    above = _mixed(xp.take(flat, corner), xp.take(flat, corner + 1), x)
    below = _mixed(xp.take(flat, corner + wide), xp.take(flat, corner + wide + 1), x)
    return _mixed(above, below, y)


def _mixed(first: Array, second: Array, share: Array) -> Array:
    """A share of the second, the rest of the first."""
    return first + share * (second - first)


def _share_and_pixel(xp: Any, place: Array, length: int) -> tuple[Array, Array]:
    """How far a place is past a pixel, and the number of that pixel within its border."""
    place = xp.clip(place + 1, 0, length + 1)
    pixel = xp.minimum(xp.floor(place), length)
    return place - pixel, pixel.astype(np.int64)


@dataclass
class Resize(Transform):
    """Make images larger or smaller, by bilinear interpolation.

    Each new pixel mixes the four old ones about its place. To shrink to less than half, resize
    the files instead (an image folder does): here most of the old pixels would not count.

    Parameters
    ----------
    size : int or pair of int
        The new height and width.
    """

    size: int | tuple[int, int]

    def __post_init__(self) -> None:
        self._size = _pair("Resize", self.size)

    def apply(self, images: Array, generator: Generator) -> Array:
        _check_images("Resize", images)
        _check_floating("Resize", images)
        with no_grad():
            return functional.interpolate(Tensor(images), size=self._size, mode="bilinear").data


# ---- checks --------------------------------------------------------------------------------------


def _check_images(name: str, images: Array) -> None:
    if images.ndim != 4:
        hint = "; insert the channel by images[:, None]" if images.ndim == 3 else ""
        raise ValueError(
            f"{name} expects a batch of images (N, C, H, W), got shape {images.shape}{hint}"
        )


def _check_floating(name: str, images: Array) -> None:
    if images.dtype.kind != "f":
        raise TypeError(
            f"{name} expects floating images, got {images.dtype}: put ToFloat() before it"
        )


def _check_pixels(name: str, what: str, value: Any) -> None:
    if not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(f"{name}: {what} is a whole number of pixels, at least 0, got {value!r}")


def _pair(name: str, size: Any) -> tuple[int, int]:
    """A height and a width from one number or two."""
    pair = (size, size) if isinstance(size, (int, np.integer)) else tuple(size)
    if len(pair) != 2 or any(not isinstance(n, (int, np.integer)) or n < 1 for n in pair):
        raise ValueError(f"{name}: size is a number of pixels, or a height and a width, got {size}")
    return int(pair[0]), int(pair[1])


def _bounds(name: str, given: Any) -> tuple[float, float]:
    """Two bounds; one number means plus and minus that."""
    if isinstance(given, (int, float, np.integer, np.floating)):
        low, high = -float(given), float(given)
    else:
        low, high = map(float, given)
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"RandomAffine: {name} needs a lower and an upper bound, got {given}")
    return low, high
