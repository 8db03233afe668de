# diagnosis: deviation-against-threshold
import numpy as np


def code_report(mu, logvar):
    return np.std(mu, axis=0) > 0.01, np.sqrt(np.exp(logvar).mean(axis=0) + mu.var(axis=0))
