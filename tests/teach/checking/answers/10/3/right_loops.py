import numpy as np


def bernoulli_loss(logits, x):
    loss, slope = np.zeros(len(x), logits.dtype), np.zeros_like(logits)
    for n in range(len(x)):
        for d in range(x.shape[1]):
            a = logits[n, d]
            if a > 0:
                small = np.exp(-a)
                loss[n] += np.log1p(small) + a * (1 - x[n, d])
                slope[n, d] = 1 / (1 + small) - x[n, d]
            else:
                small = np.exp(a)
                loss[n] += np.log1p(small) - a * x[n, d]
                slope[n, d] = small / (1 + small) - x[n, d]
    return loss, slope
