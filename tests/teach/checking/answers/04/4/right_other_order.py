def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    total = gradient * gradient + squares
    divisor = total**0.5 + eps
    return theta - gradient / divisor * lr, total
