# diagnosis: unscaled
class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        self.kept = (u >= self.p).astype(x.dtype)
        return x * self.kept if self.training else x

    def backward(self, grad):
        return grad * self.kept if self.training else grad
