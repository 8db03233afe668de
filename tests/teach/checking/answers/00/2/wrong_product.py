# diagnosis: unknown
def blend(a, b):
    return a * b
