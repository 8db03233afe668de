"""The checks of lesson 02."""

import numpy as np

from tinygen.teach import Case, Check, Mistake

# ---- 02.1: the rules of a product and of exp -----------------------------------------------------


def use_rules(rules, grad, a, b):
    """Both rules, each on what its forward pass would hand over."""
    import numpy as np

    to_a, to_b = rules.mul(grad, a * b, a, b)
    shares = rules.exp(grad, np.exp(a), a)
    if not isinstance(shares, (tuple, list)):
        return to_a, to_b, shares  # an array without its tuple
    return to_a, to_b, tuple(np.asarray(share) for share in shares)


def rules_cases(rng):
    three = np.array([1.0, 2.0, 3.0])
    yield Case("three numbers", np.array([1.0, 1.0, 10.0]), np.array([0.0, 1.0, 2.0]), three)
    yield Case("one number, no axes", np.array(2.0), np.array(-1.0), np.array(5.0))
    for shape, dtype in [((2, 3), float), ((4, 1, 3), float), ((3, 2), np.float32)]:
        grad, a, b = rng.standard_normal((3, *shape)).astype(dtype)
        yield Case(f"random numbers, {np.dtype(dtype)} {shape}", grad, a, b)


def rules_of(mul, exp):
    """A class like the one asked for."""
    return type("Rules", (), {"mul": staticmethod(mul), "exp": staticmethod(exp)})


def right_mul(grad, y, a, b):
    return grad * b, grad * a


def right_exp(grad, y, a):
    return (grad * y,)


RULES = Check(
    cases=rules_cases,
    outputs=("mul: what a gets", "mul: what b gets", "exp: what a gets"),
    call=use_rules,
    mistakes=[
        Mistake(
            "swapped",
            rules_of(lambda grad, y, a, b: (grad * a, grad * b), right_exp),
            "in mul, each factor gets the share of the other one. If b is large, a small move of a "
            "moves the product a lot: which of the two arrays is the slope for a?",
        ),
        Mistake(
            "times-input",
            rules_of(right_mul, lambda grad, y, a: (grad * a,)),
            "mul is right; in exp, grad is multiplied by the input. The slope of exp at a is not a "
            "but a number that the forward pass has computed already.",
        ),
        Mistake(
            "no-grad",
            rules_of(lambda grad, y, a, b: (b, a), lambda grad, y, a: (y,)),
            "these are the slopes of the two ops alone. What comes after y counts as well: the "
            "gradient that arrives has to be multiplied by the slope.",
        ),
        Mistake(
            "no-grad-in-exp",
            rules_of(right_mul, lambda grad, y, a: (y,)),
            "mul is right; exp returns its slope alone. The gradient that arrives is left out.",
        ),
        Mistake(
            "no-grad-in-mul",
            rules_of(lambda grad, y, a, b: (b, a), right_exp),
            "exp is right; mul returns its slopes alone. The gradient that arrives is left out.",
        ),
        Mistake(
            "exp-twice",
            rules_of(right_mul, lambda grad, y, a: (grad * np.exp(y),)),
            "mul is right; exp is taken of y, which is an exp already.",
        ),
    ],
)

# ---- 02.2: the topological order -----------------------------------------------------------------


def use_order(topological_order, inputs):
    """How often each value is in the order, and for each use whether the input comes first.

    And whether the inputs were looked at no more often than any sensible search needs.
    inputs[i] names the values that value i was made of; the last one is the result.
    """
    import numpy as np

    class Value:
        def __init__(self, inputs):
            self.sources, self.looks = inputs, 0

        @property
        def inputs(self):
            self.looks += 1
            return self.sources

    values = []
    for sources in inputs:
        values.append(Value(tuple(values[source] for source in sources)))
    order = topological_order(values[-1])
    places = {}
    for place, value in enumerate(order):
        places.setdefault(id(value), []).append(place)
    where = [places.get(id(value), []) for value in values]
    first = [min(found, default=-1) for found in where]
    uses = [(i, source) for i, sources in enumerate(inputs) for source in sources if where[i]]
    return (
        np.array([len(found) for found in where]),
        np.array([int(0 <= first[source] < first[i]) for i, source in uses]),
        len(order),
        int(sum(value.looks for value in values) <= 4 * len(values) ** 2),
    )


def order_cases(rng):
    yield Case("a, b, and a + b", [[], [], [0, 1]])
    yield Case("the example of the lesson: a, b, s, p, y", [[], [], [0, 1], [2, 0], [3, 2]])
    yield Case("x + x, four times over", [[], [0, 0], [1, 1], [2, 2], [3, 3]])
    yield Case("x + x, twelve times over", [[], *([number, number] for number in range(12))])
    yield Case("x + f(x): a short way to x and a long one", [[], [0], [0, 1]])
    yield Case("a leaf alone", [[]])
    yield Case("a chain of forty", [[], *([number] for number in range(40))])
    yield Case("values that the result does not use", [[], [], [0], [1, 1], [0, 2]])
    for size in (9, 14):
        inputs = [[], []]
        for number in range(2, size):
            others = rng.integers(number, size=rng.integers(1, 3)).tolist()
            inputs.append(rng.permutation([number - 1, *others]).tolist())
        yield Case(f"{size} values at random", inputs)


def without_memory(result):
    order = []

    def visit(value):
        for source in value.inputs:
            visit(source)
        order.append(value)

    visit(result)
    return order


def on_every_path(result):
    order = []

    def visit(value):
        for source in value.inputs:
            visit(source)
        if value not in order:
            order.append(value)

    visit(result)
    return order


def too_early(result):
    order = []

    def visit(value):
        if value not in order:
            order.append(value)
            for source in value.inputs:
                visit(source)

    visit(result)
    return order


def too_early_without_memory(result):
    order = [result]
    for source in result.inputs:
        order += too_early_without_memory(source)
    return order


def too_early_turned(result):
    return too_early(result)[::-1]


def without_leaves(result):
    order, seen = [], set()

    def visit(value):
        if value.inputs and value not in seen:
            seen.add(value)
            for source in value.inputs:
                visit(source)
            order.append(value)

    visit(result)
    return order


def inputs_alone(result):
    return [value for value in _in_order(result) if value is not result]


def _in_order(result):
    order, seen = [], set()

    def visit(value):
        if value not in seen:
            seen.add(value)
            for source in value.inputs:
                visit(source)
            order.append(value)

    visit(result)
    return order


def result_first(result):
    return _in_order(result)[::-1]


ORDER = Check(
    cases=order_cases,
    outputs=(
        "how often each value is listed",
        "inputs before what is made of them",
        "length",
        "few visits",
    ),
    call=use_order,
    mistakes=[
        Mistake(
            "no-memory",
            without_memory,
            "a value that is used twice is listed twice, with all that lies behind it: nothing "
            "remembers what was visited. With every step the list may double.",
        ),
        Mistake(
            "every-path",
            on_every_path,
            "the order is right, but whenever a value is met again, its inputs are visited again, "
            "and theirs: every path is walked, as in section 3. Leave at once if the value was "
            "seen, before you look at its inputs.",
        ),
        Mistake(
            "too-early",
            too_early,
            "a value enters the list before its inputs do. It may be appended only when all of "
            "them are in there.",
        ),
        Mistake(
            "too-early-no-memory",
            too_early_without_memory,
            "two things: a value enters the list before its inputs do, and it may be appended only "
            "when all of them are in there; and a value that is used twice is listed twice, as "
            "nothing remembers what was visited.",
        ),
        Mistake(
            "too-early-turned",
            too_early_turned,
            "the values are appended on the way down, and the list is turned round. For a chain "
            "that is an order, but a value that is reached by a long way and by a short one may "
            "stand behind its user. Append on the way back up.",
        ),
        Mistake(
            "result-first",
            result_first,
            "this is the right order, from its end. Inputs come first; who walks back turns it.",
        ),
        Mistake(
            "no-leaves",
            without_leaves,
            "the leaves are missing. They have no inputs, but they are values, and their gradients "
            "are the ones that are wanted most.",
        ),
        Mistake(
            "no-result", inputs_alone, "all is there but the result itself, which is the last one."
        ),
    ],
)

# ---- 02.3: the walk back -------------------------------------------------------------------------


def use_backward(backward, leaves, steps):
    """The gradients of all values, by name, after a walk back from the last one.

    The leaves are called a, b, ...; steps are (op, place, place): what is made of which two values.
    """
    import numpy as np

    class Value:
        def __init__(self, data, op=None, inputs=()):
            self.data, self.op, self.inputs = data, op, inputs
            self.grad = np.zeros(data.shape)

        def shares(self, grad):
            if self.op is None:
                return []
            a, b = self.inputs
            slopes = (1, 1) if self.op == "add" else (b.data, a.data)
            return [(a, grad * slopes[0]), (b, grad * slopes[1])]

    values = [Value(np.array(leaf)) for leaf in leaves]
    for op, i, j in steps:
        a, b = values[i], values[j]
        data = a.data + b.data if op == "add" else a.data * b.data
        values.append(Value(np.asarray(data), op, (a, b)))
    backward(values[-1])
    names = [*"abc"[: len(leaves)], *(f"step {number + 1}" for number in range(len(steps)))]
    return {name: np.array(value.grad) for name, value in zip(names, values, strict=True)}


TWICE = [("add", 0, 0)]
EXAMPLE = [("add", 0, 1), ("mul", 2, 0), ("add", 3, 2)]


def backward_cases(rng):
    two, three = np.array(2.0), np.array(3.0)
    yield Case("a + a", [two], TWICE)
    yield Case("the example of the lesson: a = 2, b = 3", [two, three], EXAMPLE)
    yield Case(
        "a · b + a, arrays of three",
        list(rng.standard_normal((2, 3))),
        [("mul", 0, 1), ("add", 2, 0)],
    )
    yield Case(
        "a · b alone: nothing is used twice", list(rng.standard_normal((2, 2, 3))), [("mul", 0, 1)]
    )
    yield Case("the example of the lesson, arrays", list(rng.standard_normal((2, 4, 2))), EXAMPLE)
    for leaves, length in [(3, 6), (2, 8)]:
        steps, count = [], leaves
        for _ in range(length):
            op = "add" if rng.random() < 0.5 else "mul"
            steps.append((op, count - 1, int(rng.integers(count))))
            count += 1
        arrays = list(rng.uniform(0.5, 1.5, (leaves, 3, 2)))
        yield Case(f"{leaves} leaves, {length} steps at random", arrays, steps)


def overwrite(result):
    result.grad = np.ones_like(result.data)
    for value in reversed(_in_order(result)):
        for source, share in value.shares(value.grad):
            source.grad = share


def overwrite_first(result):
    result.grad = np.ones_like(result.data)
    seen = set()
    for value in reversed(_in_order(result)):
        for source, share in value.shares(value.grad):
            if source not in seen:
                source.grad = share
                seen.add(source)


def overwrite_on_paths(result):
    def visit(value, grad):
        value.grad = grad
        for source, share in value.shares(grad):
            visit(source, share)

    visit(result, np.ones_like(result.data))


def sent_too_early(result):
    def visit(value):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share
            visit(source)

    result.grad = np.ones_like(result.data)
    visit(result)


def forwards(result):
    result.grad = np.ones_like(result.data)
    for value in _in_order(result):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share


def no_start(result):
    for value in reversed(_in_order(result)):
        for source, share in value.shares(value.grad):
            source.grad = source.grad + share


def slopes_alone(result):
    result.grad = np.ones_like(result.data)
    for value in reversed(_in_order(result)):
        for source, share in value.shares(np.ones_like(result.data)):
            source.grad = source.grad + share


BACKWARD = Check(
    cases=backward_cases,
    outputs=("grad",),
    call=use_backward,
    mistakes=[
        Mistake(
            "overwritten",
            overwrite,
            "a value that is used twice has the share of one use alone: the last share that came "
            "has overwritten the others. Shares are added.",
        ),
        Mistake(
            "first-kept",
            overwrite_first,
            "a value that is used twice has the share of one use alone, the first that came. "
            "Shares are added.",
        ),
        Mistake(
            "every-path",
            overwrite_on_paths,
            "this is the recursion of section 3: it goes down every path, and what came last "
            "overwrites the rest. Walk in the topological order, and add.",
        ),
        Mistake(
            "too-early",
            sent_too_early,
            "shares are added, but a value sends on before all its users have sent theirs, and "
            "then once more with what it had sent already: gradients get too large. Each value has "
            "its turn once, when it is complete: take the order from the exercise before.",
        ),
        Mistake(
            "forwards",
            forwards,
            "the order is walked from its beginning: a value sends its gradient on before it has "
            "got any. The result comes first.",
        ),
        Mistake(
            "no-start",
            no_start,
            "all gradients are 0. Nobody gave the result its own gradient, which is 1 everywhere, "
            "so there was nothing to pass on.",
        ),
        Mistake(
            "slopes-alone",
            slopes_alone,
            "every value sends on as if its own gradient were 1: what lies between it and the "
            "result is lost. Ask for the shares of the gradient it has.",
        ),
    ],
)

# ---- 02.4: undo the broadcasting -----------------------------------------------------------------


def unbroadcast_cases(rng):
    yield Case("(3,) was broadcast to (2, 3)", np.arange(6.0).reshape(2, 3), (3,))
    yield Case("(2, 1) was broadcast to (2, 3)", np.arange(6.0).reshape(2, 3), (2, 1))
    yield Case("a number, (), was broadcast to (2, 3)", np.arange(6.0).reshape(2, 3), ())
    yield Case("(2, 3) as it was", rng.standard_normal((2, 3)), (2, 3))
    yield Case("(4, 1) was broadcast to (5, 4, 3)", rng.standard_normal((5, 4, 3)), (4, 1))
    yield Case(
        "(1, 4, 1, 2) was broadcast to (3, 4, 5, 2)",
        rng.standard_normal((3, 4, 5, 2)),
        (1, 4, 1, 2),
    )
    yield Case("(1, 1) stays (1, 1)", rng.standard_normal((1, 1)), (1, 1))
    yield Case("(1, 6) was broadcast to (2, 3, 5, 6)", rng.standard_normal((2, 3, 5, 6)), (1, 6))
    large, small = rng.permutation([2, 3, 5, 7]).tolist(), [1, 1]
    yield Case(
        f"(1, {large[2]}, 1) was broadcast to {tuple(large)}, float32",
        rng.standard_normal(large).astype(np.float32),
        (small[0], large[2], small[1]),
    )


def leading_alone(grad, shape):
    return grad.sum(axis=tuple(range(grad.ndim - len(shape))))


def stretched_alone(grad, shape):
    new = grad.ndim - len(shape)
    grad = grad[(0,) * new]
    ones = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return grad.sum(axis=ones, keepdims=True)


def ones_lost(grad, shape):
    grad = leading_alone(grad, shape)
    return grad.sum(axis=tuple(axis for axis, length in enumerate(shape) if length == 1))


def averaged(grad, shape):
    grad = grad.mean(axis=tuple(range(grad.ndim - len(shape))))
    ones = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return grad.mean(axis=ones, keepdims=True)


def one_copy(grad, shape):
    grad = grad[(0,) * (grad.ndim - len(shape))]
    for axis, length in enumerate(shape):
        if length == 1:
            grad = grad.take([0], axis=axis)
    return np.asarray(grad)


def first_axis(grad, shape):
    return grad if grad.shape == shape else grad.sum(axis=0)


def new_axes_behind(grad, shape):
    grad = grad.sum(axis=tuple(range(len(shape), grad.ndim)))
    ones = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return grad.sum(axis=ones, keepdims=True)


UNBROADCAST = Check(
    cases=unbroadcast_cases,
    outputs=("gradient",),
    atol=1e-7,
    mistakes=[
        Mistake(
            "leading-alone",
            leading_alone,
            "the new axes in front are summed; the axes of length 1 that were stretched are not.",
        ),
        Mistake(
            "ones-lost",
            ones_lost,
            "the sums are right, but the axes of length 1 are gone: an array of shape (2, 1) must "
            "get a gradient of shape (2, 1), not (2,). NumPy's sum can keep the axes it sums over.",
        ),
        Mistake(
            "averaged",
            averaged,
            "the copies' shares are averaged. The array was used once for each copy, and the "
            "shares of all uses are added.",
        ),
        Mistake(
            "one-copy",
            one_copy,
            "this is the share of the first copy alone. The other copies count as well.",
        ),
        Mistake(
            "first-axis",
            first_axis,
            "only one axis is summed, the first, whatever the shape is. There may be several new "
            "axes, and stretched ones at any place.",
        ),
        Mistake(
            "new-axes-behind",
            new_axes_behind,
            "the axes that are too many are taken from the end. Broadcasting lines shapes up at "
            "their ends, and puts new axes in front.",
        ),
        Mistake(
            "first-of-new-axes",
            stretched_alone,
            "the stretched axes are summed; of the new axes in front only the first copy is taken.",
        ),
    ],
)

CHECKS = {"02.1": RULES, "02.2": ORDER, "02.3": BACKWARD, "02.4": UNBROADCAST}
