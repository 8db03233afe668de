"""How many of the images that a search brings up are of the right kind.

A ranking comes from :func:`tinygen.metrics.nearest_neighbours` or from sorting any similarity:

>>> import numpy as np
>>> from tinygen.metrics import nearest_neighbours
>>> gallery, gallery_labels = np.array([[0.0], [1.0], [5.0], [6.0]]), np.array([0, 0, 1, 1])
>>> _, ranking = nearest_neighbours([[0.4], [3.5]], gallery, k=3)
>>> precision_at_k([0, 1], gallery_labels, ranking, k=2)
0.75
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygen.metrics.checks import as_host, labels_of, undefined

__all__ = ["precision_at_k", "retrieval_map"]


def precision_at_k(query_labels: Any, gallery_labels: Any, ranking: Any, k: int = 10) -> float:
    """The share of the first k results that have the label of the query; the mean over queries.

    Parameters
    ----------
    query_labels : labels of shape (queries,)
    gallery_labels : labels of shape (gallery,)
    ranking : integer array of shape (queries, results)
        For each query numbers of gallery images, the best first; k of them at least.
    k : int

    Returns
    -------
    float
    """
    relevant, _ = _relevance(query_labels, gallery_labels, ranking, k, "k")
    return float(relevant.mean())


def retrieval_map(
    query_labels: Any, gallery_labels: Any, ranking: Any, *, cutoff: int | None = None
) -> float:
    """The mean over queries of the average precision of their rankings.

    ``AP = sum_r P@r [result r is right] / min(R, cutoff)``, where R is how many gallery images have
    the label of the query: with a cut-off too, the best ranking scores 1 (C. Manning, P. Raghavan
    and H. Schütze, "Introduction to Information Retrieval", 2008, section 8.4). Print the cut-off
    with the number.

    Parameters
    ----------
    query_labels : labels of shape (queries,)
    gallery_labels : labels of shape (gallery,)
    ranking : integer array of shape (queries, results)
        For each query numbers of gallery images, the best first.
    cutoff : int, optional
        How many results count; by default all that the ranking has.

    Returns
    -------
    float
        Queries whose label is not in the gallery are left out, with a warning; NaN if that is all.
    """
    cutoff = as_host(ranking, "ranking").shape[-1] if cutoff is None else cutoff
    relevant, present = _relevance(query_labels, gallery_labels, ranking, cutoff, "cutoff")
    answerable = present > 0
    if not answerable.all():
        undefined(
            f"{int((~answerable).sum())} of {len(present)} queries have a label that is not in the "
            "gallery, and are left out of the mean average precision"
        )
    if not answerable.any():
        return math.nan
    relevant, present = relevant[answerable], present[answerable]
    precision = np.cumsum(relevant, axis=1) / np.arange(1, cutoff + 1)
    return float(((precision * relevant).sum(axis=1) / np.minimum(present, cutoff)).mean())


def _relevance(
    query_labels: Any, gallery_labels: Any, ranking: Any, count: int, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each of the first results is right, and how many right ones the gallery has."""
    queries = labels_of(query_labels, "query_labels")
    gallery = labels_of(gallery_labels, "gallery_labels")
    ranking = as_host(ranking, "ranking")
    if ranking.dtype.kind not in "iu" or ranking.ndim != 2 or len(ranking) != len(queries):
        raise ValueError(
            "ranking must hold numbers of gallery images, one row for each of the "
            f"{len(queries)} queries, got {ranking.dtype} {ranking.shape}"
        )
    if not len(queries) or not 1 <= count <= ranking.shape[1]:
        raise ValueError(
            f"{name}={count} needs a query at least, and as many results for each: ranking has "
            f"shape {ranking.shape}"
        )
    ranking = ranking[:, :count]
    if ranking.min() < 0 or ranking.max() >= len(gallery):
        raise ValueError(
            f"ranking holds numbers from {ranking.min()} to {ranking.max()}, the gallery has "
            f"{len(gallery)} images, from 0 to {len(gallery) - 1}"
        )
    ordered = np.sort(ranking, axis=1)
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise ValueError("ranking names a gallery image twice for one query: each counts once")
    classes, counts = np.unique(gallery, return_counts=True)
    places = np.minimum(np.searchsorted(classes, queries), len(classes) - 1)
    present = np.where(classes[places] == queries, counts[places], 0)
    return gallery[ranking] == queries[:, np.newaxis], present
