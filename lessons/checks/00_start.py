"""The checks of lesson 00."""

import numpy as np

from tinygen.teach import Case, Check, Mistake


def pictures(rng):
    yield Case("black, white and a grey", np.array([0.0, 1.0, 0.25]))
    yield Case("two pictures of 3 x 5 pixels", rng.random((2, 3, 5)))
    yield Case("float32, as the network draws", rng.random((4, 2, 3), dtype=np.float32))


def pairs(rng):
    yield Case("four pixels", np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0]))
    yield Case("two pictures of 3 x 5 pixels", rng.random((2, 3, 5)), rng.random((2, 3, 5)))
    small = rng.random((2, 4, 2, 3), dtype=np.float32)
    yield Case("float32, as the network draws", small[0], small[1])


CHECKS = {
    "00.1": Check(
        cases=pictures,
        outputs=("pictures",),
        mistakes=[
            Mistake(
                "negated",
                lambda pictures: -pictures,
                "These are the pictures times -1: white became -1, which is no shade at all. Black "
                "has to become 1.",
            ),
            Mistake(
                "unchanged",
                lambda pictures: pictures,
                "These are the pictures as they came in.",
            ),
        ],
    ),
    "00.2": Check(
        cases=pairs,
        outputs=("picture",),
        mistakes=[
            Mistake(
                "half-of-one",
                lambda a, b: a + b / 2,
                "The first picture has its full strength, and only the second was halved: a "
                "division comes before an addition.",
            ),
            Mistake(
                "only-first",
                lambda a, b: a / 2,
                "This is half of the first picture; the second one is missing.",
            ),
        ],
    ),
}
