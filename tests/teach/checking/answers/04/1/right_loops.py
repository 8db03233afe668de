import numpy as np


def linear_cross_entropy(x, weight, bias, labels):
    n, k = len(x), len(weight)
    loss = 0.0
    dx, dweight, dbias = np.zeros_like(x), np.zeros_like(weight), np.zeros_like(bias)
    for row in range(n):
        logits = np.array([(x[row] * weight[c]).sum() + bias[c] for c in range(k)], x.dtype)
        largest = logits.max()
        total = np.exp(logits - largest).sum()
        loss += (largest + np.log(total) - logits[labels[row]]) / n
        for c in range(k):
            delta = (np.exp(logits[c] - largest) / total - (c == labels[row])) / n
            dx[row] += delta * weight[c]
            dweight[c] += delta * x[row]
            dbias[c] += delta
    return loss, dx, dweight, dbias
