# diagnosis: shape
def unbroadcast(grad, shape):
    return grad.sum(axis=1, keepdims=True) if len(shape) == grad.ndim else grad.sum(axis=0)
