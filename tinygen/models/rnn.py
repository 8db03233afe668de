"""Recurrent networks that read pictures row by row: a classifier and a generator.

A still picture has no time; the order of its rows takes that place.
"""

from __future__ import annotations

from collections.abc import Sequence

from tinygen.autograd import no_grad
from tinygen.models.base import Shape
from tinygen.models.cnn import Classifier
from tinygen.models.made import Autoregressive, MaskedNetwork, as_rows, bernoulli_means
from tinygen.nn import LSTM, Dense, Module, init
from tinygen.nn import functional as F
from tinygen.ops.elementwise import where
from tinygen.ops.shape import cat, stack
from tinygen.tensors import Tensor, empty, zeros_like

__all__ = ["RowGenerator", "RowLSTM"]


class RowLSTM(Classifier):
    """An LSTM that reads a picture row by row, from the top, and says in the end what it shows.

    A row's pixels are the features of one step. The logits are a dense layer of the last hidden
    state of the last layer. Training wants the norm of the gradients clipped, at 1 or so.

    It takes pixels as they are, from 0 to 1, and standardizes them itself by what it was told of
    the training pictures; so its checkpoint is all that is needed to use it.

    Parameters
    ----------
    classes : int
        How many logits it gives.
    units : int
        The size of the hidden state.
    layers : int
        Each reads the whole sequence of states of the one before.
    picture_shape : tuple of int
        Channels, height and width; the channels of a row are interleaved, pixel by pixel.
    mean, std : float, or sequence of one float for each channel
        Of the training pixels: (x - mean) / std goes into the first layer.

    Raises
    ------
    ValueError
        If a size is not positive, or a standard deviation.

    Examples
    --------
    >>> import tinygen as tg
    >>> RowLSTM()(tg.rand(5, 1, 28, 28)).shape
    (5, 10)
    """

    name = "row-lstm"

    def __init__(
        self,
        classes: int = 10,
        units: int = 128,
        layers: int = 1,
        picture_shape: Shape = (1, 28, 28),
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__(picture_shape, mean, std)
        channels, _, width = picture_shape
        self.lstm = LSTM(width * channels, units, layers, batch_first=True)
        start_remembering(self.lstm)
        self.output = Dense(units, classes)

    def forward_features(self, images: Tensor) -> Tensor:
        """Return the hidden state after the last row; gradients flow.

        Parameters
        ----------
        images : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, units)
        """
        return self._states(images)[:, -1]

    def predict_by_rows(self, pictures: Tensor) -> Tensor:
        """Return what it believes after each row.

        Parameters
        ----------
        pictures : float Tensor of shape (N, channels, height, width)
            From 0 to 1.

        Returns
        -------
        Tensor of shape (N, height, classes)
            Probabilities; those after the last row are :meth:`predict_proba`'s.

        Raises
        ------
        ValueError, TypeError
            If they are not this model's pictures.
        """
        return self._in_chunks(lambda part: F.softmax(self.output(self._states(part)), 2), pictures)

    def _states(self, images: Tensor) -> Tensor:
        """The hidden state of the last layer after each row: (N, height, units)."""
        states, _ = self.lstm(as_rows((images - self.mean) / self.std))
        return states


def start_remembering(lstm: LSTM) -> None:
    """Give an LSTM initial weights with which gradients reach far back.

    The forget gates begin open, with a bias of 1 (F. A. Gers et al., "Learning to forget", 2000;
    R. Jozefowicz et al., "An empirical exploration of recurrent network architectures", 2015), and
    the recurrent weights of each gate orthogonal (A. M. Saxe et al., 2014).

    Parameters
    ----------
    lstm : LSTM
        Of one direction; changed in place.
    """
    size = lstm.hidden_size
    with no_grad():
        for layer in range(lstm.num_layers):
            recurrent = getattr(lstm, f"weight_hh_l{layer}")
            recurrent.copy_(cat([init.orthogonal_(empty(size, size)) for _ in range(lstm.gates)]))
            for name, bias in (("bias_ih", 1.0), ("bias_hh", 0.0)):  # the two are added
                getattr(lstm, f"{name}_l{layer}")[size : 2 * size] = bias


class RowGenerator(Autoregressive):
    """An LSTM that has read the rows above says what the next row looks like.

    ``p(x) = prod_t p(row_t | h_t)``, where the state h_t has read the rows before (a row of zeros
    before the first), and the label of a conditional model with each. Within a row the head

    - ``"independent"`` gives each pixel a probability of its own, ``prod_j p(x_j | h_t)``;
    - ``"made"`` lets each pixel also depend on those to its left, ``prod_j p(x_j | x_<j, h_t)``, by
      a :class:`~tinygen.models.made.MaskedNetwork` with the state as its condition.

    Training wants the norm of the gradients clipped, at 1 or so.

    Parameters
    ----------
    units : int
        The size of the hidden state.
    layers : int
        Of the LSTM.
    head : {"made", "independent"}
    head_units : int
        Hidden units of the head, if it is ``"made"``.
    classes : int, optional
        Make the model conditional, on labels of so many classes.
    picture_shape : tuple of int
        Channels, height and width. The channels of a row are interleaved, pixel by pixel, and
        each value is a bit of its own.
    binarize : bool
        Training draws pixels from the grey values at each step; otherwise it expects binary
        pictures.

    Raises
    ------
    ValueError
        If there is no such head, or a size is not positive.

    Examples
    --------
    >>> import tinygen as tg
    >>> model = RowGenerator(classes=10)
    >>> model.sample(2, labels=[3, 8]).shape
    (2, 1, 28, 28)
    """

    name = "row-generator"

    def __init__(
        self,
        units: int = 200,
        layers: int = 1,
        head: str = "made",
        head_units: int = 100,
        classes: int | None = None,
        picture_shape: Shape = (1, 28, 28),
        binarize: bool = True,
    ) -> None:
        super().__init__(picture_shape, classes, binarize)
        if head not in ("made", "independent"):
            raise ValueError(f"RowGenerator: head is 'made' or 'independent', got {head!r}")
        self.lstm = LSTM(self.row_size + (classes or 0), units, layers, batch_first=True)
        start_remembering(self.lstm)
        self.head: Module
        if head == "made":
            self.head = MaskedNetwork(self.row_size, [head_units], condition=units)
        else:
            self.head = IndependentPixels(self.row_size, condition=units)

    def row_logits(self, rows: Tensor, condition: Tensor | None) -> Tensor:
        before = cat([zeros_like(rows[:, :1]), rows[:, :-1]], 1)
        states, _ = self.lstm(_joined(before, condition))
        return self.head(rows, states)

    def draw_rows(
        self,
        rows: Tensor,
        known: Tensor,
        noise: Tensor,
        condition: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        drawn, means = [zeros_like(rows[:, 0])], []
        memory = None
        for row in range(rows.shape[1]):
            before = _joined(drawn[-1].unsqueeze(1), condition)
            states, memory = self.lstm(before, memory)
            values, probabilities = self.head.draw(
                rows[:, row], known[row], noise[:, row], states[:, 0], temperature
            )
            drawn.append(values)
            means.append(probabilities)
        return stack(drawn[1:], 1), stack(means, 1)


class IndependentPixels(Module):
    """A logit for each of several values, from a condition only.

    It is called as :class:`~tinygen.models.made.MaskedNetwork` is.

    Parameters
    ----------
    size : int
        How many values.
    condition : int
        Numbers in the condition.
    """

    def __init__(self, size: int, condition: int) -> None:
        super().__init__()
        self.output = Dense(condition, size)

    def forward(self, values: Tensor, condition: Tensor) -> Tensor:
        return self.output(condition)

    def draw(
        self, values: Tensor, known: Tensor, noise: Tensor, condition: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Draw the values that are not known, as :meth:`MaskedNetwork.draw` does."""
        means = bernoulli_means(self.output(condition), temperature)
        drawn = (noise < means).to(values.dtype)
        return where(known, values, drawn), means


def _joined(rows: Tensor, condition: Tensor | None) -> Tensor:
    """Rows with the condition at the end of each: (N, T, row_size + classes)."""
    if condition is None:
        return rows
    count, steps, _ = rows.shape
    return cat([rows, condition.unsqueeze(1).expand(count, steps, condition.shape[1])], 2)
