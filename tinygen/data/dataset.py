"""Data sets: anything with a length and samples by number, and parts of it.

A loader asks a data set for whole batches, by :meth:`Dataset.batch`. What is in memory answers by
one index of each array; everything else collects its samples one by one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygen import backend
from tinygen.backend import random
from tinygen.tensors import Tensor, as_tensor, tensor

__all__ = ["Dataset", "Subset", "TensorDataset", "default_collate", "random_split"]


class Dataset:
    """The base of data sets: give it ``__getitem__`` (one sample) and ``__len__``.

    A sample is an array, a Tensor, a number or a text, or a tuple, list or dict of them: mostly
    ``(image, label)``.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """Whoever says anew what a sample is does not inherit a shortcut to the old one."""
        super().__init_subclass__(**options)
        if "__getitem__" in cls.__dict__ and "batch" not in cls.__dict__:
            cls.batch = Dataset.batch  # type: ignore[method-assign]
            cls.host_bytes = Dataset.host_bytes  # type: ignore[method-assign]

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__: its sample {index}")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs a __len__: how many samples it has")

    def batch(self, indices: np.ndarray) -> Any:
        """Several samples at once, stacked as :func:`default_collate` does.

        Parameters
        ----------
        indices : int64 array of shape (N,)

        Returns
        -------
        Tensor, or tuple, list or dict of Tensors of shape (N, ...)
            Copies: changing them leaves the data set as it is.
        """
        return default_collate([self[int(index)] for index in indices])

    @property
    def host_bytes(self) -> int | None:
        """The memory of the host that all samples take, None where they are not kept there.

        Only a data set whose batches are tuples of Tensors may say so: a loader may then upload
        all of it at once.
        """
        return None


class TensorDataset(Dataset):
    """Arrays of equal length: sample ``i`` consists of row ``i`` of each.

    Parameters
    ----------
    *tensors : array or Tensor of shape (N, ...)
        Shared, not copied, and of any dtype: images may stay uint8 until
        :class:`~tinygen.data.ToFloat` converts a batch of them.

    Attributes
    ----------
    tensors : tuple of Tensor

    Raises
    ------
    ValueError
        If there are none, if their lengths differ, or if they are on different devices.
    """

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ValueError(
                "TensorDataset needs at least one array: TensorDataset(images, labels)"
            )
        self.tensors: tuple[Tensor, ...] = tuple(as_tensor(part) for part in tensors)
        shapes = ", ".join(str(part.shape) for part in self.tensors)
        if any(part.ndim == 0 for part in self.tensors):
            raise ValueError(
                f"TensorDataset needs arrays whose first dimension counts the samples, got the "
                f"shapes {shapes}"
            )
        if len({len(part) for part in self.tensors}) > 1:
            raise ValueError(
                f"TensorDataset needs arrays of equal length, got the shapes {shapes}. Are the "
                "labels those of another split, or does the first dimension not count the samples?"
            )
        if len({part.device for part in self.tensors}) > 1:
            places = ", ".join(part.device for part in self.tensors)
            raise ValueError(
                f"TensorDataset needs all arrays on one device, got them on {places}: move them "
                "with .to(device), or leave that to DataLoader(..., device=...)"
            )

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(part[index] for part in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def batch(self, indices: np.ndarray) -> tuple[Tensor, ...]:
        """Several samples at once: one index of each array."""
        chosen = backend.of(self.tensors[0].data).asarray(indices)
        return tuple(Tensor(part.data[chosen]) for part in self.tensors)

    @property
    def host_bytes(self) -> int | None:
        """The memory that the arrays take, None if they are on a GPU already."""
        if self.tensors[0].device != "cpu":
            return None
        return sum(int(part.data.nbytes) for part in self.tensors)


class Subset(Dataset):
    """Some samples of a data set, in an order of their own.

    Parameters
    ----------
    dataset : Dataset, or any sequence of samples
    indices : sequence of int
        The samples that it consists of; negative ones count from the end.

    Attributes
    ----------
    dataset : Dataset
    indices : int64 array of shape (N,)

    Raises
    ------
    IndexError
        If the data set has no such sample.
    TypeError
        If the indices are no whole numbers, a mask for example.
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray) -> None:
        chosen = np.asarray(indices)
        if chosen.dtype == bool:
            raise TypeError(
                "Subset needs the numbers of samples, got a mask: give np.flatnonzero(mask)"
            )
        if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
            raise TypeError(
                f"Subset needs a list of whole numbers, got shape {chosen.shape} of {chosen.dtype}"
            )
        length = len(dataset)
        outside = chosen[(chosen < -length) | (chosen >= length)]
        if outside.size:
            raise IndexError(
                f"Subset: there is no sample {outside[0]} in a data set of {length}; "
                f"{outside.size} of the {chosen.size} indices are outside"
            )
        self.dataset = dataset
        self.indices = np.where(chosen < 0, chosen + length, chosen).astype(np.int64)

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)

    def batch(self, indices: np.ndarray) -> Any:
        """Several samples at once, as the whole set gives them."""
        return batch_of(self.dataset, self.indices[indices])

    @property
    def host_bytes(self) -> int | None:
        """The memory that its share of the whole set takes, None where that is not kept."""
        whole = self.dataset.host_bytes if isinstance(self.dataset, Dataset) else None
        if not whole:
            return whole
        return math.ceil(whole * len(self) / len(self.dataset))


def batch_of(dataset: Any, indices: np.ndarray) -> Any:
    """Several samples of a data set, or of any other sequence of samples."""
    if isinstance(dataset, Dataset):
        return dataset.batch(indices)
    return default_collate([dataset[int(index)] for index in indices])


def random_split(
    dataset: Any,
    lengths: Sequence[float],
    seed: int | np.random.Generator | None = None,
) -> list[Subset]:
    """Cut a data set at random into parts that do not overlap.

    Parameters
    ----------
    dataset : Dataset, or any sequence of samples
    lengths : sequence of int, or of float
        How many samples each part gets. Fractions that add up to 1 are rounded down, and what is
        left over is dealt out one by one, from the first part on.
    seed : int or numpy.random.Generator, optional
        For the same parts every time. Without it tinygen's own generator draws, which
        :func:`tinygen.manual_seed` seeds.

    Returns
    -------
    list of Subset

    Raises
    ------
    ValueError
        If the lengths do not add up to the whole set.
    """
    counts = _whole_lengths(len(dataset), lengths)
    generator = random.host if seed is None else np.random.default_rng(seed)
    order = generator.permutation(len(dataset))
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def _whole_lengths(total: int, lengths: Sequence[float]) -> list[int]:
    """How many samples each part gets."""
    if not len(lengths) or min(lengths) < 0:
        raise ValueError(f"random_split needs lengths of at least 0, got {list(lengths)}")
    if all(isinstance(length, (int, np.integer)) for length in lengths):
        counts = [int(length) for length in lengths]
        if sum(counts) != total:
            raise ValueError(
                f"random_split: the lengths {counts} add up to {sum(counts)}, but the data set has "
                f"{total} samples. Fractions such as [0.9, 0.1] fit every set"
            )
        return counts
    if not math.isclose(sum(lengths), 1):
        raise ValueError(
            f"random_split: the fractions {list(lengths)} add up to {sum(lengths):g} instead of 1"
        )
    counts = [math.floor(total * fraction) for fraction in lengths]
    for extra in range(total - sum(counts)):
        counts[extra % len(counts)] += 1
    return counts


# ---- from samples to a batch -------------------------------------------------------------------


def default_collate(samples: Sequence[Any]) -> Any:
    """Stack samples: what each is made of, the batch is made of.

    Parameters
    ----------
    samples : sequence
        Arrays, Tensors, numbers or texts, or tuples, lists or dicts of them, all alike.

    Returns
    -------
    Tensor of shape (N, ...), or tuple, list or dict of such
        Texts stay a list.

    Raises
    ------
    ValueError
        If there are none, or if their shapes or their numbers of parts differ.
    TypeError
        If they are of a kind that cannot be stacked.
    """
    if not len(samples):
        raise ValueError("default_collate: there are no samples to stack")
    first = samples[0]
    if isinstance(first, Mapping):
        return {name: default_collate([sample[name] for sample in samples]) for name in first}
    if isinstance(first, (tuple, list)):
        sizes = {len(sample) for sample in samples}
        if len(sizes) > 1:
            raise ValueError(
                f"default_collate: the samples have {sorted(sizes)} parts. Give all the same "
                "number, or say with collate_fn how they make a batch"
            )
        return rebuilt(first, [default_collate(parts) for parts in zip(*samples, strict=True)])
    if isinstance(first, str):
        return list(samples)
    if isinstance(first, (bool, int, float)):
        return tensor(list(samples))
    if isinstance(first, (Tensor, np.ndarray, np.generic)) or type(first) in backend.MODULES:
        return _stacked(samples)
    raise TypeError(
        f"default_collate stacks arrays, tensors, numbers and texts, got {type(first).__name__}: "
        "convert it in the data set's __getitem__ (a PIL image by np.asarray), or give the loader "
        "a collate_fn"
    )


def rebuilt(model: Any, parts: list[Any]) -> Any:
    """A tuple (named or not) or list like another one, of new parts."""
    return type(model)(*parts) if hasattr(model, "_fields") else type(model)(parts)


def _stacked(samples: Sequence[Any]) -> Tensor:
    """Arrays of one shape as one Tensor."""
    arrays = [sample.data if isinstance(sample, Tensor) else sample for sample in samples]
    shapes = sorted({tuple(array.shape) for array in arrays})
    if len(shapes) > 1:
        raise ValueError(
            f"default_collate: samples of different shapes cannot be stacked: "
            f"{', '.join(map(str, shapes[:4]))}. Resize or pad them in the data set, or say with "
            "collate_fn how they make a batch"
        )
    xp = np if isinstance(arrays[0], np.generic) else backend.xp_of(arrays[0])
    return Tensor(xp.stack(arrays))
