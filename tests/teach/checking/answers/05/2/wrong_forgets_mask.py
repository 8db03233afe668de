# diagnosis: exception
class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        mask = (u >= self.p).astype(x.dtype) / (1 - self.p)
        return x * mask if self.training else x

    def backward(self, grad):
        return grad * self.mask
