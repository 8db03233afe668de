"""How good pictures of digits are, by one classifier that had no part in making them.

The judge is the classifier that ships with tinygen: trained on the 60,000 training pictures of
MNIST, frozen, and the same for all generators. It reads pictures as eight bits a pixel, like those
it has learned from.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

import tinygen as tg
from tinygen import data
from tinygen.models import pretrained
from tinygen.tasks.generate import Assessment, assess, generate, opinion_of
from tinygen.train.recipe import RECIPES, new_model, new_trainer, training_batches

CLASSES = 10
SAMPLES = 10_000


@functools.cache
def mnist() -> data.ImageSet:
    """The real pictures, uint8 of shape (N, 28, 28)."""
    return data.load("mnist", offline=True)


@functools.cache
def judge() -> Any:
    return pretrained("judge")


def eight_bits(pictures: Any) -> np.ndarray:
    """Pictures from 0 to 1 as bytes, (N, 1, 28, 28)."""
    array = pictures.numpy() if isinstance(pictures, tg.Tensor) else np.asarray(pictures)
    return np.rint(array * 255).astype(np.uint8).reshape(-1, 1, 28, 28)


def in_floats(pictures: np.ndarray) -> tg.Tensor:
    return tg.tensor(pictures.reshape(-1, 1, 28, 28).astype(np.float32) / 255)


def draw(model: Any, count: int, labels: np.ndarray | None = None, **options: Any) -> np.ndarray:
    """So many samples of a model as bytes."""
    return eight_bits(generate(model, count, labels, **options))


def scores(pictures: np.ndarray) -> dict[str, float]:
    """What can be said of 10,000 samples without knowing what they were meant to show."""
    real = (in_floats(images) for images in (mnist().train_images, mnist().test_images))
    return numbers(assess(in_floats(pictures), *real, judge()))


def numbers(found: Assessment) -> dict[str, float]:
    """An assessment under the names that the table has.

    ``fid`` is the Fréchet distance on the judge's features from the 10,000 test pictures: not
    comparable with any published one, only with ``floor``. ``tv`` is half the sum of the absolute
    differences between the shares of the classes and those of the test pictures.
    """
    return {
        "fid": found.frechet,
        "floor": found.frechet_floor,
        "tv": found.balance,
        "tv floor": found.balance_floor,
        "classes": found.classes,
        "confidence": found.confidence,
        "nearer to train": found.copying.nearer_to_train,
        "expected": found.copying.expected,
    }


def agreement(pictures: np.ndarray, labels: np.ndarray) -> float:
    """How often the judge reads what the pictures were meant to show."""
    return opinion_of(judge(), in_floats(pictures)).agreement(labels)


def diversity(pictures: np.ndarray, labels: np.ndarray) -> float:
    """The mean distance of two pictures of one class, in root mean squared pixels."""
    total = []
    for label in range(CLASSES):
        some = pictures[labels == label][:400].reshape(-1, 784) / 255.0
        half = len(some) // 2
        total.append(np.sqrt(((some[:half] - some[half : 2 * half]) ** 2).mean(1)).mean())
    return float(np.mean(total))


def accuracy_when_trained_on(pictures: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """The test accuracy of the fast CNN after one epoch on nothing but these pictures."""
    recipe = replace(RECIPES["cnn"], epochs=1, lr=0.01, seed=seed)
    model, _ = new_model(recipe, pictures, CLASSES)
    trainer = new_trainer(model, recipe, len(pictures), progress=None)
    trainer.fit(training_batches(recipe, pictures, labels), recipe.epochs)
    guesses = model.predict(in_floats(mnist().test_images)).numpy()
    return float((guesses == mnist().test_labels).mean())
