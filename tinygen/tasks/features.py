"""Vectors that stand for pictures: pixels, principal components, and what networks see in them.

All have one interface: :data:`Features` is a function from pictures to vectors. What is built on
vectors, a search or a linear classifier, takes any of them, so that a network's can be compared
with plain pixels and with principal components of as many numbers:

>>> import tinygen as tg
>>> pictures = tg.rand(20, 1, 4, 4)
>>> compressed = reduced(pixels, pictures, size=3)
>>> pixels(pictures).shape, compressed(pictures).shape
((20, 16), (20, 3))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygen.autograd import no_grad
from tinygen.metrics.checks import rows_of
from tinygen.models import GAN, Classifier, Embedder, Model, RowGenerator
from tinygen.models.base import evaluating
from tinygen.models.made import as_rows
from tinygen.models.vae import VariationalAutoencoder
from tinygen.nn import LeakyReLU
from tinygen.nn import functional as F
from tinygen.ops.shape import cat, split
from tinygen.tensors import Tensor, full, tensor

__all__ = ["PCA", "Features", "features_of", "pixels", "reduced"]

Features = Callable[[Tensor], Tensor]
"""From float pictures (N, channels, height, width) from 0 to 1 to vectors (N, D), on one device."""

CHUNK = 500
"""How many pictures go through a network together; it bounds the memory."""

GRID = 4
"""About so many places a side are left of a discriminator's maps."""

ROWS = 4096
"""Vectors whose products are summed at once, to bound the memory."""


# ---- without a network ---------------------------------------------------------------------------


def pixels(pictures: Tensor) -> Tensor:
    """The pictures themselves: what every other kind of features has to beat.

    Parameters
    ----------
    pictures : float Tensor of shape (N, channels, height, width)

    Returns
    -------
    Tensor of shape (N, channels * height * width)
    """
    return pictures.detach().flatten(1)


class PCA:
    """Principal component analysis: the directions in which vectors differ most.

    Among all linear maps to so many numbers it is the one from which the vectors can be restored
    with the least squared error (K. Pearson, "On lines and planes of closest fit to systems of
    points in space", 1901; H. Hotelling, 1933). The directions are the first singular vectors of
    the covariance matrix. Names are those of scikit-learn.

    Parameters
    ----------
    n_components : int
        How many directions are kept.

    Attributes
    ----------
    mean_ : float64 array of shape (D,)
    components_ : float64 array of shape (n_components, D)
        Of length 1, at right angles, the one of largest variance first. The largest entry of each
        is positive: a direction has no sign of its own.
    explained_variance_ : float64 array of shape (n_components,)
        Along each, over N - 1.
    explained_variance_ratio_ : float64 array of shape (n_components,)
        The same as a share of the whole variance.

    Raises
    ------
    ValueError
        If it is to keep no direction.

    Examples
    --------
    >>> line = np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]])
    >>> PCA(1).fit(line).components_
    array([[0.6, 0.8]])
    """

    mean_: np.ndarray
    components_: np.ndarray
    explained_variance_: np.ndarray
    explained_variance_ratio_: np.ndarray

    def __init__(self, n_components: int) -> None:
        if n_components < 1:
            raise ValueError(f"PCA keeps at least one direction, got n_components={n_components}")
        self.n_components = n_components

    def fit(self, vectors: Any) -> PCA:
        """Find the directions.

        Parameters
        ----------
        vectors : Tensor or array of shape (N, ...)
            Flattened to (N, D).

        Returns
        -------
        PCA
            Itself.

        Raises
        ------
        ValueError
            If there are fewer vectors, or numbers in a vector, than directions.
        """
        rows = rows_of(vectors, "vectors")
        most = min(len(rows) - 1, rows.shape[1])
        if self.n_components > most:
            raise ValueError(
                f"{len(rows)} vectors of {rows.shape[1]} numbers differ in at most {most} "
                f"directions, n_components is {self.n_components}: take fewer, or more vectors"
            )
        self.mean_ = rows.mean(axis=0, dtype=np.float64)
        covariance = np.zeros((rows.shape[1], rows.shape[1]))
        for start in range(0, len(rows), ROWS):
            centred = rows[start : start + ROWS] - self.mean_
            covariance += centred.T @ centred
        covariance /= len(rows) - 1
        _, variances, directions = np.linalg.svd(covariance, hermitian=True)
        kept = directions[: self.n_components]
        largest = np.abs(kept).argmax(axis=1)
        signs = np.sign(kept[np.arange(len(kept)), largest])
        self.components_ = kept * signs[:, np.newaxis]
        self.explained_variance_ = variances[: self.n_components]
        total = np.trace(covariance)
        self.explained_variance_ratio_ = self.explained_variance_ / (total if total > 0 else 1)
        return self

    def transform(self, vectors: Any) -> np.ndarray:
        """Where vectors lie along the directions, measured from the mean.

        Parameters
        ----------
        vectors : Tensor or array of shape (N, ...)
            Of as many numbers as those that it was fitted to.

        Returns
        -------
        float32 array of shape (N, n_components)

        Raises
        ------
        ValueError
            If they have another length, or it was not fitted yet.
        """
        rows = rows_of(vectors, "vectors")
        self._check_length(rows.shape[1], len(self._fitted().mean_))
        return ((rows - self.mean_) @ self.components_.T).astype(np.float32)

    def inverse_transform(self, codes: Any) -> np.ndarray:
        """The vectors that lie so along the directions, and at the mean in all others.

        Parameters
        ----------
        codes : Tensor or array of shape (N, n_components)

        Returns
        -------
        float32 array of shape (N, D)

        Raises
        ------
        ValueError
            If the codes have another length, or it was not fitted yet.
        """
        rows = rows_of(codes, "codes")
        self._check_length(rows.shape[1], len(self._fitted().components_))
        return (rows @ self.components_ + self.mean_).astype(np.float32)

    def _fitted(self) -> PCA:
        if not hasattr(self, "components_"):
            raise ValueError("this PCA knows no directions yet: call fit(vectors) first")
        return self

    def _check_length(self, given: int, wanted: int) -> None:
        if given != wanted:
            raise ValueError(
                f"this PCA works on rows of {wanted} numbers, got rows of {given}: they must be "
                "of the same kind as those that it was fitted to"
            )


def reduced(features: Features, pictures: Tensor, size: int) -> Features:
    """The same features, but only as many numbers: their principal components.

    Parameters
    ----------
    features : Features
    pictures : float Tensor of shape (N, channels, height, width)
        Those whose directions of largest variance are kept; labels are not needed.
    size : int
        How many numbers.

    Returns
    -------
    Features

    Raises
    ------
    ValueError
        As for :meth:`PCA.fit`.
    """
    principal = PCA(size).fit(features(pictures))

    def components(pictures: Tensor) -> Tensor:
        return tensor(principal.transform(features(pictures)), device=pictures.device)

    return components


# ---- what networks see -------------------------------------------------------------------------


def features_of(model: Model) -> Features:
    """The vectors by which a model tells pictures apart.

    - Of a classifier what its last layer sees: of a convolutional one its hidden units, of
      :class:`~tinygen.models.RowLSTM` the state after the last row.
    - Of a variational autoencoder the means of the codes (D. P. Kingma et al., "Semi-supervised
      learning with deep generative models", 2014, model M1).
    - Of a GAN what the layers of its discriminator give, the maps cut down to about 4 x 4 places
      by their maxima and all joined (A. Radford et al., "Unsupervised representation learning with
      deep convolutional generative adversarial networks", 2016, section 5.1).
    - Of :class:`~tinygen.models.RowGenerator` the state after the last row. One that is told labels
      is told that all are as likely.
    - Of :class:`~tinygen.models.Embedder` the points where it places pictures.

    Parameters
    ----------
    model : Model
        It is used in evaluation mode and left in the mode it is in.

    Returns
    -------
    Features
        Without gradients. They raise ``ValueError`` or ``TypeError`` for what are not the model's
        pictures.

    Raises
    ------
    TypeError
        If a model has nothing of the kind.
    ValueError
        If it must be told what pictures show before it can look at them, or looks at several
        together.
    """
    compute = _computation(model)

    def features(pictures: Tensor) -> Tensor:
        model.check_pictures(pictures)
        with evaluating(model), no_grad():
            return cat([compute(part) for part in split(pictures, CHUNK)])

    return features


def _computation(model: Any) -> Features:
    if isinstance(model, Embedder):
        return model.forward
    if isinstance(model, Classifier):
        return model.forward_features
    if isinstance(model, VariationalAutoencoder):
        if model.classes is not None:
            raise ValueError(
                "the code of a conditional autoencoder leaves out what the picture shows, which it "
                "must be told: train one without classes"
            )
        return lambda pictures: model.encode(pictures)[0]
    if isinstance(model, GAN):
        if model.pack > 1:
            raise ValueError(
                f"this discriminator judges {model.pack} pictures at once and has no vector for "
                "one: train a GAN with pack=1"
            )
        return lambda pictures: _seen_by_discriminator(model, pictures)
    if isinstance(model, RowGenerator):
        return lambda pictures: _state_after_rows(model, pictures)
    raise TypeError(
        f"{type(model).__name__} has no vector for a picture: take a classifier, an embedder, a "
        "variational autoencoder, a GAN (its discriminator), or a row generator"
    )


def _seen_by_discriminator(model: GAN, pictures: Tensor) -> Tensor:
    found, maps = [], pictures
    for layer in model.discriminator.layers.children():
        maps = layer(maps)
        if isinstance(layer, LeakyReLU):
            found.append(_on_a_grid(maps).flatten(1))
    return cat(found, 1)


def _on_a_grid(maps: Tensor) -> Tensor:
    """The largest value around each of about 4 x 4 places; vectors stay as they are."""
    if maps.ndim == 2:
        return maps
    height, width = (-(-side // GRID) for side in maps.shape[2:])
    return F.max_pool2d(maps, (height, width), padding="same")


def _state_after_rows(model: RowGenerator, pictures: Tensor) -> Tensor:
    rows = as_rows(pictures)
    if model.classes:
        shape = (*rows.shape[:2], model.classes)
        unsure = full(shape, 1 / model.classes, dtype=rows.dtype, device=rows.device)
        rows = cat([rows, unsure], 2)
    states, _ = model.lstm(rows)
    last: Tensor = states[:, -1]
    return last
