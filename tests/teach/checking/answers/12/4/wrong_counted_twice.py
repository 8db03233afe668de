# diagnosis: counted-twice
import numpy as np


def count_modes(points, centres, radius):
    lengths = np.linalg.norm(points[:, None] - centres[None], axis=2)
    return (lengths <= radius).sum(axis=0)
