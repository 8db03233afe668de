# diagnosis: no-start
def backward(result):
    for value in reversed(topological_order(result)):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share
