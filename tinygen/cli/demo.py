"""``tinygen demo``: a small network learns to read digits.

The whole of a training run on one page: data, model, loop, test, picture.
"""

from __future__ import annotations

import math
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import tinygen as tg
from tinygen import backend, nn
from tinygen.cli import INTERRUPTED
from tinygen.cli.progress import Progress
from tinygen.data import DataNotFoundError, Digits, load_mnist, synthetic_digits
from tinygen.data.mnist import user_cache

__all__ = ["Standardize", "accuracy_interval", "classify", "run", "small_cnn", "train"]

BATCH = 256

PEAK_RATE = 0.01


def run(out: Path, epochs: int, seed: int, device: str) -> int:
    """Train, test, and save a picture of the predictions.

    Parameters
    ----------
    out : Path
        The folder for the picture.
    epochs : int
        How often to go through the training digits.
    seed : int
        For the first weights and the order of the digits.
    device : {"cpu", "cuda"}

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    BackendError
        If there is no GPU to be used.
    DataError
        If the files of MNIST are there, but damaged.
    OSError
        If the picture cannot be written.
    """
    backend.get(device)  # says at once why there is no GPU
    _prepare(out)
    picture = out / "predictions.png"
    try:
        started = time.perf_counter()
        digits = _digits()
        tg.manual_seed(seed)
        standardize = Standardize(digits.train_images, device)
        model = small_cnn().to(device)
        print(f"Model   a convolutional network with {_size(model):,} numbers to learn")
        train(model, standardize, digits.train_images, digits.train_labels, epochs)
        probabilities = classify(model, standardize, digits.test_images)
        _print_result(digits, probabilities, time.perf_counter() - started)
        _save_picture(digits, probabilities, epochs, picture)
    except KeyboardInterrupt:
        print(f"\nStopped by Ctrl-C: the trained weights are lost, {picture} was not written.",
              file=sys.stderr)  # fmt: skip
        return INTERRUPTED
    print(f"Picture {picture}")
    return 0


def _prepare(folder: Path) -> None:
    """Make the folder, and find out before the training whether it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(
            f"nothing can be written into {folder} ({error.strerror}): choose another with --out"
        ) from error


# ---- data --------------------------------------------------------------------------------------


def _digits() -> Digits:
    """MNIST where it is found, digits drawn by a program otherwise; and say which."""
    try:
        digits = load_mnist()
    except DataNotFoundError:
        print("Data    MNIST was not found: digits drawn by a program take its place.")
        print(f"        For the real thing, put its four files into {user_cache() / 'mnist'},")
        print("        or name their folder in TINYGEN_DATA; tinygen doctor says how to get them.")
        digits = synthetic_digits()
    print(
        f"Data    {digits.name}: {len(digits.train_images):,} to learn from, "
        f"{len(digits.test_images):,} to be tested on"
    )
    return digits


class Standardize:
    """Pictures as the network wants them: mean 0 and spread 1 over the training pictures.

    Parameters
    ----------
    train_images : uint8 array of shape (N, H, W)
    device : {"cpu", "cuda"}
    """

    def __init__(self, train_images: np.ndarray, device: str) -> None:
        self.mean, self.spread = float(train_images.mean()), float(train_images.std())
        self.device = device

    def __call__(self, images: np.ndarray) -> tg.Tensor:
        """Pixels (N, H, W) of any kind become a float32 tensor (N, 1, H, W)."""
        pixels = (images[:, None].astype(np.float32) - self.mean) / self.spread
        return tg.as_tensor(pixels, device=self.device)


# ---- model and training ------------------------------------------------------------------------


def small_cnn() -> nn.Sequential:
    """Two convolutions and two dense layers: 28 x 28 pixels become 10 logits."""
    return nn.Sequential(
        nn.Conv2d(1, 24, kernel_size=5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(24, 32, kernel_size=3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dense(32 * 5 * 5, 256),
        nn.ReLU(),
        nn.Dense(256, 10),
    )


def _size(model: nn.Module) -> int:
    return sum(math.prod(parameter.shape) for parameter in model.parameters())


def train(
    model: nn.Module,
    standardize: Standardize,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int,
) -> None:
    """Adam over shuffled batches, its rate rising to a peak and falling to nearly nothing.

    Parameters
    ----------
    model : Module
    standardize : Standardize
    images : uint8 array of shape (N, 28, 28)
    labels : int64 array of shape (N,)
    epochs : int
    """
    optimizer = tg.optim.Adam(model.parameters(), lr=PEAK_RATE, betas=(0.7, 0.9))
    steps = math.ceil(len(images) / BATCH)
    schedule = tg.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, epochs=epochs, steps_per_epoch=steps, cycle_momentum=False
    )
    model.train()
    with Progress(epochs * len(images), unit="digits") as progress:
        for _ in range(epochs):
            order = tg.randperm(len(images)).numpy()
            for chosen in np.array_split(order, range(BATCH, len(order), BATCH)):
                targets = tg.as_tensor(labels[chosen], device=standardize.device)
                loss = nn.functional.cross_entropy(model(standardize(images[chosen])), targets)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                progress.advance(len(chosen), loss.item())


def classify(model: nn.Module, standardize: Standardize, images: np.ndarray) -> np.ndarray:
    """The probability of each class for each picture.

    Parameters
    ----------
    model : Module
    standardize : Standardize
    images : uint8 array of shape (N, 28, 28)

    Returns
    -------
    float32 array of shape (N, 10)
    """
    model.eval()
    with tg.no_grad():
        batches = [
            tg.softmax(model(standardize(images[begin : begin + BATCH])), dim=1).numpy()
            for begin in range(0, len(images), BATCH)
        ]
    return np.concatenate(batches)


# ---- results -----------------------------------------------------------------------------------


def accuracy_interval(right: int, total: int) -> tuple[float, float]:
    """Between which bounds the true accuracy lies, with 95% confidence.

    With p = right / total and z = 1.96, the bounds are the solutions q of
    (p - q)^2 = z^2 q (1 - q) / total (E. B. Wilson, "Probable inference, the law of succession,
    and statistical inference", 1927).

    Parameters
    ----------
    right, total : int
        How many predictions were right, and how many there were, at least 1.

    Returns
    -------
    tuple of two float
        The lower and the upper bound.
    """
    z = 1.96
    share, weight = right / total, z * z / total
    centre = share + weight / 2
    reach = math.sqrt(weight * (share * (1 - share) + weight / 4))
    return (centre - reach) / (1 + weight), (centre + reach) / (1 + weight)


def _print_result(digits: Digits, probabilities: np.ndarray, seconds: float) -> None:
    labels = digits.test_labels
    is_right = probabilities.argmax(axis=1) == labels
    low, high = accuracy_interval(int(is_right.sum()), len(labels))
    print(
        f"Test    {is_right.mean():.2%} right ({is_right.sum():,} of {len(labels):,}; "
        f"95% interval {100 * low:.2f} to {high:.2%})"
    )
    for half in (range(5), range(5, 10)):
        print("        " + "   ".join(_of_digit(d, is_right[labels == d]) for d in half))
    guessing = np.bincount(labels).max() / len(labels)
    print(f"        always saying the most frequent digit would give {guessing:.2%}")
    print(f"Time    {seconds:.0f} s, data and test included")


def _of_digit(digit: int, is_right: np.ndarray) -> str:
    return f"{digit}: {is_right.mean():6.1%}" if len(is_right) else f"{digit}: (none)"


def _save_picture(digits: Digits, probabilities: np.ndarray, epochs: int, path: Path) -> None:
    from tinygen.plots import plot_predictions, save_figure

    accuracy = (probabilities.argmax(axis=1) == digits.test_labels).mean()
    passes = "one epoch" if epochs == 1 else f"{epochs} epochs"
    title = f"{digits.name}: {accuracy:.2%} of the test digits read correctly after {passes}"
    figure = plot_predictions(digits.test_images, digits.test_labels, probabilities, title)
    save_figure(figure, path)
