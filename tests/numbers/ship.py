"""Make a file that ships with the package out of a checkpoint of a training.

    python -m tests.numbers.ship tinygen-run/best.npz vae

It goes into tinygen/models/weights, from where ``tinygen.models.pretrained("vae")`` takes it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import tinygen as tg
from tinygen import models
from tinygen.io import load_checkpoint, save_checkpoint
from tinygen.models.pretrained import PRETRAINED

FOLDER = Path(models.__file__).parent / "weights"

MOST = 1_000_000
"""Bytes of a file."""


def ship(source: Path, name: str, folder: Path = FOLDER) -> Path:
    """Write what is needed to use a model, and no more.

    Of a checkpoint the weights stay, with the architecture, its arguments and the metadata; the
    optimizers, which are two thirds of it, the schedule and the books go. Of a moving average of a
    whole model, and of the weights it was made of, the average stays.

    A GAN keeps its discriminator and both of its generators, the trained one and the average: the
    small one that ships has some 170,000 numbers in all, which fit; with less it could not be
    loaded as what it is, nor be trained further.

    If the weights do not fit as float32 they are stored in half precision, with 11 significant
    bits, and come back as float32: what they are multiplied with has 8 bits.

    Parameters
    ----------
    source : Path
        A checkpoint of ``tinygen train``.
    name : str
        A key of ``tinygen.models.pretrained.PRETRAINED``.
    folder : Path
        Where the file goes.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If there is no such name, or the model is too large.
    CheckpointError, OSError
        If the checkpoint cannot be read.
    """
    if name not in PRETRAINED:
        raise ValueError(f"{name!r} is none of {', '.join(PRETRAINED)}")
    saved, model, path = load_checkpoint(source), models.from_checkpoint(source), Path()
    for dtype in (np.float32, np.float16):
        tg.manual_seed(0)  # the file holds the state of the generators, which shall not matter
        path = folder / PRETRAINED[name]
        save_checkpoint(
            path, model=model.to(dtype), epoch=saved.epoch, step=saved.step,
            architecture=saved.architecture, arguments=saved.arguments, metadata=saved.metadata,
        )  # fmt: skip
        if path.stat().st_size < MOST:
            return path
    size = path.stat().st_size
    path.unlink()
    raise ValueError(
        f"{source} has {size:,} bytes of weights in half precision, more than {MOST:,}: train a "
        "smaller model"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, metavar="CHECKPOINT")
    parser.add_argument("name", choices=PRETRAINED, metavar="NAME", help=", ".join(PRETRAINED))
    options = parser.parse_args()
    path = ship(options.source, options.name)
    kind = type(models.from_checkpoint(path)).__name__
    print(f"{path}: {kind}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
