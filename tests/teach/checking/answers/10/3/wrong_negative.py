# diagnosis: swapped-colours
import numpy as np


def bernoulli_loss(logits, x):
    loss = np.logaddexp(0, -logits) * (1 - x) + np.logaddexp(0, logits) * x
    p = np.exp(-np.logaddexp(0, -logits))
    return loss.sum(axis=1), p - 1 + x
