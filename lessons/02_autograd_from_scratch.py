# %% [markdown] lesson="02" minutes=45 builds_on=["01"]
# # 02 · Autograd from scratch
#
# **You will be able to**
# - say what a gradient is, and find one by hand in a small graph;
# - build an engine that finds all of them by itself, in some fifty lines of NumPy;
# - explain why it walks back in one certain order, and why gradients are *added*;
# - read tinygen's own engine, and teach it an op of your own.
#
# **Time** 45 minutes. **Builds on** lesson 01 (arrays, shapes, broadcasting).
#
# **A belief to test.** *Back-propagation is a recursion: begin at the result, go down every path,
# and store in each value the gradient that arrives.* It is how the chain rule is usually drawn,
# and for a chain it is right. Most programs are not chains. Watch it go wrong, then mend it.

# %% setup
import inspect
from collections import namedtuple

import numpy as np

import tinygen as tg
from tinygen import plots
from tinygen.ops import elementwise
from tinygen.plots.style import BLUE, FAINT, VERMILION, look, new_figure
from tinygen.teach import begin, picture, predict, reveal

rng = begin("02")

# %% [markdown]
# ## 1. Tiny numbers, by hand
#
# The **gradient** of y with respect to a, written ∂y/∂a, says how fast y grows when a grows a
# little: y grows ∂y/∂a times as much. Take three steps, with a = 2 and b = 3:
#
#     s = a + b        5
#     p = s · a       10
#     y = p + s       15
#
# The gradient of one such step is easy; call it the step's **slope**. A sum p + s grows as much
# as s does: slope 1. A product s · a grows s times as much as a does: its slope with respect to
# one factor is the *other* factor. With respect to a it is s = 5, with respect to s it is a = 2.
#
# Now a reaches y by three roads. Along a road the slopes are multiplied, since each step
# stretches what the one before it did:
#
#     a → p → y          5 · 1      = 5
#     a → s → p → y      1 · 2 · 1  = 2
#     a → s → y          1 · 1      = 1
#
# All three are there at once, so they are added: ∂y/∂a = 8. The next cell moves a by a little,
# and looks.

# %%
def result(a, b):
    s = a + b
    p = s * a
    return p + s

small = 1e-6
moved = (result(2 + small, 3) - result(2, 3)) / small
print(f"y = {result(2, 3)}; when a moves a little, y moves {moved:.3f} times as much")
assert abs(moved - (5 + 2 + 1)) < 1e-3, "the slope is the sum over the three roads"

# %% How to draw it (need not be read)
PLACES = {"a": (0, 1), "b": (0, 0), "s": (1, 0.2), "p": (2, 1), "y": (3, 0.5)}
ROADS = {"as": "1", "bs": "1", "ap": "s = 5", "sp": "a = 2", "sy": "1", "py": "1"}


def draw(axes, words, lit="", slopes=False, size=9):
    axes.set(xlim=(-0.35, 3.35), ylim=(-0.2, 1.2))
    axes.set_axis_off()
    boxes = {}
    for name, place in PLACES.items():
        fill, ink = (VERMILION, "white") if name in lit else ("white", "black")
        box = {"boxstyle": "round,pad=0.4", "facecolor": fill, "edgecolor": BLUE, "linewidth": 1.5}
        boxes[name] = axes.text(*place, words[name], ha="center", va="center", fontsize=size,
                                color=ink, bbox=box).get_bbox_patch()
    for (start, end), slope in ROADS.items():
        ends = {"patchA": boxes[start], "patchB": boxes[end], "shrinkA": 1, "shrinkB": 1}
        axes.annotate("", PLACES[end], PLACES[start],
                      arrowprops={"arrowstyle": "-|>", "color": FAINT, **ends})
        if slopes:
            axes.text(*np.add(PLACES[start], PLACES[end]) / 2, slope, ha="center", va="center",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})

# %%
with look():
    figure = new_figure(6.4, 2.4)
    words = {"a": "a = 2", "b": "b = 3", "s": "s = a + b = 5", "p": "p = s · a = 10",
             "y": "y = p + s = 15"}
    draw(figure.subplots(), words, slopes=True, size=10)
picture(figure, "graph", "five boxes a, b, s, p, y joined by arrows; each arrow carries the slope "
        "of one step. Three roads lead from a to y.")

# %% [markdown]
# ## 2. A value that remembers
#
# To walk back, a program must know how each value was made. So a `Value` holds its array, the
# **op** that made it, and the values that the op used: its **inputs**. An op is a pair of rules:
# - `forward` computes the output y from the inputs;
# - `backward` is told `grad`, the gradient of the *final result* with respect to y, and gives the
#   gradient of the final result with respect to each input: `grad` times the slope of this one
#   step.
#
# `value.shares(grad)` asks a value's op: if my gradient is `grad`, what is each input's share of
# it? A value that no op made, such as a and b, has no inputs. It is called a **leaf**.

# %%
Op = namedtuple("Op", "forward backward")


class Value:
    """An array that remembers how it was made."""

    def __init__(self, data, op=None, inputs=()):
        self.data = np.asarray(data, dtype=float)
        self.op, self.inputs = op, inputs
        self.grad = np.zeros(self.data.shape)

    def shares(self, grad):
        """Pairs (input, its share of the gradient `grad` of this value); none for a leaf."""
        if self.op is None:
            return []
        arrays = [value.data for value in self.inputs]
        return list(zip(self.inputs, self.op.backward(grad, self.data, *arrays), strict=True))


def apply(op, *inputs):
    """Compute a new value, and remember how."""
    return Value(op.forward(*[value.data for value in inputs]), op, inputs)

# %% [markdown]
# The rule of `+` is the easiest: both of its slopes are 1, so both inputs get `grad` as it is.
# Write the rules of two more ops, a product and exp. (You write in your own file: `tinygen start`
# made it.)

# %% The rules of two ops exercise="02.1" difficulty=2 minutes=6 lines=2
class Rules:
    """What the inputs of an op get, when grad is the gradient with respect to its output y.

    All arguments are arrays of one shape: grad, and from the forward pass the output y and
    the inputs.
    """

    @staticmethod
    def mul(grad, y, a, b):
        """Of y = a * b: a tuple of two arrays, what a gets and what b gets."""
        ### BEGIN SOLUTION
        return grad * b, grad * a
        ### END SOLUTION

    @staticmethod
    def exp(grad, y, a):
        """Of y = exp(a): a tuple of ONE array, written (array,)."""
        ### BEGIN SOLUTION
        return (grad * y,)
        ### END SOLUTION

# %% [markdown] hints="02.1"
# 1. With b = 3, y is 3a. If a grows by 1, by how much does y grow? And with b = 10? For exp: what
#    is its derivative, and which of the arrays at hand holds it already?
# 2. The slope of a product with respect to one factor is the other factor (see the arrows into p
#    in the picture). exp is its own derivative: its slope at a is exp(a), and that is the output
#    y.
# 3. Each share is `grad` times a slope. `mul` returns two products: for a, `grad` times one of
#    the two factors; for b, `grad` times the other. `exp` returns `grad` times y (not times a),
#    with a comma behind it, in parentheses.

# %% [markdown]
# Three ops, each of a `forward` that NumPy has and a `backward`; and for values the signs + and
# *.

# %%
Add = Op(np.add, lambda grad, y, a, b: (grad, grad))
Mul = Op(np.multiply, Rules.mul)
Exp = Op(np.exp, Rules.exp)
Value.__add__ = lambda one, other: apply(Add, one, other)  # what Python does for one + other
Value.__mul__ = lambda one, other: apply(Mul, one, other)


def example():
    """The graph of section 1, by the names of its values."""
    a, b = Value(2.0), Value(3.0)
    s = a + b
    p = s * a
    return {"a": a, "b": b, "s": s, "p": p, "y": p + s}


y = example()["y"]
print("y =", y.data, "was made of", [value.data.item() for value in y.inputs])
assert y.data == 15, "the forward pass computes as before"

# %%
predict("02.p1", "A recursion goes down every path and stores, in each value, the gradient that "
        "arrives. For y = a + a it stores in a ...",
        ["2, and that is right", "1, and that is wrong", "1, and that is right"])

# %% [markdown]
# ## 3. The recursion, as believed
#
# Here it is, in three lines. First on a + a, then on the graph that we solved by hand. It begins
# with 1: the gradient of y with respect to y itself.

# %%
def store_on_every_path(value, grad):
    value.grad = grad
    for source, share in value.shares(grad):
        store_on_every_path(source, share)


a, one = Value(2.0), np.array(1.0)
store_on_every_path(a + a, one)
assert a.grad == 1, "the second share overwrote the first"
reveal("02.p1", "b", "a is used twice, so two shares of 1 arrive, and the second overwrites the "
       "first. The sum a + a grows twice as fast as a.")
values = example()
store_on_every_path(values["y"], one)
print("the recursion stores", {name: float(value.grad) for name, value in values.items()})
assert values["a"].grad == 1, "one road of three is left"

# %% A film of any walk back (how it is made need not be read)
def film(walk):
    """After each change of a gradient: whose it was, and what all of them are."""
    values, frames = example(), []
    names = {id(value): name for name, value in values.items()}

    def watched(value, attribute, new):
        object.__setattr__(value, attribute, new)
        if attribute == "grad" and id(value) in names:
            frames.append((names[id(value)], {n: float(v.grad) for n, v in values.items()}))

    Value.__setattr__ = watched
    try:
        walk(values["y"])
    finally:
        del Value.__setattr__
    return frames

# %%
def show(frames, columns, title):
    with look():
        rows = -(-len(frames) // columns)
        figure = new_figure(7.2, 3.6 * rows / columns + 0.4)
        figure.suptitle(title, fontsize=11, fontweight="bold")
        for number, (name, grads) in enumerate(frames):
            axes = figure.add_subplot(rows, columns, number + 1)
            draw(axes, {n: f"{n}: {grad:g}" for n, grad in grads.items()}, lit=name, size=8)
            axes.set_title(f"{number + 1}. {name} now has {grads[name]:g}", fontsize=9)
    return figure


frames = film(lambda y: store_on_every_path(y, one))
picture(show(frames, 3, "Store what arrives, on every path: a ends with 1, and should have 8"),
        "overwritten", "nine steps of the recursion, gradients in the boxes. a gets 2, then 5, "
        "then 1: each road wipes out the one before, the last one stays. s and b are wrong, too.")

# %%
predict("02.p2", "So let us add instead of store. Adding on every path is right. But take "
        "x = x + x twelve times over: thirteen values. How many visits does the recursion make?",
        ["13", "25", "8,191"])

# %%
def add_on_every_path(value, grad, visited):
    visited.append(value)
    value.grad = value.grad + grad
    for source, share in value.shares(grad):
        add_on_every_path(source, share, visited)


def doubled(times):
    leaf = x = Value(1.0)
    for _ in range(times):
        x = x + x
    return leaf, x


values = example()
add_on_every_path(values["y"], one, [])
assert (values["a"].grad, values["b"].grad) == (8, 3), "adding on every path is right"
visits = []
leaf, x = doubled(12)
add_on_every_path(x, one, visits)
assert leaf.grad == 2**12, "x doubled twelve times"
assert len(visits) == 2**13 - 1, "the number of paths doubles with every step"
reveal("02.p2", "c", f"it walks every path: 1 + 2 + 4 + ... + 4096 = {len(visits):,} visits. With "
       "forty steps it would be two million million. A network has many more paths than that.")

# %% [markdown]
# ## 4. The rule
#
# Let u run over the **users** of a value x: the values that were made with it (twice the same, if
# it used x twice). In place of roads, look one step ahead only:
#
#     ∂y/∂x  =  Σᵤ  ∂y/∂u · ∂u/∂x
#     x.grad =  sum of the shares that the users of x send
#
# Two things follow. Shares are **added**. And if x waits until *every* user has sent its share,
# its gradient is complete, and x has to send on only once: **one visit for each value, not for
# each path**. In the example s must wait for p and for y. If it sent on at once the 2 that it
# gets from p, it would have to send again when the 1 from y arrives.
#
# So we need an order in which each value stands *after* the inputs it was made of. It is called a
# **topological order**: a, b, s, p, y is one. Walked from its end, every user comes before what
# it used.

# %% Inputs first exercise="02.2" difficulty=3 minutes=10 lines=8
def topological_order(result):
    """All values that a result was made of, each one once, inputs before what was made of them.

    result has an attribute inputs: a tuple of values, which have inputs of their own; a
    leaf's is empty. Returns a list; the result is its last member. The same value may be an
    input of many others, or twice of one.
    """
    ### BEGIN SOLUTION
    order, seen = [], set()

    def visit(value):
        if id(value) not in seen:
            seen.add(id(value))
            for source in value.inputs:
                visit(source)
            order.append(value)

    visit(result)
    return order
    ### END SOLUTION

# %% [markdown] hints="02.2"
# 1. When may a value be put into the list? What must be in the list before?
# 2. Write an inner function `visit(value)` that first visits the inputs of the value and only
#    then appends the value. Keep a set of what was seen (`id(value)` names a value), and leave at
#    once when it is in there.
# 3. Begin with an empty list and an empty set. In `visit`: if the id is new, add it to the set,
#    call `visit` for each of `value.inputs`, and after that loop append the value. Call
#    `visit(result)`, return the list.

# %% The walk back exercise="02.3" difficulty=3 minutes=8 lines=4 needs=["02.2"]
def backward(result):
    """Add the gradient of a result to the grad of every value that it was made of.

    Every value has data and grad (arrays of one shape; grad is zeros before the first walk)
    and shares(grad), which returns a list of pairs (input, its share). The result's own
    grad is set to ones. topological_order, of the exercise before, is at hand. Nothing is
    returned.
    """
    ### BEGIN SOLUTION
    result.grad = np.ones_like(result.data)
    for value in reversed(topological_order(result)):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share
    ### END SOLUTION

# %% [markdown] hints="02.3"
# 1. Which value's gradient is known from the start? Which one can be finished next?
# 2. Set the gradient of `result` to ones. Go through the topological order from its end: when a
#    value's turn comes, all its users have had theirs, so its gradient is complete.
# 3. Two loops: `for value in reversed(topological_order(result))`, and in it one over the pairs
#    of `value.shares(value.grad)`. In the inner one the share is added to what the input's `grad`
#    holds.

# %%
values = example()
backward(values["y"])
assert (values["a"].grad, values["b"].grad) == (8, 3), "as found by hand"
leaf, x = doubled(12)
backward(x)
assert leaf.grad == 2**12, "right again"
assert len(topological_order(x)) == 13, "thirteen values, thirteen visits"
print(f"twelve doublings: {len(topological_order(x))} visits in place of {len(visits):,}")
picture(show(film(backward), 4, "Add, and wait for all users: a ends with 8"), "sweep",
        "seven steps of the walk back. s has 1 from y, and with the 2 from p it has 3, before it "
        "sends anything on; a ends with 5 + 3 = 8.")

# %%
predict("02.p3", "The loss w · w at w = 1 has the slope 2. Compute it and walk back. Compute it "
        "anew and walk back again. What is in w.grad now?", ["2", "4", "1"])

# %%
w, theirs = Value(1.0), tg.tensor(1.0, requires_grad=True)
for _ in range(2):
    backward(w * w)
    loss = theirs * theirs
    loss.backward()
print("our engine:", float(w.grad), "   tinygen:", float(theirs.grad))
assert w.grad == float(theirs.grad) == 4, "two walks, two gradients, added"
reveal("02.p3", "b", "a walk adds; it cannot know that a new step of training has begun. You say "
       "so, by setting gradients back to zero: that is what optimizer.zero_grad() is for.")
try:
    loss.backward()
except RuntimeError as refusal:
    print("\nWalking the SAME graph twice:", refusal)
else:
    raise AssertionError("tinygen lets go of a graph when it was walked")

# %% [markdown]
# ## 5. One value, many places
#
# In a layer, one bias b of shape (3,) is added to every row of an array of shape (5, 3). NumPy
# **broadcasts** it: it behaves as if b were copied into five rows. A copy is a use like any
# other.

# %%
predict("02.p4", "x has shape (5, 3), b has shape (3,). Each of the 15 numbers of x + b gets the "
        "gradient 1. What is the gradient of b?",
        ["an array of ones, of shape (5, 3)", "three ones", "three fives"])

# %%
to_x, to_b = Add.backward(np.ones((5, 3)), None, np.zeros((5, 3)), np.zeros(3))
assert to_b.shape == (5, 3), "the rule of + does not know about copies"
nudged = [(np.zeros((5, 3)) + bias).sum() for bias in (np.zeros(3), np.array([1e-3, 0, 0]))]
print("the rule of + gives shape", to_b.shape, "- but when one number of b moves by 0.001, the sum "
      "moves by", round(nudged[1] - nudged[0], 6))
bias = np.zeros(3) - 0.1 * to_b
assert bias.shape == (5, 3), "nothing complains, and the bias has grown"
reveal("02.p4", "c", "each number of b is used five times, so five shares of 1 are added. Forget "
       "it, and a step of training makes the bias an array of shape (5, 3) without any error.")

# %% Undo the broadcasting exercise="02.4" difficulty=4 minutes=10 lines=4
def unbroadcast(grad, shape):
    """The gradient of an array before it was broadcast.

    shape (a tuple) is that of the array before, and grad has the shape after. Returns an
    array of the shape before: the shares of all copies, added up. Broadcasting (1) puts new
    axes in front, (2) stretches axes of length 1, wherever they are, or (3) does both.
    """
    ### BEGIN SOLUTION
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return grad.sum(axis=stretched, keepdims=True)
    ### END SOLUTION

# %% [markdown] hints="02.4"
# 1. (3,) was broadcast to (5, 3): along which axis lie the copies? And from (4, 1, 3) to (4, 6,
#    3)?
# 2. First sum over the axes that are new: there are `grad.ndim - len(shape)` of them, all in
#    front. Then sum over the axes where `shape` says 1, and keep them (`keepdims=True`).
# 3. `grad.sum(axis=(0, 1))` sums over several axes at once; an empty tuple sums over none. The
#    new axes are `range(grad.ndim - len(shape))`; when they are gone, axis i of `grad` is axis i
#    of `shape`, so collect the i with `shape[i] == 1`.

# %% [markdown]
# Broadcasting becomes an op of its own, `Stretch`, which + and * now put in where shapes differ.
# Look at it beside `Sum`: the way back of each is the way forward of the other.

# %%
Stretch = Op(np.broadcast_to, lambda grad, y, a: (unbroadcast(grad, a.shape),))
Sum = Op(np.sum, lambda grad, y, a: (np.broadcast_to(grad, a.shape),))
Tanh = Op(np.tanh, lambda grad, y, a: (grad * (1 - y * y),))


def stretched(value, shape):
    return Value(Stretch.forward(value.data, shape), Stretch, (value,))


def of_one_shape(*values):
    """The values, those of another shape stretched."""
    shape = np.broadcast_shapes(*[value.data.shape for value in values])
    return [value if value.data.shape == shape else stretched(value, shape) for value in values]


Value.__add__ = lambda one, other: apply(Add, *of_one_shape(one, other))
Value.__mul__ = lambda one, other: apply(Mul, *of_one_shape(one, other))
Value.sum = lambda value: apply(Sum, value)
Value.tanh = lambda value: apply(Tanh, value)
Value.exp = lambda value: apply(Exp, value)

# %% [markdown]
# ## 6. Is it right? Two hundred random programs
#
# The same random steps are run on our engine and on tinygen's, on four leaves whose shapes all
# differ. All gradients must agree to the last digits.

# %%
STEPS = [lambda x, z: x + z, lambda x, z: x * z, lambda x, z: (x + z).tanh(),
         lambda x, z: (x * z.tanh()).tanh().exp()]


def random_program(leaves, seed):
    """A number, made of the leaves by eight random steps on random values."""
    dice, values = np.random.default_rng(seed), list(leaves)
    for _ in range(8):
        i, j = dice.integers(len(values), size=2)
        values.append(STEPS[dice.integers(4)](values[i], values[j]))
    loss = values[0].sum()
    for value in values[1:]:
        loss = loss + value.sum()
    return loss


for seed in range(200):
    arrays = [rng.standard_normal(shape) for shape in [(4, 3, 2), (3, 1), (2,), (4, 1, 2)]]
    ours, theirs = [Value(x) for x in arrays], [tg.tensor(x, requires_grad=True) for x in arrays]
    backward(random_program(ours, seed))
    random_program(theirs, seed).backward()
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(our.grad, their.grad.numpy(), rtol=1e-9, atol=1e-9, err_msg=
                                   f"program {seed}: our gradient differs from tinygen's")
print("200 programs, 800 gradients: our engine and tinygen's agree")

# %% [markdown]
# ## 7. Real use: the camera shook
#
# A photograph is blurred, because the camera moved while the shutter was open: what it saw is a
# sum of shifted copies of the scene, Σₖ wₖ · copyₖ, one copy for each place where the camera was,
# and wₖ is the share of time it spent there. We do not know the 25 weights w. But we photographed
# a test card of random dots whose sharp picture we have.
#
# So begin with w = 0, and let the engine find the gradient of the error with respect to each wₖ.
# Where it is above zero, the error grows with wₖ: make wₖ a little smaller. Where it is below
# zero, make wₖ larger. Repeat. That is **gradient descent**, and most of deep learning is this.

# %%
REACH = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
shake = np.zeros((5, 5))  # the truth, which the engine never sees
shake[[0, 1, 1, 2, 3, 4], [1, 1, 2, 2, 3, 3]] = [0.1, 0.15, 0.2, 0.25, 0.2, 0.1]


def copies(scene):
    """Shifted by each way; what leaves on one side enters on the other."""
    return [np.roll(scene, way, axis=(-2, -1)) for way in REACH]


def photograph(scene):
    return sum(w * copy for w, copy in zip(shake.ravel(), copies(scene), strict=True))


card = rng.choice([-1.0, 1.0], size=(32, 32))
seen = photograph(card)

# %%
weights, sharp = [Value(0.0) for _ in REACH], [Value(copy) for copy in copies(card)]
losses, learned = [], []
for _ in range(21):
    error = Value(-seen)
    for w, copy in zip(weights, sharp, strict=True):
        error = error + w * copy
    loss = (error * error).sum()
    losses.append(float(loss.data))
    learned.append(np.reshape([w.data for w in weights], (5, 5)))
    backward(loss)
    for w in weights:
        w.data, w.grad = w.data - 3e-4 * w.grad, np.zeros(())

# %%
print("loss after 0, 1, 5, 20 steps:", *[f"{losses[step]:.1g}" for step in (0, 1, 5, 20)])
assert losses[-1] < 1e-4 * losses[0], "the blur was not learned"
assert abs(learned[-1] - shake).max() < 0.01, "the weights are not those of the camera"
shown = {"test card": card, "photograph": seen, "w at first": learned[0],
         "after 1 step": learned[1], "after 20": learned[-1], "the truth": shake}
with look():
    figure = new_figure(7.2, 1.4)
    for axes, (name, values) in zip(figure.subplots(1, 6), shown.items(), strict=True):
        low, high = (-1, 1) if values.shape == card.shape else (0, shake.max())
        axes.imshow(values, cmap="gray", vmin=low, vmax=high)
        axes.set(xticks=[], yticks=[])
        axes.set_title(name, fontsize=9)
picture(figure, "blur", "a card of random dots, and its photograph, smeared along a crooked path. "
        "The 5 x 5 weights begin black, show the path after one step, and end as the truth.")

# %% [markdown]
# ## 8. The library's engine
#
# A tinygen op is a class with the same two halves. Read `Mul` below beside your own rule:
# - what ours got handed over, `forward` keeps in the context `ctx`, and `backward` takes from
#   there;
# - it computes nothing for an input that wants no gradient;
# - `mixes_dtypes` says that whole numbers may stand beside fractions.
#
# The walk is `_walk` in `tinygen/autograd/engine.py`. It takes the youngest op first, which is a
# topological order that needs no search, and no recursion: Python allows a depth of about a
# thousand. It un-broadcasts in one place, `_fitted`, so that no op has to.

# %%
print(inspect.getsource(elementwise.Mul))
a, b = tg.tensor(2.0, requires_grad=True), tg.tensor(3.0, requires_grad=True)
s = a + b
y = s * a + s
picture(plots.draw_graph(y, names={"a": a, "b": b, "s": s, "y": y}), "library", "tinygen's drawing "
        "of our example: leaves a and b at the top, then the ops Add, Mul, Add, and the result y.")
y.backward()
assert (float(a.grad), float(b.grad)) == (8, 3), "the library agrees with the hand"

# %% [markdown]
# **An op of your own**, of the same shape. `Shift` moves a picture; what leaves on one side
# enters on the other. A pixel's gradient comes back from where the pixel went, so the way back is
# the opposite shift. (`ctx.xp` is NumPy, or CuPy if the picture is on a GPU.)
#
# With it the library can hold the learned blur fixed and differentiate with respect to the
# *picture*: some characters, photographed with the same shaking camera. Which sharp picture,
# blurred, gives this photograph? `tg.grad` returns the gradient of the loss, without adding it
# anywhere.

# %%
class Shift(tg.autograd.Function):
    @staticmethod
    def forward(ctx, picture, down, right):
        ctx.down, ctx.right = down, right
        return ctx.xp.roll(picture, (down, right), (-2, -1))

    @staticmethod
    def backward(ctx, grad):
        return Shift.apply(grad, -ctx.down, -ctx.right)


def blurred(scene):
    pairs = zip(weights, REACH, strict=True)
    parts = [float(w.data) * Shift.apply(scene, *way) for w, way in pairs]
    return sum(parts[1:], parts[0])


# %%
letters = tg.data.draw_glyphs(4, seed=2)[0] / 255
seen = tg.tensor(photograph(letters))
guess, strip = seen, {"photo": seen.numpy()}
for step in range(1, 101):
    guess = guess.detach().requires_grad_()
    loss = ((blurred(guess) - seen) ** 2).sum()
    (grad,) = tg.grad(loss, guess)
    guess = guess.detach() - 0.45 * grad
    if step in (3, 20, 100):
        strip[step] = guess.numpy()
before, after = (np.mean((strip[key] - letters) ** 2) for key in ("photo", 100))
print(f"squared error per pixel: photograph {before:.4f}, after 100 steps {after:.4f}")
assert after < before / 10, "the letters are not sharper"
few = tg.tensor(rng.standard_normal((2, 4, 3)), requires_grad=True)
assert tg.gradcheck(lambda x: Shift.apply(x, 1, -2), few), "lesson 03 says what this does"

# %%
strip["truth"] = letters
picture(plots.film_strip([frame.clip(0, 1) for frame in strip.values()], list(strip), unit="step",
                         title="A blur undone by gradient descent on the picture"),
        "unblurred", "four characters: the smeared photograph, the guess after 3, 20 and 100 "
        "steps, and the truth. After 100 steps guess and truth are hard to tell apart.")

# %% [markdown]
# ## What changed in your head
#
# - A gradient is a **sum over all roads**. Whatever is used twice gets two shares; a broadcast
#   value gets one share for each copy.
# - Nobody walks the roads one by one. **Each value is visited once**, when all its users have
#   sent their shares: that is what the topological order is for.
# - An engine is small: a value that remembers its op and inputs, two rules for each op, and one
#   walk. All the rest of tinygen stands on it.

# %% [markdown] teacher="02"
# **Discuss.** (1) *Why is back-propagation not just the chain rule?* It is the chain rule plus an
# order of work: without it, the cost grows with the number of paths, with it by the number of
# values. (2) *Why does the gradient of `exp` use the output and that of `*` the inputs? What does
# it mean for memory?* An op keeps what its way back needs; activations kept for that are why
# training needs more memory than use. (3) *What would go wrong if a value were changed in place
# between the two passes?* The rule would use the new array; tinygen counts changes and refuses.
#
# **Commonest wrong answers.** 02.1: the factors swapped; for exp, `grad * a`: the checker says
# that the slope of exp is its output. 02.2: the value appended before its inputs, or no memory of
# what was seen. 02.3: `=` for `+=` ("the share of one use alone"); sending on at once in a
# recursion ("before all its users have sent theirs"). 02.4: only the leading axes are summed;
# `mean` for `sum`; the axes of length 1 lost.
#
# **10 minutes:** sections 1 and 3 on the board: three roads, the film of the recursion, p1 and
# p2. **40 minutes:** all to section 4, with exercises 02.1 to 02.3 in class; 02.4 and the camera
# at home. Bring up `add_on_every_path` again when recurrent networks are unrolled in lesson 08.
