# diagnosis: unknown
def topological_order(result):
    order, waiting = [], [result]
    while waiting:
        value = waiting.pop(0)
        if value not in order:
            order.insert(0, value)
            waiting.extend(value.inputs)
    return order
