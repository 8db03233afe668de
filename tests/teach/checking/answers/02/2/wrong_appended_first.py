# diagnosis: too-early
def topological_order(result):
    order, seen = [], set()

    def visit(value):
        if id(value) in seen:
            return
        seen.add(id(value))
        order.append(value)
        for source in value.inputs:
            visit(source)

    visit(result)
    return order
