"""The checks of lesson 04."""

import numpy as np

from tinygen.teach import Case, Check, Mistake
from tinygen.teach.reference import reference


def batches(rng):
    yield Case(
        "by hand: logits (0, log 3), the right class is 1",
        np.ones((1, 1)),
        np.zeros((2, 1)),
        np.array([0.0, np.log(3.0)]),
        np.array([1]),
    )
    for n, d, k in ((4, 3, 5), (7, 2, 3), (1, 6, 4), (5, 1, 2)):
        name = "a single picture" if n == 1 else f"N = {n}, D = {d}, K = {k}"
        yield Case(name, *_layer(rng, n, d, k))
    x, weight, bias, labels = _layer(rng, 3, 4, 6)
    yield Case("logits of about 1000", x, 500 * weight, bias, labels)
    yield Case("every label the same", x, weight, bias, np.full(3, 5))
    x, weight, bias, labels = _layer(rng, 6, 5, 3)
    yield Case("float32", *(part.astype(np.float32) for part in (x, weight, bias)), labels)


def _layer(rng, n, d, k):
    x, weight, bias = (rng.standard_normal(shape) for shape in ((n, d), (k, d), k))
    return x, weight, bias, rng.integers(0, k, n)


def momenta(rng):
    yield Case("by hand: velocity 2", np.array([1.0]), np.array([1.0]), np.array([2.0]), 0.1, 0.5)
    yield Case("the first step, velocity 0", *_arrays(rng, 2, 4), np.zeros(4), 0.03, 0.9)
    yield Case("a matrix", *_arrays(rng, 3, (3, 2)), 0.2, 0.7)
    yield Case("no momentum", *_arrays(rng, 3, 5), 0.3, 0.0)
    yield Case("momentum 1", *_arrays(rng, 3, 2), 0.4, 1.0)
    yield Case("float32", *(a.astype(np.float32) for a in _arrays(rng, 3, 6)), 0.03, 0.9)


def adams(rng):
    theta, m, v = np.zeros((3, 2))
    yield Case("by hand: the first step", theta, np.array([5.0, -0.01]), m, v, 1, 0.1)
    yield Case("the second step", *_with_moments(rng, 3), 2, 0.03)
    yield Case("step 1000, a matrix", *_with_moments(rng, (2, 3)), 1000, 0.001)
    yield Case("other betas", *_with_moments(rng, 4), 5, 0.2, 0.5, 0.8)
    theta, gradient, m, v = _with_moments(rng, 3)
    tiny = theta, 1e-8 * gradient, 1e-8 * m, 1e-16 * v
    yield Case("tiny gradients, where eps counts", *tiny, 3, 1.0)
    small = (a.astype(np.float32) for a in _with_moments(rng, 5))
    yield Case("float32", *small, 7, 0.01)


def adagrads(rng):
    yield Case("by hand: squares 25", np.array([1.0]), np.array([3.0]), np.array([16.0]), 0.5)
    theta, gradient = _arrays(rng, 2, 4)
    yield Case("the first step, squares 0", theta, gradient, np.zeros(4), 0.1)
    yield Case("a matrix", *_with_squares(rng, (3, 2)), 0.3)
    yield Case("a larger eps", *_with_squares(rng, 3), 0.2, 0.5)
    theta, _, squares = _with_squares(rng, 2)
    yield Case("no gradient and no squares", theta, np.zeros(2), 0 * squares, 0.1)
    yield Case("float32", *(a.astype(np.float32) for a in _with_squares(rng, 5)), 0.1)


def _arrays(rng, count, shape):
    return [rng.standard_normal(shape) for _ in range(count)]


def _with_squares(rng, shape):
    theta, gradient, root = _arrays(rng, 3, shape)
    return theta, gradient, root**2


def _with_moments(rng, shape):
    theta, gradient, m, root = _arrays(rng, 4, shape)
    return theta, gradient, m, root**2


# ---- wrong answers -----------------------------------------------------------------------------


def softmax_of_softmax(x, weight, bias, labels):
    size = len(weight)
    p = _softmax(x @ weight.T + bias)
    loss, delta = reference("04.1")(p, np.eye(size, dtype=x.dtype), bias * 0, labels)[:2]
    return loss, delta @ weight, delta.T @ x, delta.sum(axis=0)


def one_hot_forgotten(x, weight, bias, labels):
    loss = reference("04.1")(x, weight, bias, labels)[0]
    delta = _softmax(x @ weight.T + bias) / len(x)
    return loss, delta @ weight, delta.T @ x, delta.sum(axis=0)


def bias_forgotten(x, weight, bias, labels):
    return reference("04.1")(x, weight, 0 * bias, labels)


def mean_over_classes(x, weight, bias, labels):
    loss, *gradients = reference("04.1")(x, weight, bias, labels)
    return loss, *(part * (len(x) / len(weight)) for part in gradients)


def softmax_over_pictures(x, weight, bias, labels):
    p = _softmax((x @ weight.T + bias).T).T
    n = np.arange(len(x))
    with np.errstate(divide="ignore"):
        loss = -np.log(p[n, labels]).mean()
    p[n, labels] -= 1
    p /= len(x)
    return loss, p @ weight, p.T @ x, p.sum(axis=0)


def _softmax(logits):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def running_mean(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + (1 - momentum) * gradient
    return theta - lr * velocity, velocity


def rate_within(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + lr * gradient
    return theta - velocity, velocity


def rate_within_and_minus(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity - lr * gradient
    return theta + velocity, velocity


def nesterov(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + gradient
    return theta - lr * (gradient + momentum * velocity), velocity


def uphill(theta, gradient, velocity, lr, momentum):
    velocity = momentum * velocity + gradient
    return theta + lr * velocity, velocity


def old_velocity(theta, gradient, velocity, lr, momentum):
    return theta - lr * velocity, momentum * velocity + gradient


def uncorrected(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


def eps_within(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m_hat, v_hat, m, v = _moments(gradient, m, v, step, beta1, beta2)
    return theta - lr * m_hat / np.sqrt(v_hat + eps), m, v


def no_root(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m_hat, v_hat, m, v = _moments(gradient, m, v, step, beta1, beta2)
    return theta - lr * m_hat / (v_hat + eps), m, v


def corrected_moments(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m_hat, v_hat, *_ = _moments(gradient, m, v, step, beta1, beta2)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m_hat, v_hat


def counted_from_zero(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return reference("04.3")(theta, gradient, m, v, step + 1, lr, beta1, beta2, eps)


def gradient_in_place_of_m(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    _, v_hat, m, v = _moments(gradient, m, v, step, beta1, beta2)
    return theta - lr * gradient / (np.sqrt(v_hat) + eps), m, v


def _moments(gradient, m, v, step, beta1, beta2):
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    return m / (1 - beta1**step), v / (1 - beta2**step), m, v


def sum_without_root(theta, gradient, squares, lr, eps=1e-10):
    squares = squares + gradient**2
    return theta - lr * gradient / (squares + eps), squares


def old_squares(theta, gradient, squares, lr, eps=1e-10):
    return theta - lr * gradient / (np.sqrt(squares) + eps), squares + gradient**2


def decaying(theta, gradient, squares, lr, eps=1e-10):
    squares = 0.99 * squares + 0.01 * gradient**2
    return theta - lr * gradient / (np.sqrt(squares) + eps), squares


def eps_within_the_root(theta, gradient, squares, lr, eps=1e-10):
    squares = squares + gradient**2
    return theta - lr * gradient / np.sqrt(squares + eps), squares


def sum_of_gradients(theta, gradient, squares, lr, eps=1e-10):
    squares = squares + gradient
    return theta - lr * gradient / (np.sqrt(np.abs(squares)) + eps), squares


CHECKS = {
    "04.1": Check(
        cases=batches,
        outputs=("loss", "dx", "dweight", "dbias"),
        mistakes=[
            Mistake(
                "softmax-twice",
                softmax_of_softmax,
                "It is what comes out if softmax is applied to probabilities: softmax twice. The "
                "loss then never gets low, and the gradients are far too small.",
            ),
            Mistake(
                "one-hot-forgotten",
                one_hot_forgotten,
                "The gradients are those of delta = p / N: the right class was not treated apart "
                "from the others. All logits would be pushed down.",
            ),
            Mistake(
                "bias-forgotten",
                bias_forgotten,
                "It is what comes out without the bias: the logits lack a term.",
            ),
            Mistake(
                "mean-over-classes",
                mean_over_classes,
                "The gradients are divided by the number of classes K, where the loss is a mean "
                "over the N pictures. Perhaps a mean over a whole (N, K) array, or len() of the "
                "wrong array.",
            ),
            Mistake(
                "wrong-axis",
                softmax_over_pictures,
                "The softmax runs over the pictures: the probabilities of each class sum to 1 over "
                "the batch. Those of each picture should sum to 1 over the classes.",
            ),
        ],
    ),
    "04.2": Check(
        cases=momenta,
        outputs=("theta", "velocity"),
        mistakes=[
            Mistake(
                "running-mean",
                running_mean,
                "The gradient enters the velocity times (1 - momentum): a running mean, as Adam "
                "has it. Here the velocity is a sum, so with momentum 0.9 the steps would be ten "
                "times too short.",
            ),
            Mistake(
                "rate-within",
                rate_within,
                "lr is inside the velocity. Theta may come out right at first, but the velocity "
                "that is handed on is not a sum of gradients; and if lr changes later, the steps "
                "differ from the library's.",
            ),
            Mistake(
                "rate-within-and-minus",
                rate_within_and_minus,
                "The velocity holds minus lr times the gradients, the form of some textbooks. Here "
                "it is a sum of gradients; lr and the minus come in when theta moves.",
            ),
            Mistake(
                "nesterov",
                nesterov,
                "This is Nesterov's momentum, which looks ahead: theta moves by gradient + "
                "momentum · velocity. Plain momentum moves by the velocity itself.",
            ),
            Mistake(
                "uphill",
                uphill,
                "The velocity is right, but theta moves along it, which is uphill: the loss grows.",
            ),
            Mistake(
                "old-velocity",
                old_velocity,
                "Theta moves by the old velocity, in which this step's gradient is missing: all "
                "comes one step late.",
            ),
        ],
    ),
    "04.3": Check(
        cases=adams,
        outputs=("theta", "m", "v"),
        mistakes=[
            Mistake(
                "uncorrected",
                uncorrected,
                "m and v are right, but theta moves as if there were no bias correction. The first "
                "steps are then 3 to 7 times too long.",
            ),
            Mistake(
                "eps-within",
                eps_within,
                "eps is inside the root. Then it is not 1e-8 but its root, 1e-4, that is added, "
                "and small gradients make much smaller steps.",
            ),
            Mistake(
                "no-root",
                no_root,
                "The step is divided by v̂ itself and not by its root. Then a large gradient makes "
                "a small step, and a small one a huge step.",
            ),
            Mistake(
                "corrected-moments",
                corrected_moments,
                "theta is right, but the m and v that are returned have been corrected: at the "
                "next step they would be corrected again.",
            ),
            Mistake(
                "counted-from-zero",
                counted_from_zero,
                "The correction is that of the next step: step is 1 at the first step already, "
                "and must not be increased here.",
            ),
            Mistake(
                "no-momentum",
                gradient_in_place_of_m,
                "The step has the plain gradient above the fraction line: that is RMSprop with a "
                "correction. m is computed, and not used.",
            ),
        ],
    ),
    "04.4": Check(
        cases=adagrads,
        outputs=("theta", "squares"),
        mistakes=[
            Mistake(
                "no-root",
                sum_without_root,
                "The step is divided by the sum of squares and not by its root: steps die out as "
                "1/t, and large gradients make small steps.",
            ),
            Mistake(
                "old-squares",
                old_squares,
                "The step is divided by the root of the old sum, without this step's square. At "
                "the first step that is a division by eps alone: a huge jump.",
            ),
            Mistake(
                "decaying",
                decaying,
                "squares is a running mean that forgets: this is RMSprop. Adagrad's only grows.",
            ),
            Mistake(
                "eps-within",
                eps_within_the_root,
                "eps is inside the root, where it counts as its own root: 1e-5 in place of 1e-10.",
            ),
            Mistake(
                "not-squared",
                sum_of_gradients,
                "The gradients are added up, and not their squares: those of both signs cancel.",
            ),
        ],
    ),
}
