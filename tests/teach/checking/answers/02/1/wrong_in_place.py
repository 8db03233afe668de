# diagnosis: changed-argument
class Rules:
    @staticmethod
    def mul(grad, y, a, b):
        to_b = grad * a
        grad *= b
        return grad, to_b

    @staticmethod
    def exp(grad, y, a):
        return (grad * y,)
