# diagnosis: no-grad
class Rules:
    @staticmethod
    def mul(grad, y, a, b):
        return b, a

    @staticmethod
    def exp(grad, y, a):
        return (y,)
