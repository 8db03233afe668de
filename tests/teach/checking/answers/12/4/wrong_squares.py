# diagnosis: squares-against-radius
import numpy as np


def count_modes(points, centres, radius):
    squares = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    near = squares.min(axis=1) <= radius
    return np.bincount(squares.argmin(axis=1)[near], minlength=len(centres))
