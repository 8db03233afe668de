import numpy as np


def unbroadcast(grad, shape):
    new = grad.ndim - len(shape)
    letters = "abcdefgh"[: grad.ndim]
    kept = "".join(letter for letter, n in zip(letters[new:], shape, strict=True) if n != 1)
    return np.einsum(f"{letters}->{kept}", grad).reshape(shape)
