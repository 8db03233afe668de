# diagnosis: far-ones-too
import numpy as np


def count_modes(points, centres, radius):
    lengths = np.linalg.norm(points[:, None] - centres[None], axis=2)
    return np.bincount(lengths.argmin(axis=1), minlength=len(centres))
