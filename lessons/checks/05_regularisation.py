"""The checks of lesson 05."""

import numpy as np

from tinygen.teach import Case, Check, Mistake

# ---- 05.1 ----------------------------------------------------------------------------------------


def weights(rng):
    yield Case("four weights by hand", np.array([3.0, 0.01, 0.0, -3.0]), 0.1, 0.1)
    yield Case("L1 alone", rng.normal(size=(3, 4)), 0.7, 0.0)
    yield Case("L2 alone", rng.normal(size=(5, 2)), 0.0, 0.3)
    some_zero = rng.normal(size=(6, 7)) * (rng.random((6, 7)) < 0.7)
    yield Case("both, and some weights are 0", some_zero, 0.25, 0.4)
    yield Case("float32", rng.normal(size=(4, 3, 2)).astype(np.float32), 0.2, 0.6)


def kinks(w, l1, l2):
    return w == 0


# ---- 05.2 ----------------------------------------------------------------------------------------


def layers(rng):
    grad = np.array([1.0, 2.0, 3.0, 4.0])
    yield Case("p = 1/2, by hand", 0.5, np.full(4, 2.0), np.array([0.1, 0.7, 0.4, 0.9]), grad)
    for p, shape in ((0.25, (5, 8)), (0.8, (6, 30)), (0.0, (2, 3))):
        x, grad = rng.normal(size=(2, *shape))
        yield Case(f"p = {p}, x of shape {shape}", p, x, rng.random(shape), grad)
    x, u, grad = rng.random((3, 4, 9), dtype=np.float32)
    yield Case("float32", 0.4, x, u, grad)


def use_dropout(layer, p, x, u, grad):
    made = layer(p)
    y, to_x = made.forward(x, u), made.backward(grad)
    made.training = False
    return y, to_x, made.forward(x, u), made.backward(grad)


class Variant:
    """Dropout as its derived classes change it."""

    def __init__(self, p):
        self.p = p
        self.training = True

    def kept(self, u):
        return u >= self.p

    def scale(self):
        return 1 / (1 - self.p)

    def forward(self, x, u):
        kept = self.kept(u) * self.scale() if self.training else np.ones(x.shape)
        self.mask = kept.astype(x.dtype)
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


class Unscaled(Variant):
    def scale(self):
        return 1


class ScaledWhenPredicting(Unscaled):
    def forward(self, x, u):
        y = super().forward(x, u)
        return y if self.training else y * np.asarray(1 - self.p, x.dtype)


class DividedByP(Variant):
    def scale(self):
        return 1 / self.p if self.p else 0


class KeepsTheOthers(Variant):
    def kept(self, u):
        return u < self.p


class AlwaysOn(Variant):
    def forward(self, x, u):
        self.training = True
        return super().forward(x, u)


class GradPassesAll(Variant):
    def backward(self, grad):
        return grad


class GradUnscaled(Variant):
    def backward(self, grad):
        return grad * (self.mask != 0)


# ---- 05.3 ----------------------------------------------------------------------------------------


def batches(rng):
    affine = np.ones(1), np.zeros(1)
    yield Case(
        "two samples of one feature, by hand",
        np.array([[1.0], [3.0]]), *affine, np.zeros(1), np.ones(1), True, eps=0.0,
    )  # fmt: skip
    for training in (True, False):
        for n, d in ((5, 3), (4, 6)):
            x, running = rng.normal(2, 3, (n, d)), (rng.normal(size=d), rng.uniform(0.5, 2, d))
            name = f"{'training' if training else 'predicting'}, {n} samples of {d} features"
            yield Case(
                name, x, rng.normal(size=d), rng.normal(size=d), *running, training, momentum=0.3
            )
    x = rng.normal(size=(7, 2)) * 0.01
    affine = rng.normal(size=(4, 2)) ** 2
    yield Case("a tiny variance, where eps counts", x, *affine, True, momentum=0.1, eps=1e-3)
    yield Case("predicting one sample", x[:1], *affine, False)
    x, affine = x.astype(np.float32), affine.astype(np.float32)
    yield Case("float32", x, *affine, True)


def norm_with(
    *, ddof=0, moved_ddof=1, swapped=False, always_batch=False, eps_outside=False, no_eps=False,
    old=False,
):  # fmt: skip
    """Batch norm with something wrong."""

    def batch_norm(x, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
        mean, var = running_mean, running_var
        if training or always_batch:
            n = len(x)
            mean, var = x.mean(axis=0), x.var(axis=0)
        if training:
            new = 1 - momentum if swapped else momentum
            running_mean = (1 - new) * running_mean + new * mean
            running_var = (1 - new) * running_var + new * var * n / (n - moved_ddof)
            var = var * n / (n - ddof)
            if old:
                mean, var = running_mean, running_var
        eps = 0 if no_eps else eps
        std = np.sqrt(var) + eps if eps_outside else np.sqrt(var + eps)
        with np.errstate(all="ignore"):  # predicting one sample by its own variance: 0/0
            return weight * (x - mean) / std + bias, running_mean, running_var

    return batch_norm


# ---- 05.4 ----------------------------------------------------------------------------------------


def gradients(rng):
    yield Case(
        "three samples of one feature, by hand",
        np.array([[1.0], [0.0], [0.0]]), np.array([[-1.0], [0.0], [1.0]]), np.array([1.0]), eps=0.0,
    )  # fmt: skip
    for n, d in ((6, 3), (4, 7), (2, 5)):
        grad, x = rng.normal(size=(n, d)), rng.normal(1, 2, (n, d))
        yield Case(f"{n} samples of {d} features", grad, x, rng.normal(size=d))
    grad, x = rng.normal(size=(2, 8, 3))
    yield Case("a tiny variance, where eps counts", grad, 0.03 * x, rng.normal(size=3), eps=1e-3)


def parts(grad, x, weight, eps=1e-5):
    """What each path gives: directly, by the mean, by std."""
    std = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / std
    g = grad * weight
    by_std = -normal * (g * normal).mean(axis=0) / std
    return [g / std, np.broadcast_to(-g.mean(axis=0) / std, x.shape), by_std]


def back_with(paths=(0, 1, 2), *, weighted=True, to_weight=None, reduced=np.sum, summed=False):
    """The way back with something wrong."""

    def batch_norm_backward(grad, x, weight, eps=1e-5):
        normal = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
        found = parts(grad, x, weight if weighted else np.ones_like(weight), eps)
        found = [found[0], *(part * len(x) for part in found[1:])] if summed else found
        to_x = sum(found[path] for path in paths)
        met = grad * weight if to_weight == "g" else grad
        seen = x if to_weight == "x" else normal
        return to_x, reduced(met * seen, axis=0), reduced(grad, axis=0)

    return batch_norm_backward


CHECKS = {
    "05.1": Check(
        cases=weights,
        outputs=("gradient",),
        ties=kinks,
        mistakes=[
            Mistake(
                "half",
                lambda w, l1, l2: l1 * np.sign(w) + l2 * w,
                "The pull of L2 is half of what it should be: what is the slope of w ** 2?",
            ),
            Mistake(
                "no-sign",
                lambda w, l1, l2: l1 + 2 * l2 * w,
                "The pull of L1 is the same for weights above and below 0. It would drive negative "
                "weights away from 0.",
            ),
            Mistake(
                "the-penalty-itself",
                lambda w, l1, l2: l1 * np.abs(w) + l2 * w**2,
                "These are the terms of the penalty. What is asked for is their slope at each "
                "weight.",
            ),
        ],
    ),
    "05.2": Check(
        cases=layers,
        outputs=("y", "to_x", "y when predicting", "to_x when predicting"),
        call=use_dropout,
        mistakes=[
            Mistake(
                "unscaled",
                Unscaled,
                "The right numbers are zeroed, but the others are not scaled. In training the "
                "next layer then gets less than when predicting.",
            ),
            Mistake(
                "scaled-when-predicting",
                ScaledWhenPredicting,
                "This is the old form of dropout: nothing is scaled in training, and everything "
                "when predicting. Inverted dropout scales in training, and leaves x as it is when "
                "predicting.",
            ),
            Mistake(
                "divided-by-p",
                DividedByP,
                "The survivors are divided by p, the share that is dropped. Which share is kept?",
            ),
            Mistake(
                "keeps-the-others",
                KeepsTheOthers,
                "The wrong ones are kept: those with u < p, a share of p. p is the probability "
                "that a number is zeroed.",
            ),
            Mistake(
                "always-on",
                AlwaysOn,
                "Numbers are dropped when predicting too: `self.training` decides.",
            ),
            Mistake(
                "gradient-passes-all",
                GradPassesAll,
                "forward is right, but the gradient also passes where the number was zeroed, and "
                "is not scaled elsewhere. What did backward forget?",
            ),
            Mistake(
                "gradient-unscaled",
                GradUnscaled,
                "forward is right, and the gradient is zero where it should be; but x was scaled "
                "on its way, so its gradient is too.",
            ),
        ],
    ),
    "05.3": Check(
        cases=batches,
        outputs=("y", "running_mean", "running_var"),
        rtol=1e-6,
        mistakes=[
            Mistake(
                "biased-running-var",
                norm_with(moved_ddof=0),
                "The running variance moves towards the plain variance of the batch. For it, the "
                "variance is multiplied by N/(N - 1).",
            ),
            Mistake(
                "unbiased-y",
                norm_with(ddof=1),
                "y is divided by the root of the variance with N - 1. That one is for "
                "running_var only; y takes the plain one.",
            ),
            Mistake(
                "momentum-swapped",
                norm_with(swapped=True),
                "The two shares are swapped: here `momentum` is the share of the batch. (Keras "
                "means the share of the old statistics by this word.)",
            ),
            Mistake(
                "batch-when-predicting",
                norm_with(always_batch=True),
                "When predicting, y is made from the batch's own mean and variance. The answer for "
                "a picture then depends on the others in the batch.",
            ),
            Mistake(
                "running-when-training",
                norm_with(old=True),
                "In training, y is made from the running statistics. They are for predicting; in "
                "training the batch's own are used.",
            ),
            Mistake(
                "no-eps",
                norm_with(no_eps=True),
                "eps is missing. With a tiny variance it decides, and with none it prevents a "
                "division by 0.",
            ),
            Mistake(
                "eps-outside",
                norm_with(eps_outside=True),
                "eps is added to the root. It belongs inside, to the variance.",
            ),
        ],
    ),
    "05.4": Check(
        cases=gradients,
        outputs=("to_x", "to_weight", "to_bias"),
        branches=parts,
        rtol=1e-6,
        atol=1e-8,
        mistakes=[
            Mistake(
                "constants",
                back_with((0,)),
                "mean and std are taken as constants: this is the direct path alone. But both are "
                "made of x, so two more paths lead back.",
            ),
            Mistake(
                "std-constant",
                back_with((0, 1)),
                "The path by std is missing. Stretching all x changes no y, and your gradient does "
                "not know it.",
            ),
            Mistake(
                "mean-constant",
                back_with((0, 2)),
                "The path by the mean is missing: your to_x does not sum to 0 over the batch.",
            ),
            Mistake(
                "sums-for-means",
                back_with(summed=True),
                "The three paths are there, but the second and third are N times too strong: a "
                "sample moves the mean by 1/N only.",
            ),
            Mistake(
                "no-weight",
                back_with(weighted=False),
                "to_x does not know of `weight`: the gradient meets it before it reaches the "
                "normalised numbers.",
            ),
            Mistake(
                "to-weight-of-x",
                back_with(to_weight="x"),
                "to_x is right. to_weight was made with x; which numbers did weight multiply?",
            ),
            Mistake(
                "to-weight-of-g",
                back_with(to_weight="g"),
                "to_x is right. to_weight has `weight` itself in it: it was made with g, and y = "
                "weight · normal + bias has the slope `normal` there.",
            ),
            Mistake(
                "means-for-sums",
                back_with(reduced=np.mean),
                "to_weight and to_bias are means over the batch. weight and bias are used by every "
                "sample, and what each sample wants of them is added up.",
            ),
        ],
    ),
}
