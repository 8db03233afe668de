# diagnosis: swapped
class Rules:
    @staticmethod
    def mul(grad, y, a, b):
        return grad * a, grad * b

    @staticmethod
    def exp(grad, y, a):
        return (grad * y,)
