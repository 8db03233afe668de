"""Every number that decides how the fast kernels work, and why it has that value.

Nothing here changes a result beyond rounding. Times were measured on two processors (AMD EPYC,
Zen 5, with 1 MiB of L2 cache a core; Intel Xeon, Sapphire Rapids, with 2 MiB), two virtual cores
each; ``python -m tests.benchmarks`` measures yours.
"""

from __future__ import annotations

__all__ = [
    "ACTIVATION_STRIP", "CHANNEL_LINE", "CHUNK_BYTES", "CUDA_CLASSES_FOR_A_BLOCK",
    "CUDA_ELEMENTS_A_THREAD", "CUDA_MOST_BLOCKS", "FEW_CHANNELS", "FREE_MEMORY",
    "LARGEST_FROM_HEAP", "LOSS_STRIP", "LSTM_SHARED_STATE", "LSTM_STEPS_AT_ONCE",
    "PARALLEL_ELEMENTS", "PARALLEL_PRODUCT", "POOL_CHUNK", "PRODUCTS_APART", "SCRATCH_BYTES",
    "SHORT_RUN", "SMALL_ACTIVATION", "UPDATE_STRIP",
]  # fmt: skip

CHUNK_BYTES = 2 * 1024 * 1024
"""How much of an image-to-columns matrix, and of what is computed from it, exists at a time.
Smaller chunks mean many small products of matrices, larger ones do not fit into the cache: both
cost half as much again."""

SCRATCH_BYTES = 2 * CHUNK_BYTES
"""The largest array whose memory a thread keeps for the next call."""

SHORT_RUN = 16
"""Runs of fewer elements are not worth a copy each: see ``_as_matrix`` in ``windows.py``."""

FEW_CHANNELS = 4
"""Up to so many channels, a transposed convolution is quicker as one product and a sum of shifted
copies than as a convolution for each place between the windows."""

PARALLEL_ELEMENTS = 512 * 1024
"""From how many touched array elements on the work is shared among Python threads: handing over to
a thread costs some 50 microseconds, in which one core touches 200,000 to 400,000 elements."""

PRODUCTS_APART = 64
"""So many products of matrices after the last convolution, a network counts as one without any:
see :mod:`tinygen.fast.threads`. A training step of a convolutional network has fewer in a row."""

PARALLEL_PRODUCT = 64 * 64 * 64
"""From how many multiplications on BLAS uses its threads for a product of matrices."""

ACTIVATION_STRIP = 256 * 1024
"""Elements that an activation works on at a time. A quarter of it takes a fifth more time."""

SMALL_ACTIVATION = 16 * 1024
"""Activations of fewer elements use the plain formula: cutting into strips takes 3 microseconds."""

LOSS_STRIP = 64 * 1024
"""Elements that a loss works on at a time: its arrays then fit into the second cache together."""

CHANNEL_LINE = 16 * 1024
"""Elements up to which rows of pixels are joined to a line, onto which a vector with a number for
each channel is repeated: longer lines need fewer inner loops, but no longer fit into the cache that
is nearest to the core."""

LSTM_STEPS_AT_ONCE = 4
"""How many steps of an LSTM the gradient of its weights takes in one product: one at a time adds up
as many matrices as there are steps, all at once reads from memory what left the cache long ago."""

LSTM_SHARED_STATE = 8 * 1024
"""From how many elements in the state of an LSTM on (batch times hidden size) two threads share the
batch: the calls of a step are shorter than handing the interpreter over if there are fewer."""

UPDATE_STRIP = 64 * 1024
"""Elements of a parameter that an optimizer moves at a time: with its gradient, its moments and an
array to work in, they fit into the second cache."""

CUDA_CLASSES_FOR_A_BLOCK = 64
"""From how many classes on a block of 128 threads shares a row of logits. With fewer, most of them
have nothing to do; with many more, a single thread takes long for its row. (Not measured.)"""

CUDA_ELEMENTS_A_THREAD = 4
"""How many elements of the largest parameter a thread updates: the blocks of a launch are as many
for small parameters, where most then find nothing to do. (Not measured.)"""

CUDA_MOST_BLOCKS = 1024
"""The most blocks that update one parameter: several for each processor of any present GPU, so that
all of them are busy. (Not measured.)"""

POOL_CHUNK = 512 * 1024
"""Elements of the results of a pooling that are worked on at a time: with four times as many, the
taps that are compared no longer stay in the cache."""

FREE_MEMORY = 256 * 1024 * 1024
"""So much freed memory at the most is kept by the process for its next arrays."""

LARGEST_FROM_HEAP = 32 * 1024 * 1024
"""The largest array whose memory is kept when it is freed; glibc allows no more."""
