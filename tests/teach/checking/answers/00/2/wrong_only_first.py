# diagnosis: only-first
def blend(a, b):
    half = a / 2
    b = b / 2
    return half
