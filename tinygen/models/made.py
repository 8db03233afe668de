"""MADE, a masked autoencoder that gives pictures a likelihood, and what it shares with others.

An autoregressive model writes the probability of a picture as a product over its pixels, each
given those before it; so it can be computed exactly, and pictures are drawn pixel by pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tinygen.autograd import no_grad
from tinygen.backend.random import Noise
from tinygen.models.base import Model, Numbers, Shape
from tinygen.nn import Dense, Module, ModuleList
from tinygen.nn import functional as F
from tinygen.ops.elementwise import floor, sigmoid
from tinygen.ops.indexing import index_select
from tinygen.ops.noise import bernoulli
from tinygen.ops.shape import cat, split, stack
from tinygen.tensors import Tensor, arange, as_tensor, float64, rand_like, zeros

__all__ = ["MADE", "Autoregressive", "MaskedDense", "MaskedNetwork", "as_rows", "bernoulli_means"]

Labels = Any
"""Class numbers: an integer Tensor, an array or a list."""

CHUNK = 500
"""How many pictures are classified together; it bounds the memory."""


# ---- the masked network ------------------------------------------------------------------------


class MaskedDense(Dense):
    """A fully connected layer some of whose connections are cut: ``x @ (weight * mask).T + bias``.

    Parameters
    ----------
    mask : Tensor of shape (out_features, in_features)
        1 or True where there is a connection, 0 where there is none.

    Attributes
    ----------
    mask : Buffer of the weight's shape and dtype
    """

    def __init__(self, mask: Tensor) -> None:
        out_features, in_features = mask.shape
        super().__init__(in_features, out_features)
        self.register_buffer("mask", mask.to(self.weight.dtype))

    def connections(self) -> Tensor:
        """Return the weight with zeros where connections are cut."""
        return self.weight * self.mask

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.connections(), self.bias)


class MaskedNetwork(Module):
    """A logit for each of several values, which depends on the values before it only.

    M. Germain et al., "MADE: masked autoencoder for distribution estimation" (2015,
    arXiv:1502.03509), sections 4.1 and 4.2. Each unit has a degree: how many of the first values
    it may see, directly or through others. It is connected to units of its own degree or less in
    the layer before; an output, the logit of value d, to units of less than degree d. The degrees
    of hidden units are drawn, uniformly from the least degree in the layer before to size - 1.

    A condition, if there is one, is joined without a mask to the first hidden layer and to the
    outputs (without the latter the first value could not depend on it).

    Parameters
    ----------
    size : int
        How many values.
    hidden : sequence of int
        The units of each hidden layer.
    condition : int
        Numbers in the condition; 0 for none.
    seed : int
        Of the degrees. They have a random stream of their own.
    """

    def __init__(self, size: int, hidden: Sequence[int], condition: int = 0, seed: int = 0) -> None:
        super().__init__()
        if len(hidden) == 0 or min(hidden) < 1:
            raise ValueError(
                f"a masked network needs hidden layers of at least one unit, such as [500], got "
                f"hidden={list(hidden)}"
            )
        values = arange(1, size + 1)
        degrees = [values, *_hidden_degrees(size, hidden, seed)]
        self.hidden = ModuleList(
            MaskedDense(to.unsqueeze(1) >= of) for of, to in zip(degrees, degrees[1:], strict=False)
        )
        self.output = MaskedDense(values.unsqueeze(1) > degrees[-1])
        if condition:
            self.condition_to_hidden = Dense(condition, hidden[0], bias=False)
            self.condition_to_output = Dense(condition, size, bias=False)

    def forward(self, values: Tensor, condition: Tensor | None = None) -> Tensor:
        """Compute all logits at once, of values that are known.

        Parameters
        ----------
        values : Tensor of shape (..., size)
        condition : Tensor of shape (..., condition), optional
            Needed if the network has one.

        Returns
        -------
        Tensor of shape (..., size)
        """
        first = self.hidden[0](values)
        if condition is not None:
            first = first + self.condition_to_hidden(condition)
        logits = self.output(self._last_hidden(first))
        return logits if condition is None else logits + self.condition_to_output(condition)

    def _last_hidden(self, first: Tensor) -> Tensor:
        """The last hidden units, from what goes into the first."""
        units = F.relu(first)
        for layer in list(self.hidden)[1:]:
            units = F.relu(layer(units))
        return units

    def draw(
        self,
        values: Tensor,
        known: Tensor,
        noise: Tensor,
        condition: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        """Draw the values that are not known, one after another.

        The product of all values with the first layer is not taken anew for each: a value adds
        its column of weights when it is known. Of the last layer one row is needed at a time.

        Parameters
        ----------
        values : Tensor of shape (N, size)
            0 where they are not known.
        known : bool Tensor of shape (size,)
        noise : Tensor of shape (N, size)
            Uniform from 0 to 1.
        condition : Tensor of shape (N, condition) or None
        temperature : float
            As in :func:`bernoulli_means`.

        Returns
        -------
        values : Tensor of shape (N, size)
            The known ones, and 0 or 1 for the others.
        means : Tensor of shape (N, size)
            The probabilities of a 1 by which those not known were drawn.
        """
        first = self.hidden[0](values)
        bias = self.output.bias.expand(len(values), -1)
        if condition is not None:
            first = first + self.condition_to_hidden(condition)
            bias = bias + self.condition_to_output(condition)
        columns, rows = self.hidden[0].connections().T, self.output.connections()
        drawn, means = [], []
        for place, is_known in enumerate(known.tolist()):
            at = slice(place, place + 1)
            value = mean = values[:, at]
            if not is_known:
                logit = F.linear(self._last_hidden(first), rows[at]) + bias[:, at]
                mean = bernoulli_means(logit, temperature)
                value = (noise[:, at] < mean).to(values.dtype)
                first = first + value * columns[place]
            drawn.append(value)
            means.append(mean)
        return cat(drawn, 1), cat(means, 1)


def _hidden_degrees(size: int, hidden: Sequence[int], seed: int) -> Iterator[Tensor]:
    """The degrees of the units of each hidden layer."""
    chance, least = Noise(seed), min(1, size - 1)
    for units in hidden:
        uniform = Tensor(chance.uniform((units,), float64))
        degrees = floor(uniform * (size - least)) + least
        least = int(degrees.min().item())
        yield degrees


def bernoulli_means(logits: Tensor, temperature: float) -> Tensor:
    """Return the probabilities of a 1 at a temperature: ``sigmoid(logits / temperature)``.

    Parameters
    ----------
    logits : Tensor
    temperature : float
        1 for the model's own probabilities, less for likelier values. At the limit, 0, they are 0
        or 1: the likelier value for certain.

    Returns
    -------
    Tensor of the shape of ``logits``
    """
    if temperature == 0:
        return (logits > 0).to(logits.dtype)
    return sigmoid(logits / temperature)


# ---- autoregressive models ---------------------------------------------------------------------


class Autoregressive(Model):
    """What models share that give each pixel a probability of being 1, given those before it.

    The order is that of reading, row by row. The channels of a colour picture are interleaved:
    each pixel is followed by its other channels, so a row has width * channels values, and each of
    them is a bit of its own.

    Parameters
    ----------
    picture_shape : tuple of int
        Channels, height and width.
    classes : int, optional
        Make the model conditional: it learns the pictures of each class, by their labels.
    binarize : bool
        Training draws each pixel anew at every step, 1 with its grey value as the probability, so
        that grey pictures can be learned from. Otherwise it expects binary pictures.
    """

    def __init__(self, picture_shape: Shape, classes: int | None, binarize: bool) -> None:
        super().__init__(picture_shape)
        if classes is not None and classes < 1:
            raise ValueError(
                f"{type(self).__name__}: classes is how many there are, or None for an "
                f"unconditional model, got {classes}"
            )
        self.classes, self.binarize = classes, binarize
        self.row_size = self.picture_shape[2] * self.picture_shape[0]

    # ---- what each kind of model defines -----------------------------------------------------

    def row_logits(self, rows: Tensor, condition: Tensor | None) -> Tensor:
        """Compute the logit of each value, given those before it.

        Parameters
        ----------
        rows : Tensor of shape (N, height, width * channels)
        condition : Tensor of shape (N, classes) or None
            One-hot labels.

        Returns
        -------
        Tensor of the shape of ``rows``
        """
        raise NotImplementedError(f"{type(self).__name__} must define row_logits")

    def draw_rows(
        self,
        rows: Tensor,
        known: Tensor,
        noise: Tensor,
        condition: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        """Draw the values that are not known, as :meth:`MaskedNetwork.draw` does.

        Parameters
        ----------
        rows : Tensor of shape (N, height, width * channels)
            0 where they are not known.
        noise : Tensor of shape (N, height, width * channels)
            Uniform from 0 to 1.
        known : bool Tensor of shape (height, width * channels)
        condition : Tensor of shape (N, classes) or None
        temperature : float

        Returns
        -------
        rows, means : Tensor of the shape of ``rows``
        """
        raise NotImplementedError(f"{type(self).__name__} must define draw_rows")

    # ---- likelihood --------------------------------------------------------------------------

    def forward(self, pictures: Tensor, labels: Labels | None = None) -> Tensor:
        """Logits of the pixels being 1, each given those before it.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            Binary.
        labels : integers of shape (N,), optional
            Which a conditional model needs.

        Returns
        -------
        Tensor of the shape of ``pictures``
        """
        condition = self.condition(labels, len(pictures))
        return self._as_pictures(self.row_logits(as_rows(pictures), condition))

    def log_prob(self, pictures: Tensor, labels: Labels | None = None) -> Tensor:
        """Return the log-probability of binary pictures, in nats; gradients flow.

        ``log p(x) = sum_i log p(x_i | x_1 ... x_(i-1))``, and given the label, if there is one.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            Of 0 and 1 only.
        labels : integers of shape (N,), optional
            Which a conditional model needs.

        Returns
        -------
        Tensor of shape (N,)

        Raises
        ------
        ValueError, TypeError
            If the pictures are not this model's or not binary, or the labels do not fit.
        """
        self.check_pictures(pictures)
        self._check_binary(pictures)
        return -self._nll(pictures, labels)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Numbers]:
        """Return minus the mean log-probability of a batch, in nats, and in bits per dimension."""
        pictures, labels = batch
        if self.binarize:
            pictures = bernoulli(pictures)
        nll = self._nll(pictures, None if self.classes is None else labels).mean()
        bits = nll.detach() / (math.log(2) * math.prod(self.picture_shape))
        return nll, {"nll": nll.detach(), "bits_per_dim": bits}

    def _nll(self, pictures: Tensor, labels: Labels | None) -> Tensor:
        logits = self(pictures, labels)
        return F.binary_cross_entropy_with_logits(logits, pictures, reduction="none").sum((1, 2, 3))

    # ---- pictures ----------------------------------------------------------------------------

    def sample(
        self,
        n: int,
        labels: Labels | None = None,
        temperature: float = 1.0,
        means: bool = False,
    ) -> Tensor:
        """Draw pictures, with the noise of :func:`tinygen.manual_seed`.

        Parameters
        ----------
        n : int
        labels : integers of shape (n,), optional
            What a conditional model draws; by default the classes in turn, 0, 1, 2, ...
        temperature : float
            Divides the logits: below 1 pictures are likelier and less varied, at 0 each pixel
            takes its likelier value.
        means : bool
            Return each pixel's probability of being 1, given the pixels drawn before it, instead
            of the pixels: greys, which look smoother.

        Returns
        -------
        Tensor of shape (n, channels, height, width)
            Of 0 and 1, unless ``means``.

        Raises
        ------
        ValueError, TypeError
            If the labels do not fit, or the temperature is negative.
        """
        self.require(1, n=n)
        if labels is None and self.classes is not None:
            labels = [place % self.classes for place in range(n)]
        some = next(self.parameters())
        rows = zeros(n, self.picture_shape[1], self.row_size, dtype=some.dtype, device=some.device)
        drawn, probabilities = self._drawn(rows, self._known(rows=0), labels, temperature)
        return self._as_pictures(probabilities if means else drawn)

    def complete(
        self,
        pictures: Tensor,
        rows: int | None = None,
        mask: Tensor | None = None,
        labels: Labels | None = None,
        samples: int = 1,
        temperature: float = 1.0,
    ) -> Tensor:
        """Keep a part of pictures exactly, and draw the rest.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            Of 0 and 1 only, where they are known.
        rows : int, optional
            How many of the first rows are known. The rest is drawn from the model's distribution
            given these.
        mask : bool Tensor of shape (height, width) or (channels, height, width), optional
            Instead of ``rows``: True where pixels are known. Each pixel is drawn given all before
            it; it cannot know of known pixels that come after it.
        labels : integers of shape (N,), optional
            Which a conditional model needs.
        samples : int
            How many completions of each picture.
        temperature : float
            As in :meth:`sample`.

        Returns
        -------
        Tensor of shape (N * samples, channels, height, width)
            All of the first picture, then all of the second, and so on.

        Raises
        ------
        ValueError, TypeError
            If the pictures are not this model's, or the other arguments do not fit.
        """
        self.check_pictures(pictures)
        known = self._known(rows, mask).to(pictures.device)
        given = as_rows(pictures) * known
        self._check_binary(given)
        self.require(1, samples=samples)
        places = [place for place in range(len(pictures)) for _ in range(samples)]
        index = as_tensor(places, device=pictures.device)
        labels = self.known_labels(labels, len(pictures))
        if labels is not None:
            labels = index_select(labels, 0, index)
        drawn, _ = self._drawn(index_select(given, 0, index), known, labels, temperature)
        return self._as_pictures(drawn)

    def _known(self, rows: int | None = None, mask: Tensor | None = None) -> Tensor:
        """Which values of the rows are known: of shape (height, width * channels)."""
        name, (channels, height, width) = f"{type(self).__name__}.complete", self.picture_shape
        if (rows is None) == (mask is None):
            raise ValueError(f"{name} wants to know what is known: give either rows or a mask")
        if rows is not None:
            if not 0 <= rows <= height:
                raise ValueError(f"{name}: rows is from 0 to {height}, got {rows}")
            return (arange(height) < rows).unsqueeze(1).expand(height, self.row_size)
        assert mask is not None
        if mask.dtype.kind != "b":
            raise TypeError(f"{name}: a mask is bool, True where known, got {mask.dtype}: mask > 0")
        if tuple(mask.shape) not in (self.picture_shape, (height, width)):
            raise ValueError(
                f"{name}: a mask has shape {(height, width)} or {self.picture_shape}, for all "
                f"pictures, got {tuple(mask.shape)}"
            )
        return as_rows(mask.expand(1, channels, height, width))[0]

    @no_grad()
    def _drawn(
        self, rows: Tensor, known: Tensor, labels: Labels | None, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Draw the values that are not known, and give the probabilities of a 1 besides."""
        if not temperature >= 0:
            raise ValueError(
                f"{type(self).__name__}: the temperature divides the logits, it is 0 or more, got "
                f"{temperature}"
            )
        condition = self.condition(labels, len(rows))
        known = known.to(rows.device)
        return self.draw_rows(rows, known, rand_like(rows), condition, temperature)

    def _as_pictures(self, rows: Tensor) -> Tensor:
        """(N, height, width * channels) -> (N, channels, height, width)."""
        channels, height, width = self.picture_shape
        return rows.reshape(-1, height, width, channels).permute(0, 3, 1, 2)

    # ---- classes -----------------------------------------------------------------------------

    def predict(self, pictures: Tensor) -> Tensor:
        """Return the class that each binary picture most probably belongs to.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            Of 0 and 1 only.

        Returns
        -------
        int64 Tensor of shape (N,)

        Raises
        ------
        ValueError, TypeError
            If the model is not conditional, or the pictures are not its own or not binary.
        """
        return self.predict_proba(pictures).argmax(1)

    @no_grad()
    def predict_proba(self, pictures: Tensor) -> Tensor:
        """Return the probability of each class, given a binary picture, by Bayes' rule.

        ``p(y | x) = p(x | y) / sum_k p(x | k)``, if all classes are equally probable beforehand.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            Of 0 and 1 only.

        Returns
        -------
        Tensor of shape (N, classes)
            Rows that add up to 1.

        Raises
        ------
        ValueError, TypeError
            As for :meth:`predict`.
        """
        if self.classes is None:
            raise ValueError(
                f"this {type(self).__name__} is unconditional, it knows no classes: make one with "
                "classes=10"
            )
        self.check_pictures(pictures)
        self._check_binary(pictures)
        return cat([self._posterior(part, self.classes) for part in split(pictures, CHUNK)])

    def _posterior(self, pictures: Tensor, classes: int) -> Tensor:
        nll = [self._nll(pictures, [label] * len(pictures)) for label in range(classes)]
        return F.softmax(-stack(nll, 1), 1)

    def _check_binary(self, pictures: Tensor) -> None:
        with no_grad():
            greys = int(((pictures != 0) & (pictures != 1)).sum().item())
        if greys:
            raise ValueError(
                f"{type(self).__name__} takes binary pictures, of 0 and 1 only, got {greys} greys: "
                "draw bits by tg.bernoulli(pictures), or cut them, (pictures > 0.5).float()"
            )


def as_rows(pictures: Tensor) -> Tensor:
    """Return pictures as sequences of their rows, the channels interleaved.

    Parameters
    ----------
    pictures : Tensor of shape (N, channels, height, width)

    Returns
    -------
    Tensor of shape (N, height, width * channels)
    """
    count, channels, height, width = pictures.shape
    return pictures.permute(0, 2, 3, 1).reshape(count, height, width * channels)


class MADE(Autoregressive):
    """A masked autoencoder: one pass gives all pixels' probabilities, each given those before it.

    M. Germain et al., "MADE: masked autoencoder for distribution estimation" (2015,
    arXiv:1502.03509), with the pixels in reading order and one mask; see :class:`MaskedNetwork`.
    A picture is drawn in as many steps as it has pixels.

    Parameters
    ----------
    hidden : sequence of int
        The units of each hidden layer.
    classes : int, optional
        Make the model conditional, on labels of so many classes.
    picture_shape : tuple of int
        Channels, height and width; channels are interleaved (see :class:`Autoregressive`).
    binarize : bool
        Training draws pixels from the grey values at each step; otherwise it expects binary
        pictures.
    seed : int
        Of the mask.

    Raises
    ------
    ValueError
        If there is no hidden layer, or no class.

    Examples
    --------
    >>> import tinygen as tg
    >>> model = MADE(hidden=[32], picture_shape=(1, 4, 4))
    >>> model.log_prob(model.sample(5)).shape
    (5,)
    """

    name = "made"

    def __init__(
        self,
        hidden: Sequence[int] = (500,),
        classes: int | None = None,
        picture_shape: Shape = (1, 28, 28),
        binarize: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(picture_shape, classes, binarize)
        self.network = MaskedNetwork(math.prod(picture_shape), hidden, classes or 0, seed)

    def row_logits(self, rows: Tensor, condition: Tensor | None) -> Tensor:
        return self.network(rows.flatten(1), condition).reshape(rows.shape)

    def draw_rows(
        self,
        rows: Tensor,
        known: Tensor,
        noise: Tensor,
        condition: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        drawn, means = self.network.draw(
            rows.flatten(1), known.flatten(), noise.flatten(1), condition, temperature
        )
        return drawn.reshape(rows.shape), means.reshape(rows.shape)
