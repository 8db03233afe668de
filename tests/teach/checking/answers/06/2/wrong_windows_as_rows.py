# diagnosis: transposed-shape
import numpy as np


def im2col(x, kernel_size, stride=1, padding=0):
    kh, kw = kernel_size
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows = []
    for picture in x:
        for top in range(0, x.shape[2] - kh + 1, stride):
            for left in range(0, x.shape[3] - kw + 1, stride):
                rows.append(picture[:, top : top + kh, left : left + kw].ravel())
    return np.array(rows)
