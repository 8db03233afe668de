# diagnosis: first-axis
def unbroadcast(grad, shape):
    if grad.shape != shape:
        grad = grad.sum(axis=0)
    return grad
