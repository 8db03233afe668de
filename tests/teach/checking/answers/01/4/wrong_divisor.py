# diagnosis: divided-by-all
def mean_rows(x, lengths, xp):
    inside = xp.arange(x.shape[1]) < lengths[:, None]
    return xp.where(inside, x, 0).mean(axis=1)
