"""Activations, one of them together with the bias before it.

CuPy has a kernel for every operation of an array; each reads its operands from memory and writes a
result, and memory is what an activation waits for. Here a chain of operations is one kernel.
"""

from __future__ import annotations

from tinygen.backend import Array, xp_of
from tinygen.fast.cuda.writing import C_TYPES, Elementwise

__all__ = [
    "bias_relu", "leaky_relu", "leaky_relu_backward", "relu", "relu_backward", "sigmoid",
    "sigmoid_backward", "softplus", "softplus_backward", "tanh_backward",
]  # fmt: skip

# A comparison with nan is false: these are written so that nan passes through, as in the plain ops.
RECTIFIERS = """
template <typename T> __device__ T rectified(T x) { return x <= 0 ? (T)0 : x; }

template <typename T> __device__ T leaky(T x, T slope)
{
    T scaled = x * slope;
    bool keeps = slope <= 1 ? x >= scaled : x <= scaled;  // the larger one, for a slope below 1
    return keeps ? x : scaled;
}
"""

RELU = Elementwise("relu", "T x", "T y", "y = rectified(x);", RECTIFIERS)

RELU_BACKWARD = Elementwise("relu_backward", "T grad, T y", "T to_x", "to_x = grad * (T)(y > 0);")

LEAKY_RELU = Elementwise("leaky_relu", "T x, T slope", "T y", "y = leaky(x, slope);", RECTIFIERS)

LEAKY_RELU_BACKWARD = Elementwise(
    "leaky_relu_backward",
    "T grad, T x, T slope",
    "T to_x",
    "to_x = grad * (T)(x > 0) + grad * slope * (T)(x <= 0);",
)

BIAS_RELU = Elementwise("bias_relu", "T x, T bias", "T y", "y = rectified(x + bias);", RECTIFIERS)

SIGMOID = Elementwise("sigmoid", "T x", "T y", "y = 1 / (1 + exp(-x));")

SIGMOID_BACKWARD = Elementwise(
    "sigmoid_backward", "T grad, T y", "T to_x", "to_x = grad * (y * (1 - y));"
)

TANH_BACKWARD = Elementwise("tanh_backward", "T grad, T y", "T to_x", "to_x = grad * (1 - y * y);")

# log(1 + exp(x)) with an exponent that is never positive, so that nothing overflows.
SOFTPLUS = Elementwise("softplus", "T x", "T y", "y = (x <= 0 ? (T)0 : x) + log1p(exp(-fabs(x)));")

SOFTPLUS_BACKWARD = Elementwise(
    "softplus_backward", "T grad, T x", "T to_x", "to_x = grad / (1 + exp(-x));"
)


def relu(x: Array) -> Array:
    """``max(x, 0)``."""
    return RELU.on(xp_of(x))(x)


def relu_backward(grad: Array, y: Array) -> Array:
    """The gradient of the input, from the output."""
    return RELU_BACKWARD.on(xp_of(grad))(grad, y)


def leaky_relu(x: Array, slope: float) -> Array:
    """``x`` where it is positive, ``slope * x`` elsewhere."""
    xp = xp_of(x)
    return LEAKY_RELU.on(xp)(x if x.dtype in C_TYPES else x * 1.0, slope)


def leaky_relu_backward(grad: Array, x: Array, slope: float) -> Array:
    """The gradient of the input, from the input."""
    return LEAKY_RELU_BACKWARD.on(xp_of(grad))(grad, x, slope)


def bias_relu(x: Array, bias: Array) -> Array:
    """``max(x + bias, 0)``, the bias in a shape that broadcasts."""
    return BIAS_RELU.on(xp_of(x))(x, bias)


def sigmoid(x: Array) -> Array:
    """``1 / (1 + exp(-x))``: 0 where exp overflows."""
    return SIGMOID.on(xp_of(x))(x)


def sigmoid_backward(grad: Array, y: Array) -> Array:
    """The gradient of the input, from the output."""
    return SIGMOID_BACKWARD.on(xp_of(grad))(grad, y)


def tanh_backward(grad: Array, y: Array) -> Array:
    """The gradient of the input, from the output."""
    return TANH_BACKWARD.on(xp_of(grad))(grad, y)


def softplus(x: Array) -> Array:
    """``log(1 + exp(x))``."""
    return SOFTPLUS.on(xp_of(x))(x)


def softplus_backward(grad: Array, x: Array) -> Array:
    """The gradient of the input, from the input."""
    return SOFTPLUS_BACKWARD.on(xp_of(grad))(grad, x)
