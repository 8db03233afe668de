"""How good the pictures of a GAN are, by a classifier that had no part in making them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

import tinygen as tg
from tinygen import metrics
from tinygen.cli.generation import classes_in_turn, draw
from tinygen.cli.tables import print_table
from tinygen.data import ImageSet
from tinygen.io.messages import text
from tinygen.models import GAN, Classifier
from tinygen.models.pretrained import pretrained, weights_file
from tinygen.train.recipe import pictures_of, read_card

__all__ = ["Opinion", "balance", "evaluate_gan", "opinion_of"]

JUDGE = "judge"
"""The model that ships for this."""

SEED = 0
"""Of the noise."""


def evaluate_gan(model: GAN, pictures: ImageSet, count: int) -> None:
    """Print what the judge says of samples, beside what it says of the test pictures.

    Parameters
    ----------
    model : GAN
    pictures : ImageSet
        Like those that it has learned from.
    count : int
        How many are drawn.
    """
    with weights_file(JUDGE) as path:
        card = read_card(path)
    if pictures.picture_shape != tuple(card.arguments["picture_shape"]) or pictures.classes != (
        tuple(card.classes)
    ):
        print(text("no judge", name=pictures.name))
        return
    judge = pretrained(JUDGE)
    assert isinstance(judge, Classifier)
    labels = None if model.classes is None else classes_in_turn(count, model.classes)
    tg.manual_seed(SEED)
    drawn = opinion_of(judge, np.rint(draw(model, count, labels) * 255).astype(np.uint8), labels)
    test = opinion_of(judge, pictures_of(pictures.test_images), pictures.test_labels)
    train = opinion_of(judge, pictures_of(pictures.train_images[:count]), None)
    print_table(_rows(drawn, test, train))
    print(text("judged", drawn=len(drawn.features), test=len(test.features)))


class Opinion(NamedTuple):
    """What a classifier thinks of pictures.

    Attributes
    ----------
    confidence : float
        The mean probability of its guesses.
    balance : float
        How far the classes that it finds are from all being equally many, see :func:`balance`.
    agreement : float or None
        How often it finds what the labels say, if there are any.
    features : array of shape (N, D)
        What it sees before it decides.
    """

    confidence: float
    balance: float
    agreement: float | None
    features: np.ndarray


def opinion_of(
    judge: Classifier, images: np.ndarray, labels: Sequence[int] | np.ndarray | None
) -> Opinion:
    """Ask a classifier.

    Parameters
    ----------
    judge : Classifier
    images : uint8 array of shape (N, C, H, W)
        As many bits as the pictures had that it has learned from.
    labels : N integers, optional
        What the pictures show, or shall show.

    Returns
    -------
    Opinion
    """
    floats = tg.tensor(images.astype(np.float32) / 255)
    probabilities = judge.predict_proba(floats).numpy()
    guesses = probabilities.argmax(axis=1)
    return Opinion(
        confidence=float(probabilities.max(axis=1).mean()),
        balance=balance(np.bincount(guesses, minlength=probabilities.shape[1])),
        agreement=None if labels is None else float((guesses == np.asarray(labels)).mean()),
        features=judge.features(floats).numpy(),
    )


def balance(counts: np.ndarray) -> float:
    """How far classes are from being equally many: their total variation distance from that.

    ``1/2 sum_k |n_k / n - 1/K|``, the share of pictures that would have to show something else.

    Parameters
    ----------
    counts : int array of shape (K,)

    Returns
    -------
    float
        0 if they are, and less than 1.
    """
    return float(np.abs(counts / counts.sum() - 1 / len(counts)).sum() / 2)


def _rows(drawn: Opinion, test: Opinion, train: Opinion) -> dict[str, str]:
    def beside(key: str, ours: float, real: float) -> str:
        return text("score beside", value=text(key, value=ours), real=text(key, value=real))

    rows = {
        "score confidence": beside("score percent", drawn.confidence, test.confidence),
        "score balance": beside("score plain", drawn.balance, test.balance),
    }
    if drawn.agreement is not None and test.agreement is not None:
        rows["score agreement"] = beside("score percent", drawn.agreement, test.agreement)
    distance, floor = (
        metrics.frechet_distance(one.features, test.features) for one in (drawn, train)
    )
    rows["score frechet"] = text("score floor", value=distance, floor=floor)
    return rows
