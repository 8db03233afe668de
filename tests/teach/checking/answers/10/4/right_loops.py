import numpy as np


def code_report(mu, logvar):
    active, spread = [], []
    for d in range(mu.shape[1]):
        variance = np.var(mu[:, d])
        active.append(bool(variance > 0.01))
        spread.append((variance + np.exp(logvar[:, d]).mean()) ** 0.5)
    return np.array(active), np.array(spread, mu.dtype)
