def mean_rows(x, lengths, xp):
    inside = (lengths.reshape(-1, 1) > xp.arange(x.shape[1])).astype(x.dtype)
    return (x * inside).sum(axis=1) / inside.sum(axis=1)
