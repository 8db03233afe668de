# diagnosis: too-early-turned
def topological_order(result):
    order, seen = [], set()

    def visit(value):
        if id(value) not in seen:
            seen.add(id(value))
            order.append(value)
            for source in value.inputs:
                visit(source)

    visit(result)
    order.reverse()
    return order
