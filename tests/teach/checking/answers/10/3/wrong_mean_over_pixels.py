# diagnosis: factor
import numpy as np


def bernoulli_loss(logits, x):
    loss = np.logaddexp(0, logits) - logits * x
    p = np.exp(-np.logaddexp(0, -logits))
    return loss.mean(axis=1), (p - x) / x.shape[1]
