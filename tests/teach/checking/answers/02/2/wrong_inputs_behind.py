# diagnosis: too-early-no-memory
def topological_order(result):
    order = [result]
    for value in result.inputs:
        order.extend(topological_order(value))
    return order
