# diagnosis: shape
import numpy as np


def code_report(mu, logvar):
    middles = mu.var(axis=1)
    return middles > 0.01, np.sqrt(np.exp(logvar).mean(axis=1) + middles)
