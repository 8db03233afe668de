"""The error function by rational approximation, for NumPy and CuPy alike.

W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation
23 (1969): three ranges of ``|x|``, each accurate to the last bits of float64.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2,
     1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346047e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip
ONE_OVER_SQRT_PI = 0.5641895835477563
SATURATED = 6.0  # beyond it erf is 1 to the last bit of float64


def erf(xp: ModuleType, x: Any) -> Any:
    """``erf(x)``, elementwise, in the dtype of ``x``."""
    size = xp.minimum(xp.abs(x), SATURATED)
    square = size * size
    small = size * _ratio(SMALL, xp.minimum(square, 0.25))
    bounded = xp.maximum(size, 0.46875)
    tail = xp.exp(-bounded * bounded)
    middle = 1 - tail * _ratio(MIDDLE, bounded)
    inverse_square = 1 / (bounded * bounded)
    large = 1 - tail / bounded * (ONE_OVER_SQRT_PI - inverse_square * _ratio(LARGE, inverse_square))
    result = xp.where(size <= 0.46875, small, xp.where(size <= 4, middle, large))
    return xp.where(xp.isnan(x), x, xp.sign(x) * result)


def _ratio(polynomials: tuple[tuple[float, ...], tuple[float, ...]], x: Any) -> Any:
    """A ratio of two polynomials, highest power first, by Horner's rule."""
    numerator, denominator = polynomials
    return _polynomial(numerator, x) / _polynomial(denominator, x)


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    value = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value = value * x + coefficient
    return value
