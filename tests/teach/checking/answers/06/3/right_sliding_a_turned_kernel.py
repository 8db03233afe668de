import numpy as np


def conv2d_backward(dy, x, w, stride=1, padding=0):
    """dx as a convolution: zeros between and around dy, and the kernel turned round."""
    (n, o, rows, cols), (_, c, kh, kw) = dy.shape, w.shape
    height, width = x.shape[2] + 2 * padding, x.shape[3] + 2 * padding
    spread = np.zeros((n, o, height + kh - 1, width + kw - 1), dy.dtype)
    spread[:, :, kh - 1 :, kw - 1 :][:, :, : rows * stride : stride, : cols * stride : stride] = dy
    view = np.lib.stride_tricks.sliding_window_view
    full = np.einsum("noijab,ocab->ncij", view(spread, (kh, kw), axis=(2, 3)), w[..., ::-1, ::-1])
    dx = full[:, :, padding : height - padding, padding : width - padding]
    padded = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    dw = np.zeros_like(w)
    for a in range(kh):
        for b in range(kw):
            seen = padded[:, :, a : a + rows * stride : stride, b : b + cols * stride : stride]
            dw[:, :, a, b] = np.einsum("noij,ncij->oc", dy, seen)
    return dx, dw, np.einsum("noij->o", dy)
