# diagnosis: exception
import numpy as np


def count_modes(points, centres, radius):
    lengths = np.linalg.norm(points[None] - centres[:, None], axis=2)
    nearest = lengths.argmin(axis=1)
    near = lengths.min(axis=0) <= radius
    return np.bincount(nearest[near], minlength=len(centres))
