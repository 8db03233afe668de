def topological_order(result):
    order, seen, stack = [], set(), [result]
    while stack:
        value = stack[-1]
        waiting = [source for source in value.inputs if source not in seen]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if value not in seen:
            seen.add(value)
            order.append(value)
    return order
