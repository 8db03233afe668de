# diagnosis: every-path
def topological_order(result):
    order = []

    def visit(value):
        for source in value.inputs:
            visit(source)
        if value not in order:
            order.append(value)

    visit(result)
    return order
