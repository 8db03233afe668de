# diagnosis: exception
import numpy as np


def mean_rows(x, lengths, xp):
    inside = xp.arange(x.shape[1]) < lengths[:, None]
    return np.sum(xp.where(inside, x, 0), axis=1) / lengths.astype(x.dtype)
