# diagnosis: shape
def mean_rows(x, lengths, xp):
    inside = xp.arange(x.shape[1]) < lengths[:, None]
    total = xp.where(inside, x, 0).sum(axis=1)
    return total / lengths[:, None].astype(x.dtype)
