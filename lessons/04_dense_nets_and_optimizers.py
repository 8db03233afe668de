# %% [markdown] lesson="04" minutes=45 builds_on=["02", "03"]
# # 04 · Dense nets and optimizers
#
# **You will be able to**
# - write the forward and backward pass of a dense layer with softmax cross-entropy, and say what
#   its loss must be before any training;
# - write momentum, Adam and Adagrad, and hold them equal to the library's;
# - say what an optimizer changes about a step, and what it cannot change;
# - name four silent bugs of real programs by their symptoms.
#
# 45 minutes. Builds on 02 (the chain rule) and 03 (checking a gradient).
#
# **Three beliefs that this lesson tests.** "Adam is always best", "momentum just makes the steps
# bigger", "the learning rate is a detail". They are easy to believe: each is true often enough to
# be repeated, and a loss that falls never shows how far it could have fallen.

# %% setup
import numpy as np

import tinygen as tg
from tinygen.nn import functional as F
from tinygen.plots.style import MARKS, PALETTE, line_style, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("04")

# %% [markdown]
# ## 1. One number, downhill
#
# An optimizer is handed numbers `theta` and the gradient of the loss there. It gives back other
# numbers, whose loss should be lower. The simplest one walks against the gradient:
#
#     theta ← theta − lr · gradient
#
# Take the loss w², whose gradient is 2·w. Then a step multiplies w by (1 − 2·lr), and everything
# that can happen is in this factor. With lr = 0.1 it is 0.8, and w shrinks. With lr = 0.9 it is
# −0.8: w jumps from side to side, and shrinks as well. With lr = 1.1 it is −1.2: w jumps, and each
# jump is longer than the one before.

# %% Three learning rates by hand
for lr, wanted in [(0.1, 0.64), (0.9, 0.64), (1.1, 1.44)]:
    w = 1.0
    for _ in range(2):
        w = w - lr * 2 * w
    print(f"lr {lr}: after two steps w = {w:.2f}, and the loss is {w * w:.2f}")
    assert np.isclose(w, wanted), "two steps multiply w by (1 - 2 lr), twice"

# %% [markdown]
# ## 2. A dense net and its loss
#
# A dense layer is a product and a sum: `logits = x @ weight.T + bias`. With N pictures of D pixels
# and K classes, `x` is (N, D), `weight` is (K, D) as in PyTorch, and `logits` is (N, K). Softmax
# turns the logits of each picture into probabilities. The loss is the mean, over the N pictures,
# of −log(the probability of the right class), with the natural logarithm:
#
#     p[n, k] = exp(logits[n, k]) / Σⱼ exp(logits[n, j])
#     loss    = −(1/N) · Σₙ log p[n, labels[n]]
#
# The two are kept together because together they have a short gradient:
#
#     delta = ∂loss/∂logits = (p − one_hot) / N
#
# where one_hot is 1 at the right class of each picture, and 0 elsewhere. From there the gradient
# goes through the layer as through every product of matrices:
#
#     ∂loss/∂x      = delta · weight
#     ∂loss/∂weight = deltaᵀ · x
#     ∂loss/∂bias   = Σₙ delta[n]
#
# One care: exp(1000) is infinite. So subtract from each row its largest logit first and call the
# result `shifted`. The probabilities stay the same, because numerator and denominator shrink by
# the same factor, and log p = shifted − log Σⱼ exp(shifted).

# %% A dense layer with its loss exercise="04.1" difficulty=3 minutes=12 lines=9
def linear_cross_entropy(x, weight, bias, labels):
    """A dense layer, softmax, the mean cross-entropy, and the gradients of it.

    x: (N, D), weight: (K, D), bias: (K,), labels: (N,) whole numbers from 0 to K - 1.
    Returns loss (a number), dx (N, D), dweight (K, D), dbias (K,). Changes no argument.

    By hand: logits (0, log 3) give p = (1/4, 3/4). If the right class is 1, the loss is
    -log(3/4) = 0.288, and delta is (1/4, -1/4).
    """
    ### BEGIN SOLUTION
    n = len(x)
    logits = x @ weight.T + bias
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(n), labels].mean()
    delta = np.exp(log_p)
    delta[np.arange(n), labels] -= 1
    delta /= n
    return loss, delta @ weight, delta.T @ x, delta.sum(axis=0)
    ### END SOLUTION

# %% [markdown] hints="04.1"
# 1. What are the shapes of logits, p and delta? Which of the sums in the formulas runs over the
#    classes, and which over the pictures?
# 2. Compute `shifted` and from it `log_p` (N, K) first; then p is its exp. (keepdims=True keeps
#    what you subtract in the shape (N, 1).) `log_p[np.arange(N), labels]` picks one number from
#    each row: log of the probability of the right class.
# 3. The loss is minus the mean of those N numbers. For delta take p, subtract 1 at the same N
#    places, and divide everything by N, since the loss is a mean. The three gradients are the three
#    formulas: a product with weight, a product of the transposed delta with x, a sum over axis 0.

# %%
predict("04.p1", "A net for ten classes has small random weights and has learned nothing yet. "
        "What is its loss?", ["about 0", "about 2.3, which is log 10", "about 10", "anything"])

# %% Drawn characters, 14 x 14, and a net of two layers
drawn = tg.data.make_glyphs(1000, 500, characters="0123456789")

def pixels(images):
    """Every 2 x 2 pixels averaged: (N, 28, 28) becomes (N, 196)."""
    return images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196)

middle, spread = pixels(drawn.train_images).mean(), pixels(drawn.train_images).std()
train_x, train_y = (pixels(drawn.train_images) - middle) / spread, drawn.train_labels
test_x, test_y = (pixels(drawn.test_images) - middle) / spread, drawn.test_labels

def new_theta(rng):
    """All parameters in one long row: that is how an optimizer sees a net."""
    small = [rng.normal(0, 0.1, 32 * 196), np.zeros(32), rng.normal(0, 0.01, 10 * 32), np.zeros(10)]
    return np.concatenate(small)

def layers_of(theta):
    """The row, cut into the weights and biases of the two layers."""
    weight1, bias1, weight2, bias2 = np.split(theta, np.cumsum([32 * 196, 32, 10 * 32]))
    return weight1.reshape(32, 196), bias1, weight2.reshape(10, 32), bias2

# %% Its loss and gradient, held equal to the library's
def loss_and_gradient(theta, x, labels):
    """196 pixels, 32 hidden units with relu, 10 classes."""
    weight1, bias1, weight2, bias2 = layers_of(theta)
    before = x @ weight1.T + bias1
    loss, dhidden, *last = linear_cross_entropy(np.maximum(before, 0), weight2, bias2, labels)
    dbefore = dhidden * (before > 0)
    gradients = [dbefore.T @ x, dbefore.sum(axis=0), *last]
    return loss, np.concatenate([part.ravel() for part in gradients])

theta = new_theta(rng)
loss, gradient = loss_and_gradient(theta, train_x, train_y)
assert abs(loss - np.log(10)) < 0.1, "a net that knows nothing gives each of ten classes 1/10"

tensors = [tg.tensor(part, requires_grad=True) for part in layers_of(theta)]
hidden = F.relu(F.linear(tg.tensor(train_x), *tensors[:2]))
F.cross_entropy(F.linear(hidden, *tensors[2:]), tg.tensor(train_y)).backward()
for ours, theirs in zip(layers_of(gradient), tensors, strict=True):
    np.testing.assert_allclose(ours, theirs.grad.numpy(), atol=1e-12, err_msg="not the library's")
print(f"loss before training {loss:.2f}, log 10 = {np.log(10):.2f}; gradients as the library's")
reveal("04.p1", "b", "Each class gets about 1/10, and -log(1/10) is 2.30. If the first line of a "
       "training log says something else, there is a bug, found before any training.")

# %% [markdown]
# ## 3. The whole gradient, or a cheap guess
#
# *Gradient descent* takes the gradient over all N pictures for each step. *Stochastic* gradient
# descent (SGD) takes one picture, drawn at random, or some, say 50: a *mini-batch*. That gradient
# is a guess, and right on average: the gradients of 20 mini-batches, which together are all 1000
# pictures, have the whole gradient as their mean. So SGD is gradient descent on random batches,
# and nothing else. What it buys is many steps for the same number of pictures read.
#
# Here are three runs, each at a rate that suits it. Why not always take one picture? Fifty at once
# are one product of matrices, and that takes far less than fifty times one picture's.

# %% Gradient descent, mini-batches and single pictures: each reads 2000 pictures
batches = np.split(rng.permutation(1000), 20)
guesses = [loss_and_gradient(theta, train_x[batch], train_y[batch])[1] for batch in batches]
np.testing.assert_allclose(np.mean(guesses, axis=0), gradient, atol=1e-12, err_msg="biased guess")

order = np.concatenate([rng.permutation(1000) for _ in range(2)])
curves = {}
for size, lr in [(1000, 1.0), (50, 0.3), (1, 0.01)]:
    moved, curves[size] = theta, [(0, loss)]
    for end in range(size, 2001, size):
        batch = order[end - size : end]
        moved = moved - lr * loss_and_gradient(moved, train_x[batch], train_y[batch])[1]
        if end % 50 == 0:
            curves[size].append((end, loss_and_gradient(moved, train_x, train_y)[0]))
with look():
    figure = new_figure(6.4, 3.4)
    axes = figure.add_subplot(xlabel="pictures read", ylabel="loss over all 1000 pictures")
    for number, (size, curve) in enumerate(curves.items()):
        label = f"{size} a step: {2000 // size} steps"
        axes.plot(*zip(*curve, strict=True), **line_style(number), label=label)
    axes.legend()
assert curves[50][-1][1] < curves[1000][-1][1] / 2, "40 cheap guesses beat 2 whole gradients"
picture(figure, "batches", "Loss against pictures read. With all 1000 pictures in a step there are "
        "only 2 steps, to about 2.0; with 50 or 1, for the same reading, it ends below 0.8.")

# %% [markdown]
# ## 4. A ravine, and momentum
#
# The loss of a net is steep in some directions and nearly flat in others. The smallest example is
# a ravine: `loss = ½·(x² + 30·y²)`, with the gradient (x, 30·y). As in section 1, lr must stay
# below 2/30 = 0.067, or y flies out. With such a small lr, x only creeps.
#
# *Momentum* keeps a velocity, which is zero at first:
#
#     velocity ← momentum · velocity + gradient
#     theta    ← theta − lr · velocity
#
# Along the floor of the ravine the gradients have one sign and add up, with momentum 0.9 to as
# much as 1 + 0.9 + 0.81 + … = 10 of them. Across the ravine the sign changes at every step, and
# they cancel. So momentum makes long what is steady, and short what swings.

# %% Momentum exercise="04.2" difficulty=1 minutes=5 lines=2
def momentum_step(theta, gradient, velocity, lr, momentum):
    """One step of SGD with momentum, as PyTorch and tinygen.optim.SGD have it.

    theta, gradient, velocity: arrays of one shape; lr, momentum: numbers.
    Returns the new theta and the new velocity. Changes no argument.

    By hand: gradient 1 and velocity 2 give, with momentum 0.5, velocity 2; so with lr 0.1 theta
    moves by -0.2.
    """
    ### BEGIN SOLUTION
    velocity = momentum * velocity + gradient
    return theta - lr * velocity, velocity
    ### END SOLUTION

# %% [markdown] hints="04.2"
# 1. Which of the two lines comes first? Does theta move by the old velocity or by the new one?
# 2. The velocity is a sum of gradients: lr is not in it. It is only multiplied in when theta moves.
# 3. `velocity * momentum + gradient` makes a new array (`velocity *= ...` would change the
#    caller's). Then subtract lr times that new array from theta, and return both, theta first.

# %% [markdown]
# ## 5. A step size for each number
#
# The other idea is to divide each number's gradient by the size that it usually has. Then steep
# and flat directions take steps of about the same length, lr. *RMSprop* keeps a running mean of
# the squared gradients, *Adagrad* their sum since the beginning (all element by element):
#
#     RMSprop   squares ← alpha · squares + (1 − alpha) · gradient²
#     Adagrad   squares ← squares + gradient²
#     both      theta   ← theta − lr · gradient / (√squares + eps)
#
# (eps is a tiny number, so that nothing is divided by 0.)
#
# *Adam* uses momentum above the fraction line and RMSprop below it, both as running means:
#
#     m ← beta1 · m + (1 − beta1) · gradient
#     v ← beta2 · v + (1 − beta2) · gradient²
#
# Both are zero at first, so they begin too small: after the first step m is 0.1·gradient and v is
# 0.001·gradient². The weights of the gradients in m sum to 1 − beta1 after one step, and to
# 1 − beta1ᵗ after t steps. Dividing by that sum makes a proper mean, which is called *bias
# correction*:
#
#     m̂ = m / (1 − beta1ᵗ)
#     v̂ = v / (1 − beta2ᵗ)
#     theta ← theta − lr · m̂ / (√v̂ + eps)

# %% Adam exercise="04.3" difficulty=2 minutes=8 lines=5
def adam_step(theta, gradient, m, v, step, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam, as tinygen.optim.Adam takes it (there m and v are exp_avg, exp_avg_sq).

    theta, gradient, m, v: arrays of one shape. step: t, which is 1 at the first step.
    Returns the new theta, m and v; m and v without the correction. Changes no argument.

    By hand: at the first step (t = 1, m = v = 0) theta moves by lr against the sign of the
    gradient, however large or small that is.
    """
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**step)
    v_hat = v / (1 - beta2**step)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
    ### END SOLUTION

# %% [markdown] hints="04.3"
# 1. What are m̂ and v̂ at the first step, in terms of the gradient? What is their quotient
#    m̂ / √v̂?
# 2. Five formulas, five lines, in the order of the text. Four of the names exist already; m̂ and v̂
#    get names of their own.
# 3. m and v are handed on to the next step, so return them as they are before the correction. In
#    the last formula the root is taken of v̂ alone, and eps is added to the root.

# %% Adagrad exercise="04.4" difficulty=1 minutes=4 lines=2
def adagrad_step(theta, gradient, squares, lr, eps=1e-10):
    """One step of Adagrad, as tinygen.optim.Adagrad takes it.

    theta, gradient, squares: arrays of one shape. Returns the new theta and squares.
    Changes no argument.

    By hand: gradient 3 and squares 16 give squares 25, and theta moves by -lr * 3/5.
    """
    ### BEGIN SOLUTION
    squares = squares + gradient**2
    return theta - lr * gradient / (np.sqrt(squares) + eps), squares
    ### END SOLUTION

# %% [markdown] hints="04.4"
# 1. Does the step divide by the sum before or after the new square is added? (See "by hand".)
# 2. The gradient in the step is the plain one. Only the divisor remembers.
# 3. Two lines: the new squares (a new array), then theta moved by lr times the gradient over the
#    divisor, which is the root of the new squares, plus eps.

# %% Five rules with one way of calling them
def rmsprop_step(theta, gradient, squares, lr, alpha=0.99, eps=1e-8):
    squares = alpha * squares + (1 - alpha) * gradient**2
    return theta - lr * gradient / (np.sqrt(squares) + eps), squares

RULES = {  # how many arrays it remembers; called with theta, gradient, these arrays, step and lr
    "SGD": (0, lambda theta, g, step, lr: [theta - lr * g]),
    "momentum": (1, lambda theta, g, velocity, _, lr: momentum_step(theta, g, velocity, lr, 0.9)),
    "RMSprop": (1, lambda theta, g, squares, step, lr: rmsprop_step(theta, g, squares, lr)),
    "Adagrad": (1, lambda theta, g, squares, step, lr: adagrad_step(theta, g, squares, lr)),
    "Adam": (2, adam_step),
}

def descend(name, gradient_at, theta, lr, steps):
    """All points on the way: (steps + 1, size of theta)."""
    count, rule = RULES[name]
    arrays, path = [np.zeros_like(theta) for _ in range(count)], [theta]
    for step in range(1, steps + 1):
        theta, *arrays = rule(theta, gradient_at(theta), *arrays, step, lr)
        path.append(theta)
    return np.array(path)

# %% Held equal to tinygen.optim, in the ravine
ravine, beginning = np.diag([1.0, 30.0]), np.array([-4.0, 1.0])
library = {"SGD": (tg.optim.SGD, {}), "momentum": (tg.optim.SGD, {"momentum": 0.9}),
           "RMSprop": (tg.optim.RMSprop, {}), "Adagrad": (tg.optim.Adagrad, {}),
           "Adam": (tg.optim.Adam, {})}
for name, (optimizer_class, options) in library.items():
    parameter = tg.tensor(beginning, requires_grad=True)
    optimizer = optimizer_class([parameter], lr=0.03, **options)
    for _ in range(50):
        optimizer.zero_grad()
        (0.5 * (parameter * tg.tensor([1.0, 30.0]) * parameter).sum()).backward()
        optimizer.step()
    ours = descend(name, lambda theta: ravine @ theta, beginning, 0.03, 50)[-1]
    np.testing.assert_allclose(ours, parameter.tolist(), rtol=1e-9, err_msg=f"another {name}")
print("after 50 steps, all five are where tinygen.optim is")

# %%
predict("04.p2", "In the ravine, all five come down. SGD and momentum both have lr = 0.03. Now "
        "every lr is multiplied by 3. Whose path leaves the ravine for ever?",
        ["only momentum's: its steps are bigger", "only plain SGD's", "SGD's and momentum's"])

# %% Five paths: at lr, at 3 lr, and with the ravine turned
rates = {"SGD": 0.03, "momentum": 0.03, "RMSprop": 0.03, "Adagrad": 0.5, "Adam": 0.2}
turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2)  # by 45 degrees
rows = {"lr": (1, np.eye(2)), "3 × lr": (3, np.eye(2)), "turned, lr": (1, turn)}
points = np.stack(np.meshgrid(np.linspace(-5, 3, 99), np.linspace(-4, 3, 99)), axis=-1)
paths = {}
with look():
    figure = new_figure(9.0, 5.4)
    panels = figure.subplots(3, 5, sharex=True, sharey=True)
    for line, (row, (factor, turned)) in zip(panels, rows.items(), strict=True):
        here = turned @ ravine @ turned.T
        heights = 0.5 * np.einsum("...i,ij,...j", points, here, points)
        line[0].set(ylabel=f"{row}\ny", xlim=(-5, 3), ylim=(-4, 3))
        for axes, (name, lr) in zip(line, rates.items(), strict=True):
            path = descend(name, here.__matmul__, turned @ beginning, factor * lr, 60)
            paths[row, name] = path
            shown = path[: 1 + np.cumprod(np.abs(path).max(axis=1) < 10).sum()]
            axes.contour(*np.moveaxis(points, -1, 0), heights, [1, 4, 10, 20, 40], colors="#BBBBBB")
            axes.plot(*shown.T, color=PALETTE[0], marker="o", markersize=2.5, linewidth=1)
            axes.plot(0, 0, marker="+", color=PALETTE[1], markersize=9)
            axes.set(title=name if row == "lr" else "", xlabel="x" if turned is turn else "")
picture(figure, "ravine", "Three rows of ravines, each with the paths of five optimizers towards a "
        "cross at the lowest point. With lr all come down. With 3 lr plain SGD jumps out of the "
        "picture, and only SGD. In the turned ravine SGD and momentum walk the same path, turned.")

# %% [markdown]
# Look at the first two columns. At 3·lr plain SGD leaves, and momentum with the very same lr does
# not: its velocity averages the jumps out. Then look at the last row. The rules that divide each
# number by its own size are quick along the axes. In the turned ravine each number has steep and
# flat in it, and dividing helps less.
#
# And all five only go down from where they stand. An optimizer changes the length and the direction
# of steps; that it "avoids local minima", as the article has it, is proved of none.

# %% What the paths say
assert np.abs(paths["3 × lr", "SGD"][-1]).max() > 1e6, "SGD's y grows by 1.7 at each step"
for name in ("momentum", "RMSprop", "Adagrad", "Adam"):
    assert np.abs(paths["3 × lr", name][-1]).max() < 0.5, f"{name} stays in the ravine"
for name in ("SGD", "momentum"):
    back = paths["turned, lr", name] @ turn
    np.testing.assert_allclose(back, paths["lr", name], atol=1e-9, err_msg="another path")
for name in ("RMSprop", "Adagrad"):
    left, left_turned = (np.linalg.norm(paths[row, name][-1]) for row in ("lr", "turned, lr"))
    assert left_turned > 2 * left, f"{name} is slower in the turned ravine"
reveal("04.p2", "b", "SGD multiplies y by 1 - 0.09 * 30 = -1.7 at each step. Momentum stands up to "
       "lr * 30 = 2 * (1 + 0.9) = 3.8, because the jumps cancel in its velocity.")

# %%
predict("04.p3", "The same gradient comes for 1000 steps. How long is Adagrad's last step, if its "
        "first has length 1?", ["1: the gradient is the same", "about 1/32", "1/1000"])

# %% How long is a step, if the gradient is 1 for ever?
def uncorrected_adam_step(theta, gradient, m, v, step, lr):
    m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
    return theta - lr * m / (np.sqrt(v) + 1e-8), m, v

forgotten = "Adam without the correction"
RULES[forgotten] = (2, uncorrected_adam_step)
walks = {rule: descend(rule, np.ones_like, np.zeros(1), 1.0, 1000)[:, 0] for rule in RULES}
steps = {rule: -np.diff(walk) for rule, walk in walks.items()}
with look():
    figure = new_figure(6.6, 3.8)
    axes = figure.add_subplot(xlabel="step", ylabel="length of the step, in units of lr")
    for number, (rule, lengths) in enumerate(steps.items()):
        wide = {"linewidth": 6, "alpha": 0.35} if rule == "SGD" else {}  # Adam lies on it
        axes.loglog(np.arange(1, 1001), lengths, **line_style(number), **wide, label=rule)
    axes.legend(ncols=2, loc="lower left")
picture(figure, "steps", "Length of a step against its number, both logarithmic. SGD and Adam: "
        "always lr. Momentum grows to 10 lr. Adagrad falls as one over the root. RMSprop begins at "
        "10 lr. Adam without the correction begins at 3 lr, grows to 7, and falls back slowly.")
np.testing.assert_allclose(steps["Adam"], 1.0, rtol=1e-6, err_msg="lr from the first step on")
np.testing.assert_allclose(steps["Adagrad"][-1], 1000**-0.5, err_msg="one over the root of 1000")
assert steps[forgotten][:20].min() > 3, "without the correction, the early steps are far too long"
reveal("04.p3", "b", "The sum of 1000 squares is 1000, and its root 31.6. So Adagrad comes to a "
       "stop by itself. RMSprop and Adam forget, and go on.")

# %% [markdown]
# ## 6. Break it: four silent bugs
#
# No error and no warning; only the numbers know. All four are in the programs of the article that
# this course puts right.
#
# 1. **Softmax twice.** The net ends in softmax, and then comes a loss that takes softmax itself.
#    What it gets for logits lies between 0 and 1, so the second softmax can never be sure: for ten
#    classes no loss is below log(e + 9) − 1 = 1.4612. *Symptom*: a loss that stops at 1.46.
# 2. **Layers made within the call.** Every call draws new weights, and what was learned is lost.
#    *Symptom*: the same picture, called twice, has two answers.
# 3. **relu of leaky_relu.** relu cuts off what leaky_relu let through. *Symptom*: as many gradients
#    are zero as with relu alone.
# 4. **One optimizer for two networks**, as a GAN has them. The count t goes twice as fast, and
#    Adam's correction is wrong for both. *Symptom*: first steps that are too short.

# %% 1: softmax twice
def softmax_once(logits, labels):
    """The loss, and its gradient at the logits."""
    return linear_cross_entropy(logits, np.eye(10), np.zeros(10), labels)[:2]

def softmax_twice(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss, dp = softmax_once(p, labels)
    return loss, p * (dp - (dp * p).sum(axis=1, keepdims=True))

sure_of_0 = 10 * np.eye(10)[:1]
once, twice = (f(sure_of_0, [0])[0] for f in (softmax_once, softmax_twice))
print(f"sure, and right: loss {once:.4f} with one softmax, {twice:.4f} with two")
assert np.isclose(twice, np.log(np.e + 9) - 1, atol=0.001), "no loss of two softmaxes is lower"
for what, logits, least in [("unsure", 0 * sure_of_0, 9.9), ("sure, and wrong", sure_of_0, 1000)]:
    once, twice = (np.linalg.norm(f(logits, [1])[1]) for f in (softmax_once, softmax_twice))
    print(f"{what}: the gradient is {once / twice:.0f} times smaller with softmax twice")
    assert once / twice > least, "softmax twice hides from the weights how wrong they are"

# %% 2 and 3: layers made within the call, relu of leaky_relu
some = tg.tensor(train_x[:20].astype(np.float32))
made_within = lambda x: tg.nn.Dense(196, 10)(x)  # noqa: E731
made_once = tg.nn.Sequential(tg.nn.Dense(196, 32), tg.nn.ReLU(), tg.nn.Dense(32, 10))
count = len(list(made_once.parameters()))
assert made_within(some).tolist() != made_within(some).tolist(), "two calls, two answers"
assert made_once(some).tolist() == made_once(some).tolist(), "a Module keeps its weights"
assert len(list(made_once.parameters())) == count == 4, "and its calls make no new ones"

before = tg.tensor(train_x @ layers_of(theta)[0].T, requires_grad=True)
silent = {}
for name, activation in {
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "relu of leaky_relu": lambda x: F.relu(F.leaky_relu(x, 0.2)),
}.items():
    (slope,) = tg.grad(activation(before).sum(), before)
    silent[name] = np.mean(slope.numpy() == 0)
    print(f"{name}: {silent[name]:.0%} of the hidden values pass no gradient on")
assert silent["leaky_relu"] == 0, "the leak lets every gradient through"
assert silent["relu of leaky_relu"] == silent["relu"] > 0.3, "relu behind it closes the leak"

# %% 4: one optimizer for two networks, D and G
shared, own = 0, {"D": 0, "G": 0}
for network in "DGDG":
    shared, own[network] = shared + 1, own[network] + 1
    print(f"{network}: own t = {own[network]}, 1 - beta1^t = {1 - 0.9 ** own[network]:.3f};   "
          f"shared t = {shared}, 1 - beta1^t = {1 - 0.9**shared:.3f}")
one, zero = np.ones(1), np.zeros(1)
first = {t: -adam_step(zero, one, zero, zero, t, lr=1.0)[0][0] for t in (1, 2)}
print(f"G's first step: {first[1]:.2f} lr with its own t, {first[2]:.2f} lr with the shared one")
assert first[2] < 0.8 * first[1], "at t = 2 the correction is that of a second step"

D, G = (tg.tensor(1.0, requires_grad=True) for _ in range(2))
(D * G).backward()  # G's loss goes through D, and leaves a gradient there too
tg.optim.SGD([D, G], lr=0.1).step()
assert D.item() != 1.0, "the step meant for G has moved D: the other harm of one optimizer for two"

# %%
predict("04.p4", "Each of five optimizers trains the net for 80 steps, with the best of ten rates. "
        "What share of 500 new characters does the net then read right?",
        ["Adam leads by over 10 points", "all five are within 10 points", "SGD learns nothing"])

# %% Ten rates for each of five optimizers: 80 steps of 50 drawn characters
def train(name, lr):
    """The loss at each step, the loss over all pictures in the end, the share of new ones right."""
    draws, losses = np.random.default_rng(0), []

    def gradient_at(theta):
        batch = draws.integers(0, 1000, 50)
        loss, gradient = loss_and_gradient(theta, train_x[batch], train_y[batch])
        losses.append(loss)
        return gradient

    end = descend(name, gradient_at, theta, lr, 80)[-1]
    weight1, bias1, weight2, bias2 = layers_of(end)
    answers = (np.maximum(test_x @ weight1.T + bias1, 0) @ weight2.T + bias2).argmax(axis=1)
    return losses, loss_and_gradient(end, train_x, train_y)[0], np.mean(answers == test_y)

grid = 10 ** np.arange(-4, 0.6, 0.5)
with np.errstate(all="ignore"):  # the largest rates end in infinities, which is what is shown
    runs = {name: [train(name, lr) for lr in grid] for name in rates}
ends = {name: np.nan_to_num([run[1] for run in runs[name]], nan=9, posinf=9) for name in rates}
best = {name: int(ends[name].argmin()) for name in rates}

# %% The rate matters more than the rule
with look():
    figure = new_figure(9.0, 3.9)
    left, right = figure.subplots(1, 2)
    for number, name in enumerate(rates):
        left.semilogx(grid, ends[name], marker=MARKS[number], label=name, **line_style(number))
        losses = np.convolve(runs[name][best[name]][0], np.ones(5) / 5, "valid")
        right.plot(losses, **line_style(number), label=f"{name}, lr {grid[best[name]]:.2g}")
    left.set(xlabel="learning rate", ylabel="loss after 80 steps", ylim=(0, 3), title="Each rate")
    right.set(xlabel="step", ylabel="loss (mean of 5 batches)", title="Each at its best rate")
    right.set_ylim(0, 3)
    right.legend()
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=5)
picture(figure, "rates", "Left: loss after 80 steps against the learning rate. Each optimizer has "
        "a U at a place of its own, and is above 2 elsewhere. Right: the loss over the steps, each "
        "at its best rate: the five curves end close together.")
shares = [runs[name][best[name]][2] for name in rates]
for name in rates:
    assert ends[name].min() < 0.6, f"{name} learns, if its rate is right"
    assert ends[name][[0, -1]].min() > 1.5, f"{name} does not, if its rate is wrong"
assert max(shares) - min(shares) < 0.1, "new characters are read about equally well"
assert ends["SGD"].min() < ends["Adam"][2] / 2, "SGD, well set, beats Adam at its default of 0.001"
reveal("04.p4", "b", "Each rule has a rate that suits it, and these lie far apart. Plain SGD, "
       "well set, beats Adam at its default rate. Tune all before you compare.")

# %% [markdown]
# ## What changed in your head
#
# - The learning rate is no detail: it decides whether a step shrinks the error or multiplies it.
#   And a rate means nothing without its rule: each has a scale of its own.
# - Momentum does not make steps bigger. It adds up what agrees and cancels what alternates; so it
#   bears rates at which plain SGD flies out.
# - Adam is momentum over RMSprop, with a correction for starting at zero. It is little trouble, and
#   not always best: give every rule its own rate before you compare.
#
# *Sources*: D. Kingma and J. Ba, "Adam" (arXiv:1412.6980; Kingma and Welling wrote about the VAE of
# lesson 10). J. Duchi et al., "Adaptive subgradient methods" (2011): Adagrad. B. Polyak, "Some
# methods of speeding up the convergence of iteration methods" (1964): momentum. T. Tieleman and
# G. Hinton, lecture 6.5 of "Neural networks for machine learning" (2012): RMSprop.

# %% [markdown] teacher="04"
# ### For the teacher
#
# **Discuss.**
# 1. *Why is the loss before training log K, whatever the pictures are?* Small weights give logits
#    near 0, equal logits give each class 1/K, and −log(1/K) = log K. A first loss above it means
#    large logits: the net is sure of something before it has seen anything.
# 2. *Multiply the loss by 1000. What happens to SGD, what to Adam?* SGD's steps are 1000 times as
#    long. In m̂ / √v̂ the factor cancels, so Adam's stay (but for eps). With SGD, a sum in place of
#    a mean is therefore another learning rate.
# 3. *Who would want Adagrad, whose steps die out?* Whoever has numbers that rarely get a gradient,
#    as those of rare words do: their sum stays small, so their rare steps stay long.
#
# **The commonest wrong answers**, and what `tinygen check` makes of them.
# - 04.1: delta not divided by N ("all elements are the right value times N"), softmax of the
#   softmax (named), the largest logit not subtracted (not finite, in the case with logits of 1000),
#   delta and x in the wrong order (axes in another order).
# - 04.2: (1 − momentum) · gradient, a mean as in Adam (named); Nesterov's step (named).
# - 04.3: no correction, or eps within the root (each named; m and v are reported as right).
# - 04.4: the divisor without root, or without the new square (each named).
#
# **In 10 minutes**: section 1, section 4, the picture of the ravine with its prediction.
# **In 40 minutes**: all; 04.1 and 04.3 in class, 04.2 and 04.4 at home. Let each group guess the
# best rate of one optimizer before the last picture.
