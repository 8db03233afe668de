import numpy as np


def count_modes(points, centres, radius):
    counts = [0] * len(centres)
    for point in points:
        lengths = [float(((point - centre) ** 2).sum()) ** 0.5 for centre in centres]
        nearest = min(range(len(centres)), key=lengths.__getitem__)
        if lengths[nearest] <= radius:
            counts[nearest] += 1
    return np.array(counts)
