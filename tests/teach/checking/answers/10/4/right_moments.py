import numpy as np


def code_report(mu, logvar):
    middle = mu.mean(axis=0)
    variance = ((mu - middle) ** 2).mean(axis=0)
    return variance > 0.01, np.sqrt(variance + np.mean(np.exp(logvar), axis=0))
