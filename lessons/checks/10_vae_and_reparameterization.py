"""The checks of lesson 10."""

import numpy as np

from tinygen.teach import Case, Check, Mistake

# ---- 10.1: a draw and its gradient ---------------------------------------------------------------


def forward_and_back(layer_class, mu, logvar, eps, dz):
    """One pass in each direction."""
    layer = layer_class()
    z = layer.forward(mu, logvar, eps)
    gradients = layer.backward(dz)
    if not isinstance(gradients, (tuple, list)):
        raise TypeError("backward should return a tuple: dmu, dlogvar")
    return (z, *gradients)


def draw_cases(rng):
    yield Case(
        "one number: sigma 2, eps 0.5", np.array([[1.0]]), np.log([[4.0]]), np.array([[0.5]]),
        np.array([[4.0]]),
    )  # fmt: skip
    yield Case("a cloud of width 1", *rng.standard_normal((1, 1, 5)), *np.zeros((1, 1, 5)),
               *rng.standard_normal((2, 1, 5)))  # fmt: skip
    for shape, dtype in [((4, 3), float), ((1, 6), float), ((3, 2), np.float32)]:
        yield Case(f"random numbers, {np.dtype(dtype)} {shape}",
                   *rng.standard_normal((4, *shape)).astype(dtype))  # fmt: skip


def layer(forward, backward):
    """A class like the one asked for, from two functions of all that was handed in."""

    class Layer:
        def forward(self, mu, logvar, eps):
            self.saved = mu, logvar, eps
            return forward(mu, logvar, eps)

        def backward(self, dz):
            return backward(dz, *self.saved)

    return Layer


def right_z(mu, logvar, eps):
    return mu + np.exp(logvar / 2) * eps


def right_slopes(dz, mu, logvar, eps):
    return dz, dz * np.exp(logvar / 2) * eps / 2


DRAW = Check(
    cases=draw_cases,
    outputs=("z", "dmu", "dlogvar"),
    call=forward_and_back,
    mistakes=[
        Mistake(
            "variance-for-deviation",
            layer(
                lambda mu, logvar, eps: mu + np.exp(logvar) * eps,
                lambda dz, mu, logvar, eps: (dz, dz * np.exp(logvar) * eps),
            ),
            "the variance is used as if it were the standard deviation: eps is multiplied by "
            "sigma². The two agree only where sigma is 1. logvar is the logarithm of sigma², so "
            "what is the logarithm of sigma?",
        ),
        Mistake(
            "logvar-for-deviation",
            layer(
                lambda mu, logvar, eps: mu + logvar * eps,
                lambda dz, mu, logvar, eps: (dz, dz * eps),
            ),
            "eps is multiplied by logvar itself. logvar may be negative; a standard deviation may "
            "not. Something has to undo the logarithm.",
        ),
        Mistake(
            "no-dice-on-the-way-back",
            layer(right_z, lambda dz, mu, logvar, eps: (dz, dz * np.exp(logvar / 2) / 2)),
            "z and dmu are right; in dlogvar, eps is missing. The slope of sigma·eps by logvar has "
            "the same eps in it that was drawn on the way forward: so keep it.",
        ),
        Mistake(
            "slope-of-sigma-missing",
            layer(right_z, lambda dz, mu, logvar, eps: (dz, dz * eps)),
            "z and dmu are right; dlogvar is the slope by sigma, not by logvar. From sigma to "
            "logvar one more link of the chain is missing: sigma = exp(logvar/2).",
        ),
    ],
)  # fmt: skip

# ---- 10.2: the divergence ------------------------------------------------------------------------


def kl_cases(rng):
    yield Case("by hand", np.array([[0.0], [2.0]]), np.zeros((2, 1)))
    yield Case("narrow and wide clouds in the middle", np.zeros((2, 3)),
               np.array([[-3.0, -2.0, -1.0], [0.5, 1.0, 2.0]]))  # fmt: skip
    for shape, dtype in [((4, 3), float), ((1, 6), float), ((5, 2), np.float32)]:
        yield Case(f"random numbers, {np.dtype(dtype)} {shape}",
                   *rng.standard_normal((2, *shape)).astype(dtype))  # fmt: skip


def kl_of(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).sum(1), mu, 0.5 * (np.exp(logvar) - 1)


def kl_without_middle(mu, logvar):
    return 0.5 * (np.exp(logvar) - 1 - logvar).sum(1), 0 * mu, 0.5 * (np.exp(logvar) - 1)


def kl_with_sigma(mu, logvar):
    sigma = np.exp(logvar / 2)
    return 0.5 * (mu**2 + sigma - 1 - logvar).sum(1), mu, 0.5 * (sigma / 2 - 1)


def kl_with_sigma_and_short_slope(mu, logvar):
    sigma = np.exp(logvar / 2)
    return 0.5 * (mu**2 + sigma - 1 - logvar).sum(1), mu, 0.5 * (sigma - 1)


def kl_without_constant(mu, logvar):
    return 0.5 * (mu**2 + np.exp(logvar) - logvar).sum(1), mu, 0.5 * (np.exp(logvar) - 1)


KL = Check(
    cases=kl_cases,
    outputs=("kl", "dmu", "dlogvar"),
    mistakes=[
        Mistake(
            "middle-missing", kl_without_middle,
            "mu has no part in it. A cloud may then lie as far from 0 as it likes at no cost, and "
            "new codes from N(0, 1) will miss it.",
        ),
        *[
            Mistake(
                key, function,
                "sigma stands where sigma² belongs. exp(logvar) is already the variance; with the "
                "half in the exponent the lowest value is no longer at logvar = 0.",
            )
            for key, function in (
                ("sigma-for-variance", kl_with_sigma),
                ("sigma-for-variance", kl_with_sigma_and_short_slope),
            )
        ],
        Mistake(
            "constant-missing", kl_without_constant,
            "the slopes are right, and kl is too large by ½ for each number of a code: the cloud "
            "N(0, 1) must cost 0. A constant does not disturb training, but the number is no "
            "divergence any more.",
        ),
    ],
)  # fmt: skip

# ---- 10.3: the cost of a picture -----------------------------------------------------------------


def pixel_cases(rng):
    yield Case("by hand: logit 0", np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))
    for shape, dtype in [((3, 5), float), ((1, 7), float), ((4, 2), np.float32)]:
        logits = (2 * rng.standard_normal(shape)).astype(dtype)
        x = (rng.random(shape) < 0.5).astype(dtype)
        yield Case(f"black and white, {np.dtype(dtype)} {shape}", logits, x)
    yield Case("grey pixels", rng.standard_normal((2, 6)), rng.random((2, 6)))
    yield Case("logits of 1000 and -1000", np.array([[1000.0, -1000.0], [1000.0, -1000.0]]),
               np.array([[1.0, 0.0], [0.0, 1.0]]))  # fmt: skip


def softplus(a):
    return np.logaddexp(0, a)


def cost(logits, x):
    return softplus(logits) - logits * x


def probability(logits):
    return np.exp(-softplus(-logits))


PIXELS = Check(
    cases=pixel_cases,
    outputs=("loss", "dlogits"),
    mistakes=[
        Mistake(
            "swapped-colours",
            lambda logits, x: (cost(logits, 1 - x).sum(1), probability(logits) - (1 - x)),
            "black and white are exchanged: a pixel of 1 is charged as if it should be 0. The "
            "decoder would learn negatives.",
        ),
        Mistake(
            "slope-by-probability",
            lambda logits, x: (
                cost(logits, x).sum(1), (probability(logits) - x) * probability(logits)
                * (1 - probability(logits)),
            ),
            "the loss is right; the slope is multiplied by p·(1 − p) once too often. Through the "
            "sigmoid this factor comes in, and through the logarithm it goes out again. Left in, "
            "pixels that are very wrong would hardly learn.",
        ),
        Mistake(
            "half-of-the-cost",
            lambda logits, x: ((x * softplus(-logits)).sum(1), x * (probability(logits) - 1)),
            "only the pixels that should be 1 are charged. A decoder that draws everything white "
            "would then cost nothing.",
        ),
    ],
)  # fmt: skip

# ---- 10.4: active, and how wide ------------------------------------------------------------------


def code_cases(rng):
    yield Case("by hand", np.array([[-1.0], [1.0]]), np.log([[3.0], [3.0]]))
    small = 0.02 * rng.standard_normal((2, 40, 3))
    yield Case("collapsed", *small)
    yield Case(
        "middles that vary by 0.05, variance 0.0025",
        0.05 * np.sign(np.arange(10) - 4.5)[:, None] + 3,
        rng.standard_normal((10, 1)),
    )
    scales = np.array([0.01, 0.06, 0.5, 3.0])
    yield Case("four numbers of different use", scales * rng.standard_normal((50, 4)),
               rng.standard_normal((50, 4)) - 2 * (scales > 0.1))  # fmt: skip
    yield Case("float32", rng.standard_normal((30, 5)).astype(np.float32),
               rng.standard_normal((30, 5)).astype(np.float32))  # fmt: skip


def with_spread(spread):
    return lambda mu, logvar: (mu.var(0) > 0.01, spread(mu, logvar))


def spread_of(mu, logvar):
    return np.sqrt(mu.var(0) + np.exp(logvar).mean(0))


CODE = Check(
    cases=code_cases,
    outputs=("active", "spread"),
    mistakes=[
        Mistake(
            "middles-alone", with_spread(lambda mu, logvar: mu.std(0)),
            "the spread is that of the middles alone. A pile of wide clouds is wide even if all "
            "middles coincide: a collapsed code would look as if it were a point.",
        ),
        Mistake(
            "clouds-alone", with_spread(lambda mu, logvar: np.sqrt(np.exp(logvar).mean(0))),
            "the spread is that of the clouds alone. It does not see how far apart they lie: the "
            "code of a plain autoencoder would look narrow.",
        ),
        Mistake(
            "sigma-averaged",
            with_spread(lambda mu, logvar: np.sqrt(mu.var(0) + np.exp(logvar / 2).mean(0) ** 2)),
            "the widths are averaged and then squared. Variances add up and average; standard "
            "deviations do not.",
        ),
        Mistake(
            "deviation-against-threshold",
            lambda mu, logvar: (mu.std(0) > 0.01, spread_of(mu, logvar)),
            "active compares the standard deviation of mu with 0.01, and not the variance: a "
            "number that varies by 0.05 is counted, whose variance is 0.0025.",
        ),
        Mistake(
            "not-squared-back", with_spread(lambda mu, logvar: mu.var(0) + np.exp(logvar).mean(0)),
            "spread is the variance of the pile; its root is asked for.",
        ),
    ],
)  # fmt: skip

CHECKS = {"10.1": DRAW, "10.2": KL, "10.3": PIXELS, "10.4": CODE}
