"""Eight Gaussians on a circle: the smallest set on which a generator can forget modes.

The set of L. Metz, B. Poole, D. Pfau and J. Sohl-Dickstein, "Unrolled generative adversarial
networks" (2017): radius 2, standard deviation 0.02.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinygen.data.strokes import require_amounts, uniform

__all__ = ["Ring", "draw_ring"]

RADIUS = 2.0
DEVIATION = 0.02

DIAGONAL = RADIUS * math.sqrt(0.5)
CENTRES = (
    (RADIUS, 0.0), (DIAGONAL, DIAGONAL), (0.0, RADIUS), (-DIAGONAL, DIAGONAL),
    (-RADIUS, 0.0), (-DIAGONAL, -DIAGONAL), (0.0, -RADIUS), (DIAGONAL, -DIAGONAL),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Ring:
    """Points in the plane, around eight centres.

    Attributes
    ----------
    points : float32 array of shape (N, 2)
    modes : int64 array of shape (N,)
        Which of the Gaussians each point is from.
    centres : float32 array of shape (8, 2)
        The means of the Gaussians, the first to the right of the origin, then anticlockwise.
    deviation : float
        The standard deviation of each Gaussian in every direction.
    """

    points: np.ndarray
    modes: np.ndarray
    centres: np.ndarray
    deviation: float

    def __len__(self) -> int:
        return len(self.points)


def draw_ring(n: int, seed: int) -> Ring:
    """Draw points; the first ones of a seed are the same whatever ``n`` is.

    Normal numbers are those of G. E. P. Box and M. E. Muller, "A note on the generation of random
    normal deviates" (1958). Their logarithm and sine are rounded by each machine in its own way,
    in the last of 53 bits: of the 24 bits that are kept, next to nothing is left of that.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        At least 0.

    Returns
    -------
    Ring
        Each mode equally likely.

    Raises
    ------
    ValueError
        If a number is negative.
    """
    require_amounts("draw_ring", n=n, seed=seed)
    chance = uniform(seed, 0, (n, 3))
    modes = (chance[:, 0] * len(CENTRES)).astype(np.int64)
    distance = DEVIATION * np.sqrt(-2 * np.log1p(-chance[:, 1]))
    angle = 2 * math.pi * chance[:, 2]
    offsets = np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=1)
    centres = np.array(CENTRES)
    points = (centres[modes] + offsets).astype(np.float32)
    return Ring(points, modes, centres.astype(np.float32), DEVIATION)
