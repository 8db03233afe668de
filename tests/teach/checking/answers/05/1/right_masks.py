def penalty_gradient(w, l1, l2):
    pull = w * l2
    pull += pull
    pull[w > 0] += l1
    pull[w < 0] -= l1
    return pull
