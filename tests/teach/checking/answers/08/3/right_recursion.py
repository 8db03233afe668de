import numpy as np


def lstm_backward(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    def back(t):
        """The dh and dc for what is before step t, and the da of the steps from t on."""
        if t == len(x):
            return np.zeros_like(hs[0]), np.zeros_like(cs[0]), []
        dh, dc, das = back(t + 1)
        da, dc = lstm_step_backward(dh + doutput[t], dc, gates[t], cs[t], cs[t + 1])
        return da @ weight_hh, dc, [da, *das]

    das = back(0)[2]
    dweight_ih = sum(da.T @ row for da, row in zip(das, x, strict=True))
    dweight_hh = sum(da.T @ h for da, h in zip(das, hs[:-1], strict=True))
    return np.stack([da @ weight_ih for da in das]), dweight_ih, dweight_hh, sum(das).sum(axis=0)
