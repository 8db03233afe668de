"""Models that are trained already: small files that come with the package, for work offline.

``python -m tests.numbers.ship`` writes them from checkpoints of ``tinygen train``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from tinygen.models.base import Model

if TYPE_CHECKING:
    from importlib.abc import Traversable

__all__ = ["PRETRAINED", "pretrained", "weights_file"]

PRETRAINED = {
    "judge": "judge.npz",
    "vae": "vae.npz",
    "cgan": "cgan.npz",
    "row-generator": "row-generator.npz",
    "inpainter": "inpainter.npz",
    "denoise": "denoise.npz",
    "detector": "detector.npz",
    "strip-reader": "strip-reader.npz",
    "enlarge": "enlarge.npz",
    "pix2pix": "pix2pix.npz",
    "embedder": "embedder.npz",
    "colourize": "colourize.npz",
}
"""The files in the package's folder of weights, by the names that people use."""


def pretrained(name: str, device: str = "cpu") -> Model:
    """Make a model that is trained already, ready to be used (in evaluation mode).

    They know the handwritten digits of MNIST: ``"judge"`` is a classifier, which scores what
    generators draw; ``"vae"`` a variational autoencoder; ``"cgan"`` a conditional GAN;
    ``"row-generator"`` an autoregressive LSTM, conditional too; ``"inpainter"``, ``"denoise"`` and
    ``"enlarge"`` are U-Nets, which fill in what is hidden, take noise away and double the sides;
    ``"detector"`` finds digits on a canvas of 64 x 64 pixels; ``"strip-reader"`` reads lines of
    them; ``"pix2pix"`` makes them of edges; ``"embedder"`` gives pictures of the same digit codes
    that are alike. Only ``"colourize"``, a U-Net too, has learned from photographs: it gives grey
    ones of 32 x 32 pixels what colour can be guessed.

    Parameters
    ----------
    name : str
        A key of ``PRETRAINED``.
    device : {"cpu", "cuda"}

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If there is no such model.
    FileNotFoundError
        If its file is not where the package should have it.
    CheckpointError
        If its file is damaged.

    Examples
    --------
    ::

        sevens = pretrained("cgan").sample(16, labels=[7] * 16)
    """
    from tinygen.models import from_checkpoint  # which imports this module

    with weights_file(name) as path:
        return from_checkpoint(path, device)


@contextmanager
def weights_file(name: str) -> Iterator[Path]:
    """The checkpoint of such a model, as a file that is there for as long as the context.

    Parameters
    ----------
    name : str
        A key of ``PRETRAINED``.

    Yields
    ------
    Path

    Raises
    ------
    ValueError, FileNotFoundError
        As for :func:`pretrained`.
    """
    if name not in PRETRAINED:
        near = difflib.get_close_matches(name, PRETRAINED, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(
            f"no trained {name!r} comes with tinygen{meant} There are: {', '.join(PRETRAINED)}. "
            "Others are trained by tinygen train"
        )
    file = _folder() / PRETRAINED[name]
    if not file.is_file():
        raise FileNotFoundError(
            f"the trained {name!r} should be in the package, as {file}, and is not: install "
            "tinygen again (pip install --force-reinstall tinygen)"
        )
    with resources.as_file(file) as path:
        yield path


def _folder() -> Traversable:
    """Where the package keeps its weights, be it in a folder or in a zip file."""
    return resources.files("tinygen.models") / "weights"
