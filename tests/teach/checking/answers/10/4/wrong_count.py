# diagnosis: shape
import numpy as np


def code_report(mu, logvar):
    middles = mu.var(axis=0)
    return (middles > 0.01).sum(), np.sqrt(np.exp(logvar).mean(axis=0) + middles)
