# diagnosis: no-leaves
def topological_order(result):
    order = []

    def visit(value):
        if value.inputs and value not in order:
            for source in value.inputs:
                visit(source)
            order.append(value)

    visit(result)
    return order
