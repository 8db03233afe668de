# diagnosis: transposed-shape
import numpy as np


def linear_cross_entropy(x, weight, bias, labels):
    n = len(x)
    logits = x @ weight.T + bias
    shifted = logits - logits.max(1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    loss = -(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))[np.arange(n), labels].mean()
    delta = p.copy()
    delta[np.arange(n), labels] -= 1
    delta = delta / n
    return loss, delta @ weight, x.T @ delta, delta.sum(0)
