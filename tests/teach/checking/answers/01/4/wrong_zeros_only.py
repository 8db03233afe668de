# diagnosis: all-by-length
def mean_rows(x, lengths, xp):
    return x.sum(axis=1) / lengths.astype(x.dtype)
