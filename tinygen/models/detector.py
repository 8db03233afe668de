"""A convolutional network that says where things are in a picture, and what they are.

It follows YOLO (J. Redmon et al., "You only look once: unified, real-time object detection", 2016)
in miniature: the picture is looked at once, and each cell of a coarse grid says whether the middle
of a thing lies in it, which box is around the thing, and what it is.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

from tinygen.autograd import no_grad
from tinygen.models.base import Model, Numbers, Shape, check_pictures, evaluating
from tinygen.nn import BatchNorm2d, Conv2d, Module, ReLU, Sequential
from tinygen.nn import functional as F
from tinygen.ops.elementwise import exp, maximum, minimum, sigmoid
from tinygen.ops.indexing import index_add
from tinygen.ops.shape import cat, split, stack
from tinygen.tensors import Tensor, arange, ones, tensor, zeros

__all__ = ["Candidates", "Detector", "generalized_box_iou"]

STRIDE = 8
"""Pixels along each side of a cell."""

USUAL_SIZE = (16.0, 20.0)
"""Width and height of the box that a cell proposes when its logits are 0: a digit's."""

LARGEST = 4.0
"""The logits of width and height end here, at 55 times the usual size: exp stays finite."""

RARE = 0.04
"""A cell's probability of holding a thing before it has learned anything: 2.5 in 64."""

BOX_WEIGHT = 5.0
"""How much the boxes count in the loss, as in YOLO."""

BOX = 5
"""Logits of a cell before those of the classes: x, y, width, height, whether there is a thing."""

CHUNK = 250
"""How many pictures are looked at together where no gradient is wanted; it bounds the memory."""


class Candidates(NamedTuple):
    """What the cells of pictures propose, the unlikely things included.

    Attributes
    ----------
    boxes : float Tensor of shape (N, cells, 4)
        x1, y1, x2, y2 in pixels, within the picture.
    scores : float Tensor of shape (N, cells, classes)
        The probability that the cell holds a thing, times that of the class of such a thing.
    """

    boxes: Tensor
    scores: Tensor


class Detector(Model):
    """A detector in one stage, for things of the size of digits.

    Five convolutions with batch normalization and ReLU, the first three of stride 2, make maps in
    which a place stands for a cell of 8 x 8 pixels and sees 49 x 49. A 1 x 1 convolution gives
    each cell ``5 + classes`` logits. As there is no dense layer, pictures of any size can be looked
    at, whatever size it has learned from; the things in them must be about as large as those.

    For the cell in column j and row i with the logits tx, ty, tw, th, o, c_1, c_2, ... the middle
    and the size of the box are, in pixels::

        x = 8 (j + sigmoid(tx))        width  = 16 exp(tw)
        y = 8 (i + sigmoid(ty))        height = 20 exp(th)

    (J. Redmon and A. Farhadi, "YOLO9000: better, faster, stronger", 2017, equations of section 2,
    with a single anchor box of 16 x 20). sigmoid(o) is the probability of a thing, softmax(c) that
    of each class if there is one. A cell can propose one thing only: of two whose middles lie in
    one cell, one is missed.

    Parameters
    ----------
    classes : int
        Kinds of things.
    width : int
        Channels of the first convolution; the others have 2, 4, 4 and 4 times as many.
    picture_shape : tuple of int
        Channels, height and width of the pictures to learn from.

    Examples
    --------
    >>> import tinygen as tg
    >>> Detector()(tg.rand(5, 1, 64, 64)).shape
    (5, 8, 8, 15)
    """

    name = "detector"
    labels: ClassVar[str] = "boxes"

    def __init__(
        self, classes: int = 10, width: int = 16, picture_shape: Shape = (1, 64, 64)
    ) -> None:
        super().__init__(picture_shape)
        self.classes: int = classes
        self.convolutions = Sequential(
            *_block(picture_shape[0], width, 5, stride=2),
            *_block(width, 2 * width, 3, stride=2),
            *_block(2 * width, 4 * width, 3, stride=2),
            *_block(4 * width, 4 * width, 3),
            *_block(4 * width, 4 * width, 3),
        )
        self.head = Conv2d(4 * width, BOX + classes, 1)
        with no_grad():
            self.head.bias.zero_()
            self.head.bias[BOX - 1] = math.log(RARE / (1 - RARE))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of each cell.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, rows, columns, 5 + classes)
            A cell for each 8 x 8 pixels; a remainder at the right or below has cells too.
        """
        maps: Tensor = self.head(self.convolutions(images))
        return maps.permute(0, 2, 3, 1)

    # ---- learning ----------------------------------------------------------------------------

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return the loss of a batch: sums over cells or things, means over the pictures.

        ::

            sum over cells   of the binary cross-entropy of o with "a thing's middle is here"
          + sum over things  of the cross-entropy of c with its class
          + 5 sum over things of 1 - GIoU(the box of its cell, its box)

        The parts and the 5 are those of YOLO (2016, equation 3), where all are squared errors and
        the many empty cells count half. Cross-entropies have been usual since J. Redmon and
        A. Farhadi, "YOLOv3" (2018); for GIoU see :func:`generalized_box_iou`.

        Parameters
        ----------
        batch : tuple of Tensor
            Pictures of shape (N, channels, height, width) from 0 to 1, and integer labels of shape
            (N, K, 5): x1, y1, x2, y2 in pixels and the class, -1 in rows that hold nothing.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict
            The three parts: ``"thing"``, ``"class"`` and ``"box"`` (without its 5).

        Raises
        ------
        ValueError
            If the labels are no boxes, or a box is not within its picture.
        """
        images, labels = batch
        self._check_labels(labels, images)
        logits = self(images)
        count, rows, columns, _ = logits.shape
        is_thing = labels[:, :, 4] >= 0
        numbers = arange(count, device=images.device).reshape(count, 1).expand(*is_thing.shape)
        number, things = numbers[is_thing], labels[is_thing]
        boxes, kinds = things[:, :4].to(images.dtype), things[:, 4]
        column = ((boxes[:, 0] + boxes[:, 2]) / (2 * STRIDE)).long()
        row = ((boxes[:, 1] + boxes[:, 3]) / (2 * STRIDE)).long()

        holds = _marked((number * rows + row) * columns + column, logits[..., 0])
        own = logits[number, row, column]
        found = decoded(own[:, :4], row.to(own.dtype), column.to(own.dtype))
        thing = F.binary_cross_entropy_with_logits(logits[..., BOX - 1], holds, reduction="sum")
        kind = F.cross_entropy(own[:, BOX:], kinds, reduction="sum")
        box = (1 - generalized_box_iou(found, boxes)).sum()
        parts = {"thing": thing / count, "class": kind / count, "box": box / count}
        loss = parts["thing"] + parts["class"] + BOX_WEIGHT * parts["box"]
        return loss, {name: part.detach() for name, part in parts.items()}

    def _check_labels(self, labels: Tensor, images: Tensor) -> None:
        shape = tuple(labels.shape)
        if len(shape) != 3 or shape[2] != 5 or shape[0] != len(images):
            raise ValueError(
                f"Detector learns from labels of shape (N, K, 5), x1, y1, x2, y2 and the class of "
                f"each thing, got {shape} for {len(images)} pictures: "
                'tinygen.data.load("canvases") has such labels'
            )
        height, width = images.shape[2:]
        with no_grad():
            x1, y1, x2, y2, kind = (labels[:, :, place] for place in range(5))
            is_right = (x1 >= 0) & (y1 >= 0) & (x1 < x2) & (y1 < y2) & (x2 <= width)
            is_wrong = (kind >= 0) & ~(is_right & (y2 <= height) & (kind < self.classes))
            if is_wrong.any().item():
                raise ValueError(
                    f"Detector: {labels[is_wrong][0].tolist()} is no x1, y1, x2, y2 with x1 < x2 "
                    f"and y1 < y2 within {width} x {height} pixels, and a class below "
                    f"{self.classes}. Rows that hold nothing have the class -1"
                )

    # ---- use ---------------------------------------------------------------------------------

    def predict(self, pictures: Tensor) -> Candidates:
        """Return what every cell proposes; :func:`tinygen.tasks.detect.detect` chooses among it.

        It works without gradients, in evaluation mode, on a bounded number of pictures at a time;
        the modes are then as before.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1, of any height and width.

        Returns
        -------
        Candidates
            On the pictures' device.

        Raises
        ------
        ValueError, TypeError
            If they cannot be looked at.
        """
        self.check_pictures(pictures)
        with evaluating(self), no_grad():
            parts = [self._candidates(part) for part in split(pictures, CHUNK)]
        boxes, scores = (cat(list(values)) for values in zip(*parts, strict=True))
        return Candidates(boxes, scores)

    def check_pictures(self, pictures: Tensor) -> None:
        """Refuse what cannot be looked at; of ``picture_shape`` only the channels matter.

        Raises
        ------
        ValueError
            If they have another number of channels, or values outside of 0 to 1.
        TypeError
            If they are not floats.
        """
        channels, *size = self.picture_shape
        if pictures.ndim == 4 and min(pictures.shape) > 0:
            size = list(pictures.shape[2:])
        check_pictures(type(self).__name__, pictures, (channels, size[0], size[1]))

    def _candidates(self, pictures: Tensor) -> Candidates:
        logits = self(pictures)
        count, rows, columns, _ = logits.shape
        height, width = pictures.shape[2:]
        row = arange(rows, dtype=logits.dtype, device=logits.device).reshape(rows, 1)
        column = arange(columns, dtype=logits.dtype, device=logits.device)
        edges = tensor([width, height, width, height], dtype=logits.dtype, device=logits.device)
        boxes = minimum(decoded(logits[..., :4], row, column).clamp(min=0), edges)
        scores = sigmoid(logits[..., BOX - 1 : BOX]) * F.softmax(logits[..., BOX:], 3)
        return Candidates(boxes.reshape(count, -1, 4), scores.reshape(count, -1, self.classes))


def _block(inputs: int, outputs: int, kernel_size: int, stride: int = 1) -> list[Module]:
    """A convolution that keeps the size but for its stride, normalization and ReLU."""
    layer = Conv2d(
        inputs, outputs, kernel_size, stride=stride, padding=kernel_size // 2, bias=False
    )
    return [layer, BatchNorm2d(outputs), ReLU()]


def _marked(cells: Tensor, like: Tensor) -> Tensor:
    """1 at the cells of these numbers, which may repeat, and 0 at all others of such a grid."""
    marks = zeros(like.numel(), dtype=like.dtype, device=like.device)
    hits = ones(len(cells), dtype=like.dtype, device=like.device)
    return index_add(marks, 0, cells, hits).clamp(max=1).reshape(*like.shape)


# ---- boxes -------------------------------------------------------------------------------------


def decoded(logits: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Boxes in pixels from the first four logits of cells; see :class:`Detector`.

    Parameters
    ----------
    logits : Tensor of shape (..., 4)
        tx, ty, tw, th.
    row, column : float Tensor
        The places of the cells, of a shape that goes with ``logits[..., 0]``.

    Returns
    -------
    Tensor of shape (..., 4)
        x1, y1, x2, y2.
    """
    x = STRIDE * (column + sigmoid(logits[..., 0]))
    y = STRIDE * (row + sigmoid(logits[..., 1]))
    half_width, half_height = (
        usual / 2 * exp(logits[..., place].clamp(max=LARGEST))
        for place, usual in zip((2, 3), USUAL_SIZE, strict=True)
    )
    return stack([x - half_width, y - half_height, x + half_width, y + half_height], dim=-1)


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """The generalized intersection over union of pairs of boxes, with gradients.

    With the intersection I and the union U of the areas, and the area C of the smallest box around
    both, it is I / U - (C - U) / C: the IoU where they overlap well, and the more negative the
    further apart they are (H. Rezatofighi et al., "Generalized intersection over union: a metric
    and a loss for bounding box regression", 2019, algorithm 2). So boxes that do not touch are
    drawn together as well, which the IoU alone, 0 for all of them, cannot do.

    Parameters
    ----------
    boxes1, boxes2 : float Tensor of shape (M, 4)
        x1, y1, x2, y2 with x1 < x2 and y1 < y2.

    Returns
    -------
    Tensor of shape (M,)
        Above -1, and 1 for equal boxes.
    """
    begin1, end1, begin2, end2 = boxes1[:, :2], boxes1[:, 2:], boxes2[:, :2], boxes2[:, 2:]
    shared = _area((minimum(end1, end2) - maximum(begin1, begin2)).clamp(min=0))
    union = _area(end1 - begin1) + _area(end2 - begin2) - shared
    around = _area(maximum(end1, end2) - minimum(begin1, begin2))
    return shared / union - (around - union) / around


def _area(sides: Tensor) -> Tensor:
    return sides[:, 0] * sides[:, 1]
