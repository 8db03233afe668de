def blend(a, b):
    return a + 0.5 * (b - a)
