# diagnosis: averaged
def unbroadcast(grad, shape):
    grad = grad.mean(axis=tuple(range(grad.ndim - len(shape))))
    ones = tuple(i for i, length in enumerate(shape) if length == 1)
    return grad.mean(axis=ones, keepdims=True)
