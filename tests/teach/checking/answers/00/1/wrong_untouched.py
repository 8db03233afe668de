# diagnosis: unchanged
def negative(pictures):
    return pictures
