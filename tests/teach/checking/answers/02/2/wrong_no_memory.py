# diagnosis: no-memory
def topological_order(result):
    order = []
    for source in result.inputs:
        order = order + topological_order(source)
    return order + [result]
