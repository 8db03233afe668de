# %% [markdown] lesson="05" minutes=45 builds_on=["01", "04"]
# # 05 · Regularisation
#
# **You will be able to**
# - see overfitting in a pair of curves, and say what each remedy does to the weights;
# - write dropout and batch normalisation, forward and backward, with their two modes;
# - say why L2 in the loss and weight decay are two things under Adam;
# - recognise a forgotten `eval()` by its symptoms.
#
# 45 minutes with exercises 1 to 3; the fourth can wait for another day. It builds on 01 (arrays)
# and 04 (dense nets, Adam).
#
# **Beliefs to test.** Three things that sound right:
# *dropout goes on at test time, and its scaling is a detail; L2 in the loss is weight decay, under
# every optimizer; batch norm uses the batch when it predicts.* Each breaks a program that runs
# without an error.

# %% setup
import numpy as np
from matplotlib.colors import LogNorm

import tinygen as tg
from tinygen import nn, optim
from tinygen.optim.penalties import l1_penalty, l2_penalty
from tinygen.plots.style import DASHES, PALETTE, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("05")

# %% [markdown]
# ## 1. A net that remembers
# We need a net that learns too much. Here are 200 pictures of digits to learn from (the network of
# lesson 00 draws them), and 1,000 others to be tested on. Somebody was careless: **for 40 of the
# 200, a fifth, the label was drawn at random.** A net that finds what is common to all 3s will
# contradict some of these labels. A net that remembers every picture will repeat them.

# %%
drawn = tg.models.pretrained("cgan").sample(1200).numpy().reshape(1200, 784)
drawn[drawn < 0.1] = 0.0  # faint specks that the network leaves on the paper
labels = np.arange(1200) % 10  # they were drawn in turn: 0, 1, ..., 9, 0, 1, ...
given_labels = labels[:200].copy()
given_labels[rng.permutation(200)[:40]] = rng.integers(0, 10, 40)

train_x, train_y = tg.tensor(drawn[:200]), tg.tensor(given_labels)
test_x, test_y = tg.tensor(drawn[200:]), tg.tensor(labels[200:])
right = np.mean(given_labels == labels[:200])
print(f"{right:.0%} of the labels to learn from are right")
assert 0.8 <= right < 0.88, "some of the random labels are right by chance"


def accuracy(model, x, y, training=False):
    model.train(training)
    with tg.no_grad():
        return float(np.mean(model(x).numpy().argmax(1) == y.numpy()))

# %% [markdown]
# Now the training: Adam, all 200 pictures in each step. `add` is what we want to add to the
# gradient of a matrix of weights, `before` and `after` are places for other remedies; for now there
# is nothing in them.

# %%
def train(model, add=None, optimizer=optim.Adam, **options):
    steps = optimizer(model.parameters(), lr=3e-3, **options)
    history = []
    for step in range(200):
        model.train()
        steps.zero_grad()
        nn.functional.cross_entropy(model(train_x), train_y).backward()
        for weight in [p for p in model.parameters() if add and p.ndim == 2]:
            weight.grad = weight.grad + tg.tensor(add(weight.detach().numpy()))
        steps.step()
        if step % 5 == 4:
            history.append([accuracy(model, train_x, train_y), accuracy(model, test_x, test_y)])
    return np.array(history)


def net(before=nn.Identity, after=nn.Identity):
    tg.manual_seed(5)  # the same first weights for all
    return nn.Sequential(nn.Dense(784, 64), before(), nn.ReLU(), after(), nn.Dense(64, 10))


def draw_curves(axes, history, name, number=0):
    for side, part in enumerate(["training", "test"]):
        style = {"color": PALETTE[number], "linestyle": DASHES[number]}
        axes[side].plot(np.arange(5, 201, 5), history[:, side], label=name, **style)
        axes[side].set(title=f"{part} pictures", xlabel="step", ylabel="accuracy", ylim=(0.6, 1.02))

# %%
plain = net()
plain_history = train(plain)
with look():
    figure = new_figure(7, 2.8)
    axes = figure.subplots(1, 2)
    draw_curves(axes, plain_history, "no remedy")
    axes[0].axhline(right, color="#595959", linewidth=1)
    axes[0].text(200, right - 0.035, "share of right labels", ha="right", va="top", fontsize=8.5)
picture(figure, "remembers", "training accuracy rises to 100 %, wrong labels included; test "
        "accuracy is best early on and falls while the wrong labels are being remembered")
print(f"test accuracy: best {plain_history[:, 1].max():.0%}, last {plain_history[-1, 1]:.0%}")
assert plain_history[-1, 0] == 1, "the net has remembered all labels"
assert plain_history[-1, 1] < plain_history[:, 1].max() - 0.04, "and pays for it"

# %% [markdown]
# That is **overfitting**: above the grey line, every further label on the left is a wrong one that
# is learned by heart, and the test curve falls. A remedy is called *regularisation*.
#
# ## 2. Penalties: L1 and L2
# The oldest remedy makes large weights expensive. Add to the loss
#
#     l1 · Σᵢ |wᵢ|   or   l2 · Σᵢ wᵢ²
#
# What matters is the *gradient*, the pull on each weight. The slope of |w| is 1 where w is
# positive, -1 where it is negative. At 0 there is a kink, and we take 0: a weight that is 0 may
# stay there. The slope of w² is 2·w. By hand, for w = 3 and w = 0.01, with l1 = l2 = 0.1:
#
# | w | pull of L1 | pull of L2 |
# |---|---|---|
# | 3 | 0.1 | 0.6 |
# | 0.01 | 0.1 | 0.002 |
#
# L2 pulls hard at large weights and lets small ones live. L1 pulls at all of them with the same
# force, until they are 0.

# %% The pull of a penalty exercise="05.1" difficulty=1 minutes=5 lines=3
def penalty_gradient(w, l1, l2):
    """The gradient of l1 * sum(|w|) + l2 * sum(w ** 2) with respect to w.

    w: array of any shape
    l1, l2: numbers, the strengths of the two penalties

    Returns an array of w's shape and dtype. Where w is 0, the slope of |w| counts as 0.
    """
    ### BEGIN SOLUTION
    slope_of_absolute = np.sign(w)
    slope_of_square = 2 * w
    return l1 * slope_of_absolute + l2 * slope_of_square
    ### END SOLUTION

# %% [markdown] hints="05.1"
# 1. Check the table above by your function. Which term gives 0.1 for both weights, and with which
#    sign would it come for w = -3?
# 2. NumPy has a function that is 1 for positive numbers, -1 for negative ones, and 0 for 0.
# 3. Two terms: `l1` times `np.sign(w)`, and the slope of the square, which has a factor 2.

# %%
hand = np.array([3.0, 0.01, 0.0, -3.0])
np.testing.assert_allclose(penalty_gradient(hand, 0.1, 0.0), [0.1, 0.1, 0, -0.1])
np.testing.assert_allclose(penalty_gradient(hand, 0.0, 0.1), [0.6, 0.002, 0, -0.6])
w = tg.tensor(hand, requires_grad=True)
(0.3 * l1_penalty(w) + 0.2 * l2_penalty(w)).backward()
np.testing.assert_allclose(penalty_gradient(hand, 0.3, 0.2), w.grad.numpy())

with_l1, with_l2 = net(), net()
train(with_l1, lambda w: penalty_gradient(w, l1=5e-3, l2=0.0))
l2_history = train(with_l2, lambda w: penalty_gradient(w, l1=0.0, l2=3e-2))

# %%
def sizes(model):
    return np.abs(model[0].weight.detach().numpy())  # (64 units, 784 pixels)


models, near_zero = {"no penalty": plain, "L1": with_l1, "L2": with_l2}, []
with look():
    figure = new_figure(7.5, 4.6)
    axes = figure.subplots(2, 3, height_ratios=[1, 1.15])
    for column, (name, model) in enumerate(models.items()):
        near_zero.append(np.mean(sizes(model) < 1e-3))
        above, below = axes[:, column]
        above.hist(model[0].weight.detach().numpy().ravel(), np.linspace(-0.3, 0.3, 61),
                   color=PALETTE[column])
        above.set(title=name, yscale="log", ylim=(1, 1e5), xlabel="weight")
        above.text(0.97, 0.97, f"{near_zero[-1]:.0%} within\n0.001 of 0", ha="right", va="top",
                   fontsize=8.5, transform=above.transAxes)
        shown = below.imshow(sizes(model).mean(0).reshape(28, 28), "cividis", LogNorm(1e-4, 0.1))
        below.set(xticks=[], yticks=[], xlabel="mean |weight| of each pixel")
        below.grid(False)
    axes[0, 0].set_ylabel("how many weights")
    figure.colorbar(shown, ax=list(axes[1]), shrink=0.9, extend="min")
picture(figure, "weights", "above: histograms of the first layer's weights. Without a penalty a "
        "broad heap, with L1 a spike at zero, with L2 a narrow heap. Below: the mean size of the "
        "weights of each pixel. With a penalty only pixels where digits have ink keep weights")
assert near_zero[1] > max(0.8, 1.5 * near_zero[2]), "L1 makes most weights zero"
assert near_zero[0] < 0.05, "without a penalty hardly any weight is that small"

# %% [markdown]
# Pixels at the border never have ink, so the data say nothing about their weights. Without a
# penalty they stay as they were drawn. (With L1 they are not exactly 0: each step overshoots 0 a
# little, to and fro.)
#
# ## 3. L2 in the loss is not weight decay
# *Weight decay* is another idea: in each step, every weight loses a fixed share of itself,
# `w = w - lr · weight_decay · w`. Under plain gradient descent that is what L2 in the loss does.
# Adam, however, divides the whole gradient by its usual size (lesson 04), and the pull of the
# penalty is a part of the gradient. `optim.Adam(..., weight_decay=)` adds the pull to the gradient;
# `optim.AdamW(..., weight_decay=)` shrinks the weights apart from it.
#
# Let two weights start at 1. The data pull at neither on average, but the first has *loud*
# gradients (+10, -10, +10, ...), the second *quiet* ones (+0.001, -0.001, ...).

# %%
predict(
    "05.p1",
    "Adam with L2 in the loss, 200 steps. Which weight is shrunk more?",
    ["both alike", "the loud one: its gradients are larger", "the quiet one"],
)

# %%
def follow(optimizer):
    w = tg.tensor([1.0, 1.0], requires_grad=True)
    steps = optimizer([w], lr=1e-2, weight_decay=0.5)
    path = [w.detach().numpy().copy()]
    for step in range(200):
        w.grad = tg.tensor([10.0, 1e-3]) * (-1.0) ** step
        steps.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


paths = {"SGD, L2": follow(optim.SGD), "Adam, L2": follow(optim.Adam), "AdamW": follow(optim.AdamW)}
with look():
    figure = new_figure(7.5, 2.6)
    for axes, (name, path) in zip(figure.subplots(1, 3, sharey=True), paths.items(), strict=True):
        for weight, label in enumerate(["loud gradients", "quiet gradients"]):
            every_second = path[::2, weight]  # between them it is away by lr times one gradient
            axes.plot(range(0, 201, 2), every_second, label=label, color=PALETTE[weight],
                      linestyle=DASHES[weight])
        axes.set(title=name, xlabel="step", ylim=(0, 1.15))
    figure.axes[0].set_ylabel("weight")
    figure.axes[1].legend(loc="center right")
picture(figure, "adam-l2", "two weights over 200 steps. With SGD both shrink alike, with AdamW "
        "too; with Adam and L2 the loud one hardly shrinks and the quiet one goes to zero")

# %%
sgd, adam, adamw = (path[-1] for path in paths.values())
assert abs(sgd[0] - sgd[1]) < 0.05, "SGD with L2 shrinks both alike"
assert abs(adamw[0] - adamw[1]) < 0.01, "and so does AdamW"
assert adam[0] > 0.8 > 0.1 > adam[1], "Adam with L2 spares the loud weight"
reveal("05.p1", "c", "Adam divides the pull by the size of the gradients. Of a loud gradient the "
       "pull is a small part and is divided away; of a quiet one it is nearly all.")

with_decay = net()
train(with_decay, optimizer=optim.AdamW, weight_decay=2.0)
blank = train_x.numpy().max(0) == 0  # pixels that have ink in none of the pictures
for name, model in [("no remedy", plain), ("Adam, L2", with_l2), ("AdamW", with_decay)]:
    with_ink, without = sizes(model)[:, ~blank].mean(), sizes(model)[:, blank].mean()
    print(f"{name:10} mean |weight|: {with_ink:.4f} of pixels with ink, {without:.4f} without")
share = sizes(with_decay)[:, blank] / sizes(plain)[:, blank]
np.testing.assert_allclose(share, (1 - 3e-3 * 2.0) ** 200, rtol=1e-3)

# %% [markdown]
# A pixel without ink has no gradient from the data at all: it is the quietest. Adam with L2 makes
# its weights zero; AdamW shrinks them by exactly the share that was asked for: to (1 - lr ·
# weight_decay) of what they were, in each of the 200 steps.
#
# ## 4. Dropout
# While training, *dropout* sets each hidden number to zero with probability p, each time anew. No
# unit can rely on another one being there. When predicting, all are kept. Then the next layer gets
# more than it is used to: on average a share of only 1 - p survived in training. So *inverted
# dropout* divides the survivors by 1 - p, already in training:
#
#     y = x · mask,   mask = 1/(1 - p) where u >= p, else 0,   u evenly drawn from 0 to 1
#
# By hand: x = 2 2 2 2, p = 0.5, u = 0.1 0.7 0.4 0.9. The second and the fourth are kept, and
# doubled: y = 0 4 0 4. The mean is still 2.
#
# Backward: y is x times numbers that do not depend on x. So each gradient passes through the
# **same** mask that its number met on its way forward.

# %% Inverted dropout exercise="05.2" difficulty=2 minutes=10 lines=6
class Dropout:
    """Inverted dropout, with a mode: active while `training` is True, else changing nothing.

    p: the probability that a number is zeroed, from 0 to below 1
    """

    def __init__(self, p):
        self.p = p
        self.training = True

    def forward(self, x, u):
        """While training: keep x where u >= p, scaled; zero elsewhere. Otherwise: x as it is.

        x: array; u: array of its shape, random numbers from 0 to 1

        Returns y, of x's shape and dtype. Keeps what backward needs.
        """
        ### BEGIN SOLUTION
        self.mask = np.ones_like(x)
        if self.training:
            self.mask = (u >= self.p).astype(x.dtype) / (1 - self.p)
        return x * self.mask
        ### END SOLUTION

    def backward(self, grad):
        """From ∂L/∂y of the last forward to ∂L/∂x.

        grad: array of x's shape

        Returns an array of that shape.
        """
        ### BEGIN SOLUTION
        return grad * self.mask
        ### END SOLUTION

# %% [markdown] hints="05.2"
# 1. What must forward remember so that backward can use it? What is it when not training?
# 2. `u >= self.p` is an array of True and False. As numbers these are 1 and 0. Mind the dtype:
#    `.astype(x.dtype)` keeps float32 what is float32.
# 3. In forward, set `self.mask`: ones of x's shape, or, while training, the kept places as numbers
#    divided by `1 - self.p`. Return the product of x and the mask. In backward, the product of
#    `grad` and the same mask.

# %%
layer, twos = Dropout(0.5), np.full(4, 2.0)
np.testing.assert_allclose(layer.forward(twos, np.array([0.1, 0.7, 0.4, 0.9])), [0, 4, 0, 4])
np.testing.assert_allclose(layer.backward(np.ones(4)), [0, 2, 0, 2])

ones = np.ones(100_000)
library = nn.functional.dropout(tg.tensor(ones), p=0.5).numpy()
for values in (layer.forward(ones, rng.random(100_000)), library):
    assert set(np.unique(values)) == {0, 2}, "zeroed or doubled"
    assert abs(values.mean() - 1) < 0.02, "the mean stays, but for chance"

hidden = np.maximum(train_x.numpy() @ plain[0].weight.detach().numpy().T, 0)
shares = np.linspace(0, 0.9, 10)
with look():
    figure = new_figure(7, 2.7)
    for axes, scaled in zip(figure.subplots(1, 2, sharey=True), (False, True), strict=True):
        for number, (name, training) in enumerate([("training", True), ("predicting", False)]):
            means = []
            for p in shares:
                layer = Dropout(p)
                layer.training = training
                y = layer.forward(hidden, rng.random(hidden.shape))
                means.append(y.mean() * (1 if scaled or not training else 1 - p))
            axes.plot(shares, means, label=name, color=PALETTE[number], linestyle=DASHES[number])
        axes.set(xlabel="p", title="divided by 1 - p" if scaled else "not divided", ylim=(0, None))
    figure.axes[0].set_ylabel("mean hidden number")
    figure.axes[0].legend(loc="lower left")
picture(figure, "mean", "mean of a hidden layer against p, training and predicting. Not divided: "
        "the mean in training falls with p, and the next layer meets other numbers when "
        "predicting. Divided by 1 - p: both lines lie on each other")

# %%
predict(
    "05.p2",
    "A net trained with dropout, p = 0.8, reads some 85 % of the test pictures. Somebody forgets "
    "`model.eval()`, so that dropout stays on while testing. It reads",
    ["as many: the scaling takes care of it", "a few less, about 80 %", "far less, about 60 %"],
)

# %% [markdown]
# **Break it.** The article calls dropout without a mode. Whatever its framework takes as the
# default is wrong either in training or in testing.

# %%
with_dropout = net(after=lambda: nn.Dropout(0.8))
dropout_history = train(with_dropout)
off = [accuracy(with_dropout, test_x, test_y) for _ in range(5)]
left_on = [accuracy(with_dropout, test_x, test_y, training=True) for _ in range(5)]
print("five tests, dropout off:    ", *(f"{share:.1%}" for share in off))
print("five tests, dropout left on:", *(f"{share:.1%}" for share in left_on))
assert len(set(off)) == 1 < len(set(left_on)), "what is drawn at random differs each time"
assert np.mean(left_on) < off[0] - 0.15, "four of five hidden numbers are missing"
reveal("05.p2", "c", "the scaling keeps the mean, not the single number: with four of five units "
       "missing, much of what tells digits apart is gone. The symptom: a poor accuracy that is "
       "different each time you ask.")

# %% [markdown]
# ## 5. Batch normalisation
# *Batch norm* gives each feature (column) mean 0 and variance 1 over the batch, then a scale and a
# shift that are learned. x is (N, D): N samples, D features.
#
#     mean = (1/N) Σ x        var = (1/N) Σ (x - mean)²        (sums over the batch)
#     normal = (x - mean) / √(var + eps)
#     y = weight · normal + bias
#
# That needs a batch. A single picture that is to be read has none, and its answer should not
# depend on which other pictures happen to come along. So while training, the layer keeps **running
# statistics**, and when predicting it uses these:
#
#     running_mean = (1 - momentum) · running_mean + momentum · mean
#     running_var  = (1 - momentum) · running_var  + momentum · var · N / (N - 1)
#
# The factor N/(N-1) is there because the variance of a small batch is too small on average: its
# mean was fitted to it. (The division by √(var + eps) takes the plain var. That is how PyTorch and
# tinygen have it.)
#
# By hand, one feature, x = 1, 3: mean 2, var 1, so normal = -1, 1. From running_mean 0 and
# running_var 1, with momentum 0.1: 0.9·0 + 0.1·2 = 0.2 and 0.9·1 + 0.1·1·2/1 = 1.1.

# %% Batch norm with two modes exercise="05.3" difficulty=3 minutes=10 lines=8
def batch_norm(x, weight, bias, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    """Normalise each feature over the batch, or, when not training, by the running statistics.

    x: array (N, D), N at least 2 while training
    weight, bias, running_mean, running_var: arrays (D,)
    training: bool
    momentum: the share of the batch in the new running statistics

    Returns (y, running_mean, running_var): y of shape (N, D), and the running statistics, new ones
    while training, else as they were. The arrays that came in stay as they are.
    """
    ### BEGIN SOLUTION
    mean, var = running_mean, running_var
    if training:
        n = len(x)
        mean, var = x.mean(axis=0), x.var(axis=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * n / (n - 1)
    y = weight * (x - mean) / np.sqrt(var + eps) + bias
    return y, running_mean, running_var
    ### END SOLUTION

# %% [markdown] hints="05.3"
# 1. Two lines differ between the modes: where mean and var come from, and whether the running
#    statistics move. Which lines do both modes share?
# 2. `x.mean(axis=0)` and `x.var(axis=0)` are of shape (D,), and broadcasting does the rest. `+=`
#    would change the caller's arrays.
# 3. While training: mean and var of the batch; new running statistics by the two formulas, the
#    variance times n / (n - 1). Else: mean and var are the running ones. Then, for both modes, y by
#    the formula, with eps inside the root.

# %%
one = np.ones(1)
y, mean, var = batch_norm(np.array([[1.0], [3.0]]), one, 0 * one, 0 * one, one, True, eps=0.0)
np.testing.assert_allclose([*y[:, 0], *mean, *var], [-1, 1, 0.2, 1.1])

x, weight, bias = rng.normal(1, 2, (6, 3)), rng.normal(size=3), rng.normal(size=3)
theirs = nn.BatchNorm1d(3).double()
theirs.weight.data[:], theirs.bias.data[:] = weight, bias
mean, var = np.zeros(3), np.ones(3)
for training in (True, True, False):
    y, mean, var = batch_norm(x, weight, bias, mean, var, training)
    np.testing.assert_allclose(y, theirs.train(training)(tg.tensor(x)).detach().numpy(), atol=1e-9)
np.testing.assert_allclose(mean, theirs.running_mean.numpy())
np.testing.assert_allclose(var, theirs.running_var.numpy())
print("two training batches and a prediction: equal to the library's")

# %%
predict(
    "05.p3",
    "A batch-norm layer is left in training mode, and gets a batch of ONE picture. For every "
    "feature, `normal` is",
    ["0, whatever the picture shows", "x, unchanged", "what the running statistics give"],
)

# %% [markdown]
# **Break it.** We take one picture, and one unit of a net with batch norm. The picture comes along
# with 0, 1, 7 or 63 others, drawn anew 60 times; we watch `normal` of this one picture.

# %%
with_norm = net(before=lambda: nn.BatchNorm1d(64))
norm_history = train(with_norm)
with tg.no_grad():
    features = with_norm[0](test_x).numpy()
running = with_norm[1].running_mean.numpy(), with_norm[1].running_var.numpy()
scale_and_shift = np.ones(64, np.float32), np.zeros(64, np.float32)
settled, _, _ = batch_norm(features, *scale_and_shift, *running, training=False)
unit = np.abs(settled[0] - 1.5).argmin()  # one whose number for picture 0 is about 1.5


def in_company(others):
    batch = np.concatenate([features[:1], features[rng.integers(1, 1000, others)]])
    return batch_norm(batch, *scale_and_shift, *running, training=True)[0][0, unit]


seen = {1: [0.0] * 60}  # x - mean is 0 if x is alone
seen |= {size: [in_company(size - 1) for _ in range(60)] for size in (2, 8, 64)}

# %%
with look():
    figure = new_figure(6.5, 2.9)
    axes = figure.subplots()
    for place, values in enumerate(seen.values()):
        axes.plot(place + rng.uniform(-0.2, 0.2, 60), values, "o", color=PALETTE[0], alpha=0.4)
    axes.axhline(settled[0, unit], color=PALETTE[1], label="by running statistics: always this")
    axes.set(xticks=range(4), xticklabels=seen, xlabel="pictures in the batch",
             ylabel="normal, of one picture")
    axes.legend(loc="lower right")
picture(figure, "company", "normal of one picture in 60 random batches of each size. Alone: always "
        "0. In pairs: nearly always +1 or -1. In 8 it scatters widely; in 64 it lies near the "
        "value that the running statistics give")
spread = {size: np.std(values) for size, values in seen.items()}
assert np.median(np.abs(seen[2])) > 0.99, "of two, one is above the mean and one below"
assert spread[64] < 0.5 * spread[8], "large batches agree with each other"
try:
    with_norm.train()(test_x[:1])
except ValueError as error:
    print(error)
reveal("05.p3", "a", "the mean of one is itself: x - mean = 0, and the picture has vanished. "
       "PyTorch and tinygen refuse such a batch. Small batches are not refused, only bad.")

# %% [markdown]
# The symptom of a forgotten `eval()` with batch norm: the answer for a picture depends on its
# neighbours, and for a single picture there is an error, or nonsense.
#
# ## 6. The way back through batch norm
# mean and var are made of x, so x[i] reaches the outputs on three paths. Let `g = grad · weight`,
# which is ∂L/∂normal, and std = √(var + eps). For one feature:
#
# 1. **directly**: normal[i] = (x[i] - mean) / std. This path gives g[i] / std.
# 2. **by mean**: ∂mean/∂x[i] = 1/N, and each normal[j] then moves by -1/std. Over all j:
#    -(1/N) Σⱼ g[j] / std.
# 3. **by std**: ∂std/∂x[i] = (x[i] - mean) / (N · std) = normal[i] / N, and each normal[j] then
#    moves by -normal[j] / std. Over all j: -normal[i] · (1/N) Σⱼ g[j] · normal[j] / std.
#
# ∂L/∂x is their sum. Two checks for the eye: adding a number to all x changes no y, so ∂L/∂x must
# sum to 0 over the batch; stretching all x changes no y, so Σ ∂L/∂x · normal must be 0 (nearly: eps
# is not stretched). `weight` and `bias` are used by every sample: their gradients are sums over the
# batch.

# %% Batch norm backward exercise="05.4" difficulty=4 minutes=12 lines=7
def batch_norm_backward(grad, x, weight, eps=1e-5):
    """The gradients of batch norm in training mode.

    grad: array (N, D), ∂L/∂y
    x: array (N, D), what was normalised
    weight: array (D,)

    Returns (to_x, to_weight, to_bias), of shapes (N, D), (D,) and (D,).
    """
    ### BEGIN SOLUTION
    std = np.sqrt(x.var(axis=0) + eps)
    normal = (x - x.mean(axis=0)) / std
    g = grad * weight
    along_mean = g.mean(axis=0)
    along_std = normal * (g * normal).mean(axis=0)
    to_x = (g - along_mean - along_std) / std
    return to_x, (grad * normal).sum(axis=0), grad.sum(axis=0)
    ### END SOLUTION

# %% [markdown] hints="05.4"
# 1. Each path above is one term of `to_x`. What do all three have in common, so that it can be
#    written once?
# 2. First compute std, normal and g. (1/N) Σⱼ is `.mean(axis=0)`. The gradients of weight and bias
#    come from y = weight · normal + bias: which of the two meets `normal`?
# 3. All three terms are divided by std: to_x = (g - the mean of g - normal times the mean of g ·
#    normal) / std. to_weight sums `grad` times normal over the batch (grad, not g), to_bias sums
#    `grad`.

# %%
grad = rng.normal(size=x.shape)
inputs = [tg.tensor(values, requires_grad=True) for values in (x, weight, bias)]
y = nn.functional.batch_norm(inputs[0], None, None, *inputs[1:], training=True)
y.backward(tg.tensor(grad))
to_x, to_weight, to_bias = batch_norm_backward(grad, x, weight)
for ours, tensor in zip((to_x, to_weight, to_bias), inputs, strict=True):
    np.testing.assert_allclose(ours, tensor.grad.numpy(), atol=1e-12)

only_direct = grad * weight / np.sqrt(x.var(axis=0) + 1e-5)  # mean and std taken as constants
print("all three paths, sum over the batch:", np.abs(to_x.sum(0)).max().round(12))
print("the direct path alone:              ", np.abs(only_direct.sum(0)).max().round(2))
assert np.allclose(to_x.sum(0), 0, atol=1e-12), "adding a number to all x changes nothing"
assert np.abs(only_direct.sum(0)).max() > 0.1, "constants that are none"

# %% [markdown]
# ## 7. All remedies side by side
# Nothing was tuned for this picture; it shows what each of them does to the two curves.

# %%
histories = {"no remedy": plain_history, "L2": l2_history, "dropout 0.8": dropout_history,
             "batch norm": norm_history}
with look():
    figure = new_figure(7.5, 3.2)
    axes = figure.subplots(1, 2)
    for number, (name, history) in enumerate(histories.items()):
        draw_curves(axes, history, name, number)
    axes[1].legend(loc="lower right")
picture(figure, "remedies", "training and test accuracy with no remedy, L2, dropout, batch norm. "
        "L2 does not learn the wrong labels and stays at its best test accuracy. Dropout learns "
        "them later and loses less. Batch norm is as fast as no remedy, and loses as much")
last = {name: history[-1, 1] for name, history in histories.items()}
for name, history in histories.items():
    print(f"{name:12} test accuracy: best {history[:, 1].max():.0%}, last {last[name]:.0%}")
assert min(last["L2"], last["dropout 0.8"]) > last["no remedy"] + 0.02, "both remedies help"
assert abs(last["batch norm"] - last["no remedy"]) < 0.04, "batch norm is no such remedy"

# %% [markdown]
# Books list batch norm among the remedies against overfitting. Here it is none: it makes training
# faster, as the left side shows, and that is what it is for. And every curve on the right has its
# maximum early: *stopping there*, as judged by pictures that were set aside for it, is the cheapest
# remedy of all.
#
# ## What changed in your head
# - L1 empties weights, L2 shrinks them; under Adam, L2 shrinks the quiet ones only, and weight
#   decay is what AdamW does.
# - Dropout and batch norm are two functions each: one for training, one for predicting. The scaling
#   and the running statistics are what makes the two agree.
# - A result that changes from call to call, or with the company of a picture: look for `eval()`.
#
# Sources: Srivastava et al., *Dropout* (2014); Ioffe and Szegedy, *Batch normalization* (2015);
# Loshchilov and Hutter, *Decoupled weight decay regularization* (2019).

# %% [markdown] teacher="05"
# ## For the teacher
# **Questions to discuss.**
# 1. *In pairs, `normal` is +1 or -1. What is lost?* All but which of the two is larger. The net
#    learns from that in training, and predicts from other numbers.
# 2. *Dropout while training makes the training curve lower than the test curve. Is that a bug?* No,
#    if the training accuracy is measured with dropout on. Here it is measured with dropout off.
# 3. *Why are biases usually left out of penalties?* A large bias moves the boundary and does not
#    make it wilder; there are few, and they are seen by every sample.
#
# **Commonest wrong answers, and what the checker says.** 05.1: `l2 * w`: the penalty of L2 alone
# has lost its factor 2; `np.where(w >= 0, 1, -1)`: wrong at the kink only. 05.2: no division by 1 -
# p; dividing by p; the mask forgotten on the way back. 05.3: the var with N/(N-1) also used for y,
# or the plain one kept; momentum the wrong way round (as in TensorFlow). 05.4: mean and std taken
# as constants: "one branch only".
#
# **In 10 minutes**: sections 1 and 4, with prediction p2. **In 40 minutes**: all but section 6,
# with exercises 05.2 and 05.3; section 6 as homework, checked with `tinygen check 05.4`.
