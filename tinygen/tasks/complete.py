"""Filling in the missing pixels of pictures, by any model that has learned what pictures are like.

:func:`complete` chooses the way by the model; known pixels stay as they are, bit for bit.

>>> import tinygen as tg
>>> from tinygen.models import create
>>> from tinygen.tasks.masks import named_mask
>>> model, mask = create("vae"), named_mask("lower", (1, 28, 28))
>>> complete(model, tg.rand(3, 1, 28, 28), mask, samples=2).shape
(6, 1, 28, 28)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import tinygen as tg
from tinygen.metrics import nearest_neighbours, psnr
from tinygen.models import GAN, Classifier, Model, PointGAN
from tinygen.models.base import evaluating
from tinygen.models.made import Autoregressive
from tinygen.models.search import search_codes
from tinygen.models.unet import UNet
from tinygen.models.vae import VariationalAutoencoder
from tinygen.nn import functional as F
from tinygen.tasks.fidelity import fidelity
from tinygen.tasks.masks import check_mask
from tinygen.tensors import Tensor

__all__ = [
    "Completeness", "can_complete", "complete", "complete_by_gibbs", "complete_by_network",
    "complete_by_search", "complete_in_order", "completeness", "is_random", "mean_fill",
    "nearest_fill", "needs_labels",
]  # fmt: skip

AT_ONCE = 250
"""Pictures that are worked on together; it bounds the memory."""


def complete(
    model: Model,
    pictures: Tensor,
    mask: Tensor,
    labels: Any = None,
    samples: int = 1,
    **options: Any,
) -> Tensor:
    """Fill in the missing pixels of pictures.

    A variational autoencoder does it by :func:`complete_by_gibbs`, a GAN by
    :func:`complete_by_search`, a model that draws pixel by pixel or row by row by
    :func:`complete_in_order`, and a U-Net that learned to inpaint by :func:`complete_by_network`.

    Parameters
    ----------
    model : Model
        One that :func:`can_complete`.
    pictures : float Tensor of shape (N, channels, height, width)
        From 0 to 1; it does not matter what stands where pixels are missing.
    mask : bool Tensor of shape (height, width)
        True where a pixel is missing.
    labels : N integers, optional
        What the pictures show, for a model that can be told. Without them a GAN or a model that
        draws in order finds out what goes with the known pixels.
    samples : int
        How many completions of each picture.
    **options
        Of the function that does it.

    Returns
    -------
    Tensor of shape (N * samples, channels, height, width)
        All of the first picture, then all of the second, and so on. Known pixels are those that
        were given, bit for bit.

    Raises
    ------
    TypeError
        If the model cannot do it, or the mask is not bool, or the pictures are no floats.
    ValueError
        If the shape or range of the pictures is not that of the model's, the mask is of another
        size, or hides everything or nothing, or labels or options do not fit.
    """
    if not can_complete(model):
        raise TypeError(
            f"{_name(model)} cannot complete pictures: a VAE, a GAN, a model that draws in order "
            "(row-generator, made, pixelcnn) or a UNet with task='inpaint' can"
        )
    way = next(way for kind, way in WAYS.items() if isinstance(model, kind))
    return way(model, pictures, mask, labels=labels, samples=samples, **options)


def can_complete(model: Model) -> bool:
    """Whether :func:`complete` can use a model."""
    if isinstance(model, UNet):
        return model.task == "inpaint"
    return isinstance(model, tuple(WAYS)) and not isinstance(model, PointGAN)


def is_random(model: Model) -> bool:
    """Whether a model that can complete pictures does so in different ways."""
    return not isinstance(model, UNet)


def needs_labels(model: Model) -> bool:
    """Whether a model cannot complete pictures unless it is told what they show."""
    return isinstance(model, VariationalAutoencoder) and model.classes is not None


# ---- VAE -----------------------------------------------------------------------------------------


@tg.no_grad()
def complete_by_gibbs(
    model: VariationalAutoencoder,
    pictures: Tensor,
    mask: Tensor,
    labels: Any = None,
    samples: int = 1,
    starts: int = 4,
    steps: int = 60,
    rounds: int = 20,
    exact: bool = True,
) -> Tensor:
    """Complete pictures by drawing codes and missing pixels in turn.

    A chain begins where the known pixels are likely. Codes drawn from the prior are moved down the
    slope of ``-log p(x_known, z)``, and one of them is chosen, in proportion to p(x_known, z) where
    it came to. Each round then draws the missing pixels from p(x | z), and a code from q(z | x)
    (D. J. Rezende, S. Mohamed and D. Wierstra, "Stochastic backpropagation and approximate
    inference in deep generative models", 2014, appendix on missing data). As the encoder's q is not
    quite the posterior, the chain would drift to pictures that fit the known pixels less well; so
    a code is only accepted with the probability of Metropolis and Hastings,

        min(1, p(x, z') q(z | x) / (p(x, z) q(z' | x))),

    by which the chain ends up drawing from p(x_missing | x_known) itself (P.-A. Mattei and J.
    Frellsen, "Leveraging the exact likelihood of deep latent variable models", 2018). What is
    filled in are the means of p(x | z) of the last code.

    Parameters
    ----------
    model : VariationalAutoencoder
    pictures, mask, samples
        As for :func:`complete`; each sample has a chain of its own.
    labels : N integers
        Of a conditional model only, which must be told.
    starts : int
        How many codes are moved to choose the first of a chain from.
    steps : int
        By which they are moved.
    rounds : int
        0 for the likeliest completion near where the search began.
    exact : bool
        False takes every code, as Rezende et al. do.

    Returns
    -------
    Tensor of shape (N * samples, channels, height, width)

    Raises
    ------
    ValueError, TypeError
        As for :func:`complete`, and if a conditional model is not told the labels.
    """
    _check(model, pictures, mask, samples)
    model.require(1, starts=starts)
    model.require(0, steps=steps, rounds=rounds)
    model.condition(labels, len(pictures))  # says that a conditional model needs labels
    given = _repeated(pictures, samples)
    told = _repeated_labels(model, labels, len(pictures), samples)
    with evaluating(model):
        made = [
            _imputed(model, given[part], mask, _part(told, part), starts, steps, rounds, exact)
            for part in _parts(len(given))
        ]
    return tg.where(mask, tg.cat(made), given)


def _imputed(
    model: VariationalAutoencoder,
    given: Tensor,
    mask: Tensor,
    labels: Tensor | None,
    starts: int,
    steps: int,
    rounds: int,
    exact: bool,
) -> Tensor:
    """The mean pictures at the end of a chain for each picture."""
    z = _first_codes(model, given, mask, labels, starts, steps)
    parameters = model.decode_parameters(z, labels)
    for _ in range(rounds):
        drawn = tg.clamp(model.likelihood.sample(parameters), 0, 1)
        filled = tg.where(mask, drawn, given)
        code = model.encode(filled, labels)
        new = model.reparameterize(*code)
        proposed = model.decode_parameters(new, labels)
        if exact:
            gain = _log_weight(model, filled, new, proposed, code)
            gain = gain - _log_weight(model, filled, z, parameters, code)
            taken = tg.rand_like(gain) < tg.exp(tg.clamp(gain, max=0))
            new = tg.where(taken.unsqueeze(1), new, z)
            proposed = tg.where(taken.reshape(-1, 1, 1, 1), proposed, parameters)
        z, parameters = new, proposed
    return model.likelihood.mean(parameters)


def _first_codes(
    model: VariationalAutoencoder,
    given: Tensor,
    mask: Tensor,
    labels: Tensor | None,
    starts: int,
    steps: int,
) -> Tensor:
    """Codes that go with the known pixels: one of several hills, by how high they are."""
    wanted, known = _repeated(given, starts), ~mask
    told = None if labels is None else _repeated(labels, starts)

    def losses(z: Tensor) -> Tensor:
        parameters = model.decode_parameters(z, told)
        return 0.5 * (z * z).sum(1) - model.likelihood.log_prob(parameters, wanted, known)

    start = tg.randn(len(wanted), model.latent, dtype=given.dtype, device=given.device)
    codes = search_codes(losses, start, steps)
    return codes[_one_of_each(-losses(codes), starts)]


def _log_weight(
    model: VariationalAutoencoder,
    pictures: Tensor,
    z: Tensor,
    parameters: Tensor,
    code: tuple[Tensor, Tensor],
) -> Tensor:
    """``log p(x, z) / q(z | x)`` but for what does not depend on z."""
    mu, logvar = code
    distances = (z - mu) ** 2 * tg.exp(-logvar)
    return model.likelihood.log_prob(parameters, pictures) + 0.5 * (distances - z * z).sum(1)


# ---- GAN -----------------------------------------------------------------------------------------


@tg.no_grad()
def complete_by_search(
    model: GAN,
    pictures: Tensor,
    mask: Tensor,
    labels: Any = None,
    samples: int = 1,
    guesses: int = 5000,
    starts: int = 4,
    steps: int = 60,
    lr: float = 0.1,
    prior: float = 0.2,
    realism: float = 0.1,
) -> Tensor:
    """Complete pictures by the generated ones that agree with their known pixels.

    From the nearest of many samples on, Adam minimizes the squared error on the known pixels (the
    context loss) and ``realism`` times the generator's own loss (the prior loss): R. A. Yeh et al.,
    "Semantic image inpainting with deep generative models" (2017), section 3. Besides, ``prior``
    times the squared length of z keeps it where the generator was trained
    (:meth:`~tinygen.models.GAN.invert`). Theirs is the absolute error, with more weight near what
    is missing, and the result is blended into the picture; here its missing pixels are taken.

    Parameters
    ----------
    model : GAN
        But for a :class:`~tinygen.models.PointGAN`.
    pictures, mask
        As for :func:`complete`.
    labels : N integers, optional
        Without them a conditional model's classes are all tried.
    samples : int
        Of each picture the best completions, from different starts.
    guesses : int
        How many samples there are to start from.
    starts : int
        How many of them are followed; the best of each picture is kept.
    steps : int
    lr : float
        Of Adam.
    prior, realism : float
        The weights. A discriminator of packs has no opinion of single pictures: no prior loss then.

    Returns
    -------
    Tensor of shape (N * samples, channels, height, width)

    Raises
    ------
    ValueError, TypeError
        As for :func:`complete`, and if there are fewer guesses than starts for each class.
    """
    _check(model, pictures, mask, samples)
    model.require(1, starts=starts)
    model.require(0, steps=steps, prior=prior, realism=realism)
    starts = max(starts, samples)
    wanted = _repeated(pictures, starts)
    with evaluating(model):
        first, told = _first_guesses(model, pictures, mask, labels, guesses, starts)
        found = [
            _fitted(model, first[part], _part(told, part), wanted[part], mask, steps, lr, prior,
                    realism if model.pack == 1 else 0)
            for part in _parts(len(first))
        ]  # fmt: skip
    losses = tg.cat([losses for _, losses in found]).reshape(len(pictures), starts)
    best = tg.argsort(losses, 1)[:, :samples]
    rows = tg.arange(len(pictures), device=best.device).unsqueeze(1) * starts + best
    made = tg.cat([made for made, _ in found])[rows.reshape(-1)]
    return tg.where(mask, made, _repeated(pictures, samples))


def _first_guesses(
    model: GAN, pictures: Tensor, mask: Tensor, labels: Any, guesses: int, starts: int
) -> tuple[Tensor, Tensor | None]:
    """Codes of the samples that are nearest on the known pixels, and their labels."""
    known = model.known_labels(labels, len(pictures))
    wanted = np.zeros(len(pictures), np.int64) if known is None else known.numpy()
    shown = np.zeros(guesses, np.int64)
    turn = range(model.classes or 1) if known is None else sorted(set(wanted.tolist()))
    model.require(starts * len(turn), guesses=guesses)
    z = model.noise(guesses)
    told = None
    if model.classes is not None:
        told = tg.tensor([turn[place % len(turn)] for place in range(guesses)], device=z.device)
        shown = shown if known is None else told.numpy()
    drawn = np.concatenate(
        [model.generate(z[part], _part(told, part)).numpy() for part in _parts(guesses)]
    )
    gallery, queries = (_seen(some, mask) for some in (drawn, pictures.numpy()))
    places = np.empty((len(pictures), starts), np.int64)
    for label in set(wanted.tolist()):
        among = np.flatnonzero(shown == label)
        _, nearest = nearest_neighbours(queries[wanted == label], gallery[among], starts)
        places[wanted == label] = among[nearest]
    index = tg.tensor(places.reshape(-1), device=z.device)
    return z[index], None if told is None else told[index]


def _fitted(
    model: GAN,
    start: Tensor,
    labels: Tensor | None,
    wanted: Tensor,
    mask: Tensor,
    steps: int,
    lr: float,
    prior: float,
    realism: float,
) -> tuple[Tensor, Tensor]:
    """The pictures at the end of a search, and what is left of its loss without the realism."""

    def losses(z: Tensor) -> tuple[Tensor, Tensor]:
        made = model.generate(z, labels)
        error = tg.where(mask, 0.0, made - wanted)
        return made, (error * error).flatten(1).sum(1) + prior * (z * z).sum(1)

    def with_realism(z: Tensor) -> Tensor:
        made, loss = losses(z)
        return loss + realism * model.realism_loss(made, labels) if realism else loss

    return losses(search_codes(with_realism, start, steps, lr))


# ---- models that draw in order -------------------------------------------------------------------


@tg.no_grad()
def complete_in_order(
    model: Autoregressive,
    pictures: Tensor,
    mask: Tensor,
    labels: Any = None,
    samples: int = 1,
    tries: int = 32,
    temperature: float = 1.0,
) -> Tensor:
    """Complete pictures by drawing the missing pixels one after another.

    The model gives each pixel a probability given those before it, so pixels below known ones are
    drawn from exactly what it has learned. Of known pixels that come later it takes no notice; so
    several completions are tried, and one is chosen with the probability that the model gives to
    these pixels in it: sampling by importance (D. B. Rubin, "Using the SIR algorithm to simulate
    posterior distributions", 1988). The more tries, the nearer that is to p(x_missing | x_known).

    A conditional model that is not told the labels draws them too, by Bayes' rule, from what the
    pixels before the first missing one make of them.

    Parameters
    ----------
    model : Autoregressive
        It reads pixels as 0 or 1, by whether they are above 1/2, and fills in 0 and 1.
    pictures, mask, samples
        As for :func:`complete`.
    labels : N integers, optional
    tries : int
        For each sample; one is enough where no known pixel comes after a missing one.
    temperature : float
        As in :meth:`~tinygen.models.made.Autoregressive.sample`.

    Returns
    -------
    Tensor of shape (N * samples, channels, height, width)

    Raises
    ------
    ValueError, TypeError
        As for :func:`complete`.
    """
    _check(model, pictures, mask, samples)
    model.require(1, tries=tries)
    bits = tg.where(mask, 0.0, (pictures > 0.5).to(pictures.dtype))
    is_before = (tg.cumsum(mask.flatten(), 0) == 0).reshape(*mask.shape)
    is_after = ~(mask | is_before)
    if not is_after.any().item():
        tries = 1
    given = _repeated(bits, samples * tries)
    with evaluating(model):
        told = _repeated_labels(model, labels, len(bits), samples * tries)
        if labels is None and model.classes is not None:
            told = _likely_labels(model, bits, is_before, samples * tries)
        drawn = tg.cat(
            [
                model.complete(
                    given[part], mask=~mask, labels=_part(told, part), temperature=temperature
                )
                for part in _parts(len(given))
            ]
        )
        if tries > 1:
            drawn = drawn[_one_of_each(_log_prob(model, drawn, told, is_after), tries)]
    return tg.where(mask, drawn, _repeated(pictures, samples))


def _likely_labels(model: Autoregressive, bits: Tensor, counted: Tensor, each: int) -> Tensor:
    """Labels for each picture, drawn by what some of its pixels make of them: (N * each,)."""
    labels = [tg.full((len(bits),), label, dtype=tg.int64, device=bits.device)
              for label in range(model.classes or 0)]  # fmt: skip
    return _chosen(
        tg.stack([_log_prob(model, bits, told, counted) for told in labels], 1), each
    ).reshape(-1)


def _log_prob(
    model: Autoregressive, bits: Tensor, labels: Tensor | None, counted: Tensor
) -> Tensor:
    """The log-probability of some pixels, each given all before it: (N,)."""
    sums = []
    for part in _parts(len(bits)):
        logits = model(bits[part], _part(labels, part))
        nll = F.binary_cross_entropy_with_logits(logits, bits[part], reduction="none")
        sums.append(-tg.where(counted, nll, 0.0).sum((1, 2, 3)))
    return tg.cat(sums)


# ---- CNN -----------------------------------------------------------------------------------------


def complete_by_network(
    model: UNet, pictures: Tensor, mask: Tensor, labels: Any = None, samples: int = 1
) -> Tensor:
    """Complete pictures by a network that learned to do it, a context encoder.

    D. Pathak et al., "Context encoders: feature learning by inpainting" (2016), without the
    adversarial loss. It gives the mean of all that might have been there, which is blurred where
    much might; the same at every time.

    Parameters
    ----------
    model : UNet that learned to inpaint
    pictures, mask
        As for :func:`complete`.
    labels : None
    samples : int
        1: there is one answer.

    Returns
    -------
    Tensor of shape (N, channels, height, width)

    Raises
    ------
    ValueError, TypeError
        As for :func:`complete`, and if labels or more samples are asked for.
    """
    _check(model, pictures, mask, samples)
    model.known_labels(labels, len(pictures))
    if samples > 1:
        raise ValueError(
            f"a UNet gives the one answer that is best on average, not {samples} different ones: "
            "samples=1, or take a VAE, a GAN or a model that draws in order"
        )
    return model.restore(pictures, mask)


WAYS: dict[type[Model], Callable[..., Tensor]] = {
    VariationalAutoencoder: complete_by_gibbs,
    GAN: complete_by_search,
    Autoregressive: complete_in_order,
    UNet: complete_by_network,
}
"""How each kind of model completes pictures."""


# ---- without a model, and how good it is ---------------------------------------------------------


def mean_fill(pictures: Tensor, mask: Tensor, examples: np.ndarray) -> Tensor:
    """Complete pictures by the mean of others: the least that a model has to beat.

    Parameters
    ----------
    pictures, mask
        As for :func:`complete`.
    examples : uint8 array of shape (M, channels, height, width)
        Pictures of the same kind, such as a training set.

    Returns
    -------
    Tensor of the shape of ``pictures``
    """
    mean = tg.tensor(examples.mean(0) / 255, dtype=pictures.dtype, device=pictures.device)
    return tg.where(mask, mean, pictures)


def nearest_fill(pictures: Tensor, mask: Tensor, examples: np.ndarray) -> Tensor:
    """Complete each picture by that other one whose pixels are nearest to the known ones.

    Parameters
    ----------
    pictures, mask, examples
        As for :func:`mean_fill`.

    Returns
    -------
    Tensor of the shape of ``pictures``
    """
    asked = np.rint(pictures.numpy() * 255).astype(np.uint8)
    _, nearest = nearest_neighbours(_seen(asked, mask), _seen(examples, mask))
    found = examples[nearest[:, 0]] / 255
    return tg.where(mask, tg.tensor(found, dtype=pictures.dtype, device=pictures.device), pictures)


class Completeness(NamedTuple):
    """How good completions are, means over pictures.

    Attributes
    ----------
    psnr : float
        The peak signal-to-noise ratio in decibels, of the missing pixels only.
    recovered : float or None
        How often a classifier reads what the pictures show.
    """

    psnr: float
    recovered: float | None


def completeness(
    true: Tensor,
    completed: Tensor,
    mask: Tensor,
    labels: Any = None,
    judge: Classifier | None = None,
) -> Completeness:
    """Compare completed pictures with the true ones.

    Parameters
    ----------
    true, completed : float Tensor of shape (N, channels, height, width)
        From 0 to 1.
    mask : bool Tensor of shape (height, width)
        True where pixels were missing.
    labels : integer array of shape (N,), optional
        What the pictures show.
    judge : Classifier, optional
        One that had no part in it; needed with labels.

    Returns
    -------
    Completeness

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    ratio = float(psnr(true, completed, mask=mask))
    return Completeness(ratio, fidelity(true, completed, labels, judge).accuracy)


# ---- helpers -------------------------------------------------------------------------------------


def _check(model: Model, pictures: Tensor, mask: Tensor, samples: int) -> None:
    model.check_pictures(pictures)
    check_mask(mask, model.picture_shape)
    model.require(1, samples=samples)


def _repeated(pictures: Tensor, times: int) -> Tensor:
    """Each picture some times, then the next: (N, ...) to (N * times, ...)."""
    rest = pictures.shape[1:]
    return pictures.unsqueeze(1).expand(-1, times, *rest).reshape(-1, *rest)


def _repeated_labels(model: Model, labels: Any, count: int, times: int) -> Tensor | None:
    """Labels that a user gave, for pictures that are repeated."""
    known = model.known_labels(labels, count)
    return None if known is None else _repeated(known, times)


def _one_of_each(log_weights: Tensor, count: int) -> Tensor:
    """Of ``count`` rows for each of N pictures the place of one, drawn by their weights: (N,)."""
    chosen = _chosen(log_weights.reshape(-1, count), 1).squeeze(1)
    return tg.arange(len(chosen), device=chosen.device) * count + chosen


def _chosen(log_weights: Tensor, count: int) -> Tensor:
    """Places drawn from each row, with probabilities in proportion to its weights: (N, count)."""
    upper = tg.cumsum(F.softmax(log_weights, 1), 1)[:, :-1]  # the last is 1, up to rounding
    uniform = tg.rand(len(upper), count, dtype=log_weights.dtype, device=log_weights.device)
    return (upper.unsqueeze(1) <= uniform.unsqueeze(2)).sum(2)


def _parts(count: int) -> Iterator[slice]:
    return (slice(first, first + AT_ONCE) for first in range(0, count, AT_ONCE))


def _part(labels: Tensor | None, part: slice) -> Tensor | None:
    return None if labels is None else labels[part]


def _seen(pictures: np.ndarray, mask: Tensor) -> np.ndarray:
    """The known pixels of pictures, a row for each."""
    rows: np.ndarray = pictures[:, :, ~mask.numpy()]
    return rows.reshape(len(pictures), -1)


def _name(model: Model) -> str:
    return f"a UNet that learned {model.task!r}" if isinstance(model, UNet) else model.name
