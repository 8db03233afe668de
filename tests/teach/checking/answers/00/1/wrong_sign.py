# diagnosis: negated
def negative(pictures):
    return -pictures
