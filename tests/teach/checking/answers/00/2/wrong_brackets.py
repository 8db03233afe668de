# diagnosis: half-of-one
def blend(a, b):
    return a + b / 2
