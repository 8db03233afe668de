# diagnosis: gradient-passes-all
class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        if not self.training:
            return x
        return x * (u >= self.p).astype(x.dtype) / (1 - self.p)

    def backward(self, grad):
        return grad
