# diagnosis: dtype
class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        if not self.training:
            return x
        self.mask = (u >= self.p) / (1 - self.p)
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask if self.training else grad
