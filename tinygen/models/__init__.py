"""The models, ready to be trained, and their names."""

from __future__ import annotations

import difflib
import os
from typing import Any

from tinygen.io import CheckpointError, load_checkpoint
from tinygen.models.base import Model
from tinygen.models.cnn import Classifier, FastCNN, FiveBlockCNN, LeNet5, ResNet
from tinygen.models.denoising_vae import DenoisingVAE
from tinygen.models.detector import Detector
from tinygen.models.embedder import Embedder
from tinygen.models.gan import DCGAN, GAN, WGANGP, ConditionalGAN, DenseGAN, PointGAN
from tinygen.models.made import MADE
from tinygen.models.pix2pix import Pix2Pix
from tinygen.models.pixelcnn import PixelCNN
from tinygen.models.pretrained import PRETRAINED, pretrained
from tinygen.models.reader import StripCNN, StripReader
from tinygen.models.rnn import RowGenerator, RowLSTM
from tinygen.models.unet import UNet
from tinygen.models.vae import VAE, ConvVAE

__all__ = [
    "DCGAN", "GAN", "MADE", "MODELS", "VAE", "WGANGP", "Classifier", "ConditionalGAN", "ConvVAE",
    "DenoisingVAE", "DenseGAN", "Detector", "Embedder", "FastCNN", "FiveBlockCNN", "LeNet5",
    "Model", "PRETRAINED", "Pix2Pix", "PixelCNN", "PointGAN", "ResNet", "RowGenerator", "RowLSTM",
    "StripCNN", "StripReader", "UNet", "create", "from_checkpoint", "pretrained",
]  # fmt: skip

MODELS: dict[str, type[Model]] = {
    kind.name: kind
    for kind in (
        FastCNN, LeNet5, FiveBlockCNN, ResNet, VAE, ConvVAE, DenseGAN, DCGAN, ConditionalGAN,
        WGANGP, RowLSTM, RowGenerator, MADE, PixelCNN, UNet, Pix2Pix, DenoisingVAE,
        Embedder, Detector, StripReader, StripCNN,
    )
}  # fmt: skip
"""What :func:`create` knows, by the names that the command line and checkpoints use."""


def create(name: str, **arguments: Any) -> Model:
    """Make a model by its name, with new random weights.

    Parameters
    ----------
    name : str
        A key of ``MODELS``.
    **arguments
        What its class takes.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If there is no model of this name.

    Examples
    --------
    >>> type(create("cnn", classes=26)).__name__
    'FastCNN'
    """
    if name not in MODELS:
        raise ValueError(_unknown(name))
    return MODELS[name](**arguments)


def from_checkpoint(path: str | os.PathLike[str], device: str = "cpu") -> Model:
    """Make whatever model a checkpoint holds, ready to be used (in evaluation mode).

    Parameters
    ----------
    path : str or path
        As for :meth:`Model.from_checkpoint`.
    device : {"cpu", "cuda"}

    Returns
    -------
    Model

    Raises
    ------
    CheckpointError
        If the file is damaged, or names no model, or one that there is not.
    OSError
        If there is no such file.
    """
    name = load_checkpoint(path).architecture
    if name is None:
        raise CheckpointError(
            f"{os.fspath(path)!r} does not say which model it holds: save it with architecture= "
            "and arguments=, or load it into a model of your own by load_checkpoint(path, model=)"
        )
    if name not in MODELS:
        raise CheckpointError(f"{os.fspath(path)!r}: {_unknown(name)}")
    return MODELS[name].from_checkpoint(path, device)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, MODELS, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    return f"there is no model {name!r}{meant} There are: {', '.join(MODELS)}"
