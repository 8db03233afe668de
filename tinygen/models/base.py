"""What all models have in common: the shape of their pictures, a step of training, checkpoints."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from tinygen.autograd import no_grad
from tinygen.io import CheckpointError, load_checkpoint
from tinygen.nn import Module
from tinygen.ops.indexing import one_hot
from tinygen.optim.swa_utils import AveragedModel
from tinygen.tensors import Tensor, as_tensor, int64

__all__ = ["Model", "Numbers", "Shape", "check_pictures", "evaluating"]

Shape = tuple[int, int, int]
Numbers = Mapping[str, Any]
SomeModel = TypeVar("SomeModel", bound="Model")


class Model(Module):
    """A network for pictures of one shape, which can be made again from its checkpoint.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width of the pictures: float32 from 0 to 1.

    Attributes
    ----------
    picture_shape : tuple of int
    classes : int or None
        How many labels it knows of; None if it knows of none.
    """

    name: ClassVar[str]
    """By which :func:`tinygen.models.create` and the command line know it."""

    classes: int | None = None

    def __init__(self, picture_shape: Shape) -> None:
        super().__init__()
        if len(picture_shape) != 3 or min(picture_shape) < 1:
            raise ValueError(
                f"{type(self).__name__}: picture_shape is (channels, height, width), got "
                f"{tuple(picture_shape)}"
            )
        channels, height, width = picture_shape
        self.picture_shape: Shape = (channels, height, width)

    @classmethod
    def from_checkpoint(
        cls: type[SomeModel], path: str | os.PathLike[str], device: str = "cpu"
    ) -> SomeModel:
        """Make a model as it was saved, ready to be used (in evaluation mode).

        Parameters
        ----------
        path : str or path
            A checkpoint of ``tinygen train``, of a :class:`tinygen.train.Trainer` with
            ``architecture=`` and ``arguments=``, or of :func:`tinygen.io.save_checkpoint` with
            them. If it holds a moving average of the weights, that is what is loaded.
        device : {"cpu", "cuda"}

        Returns
        -------
        Model

        Raises
        ------
        CheckpointError
            If the file is damaged, or of another model; the message says of which.
        OSError
            If there is no such file.
        """
        saved = load_checkpoint(path)
        if saved.architecture != cls.name:
            raise CheckpointError(
                f"{os.fspath(path)!r} holds {_what(saved.architecture)}, not a {cls.name!r}: "
                f"tinygen.models.from_checkpoint makes whatever model a file holds"
            )
        try:
            model = cls(**saved.arguments)
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                f"{os.fspath(path)!r} was written for another version of {cls.__name__}: {error}"
            ) from error
        if "ema" in saved.classes:
            average = AveragedModel(model)
            load_checkpoint(path, ema=average)
            model.load_state_dict(average.module.state_dict())
        else:
            load_checkpoint(path, model=model)
        model.to(device)
        model.eval()
        return model

    def training_step(self, batch: Any) -> tuple[Tensor, Numbers]:
        """Return the loss of a batch, and further numbers to be shown.

        Parameters
        ----------
        batch : tuple of Tensor
            Pictures of shape (N, channels, height, width) from 0 to 1, and their labels.

        Returns
        -------
        loss : Tensor of shape ()
        numbers : dict of str to Tensor or float
            Their means over the epoch are recorded; a Trainer adds the loss itself.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it is trained")

    def check_pictures(self, pictures: Tensor) -> None:
        """Refuse what cannot be this model's pictures.

        Raises
        ------
        ValueError
            If they have another shape, or values outside of 0 to 1.
        TypeError
            If they are not floats.
        """
        check_pictures(type(self).__name__, pictures, self.picture_shape)

    def known_labels(self, labels: Any, count: int) -> Tensor | None:
        """Labels that a user gave, on the model's device, once they were found to fit.

        Parameters
        ----------
        labels : integer Tensor, array or list of length ``count``, or None
        count : int
            How many pictures they are for.

        Returns
        -------
        integer Tensor of shape (count,), or None if none were given

        Raises
        ------
        ValueError
            If the model knows of no labels, or they are not as many, or there is no such class.
        TypeError
            If they are not integers.
        """
        name = type(self).__name__
        if labels is None:
            return None
        if self.classes is None:
            raise ValueError(
                f"this {name} is unconditional and takes no labels: make one with classes=10"
            )
        known = as_tensor(labels, device=next(self.parameters()).device)
        if known.dtype.kind not in "iu":
            raise TypeError(f"{name}: labels are integers, got {known.dtype}: labels.long()")
        if tuple(known.shape) != (count,):
            raise ValueError(
                f"{name}: {count} pictures need labels of shape {(count,)}, got "
                f"{tuple(known.shape)}"
            )
        low, high = known.min().item(), known.max().item()
        if not (low >= 0 and high < self.classes):
            raise ValueError(
                f"{name}: labels are 0 to {self.classes - 1}, got {low if low < 0 else high}"
            )
        return known.to(int64)

    def condition(self, labels: Any, count: int) -> Tensor | None:
        """Labels one-hot, in the dtype of the parameters, for a model that must be given them.

        Parameters
        ----------
        labels, count
            As for :meth:`known_labels`.

        Returns
        -------
        Tensor of shape (count, classes), or None for a model without classes

        Raises
        ------
        ValueError, TypeError
            As for :meth:`known_labels`, and if the model has classes and no labels are given.
        """
        known = self.known_labels(labels, count)
        if self.classes is None:
            return None
        if known is None:
            raise ValueError(
                f"this {type(self).__name__} is conditional, of {self.classes} classes: give the "
                "labels of the pictures"
            )
        return one_hot(known, self.classes).to(next(self.parameters()).dtype)

    def require(self, least: float, **options: float) -> None:
        """Refuse numbers below the least that makes sense.

        Raises
        ------
        ValueError
            Naming the option.
        """
        for option, value in options.items():
            if not value >= least:
                raise ValueError(
                    f"{type(self).__name__}: {option} must be at least {least}, got {value}"
                )


def check_pictures(name: str, pictures: Tensor, picture_shape: Shape) -> None:
    """Refuse what cannot be pictures of a shape.

    Parameters
    ----------
    name : str
        Of what takes them.
    pictures : Tensor
        Should be of shape (N, *picture_shape), float, from 0 to 1.
    picture_shape : tuple of int

    Raises
    ------
    ValueError
        If they have another shape, or values outside of 0 to 1.
    TypeError
        If they are not floats.
    """
    shape = tuple(pictures.shape)
    if len(shape) != 4 or shape[1:] != picture_shape:
        raise ValueError(
            f"{name} takes pictures of shape (N, {', '.join(map(str, picture_shape))}), got "
            f"{shape}{_likely(shape, picture_shape)}"
        )
    if pictures.dtype.kind != "f":
        raise TypeError(
            f"{name} takes floats from 0 to 1, got {pictures.dtype}: pictures.float() / 255"
        )
    with no_grad():
        low, high = pictures.min().item(), pictures.max().item()
    if not (low >= 0 and high <= 1):
        fix = "divide bytes by 255" if high > 1 else "(x + 1) / 2 brings -1 to 1 to 0 to 1"
        raise ValueError(
            f"{name} takes pictures from 0 to 1, got values from {low:g} to {high:g}: {fix}"
        )


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """All modules in evaluation mode inside a ``with`` block, and each in its own mode again."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _what(architecture: str | None) -> str:
    return "no model that says its name" if architecture is None else f"a {architecture!r}"


def _likely(given: tuple[int, ...], wanted: Shape) -> str:
    """What probably happened to pictures of the wrong shape."""
    if given == wanted:
        return ": one picture needs a batch, picture.unsqueeze(0)"
    if len(given) == 3 and wanted[0] == 1 and given[1:] == wanted[1:]:
        return ": grey pictures need an axis for their channel, pictures.unsqueeze(1)"
    if len(given) == 4 and (given[3], given[1], given[2]) == wanted:
        return ": the channels come first, pictures.permute(0, 3, 1, 2)"
    return ""
