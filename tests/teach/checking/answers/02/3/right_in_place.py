def backward(result):
    result.grad += 1
    order = topological_order(result)
    while order:
        value = order.pop()
        for source, share in value.shares(value.grad):
            source.grad += share
