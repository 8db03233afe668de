import numpy as np


def count_modes(points, centres, radius):
    points, centres = points.astype(float), centres.astype(float)
    squares = (points**2).sum(1)[:, None] - 2 * points @ centres.T + (centres**2).sum(1)
    nearest = squares.argmin(axis=1)
    is_near = squares[np.arange(len(points)), nearest] <= radius**2
    return np.array([(is_near & (nearest == k)).sum() for k in range(len(centres))])
