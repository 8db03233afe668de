"""Finding pictures that are like a given one.

A :class:`Gallery` holds the vectors of its pictures, of any kind that
:mod:`tinygen.tasks.features` has, and ranks the pictures by how near theirs are to a query's:

>>> import tinygen as tg
>>> pictures = tg.rand(50, 1, 8, 8)
>>> found = Gallery(pictures).search(pictures[:2], k=3)
>>> found.indices[:, 0], found.distances[:, 0]
(array([0, 1]), array([0., 0.]))
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygen.metrics import nearest_neighbours, precision_at_k, retrieval_map
from tinygen.metrics.checks import labels_of
from tinygen.tasks.features import Features, pixels
from tinygen.tensors import Tensor

__all__ = ["METRICS", "Found", "Gallery", "RetrievalScores", "retrieval_scores"]

METRICS = ("l2", "cosine")
"""How far two vectors are from each other: the length of their difference, or 1 - cos of the angle
between them."""


class Found(NamedTuple):
    """What a search has brought up, the nearest first.

    Attributes
    ----------
    distances : float64 array of shape (queries, k)
    indices : int64 array of shape (queries, k)
        Places in the gallery.
    """

    distances: np.ndarray
    indices: np.ndarray


class Gallery:
    """Pictures that can be searched for those that are like a query.

    Parameters
    ----------
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1, on the device of the model that makes the features.
    features : Features
        From pictures to the vectors that are compared.
    labels : N integers, optional
        What the pictures show; needed only to say how good a search is.
    metric : {"l2", "cosine"}

    Attributes
    ----------
    labels : int64 array of shape (N,) or None
    metric : str

    Raises
    ------
    ValueError
        If there is no such metric, no picture, or not one label for each.
    """

    def __init__(
        self,
        pictures: Tensor,
        features: Features = pixels,
        labels: Any = None,
        metric: str = "l2",
    ) -> None:
        if metric not in METRICS:
            raise ValueError(f"metric is one of {', '.join(METRICS)}, got {metric!r}")
        if not len(pictures):
            raise ValueError("a gallery needs a picture at least, got none")
        self.labels = None if labels is None else labels_of(labels, "labels")
        if self.labels is not None and len(self.labels) != len(pictures):
            raise ValueError(
                f"a gallery of {len(pictures)} pictures needs as many labels, got "
                f"{len(self.labels)}"
            )
        self.metric = metric
        self._picture_shape = tuple(pictures.shape[1:])
        self._features = features
        self._vectors = self._compared(pictures)

    def __len__(self) -> int:
        return len(self._vectors)

    def search(self, queries: Tensor, k: int = 10) -> Found:
        """The pictures of the gallery that are nearest to each query.

        Parameters
        ----------
        queries : float Tensor of shape (queries, channels, height, width)
        k : int
            How many for each.

        Returns
        -------
        Found

        Raises
        ------
        ValueError
            If the queries have another shape than the gallery's pictures, or there are not k.
        """
        if tuple(queries.shape[1:]) != self._picture_shape:
            raise ValueError(
                f"this gallery has pictures of shape {self._picture_shape}, the queries have "
                f"{tuple(queries.shape[1:])}: convert one to the other"
            )
        if not 1 <= k <= len(self):
            raise ValueError(f"the gallery has {len(self)} pictures: k is from 1 on, got {k}")
        distances, indices = nearest_neighbours(self._compared(queries), self._vectors, k)
        if self.metric == "cosine":  # |a - b|^2 = 2 - 2 cos where both have length 1
            distances = distances**2 / 2
        return Found(distances, indices)

    def _compared(self, pictures: Tensor) -> np.ndarray:
        """The vectors whose Euclidean distances say how far pictures are from each other."""
        vectors: np.ndarray = self._features(pictures).numpy()
        if self.metric == "l2":
            return vectors
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        # Zeros have no direction. A further axis sets them at right angles to all others.
        nothing = (lengths == 0).astype(vectors.dtype)
        return np.concatenate([vectors / (lengths + nothing), nothing], axis=1)


class RetrievalScores(NamedTuple):
    """How good searches are.

    Attributes
    ----------
    precision : float
        The share of the first k results that show what the query shows.
    mean_average_precision : float
        Of the first results up to a cut-off; see :func:`tinygen.metrics.retrieval_map`.
    """

    precision: float
    mean_average_precision: float


def retrieval_scores(
    gallery: Gallery, queries: Tensor, labels: Any, k: int = 10, cutoff: int = 1000
) -> RetrievalScores:
    """Search for each query and count how many results show the same.

    Parameters
    ----------
    gallery : Gallery
        With labels.
    queries : float Tensor of shape (queries, channels, height, width)
        Not among its pictures.
    labels : integers of length queries
    k : int
        So many results count for the precision.
    cutoff : int
        So many for the mean average precision, or as many as the gallery has.

    Returns
    -------
    RetrievalScores

    Raises
    ------
    ValueError
        If the gallery has no labels, or as for :meth:`Gallery.search`.
    """
    if gallery.labels is None:
        raise ValueError("how good a search is can only be said with labels: Gallery(labels=...)")
    cutoff = min(cutoff, len(gallery))
    ranking = gallery.search(queries, max(k, cutoff)).indices
    return RetrievalScores(
        precision_at_k(labels, gallery.labels, ranking, k),
        retrieval_map(labels, gallery.labels, ranking, cutoff=cutoff),
    )
