"""The rows of the task: retrieve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tests.numbers import judging
from tests.numbers.running import SHARE, Numbers, Row, Run, mnist, seconds, train
from tests.numbers.tasks.classify import codes_of_all_digits, trained_by
from tinygen.plots import film_strip
from tinygen.tasks.features import Features, features_of, pixels, reduced
from tinygen.tasks.retrieve import METRICS, Gallery, retrieval_scores
from tinygen.tensors import Tensor, tensor

GALLERY, QUERIES = 10_000, 1000
"""The first training pictures, and the first test pictures."""

CODE, HIDDEN = 20, 256
"""Numbers in a code of the VAE, and in what the last layer of the CNN sees; as many principal
components stand beside each."""

KNOWN = [0, 1, 2, 3, 4]
"""The digits that are learned in the row of unseen ones; the others are searched."""


def digits(run: Run) -> Numbers:
    """Searches among pictures of the classes that the models have learned from."""
    judge, numbers = trained_by(run, "judge")
    reader, _ = trained_by(run, "row-lstm")
    learned = judging.in_floats(mnist().train_images[:GALLERY])
    kinds: dict[str, Features] = {
        "pixels": pixels,
        f"PCA {CODE}": reduced(pixels, learned, CODE),
        f"VAE {CODE}": features_of(codes_of_all_digits(run)),
        "LSTM 128": features_of(reader),
        f"PCA {HIDDEN}": reduced(pixels, learned, HIDDEN),
        f"CNN {HIDDEN}": features_of(judge),
        f"CNN {CODE}": reduced(features_of(judge), learned, CODE),
    }
    labels = mnist().train_labels[:GALLERY]
    queries = judging.in_floats(mnist().test_images[:QUERIES])
    scores = _scores(run, kinds, (learned, labels), (queries, mnist().test_labels[:QUERIES]))
    _show(run, "retrieve-digits", Gallery(learned, kinds[f"VAE {CODE}"]), learned, queries)
    return {**scores, "seconds": numbers["seconds"]}


def unseen(run: Run) -> Numbers:
    """Searches among digits from 5 on, by models that have only learned from those up to 4."""
    images, labels = _part(mnist().train_images, mnist().train_labels, known=True)
    trained = {}
    for name, changes in (
        ("vae", {"epochs": 10}),
        ("cnn", {"shift": 2}),
        ("embedder", {"arguments": {"known": KNOWN}}),
    ):
        own = replace(run, folder=run.folder / name)
        trained[name] = train(own, run.recipe(name, **changes), images, labels)
    learned = judging.in_floats(images[:GALLERY])
    kinds: dict[str, Features] = {
        "pixels": pixels,
        f"PCA {CODE}": reduced(pixels, learned, CODE),
        f"VAE {CODE}": features_of(trained["vae"][0]),
        f"PCA {HIDDEN}": reduced(pixels, learned, HIDDEN),
        f"CNN {HIDDEN}": features_of(trained["cnn"][0]),
        "embedder": features_of(trained["embedder"][0]),
    }
    images, labels = _part(mnist().train_images, mnist().train_labels, known=False)
    searched = judging.in_floats(images[:GALLERY])
    tested, wanted = _part(mnist().test_images, mnist().test_labels, known=False)
    queries = judging.in_floats(tested[:QUERIES])
    scores = _scores(run, kinds, (searched, labels[:GALLERY]), (queries, wanted[:QUERIES]))
    _show(run, "retrieve-unseen", Gallery(searched, kinds["embedder"]), searched, queries)
    return {**scores, "seconds": sum(seconds(trainer) for _, trainer in trained.values())}


def _part(images: np.ndarray, labels: np.ndarray, known: bool) -> tuple[np.ndarray, np.ndarray]:
    """The pictures of the known classes, or of the others."""
    chosen = np.isin(labels, KNOWN) == known
    return images[chosen], labels[chosen]


def _scores(
    run: Run,
    kinds: Mapping[str, Features],
    gallery: tuple[Tensor, np.ndarray],
    queries: tuple[Tensor, np.ndarray],
) -> Numbers:
    """Precision among the first 10, and mean average precision of the first 1,000."""
    some = 100 if run.short else QUERIES
    found = {}
    for kind, features in kinds.items():
        for metric in METRICS:
            searched = Gallery(gallery[0], features, gallery[1], metric)
            scores = retrieval_scores(searched, queries[0][:some], queries[1][:some])
            found[f"{kind} {metric} P@10"] = scores.precision
            found[f"{kind} {metric} mAP"] = scores.mean_average_precision
    return found


def _show(run: Run, name: str, gallery: Gallery, pictures: Tensor, queries: Tensor) -> None:
    """Eight queries, each with what was found for it to its right."""
    if run.seed or run.short:
        return
    found = gallery.search(queries[:8], 10).indices
    columns = [queries[:8], *(pictures[tensor(places)] for places in found.T)]
    times = ["query", *range(1, 11)]
    film_strip(columns, times, columns=11, unit="", file=run.pictures / f"{name}.png")


def _shown(*kinds: str) -> dict[str, str]:
    """Both scores of these kinds by the angle, and the precision by the distance."""
    scores = ("cosine mAP", "cosine P@10", "l2 P@10")
    return {f"{kind} {score}": SHARE for score in scores for kind in kinds}


ROWS: dict[str, Row] = {
    "retrieve-digits": Row(
        "searches among 10,000 digits of known classes", 3, 5,
        "above pixels and PCA at equal dimension", digits,
        _shown(f"CNN {HIDDEN}", "pixels", f"PCA {HIDDEN}", f"CNN {CODE}", f"VAE {CODE}",
               f"PCA {CODE}", "LSTM 128"),
    ),
    "retrieve-unseen": Row(
        "the same among digits 5 to 9, learned from 0 to 4", 3, 5,
        "beside pixels and PCA at equal dimension", unseen,
        _shown("embedder", "pixels", f"CNN {HIDDEN}", f"PCA {HIDDEN}", f"VAE {CODE}",
               f"PCA {CODE}"),
    ),
}  # fmt: skip
