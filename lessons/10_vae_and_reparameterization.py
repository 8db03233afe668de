# %% [markdown] lesson="10" minutes=45 builds_on=["02", "03", "04"]
# # 10 · The VAE and reparameterization
#
# **You will be able to**
# - send a gradient through a random draw, and say why it is exact;
# - write the three pieces of a VAE's loss with their gradients, and train with them;
# - tell from two numbers whether a code is healthy, collapsed, or that of a plain autoencoder;
# - name the common bugs of VAEs by their symptoms.
#
# 45 minutes with exercises 1 to 3; the fourth can wait for another day. Builds on 02 (the chain
# rule), 03 (checking a gradient) and 04 (optimizers).
#
# **The model in five lines.** An *encoder* turns a picture x into a small *cloud* of codes: its
# middle mu and its width sigma, one of each for every number of the code. One code z is drawn from
# the cloud. A *decoder* turns z back into a picture. The loss has two parts: the *reconstruction*
# (how badly x is hit) and the *KL divergence* (how far the cloud is from N(0, 1), the standard
# normal distribution). To make a new picture, draw z from N(0, 1) and decode it.
#
# **Three beliefs that this lesson tests.** "One cannot send a gradient through sampling, so the
# trick is a hack." "The KL is a regulariser: leave it out if you like." "Whether I sum or average
# only changes the scale." Each sounds right. Each will fail in front of you.

# %% setup
import numpy as np
from matplotlib.patches import Ellipse

import tinygen as tg
from tinygen.nn import functional as F
from tinygen.plots.style import BLUE, PALETTE, VERMILION, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("10")

# %% [markdown]
# ## 1. A draw is a function of the dice
#
# To draw from N(mu, sigma²), draw eps from N(0, 1) and take z = mu + sigma·eps. The dice eps depend
# on no weight: they are one more input, like the picture. What is left is a product and a sum.
#
# The encoder gives logvar = log sigma², and not sigma: any number is allowed for it, and sigma =
# exp(logvar/2) is positive by itself. So
#
#     z = mu + exp(logvar/2)·eps        ∂z/∂mu = 1        ∂z/∂logvar = ½·exp(logvar/2)·eps

# %% Tiny numbers: nudge mu and logvar while the dice lie as they are
def loss(mu, logvar, eps=0.5):
    """L = z²."""
    return (mu + np.exp(logvar / 2) * eps) ** 2


mu, logvar, h = 1.0, np.log(4.0), 1e-5  # sigma² = 4, so sigma = 2, and z = 1 + 2·0.5 = 2
assert np.isclose(loss(mu, logvar), 4), "z is 2"
nudged = [
    (loss(mu + h, logvar) - loss(mu - h, logvar)) / (2 * h),
    (loss(mu, logvar + h) - loss(mu, logvar - h)) / (2 * h),
]
by_hand = [2 * 2 * 1, 2 * 2 * 0.5 * 2 * 0.5]  # ∂L/∂z = 2z, times ∂z/∂mu, and times ∂z/∂logvar
np.testing.assert_allclose(nudged, by_hand, rtol=1e-8, err_msg="the chain rule through a draw")
print(f"∂L/∂mu: nudged {nudged[0]:.4f}, by the chain rule {by_hand[0]}")
print(f"∂L/∂logvar: nudged {nudged[1]:.4f}, by the chain rule {by_hand[1]}")

# %% [markdown]
# So much for the hack: it is the chain rule, and exact.
#
# **There is another way**, which never looks into z. It only hears how large the loss was, and
# makes the draws with a small loss more probable:
#
#     ∂/∂mu of the mean of L(z)  =  the mean of  L(z) · (z − mu)/sigma²
#
# It is called the *score function* estimate, and it is right on average too. But training takes a
# step after a few draws. What counts is how far a single estimate strays.

# %%
predict(
    "10.p1",
    "Now the code has 100 numbers, and L is the sum of their squares. We look at the gradient for "
    "the first of them. The variance of the score function's estimates is, against the other "
    "way's,",
    ["the same: both are right on average", "about 5 times larger", "thousands of times larger"],
)

# %% Both ways, 4000 draws each, codes of several lengths
def estimates(length):
    """Of ∂L/∂mu[0], one from each draw, in both ways: mu = 1, sigma = 2, L = the sum of z²."""
    eps = rng.standard_normal((4000, length))
    z = 1 + 2 * eps
    return {"through the draw": 2 * z[:, 0], "score function": (z**2).sum(1) * (z[:, 0] - 1) / 4}


for way, values in estimates(1).items():
    print(f"a code of 1 number, {way}: mean {values.mean():.1f}, variance {values.var():.0f}")
    assert abs(values.mean() - 2) < 0.6, "the mean of z² is mu² + sigma², its slope by mu 2·mu = 2"
lengths = [1, 3, 10, 30, 100]
variances = {way: [estimates(length)[way].var() for length in lengths] for way in estimates(1)}
through, score = variances.values()
assert score[-1] > 1000 * through[-1], "the score function's noise grows with the code"
assert np.ptp(np.log(through)) < 0.3, "the other way's does not"

with look():
    figure = new_figure(7.6, 3.1)
    left, right = figure.subplots(1, 2)
    styles = zip(estimates(10).items(), ("o-", "s--"), (BLUE, VERMILION), strict=True)
    for (way, values), style, colour in styles:
        left.hist(values, bins=60, range=(-150, 150), color=colour, alpha=0.6, label=way)
        right.loglog(lengths, variances[way], style, color=colour, label=way)
    left.axvline(2, color="black", lw=1, ls="--", label="the gradient, 2")
    left.set(xlabel="one estimate (code of 10 numbers)", ylabel="how many of 4000", yscale="log")
    left.legend(loc="upper left")
    right.set(xlabel="numbers in the code", ylabel="variance of an estimate")
    right.legend()
picture(figure, "gradient-noise",
        "Two estimates of one gradient. Through the draw they lie near 2, whatever the length of "
        "the code. Those of the score function spread over hundreds, and the more, the longer the "
        "code.")
reveal("10.p1", "c", "The score function blames each number for the noise of all 100. The way "
       "through the draw knows which number was to blame.")

# %% Draw, and send the gradient back exercise="10.1" difficulty=2 minutes=8 lines=5
class Reparameterize:
    """z = mu + sigma·eps, and the way back.

    forward(mu, logvar, eps): arrays of one shape (N, D); returns z. It may keep in self what the
    way back needs.
    backward(dz): dz is ∂L/∂z, of the shape of z; returns the tuple dmu, dlogvar, that is ∂L/∂mu
    and ∂L/∂logvar. It is called after forward.
    """

    def forward(self, mu, logvar, eps):
        ### BEGIN SOLUTION
        self.sigma_eps = np.exp(logvar / 2) * eps
        return mu + self.sigma_eps
        ### END SOLUTION

    def backward(self, dz):
        ### BEGIN SOLUTION
        return dz, dz * self.sigma_eps / 2
        ### END SOLUTION

# %% [markdown] hints="10.1"
# 1. logvar is the logarithm of sigma². What is sigma?
# 2. The way back is the chain rule, for each number alone: dz times ∂z/∂mu, and dz times
#    ∂z/∂logvar. Both slopes stand in section 1.
# 3. exp(logvar/2)·eps appears in z and in ∂z/∂logvar. Keep it as `self.something` in forward. Then
#    dmu is dz times 1, and dlogvar is dz times half of what you kept.

# %% [markdown]
# ## 2. How far is a cloud from N(0, 1)?
#
# The KL divergence of q = N(mu, sigma²) from p = N(0, 1) is the mean of log q(z) − log p(z), over z
# drawn from q. Put in z = mu + sigma·eps. The constant log √(2π) is in both and falls out:
#
#     log q(z) = −½·logvar − ½·eps²         log p(z) = −½·z²
#     KL = mean(−½·logvar − ½·eps² + ½·z²)
#        = ½·(mu² + exp(logvar) − 1 − logvar)      since mean(eps²) = 1, mean(z²) = mu² + sigma²
#
# Its slopes are mu for mu, and ½·(exp(logvar) − 1) for logvar. The numbers of a code are drawn
# independently, so their divergences add up. The unit is the *nat*: as bits, but with log e in
# place of log 2.

# %% The divergence and its gradient exercise="10.2" difficulty=2 minutes=8 lines=4
def gaussian_kl(mu, logvar):
    """KL(N(mu, exp(logvar)) || N(0, 1)) of each picture's code, with its gradient.

    mu, logvar: (N, D), a row for each of N pictures.
    Returns kl of shape (N,), the sum over the D numbers of a code; and dmu, dlogvar of shape
    (N, D): the slopes of a row's kl by the numbers of that row. Changes no argument.

    By hand: mu = 0, logvar = 0 gives 0 with slopes 0, 0; mu = 2, logvar = 0 gives 2 with slopes
    2, 0.
    """
    ### BEGIN SOLUTION
    variance = np.exp(logvar)
    kl = 0.5 * (mu**2 + variance - 1 - logvar).sum(axis=1)
    return kl, mu.copy(), 0.5 * (variance - 1)
    ### END SOLUTION

# %% [markdown] hints="10.2"
# 1. Which of the three results has a sum in it, and over which axis?
# 2. With `variance = np.exp(logvar)` each of the three is one line; they all stand in the text.
# 3. kl: half of (mu² + variance − 1 − logvar), summed over axis 1. The two slopes are arrays of
#    the shape of mu, and nothing in them is summed or averaged.

# %% Break it: the KL that falls for ever
def article_kl(mu, logvar):
    """As an article prints it. mu does not occur, and logarithms are squared."""
    first, second = np.log(np.exp(logvar) + 1e-8), np.log(np.exp(-logvar / 2) + 1e-8)
    return 0.5 * (0.5 * (1 + logvar - first**2 - second**2))


print("mu  logvar   the KL   article")
for mu, logvar in [(0.0, 0.0), (5.0, 0.0), (0.0, 2.0), (0.0, -10.0)]:
    kl = gaussian_kl(np.array([[mu]]), np.array([[logvar]]))[0][0]
    library = tg.models.vae.gaussian_kl(tg.tensor([[mu]]), tg.tensor([[logvar]])).item()
    assert np.isclose(kl, library), "the library has another divergence"
    eps = rng.standard_normal(100_000)
    by_chance = (-logvar / 2 - eps**2 / 2 + (mu + np.exp(logvar / 2) * eps) ** 2 / 2).mean()
    assert abs(kl - by_chance) < 0.1, "the formula is the mean of log q − log p"
    print(f"{mu:.0f} {logvar:7.0f} {kl:8.2f} {article_kl(mu, logvar):9.2f}")
assert article_kl(5.0, 0.0) == article_kl(0.0, 0.0), "a cloud far away should cost much"
assert article_kl(0.0, -10.0) < 0, "a divergence is never negative"
with np.errstate(over="ignore"):
    lost = np.log(np.exp(np.float32(100)) + np.float32(1e-8))
assert np.isinf(lost), "1e-8 is no help against exp(100): never write log(exp(x))"

# %% What gradient descent makes of the two
def descend(slope, steps=60):
    """logvar, from -1 on, as gradient descent with lr 0.1 moves it."""
    path = [-1.0]
    for _ in range(steps):
        path.append(path[-1] - 0.1 * slope(path[-1]))
    return path


ours = descend(lambda at: gaussian_kl(np.zeros((1, 1)), np.full((1, 1), at))[2].item())
theirs = descend(lambda at: (article_kl(0, at + 1e-4) - article_kl(0, at - 1e-4)) / 2e-4)
axis = np.linspace(-6, 6, 121)[:, None]
true = gaussian_kl(np.zeros_like(axis), axis)[0]
assert true.min() >= 0, "a divergence is never negative"
assert abs(ours[-1]) < 0.1, "descent finds N(0, 1)"
assert theirs[-1] < -15, "the article's has no lowest value: logvar runs away"

with look():
    figure = new_figure(7.6, 3.0)
    left, right = figure.subplots(1, 2)
    left.axhline(0, color="black", lw=0.8)
    left.plot(axis, true, color=BLUE, label="KL divergence")
    left.plot(axis, article_kl(0.0, axis), "--", color=VERMILION, label="the article's formula")
    left.set(xlabel="logvar (mu = 0)", ylabel="nats", ylim=(-11, 9))
    right.plot(ours, color=BLUE, label="on the KL divergence")
    right.plot(theirs, "--", color=VERMILION, label="on the article's formula")
    right.set(xlabel="steps of gradient descent", ylabel="logvar")
    left.legend(loc="lower center")
    right.legend(loc="lower left")
picture(figure, "kl",
        "The KL divergence has its lowest value, 0, at logvar 0, and descent goes there. The "
        "article's formula is a hill: descent runs down its side, and there is no bottom.")

# %% What a picture costs, from logits exercise="10.3" difficulty=3 minutes=10 lines=5
def bernoulli_loss(logits, x):
    """Minus the log-probability of black-and-white pictures, with its gradient.

    logits: (N, D), what the decoder puts out: any numbers. The probability that pixel d is 1 is
    p = 1 / (1 + exp(-logits[n, d])).
    x: (N, D), pixels from 0 to 1. A pixel costs -x·log(p) - (1 - x)·log(1 - p).
    Returns loss of shape (N,), the sum over the pixels of each picture; and dlogits of shape
    (N, D), the slopes of a row's loss by its logits. Finite for logits of any size.

    By hand: logit 0 costs log 2 = 0.693, whatever x is, with slope 0.5 - x. Logit 1000 costs 0
    where x = 1, and 1000 where x = 0.
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(logits))  # never above 1
    loss = (np.maximum(logits, 0) - logits * x + np.log1p(small)).sum(axis=1)
    p = np.where(logits >= 0, 1 / (1 + small), small / (1 + small))
    return loss, p - x
    ### END SOLUTION

# %% [markdown] hints="10.3"
# 1. For which logits does exp overflow, and where does log then meet a 0? Can you rewrite the cost
#    so that exp only ever sees negative numbers?
# 2. Put p into the cost and simplify: it becomes log(1 + exp(logits)) − logits·x. And
#    log(1 + exp(a)) = max(a, 0) + log(1 + exp(−|a|)). NumPy has it: np.logaddexp(0, a).
# 3. Call log(1 + exp(a)) softplus(a). Sum softplus(logits) − logits·x over axis 1. The slope is
#    p − x. For a p that never overflows use p = exp(−softplus(−logits)).

# %% Break it: losses that do not look at the picture
def softmax_over_colours(logits, x):
    """The article's loss: softmax cross-entropy, whose last axis holds the colours of a pixel."""
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return -(x * log_p).sum()


x = np.array([[0.0, 1, 1, 0, 1, 0, 0, 1]])
good = 6 * (2 * x - 1)  # logits of 6 where the picture is 1, and of -6 where it is 0
print("reconstruction   article, grey   article, RGB   Bernoulli")
for name, logits in {"good": good, "blank": np.full((1, 8), -6.0), "negative": -good}.items():
    grey, colours = [
        softmax_over_colours(np.stack([logits] * channels, -1), np.stack([x] * channels, -1))
        for channels in (1, 3)
    ]
    ours = bernoulli_loss(logits, x)[0].item()
    library = F.binary_cross_entropy_with_logits(tg.tensor(logits), tg.tensor(x), reduction="sum")
    assert np.isclose(ours, library.item()), "the library has another loss"
    assert abs(grey) < 1e-12, "a softmax over one colour is 1, and its logarithm 0"
    assert np.isclose(colours, 12 * np.log(3)), "grey is grey: each of three colours has 1/3"
    print(f"{name:14} {abs(grey):15.2f} {colours:14.2f} {ours:11.2f}")

limited = np.tanh(np.full((1, 784), 50.0))  # tanh before a loss that expects logits
floor = bernoulli_loss(limited, np.ones((1, 784)))[0].item()
print(f"tanh on the logits: a perfect picture of 784 pixels costs {floor:.1f} nats at least")
assert abs(floor - 245.6) < 0.1, "tanh keeps every probability between 0.27 and 0.73"

# %% [markdown]
# ## 3. Your functions as ops of the library
#
# Lesson 02 had one class for each op, with a forward and a backward. `tg.autograd.Function` is the
# same. The two classes below wrap what you have written, and the library does the rest: the dense
# layers, the backward walk, Adam. The pictures are drawn digits of 14 x 14 pixels, black and white.

# %% Two ops, and digits
class Draw(tg.autograd.Function):
    @staticmethod
    def forward(ctx, mu, logvar, eps):
        ctx.layer = Reparameterize()
        return ctx.layer.forward(mu, logvar, eps)

    @staticmethod
    def backward(ctx, dz):
        return *ctx.layer.backward(dz), None  # the dice need no gradient


class PerPicture(tg.autograd.Function):
    """A function that returns a loss for each picture, followed by its slopes."""

    @staticmethod
    def forward(ctx, function, *arrays):
        loss, *slopes = function(*arrays)
        ctx.slopes = slopes + [None] * (len(arrays) - len(slopes))
        return loss

    @staticmethod
    def backward(ctx, dloss):
        return None, *(None if s is None else dloss[:, None] * s for s in ctx.slopes)


images, labels = tg.data.draw_glyphs(1000, seed=10, characters="0147")
digits = (images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) > 100).reshape(-1, 196) * 1.0

# %% A gradient check, and training
def train(beta=1.0, averaged=False, latent=2):
    """A VAE of 196 pixels, 64 hidden units, and a code of `latent` numbers."""
    tg.manual_seed(10)
    dice = np.random.default_rng(10)
    model = tg.models.VAE(latent, hidden=(64,), picture_shape=(1, 14, 14)).double()
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(800):
        x = tg.tensor(digits[dice.integers(len(digits), size=100)])
        mu, logvar = model.encoder(x).chunk(2, 1)
        z = Draw.apply(mu, logvar, tg.tensor(dice.standard_normal((100, latent))))
        reconstruction = PerPicture.apply(bernoulli_loss, model.decoder(z), x)
        if averaged:
            reconstruction = reconstruction / 196  # the mean over the pixels
        loss = (reconstruction + beta * PerPicture.apply(gaussian_kl, mu, logvar)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


here = [tg.tensor(values, requires_grad=True) for values in rng.standard_normal((2, 3, 4))]
fixed = tg.tensor(rng.random((3, 4)))
assert tg.gradcheck(lambda mu, logvar: Draw.apply(mu, logvar, fixed), here), "10.1 is not exact"
assert tg.gradcheck(lambda *both: PerPicture.apply(gaussian_kl, *both), here), "10.2 is not exact"
assert tg.gradcheck(lambda a: PerPicture.apply(bernoulli_loss, a, fixed), here[:1]), "10.3 is not"
print("the gradients of 10.1, 10.2 and 10.3 are exact")

# %%
predict(
    "10.p2",
    "beta is the weight of the KL. With beta = 0 it counts for nothing. What becomes of the "
    "clouds?",
    ["nothing much: the reconstructions get a little better",
     "sigma shrinks to almost 0, and the middles spread far out, with gaps",
     "sigma grows without end, since nothing holds it"],
)
predict(
    "10.p3",
    "Somebody averages the reconstruction over the 196 pixels, and sums the KL over the code. "
    "What does this do?",
    ["nothing: only the scale of the loss changes, and Adam does not mind the scale",
     "the pictures get a bit more blurred",
     "the KL goes to 0, and the decoder draws the same picture for every code"],
)

# %% Three weights of the KL, and where the clouds lie
runs = {"beta = 0": train(beta=0), "beta = 1": train(), "beta = 10": train(beta=10)}
pictures = tg.tensor(digits.reshape(-1, 1, 14, 14))


def clouds(model):
    with tg.no_grad():
        return [part.numpy() for part in model.encode(pictures)]


with look():
    figure = new_figure(8.0, 3.0)
    for axes, (name, model) in zip(figure.subplots(1, 3), runs.items(), strict=True):
        mu, logvar = clouds(model)
        for digit in range(4):
            axes.scatter(*mu[labels == digit].T, s=4, color=PALETTE[digit], marker="os^D"[digit],
                         alpha=0.6, lw=0, label="0147"[digit])
        for n in range(60):
            reach = 4 * np.exp(logvar[n] / 2)  # from two sigma on one side to two on the other
            axes.add_patch(Ellipse(mu[n], *reach, fill=False, ec=PALETTE[labels[n]], lw=0.7))
        axes.add_patch(Ellipse((0, 0), 4, 4, fill=False, ls="--", lw=1.2))
        axes.set(title=name, aspect="equal", xlabel="first number of the code")
        axes.margins(0.15)
    figure.axes[0].set_ylabel("second number")
    figure.axes[0].legend(markerscale=2.5, title="digit", loc="lower right")
picture(figure, "clouds",
        "Where digits have their clouds. Points are middles; ellipses, for 60 of them, reach to "
        "two sigma; the dashed circle is two sigma of N(0, 1). Beta 0: the clouds are points, "
        "most of them outside of the circle. Beta 1: they fill it. Beta 10: all lie on each "
        "other.")
width = {name: np.exp(clouds(model)[1] / 2).mean() for name, model in runs.items()}
assert width["beta = 0"] < 0.1 < width["beta = 1"] < 0.6 < width["beta = 10"], "beta keeps sigma up"
reveal("10.p2", "b", "A point is easier to decode than a cloud, and points far apart are easier to "
       "tell from each other. Only the KL pays for width, and for staying near 0.")

# %% Break it: draw from a model that never learned to be drawn from
def decoded(model, z):
    with tg.no_grad():
        return model.decode(tg.tensor(z)).numpy().reshape(-1, 14, 14)


def strangeness(model):
    """By how many pixels a new picture, its code from N(0, 1), misses the nearest of our digits."""
    new = decoded(model, np.random.default_rng(0).standard_normal((200, 2))).reshape(200, 196) > 0.5
    return (new[:, None] != (digits > 0)).sum(axis=2).min(axis=1).mean()


across = np.linspace(-2.5, 2.5, 11)
plane = np.stack(np.meshgrid(across, across[::-1]), -1).reshape(-1, 2)
with look():
    figure = new_figure(7.4, 4.0)
    for axes, name in zip(figure.subplots(1, 2), ("beta = 0", "beta = 1"), strict=True):
        grid = decoded(runs[name], plane).reshape(11, 11, 14, 14).transpose(0, 2, 1, 3)
        axes.imshow(grid.reshape(154, 154), cmap="gray", extent=(-2.75, 2.75, -2.75, 2.75))
        axes.set(title=name, xlabel="first number of the code")
        axes.grid(False)
    figure.axes[0].set_ylabel("second number")
picture(figure, "plane",
        "What the two decoders draw for codes from -2.5 to 2.5, where N(0, 1) has nearly all of "
        "its draws. Beta 0: many blots and torn strokes, and no 1. Beta 1: nearly all are digits.")
strange = [strangeness(runs[name]) for name in ("beta = 0", "beta = 1")]
print(f"pixels that fit no digit: {strange[0]:.0f} for beta 0, {strange[1]:.0f} for beta 1")
assert strange[0] > 1.2 * strange[1], "without the KL nobody taught the decoder these codes"

# %% [markdown]
# The article makes the same thing in another way: it hands mu to the decoder and draws nothing.
# Then logvar is used nowhere in the reconstruction, and no gradient reaches it from there. That is
# an autoencoder, whatever it is called: good reconstructions, worthless new pictures.
#
# ## 4. Two numbers that name the disease
#
# Look at one number of the code, over all pictures.
#
# - **Is it active?** Does its middle mu depend on the picture at all? It is called active if the
#   variance of mu over the pictures is above 0.01 (Burda and others, 2016).
# - **How wide is the whole pile?** Put the clouds of all pictures on one pile. The decoder learned
#   from this pile, and new pictures come from N(0, 1): the two should be equally wide. The variance
#   of a pile of clouds is the mean of their variances plus the variance of their middles. The root
#   of that is the *spread*, and it should be near 1.

# %% Active, and how wide exercise="10.4" difficulty=2 minutes=8 lines=3
def code_report(mu, logvar):
    """Whether each number of the code is active, and how wide the pile of all clouds is.

    mu, logvar: (N, D), a row for each of N pictures.
    Returns active of shape (D,), True where the variance of mu over the pictures is above 0.01;
    and spread of shape (D,), the root of (mean variance of the clouds + variance of the middles).

    By hand: mu = -1 and 1, logvar = log 3 for both: variance of mu 1, so active; spread 2.
    """
    ### BEGIN SOLUTION
    middles = mu.var(axis=0)
    spread = np.sqrt(np.exp(logvar).mean(axis=0) + middles)
    return middles > 0.01, spread
    ### END SOLUTION

# %% [markdown] hints="10.4"
# 1. "Over the pictures": which axis is that, and what is left when it is gone?
# 2. The variance of a cloud is sigma², not sigma. Which of the two is exp(logvar)?
# 3. `middles = mu.var(axis=0)`. Active is middles > 0.01. Spread is the root of middles plus the
#    mean over axis 0 of exp(logvar).

# %% Break it: sum or mean, and the names of all runs
runs["averaged"] = train(averaged=True)
runs["10 numbers"] = train(latent=10)
parts = {}
print("run         reconstruction   KL   active   largest spread")
for name, model in runs.items():
    mu, logvar = clouds(model)
    elbo = model.elbo(pictures, samples=10)
    np.testing.assert_allclose(gaussian_kl(mu, logvar)[0], elbo.kl.numpy(), err_msg="another KL")
    active, spread = code_report(mu, logvar)
    parts[name] = elbo.reconstruction.mean().item(), elbo.kl.mean().item()
    print(f"{name:10} {parts[name][0]:10.0f} nats {parts[name][1]:6.1f} {active.sum():5} of "
          f"{len(active):<2} {spread.max():8.1f}")
    if name in ("averaged", "beta = 10"):
        assert not active.any(), "collapsed: every cloud is N(0, 1), whatever the picture"
    else:
        assert active.sum() >= 2, "the decoder hears of the picture"
        assert (spread.max() > 2) == (name == "beta = 0"), "only an autoencoder is so far out"

# %% The two parts of the loss, side by side
with look():
    figure = new_figure(6.4, 2.7)
    axes = figure.add_subplot()
    reconstruction, kl = np.array(list(parts.values())).T
    axes.barh(list(parts), reconstruction, color=BLUE, label="reconstruction")
    axes.barh(list(parts), kl, left=reconstruction, color=VERMILION, hatch="//", label="KL")
    axes.set(xlabel="nats for a picture: the shorter the whole bar, the better")
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    figure.legend(loc="outside upper center", ncols=2)
picture(figure, "two-parts",
        "Reconstruction and KL of five runs. Beta 0: small reconstruction, large KL. Beta 10 and "
        "the averaged loss: no KL, and the largest reconstruction. The bar of beta 1 is shorter "
        "than all of these; with 10 numbers in the code it is shorter still.")
total = dict(zip(parts, reconstruction + kl, strict=True))
others = [total[name] for name in ("beta = 0", "beta = 10", "averaged")]
assert total["beta = 1"] < min(others), "training with beta = 1 shortens just this bar"
reveal("10.p3", "c", "Dividing one part by 196 is the same as beta = 196. Adam does not mind the "
       "scale of the whole loss; it does mind the ratio of the parts. This is called posterior "
       "collapse.")

# %% [markdown]
# ## 5. What the bar means, and real digits
#
# Reconstruction + KL, both summed, is minus the **ELBO**: a *lower bound* of log p(x), which is the
# log-probability that the model gives to the picture. It is often said that a VAE maximises the
# probability of the data. It maximises this bound. What is missing can be measured: take many codes
# for a picture instead of one, and average p(x, z) / q(z | x) over them. With enough codes the
# logarithm of this average is log p(x) itself. The library's `log_likelihood` does that.

# %% Real use: a trained VAE of handwritten digits
vae = tg.models.pretrained("vae")
tg.manual_seed(10)
written = (tg.models.pretrained("cgan").sample(60) > 0.5).float()  # digits of another model
with tg.no_grad():
    active, spread = code_report(*(part.numpy() for part in vae.encode(written)))
bound = vae.elbo(written, samples=20).bound.mean().item()
log_p = vae.log_likelihood(written, samples=500).mean().item()
print(f"{active.sum()} of {len(active)} numbers are active")
print(f"ELBO {bound:.0f} nats, log p(x) about {log_p:.0f} nats")
assert active.all(), "each of the eight numbers is used"
assert abs(spread - 1).max() < 0.5, "and about as wide as N(0, 1): a healthy code"
assert bound < log_p - 1, "the ELBO is a lower bound"

far = tg.tensor(4 * np.random.default_rng(0).standard_normal((10, 8)).astype(np.float32))
with tg.no_grad():
    rows = {"pictures": written[:10], "reconstructed": vae.reconstruct(written[:10]),
            "codes from N(0, 1)": vae.sample(10), "codes four times as far": vae.decode(far)}
with look():
    figure = new_figure(7.4, 3.2)
    for axes, (name, row) in zip(figure.subplots(4, 1), rows.items(), strict=True):
        axes.imshow(np.concatenate(list(row.numpy()[:, 0]), axis=1), cmap="gray")
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
        axes.grid(False)
picture(figure, "digits",
        "Digits, their reconstructions, new digits from codes of N(0, 1), and what comes from "
        "codes four times as far from 0, where no cloud of the training lay: blots and torn "
        "strokes.")

# %% [markdown]
# ## What changed in your head
#
# - A draw is a function of the dice. Its gradient is the chain rule, exact, and far less noisy than
#   an estimate that only hears how the draw was rewarded.
# - The KL makes it a model that one can draw from. Without it you have an autoencoder: it rebuilds
#   well, and nobody knows where its codes are.
# - Sum over the pixels, sum over the code, mean over the batch. Averaging one part is the same as
#   changing beta. Log both parts, always, and count the active numbers.
#
# **More bugs of the article that you can now name.** A code longer than the picture, so that
# nothing has to be left out (try `train(latent=196)`, and count the active numbers). Relu behind mu
# and logvar: mu is never negative, and every sigma is at least 1. A sum over the whole batch, and
# then the "mean" of this one number: a larger batch makes a larger loss. A value called entropy
# that nobody uses: log the two parts of the loss instead. No function to encode, decode or draw;
# you have just used all three.
#
# Sources: D. P. Kingma and M. Welling, "Auto-encoding variational Bayes" (2014); Y. Burda, R.
# Grosse and R. Salakhutdinov, "Importance weighted autoencoders" (2016).

# %% [markdown] teacher="10"
# **Discuss.**
# 1. *Why does the decoder not simply ignore z?* It does when ignoring is cheaper. Each nat of KL
#    must save more than beta nats of reconstruction. With beta 10 it does not, with beta 1 it does.
# 2. *Could one train with codes of 0 and 1 in this way?* No: a code that jumps has no slope ∂z/∂mu.
#    Then one needs the score function, or a soft version of the draw. That is what the other
#    estimate is good for.
# 3. *Two models have ELBOs of -90 and -91 nats. Is the first the better model of the pictures?* Not
#    certainly: these are two lower bounds, and the gaps may differ. Compare log p(x) from many
#    codes.
#
# **Commonest wrong answers, and what the checker says.** 10.1: exp(logvar) taken for sigma ("the
# variance is used as if it were the standard deviation"); the half missing in dlogvar (a factor of
# 2). 10.2: the mean over the code in place of the sum (a factor that follows its length). 10.3: the
# logarithm of a sigmoid (infinite or NaN for large logits). 10.4: sigma averaged in place of
# sigma²; the axis of the code in place of that of the pictures (a wrong shape).
#
# **In 10 minutes:** the tiny numbers, prediction 10.p1 with its picture, then 10.p2 with the
# clouds. **In 40 minutes:** exercises 10.1 and 10.2, the KL that falls for ever, predictions 10.p2
# and 10.p3 with their pictures, the digits; 10.3 and 10.4 at home.
