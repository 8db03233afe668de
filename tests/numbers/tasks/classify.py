"""The rows of the task: classify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging, models
from tests.numbers.running import SHARE, Numbers, Row, Run, mnist, seconds, train
from tinygen import metrics
from tinygen.cli.baselines import linear_accuracy
from tinygen.cli.evaluation import classify, scores_of
from tinygen.models import create, from_checkpoint
from tinygen.plots import confusion_matrix, save_figure
from tinygen.tasks.classify import accuracies_with_few_labels, linear_probe
from tinygen.tasks.features import Features, features_of, pixels, reduced

UNLABELLED = 10_000
"""Training pictures among which labels are drawn, and whose principal components are taken."""

COMPONENTS = 50
"""Of the pixels, beside the networks that see all labels."""

CODE = 20
"""Numbers in a code of the VAE, and as many principal components."""


# ---- models of other rows ----------------------------------------------------------------------


def beside(run: Run, row: str) -> Run:
    """The run of another row with this seed: what it has trained need not be trained again."""
    name = f"{row}-{run.seed}{'-short' if run.short else ''}"
    return replace(run, folder=run.folder.parent / name)


def trained_by(run: Run, row: str) -> tuple[Any, Numbers]:
    """The model of another row, which is trained at the first need, and the row's numbers."""
    own = beside(run, row)
    numbers = models.ROWS[row].run(own)
    return from_checkpoint(own.folder / "last.npz"), numbers


def codes_of_all_digits(run: Run) -> Any:
    """The VAE of the row of samples."""
    recipe = run.recipe("vae", epochs=10)
    own = beside(run, "vae-samples")
    return train(own, recipe, mnist().train_images, mnist().train_labels)[0]


# ---- all labels ----------------------------------------------------------------------------------


def convolutional(run: Run) -> Numbers:
    """The fast CNN of the row of the judge."""
    return _classifier(run, "judge", "classify-cnn")


def recurrent(run: Run) -> Numbers:
    """The LSTM over rows."""
    return _classifier(run, "row-lstm", "classify-rnn")


def _classifier(run: Run, row: str, name: str) -> Numbers:
    """Accuracy, F1 and AUC beside those of a linear model of pixels, of principal components, and
    of the most frequent answer."""
    model, numbers = trained_by(run, row)
    labels = mnist().test_labels
    probabilities = classify(model, mnist().test_images)
    scores = scores_of(labels, probabilities)
    if run.seed == 0 and not run.short:
        guesses = probabilities.argmax(1)
        confusion_matrix(
            metrics.confusion_matrix(labels, guesses), file=run.pictures / f"{name}.png"
        )
    usual = np.bincount(mnist().train_labels).argmax()
    constant = scores_of(labels, np.eye(10)[np.full(len(labels), usual)])
    linear, components = (_linear(run, features) for features in (pixels, _components(COMPONENTS)))
    least_squares = linear_accuracy(
        run.images(mnist().train_images), run.images(mnist().train_labels),
        mnist().test_images, labels,
    )  # fmt: skip
    compared = {"": scores, "pixels ": linear, "PCA ": components, "constant ": constant}
    return {
        **{f"{kind}accuracy": one.accuracy for kind, one in compared.items()},
        **{f"{kind}F1": one.f1 for kind, one in compared.items()},
        **{f"{kind}AUC": one.auc for kind, one in compared.items()},
        "least squares accuracy": least_squares,
        "seconds": numbers["seconds"],
    }


def _components(size: int) -> Features:
    return reduced(pixels, judging.in_floats(mnist().train_images[:UNLABELLED]), size)


def _linear(run: Run, features: Features) -> Any:
    """The scores of logistic regression that has learned from all training pictures."""
    pictures = judging.in_floats(run.images(mnist().train_images))
    labels = run.images(mnist().train_labels)
    probe = linear_probe(features(pictures), labels, 10, penalty=1e-6, steps=100)
    with tg.no_grad():
        test = features(judging.in_floats(mnist().test_images))
        probabilities = tg.softmax(probe(test), 1).numpy()
    return scores_of(mnist().test_labels, probabilities)


# ---- few labels ----------------------------------------------------------------------------------


def few_labels(run: Run) -> Numbers:
    """A linear classifier that is told ten pictures of each class, on what models have learned
    without labels; ten draws, the same for all."""
    gan, trainer = train(
        beside(run, "dcgan"), run.recipe("dcgan"), mnist().train_images, mnist().train_labels
    )
    tg.manual_seed(run.seed)
    untrained = create("dcgan", **trainer.arguments)
    learned = judging.in_floats(run.images(mnist().train_images[:UNLABELLED]))
    test = judging.in_floats(mnist().test_images)
    seen = features_of(gan)
    kinds: dict[str, Features] = {
        "pixels": pixels,
        f"PCA {CODE}": reduced(pixels, learned, CODE),
        f"VAE {CODE}": features_of(codes_of_all_digits(run)),
        "discriminator untrained": features_of(untrained),
        "discriminator": seen,
        f"discriminator {CODE}": reduced(seen, learned[:4000], CODE),
    }
    found = accuracies_with_few_labels(
        {kind: features(learned) for kind, features in kinds.items()},
        run.images(mnist().train_labels[:UNLABELLED]),
        {kind: features(test) for kind, features in kinds.items()},
        mnist().test_labels,
        draws=2 if run.short else 10,
    )
    if run.seed == 0 and not run.short:
        dots(
            found, "accuracy with 10 labels of each class", run.pictures / "classify-few-labels.png"
        )
    return {
        **{kind: float(shares.mean()) for kind, shares in found.items()},
        **{f"{kind} spread": float(shares.std(ddof=1)) for kind, shares in found.items()},
        "seconds": seconds(trainer),
    }


def dots(values: Mapping[str, np.ndarray], title: str, file: Path) -> None:
    """A line for each kind: all its values as dots, and their mean."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 0.6 + 0.45 * len(values)), layout="constrained")
    axes = figure.add_subplot()
    for line, shares in enumerate(values.values()):
        axes.plot(100 * shares, np.full(len(shares), line), "o", color="#0072B2", alpha=0.4)
        axes.plot(100 * shares.mean(), line, "|", color="#C44E00", markersize=18, markeredgewidth=3)
        axes.text(
            100 * shares.mean(), line + 0.25, f"{shares.mean():.1%}", ha="center", va="bottom"
        )
    axes.set_yticks(range(len(values)), list(values))
    axes.set(title=title, ylim=(-0.5, len(values)))
    axes.xaxis.set_major_formatter("{x:g}%")
    axes.grid(axis="x", alpha=0.3)
    save_figure(figure, file)


SCORES = {
    f"{kind}{score}": "{:.2%}" if score == "accuracy" else "{:.4f}"
    for kind in ("", "pixels ", "PCA ", "constant ")
    for score in ("accuracy", "F1", "AUC")
}

ROWS: dict[str, Row] = {
    "classify-cnn": Row(
        f"CNN, beside linear models of pixels and PCA {COMPONENTS}", 3, 3,
        ">= 99.3 %", convolutional, SCORES,
    ),
    "classify-rnn": Row(
        f"row LSTM, beside linear models of pixels and PCA {COMPONENTS}", 3, 3,
        ">= 98.5 %", recurrent, SCORES,
    ),
    "classify-few-labels": Row(
        "linear on learned features, 100 labels, 10 draws", 3, 15,
        "above pixels and PCA at equal dimension", few_labels,
        {"discriminator": SHARE, "pixels": SHARE, f"discriminator {CODE}": SHARE,
         f"PCA {CODE}": SHARE, f"VAE {CODE}": SHARE, "discriminator untrained": SHARE,
         "discriminator spread": SHARE},
    ),
}  # fmt: skip
