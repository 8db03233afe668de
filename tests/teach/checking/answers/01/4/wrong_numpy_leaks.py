# diagnosis: exception
import numpy as np


def mean_rows(x, lengths, xp):
    inside = np.arange(x.shape[1]) < lengths[:, None]
    return xp.where(inside, x, 0).sum(axis=1) / lengths.astype(x.dtype)
