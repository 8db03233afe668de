# %% [markdown] lesson="08" minutes=45 builds_on=["02", "03", "04"]
# # 08 · LSTM and back-propagation through time
#
# **You will be able to**
# - say the shape of everything in a recurrent net: what it reads, its states h and c, what it says;
# - write an LSTM's step, the step's backward pass, and the walk back through all steps;
# - say how much of a gradient is left after 50 steps, and what the forget gate has to do with it;
# - clip gradients, and name the bug whose gradient is right at the last step only.
#
# 45 minutes. Builds on 02 (the chain rule), 03 (checking a gradient) and 04 (cross-entropy, Adam).
#
# **Four beliefs that this lesson tests.** "As many units as time steps", "h is the prediction",
# "the state resets itself", "to cut the walk back is free". All four come from the usual drawing, a
# box with a loop, which shows neither sizes nor where a loop begins and ends.

# %% setup
import numpy as np

import tinygen as tg
from tinygen.plots.style import BLUE, FAINT, VERMILION, diverging_map, line_style, look, new_figure
from tinygen.teach import begin, given, picture, predict, reveal

rng = begin("08")
drawn = tg.data.make_glyphs(1500, 500, characters="0123456789")

# %% [markdown]
# ## 1. A memory
#
# A recurrent net reads a sequence, one step after the other, and keeps a memory: the *state*. At
# each step the same weights make a new state of the old one and of what is read. A still picture
# has no time in it. We give it an order: row by row, from the top. So a picture of 28 rows is a
# sequence of T = 28 steps, and what is read at a step are the I pixels of a row. The net of this
# lesson, the LSTM, has two states, called h and c. Its output is a list: h after each step.
#
# The smallest memory is one number that keeps half of itself and adds what it hears. What was
# heard two steps ago has been halved twice. So has its influence, which is its gradient.

# %% A memory of one number
def remember(heard):
    memory = 0.0
    for sound in heard:
        memory = 0.5 * memory + sound
    return memory

memory = remember([1.0, 0, 0])
slope = (remember([1.001, 0, 0]) - memory) / 0.001
print(f"heard 1, 0, 0: the memory is {memory}; d memory / d (first sound) = {slope:.2f}")
assert memory == 0.5 * 0.5, "halved twice on its way forward"
assert np.isclose(slope, 0.5 * 0.5), "and the gradient is halved twice on its way back"

# %%
predict("08.p1", "tg.nn.LSTM(24, 64) reads N = 5 pictures of 28 rows, 24 pixels a row, laid out as "
        "(rows, pictures, pixels). What are the shapes of its output and of its last h and c?",
        ["output (28, 5, 28), h and c (1, 5, 28): a unit for each time step",
         "output (28, 5, 64), h and c (1, 5, 64): 64 numbers of memory, at each step and last",
         "output (28, 5, 10), h (1, 5, 10), c (1, 5, 64): h is the prediction for ten digits"])

# %% What goes in, what is kept, what comes out
def rows_of(images):
    """Pictures (N, 28, 28) as sequences (28, N, 24): rows, without 2 pixels at each end."""
    return ((images[:, :, 2:26] / 255 - 0.12) / 0.26).astype(np.float32).transpose(1, 0, 2)

rows = tg.tensor(rows_of(drawn.train_images[:5]))
lstm, head = tg.nn.LSTM(24, 64), tg.nn.Dense(64, 10)
output, (h, c) = lstm(rows)
logits = head(h[0])  # h and c have an axis for layers, of which there is one here
for name, part in {"rows": rows, "output": output, "h": h, "c": c, "logits": logits}.items():
    print(f"{name:7} {part.shape}")
assert output.shape == (28, 5, 64), "a state of 64 numbers after each of the 28 rows"
assert np.array_equal(output[-1].tolist(), h[0].tolist()), "h is the output of the last step"
assert np.abs(h.tolist()).max() < 1, "h = o · tanh(c) lies between -1 and 1: no logits, no chances"
assert lstm(rows[:9])[0].shape == (9, 5, 64), "the same 64 units read 9 rows as well"
reveal("08.p1", "b", "Units are memory, steps are time: neither knows of the other. h is what the "
       "memory shows; the prediction is made of it, by a dense layer.")

# %% The loop, unrolled
with look():
    figure = new_figure(8.4, 3.9)
    axes = figure.add_subplot()
    words = {"ha": "center", "va": "center", "fontsize": 8.5}
    box = {"boxstyle": "round,pad=0.9", "facecolor": "#E8F1F8", "edgecolor": BLUE}
    for step, x in [(11, 14), (12, 36), (28, 68)]:
        axes.imshow(rows.numpy()[step - 1, :1], "gray", extent=(x - 7, x + 7, 5.7, 7.2), vmax=3)
        axes.text(x, 3.2, f"row {step} of each picture\n(5, 24)", **words)
        axes.text(x, 19, f"LSTM\nstep {step}", bbox=box, **words)
        axes.text(x, 29, f"output[{step - 1}]  (5, 64)", **words)
        for low, high in [(7.8, 14.4), (23.6, 27.5)]:
            axes.annotate("", (x, high), (x, low), arrowprops={"arrowstyle": "->"})
    for left, right in [(1, 8.5), (19.5, 30.5), (41.5, 48), (56, 62.5)]:
        ahead, back = {"arrowstyle": "->", "color": BLUE}, {"arrowstyle": "->", "color": VERMILION}
        axes.annotate("", (right, 20.4), (left, 20.4), arrowprops=ahead)
        axes.annotate("", (left, 17.4), (right, 17.4), arrowprops={**back, "linestyle": "--"})
    axes.text(25, 23.6, "h, c\n(5, 64) each", color=BLUE, **words)
    axes.text(25, 14.2, "dh, dc\n(5, 64) each", color=VERMILION, **words)
    axes.text(52, 19, "· · ·", **words)
    axes.text(1, 36, "The same weights in every box", weight="bold", va="center")
    axes.annotate("", (68, 34.3), (68, 30.4), arrowprops={"arrowstyle": "->"})
    axes.text(68, 36, "dense layer: logits (5, 10)", **words)
    axes.set(xlim=(0, 84), ylim=(0, 38), aspect="auto")
    axes.axis("off")
picture(figure, "unrolled", "Boxes for steps 11, 12 and 28, all with the same weights. A row of "
        "each picture goes in from below; h and c go on to the right; gradients dh and dc come "
        "back to the left. A dense layer makes logits, of the last output only.")

# %% Does the state reset itself?
whole, _ = lstm(rows)
_, state = lstm(rows[:14])
handed_on, from_zero = lstm(rows[14:], state)[0], lstm(rows[14:])[0]
apart = {"handed on": handed_on - whole[14:], "from zeros": from_zero - whole[14:]}
largest = {name: np.abs(part.tolist()).max() for name, part in apart.items()}
assert largest["handed on"] < 1e-6, "two halves with the state handed on are the whole"
assert largest["from zeros"] > 0.01, "without a state, the upper half is forgotten"
print("the lower half with the state of the upper one: as in one go; without it: another output")

# %% [markdown]
# The state neither resets itself nor stays by itself: you decide, at each call. Called without a
# state, `nn.LSTM` starts from zeros, and what it read before is gone. Called with one, it goes on
# from there; if that state comes from another picture, one picture leaks into the next.
#
# ## 2. One step
#
# An LSTM has two states. `c`, the cell, is the memory proper. `h` is the part of it that is shown.
# For each of the H units four numbers are computed from what is read and from the old h:
#
#     a = x · weight_ihᵀ + h · weight_hhᵀ + bias              a: (N, 4·H)
#
# They come in four blocks of H columns, in PyTorch's order: i, f, g, o. Three of them are *gates*,
# between 0 and 1 by the sigmoid σ. The fourth is what is offered to the memory, by tanh:
#
#     i = σ(a_i)       let in
#     f = σ(a_f)       keep
#     g = tanh(a_g)    offer
#     o = σ(a_o)       show
#
#     c_next = f · c + i · g        keep some of the old, let in some new
#     h_next = o · tanh(c_next)     show some of it
#
# (The dots between gates and states multiply element by element. PyTorch has two biases; `bias` is
# their sum.) The line of c_next is the whole invention: the old cell is only *multiplied by f*. It
# goes through no weights and no tanh.

# %% One step of an LSTM exercise="08.1" difficulty=2 minutes=7 lines=6
def sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))  # the same as 1 / (1 + exp(-a)), without overflow


def lstm_step(x, h, c, weight_ih, weight_hh, bias):
    """One step of an LSTM.

    x: (N, I), h and c: (N, H), weight_ih: (4H, I), weight_hh: (4H, H), bias: (4H,).
    Returns h_next (N, H), c_next (N, H), and gates (N, 4H): i, f, g, o after sigmoid and tanh, side
    by side; the backward pass needs them.

    By hand: with all weights and biases 0, i = f = o = 1/2 and g = 0. So c = 2 becomes 1.
    """
    ### BEGIN SOLUTION
    a = x @ weight_ih.T + h @ weight_hh.T + bias
    i, f, g, o = np.split(a, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c_next = f * c + i * g
    h_next = o * np.tanh(c_next)
    return h_next, c_next, np.concatenate([i, f, g, o], axis=1)
    ### END SOLUTION

# %% [markdown] hints="08.1"
# 1. Which shape has a? Which of its columns belong to the forget gate?
# 2. `np.split(a, 4, axis=1)` cuts a into the four blocks. Three get the sigmoid (it is above), one
#    gets tanh. Which?
# 3. a is two products of matrices, each with the weight transposed, plus bias. Then the blocks in
#    the order i, f, g, o, each with its function; then the two formulas for c_next and h_next. For
#    the third result put the four blocks side by side again: `np.concatenate(..., axis=1)`.

# %% [markdown]
# ## 3. One step back
#
# From the step after come two gradients: dh = ∂L/∂h_next and dc = ∂L/∂c_next. Now c_next acts on
# the loss by two roads: straight on into the next step, which is dc, and through h_next, which is
# o · tanh(c_next). Add them:
#
#     dc_all = dc + dh · o · (1 − tanh²(c_next))
#
# c_next = f·c + i·g is a sum of two products, and each factor gets dc_all times the other factor:
# di = dc_all · g, and likewise df, dg, and dc_prev for the old c. But o is in h_next only, so that
# do = dh · tanh(c_next).
#
# Last, through the gates themselves. The derivative of σ is σ·(1 − σ), that of tanh is 1 − tanh².
# Since `gates` holds the values after σ and tanh, that is:
#
#     da_i = di · i·(1 − i)         and so for f and o
#     da_g = dg · (1 − g²)

# %% One step back exercise="08.2" difficulty=3 minutes=8 lines=6
def lstm_step_backward(dh, dc, gates, c, c_next):
    """The gradients of one step.

    dh, dc: (N, H), of the loss with respect to h_next and c_next. gates: (N, 4H), as lstm_step
    returned them. c, c_next: (N, H), the cell before and after the step.
    Returns da (N, 4H), in the order of the gates, and dc_prev (N, H). Changes no argument.

    By hand: with i = f = o = 1/2 and g = 0, dh = 0 and dc = 1: dc_prev is 1/2, and da_g is 1/2.
    """
    ### BEGIN SOLUTION
    i, f, g, o = np.split(gates, 4, axis=1)
    shown = np.tanh(c_next)
    dc_all = dc + dh * o * (1 - shown**2)
    da_i, da_f = dc_all * g * i * (1 - i), dc_all * c * f * (1 - f)
    da_g, da_o = dc_all * i * (1 - g**2), dh * shown * o * (1 - o)
    return np.concatenate([da_i, da_f, da_g, da_o], axis=1), dc_all * f
    ### END SOLUTION

# %% [markdown] hints="08.2"
# 1. Which of dh and dc reaches the forget gate? Which reaches the output gate?
# 2. Begin with the four blocks of gates and with tanh(c_next), then dc_all. What is multiplied by f
#    in the forward step, and what by g?
# 3. di, df and dg are dc_all times g, the *old* c, and i; do is dh times tanh(c_next). Each of them
#    times the derivative of its own function is a block of da; put the four side by side in the
#    order i, f, g, o. The second result is dc_all times the forget gate.

# %% [markdown]
# ## 4. Through time
#
# Forward, the steps are a loop. Backward, the same loop runs from the last step to the first, with
# two things in its hands: dh and dc, both zero at the start. At step t the loss may also act on h_t
# directly (`doutput[t]`); that is added to dh. From da_t of the step come
#
#     dx_t           = da_t · weight_ih
#     dh of step t−1 = da_t · weight_hh
#
# and lstm_step_backward itself gives the dc of step t−1. All steps share one set of weights, so
# each adds its part to their gradients:
#
#     dweight_ih = Σₜ da_tᵀ · x_t
#     dweight_hh = Σₜ da_tᵀ · h_t₋₁
#     dbias      = Σₜ Σₙ da_t[n]

# %% All steps forward; what the backward pass needs is kept
def lstm_forward(x, weight_ih, weight_hh, bias):
    """x: (T, N, I). hs and cs: (T + 1, N, H), zeros first; gates: (T, N, 4H)."""
    steps, count, _ = x.shape
    hs = np.zeros((steps + 1, count, weight_hh.shape[1]), x.dtype)
    cs, gates = np.zeros_like(hs), np.zeros((steps, count, len(bias)), x.dtype)
    for t in range(steps):
        hs[t + 1], cs[t + 1], gates[t] = lstm_step(x[t], hs[t], cs[t], weight_ih, weight_hh, bias)
    return hs, cs, gates

# %% Back through time exercise="08.3" difficulty=4 minutes=10 lines=11 needs=["08.2"]
def lstm_backward(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    """The gradients of a whole sequence; lstm_step_backward is there to be called.

    doutput: (T, N, H), of the loss with respect to each step's h as the outside sees it.
    x: (T, N, I). hs, cs: (T + 1, N, H); hs[t] and cs[t] are the states *before* step t, hs[t + 1]
    and cs[t + 1] those after it. gates: (T, N, 4H). weight_ih: (4H, I), weight_hh: (4H, H).
    Returns dx (T, N, I), dweight_ih (4H, I), dweight_hh (4H, H), dbias (4H,).
    """
    ### BEGIN SOLUTION
    dx = np.zeros_like(x)
    dweight_ih, dweight_hh = np.zeros_like(weight_ih), np.zeros_like(weight_hh)
    dbias = np.zeros_like(weight_hh[:, 0])
    dh, dc = np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(x))):
        da, dc = lstm_step_backward(doutput[t] + dh, dc, gates[t], cs[t], cs[t + 1])
        dx[t], dh = da @ weight_ih, da @ weight_hh
        dweight_ih += da.T @ x[t]
        dweight_hh += da.T @ hs[t]
        dbias += da.sum(axis=0)
    return dx, dweight_ih, dweight_hh, dbias
    ### END SOLUTION

# %% [markdown] hints="08.3"
# 1. In which order do the steps come? What are dh and dc before the last step has been walked back?
# 2. Make arrays of zeros for the results (np.zeros_like(x) has the dtype of x, np.zeros(4H,
#    gates.dtype) that of gates), and zeros (N, H) for dh and dc. Then, for t in
#    `reversed(range(len(x)))`, one call of lstm_step_backward and the products. Which two of cs
#    belong to step t?
# 3. The call gets doutput[t] + dh and dc, and its second result *is* the dc of the next round. Then
#    dh becomes da · weight_hh, dx[t] is da · weight_ih, and three sums grow with +=: daᵀ·x[t],
#    daᵀ·hs[t] (the state before the step), and da summed over the N pictures.

# %% Held equal to tg.nn.LSTM, and to the slope of the loss itself
shapes = {"weight_ih_l0": (24, 3), "weight_hh_l0": (24, 6), "bias_ih_l0": 24}
short_weights = [rng.normal(0, 0.4, shape) for shape in shapes.values()]
short_x, doutput = rng.normal(size=(7, 2, 3)), rng.normal(size=(7, 2, 6))  # T = 7, N = 2
hs, cs, gates = lstm_forward(short_x, *short_weights)
ours = lstm_backward(doutput, short_x, hs, cs, gates, *short_weights[:2])

library = tg.nn.LSTM(3, 6).double()
values = dict(zip(shapes, short_weights, strict=True))
library.load_state_dict({**values, "bias_hh_l0": np.zeros(24)})
read = tg.tensor(short_x, requires_grad=True)
output, (_, c) = library(read)
(output * tg.tensor(doutput)).sum().backward()
np.testing.assert_allclose(hs[1:], output.detach().numpy(), atol=1e-12, err_msg="another h")
np.testing.assert_allclose(cs[-1], c[0].detach().numpy(), atol=1e-12, err_msg="another c")
theirs = [read.grad, *(getattr(library, name).grad for name in shapes)]
for name, our, their in zip(("dx", *shapes), ours, theirs, strict=True):
    np.testing.assert_allclose(our, their.numpy(), rtol=1e-9, atol=1e-12, err_msg=name)

def loss_at(weight_hh):
    states, *_ = lstm_forward(short_x, short_weights[0], weight_hh, short_weights[2])
    return (states[1:] * doutput).sum()

way = 1e-5 * rng.normal(size=(24, 6))
slope = (loss_at(short_weights[1] + way) - loss_at(short_weights[1] - way)) / 2
assert abs(slope - (ours[2] * way).sum()) < 1e-6 * abs(slope), "dweight_hh is not the loss's slope"
print("h, c and all gradients are the library's, and dweight_hh is the slope of the loss")

# %% [markdown]
# ## 5. How far back?
#
# On its way back the gradient is multiplied at each step, and after k steps k times. In the plain
# recurrent net, h ← tanh(x · weight_ihᵀ + h · weight_hhᵀ), the factor is a matrix, weight_hh, and
# the slopes of tanh, which are below 1. In the LSTM there is a straight road along c, where the
# factor is just f. Let the loss see the last h only, and ask how much arrives k steps earlier.

# %%
predict("08.p2", "On its straight road back, the cell's gradient is multiplied by the forget gate "
        "at each step. The gate is 0.9. How much of the gradient is left after 50 steps?",
        ["about 0.9: the gate is nearly open", "about 0.5", "about 0.005"])

# %% How far back does a gradient reach?
def lstm_reach(x, weight_ih, weight_hh, last, forget_bias):
    """How much arrives at the row read k steps before the last one, k = 0, 1, 2, ..."""
    bias, doutput = np.zeros(len(weight_hh)), np.zeros((*x.shape[:2], weight_hh.shape[1]))
    bias[len(bias) // 4 : len(bias) // 2] = forget_bias
    doutput[-1] = last
    states = lstm_forward(x, weight_ih, weight_hh, bias)
    dx = lstm_backward(doutput, x, *states, weight_ih, weight_hh)[0]
    return np.linalg.norm(dx[::-1], axis=(1, 2))

def rnn_reach(x, weight_ih, weight_hh, last):
    """The same for the plain net."""
    hs, sizes, dh = [np.zeros_like(last)], [], last
    for row in x:
        hs.append(np.tanh(row @ weight_ih.T + hs[-1] @ weight_hh.T))
    for h in reversed(hs[1:]):
        da = dh * (1 - h**2)
        dh = da @ weight_hh
        sizes.append(np.linalg.norm(da @ weight_ih))
    return np.array(sizes)

# %% Vanishing, exploding, and what the forget gate does
x, last = rng.normal(size=(50, 16, 8)), rng.normal(size=(16, 32))
weight_ih = rng.uniform(-1, 1, (4 * 32, 8)) / 32**0.5  # as PyTorch draws them
weight_hh = rng.uniform(-1, 1, (4 * 32, 32)) / 32**0.5
reach = {
    "plain net": rnn_reach(x, weight_ih[:32], weight_hh[:32], last),
    "plain net, weight_hh × 4": rnn_reach(x, weight_ih[:32], 4 * weight_hh[:32], last),
    "LSTM, forget bias 0": lstm_reach(x, weight_ih, weight_hh, last, 0.0),
    "LSTM, forget bias 1": lstm_reach(x, weight_ih, weight_hh, last, 1.0),
    "LSTM, forget bias 3": lstm_reach(x, weight_ih, weight_hh, last, 3.0),
}
with look():
    figure = new_figure(7.0, 4.0)
    axes = figure.add_subplot(xlabel="steps back", ylabel="gradient, relative to the last step's")
    for number, (name, sizes) in enumerate(reach.items()):
        axes.semilogy(sizes / sizes[0], **line_style(number), label=name)
    axes.semilogy(0.9 ** np.arange(50), color=FAINT, linewidth=1, label="0.9 ** steps back")
    axes.legend(loc="lower left")
picture(figure, "reach", "Size of the gradient against steps back, logarithmic. After 49 steps it "
        "is below 1e-8 for the plain net and for the LSTM with forget bias 0, about 1e-4 with bias "
        "1, and about 1 with bias 3. With four times the weights, the plain net's has exploded.")
left = {name: sizes[-1] / sizes[0] for name, sizes in reach.items()}
assert left["plain net"] < 1e-8, "the gradient of the plain net vanishes"
assert left["plain net, weight_hh × 4"] > 30, "or explodes"
assert left["LSTM, forget bias 0"] < 1e-8, "half-open gates forget as fast: 0.5 to the power of 49"
assert 1e-6 < left["LSTM, forget bias 1"] < 1e-2, "with bias 1 the gates are near 0.73"
assert left["LSTM, forget bias 3"] > 0.03, "with bias 3 they are near 0.95"
reveal("08.p2", "c", f"0.9 to the power of 50 is {0.9**50:.4f}. An LSTM does not end forgetting: "
       "it makes it a number that is learned. To let it learn, the bias begins at 1 or more.")

# %% [markdown]
# ## 6. When it explodes
#
# What is too large can be shortened. Take all gradients, of all weights, as one long vector. If its
# norm is larger than a limit, shrink the whole vector to that length. Its direction stays:
#
#     norm = √(Σ over all arrays, Σ over their elements, of gradient²)
#     every gradient ← gradient · min(1, max_norm / (norm + 1e-6))

# %% Clip by norm exercise="08.4" difficulty=2 minutes=5 lines=3
def clip_grad_norm(gradients, max_norm):
    """Shrink all gradients together, so that their common norm is at most max_norm.

    gradients: a list of arrays of any shapes. Returns a list of new arrays, of the same shapes.
    (PyTorch and tinygen.nn.utils have clip_grad_norm_, which writes into the gradients instead.)

    By hand: [3] and [0, 4] have norm 5. With max_norm 1 they become about [0.6] and [0, 0.8]; with
    max_norm 10 they stay.
    """
    ### BEGIN SOLUTION
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    factor = min(1.0, max_norm / (float(norm) + 1e-6))
    return [gradient * factor for gradient in gradients]
    ### END SOLUTION

# %% [markdown] hints="08.4"
# 1. How many norms are there: one for each array, or one for all?
# 2. Sum the squares of the elements of each array, add these sums up, and take the root once.
# 3. One factor for all: the smaller one of 1 and max_norm / (norm + 1e-6), made a Python number
#    (float(...)) so that float32 stays float32. Return a new list of gradient times factor.

# %% Clipping keeps the direction
gradients = [rng.normal(size=(3, 2)), 10 * rng.normal(size=4)]
clipped = clip_grad_norm(gradients, 1.0)
parameters = [tg.tensor(0 * gradient, requires_grad=True) for gradient in gradients]
for parameter, gradient in zip(parameters, gradients, strict=True):
    parameter.grad = tg.tensor(gradient)
tg.nn.utils.clip_grad_norm_(parameters, 1.0)
for ours, parameter in zip(clipped, parameters, strict=True):
    np.testing.assert_allclose(ours, parameter.grad.numpy(), rtol=1e-9, err_msg="not the library's")

def cosine(some, others):
    some, others = (np.concatenate([part.ravel() for part in parts]) for parts in (some, others))
    return some @ others / np.linalg.norm(some) / np.linalg.norm(others)

each_cut = [np.clip(gradient, -0.1, 0.1) for gradient in gradients]
print(f"cosine with the gradient: {cosine(clipped, gradients):.2f} if shrunk together, "
      f"{cosine(each_cut, gradients):.2f} if each element is cut off")
assert np.isclose(cosine(clipped, gradients), 1), "shrunk together: the same direction"
assert cosine(each_cut, gradients) < 0.95, "cut off one by one: another direction"

# %% [markdown]
# ## 7. Break it
#
# Two bugs with which a net still trains. In the first, the walk back carries dh, and dc is dropped:
# every step begins with dc = 0. In the second, called *truncation*, the walk back ends after a few
# steps. It is often done on purpose, since the walk needs all that was saved on the way: a fourth
# of the steps, a fourth of the memory.

# %%
predict("08.p3", "Sequences of 20 steps: which of two classes it is, only the first step shows. To "
        "save memory you walk back only 5 steps; h and c are handed on as before. Then the loss",
        ["falls as before, but slower", "stays near log 2 = 0.69, which is guessing", "grows"])

# %% Break it: dc is dropped, and the walk back is cut
def dx_without_dc(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    dx, dh, nothing = np.zeros_like(x), np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(x))):
        da, _ = lstm_step_backward(doutput[t] + dh, nothing, gates[t], cs[t], cs[t + 1])
        dx[t], dh = da @ weight_ih, da @ weight_hh
    return dx

def losses_if_walked_back(steps, length=20):
    tg.manual_seed(8)
    draws, net, head = np.random.default_rng(8), tg.nn.LSTM(2, 24), tg.nn.Dense(24, 2)
    with tg.no_grad():
        net.bias_ih_l0[24:48] = 1.0  # the forget gates begin open
    optimizer, losses = tg.optim.Adam([*net.parameters(), *head.parameters()], lr=0.01), []
    for _ in range(120):
        labels, x = draws.integers(0, 2, 32), draws.normal(0, 0.3, (length, 32, 2))
        x[0] = 2 * np.eye(2)[labels]
        early, late = tg.tensor(x[: length - steps]).float(), tg.tensor(x[length - steps :]).float()
        with tg.no_grad():  # read, but leave no trace to walk back on
            state = net(early)[1] if steps < length else None
        loss = tg.nn.functional.cross_entropy(head(net(late, state)[0][-1]), tg.tensor(labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses

# %% Two symptoms to remember
run = (doutput, short_x, *lstm_forward(short_x, *short_weights), *short_weights[:2])
right_dx, wrong_dx = lstm_backward(*run)[0], dx_without_dc(*run)
errors = np.linalg.norm(wrong_dx - right_dx, axis=(1, 2)) / np.linalg.norm(right_dx, axis=(1, 2))
whole, cut = losses_if_walked_back(20), losses_if_walked_back(5)
with look():
    figure = new_figure(8.6, 3.3)
    left, right = figure.subplots(1, 2)
    left.bar(range(1, 8), errors, color=VERMILION)
    left.set(xlabel="step", ylabel="relative error of dx", title="dc dropped", xticks=range(1, 8))
    right.plot(whole, label="walked back 20 steps", **line_style(0))
    right.plot(cut, label="walked back 5 steps", **line_style(1))
    right.axhline(np.log(2), color=FAINT, linewidth=1, label="guessing: log 2")
    right.set(xlabel="training step", ylabel="loss", title="The walk back cut", ylim=(0, 1))
    right.legend(loc="center right")
picture(figure, "symptoms", "Left: relative error of dx at steps 1 to 7, if dc is dropped: none at "
        "step 7, much at all steps before. Right: loss in training. With the walk back over all 20 "
        "steps it falls to 0; over 5 steps it stays at log 2.")
assert errors[-1] < 1e-12, "at the last step there is no dc yet, so nothing is wrong there"
assert errors[:-1].min() > 0.02, "at every other step dx is wrong"
assert np.mean(whole[-20:]) < 0.1, "the whole walk back finds the first step"
assert abs(np.mean(cut[-20:]) - np.log(2)) < 0.05, "what is not walked to is not learned"
reveal("08.p3", "b", "No gradient comes from the first step, so nothing teaches the weights to "
       "hold it. Memory is saved, and reach is paid for it, silently.")

# %% [markdown]
# Remember the first symptom, for it is the commonest bug of this lesson: **only the last step is
# right**. Then what is carried back from step to step is missing or wrong.
#
# ## 8. Pictures, row by row
#
# The article that this course puts right stacks two LSTMs to classify pictures. It has four bugs.
# Two are errors: the lower LSTM gives its last h only, where the upper one wants a sequence; and
# with `return_state=True` an LSTM gives three things, all of which go into the dense layer. Two are
# silent: the upper LSTM gives h after *every* row, so that there are 28 predictions for one label;
# and the last layer is a softmax, which the loss takes once more (lesson 04). It also has a switch
# `go_backwards` for reading from the end, and does not say that the outputs then come in reversed
# order. `tg.nn.KerasLSTM` is called as the article's is.

# %% The two errors, and the switch
pictures = rows.transpose(0, 1)  # (N, T, I), as Keras wants them
bottom, top = tg.nn.KerasLSTM(24, 32), tg.nn.KerasLSTM(32, 16)
with_state = tg.nn.KerasLSTM(24, 64, return_state=True)
for wrong in (lambda: top(bottom(pictures)), lambda: head(with_state(pictures))):
    try:
        wrong()
        raise AssertionError("this should not have worked")
    except (ValueError, TypeError) as error:
        print(f"{type(error).__name__}: {error}")
assert [part.shape for part in with_state(pictures)] == 3 * [(5, 64)], "it gives output, h and c"
bottom.return_sequences = True  # so that the layer above has a sequence to read
assert top(bottom(pictures)).shape == (5, 16), "sequences from every layer but the last"

backwards = tg.nn.KerasLSTM(24, 8, return_sequences=True, go_backwards=True)
touched = tg.cat([pictures[:, :1] + 1, pictures[:, 1:]], 1)  # only row 1 is another one
moved = np.abs((backwards(touched) - backwards(pictures)).detach().numpy()).max(axis=(0, 2))
print(f"only row 1 is touched, which is read last; only output {1 + int(moved.argmax())} changes")
assert list(np.nonzero(moved)[0]) == [27], "go_backwards leaves the outputs in reversed order"
both_ways = tg.nn.LSTM(24, 8, bidirectional=True, batch_first=True)
moved = np.abs((both_ways(touched)[0] - both_ways(pictures)[0]).detach().numpy())[:, :, 8:]
assert list(np.nonzero(moved.max(axis=(0, 2)))[0]) == [0], "bidirectional flips it back"

# %% [markdown]
# Now a reader that works, made of functions that are all yours: the LSTM and the clipping of this
# lesson, the loss and Adam of lesson 04. Its loss sees the h after the last row. It is trained once
# as it should be, and once with softmax twice. Then it is asked after every row what it believes:
# so you see how many rows it takes to read a character.

# %% A reader of drawn characters, made of your functions
linear_cross_entropy, adam_step = given("04.1"), given("04.3")

def softmax_twice(h, weight, bias, labels):
    """The article's head; called as linear_cross_entropy is."""
    logits = h @ weight.T + bias
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss, dp, *_ = linear_cross_entropy(p, np.eye(10, dtype=p.dtype), 0 * bias, labels)
    dlogits = p * (dp - (dp * p).sum(axis=1, keepdims=True))
    return loss, dlogits @ weight, dlogits.T @ h, dlogits.sum(axis=0)

def train(head, units=48, steps=180):
    draws, losses = np.random.default_rng(8), []
    shapes = [(4 * units, 24), (4 * units, units), (4 * units,), (10, units), (10,)]
    weights = [draws.uniform(-1, 1, shape).astype(np.float32) / units**0.5 for shape in shapes]
    weights[2][units : 2 * units] += 1  # the forget gates begin open
    moments = [(0 * weight, 0 * weight) for weight in weights]
    for step in range(1, steps + 1):
        batch = draws.integers(0, 1500, 50)
        x, labels = rows_of(drawn.train_images[batch]), drawn.train_labels[batch]
        states = lstm_forward(x, *weights[:3])
        loss, dh, *dhead = head(states[0][-1], *weights[3:], labels)
        doutput = np.concatenate([0 * states[0][1:-1], dh[None]])  # the loss sees the last h only
        gradients = [*lstm_backward(doutput, x, *states, *weights[:2])[1:], *dhead]
        for k, gradient in enumerate(clip_grad_norm(gradients, 1.0)):
            weights[k], *moments[k] = adam_step(weights[k], gradient, *moments[k], step, lr=0.01)
        losses.append(loss)
    return weights, losses

# %% How many rows does it need? And what does softmax twice do?
runs = {"once": train(linear_cross_entropy), "twice": train(softmax_twice)}
new_rows, truth = rows_of(drawn.test_images), drawn.test_labels
shares = {}  # of new characters that the dense layer reads right after each row
for name, (weights, _) in runs.items():
    hs, *_ = lstm_forward(new_rows, *weights[:3])
    logits = hs[1:] @ weights[3].T + weights[4]
    shares[name] = (logits.argmax(axis=2) == truth).mean(axis=1)

with look():
    figure = new_figure(8.6, 3.4)
    left, right = figure.subplots(1, 2)
    for number, (name, (_, losses)) in enumerate(runs.items()):
        left.plot(range(1, 29), shares[name], **line_style(number), label=f"softmax {name}")
        smooth = np.convolve(losses, np.ones(10) / 10, "valid")
        right.plot(smooth, **line_style(number), label=f"softmax {name}")
    right.axhline(np.log(np.e + 9) - 1, color=FAINT, linewidth=1, label="log(e + 9) − 1 = 1.4612")
    left.set(xlabel="rows read", ylabel="share read right", ylim=(0, 1), xticks=[1, 7, 14, 21, 28])
    right.set(xlabel="training step", ylabel="loss (mean of 10 batches)", ylim=(0, 2.5))
    left.legend()
    right.legend()
picture(figure, "rows", "Left: share of new characters read right, against rows read: chance after "
        "7, a quarter after 14, over 0.9 after 28. Right: the loss falls below 0.3; with softmax "
        "twice it stays above 1.4612.")

# %% What the curves say, and the same weights in the library's reader
weights, losses = runs["once"]
assert abs(losses[0] - np.log(10)) < 0.2, "before training it knows nothing: log 10"
assert shares["once"][27] > 0.85, "having seen all rows, it reads nearly all characters"
assert shares["once"][6] < 0.3, "after 7 rows, which are mostly border, nobody could"
assert shares["once"][13] < shares["once"][20] < shares["once"][27], "more rows, more right"
assert min(runs["twice"][1]) > 1.46, "softmax twice: no loss is ever below 1.4612"
assert shares["twice"][27] > 0.6, "although it learns: the accuracy does not show the bug"
print("after 28 rows over 0.85 are right; with softmax twice no loss is below 1.46")

model = tg.models.RowLSTM(units=48, picture_shape=(1, 28, 24), mean=0.12, std=0.26)
names = ["lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0"]
values = dict(zip([*names, "output.weight", "output.bias"], weights, strict=True))
model.load_state_dict({**model.state_dict(), **values, "lstm.bias_hh_l0": 0 * weights[2]})
pixels = tg.tensor((drawn.test_images[:, None, :, 2:26] / 255).astype(np.float32))
states, cells, gates = lstm_forward(new_rows, *weights[:3])
logits = states[1:] @ weights[3].T + weights[4]
np.testing.assert_allclose(model(pixels).tolist(), logits[-1], atol=1e-3, err_msg="another reader")
print("tg.models.RowLSTM with these weights says the same")

# %% Inside: the gates while one character is read
late = (logits[-1].argmax(axis=1) == truth) & (logits[13].argmax(axis=1) != truth)
shown = int(late.argmax())  # a character that it has right in the end, but not after 14 rows
chances = np.exp(logits[:, shown]) / np.exp(logits[:, shown]).sum(axis=1, keepdims=True)
order = gates[:, shown, 48:96].mean(axis=0).argsort()  # the units, from forgetful to faithful
let_in, keep = gates[:, shown, :48][:, order], gates[:, shown, 48:96][:, order]
panels = {
    "the picture": (drawn.test_images[shown, :, 2:26], "gray", (0, 255), "pixel"),
    "belief": (chances, "gray_r", (0, 1), "digit"),
    "forget gate f: keep": (keep, "gray", (0, 1), "unit"),
    "input gate i: let in": (let_in, "gray", (0, 1), "unit"),
    "cell c": (cells[1:, shown][:, order], diverging_map(), (-3, 3), "unit"),
}
with look():
    figure = new_figure(9.6, 3.6)
    for axes, (title, (values, shades, limits, what)) in zip(
        figure.subplots(1, 5, width_ratios=[1, 0.7, 1.3, 1.3, 1.3]), panels.items(), strict=True
    ):
        shades_of = axes.imshow(values, shades, vmin=limits[0], vmax=limits[1], aspect="auto")
        axes.set(title=title, xlabel=what, yticks=[0, 6, 13, 20, 27])
        axes.set_yticklabels([1, 7, 14, 21, 28] if what == "pixel" else [])
        axes.grid(visible=False)
    figure.axes[0].set_ylabel("row")
    figure.axes[1].set_xticks(range(0, 10, 3))
    figure.colorbar(shades_of, ax=figure.axes[4])
picture(figure, "gates", "Side by side, row by row from the top: a character, the chances that the "
        "reader gives to the ten digits, its forget gates, input gates and cells. The belief "
        "changes as ink comes, and settles in the last rows; most forget gates are near 1 (white).")
assert keep.mean() > 0.5, "most of the memory is kept from row to row"
assert chances[-1].argmax() == truth[shown], "in the end it is sure of the right digit"

# %% [markdown]
# ## What changed in your head
#
# - Units are memory, steps are time, and one has nothing to do with the other. h is what the memory
#   shows; the prediction is a layer of its own; the state is handed on or not, as you call it.
# - Back-propagation through time is the chain rule with two hands, dh and dc. Whoever drops one
#   gets a gradient that is right at the last step only, and a net that still trains, badly.
# - A gradient that passes k steps is multiplied k times. The forget gate makes the factor something
#   that is learned; clipping tames it if it explodes; cutting the walk ends it.
#
# *Sources*: S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997). F. Gers et al.,
# "Learning to forget" (2000): the forget gate. R. Jozefowicz et al., "An empirical exploration of
# recurrent network architectures" (2015): its bias. R. Pascanu et al., "On the difficulty of
# training recurrent neural networks" (2013): clipping.

# %% [markdown] teacher="08"
# ### For the teacher
#
# **Discuss.**
# 1. *Why sigmoid for the gates and not relu?* A gate is a share: 0 is shut, 1 is open. With relu a
#    forget gate could be 1.1, and c would grow by 1.1 to the power of the steps.
# 2. *With weights four times as large, the plain net keeps its gradient. Why not do that?* It is
#    large because the states jump about: a small change at the start becomes a large one at the
#    end. Not every gradient that is large helps.
# 3. *Two pictures are read one after the other, with the state handed on. When is that right?* When
#    they belong together, as the lines of a page do. Otherwise the second is read with the first in
#    mind.
#
# **The commonest wrong answers**, and what `tinygen check` makes of them.
# - 08.1: blocks in another order (named), sigmoid for g (named), h_next from the old cell (named).
# - 08.2: dh or dc alone ("the contribution of one path alone"), no derivatives of the gates
#   (named), c_next for c in the forget gate (named).
# - 08.3: dc or dh dropped (named: only the last step is right), weights of the last step only
#   (`=` for `+=`, named), hs[t + 1] for hs[t] (named; dx is reported as right).
# - 08.4: each array by its own norm (named), small gradients stretched to max_norm (named).
#
# **In 10 minutes**: section 1 with its prediction and picture; prediction 2 with the picture of the
# reach; the last picture.
# **In 40 minutes**: all but 08.4 and the article's stack; 08.2 in pairs, at the blackboard first.
