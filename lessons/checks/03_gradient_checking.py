"""The checks of lesson 03."""

import numpy as np

from tinygen.teach import Case, Check, Mistake

# ---- 03.1: the central difference ----------------------------------------------------------------


def use_numerical_gradient(numerical_gradient, function, x, h):
    """The slopes of a function with a name; it refuses arrays of another shape."""
    import numpy as np

    shape = x.shape

    def f(moved):
        assert np.shape(moved) == shape, f"f got an array of shape {np.shape(moved)}, not {shape}"
        weights = np.arange(1.0, 1 + moved.size).reshape(shape)
        if function == "cube":
            return float((moved**3).sum())
        if function == "product":
            return float(np.prod(moved))
        return float((weights * np.sin(moved)).sum())

    return numerical_gradient(f, x, h)


def slope_cases(rng):
    yield Case("x³ at 2, with h = 0.1", "cube", np.array([2.0]), 0.1)
    yield Case("x³ at three points, h = 0.1", "cube", np.array([1.0, 2.0, -1.0]), 0.1)
    yield Case("the product of six numbers, h = 0.01", "product", rng.uniform(1, 2, (2, 3)), 0.01)
    yield Case("waves, h = 0.1", "waves", rng.standard_normal((3, 2, 2)), 0.1)
    yield Case("waves, h = 1e-5", "waves", rng.standard_normal((4, 3)), 1e-5)


def moved_one_side(f, x, h=1e-5, end=1):
    gradient, middle = np.zeros_like(x), f(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = end * h
        gradient[place] = (f(x + step) - middle) / (end * h)
    return gradient


def moved_all_at_once(f, x, h=1e-5):
    return np.full_like(x, (f(x + h) - f(x - h)) / (2 * h))


def not_put_back(f, x, h=1e-5):
    moved, gradient = x.copy(), np.zeros_like(x)
    for place in np.ndindex(x.shape):
        moved[place] += h
        right = f(moved)
        moved[place] -= 2 * h
        gradient[place] = (right - f(moved)) / (2 * h)
    return gradient


def once_only(f, x, h=1e-5):
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape[:1]):
        step = np.zeros_like(x)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def own_step(f, x, h=1e-5):
    return right_gradient(f, x)


def right_gradient(f, x, h=1e-5):
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


SLOPES = Check(
    cases=slope_cases,
    outputs=("gradient",),
    call=use_numerical_gradient,
    rtol=1e-6,
    atol=1e-7,
    mistakes=[
        Mistake(
            "forward",
            moved_one_side,
            "this is the forward difference: x was moved to the right only. Its error falls with "
            "h, that of the central one with h squared.",
        ),
        Mistake(
            "backward",
            lambda f, x, h=1e-5: moved_one_side(f, x, h, end=-1),
            "x was moved to the left only. The central difference moves it to both sides.",
        ),
        Mistake(
            "all-at-once",
            moved_all_at_once,
            "all numbers were moved together, so what comes out is the sum of their slopes, the "
            "same everywhere. Move one, and leave the rest.",
        ),
        Mistake(
            "not-put-back",
            not_put_back,
            "a number is moved and stays moved while the next one is measured. With small steps "
            "that is hard to see; with h = 0.1 it is not. Begin each time from x itself.",
        ),
        Mistake(
            "rows",
            once_only,
            "for arrays with several axes whole rows are moved together. Every single number has "
            "a slope of its own.",
        ),
        Mistake(
            "own-step",
            own_step,
            "the step that was asked for is not used: h has a fixed value in there.",
        ),
    ],
)

# ---- 03.2: the relative error --------------------------------------------------------------------


def error_cases(rng):
    a = np.array([2.0, 3.0, 0.0, -1.0, 0.0])
    n = np.array([1.0, 3.0, 0.0, 1.0, 0.5])
    yield Case("twice, equal, 0/0, another sign, one is zero", a, n)
    yield Case("tiny numbers", np.array([2e-12, 1e-12, -3e-9]), np.array([1e-12, 1e-12, -1e-9]))
    yield Case("huge and tiny side by side", np.array([[1e8, 1e-8]]), np.array([[3e8, 3e-8]]))
    yield Case("a number without axes", np.array(0.0), np.array(0.0))
    for shape in [(3, 4), (2, 3, 4)]:
        a, noise = rng.standard_normal(shape), rng.uniform(-1, 1, shape)
        yield Case(f"random numbers, {shape}", a, a * (1 + noise))


def quotient(a, n, size, to_zero=True):
    size = np.broadcast_to(size, np.shape(a))
    with np.errstate(all="ignore"):
        error = np.abs(a - n) / size
    return np.where((a == 0) & (n == 0), 0, error) if to_zero else error


ERRORS = Check(
    cases=error_cases,
    outputs=("error",),
    mistakes=[
        Mistake(
            "absolute",
            lambda a, n: np.abs(a - n),
            "this is the absolute difference. It is small wherever the numbers are.",
        ),
        Mistake(
            "small-number-added",
            lambda a, n: np.abs(a - n) / (np.abs(a) + np.abs(n) + 1e-8),
            "something small was added to the denominator. Tiny gradients then look right whatever "
            "they are: 2e-12 against 1e-12 must be 1/3.",
        ),
        Mistake(
            "at-least",
            lambda a, n: np.abs(a - n) / np.maximum(np.abs(a) + np.abs(n), 1e-8),
            "the denominator is kept above some small number. Tiny gradients then look right "
            "whatever they are: 2e-12 against 1e-12 must be 1/3.",
        ),
        Mistake(
            "larger-one",
            lambda a, n: quotient(a, n, np.maximum(np.abs(a), np.abs(n))),
            "the difference was divided by the larger of the two sizes. That is a good measure, "
            "too, but here it is to be their sum.",
        ),
        Mistake(
            "by-one",
            lambda a, n: quotient(a, n, np.where(n == 0, 1, np.abs(n))),
            "the difference was divided by the size of n alone. The measure treats both alike, and "
            "divides by the sum of their sizes.",
        ),
        Mistake(
            "signed",
            lambda a, n: quotient(a, n, np.abs(a) + np.abs(n)) * np.sign(a - n),
            "the size is right, but some errors are below zero: the numerator is |a − n|.",
        ),
        Mistake(
            "sum-first",
            lambda a, n: quotient(a, n, np.where(a + n == 0, 1, np.abs(a + n))),
            "the denominator is |a + n|. For numbers of opposite sign that is nearly zero; the "
            "sizes are to be added, |a| + |n|.",
        ),
    ],
)

# ---- 03.3: along a direction ---------------------------------------------------------------------


def use_directional_check(directional_check, function, x, gradient, direction, h):
    import numpy as np

    def f(moved):
        if function == "cube":
            return float((moved**3).sum())
        return float((np.arange(1.0, 1 + moved.size).reshape(moved.shape) * np.sin(moved)).sum())

    return directional_check(f, x, gradient, direction, h)


def direction_cases(rng):
    two = np.array([2.0])
    yield Case("x³ at 2, h = 0.1", "cube", two, 3 * two**2, np.array([5.0]), 0.1)
    x = np.array([1.0, 2.0])
    yield Case("x³ at (1, 2), along (3, 4)", "cube", x, 3 * x**2, np.array([3.0, 4.0]), 0.1)
    for shape, h in [((3, 4), 0.1), ((2, 3, 5), 0.05)]:
        x, direction = rng.standard_normal((2, *shape))
        slopes = np.arange(1.0, 1 + x.size).reshape(shape) * np.cos(x)
        yield Case(f"waves, {shape}", "waves", x, slopes, direction, h)
        yield Case(
            f"waves, {shape}, a gradient that is wrong", "waves", x, 2 * slopes + 1, direction, h
        )


def along(f, x, gradient, v, h=1e-5, scale=1.0):
    return (f(x + h * v) - f(x - h * v)) / (2 * h) / scale, (gradient * v).sum() / scale


def length(direction):
    return np.sqrt((direction * direction).sum())


def along_forward(f, x, gradient, direction, h=1e-5):
    v = direction / length(direction)
    return (f(x + h * v) - f(x)) / h, (gradient * v).sum()


def half_scaled(f, x, gradient, direction, h=1e-5):
    measured, _ = along(f, x, gradient, direction / length(direction), h)
    return measured, (gradient * direction).sum()


ALONG = Check(
    cases=direction_cases,
    outputs=("measured", "by the gradient"),
    call=use_directional_check,
    mistakes=[
        Mistake(
            "not-scaled",
            along,
            "the direction is used as it is. A direction of a million random numbers is a thousand "
            "long, and a step of h times that is no small step: scale it to length 1.",
        ),
        Mistake(
            "scaled-after",
            lambda f, x, g, d, h=1e-5: along(f, x, g, d, h, scale=length(d)),
            "the slopes are divided by the length of the direction, but the step that was taken "
            "was h times this length. Scale the direction before the step.",
        ),
        Mistake(
            "half-scaled",
            half_scaled,
            "the step is along the scaled direction, and the sum is taken with the unscaled one: "
            "they cannot agree.",
        ),
        Mistake(
            "sum-of-sizes",
            lambda f, x, g, d, h=1e-5: along(f, x, g, d / np.abs(d).sum(), h),
            "the direction was divided by the sum of its sizes. Its length is the root of the sum "
            "of its squares.",
        ),
        Mistake(
            "squared-length",
            lambda f, x, g, d, h=1e-5: along(f, x, g, d / (d * d).sum(), h),
            "the direction was divided by the sum of its squares. Its length is the root of that.",
        ),
        Mistake(
            "forward",
            along_forward,
            "x was moved one way only along the direction. The central difference moves it to both "
            "sides.",
        ),
    ],
)

# ---- 03.4: find the planted bug ------------------------------------------------------------------


def use_find_bug(find_bug, names, wrong, x):
    """What is found in layers with these names, of which the one with the number has a bug."""
    import numpy as np

    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def softmax_slope(v, x, mean=False):
        y = softmax(x)
        inner = (v * y).sum(axis=1, keepdims=True)
        return y * (v - (inner / y.shape[1] if mean else inner))

    def not_last(rule):
        def backward(v, x):
            gradient = rule(v, x)
            gradient[-1, -1] *= 1.5
            return gradient

        return backward

    matrix = np.cos(np.arange(20.0)).reshape(4, 5)
    menu = {  # the value, the right rule, and a wrong one
        "matrix": (lambda x: x @ matrix, lambda v, x: v @ matrix.T, lambda v, x: 2 * v @ matrix.T),
        "tanh": (
            np.tanh,
            lambda v, x: v * (1 - np.tanh(x) ** 2),
            lambda v, x: v * (1 - np.tanh(x)),
        ),
        "exp": (np.exp, lambda v, x: v * np.exp(x), lambda v, x: v * x),
        "softmax": (softmax, softmax_slope, lambda v, x: softmax_slope(v, x, mean=True)),
        "square": (lambda x: x * x, lambda v, x: 2 * v * x, lambda v, x: v * x),
        "center": (
            lambda x: x - x.mean(axis=1, keepdims=True),
            lambda v, x: v - v.mean(axis=1, keepdims=True),
            lambda v, x: v,
        ),
        "narrow": (
            lambda x: x @ matrix[:, :2].repeat(2, 0)[:5],
            lambda v, x: v @ matrix[:, :2].repeat(2, 0)[:5].T,
            lambda v, x: -v @ matrix[:, :2].repeat(2, 0)[:5].T,
        ),
        "corner": (
            lambda x: x**3,
            lambda v, x: 3 * v * x * x,
            not_last(lambda v, x: 3 * v * x * x),
        ),
        "faint": (lambda x: 1e-10 * x, lambda v, x: 1e-10 * v, lambda v, x: 2e-10 * v),
    }
    layers = []
    for number, name in enumerate(names):
        forward, right, bad = menu[name]
        layers.append((forward, bad if number == wrong else right))
    return find_bug(layers, x)


def bug_cases(rng):
    x = np.array([[0.3, -0.4, 0.8, 1.1]])
    yield Case("tanh, planted in it", ["tanh"], 0, x)
    yield Case("matrix, tanh, softmax: planted in the matrix", ["matrix", "tanh", "softmax"], 0, x)
    for names in [
        ["matrix", "tanh", "softmax"],
        ["matrix", "exp", "center"],
        ["square", "matrix", "faint"],
        ["matrix", "tanh", "narrow"],
        ["tanh", "corner", "square"],
    ]:
        x = rng.uniform(0.3, 1.0, (3, 4)) * rng.choice([-1.0, 1.0], (3, 4))
        for wrong in (1, 2, -1):
            place = f"planted in {names[wrong]}" if wrong >= 0 else "nothing planted"
            yield Case(f"{', '.join(names)}: {place}", names, wrong, x)


def differ(a, n):
    return np.abs(a - n) / np.where((a == 0) & (n == 0), 1, np.abs(a) + np.abs(n))


def search(layers, x, ones=False, wrong=None, after=False):
    """The first layer that looks wrong, judged in one way or another."""
    wrong = wrong or (lambda a, n: differ(a, n).max() > 1e-4)
    rng = np.random.default_rng(0)
    for number, (forward, backward) in enumerate(layers):
        y = forward(x)
        v = np.ones_like(y) if ones else rng.standard_normal(y.shape)
        measured = right_gradient(lambda x, f=forward, v=v: (v * f(x)).sum(), x)
        if wrong(backward(v, x), measured):
            return number + after
        x = y
    return -1


def seems_far(a, n):
    return not np.allclose(a, n)


FIND = Check(
    cases=bug_cases,
    outputs=("the number of the layer",),
    call=use_find_bug,
    mistakes=[
        Mistake(
            "ones",
            lambda layers, x: search(layers, x, ones=True),
            "the outputs were summed with v = 1 everywhere. The outputs of a softmax sum to 1 "
            "whatever x is, and centred numbers to 0: their slopes are then all 0, and rounding is "
            "compared with rounding. Take a random v.",
        ),
        Mistake(
            "allclose",
            lambda layers, x: search(layers, x, wrong=seems_far),
            "small gradients pass whatever they are: one layer here has gradients around 1e-10, "
            "and np.allclose accepts all differences below 1e-8. Use the relative error.",
        ),
        Mistake(
            "from-one",
            lambda layers, x: search(layers, x, after=True),
            "the layers are counted from 1; here the first one has the number 0.",
        ),
        Mistake(
            "exact",
            lambda layers, x: search(layers, x, wrong=lambda a, n: (a != n).any()),
            "measured and computed slopes never agree to the last digit, so a comparison for "
            "equality blames the first layer always. Allow a relative error of 1e-4.",
        ),
        Mistake(
            "every-element",
            lambda layers, x: search(layers, x, wrong=lambda a, n: differ(a, n).min() > 1e-4),
            "a layer was called wrong only where every element is. One wrong element is enough.",
        ),
    ],
)

CHECKS = {"03.1": SLOPES, "03.2": ERRORS, "03.3": ALONG, "03.4": FIND}
