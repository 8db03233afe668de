"""Networks that read lines of letters, and how a text is found in what one of them says.

One looks at the columns of a line one after the other and may say a letter at each; it needs not be
told where the letters are, and reads lines of any width. The other looks at the whole line at once
and says how many letters there are and what the first, the second, ... is.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape, check_pictures, evaluating
from tinygen.nn import (
    LSTM,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dense,
    Flatten,
    Module,
    ModuleList,
    ReLU,
    Sequential,
)
from tinygen.nn import functional as F
from tinygen.ops.indexing import gather
from tinygen.ops.more import ctc_loss
from tinygen.ops.shape import cat, split, stack
from tinygen.tensors import Tensor, arange, int64

__all__ = ["Reader", "StripCNN", "StripReader", "beam_search", "best_path"]

BLANK = 0
"""What the network says where it says no letter; letter k is its output k + 1."""

INK = 0.2
"""From this brightness on a pixel is ink."""

CHUNK = 250
"""How many pictures are looked at together where no gradient is wanted; it bounds the memory."""

NEGLIGIBLE = 1e-5
"""The beam search passes over letters that are less probable than that at a step."""


class Reader(Model):
    """What networks that read have in common.

    Parameters
    ----------
    classes : int
        How many letters there are.
    picture_shape : tuple of int
        Channels, height and width.
    """

    labels: ClassVar[str] = "text"
    classes: int

    def __init__(self, classes: int, picture_shape: Shape) -> None:
        super().__init__(picture_shape)
        self.require(1, classes=classes)
        self.classes = classes

    def read(self, images: Tensor) -> list[list[int]]:
        """The letters of pictures, in the mode that the model is in."""
        raise NotImplementedError(f"{type(self).__name__} must define read")

    def predict(self, pictures: Tensor) -> list[list[int]]:
        """Return what is written in pictures.

        It works without gradients, in evaluation mode, on a bounded number of pictures at a time;
        the modes are then as before.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        list of N lists of int
            The numbers of the letters from left to right.

        Raises
        ------
        ValueError, TypeError
            If they are not this model's pictures.
        """
        self.check_pictures(pictures)
        with evaluating(self), no_grad():
            return [letters for part in split(pictures, CHUNK) for letters in self.read(part)]

    def check_labels(self, labels: Tensor, count: int) -> None:
        """Refuse what are no texts.

        Raises
        ------
        ValueError
            If their shape is not (N, L), there is no such letter, or a letter behind the end.
        """
        name, shape = type(self).__name__, tuple(labels.shape)
        if len(shape) != 2 or shape[0] != count:
            raise ValueError(
                f"{name} learns from labels of shape (N, L), the letters of each picture and then "
                f'-1, got {shape} for {count} pictures: tinygen.data.load("strips") has such '
                "labels"
            )
        with no_grad():
            is_letter = labels >= 0
            low, high = labels.min().item(), labels.max().item()
            has_gap = (is_letter[:, 1:] & ~is_letter[:, :-1]).any().item()
        if low < -1 or high >= self.classes or has_gap:
            raise ValueError(
                f"{name}: labels are letters from 0 to {self.classes - 1}, and -1 behind the last "
                f"only, got numbers from {low} to {high}{' and -1 before a letter' * has_gap}"
            )


# ---- column by column --------------------------------------------------------------------------


class StripReader(Reader):
    """An LSTM that reads the columns of a line in both directions, behind some convolutions.

    Three convolutions with batch normalization and ReLU: 5 x 5 of stride 2, 5 x 3 of stride 2
    downwards, and one as high as what is left, so that a column of numbers remains for every
    second column of pixels. An LSTM reads them from either end, and a dense layer says for each how
    probable each letter is there, or none. The convolutional recurrent network of B. Shi, X. Bai
    and C. Yao, "An end-to-end trainable neural network for image-based sequence recognition and its
    application to scene text recognition" (2015), in miniature.

    It learns by :func:`~tinygen.nn.functional.ctc_loss` from texts alone, and reads pictures of any
    width. Training wants the norm of the gradients clipped, at 1 or so.

    Parameters
    ----------
    classes : int
        How many letters there are.
    channels : sequence of three int
        Of the convolutions.
    units : int
        The size of the hidden state in each direction.
    picture_shape : tuple of int
        Channels, height and width of the pictures to learn from.

    Raises
    ------
    ValueError
        If there are not three convolutions, or a size is not positive.

    Examples
    --------
    >>> import tinygen as tg
    >>> StripReader()(tg.rand(5, 1, 28, 168)).shape
    (5, 84, 11)
    """

    name = "strip-reader"

    def __init__(
        self,
        classes: int = 10,
        channels: Sequence[int] = (16, 32, 64),
        units: int = 64,
        picture_shape: Shape = (1, 28, 168),
    ) -> None:
        super().__init__(classes, picture_shape)
        if len(channels) != 3:
            raise ValueError(f"StripReader has three convolutions, got channels={list(channels)}")
        first, second, third = channels
        left = math.ceil(math.ceil(picture_shape[1] / 2) / 2)
        self.convolutions = Sequential(
            *_block(picture_shape[0], first, (5, 5), stride=2, padding=2),
            *_block(first, second, (5, 3), stride=(2, 1), padding=(2, 1)),
            *_block(second, third, (left, 3), padding=(0, 1)),
        )
        self.lstm = LSTM(third, units, bidirectional=True)
        self.output = Dense(2 * units, 1 + classes)

    def forward(self, images: Tensor) -> Tensor:
        """How probable each letter is at each place.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1, of any width.

        Returns
        -------
        Tensor of shape (N, T, 1 + classes)
            Log-probabilities: of no letter first. T is half of the width, rounded up.
        """
        columns = self.convolutions(images).squeeze(2).permute(2, 0, 1)
        states, _ = self.lstm(columns)
        return F.log_softmax(self.output(states), 2).transpose(0, 1)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return the CTC loss of a batch in nats for each letter, and the share of right texts.

        Parameters
        ----------
        batch : tuple of Tensor
            Pictures of shape (N, channels, height, width) from 0 to 1, and integer labels of shape
            (N, L): letters, and -1 behind the last.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict
            ``"right"``, the share of texts without a mistake, by the best path.

        Raises
        ------
        ValueError
            If the labels are no texts.
        """
        images, labels = batch
        self.check_labels(labels, len(images))
        log_probs = self(images)
        lengths = (labels >= 0).sum(1)
        loss = ctc_loss(
            log_probs.transpose(0, 1), labels + 1, [log_probs.shape[1]] * len(images), lengths,
            BLANK, zero_infinity=True,
        )  # fmt: skip
        return loss, {"right": _share_right(best_path(log_probs.detach()), labels)}

    def read(self, images: Tensor) -> list[list[int]]:
        return best_path(self(images))

    def search(self, pictures: Tensor, width: int = 10) -> list[list[int]]:
        """Return what is written in pictures, as :meth:`predict` takes them, by a beam search.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.
        width : int
            How many beginnings are kept, see :func:`beam_search`.

        Returns
        -------
        list of N lists of int

        Raises
        ------
        ValueError, TypeError
            If they are not this model's pictures, or no beginning is kept.
        """
        self.check_pictures(pictures)
        with evaluating(self), no_grad():
            return [
                text for part in split(pictures, CHUNK) for text in beam_search(self(part), width)
            ]

    def check_pictures(self, pictures: Tensor) -> None:
        """Refuse what cannot be read; the width may be any.

        Raises
        ------
        ValueError
            If they have other channels or another height, or values outside of 0 to 1.
        TypeError
            If they are not floats.
        """
        channels, height, width = self.picture_shape
        given = tuple(pictures.shape)
        has_width = len(given) == 4 and given[3] > 0
        shape = (channels, height, given[3] if has_width else width)
        check_pictures(type(self).__name__, pictures, shape)


def best_path(log_probs: Tensor, blank: int = BLANK) -> list[list[int]]:
    """What the most probable path says: the best at each step, without repetitions and blanks.

    Graves et al. (2006), section 3.2. The text of the best path need not be the most probable text,
    to which all paths contribute that say it: see :func:`beam_search`.

    Parameters
    ----------
    log_probs : Tensor of shape (N, T, C)
    blank : int
        Which of the C is none.

    Returns
    -------
    list of N lists of int
        Letters, numbered without the blank from 0.
    """
    return [
        [
            _letter(now, blank)
            for before, now in zip([blank, *path], path, strict=False)
            if now not in (before, blank)
        ]
        for path in log_probs.argmax(2).tolist()
    ]


def beam_search(log_probs: Tensor, width: int = 10, blank: int = BLANK) -> list[list[int]]:
    """The most probable texts, as far as a search finds them that keeps some beginnings only.

    After each step the ``width`` most probable beginnings of texts are kept, each with the
    probabilities of all its paths that end in a blank, and in its last letter: as A. Hannun,
    A. Maas, D. Jurafsky and A. Ng, "First-pass large vocabulary continuous speech recognition using
    bi-directional recurrent DNNs" (2014), algorithm 1, have it, without a language model. With a
    width for all beginnings it is exact, but for letters that are less probable than 1e-5 where
    they are passed over.

    Parameters
    ----------
    log_probs : Tensor of shape (N, T, C)
        Logarithms of probabilities.
    width : int
        How many beginnings are kept.
    blank : int
        Which of the C is none.

    Returns
    -------
    list of N lists of int
        Letters, numbered without the blank from 0.

    Raises
    ------
    ValueError
        If no beginning is kept.
    """
    if width < 1:
        raise ValueError(f"beam_search keeps at least one beginning, got width={width}")
    return [
        [_letter(one, blank) for one in _search(steps, width, blank)]
        for steps in log_probs.exp().tolist()
    ]


Beginning = tuple[int, ...]
Beam = dict[Beginning, tuple[float, float]]
"""The probabilities of a beginning: of paths that end in a blank, and in its last letter."""


def _search(steps: Sequence[Sequence[float]], width: int, blank: int) -> Beginning:
    """The most probable text of one picture, from probabilities (T, C).

    At each step all are divided by their sum, so that none becomes too small for a float.
    """
    beam: Beam = {(): (1.0, 0.0)}
    for shares in steps:
        found: dict[Beginning, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for text, (in_blank, in_letter) in beam.items():
            found[text][0] += (in_blank + in_letter) * shares[blank]
            for letter, share in enumerate(shares):
                if letter == blank or share < NEGLIGIBLE:
                    continue
                before = in_blank + in_letter
                if text and letter == text[-1]:  # it goes on, or comes anew after a blank
                    found[text][1] += in_letter * share
                    before = in_blank
                longer = (*text, letter)
                found[longer][1] += before * share
        best = sorted(found.items(), key=lambda one: sum(one[1]), reverse=True)[:width]
        total = sum(sum(both) for _, both in best)
        beam = {text: (both[0] / total, both[1] / total) for text, both in best}
    return next(iter(beam))


def _letter(output: int, blank: int) -> int:
    """The number of a letter, which has no blank among the letters."""
    return output - (output > blank)


# ---- all at once -------------------------------------------------------------------------------


class StripCNN(Reader):
    """A convolutional network that says how many letters there are, and what each is.

    I. Goodfellow, Y. Bulatov, J. Ibarz, S. Arnoud and V. Shet, "Multi-digit number recognition from
    Street View imagery using deep convolutional neural networks" (2014): the probability of a text
    of n letters is P(n) P(first) ... P(nth), each from a softmax of its own on the same features
    (section 4). What it says of letters behind the last does not count. Pictures must have the
    width that it was made for, and texts end at ``longest``. In the paper the numbers were cut out
    of the photographs first; here lines are moved to the left until their ink begins there.

    Convolutions of 3 x 3 (the first one of 5 x 5) and stride 2 with batch normalization and ReLU,
    and a hidden layer, normalized too.

    Parameters
    ----------
    classes : int
        How many letters there are.
    longest : int
        The most letters of a text.
    channels : sequence of int
        Of the convolutions.
    units : int
        Of the hidden layer.
    picture_shape : tuple of int
        Channels, height and width.

    Raises
    ------
    ValueError
        If there is no convolution, or a size is not positive.

    Examples
    --------
    >>> import tinygen as tg
    >>> length, letters = StripCNN()(tg.rand(3, 1, 28, 168))
    >>> length.shape, letters.shape
    ((3, 6), (3, 5, 10))
    """

    name = "strip-cnn"

    def __init__(
        self,
        classes: int = 10,
        longest: int = 5,
        channels: Sequence[int] = (16, 48, 64, 96),
        units: int = 128,
        picture_shape: Shape = (1, 28, 168),
    ) -> None:
        super().__init__(classes, picture_shape)
        self.require(1, longest=longest, units=units, channels=min(channels, default=0))
        layers = _block(picture_shape[0], channels[0], (5, 5), stride=2, padding=2)
        for inputs, outputs in zip(channels, channels[1:], strict=False):
            layers += _block(inputs, outputs, (3, 3), stride=2, padding=1)
        _, height, width = picture_shape
        places = math.prod(math.ceil(side / 2 ** len(channels)) for side in (height, width))
        self.longest = longest
        self.convolutions = Sequential(*layers)
        self.hidden = Sequential(
            Flatten(), Dense(places * channels[-1], units, bias=False), BatchNorm1d(units), ReLU()
        )
        self.length = Dense(units, 1 + longest)
        self.letters = ModuleList([Dense(units, classes) for _ in range(longest)])

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of how many letters there are, and of each letter.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        length : Tensor of shape (N, 1 + longest)
        letters : Tensor of shape (N, longest, classes)
        """
        seen = self.hidden(self.convolutions(_moved_to_the_left(images)))
        return self.length(seen), stack([head(seen) for head in self.letters], 1)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return minus the log-probability of a text in nats, mean of a batch.

        Parameters
        ----------
        batch : tuple of Tensor
            Pictures of shape (N, channels, height, width) from 0 to 1, and integer labels of shape
            (N, L), L up to ``longest``: letters, and -1 behind the last.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict
            ``"right"``, the share of texts without a mistake.

        Raises
        ------
        ValueError
            If the labels are no texts, or too long.
        """
        images, labels = batch
        self.check_labels(labels, len(images))
        if labels.shape[1] > self.longest:
            raise ValueError(
                f"StripCNN reads texts of up to {self.longest} letters, and labels of shape "
                f"{tuple(labels.shape)} have room for more: make one with "
                f"longest={labels.shape[1]}"
            )
        length, letters = self(images)
        loss = F.cross_entropy(length, (labels >= 0).sum(1))
        logits = letters[:, : labels.shape[1]].transpose(1, 2)
        each = F.cross_entropy(logits, labels, ignore_index=-1, reduction="sum")
        texts = _most_probable(length.detach(), letters.detach())
        return loss + each / len(images), {"right": _share_right(texts, labels)}

    def read(self, images: Tensor) -> list[list[int]]:
        return _most_probable(*self(images))


def _moved_to_the_left(images: Tensor) -> Tensor:
    """Lines (N, C, H, W) without the empty columns at the left, and as many more at the right."""
    width, device = images.shape[3], images.device
    with no_grad():
        has_ink = images.amax((1, 2)) > INK
        first = has_ink.to(int64).argmax(1)  # 0 in a line without ink
        place = arange(width, device=device) + first.unsqueeze(1)
        index = place.clamp(max=width - 1).reshape(len(images), 1, 1, width)
        is_inside = (place < width).reshape(len(images), 1, 1, width)
    return gather(images, 3, index.expand(*images.shape)) * is_inside


def _most_probable(length: Tensor, letters: Tensor) -> list[list[int]]:
    """The most probable texts: exact, as letters do not depend on the length."""
    best = F.log_softmax(letters, 2).amax(2)
    ends = cat([length[:, :1] * 0, best.cumsum(1)], 1)  # log P of the first n letters
    counts = (F.log_softmax(length, 1) + ends).argmax(1).tolist()
    return [row[:count] for row, count in zip(letters.argmax(2).tolist(), counts, strict=True)]


# ---- for both ----------------------------------------------------------------------------------


def _block(
    inputs: int, outputs: int, kernel_size: tuple[int, int], **geometry: Any
) -> list[Module]:
    """A convolution, normalization and ReLU."""
    layer = Conv2d(inputs, outputs, kernel_size, bias=False, **geometry)
    return [layer, BatchNorm2d(outputs), ReLU()]


def _share_right(texts: list[list[int]], labels: Tensor) -> float:
    """How many of the texts that were read are those of the labels."""
    wanted = [[letter for letter in row if letter >= 0] for row in labels.tolist()]
    right = sum(text == own for text, own in zip(texts, wanted, strict=True))
    return right / max(len(wanted), 1)
