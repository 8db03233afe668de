# %% [markdown] lesson="03" minutes=45 builds_on=["02"]
# # 03 · Gradient checking
#
# **You will be able to**
# - test any gradient against the slope of its function, with the right step and the right
#   measure;
# - tell a wrong gradient from a kink, and from rounding;
# - check a million numbers with two evaluations, and find which of many layers is wrong;
# - say what a gradient check can never see.
#
# **Time** 45 minutes. **Builds on** lesson 02 (gradients and the rules of ops).
#
# **Beliefs to test.** *The smaller the step, the better the slope. `np.allclose` is good enough
# to compare. And anyway, if the network learns, its gradients are right.* Each of them is
# reasonable, and each is wrong.

# %% setup
import numpy as np

import tinygen as tg
from tinygen.models import pretrained
from tinygen.plots.style import BLUE, FAINT, GREEN, VERMILION, diverging_map, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

F = tg.nn.functional
rng = begin("03")

# %% [markdown]
# ## 1. Two ways to a slope
#
# The gradient of x³ is 3x². At x = 2 that is 12. Somebody who does not know the rule can
# *measure* it: move x by a step h and see by how much the function changes. There are two ways to
# do that:
#
#     forward:   (f(x + h) − f(x)) / h
#     central:   (f(x + h) − f(x − h)) / 2h
#
# Take a large step, h = 0.1, so that the difference shows: 2.1³ = 9.261, 1.9³ = 6.859.

# %%
forward = (2.1**3 - 2**3) / 0.1
central = (2.1**3 - 1.9**3) / 0.2
print(f"right 12   forward {forward:.4f}   central {central:.4f}")
assert abs(forward - 12.61) < 1e-9, "the forward difference is off by 0.61"
assert abs(central - 12.01) < 1e-9, "the central difference is off by 0.01"

# %% [markdown]
# The central one is sixty times better here, so it is the one to take. A function of many
# numbers, which returns *one* number, has a slope for each of them: move one, leave the rest.

# %% The central difference exercise="03.1" difficulty=2 minutes=8 lines=6
def numerical_gradient(f, x, h=1e-5):
    """The slopes of f at x, by central differences.

    f takes an array like x and returns a number. x is a float64 array of any shape, and
    must not be changed. Returns an array of the shape of x.
    """
    ### BEGIN SOLUTION
    gradient = np.empty_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = h
        gradient[place] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient
    ### END SOLUTION

# %% [markdown] hints="03.1"
# 1. How many evaluations of f does an array of six numbers need, if each is moved to both sides?
# 2. `np.ndindex(x.shape)` gives the places of all numbers, whatever the shape: `for place in
#    np.ndindex(x.shape)`. For each, make an array `step` that is h there and 0 elsewhere.
# 3. `step = np.zeros_like(x)`, `step[place] = h`; then the slope at this place is the difference
#    of `f(x + step)` and `f(x - step)`, divided by the whole distance between the two points.

# %%
predict("03.p1", "Central difference, float64 (about 16 digits). With which h is the slope best?",
        ["1e-2", "1e-5", "1e-9", "1e-15, the smallest"])

# %%
def errors(h, dtype, way):
    """The error of the slope of tanh, relative to the slope: the median of 400 points."""
    x = np.linspace(0.2, 1.5, 400).astype(dtype)
    h = dtype(h)
    before = x if way == "forward" else x - h
    slope = (np.tanh(x + h) - np.tanh(before)) / (h if way == "forward" else 2 * h)
    right = 1 - np.tanh(x.astype(np.float64)) ** 2
    return np.median(abs(slope - right) / right)


for h in (1e-2, 1e-5, 1e-9, 1e-15):
    power = int(np.floor(np.log10(errors(h, np.float64, "central"))))
    print(f"central, float64, h = {h:.0e}: the error is a few times 1e{power:+03d}")
steps = 10.0 ** np.arange(-14, 0.1, 0.25)
curves = {(way, dtype): np.array([errors(h, dtype, way) for h in steps])
          for dtype in (np.float64, np.float32) for way in ("forward", "central")}
best = {key: steps[curve.argmin()] for key, curve in curves.items()}
assert 1e-6 < best["central", np.float64] < 1e-4, "central, float64: about the cube root of 1e-16"
assert 1e-10 < best["forward", np.float64] < 1e-6, "forward, float64: about the square root"
assert curves["central", np.float32].min() > 1e-7, "float32 never gets near"

# %%
with look():
    figure = new_figure(6.4, 3.6)
    axes = figure.subplots()
    for (way, dtype), curve in curves.items():
        colour = BLUE if dtype is np.float64 else VERMILION
        line = "-" if way == "central" else "--"
        axes.loglog(steps, curve, line, color=colour, label=f"{way}, {dtype.__name__}")
    axes.set(xlabel="step h", ylabel="relative error of the slope", ylim=(1e-13, 10))
    axes.annotate("rounding", (1e-11, 1e-5), rotation=-31, color=FAINT)
    axes.annotate("the bend", (2.5e-4, 3e-10), rotation=48, color=FAINT)
    axes.legend(loc="lower left")
picture(figure, "v-curve", "four V-shaped curves of error against step. Right of the bottom the "
        "function's bend spoils the slope, left of it rounding does. Lowest is central float64.")
reveal("03.p1", "b", "below 1e-5 the difference of two nearly equal numbers loses its digits: at "
       "1e-15 x + h is hardly another number than x. In float32 no step gives six good digits.")

# %% [markdown]
# **Why a V.** Taylor's series says how far a difference is off (f″ and f‴ are the second and
# third derivatives), and a computer keeps numbers only to a relative precision ε (2e-16 in
# float64, 1e-7 in float32):
#
#     central:   error  ≈  h²/6 · f‴(x)  +  ε · f(x) / h
#                          the bend         the rounding
#
# One term falls with h and the other grows. They meet at h ≈ ∛ε, about 1e-5 in float64. (Forward
# has h/2 · f″ for the bend, meets at √ε, and is never as good.) Hence the recipe that tinygen's
# own tests follow: **float64, central, h = 1e-5**. Code for float32 is tested by comparing with
# float64.

# %% [markdown]
# ## 2. Near enough?
#
# Measured and computed slopes never agree to the last digit. What is near enough?

# %%
predict("03.p2", "The true gradient is 1e-9 (a loss that was averaged over many pixels has such "
        "ones). The code says 2e-9, wrong by a factor of two. What does np.allclose say?",
        ["True: close", "False: not close"])

# %%
verdict = np.allclose(2e-9, 1e-9)
print("np.allclose(2e-9, 1e-9) is", verdict)
assert verdict, "allclose lets everything pass below its absolute tolerance"
reveal("03.p2", "a", "it accepts whatever differs by less than 1e-8. Small gradients are all "
       "'close' to each other, and to zero. The measure must be relative.")

# %% [markdown]
# The **relative error** compares the difference with the size of the numbers. With a for what the
# code computes (the analytic gradient) and n for what was measured (the numeric one) it is
#
#     |a − n| / (|a| + |n|)
#
# That is 0 if both agree, 1/3 if one is twice the other, and 1 if one is zero or has the other
# sign. Where both are zero they agree, so there it is 0. A usual scale, for float64 and h = 1e-5:
# up to 1e-7 is right; 1e-4 may be a kink (next section), and is too much without one; 1e-2 is
# wrong.

# %% The relative error exercise="03.2" difficulty=2 minutes=5 lines=3
def relative_error(a, n):
    """|a − n| / (|a| + |n|), for each element; 0 where both are 0.

    a and n are float64 arrays of one shape. Returns an array of that shape. NumPy gives no
    warning, and no small number is added: 1e-12 against 2e-12 is 1/3, too.
    """
    ### BEGIN SOLUTION
    size = np.abs(a) + np.abs(n)
    return np.abs(a - n) / np.where(size == 0, 1, size)
    ### END SOLUTION

# %% [markdown] hints="03.2"
# 1. Where is the denominator 0? What is the numerator there? By what could you divide instead?
# 2. Where both are zero the numerator is zero, so dividing it by anything else gives the 0 that
#    is wanted. Replace the zeros in the denominator by ones, and leave the rest as it is.
# 3. Compute `size = np.abs(a) + np.abs(n)` first. `np.where(size == 0, 1, size)` is the
#    denominator without zeros.

# %%
a = np.array([2e-9, 3.0, 0.0, -1.0])
n = np.array([1e-9, 3.0, 0.0, 1.0])
np.testing.assert_allclose(relative_error(a, n), [1 / 3, 0, 0, 1], err_msg="the four cases above")
x = rng.standard_normal((3, 4))
measured = numerical_gradient(lambda x: np.tanh(x).sum(), x)
worst = relative_error(1 - np.tanh(x) ** 2, measured).max()
assert worst < 1e-7, "the rule is right"
wrong = relative_error(1 - np.tanh(x), measured).max()
print(f"slope of tanh as 1 - tanh²: worst relative error below 1e-7; as 1 - tanh: {wrong:.2f}")
assert wrong > 1e-2, "the square was forgotten, and it shows"

# %% [markdown]
# ## 3. Kinks
#
# relu(x) = max(x, 0) has the slope 0 on the left of zero and 1 on the right. At zero itself it
# has no slope but a **kink**. A step that reaches over the kink measures a bit of both. Look at
# points around it, with a coarse step h = 0.001.

# %%
h = 1e-3
x = rng.uniform(-3 * h, 3 * h, 3000)
measured = (np.maximum(x + h, 0) - np.maximum(x - h, 0)) / (2 * h)
right = (x > 0).astype(float)
off = relative_error(right, measured)
near = abs(x) < h
print(f"{near.sum()} of {len(x)} points lie within a step of the kink")
assert off[~near].max() < 1e-9, "further away than a step the slopes agree"
assert np.median(off[near]) > 0.1, "nearer than that the measurement is worthless"
with look():
    figure = new_figure(7.2, 2.8)
    left, middle = figure.subplots(1, 2)
    order = np.argsort(x)
    left.plot(x[order] / h, measured[order], color=BLUE, label="measured")
    left.plot(x[order] / h, right[order], color=VERMILION, linestyle="--", label="rule")
    left.set(xlabel="x / h", ylabel="slope of relu", title="A step over the kink")
    left.legend()
    groups = [np.log10(off[near] + 1e-17), np.log10(off[~near] + 1e-17)]
    middle.hist(groups, bins=np.arange(-17.5, 0.6, 0.5), stacked=True, color=[VERMILION, BLUE],
                label=["|x| < h", "|x| > h"])
    middle.set(xlabel="log10 of the relative error", ylabel="points", xticks=[-16, -12, -8, -4, 0],
               title="Two kinds of points")
    middle.legend(loc="upper center")
picture(figure, "kink", "left: the measured slope is a ramp from 0 to 1 where the rule jumps. "
        "Right: a histogram with two heaps, no error away from the kink, up to 1 beside it.")

# %% [markdown]
# So one bad point proves nothing where there are kinks (relu, abs, max pooling). Keep inputs away
# from them (|x| > 0.01 with h = 1e-5); or compare the slopes to the left and to the right: if
# they differ, it is a kink. `tg.gradcheck` does the second, moves the inputs a little and tries
# again.
#
# ## 4. A million numbers
#
# Moving each number by itself takes two evaluations for each. For a picture or a layer that is
# too slow. But a gradient also predicts what happens when *all* numbers move at once: along a
# direction v of length 1, f grows by Σᵢ gᵢvᵢ per step. Two evaluations check that, whatever the
# size.

# %% Along a direction exercise="03.3" difficulty=3 minutes=8 lines=4
def directional_check(f, x, gradient, direction, h=1e-5):
    """The slope of f at x along a direction: measured, and as the gradient says.

    f takes an array like x and returns a number; gradient and direction have the shape of
    x. The direction is first scaled to length 1 (the root of the sum of its squares).
    Returns two numbers: the central difference with a step of length h, and the sum of
    gradient times direction.
    """
    ### BEGIN SOLUTION
    v = direction / np.sqrt((direction * direction).sum())
    measured = (f(x + h * v) - f(x - h * v)) / (2 * h)
    return measured, (gradient * v).sum()
    ### END SOLUTION

# %% [markdown] hints="03.3"
# 1. How long is a random direction of a million numbers? What would a step of h times *that* be?
# 2. Divide the direction by its length `np.sqrt((direction * direction).sum())`. It has the shape
#    of x, so x can be moved by h times it, to either side.
# 3. With v the scaled direction, the first number is the central difference between `x + h * v`
#    and `x - h * v`. The second multiplies the gradient with v, element by element, and sums it
#    all.

# %%
pictures = rng.standard_normal((10, 100, 100))  # a hundred thousand numbers
weight = rng.standard_normal(pictures.shape)


def loss(x):
    return (weight * np.tanh(x)).sum()


gradients = {"right": weight * (1 - np.tanh(pictures) ** 2)}
gradients["all too large by 1 %"] = 1.01 * gradients["right"]
gradients["ONE of 100,000 doubled"] = gradients["right"].copy()
gradients["ONE of 100,000 doubled"][3, 50, 50] *= 2
found = {name: [] for name in gradients}
for _ in range(8):
    direction = rng.standard_normal(pictures.shape)
    for name, gradient in gradients.items():
        measured, said = directional_check(loss, pictures, gradient, direction)
        found[name].append(float(relative_error(np.asarray(said), np.asarray(measured))))
for name, values in found.items():
    middle = np.median(values)
    print(f"{name:24} relative error", "below 1e-6" if middle < 1e-6 else f"about {middle:.0e}")
assert max(found["right"]) < 1e-5, "sixteen evaluations instead of 200,000"
assert max(found["all too large by 1 %"]) > 1e-3, "a fault everywhere is seen at once"
assert max(found["ONE of 100,000 doubled"]) > 1e-5, "a single fault is thinned out, not hidden"

# %% [markdown]
# A direction mixes all numbers, so a single wrong one is thinned out: it was wrong by a factor of
# two, and what shows is about a thousandth. That is still far above the error of a right
# gradient, so it is found. (A sample of a hundred *entries* would most probably have missed it.)
#
# ## 5. Where do you look?
#
# Five bugs of the kind that people write, in one layer: five rows x of four numbers go in, c
# stands for what comes after, and the last term is *weight decay*, which keeps weights small
# (lesson 05).
#
#     a = x·w + b        y = tanh(a)        L = Σ c·y + λ/2 · Σw²
#     δ = c · (1 − y²)   ∂L/∂w = xᵀ·δ + λw  ∂L/∂b = Σ over the rows of δ

# %%
def layer_loss(x, c, w, b):
    return (c * np.tanh(x @ w + b)).sum() + 0.01 / 2 * (w * w).sum()


def layer_gradients(x, c, w, b, bug=""):
    a = x @ w + b
    y = np.tanh(a)
    slopes = {"slope of tanh left out": 1, "1 − a² for 1 − y²": 1 - a**2}
    delta = c * slopes.get(bug, 1 - y**2)
    rows = slice(1 if bug == "first row left out" else 0, None)
    decay = 2 if bug == "weight decay twice" else 1
    db = delta.mean(0) if bug == "mean over rows for sum" else delta.sum(0)
    return x[rows].T @ delta[rows] + 0.01 * decay * w, db


BUGS = ["mean over rows for sum", "first row left out", "slope of tanh left out",
        "1 − a² for 1 − y²", "weight decay twice"]

# %%
predict("03.p3", "A network has just been made, and its weights are tiny (1e-5). You check it "
        "there. Which of the five bugs in the list do you miss?",
        ["none: the relative error sees all", "the last three", "the first two"])

# %%
def layer_error(size, bug):
    """The worst relative error of ∂L/∂w and ∂L/∂b, with weights of a size."""
    dice = np.random.default_rng(3)
    x, c = dice.standard_normal((5, 4)), dice.standard_normal((5, 3))
    w, b = size * dice.standard_normal((4, 3)), size * dice.standard_normal(3)
    dw, db = layer_gradients(x, c, w, b, bug)
    return max(relative_error(dw, numerical_gradient(lambda w: layer_loss(x, c, w, b), w)).max(),
               relative_error(db, numerical_gradient(lambda b: layer_loss(x, c, w, b), b)).max())


tiny = [layer_error(1e-5, bug) for bug in BUGS]
usual = [layer_error(0.5, bug) for bug in BUGS]
assert layer_error(0.5, "") < 1e-6, "without a bug all is well"
assert [error > 1e-6 for error in tiny] == [True, True, False, False, False], "three are missed"
assert min(usual) > 1e-4, "with weights of a usual size every one shows"

# %%
with look():
    figure = new_figure(7.2, 2.6)
    axes = figure.subplots()
    rows = np.arange(len(BUGS))[::-1]
    axes.axvspan(1e-13, 1e-6, color=GREEN, alpha=0.12)
    axes.text(1.5e-13, 4.55, "passes", color=GREEN, va="center")
    axes.semilogx(tiny, rows + 0.12, "s", color=VERMILION, label="weights near 0 (1e-5)")
    axes.semilogx(usual, rows - 0.12, "o", color=BLUE, label="weights of usual size (0.5)")
    axes.set(yticks=rows, xlabel="worst relative error", xlim=(1e-13, 3), ylim=(-0.6, 4.9))
    axes.set_yticklabels(BUGS)
    axes.legend(loc="lower left")
picture(figure, "five-bugs", "five bugs. With weights of usual size all show errors above 1e-4. "
        "With weights near zero the last three lie in the green region where a check passes.")
reveal("03.p3", "b", "near zero tanh is a straight line and the decay is next to nothing, so what "
       "is wrong about them is multiplied by zero. Check where the network works: after training.")

# %% [markdown]
# ## 6. Which layer is it?
#
# A whole network fails its check. Which of its layers is to blame? Check each by itself, on the
# input that it gets. Its output y is an array, and a check needs a number: take Σ v·y with a
# **random** v. Then `backward(v, x)` must be the gradient of that number: v plays the part that
# `grad` had in lesson 02. (Why not v = 1? A softmax's outputs sum to 1 whatever x is: every slope
# would be zero, right or wrong.)

# %% Find the planted bug exercise="03.4" difficulty=4 minutes=12 lines=9 needs=["03.1", "03.2"]
def find_bug(layers, x):
    """The number of the layer whose backward is wrong, counted from 0; -1 if none is.

    layers is a list of pairs (forward, backward): forward(x) is the output y, and
    backward(v, x) the gradient of the sum of v * y with respect to x. x is the input of the
    first layer; the output of each is the input of the next. A layer is wrong if a relative
    error is above 1e-4. numerical_gradient and relative_error are at hand.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    for number, (forward, backward) in enumerate(layers):
        y = forward(x)
        v = rng.standard_normal(y.shape)
        measured = numerical_gradient(lambda x, f=forward, v=v: (v * f(x)).sum(), x)
        if relative_error(backward(v, x), measured).max() > 1e-4:
            return number
        x = y
    return -1
    ### END SOLUTION

# %% [markdown] hints="03.4"
# 1. For one layer: which function of x returns one number, and what is its gradient by the
#    layer's own rule?
# 2. Make v with `np.random.default_rng(0).standard_normal(y.shape)`. The function is `lambda x:
#    (v * forward(x)).sum()`; measure its gradient at x, and compare with `backward(v, x)`.
# 3. A loop over `enumerate(layers)`: compute y; make v; measure; if the largest relative error is
#    above 1e-4, return the number; else the next layer's x is this y. After the loop return -1.

# %%
matrix = rng.standard_normal((4, 3))


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def softmax_backward(v, x, wrong=False):
    y = softmax(x)
    return y * (v - (v * y).mean(1, keepdims=True) if wrong else v - (v * y).sum(1, keepdims=True))


good = [(lambda x: x @ matrix, lambda v, x: v @ matrix.T),
        (np.tanh, lambda v, x: v * (1 - np.tanh(x) ** 2)),
        (softmax, softmax_backward)]
wrong = [(lambda x: x @ matrix, lambda v, x: 2 * v @ matrix.T),
         (np.tanh, lambda v, x: v * (1 - np.tanh(x))),
         (softmax, lambda v, x: softmax_backward(v, x, wrong=True))]
x = rng.standard_normal((5, 4))
verdicts = [find_bug([*good[:k], wrong[k], *good[k + 1:]], x) for k in range(3)]
print("planted in layer 0, 1, 2; found in", verdicts, "; nothing planted:", find_bug(good, x))
assert verdicts == [0, 1, 2], "each bug is found"
assert find_bug(good, x) == -1, "and none is invented"

# %% [markdown]
# ## 7. "But it learns"
#
# Two networks learn to read drawn digits. One has its gradients right. In the other the slope of
# tanh is left out, the third bug above. Both start from the same weights.

# %%
images, labels = tg.data.draw_glyphs(600, 3, tg.data.DIGITS)
flat = images.reshape(600, -1) / 255 - 0.1
truth = np.eye(10)[labels]


def train(has_bug):
    """The loss at each of a hundred steps of a network with 30 hidden numbers."""
    dice, losses = np.random.default_rng(3), []
    w, v = 0.05 * dice.standard_normal((784, 30)), 0.05 * dice.standard_normal((30, 10))
    for _ in range(100):
        y = np.tanh(flat @ w)
        p = softmax(y @ v)
        losses.append(-np.log((p * truth).sum(1)).mean())
        delta = (p - truth) / len(flat)
        slope = 1 if has_bug else 1 - y**2
        v, w = v - y.T @ delta, w - flat.T @ (delta @ v.T * slope)
    print(f"{'with the bug' if has_bug else 'right':13} loss {losses[-1]:.3f}, "
          f"{(p.argmax(1) == labels).mean():.1%} of the digits read")
    return losses


right, buggy = train(False), train(True)
print(f"what a check says to this bug (section 5): relative error {usual[2]:.2f}")
assert buggy[-1] < 0.3 * buggy[0], "it learns, bug or no bug"

# %%
with look():
    figure = new_figure(5.6, 2.8)
    axes = figure.subplots()
    axes.plot(right, color=BLUE, label="right gradients")
    axes.plot(buggy, color=VERMILION, linestyle="--", label="slope of tanh left out")
    axes.set(xlabel="step", ylabel="loss", ylim=(0, None))
    axes.legend()
picture(figure, "learns", "two falling curves of the loss, one with right gradients, one with a "
        "bug, nearly the same. Nobody could tell from the second that something is wrong.")

# %% [markdown]
# ## 8. What no gradient check can see
#
# A check compares a function with its own slope. If the *function* is wrong, its slope is right
# for the wrong function. The article that this course puts right has such a case. A variational
# autoencoder (lesson 10) needs to know how far a Gaussian q, of mean μ and log-variance l, is
# from the standard one, p. The measure is the average of log q(z) − log p(z) over draws z of q,
# called KL:
#
#     KL = ½ Σ (μ² + exp(l) − 1 − l)
#
# The article's program squares logarithms where variances should be, has no μ, and halves twice.
# Check both formulas.

# %%
def kl(mu, logvar):
    return 0.5 * (mu * mu + logvar.exp() - 1 - logvar).sum()


def kl_of_the_article(mu, logvar):
    squares = (logvar.exp() + 1e-8).log() ** 2 + ((-logvar / 2).exp() + 1e-8).log() ** 2
    return 0.5 * (0.5 * (1 + logvar + 0 * mu - squares).sum())


inputs = [tg.tensor(rng.standard_normal(6), requires_grad=True) for _ in range(2)]
assert tg.gradcheck(kl, inputs), "the right formula passes"
assert tg.gradcheck(kl_of_the_article, inputs), "the wrong one passes, too"
print("  μ     l     the article's     KL")
for mu, logvar in [(0.0, 0.0), (5.0, 0.0), (0.0, 2.0), (0.0, -10.0)]:
    pair = [float(f(tg.tensor([mu]), tg.tensor([logvar]))) for f in (kl_of_the_article, kl)]
    print(f"{mu:4} {logvar:6} {pair[0]:12.2f} {pair[1]:12.2f}")
assert pair[0] < 0 < pair[1], "a distance below zero"

# %%
z = 1.3 + np.exp(-0.7 / 2) * rng.standard_normal(400_000)  # draws of q with μ = 1.3, l = -0.7
log_q = -0.5 * ((z - 1.3) ** 2 / np.exp(-0.7) - 0.7)  # both without the same constant
log_p = -0.5 * z**2
sampled = (log_q - log_p).mean()
closed = float(kl(tg.tensor([1.3]), tg.tensor([-0.7])))
print(f"at μ = 1.3, l = -0.7: averaged over draws {sampled:.3f}, by the formula {closed:.3f}")
assert abs(sampled - closed) < 0.02, "the right formula agrees with its definition"
with np.errstate(over="ignore"):
    logarithm = np.log(np.exp(np.float32(100)) + np.float32(1e-8))
print("the article's log(exp(l) + 1e-8) at l = 100, in float32:", logarithm)
assert np.isinf(logarithm), "exp overflows, and the 1e-8 does not help"

# %% [markdown]
# What finds it: **properties** (KL is never negative; it is 0 for μ = l = 0) and **another way to
# the same number** (draw, and average). The last line is about the article's 1e-8, which was to
# keep a logarithm from failing: exp overflows first. No check at usual values sees that either.
#
# ## 9. Real use
#
# `tg.gradcheck(function, inputs)` is what you built: central differences in float64, a random v,
# directions where an input is large, and the two-sided test for kinks. `tg.gradgradcheck` checks
# the *second* derivative: the gradient is a function, too. Here are both on a convolution (lesson
# 06), and the first on an op with a bug. Read its message: which input, which entry, both
# numbers.

# %%
shapes = {"pictures": (2, 3, 5, 4), "weight": (4, 3, 3, 2), "bias": (4,)}
inputs = [tg.tensor(rng.standard_normal(shape), requires_grad=True) for shape in shapes.values()]


def convolution(x, weight, bias):
    return F.conv2d(x, weight, bias, stride=2, padding=1)


assert tg.gradcheck(convolution, inputs, eps=1e-5, atol=1e-8, rtol=1e-6), "first derivatives"
assert tg.gradgradcheck(convolution, inputs), "second derivatives"


class BadTanh(tg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = ctx.xp.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad):
        (y,) = ctx.saved_tensors
        return grad * (1 - y)


try:
    tg.gradcheck(BadTanh.apply, inputs[0])
except RuntimeError as found:
    print(found)
else:
    raise AssertionError("the forgotten square was not found")

# %% [markdown]
# Now a whole trained network: the package's judge, a classifier of handwritten digits, and a
# drawn 1. The question to it: by how much would the loss change if *this pixel* were brighter?
# Back-propagation answers for all 784 pixels with one walk. We measure as well, with 1,568
# forward passes.

# %%
predict("03.p4", "All ops of the judge passed their checks. On the picture of the 1, at how many "
        "of the 784 pixels do gradient and measured slope differ by more than 1e-4?",
        ["none", "two or three, near kinks", "more than half"])

# %%
judge = pretrained("judge").double()
images, labels = tg.data.draw_glyphs(8, 3, tg.data.DIGITS)
one = images[1] / 255


def losses_of(pictures):
    wanted = tg.tensor(np.full(len(pictures), labels[1]))
    return F.cross_entropy(judge(tg.tensor(pictures[:, None])), wanted, reduction="none")


def both_ways(image, h=1e-5):
    """The gradient of the loss with respect to the picture: by the rules, and measured."""
    x = tg.tensor(image[None, None], requires_grad=True)
    (gradient,) = tg.grad(F.cross_entropy(judge(x), tg.tensor(labels[1:2])), x)
    moves, slopes = h * np.eye(784).reshape(7, 112, 28, 28), []  # one pixel each, in 7 batches
    with tg.no_grad():
        for move in moves:
            slopes.append((losses_of(image + move) - losses_of(image - move)).numpy() / (2 * h))
    return gradient.numpy()[0, 0], np.concatenate(slopes).reshape(28, 28)


noisy = one + 0.05 * rng.random((28, 28))
rows = {"as it is": (one, *both_ways(one)), "with a little noise": (noisy, *both_ways(noisy))}
errors = {name: relative_error(row[1], row[2]) for name, row in rows.items()}
for name, error in errors.items():
    print(f"{name:20} {(error > 1e-4).sum():4} of 784 pixels differ by more than 1e-4")
assert (errors["as it is"] > 1e-4).sum() > 392, "more than half"
assert (one[errors["as it is"] > 1e-4] == 0).all(), "and all of them lie in the black"
assert (errors["with a little noise"] > 1e-4).sum() < 8, "kinks are rare where no two pixels tie"

# %%
with look():
    figure = new_figure(7.2, 3.7)
    for axes, (name, row) in zip(figure.subplots(2, 1), rows.items(), strict=True):
        axes.set_axis_off()
        top = abs(row[1]).max()
        parts = [(row[0], "gray", 0, 1), (row[1], diverging_map(), -top, top),
                 (row[2], diverging_map(), -top, top),
                 (np.log10(errors[name] + 1e-12), "magma", -12, 0)]
        titles = [f"a 1, {name}", "gradient by the rules", "measured", "log10 of the error"]
        for number, (values, colours, low, high) in enumerate(parts):
            part = axes.inset_axes([number / 4, 0, 0.235, 0.88])
            drawn = part.imshow(values, cmap=colours, vmin=low, vmax=high)
            part.set(xticks=[], yticks=[])
            part.set_title(titles[number], fontsize=8.5)
        figure.colorbar(drawn, ax=axes, fraction=0.02, pad=0.01)
picture(figure, "judge", "two rows: the picture, its gradient by the rules, the measured one, and "
        "the error. As it is, most of the black ground differs. With noise all pixels agree. (At "
        "the right edge both are 0: the judge's last pooling leaves these pixels out.)")
reveal("03.p4", "c", "on black ground all values in a pooling window are equal. Max pooling has a "
       "kink there: brighten a pixel and the maximum follows, darken it and it does not. A little "
       "noise breaks the ties, and every pixel agrees. The rules were right all along.")

# %% [markdown]
# ## What changed in your head
#
# - A slope is measured best at a **middling** step: float64, central, h = 1e-5. It is compared by
#   its **relative** error.
# - A gradient that is nearly right learns nearly as well. Only a check tells, and only **where
#   the network works**: not at zero, not on a kink.
# - A check compares a function with its own slope. Whether it is the function you wanted, only
#   its **properties**, or another way to the same number, can tell.

# %% [markdown] teacher="03"
# **Discuss.** (1) *Why not test in float32, as we train in it?* Let students read the lowest
# error off the picture: 1e-5 at best, so a bug of 1e-5 is invisible; compare with float64
# instead. (2) *Dropout draws a new mask in each forward pass. What does a check of it need?* The
# same random numbers in all passes; `tg.gradcheck` replays tinygen's own. (3) *Your net of ten
# relu layers shows 1e-2. Bug or kink?* Check layer by layer, fewer data, smaller h: a kink moves
# away, a bug stays.
#
# **Commonest wrong answers.** 03.1: the forward difference ("x was moved to the right only");
# division by h for 2h (a constant factor of 2); x changed in place. 03.2: 1e-8 added below ("tiny
# gradients then look right whatever they are"); NaN for 0/0. 03.3: the direction not scaled; the
# product not summed (the shape). 03.4: v = 1 ("the outputs of a softmax sum to 1 whatever x is");
# every layer checked on the first input, which fails where shapes change.
#
# **10 minutes:** the V curve (p1), and section 7: two curves, one bug. **40 minutes:** sections 1
# to 6 with 03.1, 03.2 and 03.4; then p4 with the picture of the judge as a riddle, before the
# reason is given. 03.3 at home.
