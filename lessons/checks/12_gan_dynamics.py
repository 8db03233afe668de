"""The checks of lesson 12."""

from itertools import pairwise

import numpy as np

from tinygen.teach import Case, Check, Mistake


def softplus(a):
    return np.logaddexp(0, a)


def sigmoid(a):
    return np.exp(-softplus(-a))


# ---- 12.1: the two losses ------------------------------------------------------------------------


def loss_cases(rng):
    yield Case("by hand: all logits 0", np.zeros((4, 1)), np.zeros((4, 1)))
    yield Case("D is right and fairly sure", np.array([[2.0], [3.0]]), np.array([[-2.0], [-1.0]]))
    yield Case("as many real as fake", *(2 * rng.standard_normal((2, 6, 1))))
    yield Case("more fakes than real ones", rng.standard_normal(5), 2 * rng.standard_normal(8))
    yield Case("logits of 1000 and -1000", np.array([1000.0, -1000.0]), np.array([1000.0, -1000.0]))


def losses_by(discriminator_loss, generator_loss):
    return lambda real, fake: (discriminator_loss(real, fake), generator_loss(fake))


def right_d(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def right_g(fake):
    return softplus(-fake).mean()


LOSSES = Check(
    cases=loss_cases,
    outputs=("loss_d", "loss_g"),
    mistakes=[
        Mistake(
            "one-mean-for-both",
            losses_by(
                lambda real, fake: np.concatenate(
                    [softplus(-real).ravel(), softplus(fake).ravel()]
                ).mean(),
                right_g,
            ),
            "loss_g is right; loss_d is one mean over real and fake logits together. With as many "
            "of both that is half of the loss, and a D that knows nothing would seem to have log "
            "2.",
        ),
        Mistake(
            "half-of-the-sum",
            losses_by(lambda real, fake: right_d(real, fake) / 2, right_g),
            "loss_g is right; loss_d is half of the sum of the two means. D would learn at half "
            "its speed, and log 4 would become log 2.",
        ),
        Mistake(
            "fakes-called-real",
            losses_by(lambda real, fake: softplus(-real).mean() + softplus(-fake).mean(), right_g),
            "loss_g is right; in loss_d the fakes are treated as if they were real. Both players "
            "then want the same of a fake, and nobody learns to tell it from a real one.",
        ),
        Mistake(
            "real-not-looked-at",
            losses_by(lambda real, fake: softplus(-fake).mean(), right_g),
            "loss_g is right, and loss_d is the same number: the real logits have no part in it, "
            "and the fakes are called real. Both players want the same, and nobody knows the "
            "data.",
        ),
        Mistake(
            "saturating",
            losses_by(right_d, lambda fake: -softplus(fake).mean()),
            "loss_d is right; loss_g is the opposite of D's part, the saturating loss. It has "
            "next to no slope where D sees through a fake (section 2).",
        ),
        Mistake(
            "real-and-fake-exchanged",
            losses_by(
                lambda real, fake: softplus(real).mean() + softplus(-fake).mean(),
                lambda fake: softplus(fake).mean(),
            ),
            "the signs of all logits are turned: D is rewarded for calling fakes real. The two "
            "softplus have changed places.",
        ),
    ],
)  # fmt: skip

# ---- 12.2: the slopes of the generator's losses --------------------------------------------------


def slope_cases(rng):
    yield Case("by hand: one fake with D = 0.01", np.log(np.array([0.01 / 0.99])))
    yield Case("from sure of the fake to sure of the real", np.linspace(-6, 6, 5))
    yield Case("a column of logits", 2 * rng.standard_normal((7, 1)))
    yield Case("a column in float32", rng.standard_normal((4, 1)).astype(np.float32))
    yield Case("logits with two axes", rng.standard_normal((3, 4)))


SLOPES = Check(
    cases=slope_cases,
    outputs=("saturating", "non_saturating"),
    mistakes=[
        Mistake(
            "exchanged",
            lambda fake: ((sigmoid(fake) - 1) / fake.size, -sigmoid(fake) / fake.size),
            "the two slopes have changed places. Which of them is nearly 0 where D sees through "
            "the fake, that is, where the logit is very negative?",
        ),
        Mistake(
            "of-the-sum",
            lambda fake: (-sigmoid(fake), sigmoid(fake) - 1),
            "these are the slopes of the sums over all fakes; the losses are means. With another "
            "batch size the step would be another one.",
        ),
        Mistake(
            "divided-by-rows",
            lambda fake: (-sigmoid(fake) / len(fake), (sigmoid(fake) - 1) / len(fake)),
            "divided by the number of rows. The mean is over all logits; the two differ as soon "
            "as a row has more than one.",
        ),
        Mistake(
            "through-the-sigmoid-twice",
            lambda fake: (
                -sigmoid(fake) * sigmoid(fake) * (1 - sigmoid(fake)) / fake.size,
                (sigmoid(fake) - 1) * sigmoid(fake) * (1 - sigmoid(fake)) / fake.size,
            ),
            "there is a factor σ·(1 − σ) too much. The slope of softplus(a) by a is σ(a), and the "
            "sigmoid is in it already.",
        ),
    ],
)  # fmt: skip

# ---- 12.3: the discriminator's turn --------------------------------------------------------------


def take_turns(step, sizes, weights, real, z, turns=1):
    """Small networks of these weights, and some turns of the discriminator with plain descent."""
    import numpy as np

    class Net:
        """As in the lesson, but with gradient descent for Adam."""

        def __init__(self, sizes, row):
            self.sizes, self.weights = sizes, row.copy()
            self.gradient = np.ones_like(row)  # as if the other player's turn had left something

        def layers(self, row):
            place = 0
            for inputs, outputs in zip(self.sizes[:-1], self.sizes[1:], strict=True):
                middle, end = place + inputs * outputs, place + (inputs + 1) * outputs
                yield row[place:middle].reshape(inputs, outputs), row[middle:end]
                place = end

        def zero_grad(self):
            self.gradient[:] = 0

        def step(self):
            self.weights = self.weights - 0.1 * self.gradient

        def forward(self, x):
            self.shape, self.inputs = x.shape, []
            x = x.reshape(-1, self.sizes[0])
            for number, (matrix, bias) in enumerate(self.layers(self.weights)):
                x = np.maximum(x, 0.2 * x) if number else x
                self.inputs.append(x)
                x = x @ matrix + bias
            return x

        def backward(self, slopes):
            both = list(zip(self.layers(self.weights), self.layers(self.gradient), strict=True))
            for number in reversed(range(len(both))):
                (matrix, _), (to_matrix, to_bias) = both[number]
                x = self.inputs[number]
                to_matrix += x.T @ slopes
                to_bias += slopes.sum(axis=0)
                slopes = slopes @ matrix.T
                slopes = np.where(x > 0, slopes, 0.2 * slopes) if number else slopes
            return slopes.reshape(self.shape)

    discriminator, generator = (Net(*pair) for pair in zip(sizes, weights, strict=True))
    for _ in range(turns):
        returned = step(discriminator, generator, real, z)
    real_logits, fake_logits = returned
    return discriminator.weights, generator.weights, real_logits, fake_logits


def turn_cases(rng):
    one = ((1, 1), (1, 1))
    yield Case(
        "by hand: D and G are one layer, with all weights 0 but G's bias of 1",
        one,
        (np.zeros(2), np.array([0.0, 1.0])),
        np.array([[3.0]]),
        np.array([[0.5]]),
    )
    yield Case("two layers each", *players(rng, (2, 4, 1), (3, 5, 2), points=6))
    yield Case("three turns", *players(rng, (2, 3, 1), (2, 4, 2), points=5), turns=3)
    yield Case("D looks at two points at a time", *players(rng, (4, 3, 1), (3, 2), points=8))


def players(rng, discriminator, generator, points):
    rows = [
        0.8 * rng.standard_normal(sum((a + 1) * b for a, b in pairwise(sizes)))
        for sizes in (discriminator, generator)
    ]
    real, z = rng.standard_normal((points, 2)) + 2, rng.standard_normal((points, generator[0]))
    return (discriminator, generator), tuple(rows), real, z


def turn(
    label=0.0, clears=True, moves_generator=False, clears_generator=True, steps=True,
    sees_real=True, halves=1, ascends=False,
):  # fmt: skip
    """The discriminator's turn, with something else than it should be."""

    def step(discriminator, generator, real, z):
        if clears:
            discriminator.zero_grad()
        if clears_generator:
            generator.zero_grad()
        sign = -1 if ascends else 1
        real_logits = discriminator.forward(real)
        if sees_real:
            discriminator.backward(sign * (sigmoid(real_logits) - 1) / len(real_logits) / halves)
        fake_logits = discriminator.forward(generator.forward(z))
        slopes = sign * (sigmoid(fake_logits) - label) / len(fake_logits) / halves
        to_fakes = discriminator.backward(slopes)
        if moves_generator:
            generator.backward(to_fakes)
            generator.step()
        if steps:
            discriminator.step()
        return real_logits, fake_logits

    return step


def turn_dividing_by_points(discriminator, generator, real, z):
    discriminator.zero_grad()
    real_logits = discriminator.forward(real)
    discriminator.backward((sigmoid(real_logits) - 1) / len(real))
    fake_logits = discriminator.forward(generator.forward(z))
    discriminator.backward(sigmoid(fake_logits) / len(z))
    discriminator.step()
    return real_logits, fake_logits


def turn_with_forwards_first(discriminator, generator, real, z):
    discriminator.zero_grad()
    real_logits = discriminator.forward(real)
    fake_logits = discriminator.forward(generator.forward(z))
    discriminator.backward((sigmoid(real_logits) - 1) / len(real_logits))
    discriminator.backward(sigmoid(fake_logits) / len(fake_logits))
    discriminator.step()
    return real_logits, fake_logits


TURN = Check(
    cases=turn_cases,
    outputs=("discriminator's weights", "generator's weights", "real logits", "fake logits"),
    call=take_turns,
    mistakes=[
        *[
            Mistake(
                "moves-the-generator", turn(moves_generator=True, clears_generator=clears),
                "the generator was moved in the discriminator's turn. It followed D's loss, and "
                "learned to be caught: D's loss falls, and the fakes get worse. Where should the "
                "way back end?",
            )
            for clears in (True, False)
        ],
        Mistake(
            "not-cleared", turn(clears=False),
            "what the generator's turn had left in the discriminator's gradient is still in it, "
            "and so is the gradient of earlier turns: backward adds. Soon D moves by the sum of "
            "all its past.",
        ),
        Mistake(
            "fakes-called-real", turn(label=1.0),
            "D is told to call the fakes real, as G wishes. Both losses then fall to 0, and the "
            "samples have nothing to do with the data.",
        ),
        Mistake(
            "never-sees-real", turn(sees_real=False),
            "D learns from fakes alone, and learns to say no to everything. The real points have "
            "to send their slopes back, too.",
        ),
        Mistake(
            "no-step", turn(steps=False),
            "D's weights are what they were. The gradient is only a direction; somebody has to go.",
        ),
        Mistake(
            "forwards-first", turn_with_forwards_first,
            "forward was called for real and for fake before the first backward. backward speaks "
            "of the latest forward: the slopes of the real logits went back through the fakes.",
        ),
        Mistake(
            "counts-points", turn_dividing_by_points,
            "right as long as there is one logit for each point. Where D looks at two points at a "
            "time there are half as many logits, and the mean is over logits.",
        ),
        Mistake(
            "half-a-step", turn(halves=2),
            "D moves by half of what it should. The loss is the sum of two means, each over its "
            "own logits, and not one mean over both.",
        ),
        Mistake(
            "uphill", turn(ascends=True),
            "D moves to where its loss is higher: the slopes have the wrong sign. step() already "
            "goes against the gradient.",
        ),
    ],
)  # fmt: skip

# ---- 12.4: counting modes ------------------------------------------------------------------------


def mode_cases(rng):
    line = np.array([[0.0], [0.9], [1.5], [5.0]])
    yield Case("by hand: four points on a line", line, np.array([[0.0], [2.0]]), 1.2)
    places = np.array([[0.0, 0.0], [50.0, 0.0]])
    yield Case("a place that gets none", rng.standard_normal((6, 2)), places, 9.0)
    yield Case("radii that overlap", rng.standard_normal((30, 2)), rng.standard_normal((5, 2)), 1.5)
    yield Case("small radii", rng.standard_normal((40, 3)), rng.standard_normal((4, 3)), 0.9)
    yield Case("float32", rng.standard_normal((20, 2)).astype(np.float32),
               rng.standard_normal((3, 2)).astype(np.float32), 0.7)  # fmt: skip


def distances(points, centres):
    return np.linalg.norm(points[:, None] - centres[None], axis=2)


def counted(measure, limit):
    """The nearest centre of each point that is within a limit."""

    def count(points, centres, radius):
        lengths = measure(points, centres)
        near = lengths.min(1) <= limit(radius)
        return np.bincount(lengths.argmin(1)[near], minlength=len(centres))

    return count


MODES = Check(
    cases=mode_cases,
    outputs=("counts",),
    mistakes=[
        Mistake(
            "counted-twice",
            lambda points, centres, radius: (distances(points, centres) <= radius).sum(0),
            "a point near two centres is counted for both. A single clump between them would look "
            "like two modes.",
        ),
        Mistake(
            "far-ones-too", counted(distances, lambda radius: np.inf),
            "every point is counted for its nearest centre, however far it is. A generator of pure "
            "noise would find every mode.",
        ),
        Mistake(
            "squares-against-radius",
            counted(lambda points, centres: distances(points, centres) ** 2, lambda radius: radius),
            "squared distances are compared with the radius itself. For a radius below 1 this "
            "counts too many points, and for one above 1 too few.",
        ),
        Mistake(
            "sum-of-coordinates",
            counted(lambda points, centres: np.abs(points[:, None] - centres[None]).sum(2),
                    lambda radius: radius),
            "the differences along the axes are added up. The distance is the root of the sum of "
            "their squares.",
        ),
    ],
)  # fmt: skip

CHECKS = {"12.1": LOSSES, "12.2": SLOPES, "12.3": TURN, "12.4": MODES}
