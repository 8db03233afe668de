import numpy as np


def negative(pictures):
    turned = pictures.copy()
    for place in np.ndindex(pictures.shape):
        turned[place] = 1 - pictures[place]
    return turned
