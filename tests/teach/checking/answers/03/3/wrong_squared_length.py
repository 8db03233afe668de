# diagnosis: squared-length
def directional_check(f, x, gradient, direction, h=1e-5):
    v = direction / (direction**2).sum()
    return (f(x + h * v) - f(x - h * v)) / (2 * h), (gradient * v).sum()
