# diagnosis: no-sign
def penalty_gradient(w, l1, l2):
    return l1 + 2 * l2 * w
