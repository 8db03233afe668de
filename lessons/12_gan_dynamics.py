# %% [markdown] lesson="12" minutes=45 builds_on=["02", "04", "10"]
# # 12 · GAN dynamics
#
# **You will be able to**
# - write the losses of both players and their gradients, finite for every logit;
# - say what the discriminator's output and the two losses are when the generator is perfect;
# - take turns without one player's step touching the other;
# - judge a GAN by its samples and not by its losses, and repair one that has collapsed.
#
# 45 minutes. Builds on 02 (gradients that add up), 04 (Adam) and 10 (drawing from noise).
#
# **The game in three lines.** A *generator* G turns noise z into a sample. A *discriminator* D looks
# at a sample and says how probable it is that it is real. D learns to tell real from fake; G learns
# to make fakes that D takes for real. They take turns, each with its own loss.
#
# **Three beliefs that this lesson tests.** "Both losses should go down." "If D's loss is 0, training
# has worked." "The lower G's loss, the better the pictures." They hold for nearly everything else
# that is trained. Here none of them does.

# %% setup
import copy

import matplotlib as mpl
import numpy as np

import tinygen as tg
from tinygen.models.gan_loss import LOSSES
from tinygen.plots.style import BLUE, GREEN, VERMILION, diverging_map, look, new_figure
from tinygen.teach import begin, given, picture, predict, reveal

rng = begin("12")
adam_step = given("04.3")
ring = tg.data.draw_ring(4096, seed=12)  # points around eight places on a circle

# %%
predict(
    "12.p1",
    "The generator is perfect: its samples cannot be told from real ones. The discriminator is the "
    "best that is possible against it. What does it say?",
    ["1 for real samples and 0 for fakes: it is the best possible", "1/2 for everything",
     "0 for everything: it trusts nothing any more"],
)
predict(
    "12.p2",
    "And the two losses? D's is the mean of -log D(real) plus the mean of -log(1 - D(fake)); G's is "
    "the mean of -log D(fake).",
    ["both are 0: all is learned", "D's is 0, and G's is large", "D's is log 4 = 1.39, G's is log 2 = 0.69"],
)

# %% Tiny numbers: three kinds of samples
real, fake = np.array([6, 3, 1]) / 10, np.array([2, 3, 5]) / 10  # how often each kind occurs
outputs = np.linspace(0.001, 0.999, 999)  # all that D could say


def best(real, fake):
    """For each kind of sample, the output of D with the lowest loss: all of them are tried."""
    cost = -real[:, None] * np.log(outputs) - fake[:, None] * np.log(1 - outputs)
    return outputs[cost.argmin(axis=1)], cost.min(axis=1).sum()


verdicts, loss_d = best(real, fake)
np.testing.assert_allclose(verdicts, real / (real + fake), atol=1e-3, err_msg="D* = real/(real + fake)")
print("best verdicts:", verdicts.round(2), " D's loss:", round(loss_d, 2))

verdicts, loss_d = best(real, real)
loss_g = -(real * np.log(verdicts)).sum()
print("the same against perfect fakes:", verdicts, f" D's loss: {loss_d:.4f}, G's loss: {loss_g:.4f}")
assert np.allclose(verdicts, 0.5) and np.isclose(loss_d, np.log(4)), "nobody can tell equals apart"
assert np.isclose(loss_g, np.log(2)), "-log(1/2)"
reveal("12.p1", "b", "D estimates how probable it is that a sample is real. If real and fake are "
       "equally frequent everywhere, that is 1/2, and no D can do better.")
reveal("12.p2", "c", "At the end of a perfect training D's loss is as high as that of a coin. Losses "
       "near 0 mean something else: that one player has lost.")

# %% [markdown]
# ## Losses from logits
#
# D's last layer gives a *logit*, which may be any number; D(x) = σ(logit) = 1/(1 + exp(−logit)).
# With softplus(a) = log(1 + exp(a)) the logarithms become simple, because −log σ(a) = softplus(−a)
# and −log(1 − σ(a)) = softplus(a):
#
#     L_D = mean softplus(−real) + mean softplus(fake)        real, fake: logits
#     L_G = mean softplus(−fake)
#
# Computed as log(sigmoid(...)) they are infinite when D is very sure. NumPy's logaddexp(a, b) is
# log(exp(a) + exp(b)), and overflows for no a and b.

# %% Two losses exercise="12.1" difficulty=2 minutes=6 lines=3
def gan_losses(real, fake):
    """The losses of both players.

    real, fake: logits of real and of fake samples, arrays of any shape; there may be more of one
    than of the other.
    Returns loss_d, loss_g: two numbers, finite for logits of any size.

    By hand: logits of 0 give log 4 = 1.386 and log 2 = 0.693.
    """
    ### BEGIN SOLUTION
    loss_d = np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()
    return loss_d, np.logaddexp(0, -fake).mean()
    ### END SOLUTION

# %% [markdown] hints="12.1"
# 1. How do you write softplus(a) with logaddexp? What is log(exp(0) + exp(a))?
# 2. softplus(a) = np.logaddexp(0, a). Each of the three means is one such call and `.mean()`.
# 3. D wants real logits high: softplus(−real). It wants fake ones low: softplus(fake). G wants fake
#    ones high. Add the two means of D; do not put real and fake into one mean.

# %% [markdown]
# ## What the generator hears
#
# G could also just want the opposite of D: make −mean softplus(fake), the part of −L_D that it can
# change, small. This is how the game was first written down, and it is called the *saturating* loss.
# L_G above is the *non-saturating* one. Both fall when fake rises. The slope of softplus(a) is σ(a),
# so with N fakes
#
#     saturating:      ∂/∂fake[n] of −mean softplus(fake)  = −σ(fake[n]) / N
#     non-saturating:  ∂/∂fake[n] of mean softplus(−fake)  = (σ(fake[n]) − 1) / N

# %% Two slopes exercise="12.2" difficulty=2 minutes=6 lines=3
def generator_slopes(fake):
    """The slopes of the generator's two losses by the logits of its fakes.

    fake: logits, an array of any shape.
    Returns saturating, non_saturating: two arrays of that shape.

    By hand: for a single fake with D = 0.01 they are -0.01 and -0.99.
    """
    ### BEGIN SOLUTION
    verdict = np.exp(-np.logaddexp(0, -fake))  # a sigmoid that never overflows
    return -verdict / fake.size, (verdict - 1) / fake.size
    ### END SOLUTION

# %% [markdown] hints="12.2"
# 1. Which number of the array does N count? (fake may have more than one axis.)
# 2. σ(a) = exp(−softplus(−a)), which overflows for no a; 1/(1 + exp(−a)) is the same up to a
#    warning for a below −700.
# 3. With `verdict` for σ(fake): minus verdict, and verdict minus 1, each over fake.size.

# %% Break it: a generator that hears nothing
logits = np.linspace(-8, 8, 161)
saturating, non_saturating = [slope * logits.size for slope in generator_slopes(logits)]
sure = np.log(0.01 / 0.99)  # the logit of D = 0.01: a fake that D sees through
at_sure = [slope.item() for slope in generator_slopes(np.array([sure]))]
print(f"slopes at D = 0.01: saturating {at_sure[0]:.2f}, non-saturating {at_sure[1]:.2f}")
assert np.isclose(at_sure[1] / at_sure[0], 99), "a factor of 99 for the fakes that need it most"

fakes = tg.tensor(logits, requires_grad=True)
for name, ours in (("minimax", saturating), ("non-saturating", non_saturating)):
    (slope,) = tg.grad(LOSSES[name].generator(fakes), fakes)
    np.testing.assert_allclose(ours / logits.size, slope.numpy(), atol=1e-15, err_msg=name)
theirs = LOSSES["non-saturating"].discriminator(tg.tensor(logits + 1), tg.tensor(logits)).item()
np.testing.assert_allclose(gan_losses(logits + 1, logits)[0], theirs, err_msg="the library's loss")

with look():
    figure = new_figure(6.0, 3.0)
    axes = figure.add_subplot()
    axes.plot(logits, -non_saturating, color=BLUE, label="non-saturating, −log D")
    axes.plot(logits, -saturating, "--", color=VERMILION, label="saturating, log(1 − D)")
    axes.axvline(sure, color="black", lw=1, ls=":")
    axes.text(sure + 0.2, 0.5, "D = 0.01", fontsize=8.5)
    axes.set(xlabel="logit of a fake (left: D sees through it)", ylabel="size of the slope")
    axes.legend(loc="center right")
picture(figure, "slopes", "Where D sees through a fake, at the left, the saturating loss has next to no "
        "slope: the generator learns nothing when it is worst. The non-saturating loss pulls hardest there.")

# %% Two small networks, written out
class Net:
    """Dense layers with leaky relu between them. All weights lie in one row, all gradients too."""

    def __init__(self, sizes, lr=0.004):
        count = sum((inputs + 1) * outputs for inputs, outputs in zip(sizes, sizes[1:]))
        self.sizes, self.lr, self.steps = sizes, lr, 0
        self.weights, self.gradient, self.m, self.v = np.zeros((4, count))
        for matrix, _ in self.layers(self.weights):
            matrix[:] = rng.normal(0, np.sqrt(2 / len(matrix)), matrix.shape)

    def layers(self, row):
        """The row, cut into the matrix and the bias of each layer."""
        place = 0
        for inputs, outputs in zip(self.sizes, self.sizes[1:]):
            matrix, bias = np.split(row[place : place + (inputs + 1) * outputs], [inputs * outputs])
            yield matrix.reshape(inputs, outputs), bias
            place += (inputs + 1) * outputs

    def zero_grad(self):
        self.gradient[:] = 0

    def step(self):
        self.steps += 1
        self.weights, self.m, self.v = adam_step(
            self.weights, self.gradient, self.m, self.v, self.steps, self.lr, beta1=0.5)

# %% Forward, and back
def forward(self, x):
    """From points (N, 2) or noise (N, 16) to the last layer's outputs, a row for each."""
    self.shape, self.inputs = x.shape, []
    x = x.reshape(-1, self.sizes[0])
    for number, (matrix, bias) in enumerate(self.layers(self.weights)):
        x = np.maximum(x, 0.2 * x) if number else x
        self.inputs.append(x)
        x = x @ matrix + bias
    return x


def backward(self, slope):
    """ADD the gradient of the weights to self.gradient; return that of what forward was given."""
    layers = [*zip(self.inputs, self.layers(self.weights), self.layers(self.gradient))]
    for number, (x, (matrix, _), (to_matrix, to_bias)) in reversed([*enumerate(layers)]):
        to_matrix += x.T @ slope
        to_bias += slope.sum(axis=0)
        slope = slope @ matrix.T
        slope = np.where(x > 0, slope, 0.2 * slope) if number else slope
    return slope.reshape(self.shape)


Net.forward, Net.backward = forward, backward

# %% [markdown]
# ## Taking turns
#
# G's loss reaches G only through D: `G.backward(D.backward(slopes))`. So G's turn uses D's weights,
# and by the way fills D's gradient with something that D does not want. G's turn ends with
# `G.step()` and leaves D's weights alone.
#
# D's turn has the opposite trouble. Its loss reaches into G as well, since the fakes came from
# there. If it went on into G, it would teach G to make fakes that are *easier* to see through. So the
# way back has to end at the fakes. PyTorch says `fake.detach()` for that. Here it takes nothing:
# whoever does not call `G.backward` has stopped the gradient.

# %% The discriminator's turn exercise="12.3" difficulty=3 minutes=12 lines=7
def discriminator_step(D, G, real, z):
    """One step of the discriminator on its loss. The generator stays as it is.

    D, G: networks as above. net.forward(x) gives outputs; net.backward(slopes) takes the slopes of
    the loss by the outputs of the last forward, ADDS to the gradient of the weights, and returns
    the slopes by x; net.zero_grad() clears the gradient; net.step() moves the weights.
    real: points, (N, 2). z: noise, from which G.forward(z) makes as many fakes.
    D.forward(points) gives a column of logits. L_D is the sum of two means over logits, as in
    gan_losses; its slopes are (σ(logit) - 1)/M for each of M real logits, and σ(logit)/M for fake.

    Returns the logits of real and of fake points, both from before the step.
    """
    ### BEGIN SOLUTION
    D.zero_grad()  # the generator's turn has left something there
    real_logits = D.forward(real)
    D.backward((1 / (1 + np.exp(-real_logits)) - 1) / len(real_logits))
    fake_logits = D.forward(G.forward(z))
    D.backward(1 / (1 + np.exp(-fake_logits)) / len(fake_logits))  # and not on into G
    D.step()
    return real_logits, fake_logits
    ### END SOLUTION

# %% [markdown] hints="12.3"
# 1. What is in D.gradient when D's turn begins? And of which forward does D.backward speak?
# 2. Two rounds, one for real and one for fake: forward, slopes, backward. backward adds, so after
#    both rounds D.gradient has the whole gradient. Take M from len(logits): with a D that looks at
#    two points at a time (section "The repair") there are fewer logits than points.
# 3. D.zero_grad(). Round one with D.forward(real) and slopes (σ − 1)/M. Round two with
#    D.forward(G.forward(z)) and slopes σ/M; do nothing with what D.backward returns. D.step().
#    Return the two logits.

# %% Points near each place exercise="12.4" difficulty=2 minutes=8 lines=5
def count_modes(points, centres, radius):
    """How many points lie near each centre.

    points: (N, d). centres: (K, d).
    Returns K whole numbers. A point counts for the centre nearest to it, and for no other, if it is
    at most radius away.

    By hand: points 0, 1 and 5 on a line, centres 0 and 2, radius 1.5: the counts are 1 and 0, or 2
    and 0, or 1 and 1, for a second point at 0.9: say which, then run it.
    """
    ### BEGIN SOLUTION
    distances = np.linalg.norm(points[:, None] - centres[None], axis=2)
    nearest = distances.argmin(axis=1)
    near = distances.min(axis=1) <= radius
    return np.bincount(nearest[near], minlength=len(centres))
    ### END SOLUTION

# %% [markdown] hints="12.4"
# 1. Can you make an array (N, K) of all distances? Then what do you want to know of each row?
# 2. points[:, None] − centres[None] has the shape (N, K, d); np.linalg.norm(..., axis=2) takes its
#    lengths. In each row: where the smallest stands, and how large it is.
# 3. argmin(axis=1) gives the nearest centre, min(axis=1) <= radius who is near enough. Keep the
#    nearest centres of those, and count with np.bincount(..., minlength=K).

# %% Held equal to the library, byte for byte where it matters
D, G = Net([2, 64, 64, 1]), Net([16, 64, 64, 2])
real, z = ring.points[:128], rng.standard_normal((128, 16))
d_before, g_before = D.weights.copy(), G.weights.copy()
D.gradient[:] = 7  # as if a generator's turn had been before
logits = discriminator_step(D, G, real, z)
assert np.array_equal(G.weights, g_before), "D's turn must not move G, not by one bit"
assert not np.array_equal(D.weights, d_before), "and it must move D"

library = tg.models.gan.PointGAN(ema_decay=None).double()
for net, row, theirs in ((D, d_before, library.discriminator), (G, g_before, library.generator)):
    ours = [part.T for layer in net.layers(row) for part in layer]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours)))
theirs = library.discriminator(tg.tensor(real).double()), library.discriminator(library.generator(tg.tensor(z)))
for ours, their in zip(logits, theirs):
    np.testing.assert_allclose(ours[:, 0], their.detach().numpy(), err_msg="the same logits")
LOSSES["non-saturating"].discriminator(*theirs).backward()
theirs = np.concatenate([p.grad.numpy().T.ravel() for p in library.discriminator.parameters()])
np.testing.assert_allclose(D.gradient, theirs, atol=1e-12, err_msg="the same gradient for D")
counts = count_modes(ring.points, ring.centres, 0.06)
assert np.array_equal(counts, tg.metrics.mode_coverage(ring.points, ring.centres, 0.02).counts), "12.4"

# %% Three runs
def generator_step(D, G, z):
    logits = D.forward(G.forward(z))
    G.zero_grad()
    G.backward(D.backward(generator_slopes(logits)[1]))
    G.step()


def modes(G):
    """How many of the eight places get at least one of a hundred samples, and the share near any."""
    counts = count_modes(G.forward(noise), ring.centres, 0.3)
    return (counts >= 10).sum(), counts.sum() / 1000


def train(D, G, steps=1500, turn=discriminator_step):
    """Losses of every step; every 100 steps the modes; and five times a copy of both players."""
    losses, found, film = [], [], {}
    for step in range(1, steps + 1):
        real, z = ring.points[rng.integers(4096, size=128)], rng.standard_normal((2, 128, 16))
        losses.append(gan_losses(*turn(D, G, real, z[0])))
        generator_step(D, G, z[1])
        if step % 100 == 0:
            found.append(modes(G))
        if step in (100, 400, 700, 1000, 1500):
            film[step] = copy.deepcopy((D, G))
    return np.array(losses), np.array(found), film


noise = rng.standard_normal((1000, 16))
runs = {
    "A": train(Net([2, 64, 64, 1]), Net([16, 64, 64, 2])),
    "B": train(Net([2, 64, 64, 1], lr=0.0005), Net([16, 64, 64, 2])),
    "C": train(Net([4, 64, 64, 1]), Net([16, 64, 64, 2])),
}
for name,(l,f,_) in runs.items(): print(name,l[-300:].mean(0),f[-1], f[:,0])
