"""The rows of the models: what each is trained to, and by what it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.baselines import mixture_of_bernoullis
from tests.numbers.running import (
    JUDGED,
    NATS,
    PLAIN,
    SHARE,
    Numbers,
    Row,
    Run,
    mnist,
    seconds,
    train,
)
from tinygen import data, metrics
from tinygen.cli.baselines import independent_pixels
from tinygen.cli.likelihoods import binarized
from tinygen.models import PointGAN
from tinygen.train.recipe import RECIPES, Recipe, pictures_of

BINARIZATION = 1
"""The seed of the fixed binarization. (That of the published tables is not at hand: the numbers are
not like for like.)"""

# ---- the judge ---------------------------------------------------------------------------------


def classifier(run: Run) -> Numbers:
    """The fast CNN at its best; the one of seed 0 is the judge of all others."""
    recipe = run.recipe("cnn", epochs=12, lr=0.006, shift=2, arguments={"dropout": 0.3})
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    guesses = model.predict(judging.in_floats(mnist().test_images)).numpy()
    accuracy = float((guesses == mnist().test_labels).mean())
    return {"accuracy": accuracy, "seconds": seconds(trainer)}


# ---- variational autoencoders ------------------------------------------------------------------


def grey_vae(run: Run) -> Numbers:
    """The recipe of PyTorch's example: the loss on grey pixels, no log-likelihood."""
    test = judging.in_floats(mnist().test_images)
    after: dict[int, float] = {}
    for epochs in (7, 10):  # the second training goes on from the first
        recipe = run.recipe("vae", epochs=epochs)
        model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
        bounds = [model.elbo(test[i : i + 1000]).bound for i in range(0, len(test), 1000)]
        after[epochs] = float(np.mean([-bound.mean().item() for bound in bounds]))
    tg.manual_seed(run.seed)
    run.show("vae", model.sample(60))
    return {"epoch 7": after[7], "epoch 10": after[10], "seconds": seconds(trainer)}


def binary_vae(run: Run) -> Numbers:
    """Dynamic binarization; the log-likelihood by 5,000 importance samples of 1,000 pictures."""
    return _binary_vae(run, importance_samples=1)


def importance_weighted(run: Run) -> Numbers:
    """The same, trained on the bound of five samples."""
    return _binary_vae(run, importance_samples=5)


def _binary_vae(run: Run, importance_samples: int) -> Numbers:
    recipe = run.recipe(
        "vae",
        epochs=60 if importance_samples == 1 else 40,
        batch_size=100,
        lr=2e-3,
        schedule="one-cycle",
        arguments={
            "latent": 50, "hidden": [200, 200], "activation": "tanh", "binarize": True,
            "importance_samples": importance_samples,
        },
    )  # fmt: skip
    model, trainer = train(run, recipe, mnist().train_images, mnist().train_labels)
    tg.manual_seed(0)
    test = tg.bernoulli(judging.in_floats(mnist().test_images[:1000]))
    samples = 50 if run.short else 5000
    return {
        "nll": -model.log_likelihood(test, samples=samples).mean().item(),
        "bound of 5": -model.importance_weighted_bound(test, 5).mean().item(),
        "bound of 1": -model.elbo(test, samples=20).bound.mean().item(),
        "seconds": seconds(trainer),
    }


# ---- autoregressive models ---------------------------------------------------------------------


def made(run: Run) -> Numbers:
    """On a fixed binarization, as MADE's own table, with the baselines of the same pictures."""
    return _autoregressive(run, run.recipe("made"), "made")


def row_generator(run: Run) -> Numbers:
    """The LSTM over rows with a MADE for the pixels of a row, without labels."""
    arguments = {**RECIPES["row-generator"].arguments, "classes": None}
    return _autoregressive(run, run.recipe("row-generator", arguments=arguments), "row-generator")


def _autoregressive(run: Run, recipe: Recipe, name: str) -> Numbers:
    train_images, test = fixed_binarization()
    as_bytes = (train_images * 255).astype(np.uint8)  # which the model's own drawing leaves alone
    model, trainer = train(run, recipe, as_bytes, mnist().train_labels)
    tg.manual_seed(run.seed)
    run.show(name, model.sample(60, means=True))
    return {"nll": mean_nll(model, test), "seconds": seconds(trainer)}


@tg.no_grad()
def mean_nll(model: Any, pictures: np.ndarray) -> float:
    parts = [
        model.log_prob(tg.tensor(pictures[i : i + 500])).numpy()
        for i in range(0, len(pictures), 500)
    ]
    return float(-np.concatenate(parts).mean())


def simple_models(run: Run) -> Numbers:
    """What needs no network, on the same pixels as the autoregressive models."""
    train_images, test = fixed_binarization()
    train_images = run.images(train_images)
    return {
        "independent pixels": independent_pixels(255 * train_images, test),
        "mixture of 10": mixture_of_bernoullis(train_images, test, 10, 50, run.seed),
        "mixture of 500": mixture_of_bernoullis(train_images, test, 500, 30, run.seed),
    }


def fixed_binarization() -> tuple[np.ndarray, np.ndarray]:
    """Training and test pictures of 0 and 1, drawn once and for all."""
    train_images, test = (pictures_of(p) for p in (mnist().train_images, mnist().test_images))
    return binarized(train_images, BINARIZATION), binarized(test, BINARIZATION + 1)


# ---- the reader of rows ------------------------------------------------------------------------


def row_lstm(run: Run) -> Numbers:
    """Accuracy, and how it grows with the rows that were read."""
    model, trainer = train(run, run.recipe("row-lstm"), mnist().train_images, mnist().train_labels)
    test, labels = judging.in_floats(mnist().test_images), mnist().test_labels
    beliefs = np.concatenate(
        [model.predict_by_rows(test[i : i + 1000]).numpy() for i in range(0, len(test), 1000)]
    )
    by_rows = (beliefs.argmax(2) == labels[:, None]).mean(0)
    return {
        "accuracy": float(by_rows[-1]),
        "half read": float(by_rows[13]),
        "by rows": [round(float(share), 4) for share in by_rows],
        "seconds": seconds(trainer),
    }


# ---- adversarial networks ----------------------------------------------------------------------


def ring(run: Run) -> Numbers:
    """The ring of eight Gaussians, with and without packing."""
    return {
        f"{kind} {name}": value
        for kind, pack in (("plain", 1), ("packed", 2))
        for name, value in _ring(run, pack).items()
    }


def _ring(run: Run, pack: int) -> Numbers:
    tg.manual_seed(run.seed)
    model = PointGAN(pack=pack, ema_decay=None)
    optimizers = model.configure_optimizers(lr=1e-3, betas=(0.5, 0.999))
    step = model.adversarial_step(optimizers)
    steps = 20 if run.short else 3000
    points = tg.tensor(data.draw_ring(256 * steps, run.seed).points)
    for number in range(steps):
        step(model, (points[256 * number : 256 * (number + 1)], None))
    drawn = data.draw_ring(1, 0)
    samples = model.sample(2500).numpy()
    found = metrics.mode_coverage(samples, drawn.centres, drawn.deviation, radius=10)
    covered = int((found.counts >= 25).sum())  # by a hundredth of the samples
    return {"modes": covered, "near": found.high_quality}


def dcgan(run: Run) -> Numbers:
    return _gan(run, "dcgan")


def wgan_gp(run: Run) -> Numbers:
    return _gan(run, "wgan-gp")


def _gan(run: Run, name: str) -> Numbers:
    model, trainer = train(run, run.recipe(name), mnist().train_images, mnist().train_labels)
    tg.manual_seed(run.seed)
    samples = judging.draw(model, 1000 if run.short else judging.SAMPLES)
    run.show(name, samples[:60])
    return {**judging.scores(samples), "seconds": seconds(trainer)}


def vae_samples(run: Run) -> Numbers:
    """What the VAE of the first row gets from the judge: the GANs shall halve its distance."""
    model, _ = train(run, run.recipe("vae", epochs=10), mnist().train_images, mnist().train_labels)
    tg.manual_seed(run.seed)
    return judging.scores(judging.draw(model, 1000 if run.short else judging.SAMPLES))


def conditional_gan(run: Run) -> Numbers:
    """Whether the pictures show what they were meant to, and differ as real ones do."""
    model, trainer = train(run, run.recipe("cgan"), mnist().train_images, mnist().train_labels)
    tg.manual_seed(run.seed)
    count = 2000 if run.short else 60_000
    labels = np.arange(count) % 10
    samples = judging.draw(model, count, labels)
    run.show("cgan", samples[np.argsort(labels[:60], kind="stable")], columns=6)
    some = slice(0, judging.SAMPLES)
    return {
        "agreement": judging.agreement(samples[some], labels[some]),
        "diversity": judging.diversity(samples[some], labels[some]),
        "real diversity": judging.diversity(mnist().test_images, mnist().test_labels),
        "trained on": judging.accuracy_when_trained_on(samples, labels, run.seed),
        **judging.scores(samples[some]),
        "seconds": seconds(trainer),
    }


def dense_gan(run: Run) -> Numbers:
    """The Parzen log-likelihood by the published recipe, with its controls."""
    model, trainer = train(run, run.recipe("gan"), mnist().train_images, mnist().train_labels)
    tg.manual_seed(run.seed)
    samples = judging.draw(model, 1000 if run.short else judging.SAMPLES)
    run.show("gan", samples[:60])
    validation, test = (
        part.reshape(len(part), -1) / np.float32(255)
        for part in (mnist().train_images[50_000:51_000], mnist().test_images)
    )
    train_images = mnist().train_images[: judging.SAMPLES].reshape(-1, 784) / np.float32(255)
    chance = np.random.default_rng(run.seed)
    controls = {
        "parzen": samples.reshape(-1, 784) / np.float32(255),
        "of training pictures": train_images,
        "of centroids": centroids(run, judging.SAMPLES),
        "of noise": chance.random((judging.SAMPLES, 784), np.float32),
    }
    likelihoods = {
        name: metrics.parzen_log_likelihood(pictures, validation, test).log_likelihood
        for name, pictures in controls.items()
    }
    return {**likelihoods, **judging.scores(samples), "seconds": seconds(trainer)}


def centroids(run: Run, count: int, rounds: int = 5) -> np.ndarray:
    """The k-means centres of the first 50,000 training pictures (S. Lloyd, 1982)."""
    pictures = run.images(mnist().train_images[:50_000]).reshape(-1, 784) / np.float32(255)
    count = min(count, len(pictures) // 2)
    chance = np.random.default_rng(0)
    centres = pictures[chance.choice(len(pictures), count, replace=False)].copy()
    for _ in range(1 if run.short else rounds):
        _, nearest = metrics.nearest_neighbours(pictures, centres)
        order = np.argsort(nearest[:, 0], kind="stable")
        owners, first = np.unique(nearest[order, 0], return_index=True)
        sums = np.add.reduceat(pictures[order], first)
        centres[owners] = sums / np.diff([*first, len(pictures)])[:, None]
    return centres


# ---- colour ------------------------------------------------------------------------------------


COLOUR_VAE = {
    "epochs": 12, "batch_size": 64, "lr": 2e-3,
    "arguments": {"likelihood": "gaussian", "std": 0.1, "latent": 32},
}  # fmt: skip
COLOUR_GAN: dict[str, Any] = {"epochs": 24}
"""What the recipes change for small sets of colour pictures."""


def colour(name: str, source: str, **changes: Any) -> Callable[[Run], Numbers]:
    """A model of colour pictures, judged by a residual network that learned to tell them apart."""

    def row(run: Run) -> Numbers:
        pictures = data.load(source, offline=True)
        model, trainer = train(
            run, run.recipe(name, **changes), pictures.train_images, pictures.train_labels
        )
        tg.manual_seed(run.seed)
        count = min(2000, len(pictures.test_images), len(pictures.train_images))
        real, test = (
            part[:count] / np.float32(255) for part in (pictures.train_images, pictures.test_images)
        )
        judge = colour_judge(run, source)

        samples = np.concatenate([model.sample(500).numpy() for _ in range(count // 500)])
        run.show(f"{name}-{source}", samples[:60])
        seen = [judge.features(tg.tensor(part)).numpy() for part in (samples, real, test)]
        return {
            "fid": metrics.frechet_distance(seen[0], seen[2]),
            "floor": metrics.frechet_distance(seen[1], seen[2]),
            "judge": float(
                (judge.predict(tg.tensor(test)).numpy() == pictures.test_labels[:count]).mean()
            ),
            "seconds": seconds(trainer),
        }

    return row


def colour_judge(run: Run, source: str) -> Any:
    """The same classifier for all models and seeds of a data set, trained at the first need."""
    own = replace(run, seed=0, folder=run.folder.parent / f"judge-{source}")
    pictures = data.load(source, offline=True)
    recipe = own.recipe("resnet", data=source, epochs=4)
    return train(own, recipe, pictures.train_images, pictures.train_labels)[0]


ROWS = {
    "judge": Row(
        "fast CNN, 12 epochs: the judge", 3, 3, ">= 99.3 %", classifier, {"accuracy": "{:.2%}"}
    ),
    "vae": Row(
        "VAE 784-400-20, grey loss", 3, 1, "106.7 and 105.8, each +- 0.7",
        grey_vae, {"epoch 7": NATS, "epoch 10": NATS},
    ),
    "binary-vae": Row(
        "VAE 784-200-200-50, NLL of 5,000 samples", 3, 30,
        "<= 91 nats, the bound of 5 better than of 1", binary_vae,
        {"nll": PLAIN, "bound of 5": PLAIN, "bound of 1": PLAIN},
    ),
    "iwae": Row(
        "the same, trained on the bound of 5", 3, 30, "<= 91 nats, 5 better than 1",
        importance_weighted, {"nll": PLAIN, "bound of 5": PLAIN, "bound of 1": PLAIN},
    ),
    "simple": Row(
        "independent pixels, mixtures of Bernoullis", 1, 5, "baselines",
        simple_models, {"independent pixels": NATS, "mixture of 500": NATS, "mixture of 10": NATS},
    ),
    "made": Row("MADE, 1 x 500", 1, 10, "baseline", made, {"nll": PLAIN}),
    "row-generator": Row(
        "row LSTM with MADE in the row", 3, 10, "<= 95 nats", row_generator,
        {"nll": PLAIN},
    ),
    "row-lstm": Row(
        "row LSTM classifier, 128 units", 3, 3, ">= 98.5 %", row_lstm,
        {"accuracy": "{:.2%}", "half read": SHARE},
    ),
    "ring": Row(
        "ring of 8 Gaussians", 10, 1, "8 modes with packing in 9 of 10 seeds", ring,
        {"plain modes": "{:.0f}", "packed modes": "{:.0f}", "packed near": SHARE},
    ),
    "vae-samples": Row("VAE's samples, for comparison", 3, 1, "baseline", vae_samples, JUDGED),
    "dcgan": Row(
        "DCGAN", 3, 15, "10 classes, TV <= 0.1, half the VAE's distance", dcgan,
        {**JUDGED, "classes": "{:.0f}"},
    ),
    "wgan-gp": Row(
        "WGAN-GP", 3, 15, "as DCGAN", wgan_gp, {**JUDGED, "classes": "{:.0f}"},
    ),
    "cgan": Row(
        "conditional GAN", 3, 15, "agreement >= 98 %, trained on >= 93 %", conditional_gan,
        {"agreement": SHARE, "trained on": SHARE, "diversity": "{:.3f}", "real diversity": "{:.3f}",
         **JUDGED},
    ),
    "gan": Row(
        "dense GAN, Parzen windows", 3, 20, "reported with its controls", dense_gan,
        {"parzen": NATS, "of training pictures": NATS, "of centroids": NATS, "of noise": NATS,
         "fid": PLAIN},
    ),
    **{
        f"{name}-{source}": Row(
            f"{name} on {source}", 3, 15, "beside the floor and each other",
            colour(name, source, **changes), {"fid": PLAIN, "floor": PLAIN, "judge": SHARE},
        )
        for name, changes in (("conv-vae", COLOUR_VAE), ("dcgan", COLOUR_GAN))
        for source in ("shapes", "cifar10")
    },
}  # fmt: skip
