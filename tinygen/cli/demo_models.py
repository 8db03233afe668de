"""What the demo trains, one model of each family, and how good each becomes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygen as tg
from tinygen.cli.arguments import FAMILIES
from tinygen.cli.baselines import constant_accuracy, independent_pixels, linear_accuracy
from tinygen.cli.drawing import classes_in_turn, draw
from tinygen.cli.evaluation import Scores, classify, interval, scores_of
from tinygen.cli.likelihoods import AT_ONCE, SEED, binarized, in_floats
from tinygen.cli.page import Table
from tinygen.data import ImageSet
from tinygen.io import save_checkpoint
from tinygen.io.messages import text
from tinygen.train import Callback, Trainer
from tinygen.train.recipe import (
    RECIPES,
    Card,
    Recipe,
    new_model,
    new_trainer,
    pictures_of,
    size_of,
    training_batches,
)

__all__ = [
    "EXPECTED", "FILES", "LESSONS", "SHOWN", "Completing", "Drawing", "Learned", "Losses",
    "Packing", "Reading", "Results", "Study", "complete", "draw_by_class", "examples", "pack",
    "read",
]  # fmt: skip

FILES = {"cnn": "model.npz", "vae": "vae.npz", "gan": "cgan.npz", "rnn": "row-generator.npz"}
"""Where the model of each family goes."""

SHOWN = 10
"""Pictures side by side."""

READ = 2_000
"""Pictures of the GAN that the CNN reads."""


class Lesson(NamedTuple):
    """How a model of the demo is trained: by its recipe, but in less time."""

    recipe: Recipe
    epochs: Mapping[str, int]
    """By data set."""


LESSONS = {
    "cnn": Lesson(replace(RECIPES["cnn"], lr=0.01), {"mnist": 1, "glyphs": 3}),
    # With a short code most of what it invents looks like a character, if a blurred one.
    "vae": Lesson(
        replace(RECIPES["vae"], lr=3e-3, schedule="one-cycle", arguments={"latent": 8}),
        {"mnist": 3, "glyphs": 6},
    ),
    # Its usual average over a thousand steps would remember the beginning of so short a run, and a
    # rate that falls would end it too early: the average over a hundred steps does the same.
    "gan": Lesson(
        replace(
            RECIPES["cgan"],
            schedule="constant",
            arguments={**RECIPES["cgan"].arguments, "ema_decay": 0.99},
        ),
        {"mnist": 1, "glyphs": 5},
    ),
    # Smaller batches make more steps of an epoch, a smaller network more epochs of a minute.
    "rnn": Lesson(
        replace(
            RECIPES["row-generator"],
            lr=0.01,
            batch_size=64,
            arguments={"classes": True, "units": 128, "head_units": 64},
        ),
        {"mnist": 2, "glyphs": 3},
    ),
}


class Expected(NamedTuple):
    """What a classifier of a data set usually reaches with so many epochs, in percent.

    The baselines depend on nothing but the data and the rounding. Of the network it is what the
    seeds 0, 1, 2, ... gave: measured with the settings of the demo on two cores of an AMD EPYC,
    the MNIST ones by ``tinygen demo``, the others by ``tests.numbers.one_epoch``.
    """

    epochs: int
    constant: tuple[float, float]
    linear: tuple[float, float]
    seeds: tuple[float, ...]

    @property
    def network(self) -> tuple[float, float]:
        """Within three standard deviations of the mean lies nearly every other seed."""
        mean, reach = statistics.mean(self.seeds), 3 * statistics.stdev(self.seeds)
        return mean - reach, mean + reach


EXPECTED = {
    "mnist": Expected(
        1, (11.3, 11.4), (85.9, 86.2),
        (99.15, 99.04, 99.03, 98.95, 99.03, 98.91, 99.04, 98.99, 98.89, 98.89),
    ),
    "glyphs": Expected(3, (2.3, 2.5), (47.5, 48.2), (99.00, 98.95, 99.00, 98.95, 98.80)),
}  # fmt: skip


# ---- training ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Study:
    """What all models of the demo have in common.

    Attributes
    ----------
    data : str
        The name of the data set.
    pictures : ImageSet
    epochs : int or None
        For every model; None for what its lesson says.
    seed : int
    device : {"cpu", "cuda"}
    out : Path
        The folder of the results.
    """

    data: str
    pictures: ImageSet
    epochs: int | None
    seed: int
    device: str
    out: Path


class Losses(Callback):
    """Remembers the loss of each batch."""

    def __init__(self) -> None:
        self.values: list[float] = []

    def on_batch_end(self, trainer: Trainer) -> None:
        self.values.append(trainer.numbers["loss"])


TIMES = {1: "demo once", 2: "demo twice"}


class Learned(NamedTuple):
    """A model, and how it came about."""

    study: Study
    recipe: Recipe
    model: Any
    losses: list[float]
    seconds: float

    def facts(self) -> dict[str, Any]:
        """What the words about any model may speak of."""
        pictures = self.study.pictures
        return {
            "name": pictures.name,
            "train": len(pictures.train_images),
            "test": len(pictures.test_images),
            "classes": len(pictures.classes),
            "epochs": self.recipe.epochs,
            "times": text(TIMES.get(self.recipe.epochs, "demo times"), epochs=self.recipe.epochs),
            "seconds": self.seconds,
            "size": size_of(self.model),
        }


def _learn(family: str, study: Study) -> Learned:
    """Train the model of a family and save it; Ctrl-C is handed on."""
    lesson = LESSONS[family]
    recipe = replace(
        lesson.recipe,
        data=study.data,
        epochs=study.epochs or lesson.epochs[study.data],
        use_all=True,
        seed=study.seed,
    )
    images, labels = pictures_of(study.pictures.train_images), study.pictures.train_labels
    model, arguments = new_model(recipe, images, len(study.pictures.classes))
    print(text(f"demo {family}", size=size_of(model)))
    losses = Losses()
    trainer = new_trainer(model, recipe, len(images), [losses], study.device)
    if trainer.fit(training_batches(recipe, images, labels), recipe.epochs).interrupted:
        raise KeyboardInterrupt
    model.eval()
    save_checkpoint(
        study.out / FILES[family], model=model, epoch=trainer.epoch, step=trainer.steps,
        **Card(recipe, arguments, study.pictures.classes).contents(),
    )  # fmt: skip
    seconds = sum(trainer.history["seconds"])
    return Learned(study, recipe, model, losses.values, seconds)


# ---- the CNN reads -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """What the CNN read in the test pictures."""

    learned: Learned
    probabilities: np.ndarray
    scores: Scores

    def facts(self) -> dict[str, Any]:
        """What the words about it may speak of."""
        pictures, scores = self.learned.study.pictures, self.scores
        return {
            **self.learned.facts(),
            "ignorance": np.log(len(pictures.classes)),
            "wrong": scores.total - scores.right,
            "accuracy": scores.accuracy,
            "example": pictures.classes[pictures.test_labels[0]],
        }

    def table(self) -> Table:
        """The network beside what can be had without one, and what is usual."""
        study, epochs = self.learned.study, self.learned.recipe.epochs
        pictures, usual = study.pictures, EXPECTED[study.data]
        training = pictures.train_images, pictures.train_labels
        testing = pictures.test_images, pictures.test_labels
        name = "demo network one epoch" if epochs == 1 else "demo network"
        is_usual = epochs == usual.epochs
        note = text("demo interval", **vars(self.scores))
        if is_usual:
            note += "\n" + text("demo seeds", seeds=len(usual.seeds))
        return _table(
            "demo head right",
            [
                (text("demo constant"), _percent(constant_accuracy(training[1], testing[1])),
                 _span(usual.constant)),
                (text("demo linear"), _percent(linear_accuracy(*training, *testing)),
                 _span(usual.linear)),
                (text(name, epochs=epochs), _percent(self.scores.accuracy),
                 _span(usual.network) if is_usual else text("demo unknown")),
            ],
            note, pictures, text("demo head expected"),
        )  # fmt: skip


def read(study: Study) -> Reading:
    """Train the CNN, and let it read the test pictures.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Reading
    """
    learned, pictures = _learn("cnn", study), study.pictures
    probabilities = classify(learned.model, pictures.test_images, study.device)
    return Reading(learned, probabilities, scores_of(pictures.test_labels, probabilities))


# ---- the VAE packs -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Packing:
    """What the VAE keeps of pictures, and what it costs, in nats."""

    learned: Learned
    given: np.ndarray
    rebuilt: np.ndarray
    invented: np.ndarray
    reconstruction: float
    kl: float
    independent: float

    @property
    def total(self) -> float:
        """Minus the lower bound of the log-likelihood."""
        return self.reconstruction + self.kl

    def facts(self) -> dict[str, Any]:
        """What the words about it may speak of."""
        return {
            **self.learned.facts(),
            "total": self.total,
            "independent": self.independent,
            "pixels": self.given[0].size,
            "latent": self.learned.model.latent,
        }

    def table(self) -> Table:
        """The bound in its two parts beside what can be had without a model."""
        rows = [
            (text("demo independent"), _nats(self.independent)),
            (text("demo reconstruction"), _nats(self.reconstruction)),
            (text("demo kl"), _nats(self.kl)),
            (text("demo elbo"), _nats(self.total)),
        ]
        note = text("demo note vae", **self.facts())
        return _table("demo head nats", rows, note, self.learned.study.pictures)


def pack(study: Study) -> Packing:
    """Train the VAE, and measure what it loses of the test pictures.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Packing
    """
    learned, pictures = _learn("vae", study), study.pictures
    model, seen = learned.model, in_floats(pictures_of(pictures.test_images))
    tg.manual_seed(SEED)
    with tg.no_grad():
        parts = [model.elbo(batch) for batch in _batches(seen, study.device)]
        given = seen[examples(pictures)]
        rebuilt = model.reconstruct(tg.tensor(given, device=study.device)).numpy()
    tg.manual_seed(study.seed)
    return Packing(
        learned, given, rebuilt, draw(model, 3 * SHOWN, None),
        reconstruction=_mean([part.reconstruction for part in parts]),
        kl=_mean([part.kl for part in parts]),
        independent=independent_pixels(pictures_of(pictures.train_images), seen),
    )  # fmt: skip


# ---- the GAN draws -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawing:
    """What the GAN drew, and what the CNN read in it; None if there is no CNN."""

    learned: Learned
    labels: np.ndarray
    images: np.ndarray
    """Bytes, of shape (N, C, H, W)."""
    guesses: np.ndarray | None
    accuracy: float | None
    """Of the CNN on real pictures."""

    @property
    def agreement(self) -> float | None:
        """How often the CNN reads what was meant."""
        return None if self.guesses is None else float((self.guesses == self.labels).mean())

    def facts(self) -> dict[str, Any]:
        """What the words about it may speak of."""
        known = self.agreement is not None
        return {
            **self.learned.facts(),
            "agreement": self.agreement,
            "total": len(self.labels),
            "frames": text("page gan frames") if known else "",
        }

    def table(self) -> Table | None:
        """Chance, the GAN's pictures and real ones; None if nobody read them."""
        if self.agreement is None or self.accuracy is None:
            return None
        classes = len(self.learned.study.pictures.classes)
        low, high = interval(round(self.agreement * len(self.labels)), len(self.labels))
        rows = [
            (text("demo chance"), _percent(1 / classes)),
            (text("demo real"), _percent(self.accuracy)),
            (text("demo drawn"), _percent(self.agreement)),
        ]
        note = text("demo note gan", total=len(self.labels), low=low, high=high)
        return _table("demo head as told", rows, note, self.learned.study.pictures)


def draw_by_class(study: Study, reading: Reading | None) -> Drawing:
    """Train the GAN, let it draw each class, and the CNN read it.

    Parameters
    ----------
    study : Study
    reading : Reading, optional
        The CNN, if one was trained.

    Returns
    -------
    Drawing
    """
    learned = _learn("gan", study)
    labels = classes_in_turn(READ, len(study.pictures.classes))
    tg.manual_seed(study.seed)
    images = np.rint(draw(learned.model, READ, labels) * 255).astype(np.uint8)
    guesses = accuracy = None
    if reading is not None:
        guesses = classify(reading.learned.model, images, study.device).argmax(axis=1)
        accuracy = reading.scores.accuracy
    return Drawing(learned, np.array(labels), images, guesses, accuracy)


# ---- the RNN completes -------------------------------------------------------------------------


@dataclass(frozen=True)
class Completing:
    """What the RNN made of upper halves, and how well it predicts pictures, in nats."""

    learned: Learned
    given: np.ndarray
    """Black and white, whole."""
    kept: int
    """Rows of them that the RNN was shown."""
    completed: np.ndarray
    """Of shape (ways, pictures, C, H, W)."""
    nll: float
    independent: float

    def facts(self) -> dict[str, Any]:
        """What the words about it may speak of."""
        return {
            **self.learned.facts(),
            "nll": self.nll,
            "independent": self.independent,
            "rows": self.given.shape[-2],
            "kept": self.kept,
            "told": np.log(len(self.learned.study.pictures.classes)),
        }

    def table(self) -> Table:
        """The likelihood beside what can be had without a model."""
        rows = [
            (text("demo independent"), _nats(self.independent)),
            (text("demo row generator"), _nats(self.nll)),
        ]
        note = text("demo note rnn", **self.facts())
        return _table("demo head nats", rows, note, self.learned.study.pictures)


WAYS = 3
"""How often each picture is completed."""


def complete(study: Study) -> Completing:
    """Train the RNN, let it draw lower halves, and measure how well it predicts test pictures.

    Parameters
    ----------
    study : Study

    Returns
    -------
    Completing
    """
    learned, pictures = _learn("rnn", study), study.pictures
    model, bits = learned.model, binarized(pictures_of(pictures.test_images))
    with tg.no_grad():
        told = _batches(pictures.test_labels, study.device)
        pairs = zip(_batches(bits, study.device), told, strict=True)
        nll = [-model.log_prob(batch, labels) for batch, labels in pairs]
    chosen, kept = examples(pictures), bits.shape[-2] // 2
    given, labels = bits[chosen], pictures.test_labels[chosen]
    tg.manual_seed(study.seed)
    completed = model.complete(
        tg.tensor(given, device=study.device), rows=kept, labels=labels, samples=WAYS
    ).numpy()
    return Completing(
        learned, given, kept, completed.reshape(SHOWN, WAYS, *given.shape[1:]).swapaxes(0, 1),
        nll=_mean(nll),
        independent=independent_pixels(pictures_of(pictures.train_images), bits),
    )  # fmt: skip


@dataclass
class Results:
    """What came out of each family that was trained."""

    study: Study
    cnn: Reading | None = None
    vae: Packing | None = None
    gan: Drawing | None = None
    rnn: Completing | None = None

    def items(self) -> Iterator[tuple[str, Reading | Packing | Drawing | Completing]]:
        """Those that are there, by family."""
        for family in FAMILIES:
            if (result := getattr(self, family)) is not None:
                yield family, result


# ---- for several of them -----------------------------------------------------------------------


def examples(pictures: ImageSet) -> np.ndarray:
    """Which test pictures are shown: the first of a class, for classes spread over all."""
    found = np.unique(pictures.test_labels, return_index=True)[1]
    return found[np.linspace(0, len(found) - 1, SHOWN).round().astype(int)]


def _batches(values: np.ndarray, device: str) -> Iterator[tg.Tensor]:
    for start in range(0, len(values), AT_ONCE):
        yield tg.tensor(values[start : start + AT_ONCE], device=device)


def _mean(parts: list[tg.Tensor]) -> float:
    return float(np.concatenate([part.numpy() for part in parts]).mean())


def _table(
    head: str, rows: Sequence[tuple[str, ...]], note: str, pictures: ImageSet, *more: str
) -> Table:
    return Table(
        text("page table"), (text("demo head model", data=pictures.name), text(head), *more),
        rows, note,
    )  # fmt: skip


def _percent(share: float) -> str:
    return text("demo percent", share=share)


def _nats(value: float) -> str:
    return text("demo nats", value=value)


def _span(span: tuple[float, float]) -> str:
    return text("demo span", low=span[0], high=span[1])
