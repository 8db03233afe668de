def mean_rows(x, lengths, xp):
    weights = xp.zeros(x.shape, dtype=x.dtype)
    weights[xp.arange(x.shape[1])[None] < lengths[:, None]] = 1
    weights = weights / weights.sum(axis=1, keepdims=True)
    return xp.einsum("nt,nt->n", x, weights)
