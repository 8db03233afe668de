"""``tinygen explain``: why a classifier says what it says, and what lies where among codes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.cli.options import Commands
from tinygen.cli.tasks.options import task_command
from tinygen.io.messages import text

if TYPE_CHECKING:
    import numpy as np

    from tinygen.models import Classifier
    from tinygen.tensors import Tensor

__all__ = ["add_arguments", "run"]

METHODS = ("saliency", "occlusion", "grad-cam", "activation", "latent")

JUDGE, AUTOENCODER = "judge", "vae"
"""The models that come with tinygen for this."""

COUNT = 16
"""Test pictures that are explained."""

CODES = 2000
"""Pictures whose codes are shown."""

ORDERS = {"random": "explain random", "bright": "explain bright", "map": "explain map"}
"""In which pixels are taken away, and what that is called."""

ORANGE = (0.90, 0.38, 0.0)
"""Where a map is largest, in red, green and blue."""


def add_arguments(commands: Commands[ArgumentParser]) -> None:
    """Add the command."""
    explain = task_command(commands, "explain", images=False)
    explain.add_argument("method", choices=METHODS, help=text("explain help method"))
    explain.add_argument(
        "images", type=Path, nargs="*", metavar="IMAGE", help=text("own help images")
    )
    explain.add_argument("--label", metavar="CLASS", help=text("explain help label"))


def run(options: Namespace) -> int:
    """Explain what a classifier says of the user's pictures or of test pictures.

    Parameters
    ----------
    options : Namespace
        ``method``, ``images``, ``label``, ``model``, ``out``, ``seed``, ``device`` and ``offline``.

    Returns
    -------
    int
        The exit code.

    Raises
    ------
    UsageError
        If there is no model, no such class, or pictures or a class are given to a method that has
        no use for them.
    BackendError, CheckpointError, DataError, RefusedError, OSError
        If something fails.
    """
    from tinygen.cli.errors import UsageError

    if options.method == "activation" and options.images:
        raise UsageError(text("explain no images"))
    if options.method == "latent":
        if options.label is not None:
            raise UsageError(text("explain no label"))
        return _latent(options)
    return _activation(options) if options.method == "activation" else _maps(options)


def _classifier(options: Namespace) -> tuple[Classifier, list[str], int | None]:
    """The model, what its classes are called, and the class to be explained if one was chosen."""
    from tinygen.cli.errors import UsageError
    from tinygen.cli.tasks.classify import class_names
    from tinygen.cli.tasks.inputs import given_model
    from tinygen.models import Classifier

    model = given_model(options, JUDGE, Classifier, text("explain to explain"), "tinygen train cnn")
    assert isinstance(model, Classifier)
    names = class_names(options.model or JUDGE, model)
    if options.label is None:
        return model, names, None
    if options.label not in names:
        raise UsageError(text("explain no class", given=options.label, names=", ".join(names)))
    return model, names, names.index(options.label)


# ---- maps of pictures --------------------------------------------------------------------------


def _maps(options: Namespace) -> int:
    """Show which places of pictures the answer hangs on, and how well a map says it."""
    from tinygen.cli.tasks.inputs import given_pictures, refusing
    from tinygen.cli.tasks.report import Report
    from tinygen.tasks.explain import grad_cam, occlusion, saliency

    model, names, label = _classifier(options)
    given = given_pictures(options, model.picture_shape, COUNT)
    report = Report(
        "explain",
        options.out,
        text(f"explain title {options.method}"),
        text("explain lead", model=model.name, count=len(given.pictures), source=given.source),
    )
    methods: dict[str, Callable[[Classifier, Tensor, Any], Tensor]] = {
        "saliency": saliency, "occlusion": occlusion, "grad-cam": grad_cam,
    }  # fmt: skip
    probabilities = model.predict_proba(given.pictures).numpy()
    labels = probabilities.argmax(1) if label is None else [label] * len(probabilities)
    with refusing():
        maps = methods[options.method](model, given.pictures, labels)
    strength = maps.clamp(min=0) / maps.amax((1, 2), keepdim=True).clamp(min=1e-12)
    report.pictures(
        text("explain heading maps"),
        text(f"explain caption {options.method}"),
        {
            "before": given.pictures,
            "map": strength.unsqueeze(1),
            "overlay": _overlay(given.pictures, strength),
        },
        [
            text("explain picture", name=name, label=names[label])
            for name, label in zip(given.names, labels, strict=True)
        ],
    )
    areas = _areas(model, given.pictures, maps, labels, options.seed)
    _compare(report, areas)
    report.numbers(
        method=options.method, model=model.name, source=given.source, areas=areas,
        pictures=[
            {"name": name, "label": names[label], "probability": float(row[label])}
            for name, label, row in zip(given.names, labels, probabilities, strict=True)
        ],
    )  # fmt: skip
    for note in given.notes:
        report.note(note)
    report.save()
    return 0


def _overlay(pictures: Tensor, strength: Tensor) -> Tensor:
    """Pictures in grey, orange where a map is strong: (N, 3, H, W)."""
    import tinygen as tg

    grey, share = pictures.mean(1, keepdim=True), strength.unsqueeze(1)
    orange = tg.tensor(ORANGE, device=pictures.device).reshape(1, 3, 1, 1)
    return grey * (1 - share) + orange * share


def _areas(
    model: Classifier, pictures: Tensor, maps: Tensor, labels: Sequence[int], seed: int
) -> dict[str, float]:
    """The mean areas under deletion curves: of two baselines, and of the maps."""
    import numpy as np

    from tinygen.tasks.explain import area_under, deletion_curve

    orders: dict[str, np.ndarray | Tensor] = {
        "random": np.random.default_rng(seed).random(maps.shape),
        "bright": pictures.mean(1),
        "map": maps,
    }
    return {
        name: float(area_under(deletion_curve(model, pictures, order, labels)).mean())
        for name, order in orders.items()
    }


def _compare(report: Any, areas: dict[str, float]) -> None:
    from tinygen.cli.tables import print_table

    cells = {ORDERS[name]: text("explain area", value=value) for name, value in areas.items()}
    report.table(
        text("explain heading areas"),
        [text("explain column what"), text("explain column area")],
        [[text(key), cell] for key, cell in cells.items()],
        text("explain note areas"),
    )
    print(text("explain measured"))
    print_table(cells)


# ---- what a class looks like -------------------------------------------------------------------


def _activation(options: Namespace) -> int:
    """Draw what moves the classifier most, for each class or for one."""
    import tinygen as tg
    from tinygen.cli.tasks.report import Report
    from tinygen.tasks.explain import activation_maximisation

    model, names, label = _classifier(options)
    labels = list(range(len(names))) if label is None else [label]
    report = Report(
        "explain", options.out, text("explain title activation"),
        text("explain lead activation", model=model.name),
    )  # fmt: skip
    tg.manual_seed(options.seed)
    found = activation_maximisation(model, labels)
    shares = model.predict_proba(found).numpy()[range(len(labels)), labels].tolist()
    report.pictures(
        text("explain heading activation"),
        text("explain caption activation"),
        {"picture": found},
        [names[label] for label in labels],
    )
    rows = [
        [names[label], text("explain share", value=share)]
        for label, share in zip(labels, shares, strict=True)
    ]
    head = [text("explain column class"), text("explain column share")]
    report.table(text("explain heading shares"), head, rows)
    report.numbers(
        method=options.method, model=model.name,
        probabilities=dict(zip((names[label] for label in labels), shares, strict=True)),
    )  # fmt: skip
    report.save()
    return 0


# ---- the space of codes --------------------------------------------------------------------------


def _latent(options: Namespace) -> int:
    """Write a page to walk about in among the codes of pictures."""
    import tinygen as tg
    from tinygen.cli.output import prepare
    from tinygen.cli.tasks.inputs import given_model, given_pictures, refusing
    from tinygen.cli.tasks.report import PAGE
    from tinygen.cli.tasks.retrieve import training_pictures
    from tinygen.models.vae import VariationalAutoencoder
    from tinygen.plots.latent_page import latent_page
    from tinygen.tasks.features import features_of
    from tinygen.train.recipe import pictures_of

    model: Any = given_model(
        options, AUTOENCODER, VariationalAutoencoder, text("explain to walk"), "tinygen train vae"
    )
    known = training_pictures(model.picture_shape, options.offline)
    images = pictures_of(known.train_images[:CODES]).astype("float32") / 255
    pictures, labels = tg.tensor(images, device=options.device), known.train_labels[:CODES].tolist()
    names = list(known.classes)
    if options.images:
        given = given_pictures(options, model.picture_shape)
        pictures = tg.cat([pictures, given.pictures])
        labels += [len(names)] * len(given.pictures)
        names.append(text("explain yours"))
    with refusing():
        codes = features_of(model)(pictures)
    prepare(options.out)
    page = latent_page(
        lambda z: model.decode(z.to(options.device)),
        options.out / PAGE,
        codes,
        labels,
        names,
        title=text("explain title latent", model=model.name),
    )
    print(text("own page", path=page))
    return 0
