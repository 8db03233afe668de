"""The checks of lesson 08."""

import numpy as np

from tinygen.teach import Case, Check, Mistake
from tinygen.teach.reference import reference

SIZES = ((2, 3, 4), (4, 2, 3), (1, 5, 2), (3, 1, 5), (5, 4, 1))
"""N, I and H: no two are the same in a case."""


def steps(rng):
    zeros = [np.zeros(shape) for shape in ((4, 1), (4, 1), 4)]
    one = np.ones((1, 1))
    yield Case("by hand: weights 0, so c = 2 becomes 1", one, 0 * one, 2 * one, *zeros)
    for sizes in SIZES:
        yield Case("N = {}, I = {}, H = {}".format(*sizes), *_step(rng, *sizes))
    x, h, c, *weights = _step(rng, 3, 2, 4)
    yield Case("the first step, h = c = 0", x, 0 * h, 0 * c, *weights)
    yield Case("gates wide open and shut", 300 * x, h, c, *weights)
    yield Case("float32", *(part.astype(np.float32) for part in _step(rng, 4, 3, 2)))


def _step(rng, n, i, h):
    shapes = (n, i), (n, h), (n, h), (4 * h, i), (4 * h, h), 4 * h
    return [rng.standard_normal(shape) for shape in shapes]


def steps_back(rng):
    gates = np.array([[0.5, 0.5, 0.0, 0.5]])
    one = np.ones((1, 1))
    yield Case("by hand: dh = 0, dc = 1", 0 * one, one, gates, 2 * one, one)
    for n, _, h in SIZES:
        yield Case(f"N = {n}, H = {h}", *_step_back(rng, n, h))
    dh, dc, *kept = _step_back(rng, 3, 2)
    yield Case("dc = 0, as at the last step", dh, 0 * dc, *kept)
    yield Case("float32", *(part.astype(np.float32) for part in _step_back(rng, 2, 3)))


def _step_back(rng, n, h):
    x, state, c, *weights = _step(rng, n, 2, h)
    _, c_next, gates = reference("08.1")(x, state, c, *weights)
    return rng.standard_normal((n, h)), rng.standard_normal((n, h)), gates, c, c_next


def sequences(rng):
    yield Case("a single step", *_sequence(rng, 1, 2, 3, 1))
    for t, n, i, h in ((3, 2, 1, 4), (6, 3, 4, 2), (4, 1, 3, 5), (5, 4, 2, 1)):
        yield Case(f"T = {t}, N = {n}, I = {i}, H = {h}", *_sequence(rng, t, n, i, h))
    doutput, *kept = _sequence(rng, 7, 2, 3, 4)
    doutput[:-1] = 0
    yield Case("the loss sees the last step only", doutput, *kept)
    yield Case("float32", *(part.astype(np.float32) for part in _sequence(rng, 5, 3, 2, 4)))


def _sequence(rng, t, n, i, h):
    x, doutput = rng.standard_normal((t, n, i)), rng.standard_normal((t, n, h))
    _, _, _, weight_ih, weight_hh, bias = _step(rng, n, i, h)
    hs, cs = rng.standard_normal((2, t + 1, n, h))
    gates = np.empty((t, n, 4 * h))
    for k in range(t):
        hs[k + 1], cs[k + 1], gates[k] = reference("08.1")(
            x[k], hs[k], cs[k], weight_ih, weight_hh, bias
        )
    return doutput, x, hs, cs, gates, weight_ih, weight_hh


def gradients(rng):
    yield Case("by hand: norm 5, limit 1", [np.array([3.0]), np.array([0.0, 4.0])], 1.0)
    yield Case("by hand: norm 5, limit 10", [np.array([3.0]), np.array([0.0, 4.0])], 10.0)
    shapes = (3, 2), (4,), (2, 1, 3)
    yield Case("three arrays", [rng.standard_normal(shape) for shape in shapes], 0.5)
    uneven = [100 * rng.standard_normal(3), 0.01 * rng.standard_normal((2, 2))]
    yield Case("one large, one small", uneven, 2.0)
    yield Case("one array", [5 + rng.random((2, 5))], 1.5)
    yield Case("all zero", [np.zeros((2, 2)), np.zeros(3)], 1.0)
    small = [10 * rng.standard_normal(shape, np.float32) for shape in shapes]
    yield Case("float32", small, 1.0)


# ---- wrong answers -----------------------------------------------------------------------------


def _blocks(x, h, c, weight_ih, weight_hh, bias):
    return np.split(x @ weight_ih.T + h @ weight_hh.T + bias, 4, axis=1)


def _sigmoid(a):
    return 0.5 * (1 + np.tanh(0.5 * a))


def other_order(x, h, c, weight_ih, weight_hh, bias):
    i, f, o, g = _blocks(x, h, c, weight_ih, weight_hh, bias)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, o, g], axis=1)


def order_of_tensorflow_1(x, h, c, weight_ih, weight_hh, bias):
    i, g, f, o = _blocks(x, h, c, weight_ih, weight_hh, bias)
    i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, g, f, o], axis=1)


def sigmoid_for_all(x, h, c, weight_ih, weight_hh, bias):
    i, f, g, o = map(_sigmoid, _blocks(x, h, c, weight_ih, weight_hh, bias))
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, np.concatenate([i, f, g, o], axis=1)


def shows_old_cell(x, h, c, weight_ih, weight_hh, bias):
    _, c_next, gates = reference("08.1")(x, h, c, weight_ih, weight_hh, bias)
    return np.split(gates, 4, axis=1)[3] * np.tanh(c), c_next, gates


def no_tanh_of_cell(x, h, c, weight_ih, weight_hh, bias):
    _, c_next, gates = reference("08.1")(x, h, c, weight_ih, weight_hh, bias)
    return np.split(gates, 4, axis=1)[3] * c_next, c_next, gates


def gates_before_activation(x, h, c, weight_ih, weight_hh, bias):
    h_next, c_next, _ = reference("08.1")(x, h, c, weight_ih, weight_hh, bias)
    return h_next, c_next, x @ weight_ih.T + h @ weight_hh.T + bias


def gates_without_derivatives(dh, dc, gates, c, c_next):
    i, f, g, o = np.split(gates, 4, axis=1)
    shown = np.tanh(c_next)
    dc_all = dc + dh * o * (1 - shown**2)
    return np.concatenate([dc_all * g, dc_all * c, dc_all * i, dh * shown], axis=1), dc_all * f


def new_cell_at_forget_gate(dh, dc, gates, c, c_next):
    da, dc_prev = reference("08.2")(dh, dc, gates, c, c_next)
    size = c.shape[1]
    f = gates[:, size : 2 * size]
    before = np.divide(dc_prev, f, out=0 * dc_prev, where=f != 0)
    da[:, size : 2 * size] = before * c_next * f * (1 - f)
    return da, dc_prev


def tanh_not_differentiated(dh, dc, gates, c, c_next):
    o = np.split(gates, 4, axis=1)[3]
    da, dc_prev = reference("08.2")(0 * dh, dc + dh * o, gates, c, c_next)
    size = c.shape[1]
    da[:, 3 * size :] = dh * np.tanh(c_next) * o * (1 - o)
    return da, dc_prev


def output_gate_from_all(dh, dc, gates, c, c_next):
    i, f, g, o = np.split(gates, 4, axis=1)
    da, dc_prev = reference("08.2")(dh, dc, gates, c, c_next)
    dc_all = dc + dh * o * (1 - np.tanh(c_next) ** 2)
    size = c.shape[1]
    da[:, 3 * size :] = dc_all * np.tanh(c_next) * o * (1 - o)
    return da, dc_prev


def road_through_h_kept_apart(dh, dc, gates, c, c_next):
    da, _ = reference("08.2")(dh, dc, gates, c, c_next)
    return da, dc * np.split(gates, 4, axis=1)[1]


def roads(dh, dc, gates, c, c_next):
    """What comes by dh and what by dc."""
    step = reference("08.2")
    return [step(dh, 0 * dc, gates, c, c_next)[0], step(0 * dh, dc, gates, c, c_next)[0]]


def _walk(doutput, x, hs, cs, gates, weight_ih, weight_hh, carry=(1, 1), after=0, every=True):
    """The walk back, with what a mistake changes of it."""
    dx = np.zeros_like(x)
    weights = [np.zeros_like(weight_ih), np.zeros_like(weight_hh), np.zeros_like(weight_hh[:, 0])]
    dh, dc = np.zeros_like(hs[0]), np.zeros_like(cs[0])
    for t in reversed(range(len(x))):
        given = doutput[t] + dh, dc, gates[t], cs[t], cs[t + 1]
        da, dc = reference("08.2")(*given)
        dx[t], dh, dc = da @ weight_ih, carry[0] * (da @ weight_hh), carry[1] * dc
        parts = da.T @ x[t], da.T @ hs[t + after], da.sum(axis=0)
        for total, part in zip(weights, parts, strict=True):
            total[...] = part + (total if every else 0)
    return dx, *weights


def dc_dropped(*arguments):
    return _walk(*arguments, carry=(1, 0))


def dh_dropped(*arguments):
    return _walk(*arguments, carry=(0, 1))


def states_after(*arguments):
    return _walk(*arguments, after=1)


def overwritten(*arguments):
    return _walk(*arguments, every=False)


def only_seen_from_outside(doutput, x, hs, cs, gates, weight_ih, weight_hh):
    """dh replaces doutput, or doutput replaces dh: here the loss is seen at the last step only."""
    seen = np.zeros_like(doutput)
    seen[-1] = doutput[-1]
    return _walk(seen, x, hs, cs, gates, weight_ih, weight_hh)


def each_by_its_own(gradients, max_norm):
    return [reference("08.4")([gradient], max_norm)[0] for gradient in gradients]


def element_by_element(gradients, max_norm):
    return [np.clip(gradient, -max_norm, max_norm) for gradient in gradients]


def always_scaled(gradients, max_norm):
    norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
    return [gradient * (max_norm / (float(norm) + 1e-6)) for gradient in gradients]


def no_root(gradients, max_norm):
    norm = sum((gradient**2).sum() for gradient in gradients)
    return [gradient * min(1.0, max_norm / (float(norm) + 1e-6)) for gradient in gradients]


def sum_of_norms(gradients, max_norm):
    norm = sum(np.sqrt((gradient**2).sum()) for gradient in gradients)
    return [gradient * min(1.0, max_norm / (float(norm) + 1e-6)) for gradient in gradients]


CHECKS = {
    "08.1": Check(
        cases=steps,
        outputs=("h_next", "c_next", "gates"),
        mistakes=[
            Mistake(
                "other-order",
                other_order,
                "The blocks were taken in the order i, f, o, g. Weights of PyTorch and tinygen are "
                "in another order, and would be read as those of other gates.",
            ),
            Mistake(
                "order-of-tensorflow",
                order_of_tensorflow_1,
                "The blocks were taken in the order i, g, f, o, as old TensorFlow had them. The "
                "weights of PyTorch and tinygen are in another order.",
            ),
            Mistake(
                "sigmoid-for-all",
                sigmoid_for_all,
                "The sigmoid went over all four blocks. What is offered to the memory, g, would "
                "then never be negative, and the cell could only grow.",
            ),
            Mistake(
                "old-cell-shown",
                shows_old_cell,
                "c_next is right, but h_next is made of the old cell: what was read at this step "
                "is shown one step late.",
            ),
            Mistake(
                "tanh-forgotten",
                no_tanh_of_cell,
                "h_next is o times the cell itself. The cell can be large; what is shown of it "
                "goes through tanh first.",
            ),
            Mistake(
                "gates-before-activation",
                gates_before_activation,
                "The states are right. The third result holds the numbers before sigmoid and tanh; "
                "the gates after them are asked for.",
            ),
        ],
    ),
    "08.2": Check(
        cases=steps_back,
        outputs=("da", "dc_prev"),
        branches=roads,
        mistakes=[
            Mistake(
                "gates-not-differentiated",
                gates_without_derivatives,
                "dc_prev is right, and da holds the gradients of the gates after sigmoid and tanh: "
                "the derivatives of these functions are missing.",
            ),
            Mistake(
                "new-cell-at-forget-gate",
                new_cell_at_forget_gate,
                "The forget gate's block has the cell after the step in it. What the forget gate "
                "multiplies is the cell before the step.",
            ),
            Mistake(
                "tanh-not-differentiated",
                tanh_not_differentiated,
                "On the road through h_next the derivative of the tanh around c_next is missing.",
            ),
            Mistake(
                "output-gate-from-cell",
                output_gate_from_all,
                "Three blocks are right. The output gate's is made from dc_all, but o acts on "
                "h_next only.",
            ),
            Mistake(
                "road-through-h-forgotten",
                road_through_h_kept_apart,
                "da is right, but dc_prev is made of dc alone: what reaches c_next through h_next "
                "goes on to the cell before, too.",
            ),
        ],
    ),
    "08.3": Check(
        cases=sequences,
        outputs=("dx", "dweight_ih", "dweight_hh", "dbias"),
        step_axis=0,
        mistakes=[
            Mistake(
                "dc-dropped",
                dc_dropped,
                "dx is right at the last step only, and it is what comes out if dc is dropped: "
                "each step begins with dc = 0, so nothing comes back along the cell. The net still "
                "trains, and forgets after a few steps.",
            ),
            Mistake(
                "dh-dropped",
                dh_dropped,
                "dx is right at the last step only, and it is what comes out if dh is dropped: "
                "from the step after, only dc is handed back, and nothing through the gates.",
            ),
            Mistake(
                "state-after",
                states_after,
                "All is right but dweight_hh, which has the states after each step in it. "
                "weight_hh multiplies the state before the step.",
            ),
            Mistake(
                "overwritten",
                overwritten,
                "dx is right, and the weights' gradients are those of the first step alone, which "
                "is walked back last: each step overwrote them, where they should be added up.",
            ),
            Mistake(
                "last-output-only",
                only_seen_from_outside,
                "It is what comes out if doutput counts at the last step only. The loss may act on "
                "h at every step: doutput[t] is added to dh there.",
            ),
        ],
    ),
    "08.4": Check(
        cases=gradients,
        outputs=("clipped",),
        rtol=1e-5,
        mistakes=[
            Mistake(
                "each-by-its-own",
                each_by_its_own,
                "Each array is shrunk by its own norm. Then the large ones are shrunk more than "
                "the small ones, and the gradient points elsewhere.",
            ),
            Mistake(
                "element-by-element",
                element_by_element,
                "Each element is cut off at max_norm. That changes the direction of the gradient; "
                "clipping by norm does not.",
            ),
            Mistake(
                "always-scaled",
                always_scaled,
                "Gradients that are short enough were stretched to max_norm: they should stay as "
                "they are.",
            ),
            Mistake(
                "no-root",
                no_root,
                "The factor is made of the sum of squares: the root is missing, so that large "
                "gradients become far too short.",
            ),
            Mistake(
                "sum-of-norms",
                sum_of_norms,
                "The norms of the arrays were added. The norm of all together is the root of the "
                "sum of all squares, which is less.",
            ),
        ],
    ),
}
