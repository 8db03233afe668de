# diagnosis: factor
def blend(a, b):
    return a + b
