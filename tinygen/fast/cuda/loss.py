"""Losses and their slopes in one pass.

What a loss needs of its logits, its gradient needs too. So a kernel writes both: the loss of each
sample, and its *slope*, the derivative with respect to each logit, which backward only has to
multiply with the gradient that arrives.
"""

from __future__ import annotations

import math

import numpy as np

from tinygen.backend import Array, xp_of
from tinygen.fast.choices import CUDA_CLASSES_FOR_A_BLOCK
from tinygen.fast.cuda.writing import Elementwise, Raw

__all__ = ["bce_with_logits", "cross_entropy"]

# softplus(x) - x t, whose slope is sigmoid(x) - t.
BCE_WITH_LOGITS = Elementwise(
    "bce_with_logits",
    "T x, T target",
    "T loss, T slope",
    """
    T small = exp(-fabs(x));  // never overflows
    loss = (x <= 0 ? (T)0 : x) - x * target + log1p(small);
    slope = (x <= 0 ? small : (T)1) / (1 + small) - target;
    """,
)

# log(sum of exp(logits)) - logits[label], whose slope is softmax(logits) less 1 at the label. A
# label counts 1, or 0 if it is to be ignored, or nan if it does not exist: a kernel cannot raise.
# A thread has all the classes of one sample and one position. Those of a sample lie `positions`
# apart, so neighbouring threads read neighbours where there are several positions.
CROSS_ENTROPY = Elementwise(
    "cross_entropy",
    "raw T logits, int64 label, int64 classes, int64 positions, int64 ignored",
    "T loss, T counts, raw T slopes",
    """
    ptrdiff_t first = i / positions * classes * positions + i % positions;
    T largest = logits[first];
    for (ptrdiff_t k = 1; k < classes; k++) {
        T logit = logits[first + k * positions];
        if (logit > largest) largest = logit;
    }
    T sum = 0;
    for (ptrdiff_t k = 0; k < classes; k++) sum += exp(logits[first + k * positions] - largest);

    bool ignore = label == ignored, exists = 0 <= label && label < classes;
    counts = ignore ? (T)0 : exists ? (T)1 : sqrt((T)-1);  // nan
    T at_label = logits[first + (exists ? label : 0) * positions];
    loss = ignore ? (T)0 : counts * (log(sum) + largest - at_label);
    for (ptrdiff_t k = 0; k < classes; k++) {
        T probability = exp(logits[first + k * positions] - largest) / sum;
        slopes[first + k * positions] = ignore ? (T)0 : counts * (probability - (T)(k == label));
    }
    """,
)

# The same for a row of many classes: a block of threads for each row. Thread t takes the classes
# t, t + THREADS, t + 2 THREADS and so on, so that neighbours read neighbours; then all of them
# combine what they found, in pairs, and each writes the slopes of its own classes.
CROSS_ENTROPY_ROWS = Raw(
    "tinygen_cross_entropy_rows",
    """
// One number from all threads of the block: their sum or the largest. Half of the numbers are
// combined with the other half until one is left. Nobody may read before all have written, nor
// write before all have read: at __syncthreads() each thread waits for all others.
__device__ real combined(real mine, bool as_sum, real *shared)
{
    shared[threadIdx.x] = mine;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) {
            real here = shared[threadIdx.x], there = shared[threadIdx.x + half];
            shared[threadIdx.x] = as_sum ? here + there : (there > here ? there : here);
        }
        __syncthreads();
    }
    real result = shared[0];
    __syncthreads();
    return result;
}

extern "C" __global__ void tinygen_cross_entropy_rows(
    const real *logits, const long long *labels, long long classes, long long ignored,
    real *losses, real *counts, real *slopes)
{
    __shared__ real shared[THREADS];  // memory that the threads of this block have in common
    const real *row = logits + blockIdx.x * classes;
    long long label = labels[blockIdx.x];
    bool ignore = label == ignored, exists = 0 <= label && label < classes;
    real count = ignore ? (real)0 : exists ? (real)1 : sqrt((real)-1);  // nan

    real largest = row[0];
    for (long long k = threadIdx.x; k < classes; k += THREADS)
        if (row[k] > largest) largest = row[k];
    largest = combined(largest, false, shared);

    real sum = 0;
    for (long long k = threadIdx.x; k < classes; k += THREADS) sum += exp(row[k] - largest);
    sum = combined(sum, true, shared);

    real *slope = slopes + blockIdx.x * classes;
    for (long long k = threadIdx.x; k < classes; k += THREADS)
        slope[k] = ignore ? (real)0 : count * (exp(row[k] - largest) / sum - (real)(k == label));
    if (threadIdx.x == 0) {
        real loss = count * (log(sum) + largest - row[exists ? label : 0]);
        losses[blockIdx.x] = ignore ? (real)0 : loss;
        counts[blockIdx.x] = count;
    }
}
""",
    threads=128,
)


def bce_with_logits(x: Array, target: Array) -> tuple[Array, Array]:
    """``softplus(x) - x * target`` and its derivative by ``x``, for each element."""
    return BCE_WITH_LOGITS.on(xp_of(x))(x, target)


def cross_entropy(logits: Array, labels: Array, ignored: int) -> tuple[Array, Array, Array]:
    """Minus the log-probability of each label, and its derivative by all logits.

    Parameters
    ----------
    logits : array of shape (N, K) or (N, K, ...)
    labels : array of int64 of shape (N,) or (N, ...)
        One outside of 0..K-1 gives nan.
    ignored : int
        Labels of this number have the loss 0 and the slope 0.

    Returns
    -------
    losses, counts : array of the labels' shape
        A label that counts is 1, an ignored one 0, one that does not exist nan.
    slopes : array of the logits' shape
    """
    xp, classes = xp_of(logits), logits.shape[1]
    losses, counts = (xp.empty(labels.shape, logits.dtype) for _ in range(2))
    slopes = xp.empty(logits.shape, logits.dtype)
    if logits.ndim == 2 and classes >= CUDA_CLASSES_FOR_A_BLOCK:
        arguments = (
            xp.ascontiguousarray(logits), xp.ascontiguousarray(labels), np.int64(classes),
            np.int64(ignored), losses, counts, slopes,
        )  # fmt: skip
        CROSS_ENTROPY_ROWS.launch(xp, (len(logits),), logits.dtype, arguments)
        return losses, counts, slopes
    positions = math.prod(logits.shape[2:])
    CROSS_ENTROPY.on(xp)(logits, labels, classes, positions, ignored, losses, counts, slopes)
    return losses, counts, slopes
