# diagnosis: raise-left-in
class Dropout:
    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        self.mask = 1
        if self.training:
            self.mask = (u >= self.p).astype(x.dtype) / (1 - self.p)
        return x * self.mask

    def backward(self, grad):
        raise NotImplementedError("05.2: fill in Dropout")
