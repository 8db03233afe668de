# diagnosis: too-early
import numpy as np


def backward(result):
    result.grad = np.ones_like(result.data)

    def visit(value):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share
            visit(source)

    visit(result)
