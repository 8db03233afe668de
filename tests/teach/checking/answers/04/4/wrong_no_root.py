# diagnosis: no-root
def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    squares = squares + gradient**2
    return theta - lr * gradient / (squares + eps), squares
