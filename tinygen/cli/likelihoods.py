"""How well a model that gives pictures a likelihood predicts those that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import tinygen as tg
from tinygen.cli.baselines import independent_pixels
from tinygen.cli.tables import print_table
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models.likelihood import Bernoulli
from tinygen.models.made import Autoregressive
from tinygen.models.vae import VariationalAutoencoder
from tinygen.train.recipe import pictures_of

__all__ = ["binarized", "evaluate_autoregressive", "evaluate_vae"]

SEED = 2
"""Of the black and white pixels, and of the codes that are drawn."""

AT_ONCE = 500

RECONSTRUCTED = 10
"""Pictures that are shown with what is left of them."""


def binarized(images: np.ndarray, seed: int = SEED) -> np.ndarray:
    """Each pixel black or white, with the probability that its grey value says.

    Drawn once and for all by the seed (R. Salakhutdinov and I. Murray, "On the quantitative
    analysis of deep belief networks", 2008, did so too; their pixels are others).

    Parameters
    ----------
    images : uint8 array of shape (N, C, H, W)
    seed : int

    Returns
    -------
    float32 array of shape (N, C, H, W)
        Of 0 and 1.
    """
    chance = np.random.default_rng(seed)
    return (chance.random(images.shape, np.float32) < in_floats(images)).astype(np.float32)


def in_floats(images: np.ndarray) -> np.ndarray:
    """Bytes as float32 from 0 to 1."""
    return images.astype(np.float32) / 255


def evaluate_vae(
    model: VariationalAutoencoder,
    pictures: ImageSet,
    out: Path,
    device: str,
    count: int,
    samples: int,
) -> None:
    """Print the bound, in its two parts, and the likelihood; draw reconstructions.

    Parameters
    ----------
    model : VariationalAutoencoder
        On the device.
    pictures : ImageSet
        Of which the test pictures are looked at.
    out : Path
        A folder.
    device : {"cpu", "cuda"}
    count : int
        For so many of the test pictures the likelihood is estimated.
    samples : int
        With so many codes each.
    """
    greys, labels = pictures_of(pictures.test_images), pictures.test_labels
    is_binary = isinstance(model.likelihood, Bernoulli)
    tg.manual_seed(SEED)
    seen = binarized(greys) if model.binarize else in_floats(greys)
    parts = [model.elbo(batch, told) for batch, told in _batches(model, seen, labels, device)]
    reconstruction = np.concatenate([part.reconstruction.numpy() for part in parts])
    kl = np.concatenate([part.kl.numpy() for part in parts])
    few = binarized(greys)[:count] if is_binary else in_floats(greys[:count])
    nll = -np.concatenate(
        [
            model.log_likelihood(batch, told, samples).numpy()
            for batch, told in _batches(model, few, labels[:count], device)
        ]
    )
    rows = {
        "score elbo": _nats(reconstruction + kl),
        "score reconstruction": _nats(reconstruction),
        "score kl": _nats(kl),
        "score nll estimated": text("score of some", value=_nats(nll), count=len(few)),
    }
    if is_binary:
        rows["score independent"] = _independent(pictures, few)
    print_table(rows)
    print(text("likelihood estimated", samples=samples))
    _print_notes(model, is_binary, model.binarize)
    _draw_reconstructions(model, greys, labels, device, out / "reconstructions.png")


def evaluate_autoregressive(model: Autoregressive, pictures: ImageSet, device: str) -> None:
    """Print the likelihood, which such a model knows exactly.

    Parameters
    ----------
    model : Autoregressive
        On the device.
    pictures : ImageSet
        Of which the test pictures are looked at.
    device : {"cpu", "cuda"}
    """
    bits = binarized(pictures_of(pictures.test_images))
    with tg.no_grad():
        nll = -np.concatenate(
            [
                model.log_prob(batch, told).numpy()
                for batch, told in _batches(model, bits, pictures.test_labels, device)
            ]
        )
    per_dim = nll.mean() / (math.log(2) * bits[0].size)
    print_table(
        {
            "score nll": _nats(nll),
            "score bits": text("score plain", value=per_dim),
            "score independent": _independent(pictures, bits),
        }
    )
    _print_notes(model, is_binary=True, in_all=True)


def _batches(
    model: VariationalAutoencoder | Autoregressive,
    images: np.ndarray,
    labels: np.ndarray,
    device: str,
) -> Iterator[tuple[tg.Tensor, tg.Tensor | None]]:
    """Pictures on the device, with their labels if the model wants any."""
    for start in range(0, len(images), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        told = None if model.classes is None else tg.tensor(labels[part], device=device)
        yield tg.tensor(images[part], device=device), told


def _nats(values: np.ndarray) -> str:
    """The mean over pictures, and how far it may be off by the choice of these pictures."""
    error = values.std() / math.sqrt(len(values))
    return text("score nats error", value=values.mean(), error=error)


def _independent(pictures: ImageSet, bits: np.ndarray) -> str:
    value = independent_pixels(pictures_of(pictures.train_images), bits)
    return text("score nats short", value=value)


def _print_notes(
    model: VariationalAutoencoder | Autoregressive, is_binary: bool, in_all: bool
) -> None:
    """Say what the numbers are about, without which they mean nothing."""
    if model.classes is not None:
        print(text("likelihood conditional"))
    if is_binary:
        print(text("likelihood binary" if in_all else "likelihood grey and binary", seed=SEED))
    else:
        print(text("likelihood density"))


def _draw_reconstructions(
    model: VariationalAutoencoder, greys: np.ndarray, labels: np.ndarray, device: str, path: Path
) -> None:
    from tinygen.plots import before_after_difference

    images = in_floats(greys[:RECONSTRUCTED])
    batch, told = next(_batches(model, images, labels[:RECONSTRUCTED], device))
    before_after_difference(
        images,
        model.reconstruct(batch, told).numpy(),
        names=(text("picture given"), text("picture reconstructed")),
        title=text("reconstructions title", model=model.name),
        file=path,
    )
    print(text("picture", path=path))
