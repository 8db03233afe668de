import numpy as np


def lstm_backward(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    steps, count, width = gates.shape
    das, dh, dc = [], np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in range(steps)[::-1]:
        da, dc = lstm_step_backward(doutput[t] + dh, dc, gates[t], cs[t], cs[t + 1])
        dh = np.dot(da, weight_hh)
        das.insert(0, da)
    flat = np.concatenate(das)
    dweight_ih = flat.T.dot(x.reshape(steps * count, -1))
    dweight_hh = flat.T.dot(hs[:steps].reshape(steps * count, -1))
    return flat.dot(weight_ih).reshape(x.shape), dweight_ih, dweight_hh, flat.sum(0)
