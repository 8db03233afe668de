# diagnosis: unknown
def negative(pictures):
    return 255 - pictures
