"""Are the gradients right? The rules of ops against finite differences.

A derivative is the slope of a number, so the outputs are first multiplied by a random covector:
one that a rule cannot please by chance, as a vector of ones would please a softmax whose rule is
wrong. Each entry of a small input is moved by ``eps`` to either side; a large input is moved
along random directions. The two one-sided slopes also show where a function has a kink and no
derivative at all: there the inputs are moved a little and the check is repeated.

Run it in float64. In float32 the differences drown in rounding.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygen import autograd, backend
from tinygen.backend import Array
from tinygen.backend.random import Noise, get_rng_state, set_rng_state
from tinygen.tensors import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

FEW = 400  # an input with more entries than this is moved along random directions
DIRECTIONS = 12
TRIES = 5  # points to try before a kink is reported
NUDGE = 1000.0  # times eps: how far the inputs are moved away from a kink


class GradcheckError(RuntimeError):
    """A gradient differs from the slope of its function."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    fast_mode: bool = False,
    seed: int = 0,
) -> bool:
    """Compare the gradients of a function with central differences.

    A gradient passes if it differs from the slope by at most ``atol + rtol * size``, where
    ``size`` is the larger of the two.

    Parameters
    ----------
    func : callable
        Takes the inputs and returns a Tensor or a sequence of them; those that require no
        gradient are left out. It must give the same result for the same inputs; tinygen's own
        random numbers (dropout) are replayed at each call and so may be used.
    inputs : Tensor or sequence
        The arguments of ``func``. Tensors that require a gradient are checked and must be
        float64; anything else is passed as it is. Nothing is changed.
    eps : float
        How far to move.
    atol, rtol : float
        The absolute and the relative tolerance.
    raise_exception : bool
        Raise where a gradient is wrong; otherwise return False.
    fast_mode : bool
        Use random directions for small inputs, too.
    seed : int
        Of the covector, the directions and the nudges.

    Returns
    -------
    bool
        Whether all gradients are right.

    Raises
    ------
    GradcheckError
        If a gradient is wrong: it names the input and the entry, both values and their
        relative error.
    TypeError, ValueError
        If an input to check, or an output, is not float64, or there is nothing to check.

    Examples
    --------
    >>> import tinygen as tg
    >>> x = tg.randn(2, 3, dtype="float64", requires_grad=True)
    >>> tg.gradcheck(tg.tanh, x)
    True
    """
    given = _listed(inputs)
    check = _Check(func, given, eps, atol, rtol, fast_mode, Noise(seed))
    return _verdict(check, "gradcheck", [f"input {n}" for n in range(len(given))], raise_exception)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    fast_mode: bool = False,
    seed: int = 0,
) -> bool:
    """Compare the second derivatives of a function with central differences of the first.

    The gradient is itself a function, of the inputs and of ``grad_outputs``: it is what
    :func:`gradcheck` is then applied to. Also, a rule must give the same gradient whether or not
    it is being recorded for a second derivative.

    Parameters
    ----------
    func, inputs
        As in :func:`gradcheck`.
    grad_outputs : Tensor or sequence of Tensor, optional
        What the gradient starts from, one for each output that requires a gradient; random
        if not given.
    eps, atol, rtol, raise_exception, fast_mode, seed
        As in :func:`gradcheck`.

    Returns
    -------
    bool
        Whether all second derivatives are right.

    Raises
    ------
    GradcheckError, TypeError, ValueError
        As :func:`gradcheck`.
    """
    given, noise = _listed(inputs), Noise(seed)
    checked = _to_check(given)
    with _replayed():
        outputs = _differentiable(func(*given))
    covectors = _listed(grad_outputs) if grad_outputs is not None else [
        _like(output, noise).requires_grad_() for output in outputs
    ]  # fmt: skip

    def gradient(*arguments: Any, create_graph: bool = True) -> tuple[Any, ...]:
        values, seeds = arguments[: len(given)], arguments[len(given) :]
        return autograd.grad(
            _differentiable(func(*values)), checked, seeds, create_graph=create_graph,
            materialize_grads=True,
        )  # fmt: skip

    arguments = (*given, *covectors)
    check = _Check(gradient, arguments, eps, atol, rtol, fast_mode, noise)
    names = [f"input {n}" for n in range(len(given))]
    names += [f"grad_outputs {n}" for n in range(len(covectors))]
    with _replayed():
        recorded = gradient(*arguments)
    with _replayed():
        plain = gradient(*arguments, create_graph=False)
    for number, (one, other) in enumerate(zip(plain, recorded, strict=True)):
        apart = abs(one.data - other.data) > atol + rtol * abs(one.data)
        if bool(apart.any()):
            if not raise_exception:
                return False
            raise GradcheckError(
                f"gradgradcheck: the gradient of differentiable input {number} (shape "
                f"{one.shape}) is another under create_graph: a rule does not compute the same "
                "with Tensors as with arrays"
            )
    return _verdict(check, "gradgradcheck", names, raise_exception)


class _Slope(NamedTuple):
    """What was found along one direction of one input."""

    numeric: float
    analytic: float
    error: float  # in units of what is tolerated
    has_kink: bool


class _Fault(NamedTuple):
    """The worst entry of all, and how many are wrong with it."""

    number: int  # of the input
    place: tuple[int, ...]
    slope: _Slope
    wrong: int
    tested: int


class _Check:
    """One function, its inputs, and the number whose slopes are compared."""

    def __init__(
        self,
        func: Callable[..., Any],
        inputs: Sequence[Any],
        eps: float,
        atol: float,
        rtol: float,
        fast_mode: bool,
        noise: Noise,
    ) -> None:
        self.func, self.inputs, self.noise = func, inputs, noise
        self.eps, self.atol, self.rtol = eps, atol, rtol
        self.few = 0 if fast_mode else FEW
        self.checked = _to_check(inputs)
        self.base: list[Array] = []
        self.covectors: list[Array] = []

    def worst(self) -> _Fault | None:
        """The worst fault, at these inputs or, if a kink is there, at others near by."""
        original = [x.data for x in self.checked]
        fault = None
        try:
            for _ in range(TRIES):
                fault = self._worst_here()
                if fault is None or not fault.slope.has_kink:
                    break
                for x in self.checked:
                    x.data = self._nudged(x)
        finally:
            for x, data in zip(self.checked, original, strict=True):
                x.data = data
        return fault

    def _worst_here(self) -> _Fault | None:
        """The worst fault at these inputs; one beside a kink only if there is no other."""
        gradients = self._analytic()
        faults = []
        for number, x, gradient in zip(self._numbers(), self.checked, gradients, strict=True):
            found, tested = [], 0
            for flat, direction in self._directions(x):
                tested += 1
                slope = self._slope(x, direction, gradient)
                if not slope.error <= 1:  # a NaN is a fault, too
                    found.append((flat, direction, slope))
            for flat, direction, slope in found:
                if flat is None:
                    flat, slope = self._narrowed(x, direction, gradient)
                place = _place(flat, x.shape)
                faults.append(_Fault(number, place, slope, len(found), tested))
        smooth = [fault for fault in faults if not fault.slope.has_kink]
        return max(smooth or faults, key=lambda fault: _order(fault.slope.error), default=None)

    def _numbers(self) -> list[int]:
        """The places of the checked inputs among all."""
        return [n for n, x in enumerate(self.inputs) if _is_checked(x)]

    def _analytic(self) -> list[Array]:
        """The gradients of the outputs times a random covector, by the rules."""
        outputs = self._outputs()
        for number, output in enumerate(outputs):
            if output.dtype != np.float64:
                raise TypeError(
                    f"gradcheck: output {number} is {output.dtype}: the function must stay in "
                    "float64, or rounding hides its slope"
                )
        self.base, again = self._values(), self._values()
        if any(bool((a != b).any()) for a, b in zip(self.base, again, strict=True)):
            finite = all(bool((a == a).all()) for a in self.base)
            cause = "gives other values for the same inputs" if finite else "gives NaN"
            raise ValueError(f"gradcheck: the function {cause}: it cannot be compared")
        if not self.covectors:
            self.covectors = [_like(output, self.noise).data for output in outputs]
        seeds = [Tensor(covector) for covector in self.covectors]
        found = autograd.grad(outputs, self.checked, seeds, materialize_grads=True)
        return [gradient.data for gradient in found]

    def _outputs(self) -> list[Tensor]:
        with _replayed(), autograd.enable_grad():
            return _differentiable(self.func(*self.inputs))

    def _values(self) -> list[Array]:
        return [output.data.copy() for output in self._outputs()]

    def _directions(self, x: Tensor) -> Iterator[tuple[int | None, Array]]:
        """Each entry of a small input with its place, or random directions of a large one."""
        size = x.numel()
        if size > self.few:
            for _ in range(DIRECTIONS):
                yield None, _like(x, self.noise).data
        else:
            for flat in range(size):
                yield flat, _unit(x, flat)

    def _slope(self, x: Tensor, direction: Array, gradient: Array) -> _Slope:
        """The slope along a direction, by differences and by the rule."""
        terms = gradient * direction
        analytic = float(terms.sum())
        right, left = self._one_sided(x, direction, self.eps)
        numeric = (right + left) / 2
        size = max(abs(numeric), float((terms * terms).sum()) ** 0.5)
        distance = abs(numeric - analytic)
        error = distance / (self.atol + self.rtol * size)
        has_kink = False
        if error > 1:
            closer_right, closer_left = self._one_sided(x, direction, self.eps / 2)
            closer = (closer_right + closer_left) / 2
            doubt = max(abs(right - left), abs(closer_right - closer_left), abs(numeric - closer))
            has_kink = doubt > distance / 2
        return _Slope(numeric, analytic, error, has_kink)

    def _one_sided(self, x: Tensor, direction: Array, step: float) -> tuple[float, float]:
        """The slopes to the right and to the left."""
        return self._change(x, direction, step) / step, -self._change(x, direction, -step) / step

    def _change(self, x: Tensor, direction: Array, step: float) -> float:
        """How much the outputs times the covector grow with a step."""
        before = x.data
        x.data = backend.of(before).asarray(before + step * direction)  # NumPy makes 0-d a scalar
        try:
            moved = self._values()
        finally:
            x.data = before
        terms = zip(self.covectors, moved, self.base, strict=True)
        return float(sum([float((v * (new - old)).sum()) for v, new, old in terms]))

    def _narrowed(self, x: Tensor, direction: Array, gradient: Array) -> tuple[int, _Slope]:
        """The entry to blame for a wrong slope: the worse half of the entries, and so on."""
        low, high = 0, x.numel()
        while high - low > 1:
            middle = (low + high) // 2
            halves = [_part(direction, low, middle), _part(direction, middle, high)]
            first, second = (_order(self._slope(x, half, gradient).error) for half in halves)
            low, high = (low, middle) if first >= second else (middle, high)
        return low, self._slope(x, _unit(x, low), gradient)

    def _nudged(self, x: Tensor) -> Array:
        """The values moved a little, each by another amount, to the left or to the right."""
        amount = NUDGE * self.eps * _like(x, self.noise).data
        return backend.of(x.data).asarray(x.data + amount)


def _verdict(check: _Check, title: str, names: Sequence[str], raise_exception: bool) -> bool:
    """Whether a check passes; if not, say where and by how much."""
    fault = check.worst()
    if fault is None:
        return True
    if not raise_exception:
        return False
    numeric, analytic, _, has_kink = fault.slope
    relative = abs(numeric - analytic) / max(abs(numeric), abs(analytic), 1e-300)
    x = check.inputs[fault.number]
    message = (
        f"{title}: the gradient of {names[fault.number]} (shape {x.shape}) is wrong, worst at "
        f"index {fault.place}: numeric {numeric:.10g}, analytic {analytic:.10g}, relative error "
        f"{relative:.2g}; {fault.wrong} of {fault.tested} slopes differ. These are slopes of the "
        "outputs times a random covector"
    )
    if has_kink:
        message += (
            f". Note: the slopes to the left and to the right differ, also at {TRIES} points "
            "near by: the function has kinks or jumps there and no derivative"
        )
    raise GradcheckError(message)


def _listed(values: Any) -> tuple[Any, ...]:
    return (values,) if isinstance(values, Tensor) else tuple(values)


def _is_checked(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _to_check(inputs: Sequence[Any]) -> list[Tensor]:
    """The inputs that require a gradient, all in float64."""
    for number, x in enumerate(inputs):
        if _is_checked(x) and x.dtype != np.float64:
            raise TypeError(
                f"gradcheck: input {number} is {x.dtype}, but differences need float64: make it "
                "with dtype='float64', or convert it (and the module) with .double()"
            )
    checked = [x for x in inputs if _is_checked(x)]
    if not checked:
        raise ValueError(
            "gradcheck: no input requires a gradient, so there is nothing to check: make one "
            "with requires_grad=True"
        )
    return checked


def _differentiable(outputs: Any) -> list[Tensor]:
    """The outputs that require a gradient."""
    found = [y for y in _listed(outputs) if _is_checked(y)]
    if not found:
        raise ValueError(
            "gradcheck: no output requires a gradient: is there a detach(), a .data or a "
            "no_grad() between the inputs and the outputs?"
        )
    return found


@contextlib.contextmanager
def _replayed() -> Iterator[None]:
    """Put tinygen's random numbers back to where they were."""
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


def _like(x: Tensor, noise: Noise) -> Tensor:
    """Normal numbers in the shape and place of a tensor, the same on every device."""
    return Tensor(backend.of(x.data).asarray(noise.normal(x.shape, np.float64)))


def _unit(x: Tensor, flat: int) -> Array:
    """The direction of one entry."""
    direction = backend.of(x.data).xp.zeros(x.numel(), np.float64)
    direction[flat] = 1.0
    return direction.reshape(x.shape)


def _part(direction: Array, low: int, high: int) -> Array:
    """A direction in which only the entries from ``low`` to ``high`` move."""
    flat = backend.of(direction).xp.zeros(direction.size, np.float64)
    flat[low:high] = direction.reshape(-1)[low:high]
    return flat.reshape(direction.shape)


def _place(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of an entry, from its number in C order."""
    place = []
    for length in reversed(shape):
        flat, along = divmod(flat, length)
        place.append(along)
    return tuple(reversed(place))


def _order(error: float) -> float:
    """An error to compare by: NaN is worst."""
    return error if error == error else float("inf")
