# diagnosis: sign
class Rules:
    @staticmethod
    def mul(grad, y, a, b):
        return -grad * b, -grad * a

    @staticmethod
    def exp(grad, y, a):
        return (-grad * y,)
