# diagnosis: shape
import numpy as np


def bernoulli_loss(logits, x):
    p = np.exp(-np.logaddexp(0, -logits))
    return np.logaddexp(0, logits) - logits * x, p - x
