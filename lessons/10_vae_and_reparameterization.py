# %% [markdown] lesson="10" minutes=45 builds_on=["02", "03", "04"]
# # 10 · The VAE and reparameterization
#
# **You will be able to**
# - send a gradient through a random draw, and say why it is exact;
# - write the three pieces of a VAE's loss with their gradients, and train with them;
# - tell from two numbers whether a code is healthy, collapsed, or that of a plain autoencoder;
# - name the common bugs of VAEs by their symptoms.
#
# 45 minutes. Builds on 02 (the chain rule), 03 (checking a gradient) and 04 (optimizers).
#
# **The model in four lines.** An *encoder* turns a picture x into a small cloud of codes: its middle
# mu and its width sigma, a number each for every number of the code. One code z is drawn from the
# cloud. A *decoder* turns z into a picture. The loss has two parts: the *reconstruction* (how badly
# x is hit) and the *KL divergence* (how far the cloud is from the standard normal N(0, 1)).
#
# **Three beliefs that this lesson tests.** "One cannot send a gradient through sampling, so the
# trick is a hack." "The KL is a regulariser: leave it out if you like." "Whether I sum or average
# only changes the scale." Each sounds right. Each will fail in front of you.

# %% setup
import numpy as np
from matplotlib.patches import Ellipse

import tinygen as tg
from tinygen.nn import functional as F
from tinygen.plots.style import BLUE, GREEN, PALETTE, VERMILION, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("10")

# %% Tiny numbers: a draw that can be nudged
mu, logvar, eps = 1.0, np.log(4.0), 0.5  # sigma² = 4, so sigma = 2; eps is what the dice showed
sigma = np.exp(logvar / 2)
z = mu + sigma * eps
assert z == 2, "one, plus half of two"


def loss(mu, logvar):
    """L = z², as a function of mu and logvar, while the dice lie as they are."""
    return (mu + np.exp(logvar / 2) * eps) ** 2


h = 1e-5
nudged = [
    (loss(mu + h, logvar) - loss(mu - h, logvar)) / (2 * h),
    (loss(mu, logvar + h) - loss(mu, logvar - h)) / (2 * h),
]
by_hand = [2 * z * 1, 2 * z * sigma * eps / 2]  # ∂L/∂z = 2z, times ∂z/∂mu and ∂z/∂logvar
np.testing.assert_allclose(nudged, by_hand, rtol=1e-8, err_msg="the chain rule through a draw")
print(f"nudged: {nudged[0]:.4f} and {nudged[1]:.4f}; by the chain rule: {by_hand}")

# %% [markdown]
# So much for the hack. A draw from N(mu, sigma²) is **mu + sigma · eps**, where eps comes from
# N(0, 1) and depends on no weight. The dice are one more input, like the picture. What is left is
# a product and a sum, and lesson 02 knows their gradients:
#
#     z = mu + exp(logvar/2)·eps        ∂z/∂mu = 1        ∂z/∂logvar = ½·exp(logvar/2)·eps
#
# (The network gives logvar = log sigma², and not sigma: any number is allowed for it, and sigma =
# exp(logvar/2) is positive by itself.)
#
# **There is another way**, which never looks into z. Draw z, and reward every z by its loss:
#
#     ∂/∂mu of the mean of L(z)  =  the mean of  L(z) · (z − mu)/sigma²
#
# It is called the *score function* estimate. It is right on average too: above, the mean of z² is
# mu² + sigma², whose slope by mu is 2·mu = 2, and both ways give 2 after many draws. But training
# takes a step after one draw, or a few. What counts is how far a single estimate strays.

# %%
predict(
    "10.p1",
    "Now the code has 100 numbers, and L is the sum of their squares. We look at the gradient for "
    "the first of them. The variance of the score function's estimates is, against the other way's,",
    ["the same: both are right on average", "about 5 times larger", "thousands of times larger"],
)

# %% Both ways, many draws, codes of several lengths
def estimates(length, draws=4000):
    """Of ∂L/∂mu[0], one from each draw, in both ways: mu = 1, sigma = 2, L = the sum of z²."""
    eps = rng.standard_normal((draws, length))
    z = 1 + 2 * eps
    return 2 * z[:, 0], (z**2).sum(1) * (z[:, 0] - 1) / 4


lengths = [1, 3, 10, 30, 100]
through, score = np.array([[way.var() for way in estimates(length)] for length in lengths]).T
print("variance, by length of the code:", lengths)
print("  through the draw:", "  ".join(f"{value:.1g}" for value in through))
print("  score function:  ", "  ".join(f"{value:.1g}" for value in score))
assert score[-1] > 1000 * through[-1], "the score function's noise grows with the code"
assert np.ptp(np.log(through)) < 0.3, "the other way's does not"

with look():
    figure = new_figure(7.6, 3.1)
    left, right = figure.subplots(1, 2)
    for way, name, colour in zip(estimates(10), ("through the draw", "score function"), (BLUE, VERMILION)):
        left.hist(way, bins=60, range=(-150, 150), color=colour, alpha=0.6, label=name)
    left.axvline(2, color="black", lw=1, ls="--", label="the gradient, 2")
    left.set(xlim=(-150, 150), xlabel="one estimate (code of 10 numbers)", ylabel="how many of 4000", yscale="log")
    right.loglog(lengths, score, "s--", color=VERMILION, label="score function")
    right.loglog(lengths, through, "o-", color=BLUE, label="through the draw")
    right.set(xlabel="numbers in the code", ylabel="variance of an estimate")
    left.legend(), right.legend()
picture(figure, "gradient-noise", "Two estimates of one gradient. Through the draw they lie near 2, "
        "whatever the length of the code; the score function's spread over hundreds, and their "
        "variance grows with the square of the length.")
reveal("10.p1", "c", "Each draw's reward carries the noise of all 100 numbers. The trick is no hack: "
       "it is the gradient that says which number was to blame.")

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
#    ∂z/∂logvar. Both slopes stand in the text above.
# 3. exp(logvar/2)·eps appears in z and in ∂z/∂logvar. Keep it as `self.something` in forward. Then
#    dmu is dz times 1, and dlogvar is dz times half of what you kept.

# %% [markdown]
# ## How far is a cloud from N(0, 1)?
#
# The KL divergence of q = N(mu, sigma²) from p = N(0, 1) is the mean of log q(z) − log p(z) over z
# drawn from q. Put in z = mu + sigma·eps. The constant log √(2π) is in both and falls out:
#
#     log q(z) = −½·logvar − ½·eps²         log p(z) = −½·z²
#     KL = mean(−½·logvar − ½·eps² + ½·z²)
#        = ½·(mu² + exp(logvar) − 1 − logvar)      since mean(eps²) = 1, mean(z²) = mu² + sigma²
#
# Its slopes are mu for mu, and ½·(exp(logvar) − 1) for logvar. The numbers of a code are
# independent, so their divergences add up. All are in *nats*: information in units of log e.

# %% The divergence and its gradient exercise="10.2" difficulty=2 minutes=8 lines=4
def gaussian_kl(mu, logvar):
    """KL(N(mu, exp(logvar)) || N(0, I)) of each picture's code, with its gradient.

    mu, logvar: (N, D), a row for each of N pictures.
    Returns kl of shape (N,), the sum over the D numbers of a code; and dmu, dlogvar of shape
    (N, D): the slopes of a row's kl by the numbers of that row.

    By hand: mu = 0, logvar = 0 gives 0 with slopes 0; mu = 2, logvar = 0 gives 2 with slopes 2, 0.
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
    """As an article prints it, for one number; mu does not occur."""
    first, second = np.log(np.exp(logvar) + 1e-8), np.log(np.exp(-logvar / 2) + 1e-8)
    return 0.5 * (0.5 * (1 + logvar - first**2 - second**2))


one = np.array([[1.3]]), np.array([[-0.7]])
kl = gaussian_kl(*one)[0][0]
np.testing.assert_allclose(kl, tg.models.vae.gaussian_kl(*map(tg.tensor, one)).item(), err_msg="ours?")
eps = rng.standard_normal(100_000)
by_chance = (0.35 - eps**2 / 2 + (1.3 + np.exp(-0.35) * eps) ** 2 / 2).mean()
print(f"mu 1.3, logvar -0.7: KL {kl:.4f}, mean over draws {by_chance:.2f}; article {article_kl(*one).item():.2f}")
assert abs(kl - by_chance) < 0.02, "the formula is the mean of log q − log p"
assert article_kl(0.0, 0.0) > 0.2, "the cloud N(0, 1) itself should cost nothing"
assert article_kl(5.0, 0.0) == article_kl(0.0, 0.0), "a cloud far away should cost much"
with np.errstate(over="ignore"):
    lost = np.log(np.exp(np.float32(100)) + np.float32(1e-8))
assert np.isinf(lost), "1e-8 is no help against exp(100): never write log(exp(x))"

# %% What descent makes of the two
axis = np.linspace(-6, 6, 121)[:, None]
true = gaussian_kl(np.zeros_like(axis), axis)[0]
ours, theirs = [-1.0], [-1.0]  # logvar, as gradient descent moves it
for _ in range(60):
    ours.append(ours[-1] - 0.1 * gaussian_kl(np.zeros((1, 1)), np.array([[ours[-1]]]))[2].item())
    slope = (article_kl(0, theirs[-1] + 1e-4) - article_kl(0, theirs[-1] - 1e-4)) / 2e-4
    theirs.append(theirs[-1] - 0.1 * slope)
assert true.min() >= 0 and abs(ours[-1]) < 0.1, "a divergence is never negative, and 0 for N(0, 1)"
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
    left.legend(loc="lower center"), right.legend(loc="lower left")
picture(figure, "kl", "The KL divergence has its lowest value, 0, at logvar 0, and descent goes there. "
        "The article's formula is a hill: descent falls off it, faster and faster.")

# %% What a picture costs, from logits exercise="10.3" difficulty=3 minutes=10 lines=5
def bernoulli_loss(logits, x):
    """Minus the log-probability of black-and-white pictures, with its gradient.

    logits: (N, D), what the decoder puts out: any numbers. The probability that pixel d is 1 is
    p = 1 / (1 + exp(-logits[n, d])).
    x: (N, D), pixels from 0 to 1. A pixel costs -x·log(p) - (1 - x)·log(1 - p).
    Returns loss of shape (N,), the sum over the pixels of each picture; and dlogits of shape
    (N, D), the slope of a row's loss by its logits. Finite for logits of any size.

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
#    log(1 + exp(a)) = max(a, 0) + log(1 + exp(−|a|)); NumPy calls it np.logaddexp(0, a).
# 3. Sum softplus(logits) − logits·x over axis 1, where softplus(a) = log(1 + exp(a)), stable. The
#    slope is p − x. For a stable p use p = exp(−softplus(−logits)).

# %% Break it: two losses that cannot see the picture
good = 6.0 * (2 * np.array([[0, 1, 1, 0], [1, 0, 0, 1]]).reshape(1, 8) - 1)  # logits of a picture
x = (good > 0) * 1.0


def softmax_over_colours(logits, x):
    """The article's loss: softmax cross-entropy, whose last axis holds the colours of a pixel."""
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -(x * log_p).sum()


print("reconstruction   article, grey   article, RGB   Bernoulli")
for name, logits in {"good": good, "blank": 0 * good - 6, "negative": -good}.items():
    grey = softmax_over_colours(logits[..., None], x[..., None])
    colours = softmax_over_colours(np.repeat(logits[..., None], 3, -1), np.repeat(x[..., None], 3, -1))
    ours, slope = bernoulli_loss(logits, x)
    library = F.binary_cross_entropy_with_logits(tg.tensor(logits), tg.tensor(x), reduction="sum")
    np.testing.assert_allclose(ours[0], library.item(), err_msg="the library's loss")
    assert abs(grey) < 1e-12 and np.isclose(colours, 4 * 3 * np.log(3)), "the same for any picture"
    print(f"{name:14} {abs(grey):15.2f} {colours:14.2f} {ours[0]:11.2f}")
floor = bernoulli_loss(np.full((1, 784), np.tanh(50.0)), np.ones((1, 784)))[0][0]
print(f"tanh on the logits: at best {floor:.1f} nats for a picture of 784 pixels that is all 1")
assert abs(floor - 245.6) < 0.1, "tanh keeps every probability between 0.27 and 0.73"

# %% Your functions as ops of the library, and a VAE that trains with them
images, labels = tg.data.draw_glyphs(1000, seed=10, characters="0147")
digits = (images.reshape(-1, 14, 2, 14, 2).mean((2, 4)) > 100).reshape(-1, 196) * 1.0


class Draw(tg.autograd.Function):
    """Reparameterize, in the form that the library's backward walk knows."""

    @staticmethod
    def forward(ctx, mu, logvar, eps):
        ctx.layer = Reparameterize()
        return ctx.layer.forward(mu, logvar, eps)

    @staticmethod
    def backward(ctx, dz):
        return *ctx.layer.backward(dz), None  # the dice need no gradient


class PerPicture(tg.autograd.Function):
    """A function that returns the loss of each picture, followed by its slopes."""

    @staticmethod
    def forward(ctx, function, *arrays):
        loss, *slopes = function(*arrays)
        ctx.slopes = slopes + [None] * (len(arrays) - len(slopes))
        return loss

    @staticmethod
    def backward(ctx, dloss):
        return None, *(s if s is None else dloss[:, None] * s for s in ctx.slopes)

# %% Training
def train(beta=1.0, averaged=False, latent=2, steps=800):
    """A VAE of 196 pixels, 64 hidden units and a code of `latent` numbers."""
    tg.manual_seed(10)
    dice = np.random.default_rng(10)
    model = tg.models.VAE(latent, hidden=(64,), picture_shape=(1, 14, 14)).double()
    optimizer = tg.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
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
eps = tg.tensor(rng.standard_normal((3, 4)))
assert tg.gradcheck(lambda mu, logvar: Draw.apply(mu, logvar, eps), here), "10.1 is not exact"
assert tg.gradcheck(lambda mu, logvar: PerPicture.apply(gaussian_kl, mu, logvar), here), "10.2"
assert tg.gradcheck(lambda l: PerPicture.apply(bernoulli_loss, l, eps.sigmoid()), here[:1]), "10.3"

# %%
predict(
    "10.p2",
    "With beta = 0 the KL counts for nothing. What becomes of the clouds?",
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
    for axes, (name, model) in zip(figure.subplots(1, 3), runs.items()):
        mu, logvar = clouds(model)
        for digit in range(4):
            axes.scatter(*mu[labels == digit].T, s=4, color=PALETTE[digit], marker="os^D"[digit],
                         alpha=0.6, lw=0, label="0147"[digit])
        for middle, width, digit in list(zip(mu, 4 * np.exp(logvar / 2), labels))[:60]:
            axes.add_patch(Ellipse(middle, *width, fill=False, ec=PALETTE[digit], lw=0.7))
        axes.add_patch(Ellipse((0, 0), 4, 4, fill=False, ls="--", lw=1.2))
        axes.set(title=name, aspect="equal", xlabel="first number of the code")
        axes.margins(0.15)
    figure.axes[0].set_ylabel("second number")
    figure.axes[0].legend(markerscale=2.5, title="digit", loc="best")
picture(figure, "clouds", "The clouds of digits: points are middles, ellipses reach to two sigma (for "
        "60 of them), the dashed circle is two sigma of N(0, 1). Beta 0: clouds shrink to points, "
        "far outside the circle. Beta 1: they fill it. Beta 10: all lie on each other.")
width = {name: np.exp(clouds(model)[1] / 2).mean() for name, model in runs.items()}
assert width["beta = 0"] < 0.1 < width["beta = 1"] < 0.6 < width["beta = 10"], "the KL keeps sigma up"
reveal("10.p2", "b", "A point is easier to decode than a cloud, and points far apart are easier to "
       "tell from each other. Only the KL pays for width, and for staying near 0.")

# %% Break it: draw from a model that never learned to be drawn from
def decoded(model, z):
    with tg.no_grad():
        return model.decode(tg.tensor(z)).numpy().reshape(-1, 14, 14)


def strangeness(model):
    """Pixels by which 200 new pictures, codes from N(0, I), differ from the nearest of our digits."""
    new = decoded(model, np.random.default_rng(0).standard_normal((200, 2))).reshape(200, 196) > 0.5
    return (new[:, None] != (digits > 0)).sum(2).min(1).mean()


across = np.linspace(-2.5, 2.5, 11)
plane = np.stack(np.meshgrid(across, across[::-1]), -1).reshape(-1, 2)
with look():
    figure = new_figure(7.4, 4.0)
    for axes, name in zip(figure.subplots(1, 2), ("beta = 0", "beta = 1")):
        grid = decoded(runs[name], plane).reshape(11, 11, 14, 14).transpose(0, 2, 1, 3)
        axes.imshow(grid.reshape(154, 154), cmap="gray", extent=(-2.75, 2.75, -2.75, 2.75))
        axes.set(title=name, xlabel="first number of the code")
        axes.grid(False)
    figure.axes[0].set_ylabel("second number")
picture(figure, "plane", "What the two decoders draw for codes between -2.5 and 2.5. With beta 0 most of "
        "it is a few digits and torn strokes; with beta 1 every place is a digit, and neighbours are alike.")
print(f"pixels that fit no digit: {strangeness(runs['beta = 0']):.0f} for beta 0, "
      f"{strangeness(runs['beta = 1']):.0f} for beta 1")
assert strangeness(runs["beta = 0"]) > 1.2 * strangeness(runs["beta = 1"]), "see the picture"

# %% [markdown]
# The article makes the same thing in another way: it hands mu to the decoder and draws nothing. Then
# logvar is used nowhere, and its gradient from the reconstruction is 0: an autoencoder, whatever it
# is called. Its reconstructions are good, and pictures from N(0, I) are worthless.
#
# ## Two numbers that name the disease
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
report = {}
print("run          reconstruction     KL   active   spread")
for name, model in runs.items():
    mu, logvar = clouds(model)
    kl = gaussian_kl(mu, logvar)[0]
    bound = model.elbo(pictures, samples=10)
    np.testing.assert_allclose(kl, bound.kl.numpy(), err_msg="the library's divergence")
    active, spread = code_report(mu, logvar)
    report[name] = bound.reconstruction.mean().item(), kl.mean(), active.sum(), spread.max()
    print("{:12} {:10.0f} nats {:7.1f} {:5} of {} {:7.1f}".format(
        name, *report[name][:3], len(active), spread.max()))
assert report["averaged"][2] == 0 and report["averaged"][1] < 0.1, "collapsed: no number is active"
assert report["beta = 0"][3] > 2, "an autoencoder: active, and far wider than N(0, 1)"
assert report["beta = 1"][2] == 2 and abs(report["beta = 1"][3] - 1) < 0.4, "healthy"

with look():
    figure = new_figure(6.4, 2.7)
    axes = figure.add_subplot()
    names = list(runs)
    parts = [[report[name][part] for name in names] for part in (0, 1)]
    axes.barh(names, parts[0], color=BLUE, label="reconstruction")
    axes.barh(names, parts[1], left=parts[0], color=VERMILION, hatch="//", label="KL")
    axes.set(xlabel="nats a picture: the whole bar is minus the ELBO, the shorter the better")
    axes.invert_yaxis(), axes.grid(axis="y", visible=False)
    figure.legend(loc="outside upper center", ncols=2)
picture(figure, "two-parts", "Reconstruction and KL of five runs. Beta 0: small reconstruction, large KL. "
        "Beta 10 and the averaged loss: next to no KL, the largest reconstruction. Beta 1 is shorter than "
        "all of these; with 10 numbers in the code it is shorter still.")
reveal("10.p3", "c", "Dividing one part by 196 is the same as beta = 196. Adam does not mind the scale of "
       "the whole loss. It does mind the ratio of its parts. This is called posterior collapse.")

# %% [markdown]
# One number is worth a name. Reconstruction + KL (beta 1, both summed) is minus the **ELBO**, a
# *lower bound* of log p(x), the log-probability that the model gives to the picture. It is often
# said that a VAE maximises the probability of the data. It maximises this bound, and what is
# missing can be measured: draw many codes for a picture instead of one, and average
# p(x, z) / q(z | x). With enough codes this gives log p(x) itself.

# %% Real use: a trained VAE of handwritten digits
vae, gan = tg.models.pretrained("vae"), tg.models.pretrained("cgan")
tg.manual_seed(10)
written = (gan.sample(60) > 0.5).float()  # digits as another model writes them, black and white
with tg.no_grad():
    mu, logvar = (part.numpy() for part in vae.encode(written))
active, spread = code_report(mu, logvar)
bound = vae.elbo(written, samples=20).bound.numpy()
log_p = vae.log_likelihood(written, samples=500).numpy()
print(f"{active.sum()} of {len(active)} numbers are active, spread {spread.min():.1f} to {spread.max():.1f}")
print(f"ELBO {bound.mean():.0f} nats, log p(x) about {log_p.mean():.0f} nats")
assert active.all() and abs(spread - 1).max() < 0.4, "a healthy code"
assert bound.mean() < log_p.mean(), "the ELBO is a lower bound"

far = tg.tensor(4 * np.random.default_rng(0).standard_normal((10, vae.latent)).astype(np.float32))
with tg.no_grad():
    rows = {"pictures": written[:10], "reconstructed": vae.reconstruct(written[:10]),
            "codes from N(0, 1)": vae.sample(10), "codes four times as far": vae.decode(far)}
with look():
    figure = new_figure(7.4, 3.2)
    for axes, (name, row) in zip(figure.subplots(4, 1), rows.items()):
        axes.imshow(row.numpy().reshape(10, 28, 28).transpose(1, 0, 2).reshape(28, 280), cmap="gray")
        axes.set(xticks=[], yticks=[])
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
        axes.grid(False)
picture(figure, "digits", "Digits, their reconstructions, new digits from codes of N(0, 1), and what comes "
        "from codes four times as far from 0, where no cloud of the training lay: shapes of no digit.")

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
# **More bugs of the article that you can now name.** The code as long as 3 pictures (more numbers
# than pixels: no bottleneck; try `train(latent=196)` and count the active ones). Relu behind mu and
# logvar (mu is never negative, and every sigma is at least 1). Everything summed over the batch as
# well, and then "averaged" (the mean of one number: a longer batch becomes a larger step). A value
# called entropy that nobody uses (log the two parts of the loss by name instead). No function to
# encode, to decode or to sample (above you used all three).
#
# Sources: D. P. Kingma and M. Welling, "Auto-encoding variational Bayes" (2014); Y. Burda, R. Grosse
# and R. Salakhutdinov, "Importance weighted autoencoders" (2016).

# %% [markdown] teacher="10"
# **Discuss.**
# 1. *Why does the decoder not simply ignore z?* It does when ignoring is cheaper: each nat of KL
#    must buy more than a nat of reconstruction (times beta). With beta 10 it does not, with beta 1
#    it does.
# 2. *Could one train with discrete codes in this way?* No: a code that jumps has no slope ∂z/∂mu.
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
# sigma²; the axis of the code in place of that of the pictures (a shape).
#
# **In 10 minutes:** the tiny numbers, prediction 10.p1 with its picture, the clouds for beta 0, 1
# and 10. **In 40 minutes:** exercises 10.1 and 10.2, the KL that falls for ever, predictions 10.p2
# and 10.p3 with their pictures, then the digits; 10.3 and 10.4 at home.
