# diagnosis: dtype
import numpy as np


def count_modes(points, centres, radius):
    lengths = np.linalg.norm(points[:, None] - centres[None], axis=2)
    near = lengths.min(axis=1) <= radius
    return np.bincount(lengths.argmin(axis=1)[near], minlength=len(centres)) / len(points)
