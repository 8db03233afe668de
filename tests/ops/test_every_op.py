"""Every public op on every backend: its value, its first and its second derivative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings

import tinygen as tg
import tinygen.nn.functional as F
from tests.ops import cases
from tests.ops.registry import (
    CASES,
    Call,
    Case,
    function_named,
    on_host,
    placed,
    public_ops,
    tensors_in,
)
from tinygen.backend import Backend
from tinygen.gradcheck import gradcheck, gradgradcheck

assert cases
STRICT = {"eps": 1e-5, "atol": 1e-8, "rtol": 1e-6}
every_case = pytest.mark.parametrize("case", CASES, ids=str)
differentiable = pytest.mark.parametrize("case", [c for c in CASES if c.gradient], ids=str)


def test_every_public_op_has_a_case() -> None:
    missing = set(public_ops()) - {case.op for case in CASES}
    assert not missing, f"these ops have no case in tests/ops/cases: {sorted(missing)}"


def test_every_case_is_of_a_public_op() -> None:
    assert {case.op for case in CASES} <= set(public_ops())


@pytest.mark.parametrize("op", public_ops())
def test_every_public_op_is_documented(op: str) -> None:
    assert function_named(op).__doc__


def test_every_public_op_is_found_where_pytorch_has_it() -> None:
    inside = ("recurrent.", "block.")  # what the layers are made of
    hidden = [
        op
        for op in public_ops()
        if not op.startswith(inside)
        and not any(getattr(room, op.split(".")[1], None) is function_named(op) for room in (tg, F))
    ]
    assert hidden == []


def on_each_call(
    case: Case, examples: int, backend: Backend, check: Callable[[Call], None]
) -> None:
    """Check calls that hypothesis draws: fewer on the stand-in, which is slower."""

    @settings(max_examples=examples if backend.name == "numpy" else max(examples // 3, 1))
    @given(case.calls)
    def run(call: Call) -> None:
        check(call)

    tg.manual_seed(0)
    run()


@every_case
def test_value(case: Case, backend: Backend) -> None:
    on_each_call(case, 10, backend, lambda call: check_value(case, call, backend))


@every_case
def test_value_without_fast_kernels(case: Case, backend: Backend) -> None:
    with tg.plain():
        on_each_call(case, 3, backend, lambda call: check_value(case, call, backend))


def check_value(case: Case, call: Call, backend: Backend) -> None:
    """The value, shape, dtype and place of a result; and the inputs are as they were."""
    for dtype in ("float32", "float64"):
        args, kwargs = placed(call, backend, dtype)
        before = [x.data.tobytes() for x in tensors_in((args, kwargs))]
        results = tensors_in(case.function(*args, **kwargs))
        assert [x.data.tobytes() for x in tensors_in((args, kwargs))] == before
        assert all(x.device == backend.device for x in results)
        if case.oracle is not None:
            host_args, host_kwargs = on_host(call)
            compare(case, results, case.oracle(*host_args, **host_kwargs), dtype)
        else:
            assert {str(x.dtype) for x in results} == {dtype}


def compare(case: Case, results: list[tg.Tensor], expected: object, dtype: str) -> None:
    """Results against an oracle's: number, shapes, dtypes, values."""
    arrays = list(expected) if isinstance(expected, (list, tuple)) else [expected]
    assert len(results) == len(arrays)
    rtol = case.rtol * (1 if dtype == "float32" else 1e-6)
    for result, array in zip(results, arrays, strict=True):
        array = np.asarray(array)
        assert result.shape == array.shape
        assert str(result.dtype) == expected_dtype(case, array, dtype)
        scale = np.abs(array[np.isfinite(array)]).max(initial=1e-3)
        host = result.detach().to("cpu").numpy()
        np.testing.assert_allclose(host, array, rtol=rtol, atol=rtol * scale)


def expected_dtype(case: Case, array: np.ndarray, dtype: str) -> str:
    """Floats keep the operands' dtype; indices are int64, comparisons bool."""
    if case.dtype:
        return case.dtype
    return {"f": dtype, "i": "int64", "b": "bool"}[array.dtype.kind]


@differentiable
def test_gradient(case: Case, backend: Backend) -> None:
    """The results leave through a transpose: gradients arrive in the other order of memory."""

    def check(call: Call) -> None:
        args, kwargs = placed(call, backend, "float64", requires_grad=True)
        assert gradcheck(
            lambda *_: [y.T for y in tensors_in(case.function(*args, **kwargs))],
            tensors_in((args, kwargs)),
            **STRICT,
        )

    on_each_call(case, 8, backend, check)


@differentiable
def test_second_derivative(case: Case, backend: Backend) -> None:
    def check(call: Call) -> None:
        args, kwargs = placed(call, backend, "float64", requires_grad=True)
        assert gradgradcheck(
            lambda *_: tensors_in(case.function(*args, **kwargs)),
            tensors_in((args, kwargs)),
            **STRICT,
        )

    on_each_call(case, 5, backend, check)


@differentiable
def test_gradient_in_float32(case: Case, backend: Backend) -> None:
    """It has the input's dtype and shape, and the value it has in float64."""

    def gradients(call: Call, dtype: str) -> list[tg.Tensor]:
        args, kwargs = placed(call, backend, dtype, requires_grad=True)
        inputs = [x for x in tensors_in((args, kwargs)) if x.requires_grad]
        tg.manual_seed(0)
        outputs = [y for y in tensors_in(case.function(*args, **kwargs)) if y.requires_grad]
        rng = np.random.default_rng(0)
        seeds = [y.new_tensor(rng.standard_normal(y.shape)) for y in outputs]
        found = list(tg.grad(outputs, inputs, seeds, materialize_grads=True))
        assert [g.shape for g in found] == [x.shape for x in inputs]
        assert {str(g.dtype) for g in found} == {dtype}
        return found

    def check(call: Call) -> None:
        singles, doubles = gradients(call, "float32"), gradients(call, "float64")
        for single, double in zip(singles, doubles, strict=True):
            exact = double.to("cpu").numpy()
            scale = np.abs(exact).max(initial=1e-2)
            if case.oracle is not None:  # a random op draws other numbers in float32
                np.testing.assert_allclose(single.to("cpu").numpy(), exact, atol=1e-4 * scale)

    on_each_call(case, 3, backend, check)
