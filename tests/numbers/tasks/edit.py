"""The rows of the task: edit.

All work with the models that come with tinygen; a seed chooses the test pictures and the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import mean
from typing import Any

import numpy as np

import tinygen as tg
from tests.numbers import judging
from tests.numbers.running import PLAIN, SHARE, Numbers, Row, Run, mnist
from tinygen import data, metrics
from tinygen.metrics import pearson_correlation, spearman_correlation
from tinygen.models import pretrained
from tinygen.plots import save_figure
from tinygen.plots.host import images_of
from tinygen.plots.table import Table
from tinygen.tasks.attributes import ATTRIBUTES, slant
from tinygen.tasks.edit import (
    attribute_vector,
    blend,
    class_vectors,
    codes_of,
    draw,
    gradient_edit,
    interpolate,
    move,
    pictures_of,
    random_edit,
    redraw_rows,
)
from tinygen.tasks.edit.style import (
    classifier_maps,
    random_maps,
    style_losses,
    style_transfer,
)

STRENGTHS = np.linspace(-2, 2, 9)
"""In standard deviations of an attribute."""

MEASURED = ("thickness", "slant")
"""The attributes that are moved."""

TWO, THREE, DB, GAIN = "{:.2f}", "{:.3f}", "{:.1f} dB", "{:+.1f} dB"

Edit = Callable[[float], tg.Tensor]
"""From a strength to the edited pictures."""


# ---- what all rows have in common --------------------------------------------------------------


def some_test_pictures(run: Run, count: int) -> tuple[tg.Tensor, np.ndarray]:
    """Pictures and labels, chosen by the seed."""
    chosen = np.random.default_rng(run.seed).choice(10_000, 20 if run.short else count, False)
    return judging.in_floats(mnist().test_images[chosen]), mnist().test_labels[chosen]


def training_pictures(run: Run) -> tuple[tg.Tensor, np.ndarray]:
    count = 500 if run.short else 10_000
    return judging.in_floats(mnist().train_images[:count]), mnist().train_labels[:count]


def other_labels(run: Run, labels: np.ndarray) -> np.ndarray:
    """For each label another one, by chance."""
    return (labels + np.random.default_rng(run.seed + 1).integers(1, 10, len(labels))) % 10


def read_as(pictures: tg.Tensor, labels: np.ndarray) -> float:
    """The share that the judge reads so."""
    return float((judging.judge().predict(pictures).numpy() == labels).mean())


def kept(name: str, before: Any, after: Any) -> float:
    """The correlation of an attribute before and after."""
    return pearson_correlation(ATTRIBUTES[name](before), ATTRIBUTES[name](after))


def order(name: str, edit: Edit) -> float:
    """Spearman's correlation of strength and attribute, the mean over the pictures."""
    values = np.stack([ATTRIBUTES[name](edit(strength)) for strength in STRENGTHS])
    return float(np.mean([spearman_correlation(STRENGTHS, one) for one in values.T]))


def of_a_move(name: str, edit: Edit, before: tg.Tensor, labels: np.ndarray) -> Numbers:
    """What two deviations of an attribute, less and more, do to pictures: reached and kept."""
    ends = [edit(STRENGTHS[0]), edit(STRENGTHS[-1])]
    other = MEASURED[1 - MEASURED.index(name)]
    numbers = {
        f"{name} order": order(name, edit),
        f"{name} label kept": mean(read_as(end, labels) for end in ends),
        f"{name} other kept": mean(kept(other, before, end) for end in ends),
    }
    if name == "slant":
        numbers["gained"] = mean(gained_on_sheared(before, end) for end in ends)
    return numbers


def gained_on_sheared(before: tg.Tensor, after: tg.Tensor) -> float:
    """By how many dB an edit of the slant is nearer to the truth than doing nothing.

    The truth is the picture sheared by as much as the edit has reached: whatever only smears ink
    until the moments are right gains nothing.
    """
    original = before.numpy().astype(np.float64)
    truth = sheared(original, slant(after) - slant(before))
    return float(metrics.psnr(truth, after.numpy()) - metrics.psnr(truth, original))


def sheared(pictures: np.ndarray, amounts: np.ndarray) -> np.ndarray:
    """Rows shifted to the right in proportion to how far they are above the middle of the ink."""
    columns = np.arange(pictures.shape[3], dtype=float)
    leaning = np.empty_like(pictures)
    for picture, amount, place in zip(pictures, amounts, np.ndindex(len(pictures)), strict=True):
        ink = picture[0].sum(1)
        middle = (ink * np.arange(len(ink))).sum() / ink.sum()
        for number, row in enumerate(picture[0]):
            shift = amount * (middle - number)
            leaning[place][0, number] = np.interp(columns - shift, columns, row, 0, 0)
    return leaning


def show(run: Run, name: str, rows: Mapping[str, list[Any]], columns: list[str]) -> None:
    """Draw lists of pictures (1, C, H, W), each a row with its name, under the columns' names."""
    if run.seed == 0 and not run.short:
        lines = [np.concatenate([images_of(one, "show") for one in line]) for line in rows.values()]
        table = Table(np.stack(lines), row_labels=list(rows), column_labels=columns)
        save_figure(table.draw(), run.pictures / f"{name}.png")


# ---- autoencoder -------------------------------------------------------------------------------


def vae_attributes(run: Run) -> Numbers:
    """Along the vectors of thickness and slant, and to another class, beside the same in pixels."""
    model, (train, train_labels) = pretrained("vae"), training_pictures(run)
    pictures, labels = some_test_pictures(run, 500)
    codes, pixels = codes_of(model, train), train.flatten(1)
    before = model.reconstruct(pictures)
    numbers: Numbers = {"label kept unmoved": read_as(before, labels)}
    rows: dict[str, list[Any]] = {}
    for name in MEASURED:
        values = ATTRIBUTES[name](train)
        vector = attribute_vector(codes, values, train_labels)
        smear = attribute_vector(pixels, values, train_labels)

        def edit(strength: float, vector: tg.Tensor = vector) -> tg.Tensor:
            return move(model, pictures, vector, strength)

        def in_pixels(strength: float, vector: tg.Tensor = smear) -> tg.Tensor:
            return in_range(pictures, vector * strength)

        by_pixels = of_a_move(name, in_pixels, pictures, labels)
        numbers |= of_a_move(name, edit, before, labels)
        numbers |= {f"{key} in pixels": value for key, value in by_pixels.items()}
        rows |= {
            f"{name}, codes": [edit(strength)[:1] for strength in STRENGTHS],
            f"{name}, pixels": [in_pixels(strength)[:1] for strength in STRENGTHS],
        }
    show(run, "edit-vae-attributes", rows, [f"{strength:+g}" for strength in STRENGTHS])
    return {**numbers, **vae_class(run, model, codes, pixels, train_labels)}


def vae_class(
    run: Run, model: Any, codes: tg.Tensor, pixels: tg.Tensor, train_labels: np.ndarray
) -> Numbers:
    """From the class of each picture to another."""
    pictures, labels = some_test_pictures(run, 500)
    aims = other_labels(run, labels)
    places, means = class_vectors(codes, train_labels), class_vectors(pixels, train_labels)
    after = move(model, pictures, places[aims] - places[labels])
    smeared = in_range(pictures, means[aims] - means[labels])
    return {
        "class reached": read_as(after, aims),
        "class reached in pixels": read_as(smeared, aims),
        "class slant kept": kept("slant", pictures, after),
        "class slant kept in pixels": kept("slant", pictures, smeared),
    }


def in_range(pictures: tg.Tensor, vector: tg.Tensor) -> tg.Tensor:
    """Pictures plus vectors of pixels."""
    return (pictures + vector.reshape(-1, *pictures.shape[1:])).clamp(0, 1)


def vae_interpolation(run: Run) -> Numbers:
    """Halfway between two pictures: of a class, and of two classes."""
    model, (train, _) = pretrained("vae"), training_pictures(run)
    pictures, labels = some_test_pictures(run, 2000)
    numbers: Numbers = {}
    for kind, first, last in pairs(labels):
        ends = pictures[first], pictures[last]
        ways = {
            "": interpolate(model, *ends, steps=3)[:, 1],
            " of a blend": blend(*ends, steps=3)[:, 1],
            " of blended reconstructions": blend(*map(model.reconstruct, ends), steps=3)[:, 1],
        }
        for name, halfway in ways.items():
            beliefs = judging.judge().predict_proba(halfway).numpy()
            either = (beliefs.argmax(1) == labels[first]) | (beliefs.argmax(1) == labels[last])
            numbers |= {
                f"{kind} confidence{name}": float(beliefs.max(1).mean()),
                f"{kind} read{name}": float(either.mean()),
                f"{kind} to real{name}": to_nearest(halfway, train),
            }
    chosen = [pairs(labels)[0], pairs(labels)[1]]
    rows = {
        f"{what}, {kind}": list(strip[0].unsqueeze(1))
        for kind, first, last in chosen
        for what, strip in (
            ("codes", interpolate(model, pictures[first[:1]], pictures[last[:1]])),
            ("blend", blend(pictures[first[:1]], pictures[last[:1]])),
        )
    }
    show(run, "edit-vae-interpolation", rows, [f"{t:g}" for t in np.linspace(0, 1, 9)])
    return numbers


def pairs(labels: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Places of pictures of one class that follow each other, and of two classes."""
    by_class = np.argsort(labels, kind="stable")
    first, last = by_class[:-1], by_class[1:]
    is_same = labels[first] == labels[last]
    first, last = first[is_same], last[is_same]
    ahead = np.arange(len(labels) - 1)
    apart = ahead[labels[:-1] != labels[1:]]
    return [("same class", first, last), ("two classes", apart, apart + 1)]


def to_nearest(pictures: tg.Tensor, train: tg.Tensor) -> float:
    """The mean distance to the nearest training picture, in root mean squared pixels."""
    some = pictures[:500].flatten(1).numpy()
    distances, _ = metrics.nearest_neighbours(some, train.flatten(1).numpy())
    return float(distances.mean() / np.sqrt(some.shape[1]))


# ---- adversarial network -----------------------------------------------------------------------


def gan_label(run: Run) -> Numbers:
    """Another label for the same code, beside another code."""
    model, count = pretrained("cgan"), 100 if run.short else 2000
    tg.manual_seed(run.seed)
    z, new_z = model.noise(count), model.noise(count)
    labels = np.arange(count) % 10
    aims = other_labels(run, labels)
    before, after = pictures_of(model, z, labels), pictures_of(model, z, aims)
    fresh = pictures_of(model, new_z, aims)
    numbers: Numbers = {"target reached": read_as(after, aims)}
    for name in ("ink", "thickness", "slant"):
        numbers |= {
            f"{name} kept": kept(name, before, after),
            f"{name} kept by new noise": kept(name, before, fresh),
            f"{name} kept in its class": kept_in_class(name, before, labels, after, aims),
        }
    shown = 6
    rows = {
        f"hand {place + 1}": list(
            pictures_of(model, z[place : place + 1].expand(10, -1), list(range(10))).unsqueeze(1)
        )
        for place in range(shown)
    }
    show(run, "edit-gan-label", rows, [str(label) for label in range(10)])
    return numbers


def kept_in_class(
    name: str, before: Any, labels: np.ndarray, after: Any, aims: np.ndarray
) -> float:
    """The correlation of what is more or less than usual for the class."""
    return pearson_correlation(
        beyond_class(ATTRIBUTES[name](before), labels), beyond_class(ATTRIBUTES[name](after), aims)
    )


def beyond_class(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    means = np.array([values[labels == label].mean() for label in range(10)])
    return values - means[labels]


def gan_invert(run: Run) -> Numbers:
    """Codes searched for real pictures, then a step along an attribute, or another label."""
    model = pretrained("cgan")
    pictures, labels = some_test_pictures(run, 100)
    train, train_labels = training_pictures(run)
    tg.manual_seed(run.seed)
    z = codes_of(model, pictures, labels, steps=20 if run.short else 200)
    before = pictures_of(model, z, labels)
    means = class_vectors(train.flatten(1), train_labels)[labels].reshape(pictures.shape)
    numbers: Numbers = {
        "psnr": metrics.psnr(pictures, before),
        "psnr of the class's mean": metrics.psnr(pictures, means),
        "label kept unmoved": read_as(before, labels),
    }
    rows: dict[str, list[Any]] = {}
    drawn = draw(model, 2000)
    for name in MEASURED:
        vector = attribute_vector(drawn.codes, ATTRIBUTES[name](drawn.pictures), drawn.labels)

        def edit(strength: float, vector: tg.Tensor = vector) -> tg.Tensor:
            return pictures_of(model, z, labels, vector, strength)

        numbers |= of_a_move(name, edit, before, labels)
        rows[name] = [pictures[:1], *(edit(strength)[:1] for strength in STRENGTHS)]
    aims = other_labels(run, labels)
    after = pictures_of(model, z, aims)
    numbers |= {
        "label reached": read_as(after, aims),
        "label slant kept": kept("slant", pictures, after),
        "label slant kept by the nearest": kept(
            "slant", pictures, nearest_of_class(pictures, aims, train, train_labels)
        ),
    }
    every = pictures_of(model, z[:1].expand(10, -1), list(range(10)))
    rows["labels 0 to 9"] = list(every.unsqueeze(1))
    columns = ["given" if place == 0 else f"{s:+g}" for place, s in enumerate([0, *STRENGTHS])]
    show(run, "edit-gan-invert", rows, columns)
    return numbers


def nearest_of_class(
    pictures: tg.Tensor, aims: np.ndarray, train: tg.Tensor, train_labels: np.ndarray
) -> np.ndarray:
    """For each picture the training picture of the wanted class that is nearest to it."""
    given, known = pictures.flatten(1).numpy(), train.flatten(1).numpy()
    found = np.empty_like(given)
    for label in np.unique(aims):
        own = known[train_labels == label]
        _, places = metrics.nearest_neighbours(given[aims == label], own)
        found[aims == label] = own[places[:, 0]]
    return found.reshape(pictures.shape)


# ---- classifier --------------------------------------------------------------------------------


def cnn_gradient(run: Run) -> Numbers:
    """The judge fooled, the nearest neighbour not; noise of the same length fools neither."""
    pictures, labels = some_test_pictures(run, 200)
    train, train_labels = training_pictures(run)
    aims = other_labels(run, labels)
    tg.manual_seed(run.seed)
    after = gradient_edit(judging.judge(), pictures, aims)
    noisy = random_edit(pictures, after)
    lengths = np.sqrt(((after - pictures) ** 2).sum((1, 2, 3)).numpy())

    def neighbour(edited: tg.Tensor) -> float:
        _, places = metrics.nearest_neighbours(edited.flatten(1), train.flatten(1))
        return float((train_labels[places[:, 0]] == labels).mean())

    shown = [slice(place, place + 1) for place in range(8)]
    far = (0.5 + 2 * (after - pictures)).clamp(0, 1)
    rows = {
        "before": [pictures[one] for one in shown],
        "after": [after[one] for one in shown],
        "change, doubled": [far[one] for one in shown],
        "noise as strong": [noisy[one] for one in shown],
    }
    heads = [f"{old} to {new}" for old, new in zip(labels[:8], aims[:8], strict=True)]
    show(run, "edit-cnn-gradient", rows, heads)
    return {
        "reached": read_as(after, aims),
        "reached by noise": read_as(noisy, aims),
        "length": float(lengths.mean()),
        "longest": float(lengths.max()),
        "length of pictures": float(np.sqrt((pictures**2).sum((1, 2, 3)).numpy()).mean()),
        "noise read right": read_as(noisy, labels),
        "neighbour right": neighbour(pictures),
        "neighbour right after": neighbour(after),
    }


# ---- row by row --------------------------------------------------------------------------------


def rnn_label(run: Run) -> Numbers:
    """Another label from a row on, beside rows of a real picture of that class pasted below."""
    model = pretrained("row-generator")
    pictures, labels = some_test_pictures(run, 200)
    pictures = (pictures > 0.5).float()
    train, train_labels = training_pictures(run)
    aims = other_labels(run, labels)
    chance = np.random.default_rng(run.seed)
    chosen = [chance.choice(np.flatnonzero(train_labels == aim)) for aim in aims]
    below = (train[chosen] > 0.5).float()
    tg.manual_seed(run.seed)
    numbers: Numbers = {"seam of real ones": seam(pictures, 14)}
    rows: dict[str, list[Any]] = {"before": [pictures[n : n + 1] for n in range(10)]}
    for k in (7, 14):
        after = redraw_rows(model, pictures, k, aims)
        pasted = pictures.clone()
        pasted[:, :, k:] = below[:, :, k:]
        numbers |= {
            f"{k} rows reached": read_as(after, aims),
            f"{k} rows reached at once": read_as(
                redraw_rows(model, pictures, k, aims, candidates=1), aims
            ),
            f"{k} rows reached by pasting": read_as(pasted, aims),
            f"{k} rows old label": read_as(after, labels),
            f"{k} rows old label untold": read_as(
                redraw_rows(model, pictures, k, labels, candidates=1), labels
            ),
            f"{k} rows seam": seam(after, k),
            f"{k} rows seam of pasting": seam(pasted, k),
        }
        rows[f"{k} rows kept"] = [after[n : n + 1] for n in range(10)]
        rows[f"{k} rows, pasted"] = [pasted[n : n + 1] for n in range(10)]
    heads = [f"{old} to {new}" for old, new in zip(labels[:10], aims[:10], strict=True)]
    show(run, "edit-rnn-label", rows, heads)
    return numbers


def seam(pictures: tg.Tensor, row: int) -> float:
    """How many of the pixels below a row differ from those above, of those with ink in either."""
    above, below = pictures[:, 0, row - 1].numpy(), pictures[:, 0, row].numpy()
    return float((above != below).sum() / np.maximum(above, below).sum())


# ---- style -------------------------------------------------------------------------------------


def style(run: Run) -> Numbers:
    """Shapes in the style of a texture, as seen by other filters than those that did it."""
    content = shapes(run.seed, 4)
    texture = rings(run.seed, 64)
    other = random_maps(3, seed=1000 + run.seed)
    steps = 5 if run.short else 150
    made = {
        "": style_transfer(content, texture, random_maps(3, seed=run.seed), steps=steps),
        " unchanged": content,
        " of a blend": blend(content, texture.expand(*content.shape), 3)[:, 1],
    }
    numbers: Numbers = {}
    for name, pictures in made.items():
        losses = style_losses(pictures, content, texture, other)
        numbers |= {
            f"style{name}": losses.style.mean().item(),
            f"content{name}": losses.content.mean().item(),
        }
    grey = content.mean(1, keepdim=True), texture.mean(1, keepdim=True)
    by_judge = style_transfer(*grey, classifier_maps(judging.judge()), steps=steps)
    by_filters = style_transfer(*grey, random_maps(1, seed=run.seed), steps=steps)
    seen = random_maps(1, seed=1000 + run.seed)
    for name, pictures in ((" unchanged", grey[0]), (" by the judge", by_judge), ("", by_filters)):
        losses = style_losses(pictures, *grey, seen)
        numbers[f"grey style{name}"] = losses.style.mean().item()
    rows = {
        "content": list(content.unsqueeze(1)),
        "style": [texture] * len(content),
        "both": list(made[""].unsqueeze(1)),
        "blend": list(made[" of a blend"].unsqueeze(1)),
    }
    show(run, "edit-style", rows, [""] * len(content))
    return numbers


def shapes(seed: int, count: int) -> tg.Tensor:
    """Drawn shapes, doubled in size to 64 x 64."""
    images, _ = data.draw_shapes(count, seed)
    return tg.tensor(images.repeat(2, 2).repeat(2, 3).astype(np.float32) / 255)


COLOURS = (0.1, 0.2, 0.6), (1.0, 0.8, 0.3)
"""Of the texture: red, green and blue, of the dark and of the light lines."""


def rings(seed: int, size: int) -> tg.Tensor:
    """Waves of two colours around some points."""
    chance = np.random.default_rng(seed)
    down, right = np.mgrid[:size, :size]
    phase = np.zeros((size, size))
    for x, y in chance.uniform(0, size, (6, 2)):
        turn = chance.choice([-2, 2])
        phase += turn * np.arctan2(down - y, right - x) + 0.25 * np.hypot(right - x, down - y)
    share = (0.5 + 0.5 * np.sin(phase)).astype(np.float32)
    dark, light = (np.array(colour, np.float32).reshape(3, 1, 1) for colour in COLOURS)
    return tg.tensor((dark * (1 - share) + light * share)[None].astype(np.float32))


ROWS = {
    "edit-vae-attributes": Row(
        "VAE: along attribute vectors, to another class", 10, 1, "order >= .95, beside pixels",
        vae_attributes,
        {"thickness order": TWO, "slant order": TWO, "gained": GAIN, "gained in pixels": GAIN,
         "slant label kept": SHARE, "slant label kept in pixels": SHARE,
         "label kept unmoved": SHARE, "class reached": SHARE, "class reached in pixels": SHARE},
    ),
    "edit-vae-interpolation": Row(
        "VAE: halfway between two pictures", 10, 1, "beside a blend of the pictures",
        vae_interpolation,
        {"same class read": SHARE, "same class read of a blend": SHARE,
         "same class read of blended reconstructions": SHARE, "same class to real": THREE,
         "same class to real of a blend": THREE},
    ),
    "edit-gan-label": Row(
        "GAN: another label, the same code", 10, 1, "reached >= 95 %, slant kept >= .6",
        gan_label,
        {"target reached": SHARE, "slant kept": TWO, "slant kept by new noise": TWO,
         "ink kept in its class": TWO},
    ),
    "edit-gan-invert": Row(
        "GAN: real pictures inverted, then moved", 10, 2, "order >= .95, beside the class's mean",
        gan_invert,
        {"psnr": DB, "psnr of the class's mean": DB, "thickness order": TWO, "slant order": TWO,
         "gained": GAIN, "slant label kept": SHARE, "label reached": SHARE, "label slant kept": TWO,
         "label slant kept by the nearest": TWO},
    ),
    "edit-cnn-gradient": Row(
        "CNN: along the gradient to another class", 10, 1, "fooled, where noise as strong is not",
        cnn_gradient,
        {"reached": SHARE, "reached by noise": SHARE, "length": PLAIN, "length of pictures": PLAIN,
         "neighbour right after": SHARE, "neighbour right": SHARE},
    ),
    "edit-rnn-label": Row(
        "RNN: another label from row 8 or 15 on", 10, 1, "beside pasting a real one (which wins)",
        rnn_label,
        {"7 rows reached": SHARE, "7 rows reached by pasting": SHARE, "14 rows reached": SHARE,
         "14 rows reached by pasting": SHARE, "7 rows seam": TWO, "7 rows seam of pasting": TWO,
         "seam of real ones": TWO},
    ),
    "edit-style": Row(
        "style by filters that nobody trained", 10, 2, "below a blend of both pictures", style,
        {"style": THREE, "style of a blend": THREE, "style unchanged": THREE,
         "content": THREE, "content of a blend": THREE, "grey style by the judge": THREE,
         "grey style": THREE},
    ),
}  # fmt: skip
"""The rows, by name."""
