# diagnosis: slope-by-probability
import numpy as np


def bernoulli_loss(logits, x):
    loss = np.logaddexp(0, logits) - logits * x
    p = np.exp(-np.logaddexp(0, -logits))
    return loss.sum(axis=1), (p - x) * p * (1 - p)
