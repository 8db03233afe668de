# diagnosis: not-scaled
def directional_check(f, x, gradient, direction, h=1e-5):
    v = direction
    return (f(x + h * v) - f(x - h * v)) / (2 * h), (gradient * v).sum()
