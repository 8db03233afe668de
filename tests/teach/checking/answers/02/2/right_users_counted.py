def topological_order(result):
    users, found = {result: 0}, [result]
    for value in found:
        for source in value.inputs:
            if source not in users:
                users[source] = 0
                found.append(source)
            users[source] += 1
    ready, order = [result], []
    while ready:
        value = ready.pop()
        order.insert(0, value)
        for source in value.inputs:
            users[source] -= 1
            if users[source] == 0:
                ready.append(source)
    return order
