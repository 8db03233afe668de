"""Functions of each element: arithmetic, powers, exponentials, comparisons, choices.

Each op is a class with its value (``forward``) and its derivative (``backward``), and a function
to call it by. Shapes broadcast as in NumPy; the engine sums a gradient back to its operand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tinygen import backend
from tinygen.autograd import Function, Variable
from tinygen.backend import Array

if TYPE_CHECKING:
    from tinygen.tensors import Tensor

__all__ = [
    "abs", "add", "bitwise_and", "bitwise_not", "bitwise_or", "clamp", "cos", "div", "eq", "erf",
    "exp", "expm1", "floor", "ge", "gt", "isfinite", "isinf", "isnan", "le", "log", "log1p",
    "logical_and", "logical_not", "logical_or", "lt", "masked_fill", "maximum", "minimum", "mul",
    "ne", "neg", "pow", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sin", "sqrt", "square",
    "sub", "tanh", "to", "where",
]  # fmt: skip

Ctx = Any
Number = float | int


# ---- arithmetic ------------------------------------------------------------------------------


class Add(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        return a + b

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return grad, grad


class Sub(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        return a - b

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        _, to_b = ctx.edges  # None where no gradient is wanted
        return grad, -grad if to_b else None


class Mul(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        a, b = ctx.saved_tensors
        to_a, to_b = ctx.edges
        return grad * b if to_a else None, grad * a if to_b else None


class Div(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        ctx.save_for_backward(a, b)
        return a / b

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        a, b = ctx.saved_tensors
        to_a, to_b = ctx.edges
        return grad / b if to_a else None, -grad * a / (b * b) if to_b else None


class Neg(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        return -x

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return -grad


class Power(Function):
    """``x ** n`` for a number ``n``."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, exponent: Number) -> Array:
        ctx.exponent = exponent
        ctx.save_for_backward(x)
        return x**exponent

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        n = ctx.exponent
        if n == 0:  # constant, even at x = 0 where n * x ** (n - 1) is 0 * inf
            return grad * 0
        return grad * n if n == 1 else grad * (n * x ** (n - 1))


class TensorPower(Function):
    """``a ** b`` for two tensors, or a number to the power of a tensor."""

    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        y = a**b
        ctx.save_for_backward(a, b, y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        a, b, y = ctx.saved_tensors
        needs_a, needs_b = ctx.needs_input_grad
        to_a = grad * b * a ** (b - 1) if needs_a else None
        if not needs_b:
            return to_a, None
        if isinstance(a, (float, int)):
            return to_a, grad * y * math.log(a) if a > 0 else grad * 0
        safe = where(a > 0, a, 1.0)  # 0 ** b does not move with b
        return to_a, where(a > 0, grad * y * log(safe), 0.0)


def add(input: Tensor, other: Any, *, alpha: Number = 1) -> Tensor:
    """``input + alpha * other``."""
    return Add.apply(input, other if alpha == 1 else mul(other, alpha))


def sub(input: Tensor, other: Any, *, alpha: Number = 1) -> Tensor:
    """``input - alpha * other``."""
    return Sub.apply(input, other if alpha == 1 else mul(other, alpha))


def mul(input: Tensor, other: Any) -> Tensor:
    """``input * other``."""
    return Mul.apply(input, other)


def div(input: Tensor, other: Any) -> Tensor:
    """``input / other``; integers give float32."""
    return Div.apply(input, other)


def neg(input: Tensor) -> Tensor:
    """``-input``."""
    return Neg.apply(input)


def pow(input: Any, exponent: Any) -> Tensor:
    """``input ** exponent``; either may be a number.

    The derivative with respect to the exponent is taken as 0 where the base is 0.
    """
    if isinstance(exponent, (float, int)):
        return Power.apply(input, exponent)
    return TensorPower.apply(input, exponent)


# ---- functions of one variable ---------------------------------------------------------------


class Exp(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        y = ctx.xp.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return grad * y


class Expm1(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        y = ctx.xp.expm1(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return grad * (y + 1)


class Log(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        ctx.save_for_backward(x)
        return ctx.xp.log(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad / x


class Log1p(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        ctx.save_for_backward(x)
        return ctx.xp.log1p(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad / (1 + x)


class Sqrt(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        y = ctx.xp.sqrt(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return grad / (2 * y)


class Sin(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        ctx.save_for_backward(x)
        return ctx.xp.sin(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad * cos(x)


class Cos(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        ctx.save_for_backward(x)
        return ctx.xp.cos(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return -grad * sin(x)


class Tanh(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        y = ctx.xp.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return grad - grad * (y * y)


class Sigmoid(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        xp = ctx.xp
        no_overflow = -88.0 if x.dtype.itemsize == 4 else -709.0  # log of the largest float
        y = xp.maximum(x, no_overflow, out=xp.empty_like(x))  # 1 / (1 + exp(-x)), in one place
        xp.negative(y, out=y)
        xp.exp(y, out=y)
        y += 1
        xp.divide(1, y, out=y)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (y,) = ctx.saved_tensors
        return grad * (y * (1 - y))


class Erf(Function):
    needs_floats = True

    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        ctx.save_for_backward(x)
        return backend.of(x).erf(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad * (2 / math.sqrt(math.pi) * exp(-x * x))


class Abs(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array) -> Array:
        ctx.save_for_backward(x)
        return ctx.xp.abs(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad * sign(x)


def exp(input: Tensor) -> Tensor:
    """e to the power of each element."""
    return Exp.apply(input)


def expm1(input: Tensor) -> Tensor:
    """``exp(input) - 1``, exact for small inputs."""
    return Expm1.apply(input)


def log(input: Tensor) -> Tensor:
    """Natural logarithm."""
    return Log.apply(input)


def log1p(input: Tensor) -> Tensor:
    """``log(1 + input)``, exact for small inputs."""
    return Log1p.apply(input)


def sqrt(input: Tensor) -> Tensor:
    """Square root; its derivative at 0 is infinite."""
    return Sqrt.apply(input)


def rsqrt(input: Tensor) -> Tensor:
    """``1 / sqrt(input)``."""
    return pow(input, -0.5)


def reciprocal(input: Tensor) -> Tensor:
    """``1 / input``."""
    return pow(input, -1.0)


def square(input: Tensor) -> Tensor:
    """``input ** 2``."""
    return pow(input, 2)


def sin(input: Tensor) -> Tensor:
    """Sine of radians."""
    return Sin.apply(input)


def cos(input: Tensor) -> Tensor:
    """Cosine of radians."""
    return Cos.apply(input)


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return Tanh.apply(input)


def sigmoid(input: Tensor) -> Tensor:
    """``1 / (1 + exp(-input))``, accurate at both ends."""
    return Sigmoid.apply(input)


def erf(input: Tensor) -> Tensor:
    """The error function, ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0."""
    return Erf.apply(input)


def abs(input: Tensor) -> Tensor:
    """Absolute value; its derivative at 0 is taken as 0."""
    return Abs.apply(input)


# ---- choosing --------------------------------------------------------------------------------


class Maximum(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        ctx.save_for_backward(a, b)
        return ctx.xp.maximum(a, b)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        a, b = ctx.saved_tensors
        return _shared(grad, a, b)


class Minimum(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, a: Array, b: Array) -> Array:
        ctx.save_for_backward(a, b)
        return ctx.xp.minimum(a, b)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        a, b = ctx.saved_tensors
        return _shared(grad, -a, -b)


def _shared(grad: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """The gradient goes to the larger operand; equal ones get half each."""
    to_a = grad * (a > b) * 0.5 + grad * (a >= b) * 0.5
    return to_a, grad - to_a


class Clamp(Function):
    @staticmethod
    def forward(ctx: Ctx, x: Array, low: Number | None, high: Number | None) -> Array:
        ctx.low, ctx.high = low, high
        ctx.save_for_backward(x)
        return ctx.xp.clip(x, low, high)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        if ctx.low is not None:
            grad = grad * (x >= ctx.low)
        if ctx.high is not None:
            grad = grad * (x <= ctx.high)
        return grad


class Where(Function):
    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, condition: Array, a: Array, b: Array) -> Array:
        ctx.condition = condition
        return ctx.xp.where(condition, a, b)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        condition = ctx.condition
        return None, where(condition, grad, 0.0), where(condition, 0.0, grad)


class To(Function):
    sets_dtype = True

    @staticmethod
    def forward(ctx: Ctx, x: Array, dtype: Any) -> Array:
        ctx.before = x.dtype
        return x.astype(dtype)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return to(grad, ctx.before)


def maximum(input: Tensor, other: Any) -> Tensor:
    """The larger of each pair; where they are equal each gets half of the gradient."""
    return Maximum.apply(input, other)


def minimum(input: Tensor, other: Any) -> Tensor:
    """The smaller of each pair; where they are equal each gets half of the gradient."""
    return Minimum.apply(input, other)


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Each element moved into ``[min, max]``; outside it the gradient is 0.

    Parameters
    ----------
    input : Tensor
    min, max : float or Tensor, optional
        The bounds; None for no bound.

    Raises
    ------
    ValueError
        If both bounds are missing.
    """
    if min is None and max is None:
        raise ValueError("clamp: give min, max or both")
    if not (isinstance(min, Variable) or isinstance(max, Variable)):
        return Clamp.apply(input, min, max)
    above = input if min is None else maximum(input, min)
    return above if max is None else minimum(above, max)


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """``input`` where the condition holds, ``other`` elsewhere.

    Parameters
    ----------
    condition : Tensor of bool
    input, other : Tensor or float
        The gradient of the one not chosen is 0, whatever its value: but compute it from safe
        inputs, since 0 times an infinity upstream is NaN.
    """
    return Where.apply(condition, input, other)


def masked_fill(input: Tensor, mask: Tensor, value: Number) -> Tensor:
    """``value`` where ``mask`` is True, ``input`` elsewhere."""
    return where(mask, float(value), input)


def to(input: Tensor, dtype: Any) -> Tensor:
    """The same values in another dtype."""
    return To.apply(input, dtype)


# ---- without a gradient ----------------------------------------------------------------------


class _Flat(Function):
    """A step function: its derivative is 0 wherever there is one."""

    @staticmethod
    def forward(ctx: Ctx, x: Array, name: str) -> Array:
        return getattr(ctx.xp, name)(x)

    @staticmethod
    def backward(ctx: Ctx, grad: Any) -> Any:
        return grad * 0


class _Compare(Function):
    """A comparison or a logical function: booleans or integers, without a gradient."""

    mixes_dtypes = True

    @staticmethod
    def forward(ctx: Ctx, *operands: Array, name: str) -> Array:
        return getattr(ctx.xp, name)(*operands)


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1; the gradient is 0."""
    return _Flat.apply(input, "sign")


def floor(input: Tensor) -> Tensor:
    """The next integer below; the gradient is 0."""
    return _Flat.apply(input, "floor")


def round(input: Tensor) -> Tensor:
    """The nearest integer, halves to even; the gradient is 0."""
    return _Flat.apply(input, "rint")


def eq(input: Tensor, other: Any) -> Tensor:
    """``input == other``, elementwise."""
    return _Compare.apply(input, other, name="equal")


def ne(input: Tensor, other: Any) -> Tensor:
    """``input != other``, elementwise."""
    return _Compare.apply(input, other, name="not_equal")


def lt(input: Tensor, other: Any) -> Tensor:
    """``input < other``, elementwise."""
    return _Compare.apply(input, other, name="less")


def le(input: Tensor, other: Any) -> Tensor:
    """``input <= other``, elementwise."""
    return _Compare.apply(input, other, name="less_equal")


def gt(input: Tensor, other: Any) -> Tensor:
    """``input > other``, elementwise."""
    return _Compare.apply(input, other, name="greater")


def ge(input: Tensor, other: Any) -> Tensor:
    """``input >= other``, elementwise."""
    return _Compare.apply(input, other, name="greater_equal")


def isnan(input: Tensor) -> Tensor:
    """Which elements are NaN."""
    return _Compare.apply(input, name="isnan")


def isinf(input: Tensor) -> Tensor:
    """Which elements are infinite."""
    return _Compare.apply(input, name="isinf")


def isfinite(input: Tensor) -> Tensor:
    """Which elements are neither NaN nor infinite."""
    return _Compare.apply(input, name="isfinite")


def bitwise_and(input: Tensor, other: Any) -> Tensor:
    """``input & other`` of integers or booleans."""
    return _Compare.apply(input, other, name="bitwise_and")


def bitwise_or(input: Tensor, other: Any) -> Tensor:
    """``input | other`` of integers or booleans."""
    return _Compare.apply(input, other, name="bitwise_or")


def bitwise_not(input: Tensor) -> Tensor:
    """``~input`` of integers or booleans."""
    return _Compare.apply(input, name="bitwise_not")


def logical_and(input: Tensor, other: Any) -> Tensor:
    """Which elements are true in both."""
    return _Compare.apply(input, other, name="logical_and")


def logical_or(input: Tensor, other: Any) -> Tensor:
    """Which elements are true in either."""
    return _Compare.apply(input, other, name="logical_or")


def logical_not(input: Tensor) -> Tensor:
    """Which elements are false."""
    return _Compare.apply(input, name="logical_not")
