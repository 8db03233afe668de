# diagnosis: nothing-returned
import numpy as np


def code_report(mu, logvar):
    middles = mu.var(axis=0)
    print(middles > 0.01, np.sqrt(np.exp(logvar).mean(axis=0) + middles))
