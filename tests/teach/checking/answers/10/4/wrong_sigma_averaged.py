# diagnosis: sigma-averaged
import numpy as np


def code_report(mu, logvar):
    sigma = np.exp(logvar / 2).mean(axis=0)
    return mu.var(axis=0) > 0.01, np.sqrt(sigma**2 + mu.var(axis=0))
