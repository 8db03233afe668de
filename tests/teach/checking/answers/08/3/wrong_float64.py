# diagnosis: dtype
import numpy as np


def lstm_backward(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    dx = np.zeros(x.shape)
    dweight_ih, dweight_hh = np.zeros_like(weight_ih), np.zeros_like(weight_hh)
    dbias = np.zeros_like(weight_hh[:, 0])
    dh, dc = np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(x))):
        da, dc = lstm_step_backward(doutput[t] + dh, dc, gates[t], cs[t], cs[t + 1])
        dx[t], dh = da @ weight_ih, da @ weight_hh
        dweight_ih += da.T @ x[t]
        dweight_hh += da.T @ hs[t]
        dbias += da.sum(axis=0)
    return dx, dweight_ih, dweight_hh, dbias
