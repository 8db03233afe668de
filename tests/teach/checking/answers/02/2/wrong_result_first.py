# diagnosis: result-first
def topological_order(result):
    order, seen = [], set()

    def visit(value):
        if id(value) not in seen:
            seen.add(id(value))
            for source in value.inputs:
                visit(source)
            order.insert(0, value)

    visit(result)
    return order
