# diagnosis: softmax-twice
import numpy as np


def linear_cross_entropy(x, weight, bias, labels):
    n = len(x)
    logits = x @ weight.T + bias
    logits = np.exp(logits - logits.max(1, keepdims=True))
    logits = logits / logits.sum(1, keepdims=True)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    loss = -np.log(p[np.arange(n), labels]).mean()
    delta = p.copy()
    delta[np.arange(n), labels] -= 1
    delta /= n
    return loss, delta @ weight, delta.T @ x, delta.sum(0)
