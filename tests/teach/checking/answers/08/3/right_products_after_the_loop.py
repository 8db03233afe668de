import numpy as np


def lstm_backward(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    das = np.empty_like(gates)
    dh = dc = 0 * hs[0]
    for t in range(len(x) - 1, -1, -1):
        das[t], dc = lstm_step_backward(doutput[t] + dh, dc, gates[t], cs[t], cs[t + 1])
        dh = das[t] @ weight_hh
    return (
        das @ weight_ih,
        np.einsum("tna,tni->ai", das, x),
        np.einsum("tna,tnh->ah", das, hs[:-1]),
        das.sum(axis=(0, 1)),
    )
