# diagnosis: whole-rows
def mean_rows(x, lengths, xp):
    return xp.mean(x, axis=1)
