"""How each model is trained: the pictures, the model, its optimizers, the schedule.

A :class:`Recipe` is all that decides how a training comes out, ``RECIPES`` has a sensible one for
each model, and the functions below them turn one into what a :class:`~tinygen.train.Trainer` needs.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygen as tg
from tinygen.data import Compose, DataLoader, ImageSet, RandomShift, TensorDataset, ToFloat
from tinygen.data.sets import LabelKind
from tinygen.io import Checkpoint, CheckpointError, load_checkpoint
from tinygen.io.messages import text
from tinygen.models import MODELS, Classifier, Model, create
from tinygen.models.gan import TwoPlayers
from tinygen.nn import Module
from tinygen.nn import functional as F
from tinygen.optim import Optimizer
from tinygen.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR
from tinygen.train.callbacks import Callback
from tinygen.train.evaluation import accuracy
from tinygen.train.trainer import Step, Trainer

__all__ = [
    "RECIPES", "SCHEDULES", "Card", "Parts", "Recipe", "card_in", "check_arguments", "check_labels",
    "in_batches", "labels_read_by", "new_model", "new_trainer", "options_of", "pictures_of",
    "read_card", "size_of", "split", "training_batches",
]  # fmt: skip

SAVE_EVERY = 50
"""Steps between two checkpoints, a matter of seconds: a killed run loses no more."""

MANY = 50_000
"""From so many training pictures on, the last 10,000 are kept for validation."""

SCHEDULES = ("one-cycle", "cosine", "constant")


@dataclass(frozen=True)
class Recipe:
    """What decides how a training comes out; by default that of the small classifier.

    Attributes
    ----------
    model : str
        A name that :func:`tinygen.models.create` knows.
    data : str
        The name of a data set, or the path of a folder of pictures.
    epochs, batch_size : int
    lr : float
        The learning rate of Adam, or its peak under a schedule.
    betas : tuple of two float
        Adam's memories; those of the small classifier are shorter than usual, as a run of a few
        epochs has no time for long ones.
    schedule : {"one-cycle", "cosine", "constant"}
        The rate rises to its peak and falls to nearly nothing (L. Smith and N. Topin, 2018), falls
        from it to nothing by half a cosine, or stays.
    clip_norm : float or None
        The largest norm of all gradients together; not for GANs.
    shift : int
        By how many pixels the training pictures may be moved, each batch anew.
    use_all : bool
        Learn from all training pictures and validate with none.
    seed : int
        For the first weights, the order of the pictures, and what is done to them.
    arguments : dict
        What the model's class is given besides what follows from the pictures, such as
        ``{"latent": 64}``. ``classes`` may be True for as many as the data have, which makes a
        model conditional that can be, or False.

    Raises
    ------
    ValueError
        If there is no such schedule.
    """

    model: str = "cnn"
    data: str = "mnist"
    epochs: int = 5
    batch_size: int = 256
    lr: float = 0.006
    betas: tuple[float, float] = (0.7, 0.9)
    schedule: str = "one-cycle"
    clip_norm: float | None = None
    shift: int = 0
    use_all: bool = False
    seed: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ValueError(f"a schedule is one of {', '.join(SCHEDULES)}, got {self.schedule!r}")


ADAM = (0.9, 0.999)
"""Adam's own betas (D. Kingma and J. Ba, 2015)."""

GANS = (0.5, 0.999)
"""Those for players who chase each other (A. Radford et al., 2016, section 4)."""

RECIPES: dict[str, Recipe] = {
    recipe.model: recipe
    for recipe in (
        Recipe(),
        Recipe("lenet", epochs=5, batch_size=128, lr=0.003, betas=ADAM),
        Recipe("five-blocks", epochs=5, batch_size=128, lr=0.001, betas=ADAM),
        Recipe("resnet", data="cifar10", epochs=15, batch_size=128, lr=0.01, betas=ADAM),
        Recipe("vae", epochs=10, batch_size=128, lr=1e-3, betas=ADAM, schedule="constant"),
        Recipe("conv-vae", epochs=10, batch_size=128, lr=1e-3, betas=ADAM),
        Recipe(
            "gan", epochs=20, batch_size=128, lr=4e-4, betas=GANS, schedule="cosine",
            use_all=True, arguments={"r1": 0.1, "ema_decay": 0.995},
        ),
        Recipe(
            "dcgan", epochs=10, batch_size=64, lr=1e-3, betas=GANS, schedule="cosine",
            use_all=True, arguments={"width": 16, "latent": 32, "hidden": 256, "r1": 0.2},
        ),
        Recipe(
            "cgan", epochs=8, batch_size=64, lr=1e-3, betas=GANS, schedule="cosine",
            use_all=True, arguments={"width": 16, "latent": 32},
        ),
        Recipe(
            "wgan-gp", epochs=12, batch_size=64, lr=1e-3, betas=(0.0, 0.9), schedule="cosine",
            use_all=True, arguments={"width": 16, "latent": 32, "hidden": 256},
        ),
        Recipe("row-lstm", epochs=8, batch_size=128, lr=2e-3, betas=ADAM, clip_norm=1.0),
        Recipe(
            "row-generator", epochs=4, batch_size=64, lr=8e-3, betas=ADAM, clip_norm=1.0,
            arguments={"classes": True},
        ),
        Recipe("made", epochs=40, batch_size=100, lr=3e-3, betas=ADAM),
        Recipe("pixelcnn", epochs=2, batch_size=32, lr=0.01, betas=ADAM),
        Recipe("unet", epochs=2, batch_size=64, lr=3e-3, betas=ADAM),
        Recipe(
            "pix2pix", epochs=2, batch_size=64, lr=2e-3, betas=GANS, schedule="cosine",
            use_all=True,
        ),
        Recipe("denoising-vae", epochs=10, batch_size=128, lr=1e-3, betas=ADAM),
        Recipe("embedder", epochs=2, batch_size=128, lr=5e-3, betas=ADAM),
        Recipe("detector", data="canvases", epochs=12, batch_size=50, lr=0.01, betas=ADAM),
        Recipe(
            "strip-reader", data="strips", epochs=2, batch_size=32, lr=0.01, betas=ADAM,
            clip_norm=1.0,
        ),
        Recipe("strip-cnn", data="strips", epochs=5, batch_size=32, lr=5e-3, betas=ADAM),
    )
}  # fmt: skip
"""What suits each model, by its name."""


# ---- pictures ----------------------------------------------------------------------------------


class Parts(NamedTuple):
    """Pictures to learn from, and those to watch how it goes; the second may be none."""

    train_images: np.ndarray
    train_labels: np.ndarray
    validation_images: np.ndarray
    validation_labels: np.ndarray


def pictures_of(images: np.ndarray) -> np.ndarray:
    """Grey pictures (N, H, W) with an axis for their one channel."""
    return images[:, None] if images.ndim == 3 else images


def split(pictures: ImageSet, use_all: bool) -> Parts:
    """The training pictures in two: to learn from, and for validation.

    Parameters
    ----------
    pictures : ImageSet
    use_all : bool
        Nothing is kept for validation.

    Returns
    -------
    Parts
        Of 50,000 or more the last 10,000 are for validation, of fewer every tenth: a folder of
        pictures is sorted by class, and its last ones are all of one.
    """
    images, labels = pictures_of(pictures.train_images), pictures.train_labels
    kept = np.zeros(len(labels), bool)
    if not use_all:
        kept[slice(-10_000, None) if len(labels) >= MANY else slice(9, None, 10)] = True
    return Parts(images[~kept], labels[~kept], images[kept], labels[kept])


def training_batches(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> DataLoader:
    """Shuffled batches of float pictures from 0 to 1, moved about if the recipe says so.

    Parameters
    ----------
    recipe : Recipe
    images : uint8 array of shape (N, C, H, W)
    labels : int64 array of shape (N, ...)
        Of any kind that :data:`tinygen.data.sets.LabelKind` names.

    Returns
    -------
    DataLoader
        For a GAN without a last batch that is smaller, whose statistics would be others.
    """
    moved = [RandomShift(recipe.shift, together=True)] if recipe.shift else []
    return DataLoader(
        TensorDataset(images, labels),
        recipe.batch_size,
        shuffle=True,
        drop_last=_is_gan(recipe),
        seed=recipe.seed,
        transform=Compose([*moved, ToFloat()]),
    )


def in_batches(images: np.ndarray, labels: np.ndarray, batch_size: int = 500) -> DataLoader:
    """Batches of float pictures from 0 to 1, in their order."""
    return DataLoader(TensorDataset(images, labels), batch_size, transform=ToFloat())


def _is_gan(recipe: Recipe) -> bool:
    return issubclass(MODELS[recipe.model], TwoPlayers)


# ---- the labels --------------------------------------------------------------------------------

LABELS: dict[LabelKind, str] = {
    "class": "the class of each picture",
    "text": "what is written in each picture",
    "boxes": "boxes and what is in them",
}
"""What each kind of labels says."""


def labels_read_by(model: Model) -> LabelKind | None:
    """What the labels are that a model learns from.

    A class of models says so by its attribute ``labels``. Where it does not, a model that was told
    how many classes there are reads the class of each picture.

    Parameters
    ----------
    model : Model

    Returns
    -------
    {"class", "text", "boxes"} or None
        None for a model that does not look at labels.
    """
    reads_classes = isinstance(model, Classifier) or model.classes is not None
    said: LabelKind | None = getattr(model, "labels", "class" if reads_classes else None)
    return said


def check_labels(model: Model, pictures: ImageSet, shift: int = 0) -> None:
    """Refuse pictures whose labels say something else than the model learns from.

    Parameters
    ----------
    model : Model
    pictures : ImageSet
    shift : int
        By how many pixels they will be moved.

    Raises
    ------
    ValueError
        The message says which models learn from such labels.
    """
    wanted, given = labels_read_by(model), pictures.label_kind
    if wanted not in (None, given):
        able = [name for name, kind in MODELS.items() if getattr(kind, "labels", "class") == given]
        raise ValueError(
            f"{model.name} learns from {LABELS[wanted]}, and the labels of {pictures.name} are "
            f"{LABELS[given]}, which are read by: {', '.join(able) or 'no model'}"
        )
    if shift and given == "boxes":
        raise ValueError(f"the boxes of {pictures.name} do not move with the pictures: no shift")


# ---- the model ---------------------------------------------------------------------------------


def new_model(recipe: Recipe, images: np.ndarray, classes: int) -> tuple[Model, dict[str, Any]]:
    """A model for these training pictures, and the arguments that it was made with.

    Parameters
    ----------
    recipe : Recipe
        Its seed decides the first weights.
    images : uint8 array of shape (N, C, H, W)
    classes : int
        How many the data have.

    Returns
    -------
    Model, dict
        The arguments are those for :func:`tinygen.models.create`, and can be saved.

    Raises
    ------
    ValueError
        If the model cannot be made so.
    """
    check_arguments(recipe.model, recipe.arguments)
    arguments = {**recipe.arguments, "picture_shape": list(images.shape[1:])}
    options = options_of(recipe.model)
    if "mean" in options:
        mean = images.mean(axis=(0, 2, 3)) / 255
        std = images.std(axis=(0, 2, 3)) / 255
        arguments |= {"mean": mean.tolist(), "std": np.where(std > 0, std, 1).tolist()}
    if "classes" in options:
        arguments["classes"] = _classes(recipe, options["classes"].default, classes)
    tg.manual_seed(recipe.seed)
    return create(recipe.model, **arguments), arguments


def _classes(recipe: Recipe, usual: int | None, classes: int) -> int | None:
    """Of how many classes the model shall know, None for none."""
    wanted = recipe.arguments.get("classes", usual is not None)
    if not wanted:
        if usual is not None:
            raise ValueError(f"{recipe.model} needs classes: leave the argument classes out")
        return None
    if wanted is not True and wanted != classes:
        raise ValueError(
            f"the data have {classes} classes, and the argument classes is {wanted}: true stands "
            "for as many as there are"
        )
    return classes


def options_of(model: str) -> dict[str, inspect.Parameter]:
    """What a model can be given, by name, with the defaults.

    Parameters
    ----------
    model : str
        A key of ``tinygen.models.MODELS``.

    Returns
    -------
    dict of str to inspect.Parameter
        A ``**options`` of its class stands for the keywords of the class above.
    """
    found: dict[str, inspect.Parameter] = {}
    for kind in MODELS[model].__mro__:
        parameters = inspect.signature(kind).parameters.values()
        found = {p.name: p for p in parameters if p.default is not p.empty} | found
        if all(p.kind is not p.VAR_KEYWORD for p in parameters):
            break
    return found


def check_arguments(model: str, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that a model has not, and values of another kind than the default's.

    Parameters
    ----------
    model : str
        A key of ``tinygen.models.MODELS``.
    arguments : mapping

    Raises
    ------
    ValueError
        The message says what there is.
    """
    options = options_of(model)
    given_by_pictures = _of_pictures(options)
    for name in given_by_pictures:
        del options[name]
    for name, value in arguments.items():
        if name in given_by_pictures:
            raise ValueError(f"{name} of {model} follows from the pictures and cannot be set")
        if name not in options:
            near = get_close_matches(name, options, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else "."
            raise ValueError(f"{model} has no {name!r}{meant} There are: {', '.join(options)}")
        wanted = _kinds(name, options[name])
        if not any(fits(value) for fits in wanted.values()):
            raise ValueError(f"{name} of {model} is {' or '.join(wanted)}, got {value!r}")


def _of_pictures(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Which options follow from the pictures: a std without a mean is something of the model's."""
    return ("picture_shape", "mean", "std") if "mean" in options else ("picture_shape",)


def _kinds(name: str, option: inspect.Parameter) -> dict[str, Callable[[Any], bool]]:
    """What a value may be, in words and as a test: by the default, and whether None is allowed."""
    default = option.default
    kinds: dict[str, Callable[[Any], bool]] = {}
    if isinstance(default, bool) or name == "classes":
        kinds["true or false"] = lambda value: isinstance(value, bool)
    if default is None or (isinstance(default, int) and not isinstance(default, bool)):
        kinds["a whole number"] = _is_whole
    elif isinstance(default, float):
        kinds["a number"] = lambda value: _is_whole(value) or isinstance(value, float)
    elif isinstance(default, str):
        kinds["a word"] = lambda value: isinstance(value, str)
    elif isinstance(default, tuple):
        kinds["a list of whole numbers"] = lambda value: (
            isinstance(value, list | tuple) and all(_is_whole(one) for one in value)
        )
    if default is None or str(option.annotation).endswith("| None"):
        kinds["null"] = lambda value: value is None
    return kinds


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def size_of(model: Module) -> int:
    """How many numbers a model learns; an average of others is not learned."""
    learned = (parameter for parameter in model.parameters() if parameter.requires_grad)
    return sum(math.prod(parameter.shape) for parameter in learned)


# ---- the trainer -------------------------------------------------------------------------------


def new_trainer(
    model: Model,
    recipe: Recipe,
    pictures: int,
    callbacks: Sequence[Callback] = (),
    device: str = "cpu",
    out: Path | None = None,
    progress: str | None = "auto",
    card: Card | None = None,
) -> Trainer:
    """A Trainer with Adam and the schedule of a recipe.

    A classifier is judged by its accuracy too, and any model but a GAN by its own loss. The loss of
    a GAN's discriminator says how well its opponent plays, not how good the pictures are: of a GAN
    the last checkpoint counts as the best.

    Parameters
    ----------
    model : Model
    recipe : Recipe
    pictures : int
        How many there are to learn from, which decides how long the schedule is.
    callbacks, device, out, progress
        As for :class:`tinygen.train.Trainer`.
    card : Card, optional
        What the checkpoints shall say.

    Returns
    -------
    Trainer

    Raises
    ------
    ValueError
        If a GAN's pictures do not fill a batch, or the recipe has for a GAN what it cannot have.
    """
    if isinstance(model, TwoPlayers):
        options = _for_a_gan(model, recipe, pictures)
    else:
        options = _for_one_player(model, recipe, pictures)
    return Trainer(
        model,
        **options,
        callbacks=callbacks,
        device=device,
        out=out,
        progress=progress,
        seed=recipe.seed,
        schedule_every="step",
        save_every=SAVE_EVERY,
        unit=text("pictures"),
        **(card.contents() if card else {}),
    )


def _for_one_player(model: Model, recipe: Recipe, pictures: int) -> dict[str, Any]:
    """The loss of a classifier, or a step of another model; one optimizer and its schedule."""
    optimizer = tg.optim.Adam(model.parameters(), lr=recipe.lr, betas=recipe.betas)
    options: dict[str, Any] = {
        "optimizer": optimizer,
        "scheduler": _schedule(recipe, optimizer, -(-pictures // recipe.batch_size)),
        "clip_norm": recipe.clip_norm,
    }
    if isinstance(model, Classifier):
        return {**options, "loss": F.cross_entropy, "metrics": {"accuracy": accuracy}}
    return {**options, "step": _own_step}


def _own_step(model: Any, batch: Any) -> Any:
    return model.training_step(batch)


def _for_a_gan(model: TwoPlayers, recipe: Recipe, pictures: int) -> dict[str, Any]:
    """An optimizer for each player, and the step in which they take turns."""
    name = type(model).__name__
    if recipe.clip_norm is not None:
        raise ValueError(f"{name} has two players, whose gradients are not clipped: no clip_norm")
    if pictures < recipe.batch_size:
        raise ValueError(
            f"{name} learns from whole batches, and {pictures} pictures do not fill one of "
            f"{recipe.batch_size}: give a smaller batch size"
        )
    if recipe.batch_size % model.pack:
        raise ValueError(
            f"{name} packs {model.pack} pictures into one, which batches of {recipe.batch_size} "
            "do not divide into: give another batch size"
        )
    optimizers = model.configure_optimizers(recipe.lr, recipe.betas)
    critic = optimizers["discriminator"]
    schedule = _schedule(recipe, critic, pictures // recipe.batch_size)
    return {
        "optimizer": optimizers,
        "scheduler": schedule and {"discriminator": schedule},
        "step": _with_one_rate(model.adversarial_step(optimizers), optimizers),
        "evaluation_step": _own_step,
        "monitor": "epoch",
        "mode": "max",
    }


def _with_one_rate(step: Step, optimizers: Mapping[str, Optimizer]) -> Step:
    """A step of a GAN in which the generator's rate is the discriminator's.

    The generator does not move with every batch, so it cannot have a schedule of its own.
    """

    def step_at_one_rate(model: Module, batch: Any) -> Any:
        rate = optimizers["discriminator"].param_groups[0]["lr"]
        optimizers["generator"].param_groups[0]["lr"] = rate
        return step(model, batch)

    return step_at_one_rate


def _schedule(recipe: Recipe, optimizer: Optimizer, batches: int) -> LRScheduler | None:
    """The schedule for so many batches an epoch."""
    steps = recipe.epochs * batches
    if recipe.schedule == "one-cycle":
        return OneCycleLR(optimizer, recipe.lr, total_steps=steps, cycle_momentum=False)
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimizer, steps)
    return None


# ---- what a checkpoint says of it --------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """What the model of a checkpoint is, and how it is trained.

    Attributes
    ----------
    recipe : Recipe
    arguments : dict
        What :func:`tinygen.models.create` made the model with.
    classes : sequence of str
        What the labels mean.
    """

    recipe: Recipe
    arguments: dict[str, Any]
    classes: Sequence[str]

    def contents(self) -> dict[str, Any]:
        """All of it, as a checkpoint and a Trainer take it."""
        return {
            "architecture": self.recipe.model,
            "arguments": self.arguments,
            "metadata": {"recipe": asdict(self.recipe), "classes": list(self.classes)},
        }


def read_card(path: str | os.PathLike[str]) -> Card:
    """What a checkpoint says of its model.

    Parameters
    ----------
    path : str or path
        A checkpoint of ``tinygen train`` or ``tinygen demo``.

    Returns
    -------
    Card

    Raises
    ------
    CheckpointError
        If the file is damaged or something else, or says nothing that this version knows.
    OSError
        If there is no such file.
    """
    card, name = card_in(load_checkpoint(path)), repr(os.fspath(path))
    if card is None:
        raise CheckpointError(
            f"{name} says nothing of the model and its data: it was not written by tinygen train"
        )
    if card.recipe.model not in MODELS:
        raise CheckpointError(
            f"{name} holds a model {card.recipe.model!r}, and this version of tinygen knows only "
            f"{', '.join(MODELS)}: update tinygen (pip install --upgrade tinygen)"
        )
    return card


def card_in(saved: Checkpoint) -> Card | None:
    """The card in a checkpoint that was read, or None if it has none."""
    try:
        recipe = Recipe(**saved.metadata["recipe"])
        classes = [str(name) for name in saved.metadata["classes"]]
    except (KeyError, TypeError, ValueError):
        return None
    usual = asdict(Recipe())
    if any(not _is_like(value, usual[name]) for name, value in asdict(recipe).items()):
        return None
    return Card(recipe, saved.arguments, classes)


def _is_like(value: Any, usual: Any) -> bool:
    """Whether a value of a recipe is of the kind that it usually has."""
    return type(value) is type(usual) or (usual is None and isinstance(value, float))
