"""Batches of a data set, epoch after epoch.

The order of epoch ``e`` and the random changes to its pictures depend on the seed and on ``e``
alone, never on what was drawn before. So two integers, the epoch and the batch in it, are all
that a checkpoint must keep for the same batches to come after a restart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.backend import random
from tinygen.data.dataset import Dataset, TensorDataset, batch_of, rebuilt
from tinygen.data.transforms import apply
from tinygen.tensors import Tensor, as_tensor

__all__ = ["RESIDENT_SHARE", "DataLoader"]

RESIDENT_SHARE = 0.25
"""A data set moves to the GPU as a whole if it takes at most this share of the free memory."""

ORDER, CHANGES = 0, 1
"""The two streams of random numbers of an epoch: its order, and the changes to each batch."""


@dataclass
class Progress:
    """How far an iteration has come."""

    epoch: int
    batch: int = 0


class DataLoader:
    """Batches of a data set, as tuples of Tensors; iterable again and again, also nested.

    >>> loader = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True, seed=0,
    ...                     transform=Compose([ToFloat(), RandomShift(2)]))
    >>> for epoch in range(10):
    ...     for images, labels in loader:
    ...         ...

    Every ``for`` over a loader is an epoch of its own, with the next order, and is not disturbed
    by others. Batches are made as samples are: those of a ``TensorDataset`` are tuples, those of
    a data set of bare arrays bare Tensors.

    Parameters
    ----------
    dataset : Dataset, or any sequence of samples
        A ``TensorDataset`` and its ``Subset`` are fast: a batch is one index of each array.
    batch_size : int
    shuffle : bool
        Draw the samples of each epoch in a new order.
    drop_last : bool
        Leave out the last batch of an epoch if it is smaller than the others.
    seed : int, optional
        For the orders and the transform. Without it one is drawn from the generator that
        :func:`tinygen.manual_seed` seeds (none if there is neither a shuffle nor a transform).
    transform : callable, optional
        Applied to the first part of each batch, the images: a :class:`~tinygen.data.Transform`,
        or any function of an array. It gets the array where the loader's device has it. Nothing
        is converted unasked: uint8 images stay so without ``ToFloat()``.
    device : {"cpu", "cuda"}, optional
        Where the batches are wanted; without it, where the data set is. A set in memory that
        takes at most ``RESIDENT_SHARE`` of the GPU's free memory is uploaded once, at the first
        batch, and indexed there; others batch by batch.
    collate_fn : callable, optional
        Makes a batch of a list of samples; :func:`default_collate` without it. Arrays in what it
        gives become Tensors.

    Raises
    ------
    ValueError
        If there would not be a single batch, or the batch size or the seed is none.
    TypeError
        If the data set has no length or cannot be indexed.
    BackendError
        If a GPU is asked for that cannot be used.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        seed: int | None = None,
        transform: Callable[..., Any] | None = None,
        device: str | None = None,
        collate_fn: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        _check_dataset(dataset)
        _check_batch_size(batch_size)
        _check_not_empty(len(dataset), batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = bool(shuffle)
        self.drop_last = bool(drop_last)
        self.transform = transform
        self.collate_fn = collate_fn
        self.device = None if device is None else backend.get(device).device
        self.seed = self._first_seed(seed)
        self._resident: TensorDataset | None = None
        self._now = self._next = Progress(epoch=0)

    def _first_seed(self, seed: int | None) -> int:
        """The seed given, or one that is drawn if any is needed."""
        if seed is None:
            needed = self.shuffle or self.transform is not None
            return int(random.host.integers(2**63)) if needed else 0
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ValueError(f"DataLoader: seed must be a whole number of at least 0, got {seed!r}")
        return int(seed)

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        if self.drop_last:
            return len(self.dataset) // self.batch_size
        return math.ceil(len(self.dataset) / self.batch_size)

    def __repr__(self) -> str:
        return (
            f"<DataLoader of {len(self.dataset):,} samples in {len(self):,} batches of "
            f"{self.batch_size}, {'shuffled' if self.shuffle else 'in order'}>"
        )

    # ---- one epoch -------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        """The batches of the next epoch."""
        progress = self._now = self._next
        self._next = Progress(progress.epoch + 1)
        return self._epoch(progress)

    def _epoch(self, progress: Progress) -> Iterator[Any]:
        """The batches of an epoch that are still to come."""
        source = self._source()
        order = self._order(progress.epoch)
        for number in range(progress.batch, len(self)):
            chosen = order[number * self.batch_size : (number + 1) * self.batch_size]
            batch = self._on_device(self._batch(source, chosen))
            batch = self._transformed(batch, progress.epoch, number)
            progress.batch = number + 1
            yield batch
        progress.epoch, progress.batch = progress.epoch + 1, 0

    def _generator(self, *stream: int) -> np.random.Generator:
        """Random numbers that depend on the seed and on what they are for."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=stream))

    def _order(self, epoch: int) -> np.ndarray:
        """The samples of an epoch, one after the other."""
        if self.shuffle:
            return self._generator(ORDER, epoch).permutation(len(self.dataset))
        return np.arange(len(self.dataset))

    def _batch(self, source: Any, chosen: np.ndarray) -> Any:
        """Samples as one batch."""
        if self.collate_fn is None:
            return batch_of(source, chosen)
        return self.collate_fn([source[int(index)] for index in chosen])

    def _transformed(self, batch: Any, epoch: int, number: int) -> Any:
        """The batch with its first part transformed."""
        if self.transform is None:
            return batch
        first = batch[0] if isinstance(batch, (tuple, list)) and batch else batch
        if not isinstance(first, Tensor):
            raise TypeError(
                f"DataLoader: a transform works on the first part of a batch, which is here "
                f"{type(first).__name__} and no Tensor: transform the samples in the data set or "
                "in collate_fn instead"
            )
        generator = self._generator(CHANGES, epoch, number)
        changed = as_tensor(apply(self.transform, first.data, generator))
        _check_transformed(first, changed)
        return changed if first is batch else rebuilt(batch, [changed, *batch[1:]])

    # ---- devices ---------------------------------------------------------------------------

    def _source(self) -> Any:
        """The data set, or its copy on the device if it fits there."""
        if self._resident is None and self._fits():
            whole = self.dataset.batch(np.arange(len(self.dataset)))
            self._resident = TensorDataset(*self._on_device(whole))
        return self.dataset if self._resident is None else self._resident

    def _fits(self) -> bool:
        """Whether the whole set can move from the host to the GPU."""
        if self.device in (None, "cpu") or self.collate_fn is not None:
            return False
        size = self.dataset.host_bytes if isinstance(self.dataset, Dataset) else None
        free = backend.get(self.device).memory()["free"]
        return size is not None and size <= RESIDENT_SHARE * free

    def _on_device(self, batch: Any) -> Any:
        """The batch with its arrays as Tensors where they are wanted."""
        if isinstance(batch, (tuple, list)):
            return rebuilt(batch, [self._on_device(part) for part in batch])
        if isinstance(batch, Mapping):
            return {name: self._on_device(part) for name, part in batch.items()}
        if isinstance(batch, Tensor) or type(batch) in backend.MODULES:
            return as_tensor(batch, device=self.device)
        return batch

    # ---- stopping and going on -------------------------------------------------------------

    def set_epoch(self, epoch: int) -> None:
        """Let the next ``for`` over the loader be this epoch.

        A position inside that very epoch, from :meth:`load_state_dict`, is kept: a training loop
        may call this at the start of every epoch.

        Parameters
        ----------
        epoch : int
            At least 0.
        """
        if epoch < 0:
            raise ValueError(f"set_epoch: epochs count from 0, got {epoch}")
        if epoch != self._next.epoch:
            self._next = Progress(int(epoch))
        self._now = self._next

    def state_dict(self) -> dict[str, Any]:
        """The place that has been reached, as whole numbers.

        It belongs to the iteration that was started last. In the body of its loop the batch at
        hand counts as done; after its last batch, until the loop has ended, the state is the end
        of that epoch, and going on from there gives no batch more of it.

        Returns
        -------
        dict
            The seed, the epoch, the number of batches of it that were given, and what must be
            equal for these to mean the same: ``samples``, ``batch_size``, ``shuffle``.
        """
        return {
            "seed": self.seed,
            "epoch": self._now.epoch,
            "batch": self._now.batch,
            **self._essentials(),
        }

    def _essentials(self) -> dict[str, int]:
        """What an order is made from, beside the seed and the epoch."""
        return {
            "samples": len(self.dataset),
            "batch_size": self.batch_size,
            "shuffle": int(self.shuffle),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next ``for`` go on where another loader stopped, with the same batches.

        Parameters
        ----------
        state : dict
            What :meth:`state_dict` gave.

        Raises
        ------
        ValueError
            If it belongs to a loader of another size, batch size or order.
        """
        missing = [name for name in self.state_dict() if name not in state]
        if missing:
            raise ValueError(f"this is no state of a DataLoader: {', '.join(missing)} is missing")
        differing = [
            f"{name} was {int(state[name])} and is {own}"
            for name, own in self._essentials().items()
            if int(state[name]) != own
        ]
        if differing:
            raise ValueError(
                "DataLoader: the saved place means nothing here, because the batches are others: "
                f"{'; '.join(differing)}. Make the loader as it was when the state was saved"
            )
        self.seed = int(state["seed"])
        self._now = self._next = Progress(int(state["epoch"]), int(state["batch"]))


# ---- errors that teach ---------------------------------------------------------------------------


def _check_dataset(dataset: Any) -> None:
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise TypeError(
            f"DataLoader needs a data set with a length and samples by number, got "
            f"{type(dataset).__name__}: make a list of it, arrays a TensorDataset(images, labels), "
            "or give its class __len__ and __getitem__"
        )


def _check_batch_size(batch_size: Any) -> None:
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)):
        raise TypeError(
            f"DataLoader: batch_size must be a whole number, got {type(batch_size).__name__}. "
            "Images and labels go together into one TensorDataset(images, labels)"
        )
    if batch_size < 1:
        raise ValueError(f"DataLoader: batch_size must be at least 1, got {batch_size}")


def _check_not_empty(samples: int, batch_size: int, drop_last: bool) -> None:
    if samples == 0:
        raise ValueError(
            "DataLoader: the data set is empty. Is a folder without images, or a split of length "
            "0, the cause?"
        )
    if drop_last and samples < batch_size:
        raise ValueError(
            f"DataLoader: {samples} samples do not fill one batch of {batch_size}, and drop_last "
            "leaves out what is not full: there would be no batch at all. Use a smaller "
            "batch_size or drop_last=False"
        )


def _check_transformed(before: Tensor, after: Tensor) -> None:
    """A transform changes pictures, not their number, and does not promote them."""
    if after.shape[:1] != before.shape[:1]:
        raise ValueError(
            f"DataLoader: the transform made {after.shape} of {before.shape}. It is handed whole "
            "batches, the samples first, and must keep their number"
        )
    if after.dtype == np.float64 and before.dtype != np.float64:
        raise TypeError(
            f"DataLoader: the transform made float64 of {before.dtype}, and would so slow down "
            "all that follows. uint8 / 255 does that in NumPy: use ToFloat() or astype(np.float32)"
        )
