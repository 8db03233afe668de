# diagnosis: not-finite
import numpy as np


def linear_cross_entropy(x, weight, bias, labels):
    n = len(x)
    logits = x @ weight.T + bias
    shifted = logits
    p = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    loss = -np.log(p[np.arange(n), labels]).mean()
    delta = p.copy()
    delta[np.arange(n), labels] -= 1
    delta = delta / n
    return loss, delta @ weight, delta.T @ x, delta.sum(0)
