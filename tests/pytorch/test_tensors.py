"""Every function of tensors that PyTorch has: values, gradients, and the dtypes of results."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import tinygen as tg  # noqa: E402
from tests.pytorch.helpers import Case, agree, dtype_of, grid, host, same  # noqa: E402

rng = np.random.default_rng(2)


def normal(*shape):
    return np.asarray(rng.normal(size=shape))


def positive(*shape):
    return np.asarray(rng.uniform(0.3, 3, size=shape))


X = normal(2, 3, 4)
TIES = np.array([[1.0, 3.0, 3.0], [0.0, 0.0, -0.0], [-2.0, 2.0, -2.0]])
POINTS = np.array([[-1.5, -0.5, 0.0], [0.5, 1.0, 2.5]])  # kinks and halves among them


def elementwise():
    for name in (
        "abs", "cos", "erf", "exp", "expm1", "floor", "neg", "relu", "round", "sigmoid", "sign",
        "sin", "square", "tanh",
    ):  # fmt: skip
        yield Case(name, POINTS * 2)
        yield Case(name, X)
    for name in ("log", "log1p", "reciprocal", "rsqrt", "sqrt"):
        yield Case(name, positive(3, 2))
    shapes = [((3, 4), (3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)), ((), (2,))]
    for name, (one, other) in itertools.product(("add", "sub", "mul", "div"), shapes):
        yield Case(name, normal(*one), positive(*other))
    for name in ("add", "sub"):
        yield Case(name, X, normal(4), alpha=2.5)
    for name in ("maximum", "minimum"):
        yield Case(name, TIES, np.zeros((3, 1)) + TIES[:, :1])
        yield Case(name, X, normal(3, 1))
    yield from (Case("pow", positive(3, 2), exponent) for exponent in (0, 1, 2, 3.5, -1.5))
    yield from (Case("pow", normal(3, 2), exponent) for exponent in (0, 1, 2, 3, -2))
    yield Case("pow", positive(3, 2), normal(3, 1))
    yield Case("pow", np.array([0.0, 0.0, 2.0]), np.array([2.0, 1.0, 0.0]))
    for low, high in [(0, None), (None, 1), (-0.5, 0.5), (-1.5, 2.5)]:
        yield Case("clamp", POINTS, low, high)
    yield Case("clamp", X, normal(4), None)
    yield Case("where", X > 0, X, normal(4))
    yield Case("where", X > 0, X, 0.0)
    yield Case("masked_fill", X, X > 0, -1.0)
    values = np.array([1.0, np.nan, np.inf, -np.inf, 0.0])
    yield from (Case(name, values) for name in ("isnan", "isinf", "isfinite"))
    for name in ("eq", "ne", "lt", "le", "gt", "ge"):
        yield Case(name, TIES, TIES.T)
        yield Case(name, TIES, 0)
    yield from (Case(name, X > 0, X < 0.5) for name in ("logical_and", "logical_or"))
    yield Case("logical_not", X > 0)
    bits = np.arange(6), np.arange(6)[::-1] * 5
    for one, other in (bits, (X > 0, X < 0.5)):
        yield from (Case(name, one, other) for name in ("bitwise_and", "bitwise_or"))
        yield Case("bitwise_not", one)


def reductions():
    for name, dim, keepdim in itertools.product(
        ("sum", "mean", "amax", "amin", "logsumexp"), (0, -1, (0, 2)), (False, True)
    ):
        yield Case(name, X, dim=dim, keepdim=keepdim)
    for name in ("sum", "mean", "prod", "std", "var", "max", "min", "amax", "amin", "norm"):
        yield Case(name, X)
    for name in ("max", "min", "amax", "amin"):
        yield Case(name, TIES)
        yield Case(name, TIES[:, :1], 1)
    for name, dim, keepdim in itertools.product(("amax", "amin"), (0, 1), (False, True)):
        yield Case(name, TIES, dim, keepdim)
    for name, dim, keepdim in itertools.product(
        ("max", "min", "argmax", "argmin", "prod"), (0, 1, -1), (False, True)
    ):
        yield Case(name, X, dim, keepdim=keepdim)
    yield from (Case(name, X) for name in ("argmax", "argmin"))
    for name, options in itertools.product(
        ("var", "std"), grid(dim=[None, 0, (1, 2)], correction=[0, 1, 2], keepdim=[False, True])
    ):
        if options["dim"] != 0 or options["correction"] < 2:
            yield Case(name, X, **options)
    for options in grid(p=[1.0, 2.0, 3.0, float("inf")], dim=[0, (1, 2)], keepdim=[False, True]):
        yield Case("norm", X, **options)
    yield Case("norm", np.array([[0.0, 0.0], [3.0, 4.0]]), dim=1)
    yield Case("prod", np.array([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0]]), 1)
    yield from (Case("cumsum", X, dim) for dim in (0, 1, -1))
    yield from (Case(name, X > 0.5) for name in ("all", "any", "sum"))
    yield from (Case(name, X > 0.5, 1, True) for name in ("all", "any"))
    yield Case("logsumexp", np.array([[1000.0, 1000.0], [-np.inf, 0.0]]), 1)


def shapes():
    yield from (Case("reshape", X, shape) for shape in ((4, 6), (-1,), (2, -1, 2), (24, 1)))
    yield from (Case("flatten", X, *dims) for dims in ((), (1,), (0, 1), (-2, -1)))
    yield from (Case("unflatten", X, 2, sizes) for sizes in ((2, 2), (-1, 4)))
    yield from (Case("squeeze", normal(1, 3, 1), *dim) for dim in ((), (0,), (1,), ((0, 2),)))
    yield from (Case("unsqueeze", X, dim) for dim in (0, 2, -1))
    yield from (Case("permute", X, dims) for dims in ((2, 0, 1), (0, -1, 1)))
    yield from (Case("transpose", X, *dims) for dims in ((0, 2), (-1, 1)))
    yield from (Case("t", x) for x in (normal(2, 3), normal(3)))
    yield from (Case("movedim", X, *dims) for dims in ((0, 2), (-1, 0)))
    yield from (Case("flip", X, dims) for dims in ((0,), (0, 2), (-1,)))
    yield from (Case("roll", X, *how) for how in ((1, 0), ((1, -2), (0, 2)), (5,)))
    yield from (Case("tile", X, times) for times in ((2,), (2, 1, 3), (2, 1, 1, 1)))
    yield Case("broadcast_to", normal(3, 1), (2, 3, 4))
    for name in ("cat", "concatenate"):
        yield Case(name, [X, normal(2, 1, 4), normal(2, 2, 4)], 1)
    yield from (Case("stack", [X, normal(2, 3, 4)], dim) for dim in (0, 1, -1))
    yield from (Case("split", normal(5, 2), size) for size in (2, [1, 4], [0, 5]))
    yield from (Case("chunk", normal(7, 2), chunks) for chunks in (1, 3, 4, 9))
    yield from (Case("unbind", X, dim) for dim in (0, 1, -1))


def picks():
    index = rng.integers(0, 3, (2, 2, 4))
    for name in ("gather", "take_along_dim"):
        yield Case(name, X, **{"dim": 1, "index" if name == "gather" else "indices": index})
    yield Case("scatter_add", X, 1, index, normal(2, 2, 4))
    once = np.argsort(rng.uniform(size=(2, 3, 4)), axis=1)[:, :2]
    yield Case("scatter", X, 1, once, normal(2, 2, 4))
    rows = np.array([2, 0, 2, 1])
    yield from (Case("index_select", X, dim, rows[:2] % 2) for dim in (0, 1, -1))
    yield Case("index_add", X, 1, rows, normal(2, 4, 4))
    for options in grid(dim=[0, -1], descending=[False, True]):
        yield from (Case(name, X, **options) for name in ("sort", "argsort"))
    yield from (Case("topk", X, k, largest=largest) for k in (1, 3) for largest in (True, False))
    yield Case("topk", X, 2, 0)


def products():
    pairs = [((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)),
             ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((4, 1, 2, 3), (5, 3, 2)),
             ((5, 2, 3), (3,))]  # fmt: skip
    yield from (Case("matmul", normal(*one), normal(*other)) for one, other in pairs)
    yield Case("mm", normal(2, 3), normal(3, 4))
    yield Case("bmm", normal(5, 2, 3), normal(5, 3, 4))
    yield Case("dot", normal(3), normal(3))
    yield Case("outer", normal(3), normal(2))
    yield Case("einsum", "bij,bjk->ik", normal(2, 3, 4), normal(2, 4, 5))
    yield Case("softmax", X, 1)
    yield Case("log_softmax", X, 1)


CASES = [*elementwise(), *reductions(), *shapes(), *picks(), *products()]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_values_and_gradients_are_equal(case):
    assert agree(case, tg, torch)


# ---- indexing --------------------------------------------------------------------------------

INDICES = {
    "x[1]": 1,
    "x[-1, ..., 2]": (-1, ..., 2),
    "x[:, 1:3]": (slice(None), slice(1, 3)),
    "x[::2, None]": (slice(None, None, 2), None),
    "x[..., -3:]": (..., slice(-3, None)),
    "x[list]": [1, 0, 1],
    "x[integers]": np.array([[1, 0], [1, 1]]),
    "x[:, integers]": (slice(None), np.array([2, 0, -1])),
    "x[integers, integers]": (np.array([0, 1, 1]), np.array([2, 2, -3])),
    "x[integers, :, integers]": (np.array([0, 1]), slice(None), np.array([3, 3])),
    "x[mask]": X[:, 0, 0] > -9,
    "x[mask of all]": X > 0,
    "x[:, mask]": (slice(None), np.array([True, False, True])),
}


@pytest.mark.parametrize("name", INDICES)
def test_indexing(name):
    def picked(make):
        leaf = make(X, requires_grad=True)
        index = INDICES[name]
        if isinstance(index, tuple):
            index = tuple(make(i) if isinstance(i, np.ndarray) else i for i in index)
        elif isinstance(index, np.ndarray):
            index = make(index)
        return [leaf[index]], [leaf]

    assert same(*picked(tg.tensor), *picked(torch.tensor))


# ---- dtypes ----------------------------------------------------------------------------------

DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")
ARITHMETIC = ("add", "sub", "mul", "div", "maximum", "eq", "lt", "logical_or")


def in_dtype(library, dtype, value=3):
    return library.tensor([value, 1], dtype=getattr(library, dtype))


def same_dtype(call):
    """Whether a result, made with either library, has one dtype and the same values."""
    ours, theirs = call(WithBool(tg)), call(torch)
    np.testing.assert_allclose(host(ours), host(theirs), rtol=1e-6)
    return dtype_of(ours) == dtype_of(theirs)


@pytest.mark.parametrize("name", ARITHMETIC)
@pytest.mark.parametrize(("one", "other"), list(itertools.product(DTYPES, DTYPES)))
def test_two_tensors_give_the_dtype_that_they_give_in_pytorch(name, one, other):
    if name == "sub" and "bool" in (one, other):
        return  # PyTorch refuses to subtract booleans

    assert same_dtype(
        lambda library: getattr(library, name)(in_dtype(library, one), in_dtype(library, other))
    )


@pytest.mark.parametrize("scalar", [2, 2.5, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["add", "mul", "div", "lt"])
def test_a_python_number_gives_the_dtype_that_it_gives_in_pytorch(name, dtype, scalar):
    assert same_dtype(lambda library: getattr(library, name)(in_dtype(library, dtype), scalar))


@pytest.mark.parametrize("exponent", [2, 2.5])
@pytest.mark.parametrize("dtype", DTYPES[1:])
def test_powers_have_the_dtype_that_they_have_in_pytorch(dtype, exponent):
    assert same_dtype(lambda library: in_dtype(library, dtype) ** exponent)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "call",
    [
        lambda library, x: library.sum(x),
        lambda library, x: library.sum(x, 0),
        lambda library, x: library.prod(x),
        lambda library, x: library.cumsum(x, 0),
    ],
)
def test_sums_and_products_have_the_dtype_that_they_have_in_pytorch(call, dtype):
    assert same_dtype(lambda library: call(library, in_dtype(library, dtype)))


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64"])
@pytest.mark.parametrize(
    "name", ["abs", "argmax", "erf", "exp", "log", "max", "neg", "sigmoid", "sin", "sqrt", "tanh"]
)
def test_functions_give_the_dtype_that_they_give_in_pytorch(name, dtype):
    assert same_dtype(lambda library: getattr(library, name)(in_dtype(library, dtype)))


@pytest.mark.parametrize("dtype", ["bool", "uint8"])
@pytest.mark.parametrize("name", ["cos", "erf", "exp", "log", "sigmoid", "sin", "sqrt", "tanh"])
def test_functions_of_bytes_give_the_dtype_that_they_give_in_pytorch(name, dtype):
    assert same_dtype(lambda library: getattr(library, name)(in_dtype(library, dtype)))


class WithBool:
    """tinygen, with NumPy's name of the dtype that has none in it."""

    bool = np.bool_

    def __init__(self, library):
        self.library = library

    def __getattr__(self, name):
        return getattr(self.library, name)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(DTYPES, 2)))
def test_joined_tensors_have_the_dtype_that_they_have_in_pytorch(one, other):
    ours, theirs = (
        library.cat([in_dtype(library, one), in_dtype(library, other)])
        for library in (WithBool(tg), torch)
    )

    assert dtype_of(ours) == dtype_of(theirs)


# ---- creation --------------------------------------------------------------------------------

CREATED = [
    Case("tensor", [1, 2]), Case("tensor", [1.0, 2]), Case("tensor", 3), Case("tensor", True),
    Case("tensor", [[1.5], [2.0]]), Case("tensor", []), Case("as_tensor", [1.0]),
    Case("zeros", 2, 3), Case("zeros", (2, 3)), Case("ones", 2), Case("ones", ()),
    Case("full", (2,), 3.5), Case("full", (2,), 3), Case("full", (2,), True),
    Case("eye", 3), Case("eye", 2, 4),
    Case("arange", 5), Case("arange", 2, 7, 2), Case("arange", 1.0, 2.0, 0.25),
    Case("linspace", -1, 1, 5), Case("linspace", 0, 1, 1),
    Case("zeros_like", X), Case("ones_like", X > 0), Case("full_like", X, 2),
    Case("meshgrid", np.arange(3), np.arange(2), indexing="ij"),
    Case("meshgrid", np.arange(3.0), np.arange(2.0), indexing="xy"),
]  # fmt: skip


@pytest.mark.parametrize("case", CREATED, ids=repr)
def test_created_tensors_are_equal(case):
    if case.name.endswith("_like"):
        case.args = (case.args[0].astype(case.args[0].dtype), *case.args[1:])
    (results, _), (expected, _) = case.call(tg, tg.tensor), case.call(torch, torch.tensor)

    for ours, theirs in zip(results, expected, strict=True):
        assert ours.shape == tuple(theirs.shape)
        assert dtype_of(ours) == dtype_of(theirs)
        np.testing.assert_allclose(host(ours), host(theirs), rtol=1e-6)


@pytest.mark.parametrize(
    "case",
    [
        Case("empty", 2, 3), Case("empty_like", X), Case("rand", 2, 3), Case("randn", 2, 3),
        Case("randint", 0, 5, (2, 3)), Case("randperm", 4), Case("rand_like", X),
        Case("randn_like", X), Case("bernoulli", positive(2) / 4), Case("normal", 0.0, 1.0, (2, 3)),
    ],
    ids=repr,
)  # fmt: skip
def test_drawn_tensors_have_equal_shapes_and_dtypes(case):
    ((ours,), _), ((theirs,), _) = case.call(tg, tg.tensor), case.call(torch, torch.tensor)

    assert ours.shape == tuple(theirs.shape)
    assert dtype_of(ours) == dtype_of(theirs)


NOT_COMPARED = {
    "Tensor", "autograd", "embedding", "enable_grad", "float32", "float64", "from_numpy",
    "get_rng_state", "int32", "int64", "is_grad_enabled", "manual_seed", "nn", "no_grad", "optim",
    "set_grad_enabled", "set_rng_state", "uint8",
    "load", "save",  # files of a format of our own
}  # fmt: skip


def test_every_function_that_pytorch_has_is_compared():
    names = {name for name in tg.__all__ if hasattr(torch, name)} - NOT_COMPARED
    compared = {case.name for case in CASES + CREATED}
    compared |= {"empty", "empty_like", "rand", "randn", "randint", "randperm", "rand_like"}
    compared |= {"randn_like", "bernoulli", "normal"}

    assert names - compared == set()
