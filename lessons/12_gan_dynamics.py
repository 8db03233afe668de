# %% [markdown] lesson="12" minutes=45 builds_on=["02", "04", "10"]
# # 12 · GAN dynamics
#
# **You will be able to**
# - write the losses of both players and their gradients, finite for every logit;
# - say what the discriminator's output and the two losses are when the generator is perfect;
# - take turns without one player's step touching the other;
# - judge a GAN by its samples and not by its losses, and repair one that has collapsed.
#
# 45 minutes with exercises 1 to 3; the fourth can wait for another day. Builds on 02 (gradients
# that add up), 04 (Adam) and 10 (drawing from noise).
#
# **The game in three lines.** A *generator*, G for short, turns noise z into a sample. A
# *discriminator*, D for short, looks at a sample and says how probable it is that it is real. D
# learns to tell real from fake; G learns to make fakes that D takes for real. They take turns, each
# with its own loss.
#
# **Three beliefs that this lesson tests.** "Both losses should go down." "If D's loss is 0,
# training has worked." "The lower G's loss, the better the pictures." They hold for nearly
# everything else that is trained. Here none of them does.

# %% setup
import copy
from itertools import pairwise

import numpy as np

import tinygen as tg
from tinygen.models.gan_loss import LOSSES
from tinygen.plots.style import BLUE, GREEN, VERMILION, diverging_map, look, new_figure
from tinygen.teach import begin, given, picture, predict, reveal

rng = begin("12")
adam_step = given("04.3")

# %% [markdown]
# ## 0. Three kinds of samples
#
# Let there be only three kinds of samples. Of ten real ones, 6 are of the first kind, 3 of the
# second and 1 of the third. G makes 2, 3 and 5 of them. D may give each kind a number from 0 to 1,
# and its loss is the mean of −log D over real samples plus the mean of −log(1 − D) over fake ones.
# It cannot be right about every sample of the first kind: the same sample is sometimes real and
# sometimes fake. The best it can say is how often: real in 6 of 8 cases.
#
# Now let G become perfect, so that its samples are of the same three kinds, equally often.

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
    "And the two losses? D's is the mean of -log D(real) plus the mean of -log(1 - D(fake)); G's "
    "is the mean of -log D(fake).",
    ["both are 0: all is learned", "D's is 0, and G's is large",
     "D's is log 4 = 1.39, G's is log 2 = 0.69"],
)

# %% Tiny numbers, and all that D could say
real, fake = np.array([6, 3, 1]) / 10, np.array([2, 3, 5]) / 10  # how often each kind occurs
outputs = np.linspace(0.001, 0.999, 999)


def best(real, fake):
    """For each kind of sample, the output of D with the lowest loss: all of them are tried."""
    cost = -real[:, None] * np.log(outputs) - fake[:, None] * np.log(1 - outputs)
    return outputs[cost.argmin(axis=1)], cost.min(axis=1).sum()


verdicts, loss_d = best(real, fake)
np.testing.assert_allclose(verdicts, real / (real + fake), atol=1e-3, err_msg="the best D")
print(f"best verdicts: {verdicts.round(2)}, D's loss {loss_d:.2f}")

verdicts, loss_d = best(real, real)
loss_g = -(real * np.log(verdicts)).sum()
print(f"against perfect fakes: {verdicts.round(2)}, D's loss {loss_d:.4f}, G's loss {loss_g:.4f}")
assert np.allclose(verdicts, 0.5), "nobody can tell equals apart"
assert np.isclose(loss_d, np.log(4)), "-log(1/2) for real, and once more for fake"
assert np.isclose(loss_g, np.log(2)), "-log(1/2)"
reveal("12.p1", "b", "D estimates how probable it is that a sample is real. If real and fake are "
       "equally frequent everywhere, that is 1/2, and no D can do better.")
reveal("12.p2", "c", "At the end of a perfect training D's loss is that of a coin that is tossed. "
       "Losses near 0 mean something else: that one player has lost.")

# %% [markdown]
# ## 1. Losses from logits
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
# ## 2. What the generator hears
#
# G could also just want the opposite of D: make −mean softplus(fake), the part of −L_D that it can
# change, small. This is how the game was first written down, and it is called the *saturating*
# loss. L_G above is the *non-saturating* one. Both fall when fake rises. The slope of softplus(a)
# is σ(a), so with N fakes
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

fakes = tg.tensor(logits, requires_grad=True)  # the library calls the saturating loss minimax
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
picture(figure, "slopes",
        "Where D sees through a fake, at the left, the saturating loss has next to no slope: the "
        "generator learns nothing when it is worst. The non-saturating loss pulls hardest there.")

# %% [markdown]
# ## 3. Two small networks
#
# The data are points in the plane, around eight places on a circle: the *ring*. Two networks of
# three dense layers are enough, and small enough to be written out. As in lesson 04, all weights of
# a network lie in one long row, and Adam moves the row. You need not read every line: what counts
# is that `forward` goes through a network, that `backward` ADDS to its gradient, and that only
# `step` moves its weights.

# %% The row of weights
ring = tg.data.draw_ring(4096, seed=12)  # 4096 points, and where the eight places are


class Weights:
    """The weights of dense layers in one row, their gradients in another, and Adam."""

    def __init__(self, sizes, dice, lr=0.004):
        count = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))
        self.sizes, self.lr, self.steps = sizes, lr, 0
        self.weights, self.gradient, self.m, self.v = np.zeros((4, count))
        for matrix, _ in self.layers(self.weights):
            matrix[:] = dice.normal(0, np.sqrt(2 / len(matrix)), matrix.shape)

    def layers(self, row):
        """A row, cut into the matrix and the bias of each layer."""
        place = 0
        for inputs, outputs in pairwise(self.sizes):
            matrix, bias = np.split(row[place : place + (inputs + 1) * outputs], [inputs * outputs])
            yield matrix.reshape(inputs, outputs), bias
            place += (inputs + 1) * outputs

    def zero_grad(self):
        self.gradient[:] = 0

    def step(self):
        self.steps += 1
        self.weights, self.m, self.v = adam_step(
            self.weights, self.gradient, self.m, self.v, self.steps, self.lr, beta1=0.5
        )

# %% Forward, and back
class Net(Weights):
    """Dense layers with leaky relu between them."""

    def forward(self, x):
        """From points (N, 2) or noise (N, 16) to the outputs of the last layer."""
        self.shape, self.inputs = x.shape, []
        x = x.reshape(-1, self.sizes[0])
        for number, (matrix, bias) in enumerate(self.layers(self.weights)):
            x = np.maximum(x, 0.2 * x) if number else x  # leaky relu before all but the first
            self.inputs.append(x)
            x = x @ matrix + bias
        return x

    def backward(self, slopes):
        """Add the gradient of the weights to self.gradient; return that of forward's argument."""
        pairs = [*zip(self.layers(self.weights), self.layers(self.gradient), strict=True)]
        for number in reversed(range(len(pairs))):
            (matrix, _), (to_matrix, to_bias) = pairs[number]
            x = self.inputs[number]
            to_matrix += x.T @ slopes
            to_bias += slopes.sum(axis=0)
            slopes = slopes @ matrix.T
            slopes = np.where(x > 0, slopes, 0.2 * slopes) if number else slopes
        return slopes.reshape(self.shape)

# %% [markdown]
# ## 4. Taking turns
#
# G's loss reaches G only through D: `generator.backward(discriminator.backward(slopes))`. So G's
# turn uses D's weights, and on the way leaves something in D's gradient that D does not want. G's
# turn ends with `generator.step()` and leaves D's weights alone.
#
# D's turn has the opposite trouble. Its loss reaches back into G, since the fakes came from there.
# If it moved G as well, it would teach G to make fakes that are *easier* to see through. So the way
# back has to end at the fakes. In PyTorch one writes `fake.detach()`. Here it takes nothing:
# whoever does not call `generator.backward` has stopped the gradient.

# %% The discriminator's turn exercise="12.3" difficulty=3 minutes=12 lines=8
def discriminator_step(discriminator, generator, real, z):
    """One step of the discriminator on its loss. The generator stays as it is.

    discriminator, generator: networks. net.forward(x) gives outputs; net.backward(slopes) takes the
    slopes of the loss by the outputs of the latest forward, ADDS to the gradient of the weights,
    and returns the slopes by x; net.zero_grad() clears the gradient; net.step() moves the weights.
    real: points, (N, 2). z: noise, of which generator.forward(z) makes as many fakes.
    discriminator.forward(points) gives a column of logits: one for each point, or (in section 6)
    one for each pair of points. The loss is loss_d of gan_losses. Its slopes are (σ(logit) - 1)/M
    for each of M real logits, and σ(logit)/M for each of M fake ones.

    Returns the logits of real and of fake points, both from before the step.
    """
    ### BEGIN SOLUTION
    discriminator.zero_grad()  # the generator's turn has left something there
    real_logits = discriminator.forward(real)
    verdict = np.exp(-np.logaddexp(0, -real_logits))
    discriminator.backward((verdict - 1) / len(real_logits))
    fake_logits = discriminator.forward(generator.forward(z))
    verdict = np.exp(-np.logaddexp(0, -fake_logits))
    discriminator.backward(verdict / len(fake_logits))  # and not on into the generator
    discriminator.step()
    return real_logits, fake_logits
    ### END SOLUTION

# %% [markdown] hints="12.3"
# 1. What is in the discriminator's gradient when its turn begins? And of which forward does
#    backward speak?
# 2. Two rounds, one for real and one for fake: forward, slopes, backward. backward adds, so after
#    both rounds the gradient is whole. Take M from len(logits), not from len(real). σ(a) is
#    exp(−softplus(−a)), as in 12.2.
# 3. zero_grad. Round one with forward(real) and slopes (σ − 1)/M. Round two with
#    forward(generator.forward(z)) and slopes σ/M; do nothing with what backward returns. Then step,
#    and return the logits of both rounds.

# %% [markdown]
# ## 5. A measure that is not a loss
#
# How do we know whether G is good? On the ring we can count: draw samples, and see how many of the
# eight places (the *modes* of the data) get some, and how many samples are near any place at all.

# %% Points near each place exercise="12.4" difficulty=2 minutes=8 lines=5
def count_modes(points, centres, radius):
    """How many points lie near each centre.

    points: (N, d). centres: (K, d).
    Returns K whole numbers. A point counts for the centre nearest to it, and for no other, if it is
    at most radius away.

    By hand: points 0, 0.9, 1.5 and 5 on a line, centres 0 and 2, radius 1.2: the counts are 2 and
    1. (0.9 is near both centres, and nearer to 0; 5 is near none.)
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

# %% Held equal to the library, and byte for byte where it matters
discriminator, generator = Net([2, 64, 64, 1], rng), Net([16, 64, 64, 2], rng)
real, z = ring.points[:128].astype(float), rng.standard_normal((128, 16))
before = [net.weights.copy() for net in (discriminator, generator)]
discriminator.gradient[:] = 7  # as if a generator's turn had been before
logits = discriminator_step(discriminator, generator, real, z)
assert np.array_equal(generator.weights, before[1]), "D's turn moves G by not one bit"
assert not np.array_equal(discriminator.weights, before[0]), "and it moves D"

library = tg.models.gan.PointGAN(ema_decay=None).double()
twins = library.discriminator, library.generator
for net, row, twin in zip((discriminator, generator), before, twins, strict=True):
    ours = [part.T for layer in net.layers(row) for part in layer]
    twin.load_state_dict(dict(zip(twin.state_dict(), ours, strict=True)))
theirs = twins[0](tg.tensor(real)), twins[0](twins[1](tg.tensor(z)))
for our, their in zip(logits, theirs, strict=True):
    np.testing.assert_allclose(our[:, 0], their.tolist(), err_msg="other logits")
LOSSES["non-saturating"].discriminator(*theirs).backward()
gradient = np.concatenate([p.grad.numpy().T.ravel() for p in twins[0].parameters()])
np.testing.assert_allclose(discriminator.gradient, gradient, atol=1e-12, err_msg="another gradient")
found = tg.metrics.mode_coverage(ring.points, ring.centres, 0.02)
assert np.array_equal(count_modes(ring.points, ring.centres, 0.06), found.counts), "other counts"
print("logits, gradient and counts are the library's, and the generator did not move")

# %% Three runs
def generator_step(discriminator, generator, z):
    logits = discriminator.forward(generator.forward(z))
    generator.zero_grad()
    generator.backward(discriminator.backward(generator_slopes(logits)[1]))
    generator.step()


def modes(generator):
    """How many of the eight places get one in a hundred samples, and the share near any place."""
    counts = count_modes(generator.forward(noise), ring.centres, 0.3)
    return (counts >= 10).sum(), counts.sum() / 1000


def train(together=1, lr_d=0.004, steps=1500, kind=Net):
    """The losses of every step, the modes every 100 steps, and now and then both players."""
    dice = np.random.default_rng(12)
    discriminator = kind([2 * together, 64, 64, 1], dice, lr_d)
    generator = Net([16, 64, 64, 2], dice)
    losses, found, film = [], [], {}
    for step in range(1, steps + 1):
        real, z = ring.points[dice.integers(4096, size=128)], dice.standard_normal((2, 128, 16))
        losses.append(gan_losses(*discriminator_step(discriminator, generator, real, z[0])))
        generator_step(discriminator, generator, z[1])
        if step % 100 == 0:
            found.append(modes(generator))
        if step in (100, 400, 700, 1000, steps):
            film[step] = copy.deepcopy((discriminator, generator))
    return np.array(losses), np.array(found), film


noise = rng.standard_normal((1000, 16))  # the same for all looks at samples
runs = {"A": train(), "B": train(lr_d=0.0005), "C": train(together=2)}

# %% What a log file shows of them
def smooth(values, width=25):
    return np.convolve(values, np.ones(width) / width, mode="valid")


with look():
    figure = new_figure(7.6, 2.9)
    for axes, name in zip(figure.subplots(1, 3, sharey=True), runs, strict=True):
        losses = runs[name][0]
        axes.plot(smooth(losses[:, 0]), color=BLUE, label="D's loss")
        axes.plot(smooth(losses[:, 1]), "--", color=VERMILION, label="G's loss")
        axes.axhline(np.log(4), color=BLUE, lw=0.9, ls=":", label="log 4")
        axes.axhline(np.log(2), color=VERMILION, lw=0.9, ls=":", label="log 2")
        axes.set(title=f"run {name}", xlabel="steps", ylim=(0, 4))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
picture(figure, "losses",
        "The losses of three runs. In A and C G's loss rises far above D's. In B both are near "
        "log 4 and log 2, where they would be if G were perfect. None looks like the falling loss "
        "of a classifier.")

# %%
predict(
    "12.p3",
    "One of these three generators has found all eight places of the ring, one puts nearly all its "
    "samples on a few of them, and one has learned next to nothing. Which one has found all eight?",
    ["A", "B: its losses are nearest to those of a perfect generator", "C",
     "that cannot be told from the losses"],
)

# %% What the samples show
def panel(axes, discriminator, generator, steps):
    """Samples over what D says: blue is fake, orange is real, white is undecided."""
    axis = np.linspace(-3, 3, 60)
    if discriminator.sizes[0] == 2:
        logits = discriminator.forward(np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2))
        verdict = np.exp(-np.logaddexp(0, -logits)).reshape(60, 60)
        axes.contourf(axis, axis, verdict, np.linspace(0, 1, 11), cmap=diverging_map(), alpha=0.7)
    axes.plot(*ring.centres.T, "o", ms=9, mfc="none", mec="black", mew=0.8)
    axes.plot(*generator.forward(noise[:300]).T, ".", ms=2.5, color="black")
    axes.set(xticks=[], yticks=[], xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
    axes.set_xlabel(f"step {steps}: {modes(generator)[0]} of 8", fontsize=8.5)


with look():
    figure = new_figure(7.6, 5.2)
    for row, (name, (_, _, film)) in zip(figure.subplots(3, 5), runs.items(), strict=True):
        for axes, (steps, players) in zip(row, film.items(), strict=True):
            panel(axes, *players, steps)
        row[0].set_ylabel(f"run {name}", rotation=0, labelpad=22, va="center")
picture(figure, "film",
        "Samples (dots) and the eight places (circles) in time. Colours are D's verdict: blue for "
        "fake, orange for real. A ends on a few of the places. B makes a cloud that is near none. "
        "C has them all. (Its D looks at two points at a time, so there are no colours to draw.)")

# %% Losses and samples in one table
final = {name: losses[-300:].mean(axis=0) for name, (losses, _, _) in runs.items()}
last = {name: found[-1] for name, (_, found, _) in runs.items()}
print("run   D's loss   G's loss   places   samples near a place")
for name in runs:
    print("{} {:10.1f} {:10.1f} {:7.0f} {:15.0%}".format(name, *final[name], *last[name]))
assert last["A"][0] <= 5, "A has collapsed"
assert last["C"][0] >= 6, "C has not"
assert last["B"][1] < 0.25, "B has learned next to nothing"
assert final["B"][1] < min(final["A"][1], final["C"][1]) - 0.2, "and its G has the lowest loss"

with look():
    figure = new_figure(7.2, 2.8)
    left, right = figure.subplots(1, 2)
    styles = zip(runs, ("-", "--", "-."), "os^", (VERMILION, GREEN, BLUE), strict=True)
    for name, line, mark, colour in styles:
        left.plot(smooth(runs[name][0][:, 1], 100), line, color=colour, label=f"run {name}")
        right.plot(np.arange(100, 1501, 100), runs[name][1][:, 0], line, marker=mark, color=colour)
    left.set(xlabel="steps", ylabel="G's loss", ylim=(0, 4))
    right.set(xlabel="steps", ylabel="places found, of 8", ylim=(0, 8.4))
    figure.legend(loc="outside upper center", ncols=3)
picture(figure, "modes",
        "G's loss beside the number of places found. A and C have about the same loss in the end, "
        "and B the lowest; the counts tell them apart: C climbs to 8, A and B stay low.")
reveal("12.p3", "d", "It is C. B has the lowest loss of G and the worst samples, because its D "
       "learns too slowly to know better. A loss is here a score against an opponent, no distance.")

# %% [markdown]
# ## 6. The repair is one change
#
# Run A's D looks at one sample at a time. If all samples are on one place of the ring, each of them
# looks perfectly real. D can only learn to distrust this place, and G moves on to the next. Run C's
# D looks at two samples side by side: `together=2`, a first layer of 4 inputs, and nothing else.
# Two real points are rarely at the same place; two of a collapsed G always are. So D sees the
# collapse itself. This is *packing* (Lin and others, 2018); in the library, `PointGAN(pack=2)`.

# %% Break it: the article's losses
def article_step(discriminator, generator, z):
    """Both players are told to call the fakes real. Real data do not occur at all."""
    logits = discriminator.forward(generator.forward(z))
    discriminator.zero_grad()
    generator.zero_grad()
    generator.backward(discriminator.backward(generator_slopes(logits)[1]))
    discriminator.step()
    generator.step()
    loss_d = np.logaddexp(0, -logits).mean()  # label 1 on the fakes
    loss_g = np.logaddexp(0, -logits).mean()  # and once more
    return loss_d, loss_g


players = Net([2, 64, 64, 1], rng), Net([16, 64, 64, 2], rng)
losses = np.array([article_step(*players, rng.standard_normal((128, 16))) for _ in range(500)])
share = modes(players[1])[1]
print(f"after 500 steps both losses are below 0.001: {(losses[-1] < 0.001).all()}; "
      f"samples near a place: {share:.0%}")
assert np.array_equal(losses[:, 0], losses[:, 1]), "the two losses are the same, bit for bit"
assert losses[-1, 0] < 0.001, "D's loss is 0: success?"
assert share < 0.25, "the samples are garbage"

with look():
    figure = new_figure(6.8, 2.9)
    left, right = figure.subplots(1, 2, width_ratios=(1.5, 1))
    left.semilogy(losses[:, 0], color=BLUE, lw=3, label="D's loss")
    left.semilogy(losses[:, 1], "--", color=VERMILION, label="G's loss")
    left.set(xlabel="steps", ylabel="loss (logarithmic)")
    left.legend()
    panel(right, *players, 500)
picture(figure, "article",
        "Left: both losses are one and the same curve, and fall to nothing. Right: the samples, "
        "most of them outside of the frame, have nothing to do with the ring, and D calls no "
        "place fake (that would be blue).")

# %% Break it: four small slips, named by their symptoms
class Forgetful(Net):
    def zero_grad(self):
        """Forgotten: the gradient is the sum of all that ever was, G's turns included."""


kept, summed = runs["A"][0][150:200, 0].mean(), train(steps=200, kind=Forgetful)[0][150:, 0].mean()
print(f"zero_grad forgotten: D's loss is more than 3 times that of run A: {summed > 3 * kept}")
assert summed > 3 * kept, "a sum of old gradients runs away"

discriminator, generator = copy.deepcopy(runs["A"][2][400])
before = discriminator.forward(generator.forward(noise)).mean()
for _ in range(20):  # what D's turn does to G if the gradient goes on into G, and G steps along
    logits = discriminator.forward(generator.forward(rng.standard_normal((128, 16))))
    generator.zero_grad()
    generator.backward(discriminator.backward(np.exp(-np.logaddexp(0, -logits)) / len(logits)))
    generator.step()
after = discriminator.forward(generator.forward(noise)).mean()
print(f"G moved in D's turn: the fakes' mean logit fell from {before:.1f} to {after:.1f}")
assert after < before - 0.3, "G has learned to be caught"

costs = np.logaddexp(0, np.array([-5.0, 0.2 * -5.0]))  # without, and with leaky relu on the logit
print(f"leaky relu on the logit: a fake at -5 costs {costs[1]:.2f} and not {costs[0]:.3f}")
assert costs[1] > 40 * costs[0], "D can hardly say no"

pixelwise = tg.nn.Sequential(tg.nn.Dense(1, 8), tg.nn.LeakyReLU(0.2), tg.nn.Dense(8, 1))
digits = tg.models.pretrained("cgan").sample(20).numpy().reshape(20, 784, 1)
shuffled = digits[:, rng.permutation(784)]
scores = [pixelwise(tg.tensor(x)).mean((1, 2)).tolist() for x in (digits, shuffled)]
np.testing.assert_allclose(*scores, atol=1e-5, err_msg="a dense layer for each pixel sees no shape")
print("dense layers without flatten: D's verdict stays the same when all pixels are shuffled")

# %% Real use: digits on demand, and what they are worth
cgan, judge = tg.models.pretrained("cgan"), tg.models.pretrained("judge")
tg.manual_seed(12)
wanted = np.arange(500) % 10
samples = cgan.sample(500, labels=wanted)
seen = judge.predict(samples).numpy()
print(f"a classifier reads {(seen == wanted).mean():.0%} of them as what was ordered")
assert (seen == wanted).mean() > 0.9, "it draws what it is told to"
assert (np.bincount(seen, minlength=10) > 25).all(), "ten modes of ten"

figure = tg.plots.image_grid(samples[:80], columns=10)
picture(figure, "digits",
        "Eight rows of the digits 0 to 9, as a conditional GAN draws them when it is told which. "
        "Those of one column differ from each other: it has not collapsed within a digit either.")

# %% [markdown]
# ## What changed in your head
#
# - A GAN's loss is the score of a match. It stays high when both players are good, and near 0 one
#   of them has lost. Judge by samples: how many modes, how many near one, and look at them.
# - D's best answer to a perfect G is 1/2. Its loss is then log 4, and G's is log 2. But the losses
#   may be there with a bad G and a slow D as well.
# - Two players, two optimizers, two turns. D's gradient ends at the fakes, G's goes through D and
#   does not move it, and every turn begins with zero_grad.
#
# **More bugs of the article that you can now name.** One optimizer for both players (Adam's t
# counts twice as fast, and its bias correction is wrong for both; lesson 04). Samples from -1 to 1
# by tanh against data from 0 to 1 (any negative pixel gives a fake away, and D's loss falls to 0 at
# once). Two gradients from one recording of the forward pass (an error; take two passes). No noise
# dimension, no seed, no picture of samples and no measure of them (run B would have passed for
# good).
#
# Sources: I. Goodfellow and others, "Generative adversarial nets" (2014); L. Metz and others,
# "Unrolled generative adversarial networks" (2017), for the ring; Z. Lin and others, "PacGAN"
# (2018).

# %% [markdown] teacher="12"
# **Discuss.**
# 1. *Do the players "gradually reach balance"?* Nobody has promised it. Let one player have the
#    number a, the other b, and the game a·b, with steps at the same time: (a, b) moves on a spiral
#    outwards, by the factor √(1 + lr²) each step. Try it with five lines.
# 2. *Does a GAN learn the distribution of the data, or only pretty pictures?* It is a model of the
#    distribution, like the VAE, but an implicit one: it can be drawn from, and gives no probability
#    of a picture. That is why coverage has to be measured on samples.
# 3. *Why not train D to the end before each step of G?* In theory one should. Then D separates the
#    samples perfectly, and the saturating loss has no slope left. With the non-saturating loss it
#    can work, and costs time.
#
# **Commonest wrong answers, and what the checker says.** 12.1: the mean over real and fake together
# (half of D's loss where there are as many of both); log of a sigmoid (infinite). 12.2: slopes of
# the sum in place of the mean (a factor of N); the sign turned. 12.3: no zero_grad ("what the
# generator's turn left is still in it"); G moved along ("the generator was moved"); the label of
# the fakes turned, as in the article. 12.4: every centre within the radius counted, not only the
# nearest.
#
# **In 10 minutes:** predictions 12.p1 and 12.p2 with the tiny numbers, the losses of the three
# runs, 12.p3, the film. **In 40 minutes:** also 12.2 with its picture, 12.3, the article's losses
# and the four slips; 12.1 and 12.4 at home. Vote on 12.p3 by hand before you show the film.
