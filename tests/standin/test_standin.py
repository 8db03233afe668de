"""The stand-in is tested as a thing of its own: what it refuses, counts and computes."""

from __future__ import annotations

import copy
import importlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests import standin
from tests.standin import contract

needs_compiler = pytest.mark.skipif(
    not standin.compiler.is_available(), reason="kernels run on the host only through g++"
)


@pytest.fixture
def cp() -> Iterator[ModuleType]:
    """The stand-in, imported as the library imports CuPy."""
    standin.install()
    standin.counters.reset()
    yield importlib.import_module("cupy")
    standin.uninstall()


def random_array(cp: Any, *shape: int) -> Any:
    values = np.random.default_rng(0).standard_normal(shape)
    return cp.asarray(values.astype(np.float32))


# -- the contract -------------------------------------------------------------------------


@pytest.mark.parametrize("promise", contract.PROMISES, ids=lambda p: p.sentence)
def test_the_stand_in_keeps_the_contract(cp: Any, promise: contract.Promise) -> None:
    assert promise.difference(contract.Case.of(cp)) is None


def test_a_broken_promise_is_reported(cp: Any) -> None:
    case = contract.Case.of(cp)
    too_lenient = contract.Promise("x + x is refused", lambda c: c.x + c.x, (TypeError,))
    too_strict = contract.Promise("x + host works", lambda c: c.x + c.host is not None)
    false = contract.Promise("x is on the host", lambda c: isinstance(c.x, np.ndarray))
    assert too_lenient.difference(case) == "returned ndarray instead of raising"
    assert "TypeError" in (too_strict.difference(case) or "")
    assert false.difference(case) == "is false"


# -- standing in for the module -----------------------------------------------------------


def test_install_and_uninstall_restore_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    real, real_part = ModuleType("cupy"), ModuleType("cupy.linalg")
    monkeypatch.setitem(sys.modules, "cupy", real)
    monkeypatch.setitem(sys.modules, "cupy.linalg", real_part)
    standin.install()
    standin.install()
    assert importlib.import_module("cupy") is standin.cupy
    assert importlib.import_module("cupy.linalg") is standin.cupy.linalg
    standin.uninstall()
    assert sys.modules["cupy"] is real
    assert sys.modules["cupy.linalg"] is real_part
    assert "cupyx" not in sys.modules


def test_the_machine_answers_a_diagnosis(cp: Any) -> None:
    runtime = cp.cuda.runtime
    assert runtime.driverGetVersion() >= runtime.runtimeGetVersion() > 12000
    assert runtime.getDeviceCount() == 1
    assert (cp.zeros(1) + 1).item() == 1.0
    assert (cp.ones((2, 2), np.float32) @ cp.ones((2, 2), np.float32)).tolist() == [[2, 2]] * 2


@pytest.mark.parametrize("name", ["errstate", "insert", "geomspace", "unstack", "matrix", "seterr"])
def test_a_name_that_cupy_lacks_is_an_attribute_error(cp: Any, name: str) -> None:
    with pytest.raises(AttributeError, match=f"'cupy' has no attribute '{name}' in CuPy"):
        getattr(cp, name)


def test_types_and_constants_are_numpys(cp: Any) -> None:
    assert cp.float32 is np.float32
    assert cp.newaxis is None
    assert cp.pi == np.pi
    assert cp.finfo(cp.float32).eps == np.finfo(np.float32).eps


def test_a_name_that_only_the_stand_in_lacks_says_so(cp: Any) -> None:
    with pytest.raises(NotImplementedError, match="the stand-in does not imitate it"):
        cp.RawModule(code="")
    with pytest.raises(NotImplementedError, match="ndarray.toDlpack"):
        cp.zeros(3).toDlpack()
    with pytest.raises(NotImplementedError, match="Generator.poisson"):
        cp.random.default_rng(0).poisson(1.0)
    with pytest.raises(AttributeError, match="does not imitate cupy.cuda.Graph"):
        _ = cp.cuda.Graph


# -- refusals beyond CuPy's ---------------------------------------------------------------

STRICTER = {
    "np.sum(x)": ("numpy_functions", lambda cp, x: np.sum(x)),
    "np.exp(x)": ("numpy_functions", lambda cp, x: np.exp(x)),
    "x * np.float64(2)": ("float64_results", lambda cp, x: x * np.float64(2)),
    "x * integer array": ("float64_results", lambda cp, x: x * cp.arange(3)),
    "where(m, x, float64)": ("float64_results", lambda cp, x: cp.where(x > 0, x, np.float64(0))),
    "x[host array]": ("host_indices", lambda cp, x: x[np.array([0, 1])]),
}


@pytest.mark.parametrize(("switch", "call"), STRICTER.values(), ids=STRICTER)
def test_stricter_than_cupy_unless_relaxed(
    cp: Any, switch: str, call: Callable[[Any, Any], Any]
) -> None:
    x = random_array(cp, 2, 3)
    with pytest.raises(TypeError):
        call(cp, x)
    with standin.relaxed(switch):
        assert isinstance(call(cp, x), cp.ndarray)
    with pytest.raises(TypeError):
        call(cp, x)


def test_float64_that_is_asked_for_is_given(cp: Any) -> None:
    x = random_array(cp, 2, 3)
    for result in (
        x.astype(np.float64),
        x.sum(dtype=np.float64),
        x.sum(0, np.float64),
        cp.sum(x, 0, np.float64),
        cp.add(x, x, dtype=np.float64),
        cp.zeros_like(x, np.float64),
        x.astype(np.float64) + x,
    ):
        assert result.dtype == np.float64


def test_indices_that_a_gpu_would_get_wrong_raise(cp: Any) -> None:
    x = cp.zeros(3, np.float32)
    with pytest.raises(IndexError, match="written twice"):
        x[cp.asarray([0, 0])] = cp.ones(2, np.float32)
    with standin.relaxed("duplicate_writes"):
        x[cp.asarray([0, 0])] = cp.ones(2, np.float32)
    with pytest.raises(IndexError, match="wrap it around"):
        x[cp.asarray([7])]


def test_overlapping_views_are_read_only(cp: Any) -> None:
    x = cp.arange(4)
    windows = cp.lib.stride_tricks.sliding_window_view(x, 2)
    overlapping = cp.lib.stride_tricks.as_strided(x, (3, 2), (8, 8))
    assert windows.tolist() == overlapping.tolist() == [[0, 1], [1, 2], [2, 3]]
    for view in (windows, overlapping):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 1


# -- computing ----------------------------------------------------------------------------

SAME_AS_NUMPY = {
    "arithmetic": lambda xp, x: 2 / (x + 3) - x**2 * 0.5,
    "comparison": lambda xp, x: (x > 0) & (x <= 1) | ~(x != x[0]),
    "matmul": lambda xp, x: x @ x.T,
    "einsum": lambda xp, x: xp.einsum("ij,kj->ik", x, x),
    "tensordot": lambda xp, x: xp.tensordot(x, x, axes=((1,), (1,))),
    "where": lambda xp, x: xp.where(x > 0, x, 0.0),
    "maximum": lambda xp, x: xp.maximum(x, 0),
    "clip": lambda xp, x: xp.clip(x, -1, 1),
    "pad": lambda xp, x: xp.pad(x, ((1, 1), (0, 2))),
    "stack": lambda xp, x: xp.stack([x, x], axis=1),
    "split": lambda xp, x: xp.split(x, 2)[1],
    "reductions": lambda xp, x: x.mean(axis=0) + x.max(axis=0) - xp.std(x, axis=0),
    "keepdims": lambda xp, x: x.sum(axis=(0, 1), keepdims=True),
    "argmax": lambda xp, x: x.argmax(axis=1),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x[:, None], (4, 3, 5)),
    "basic index": lambda xp, x: x[1:, ::-2][None, ..., 0],
    "array index": lambda xp, x: x[xp.asarray([2, 0]), xp.asarray([1, 1])],
    "norm": lambda xp, x: xp.linalg.norm(x, axis=1),
    "logaddexp": lambda xp, x: xp.logaddexp(x, -x),
    "transpose": lambda xp, x: x.transpose(1, 0).reshape(-1),
    "fft": lambda xp, x: abs(xp.fft.rfft(x.astype(np.float64))),
}


@pytest.mark.parametrize("compute", SAME_AS_NUMPY.values(), ids=SAME_AS_NUMPY)
def test_numpy_computes(cp: Any, compute: Callable[[Any, Any], Any]) -> None:
    x = random_array(cp, 4, 5)
    expected = compute(np, x.get())
    result = compute(cp, x)
    assert isinstance(result, cp.ndarray)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result.get(), expected, rtol=1e-6)


def test_nothing_warns_as_nothing_warns_on_a_gpu(cp: Any) -> None:
    x = cp.asarray(np.array([-1, 0, 1000], np.float32))
    assert np.isnan(cp.log(x)[0].item())
    assert cp.exp(x)[2].item() == np.inf
    assert (1 / x)[1].item() == np.inf
    assert np.isinf(cp.sum(1 / x).item())


def test_operators_write_in_place(cp: Any) -> None:
    x = cp.ones(3, np.float32)
    alias = x
    x += 2
    x *= x
    x[0] -= 1
    assert alias is x
    assert x.tolist() == [8, 9, 9]


def test_out_is_returned(cp: Any) -> None:
    x, out = random_array(cp, 2, 3), cp.empty((2, 3), np.float32)
    assert cp.multiply(x, x, out=out) is out
    assert cp.multiply(x, x, out) is out
    assert cp.concatenate([x[:1], x[1:]], out=out) is out
    np.testing.assert_array_equal(out.get(), x.get())
    assert x.sum(axis=0, out=out[0]).shape == (3,)
    np.testing.assert_array_equal(out[0].get(), x.get().sum(axis=0))


def test_an_element_is_a_view(cp: Any) -> None:
    x = cp.zeros(3, np.float32)
    element = x[1]
    element += 5
    assert x.tolist() == [0, 5, 0]


def test_add_at_counts_duplicates(cp: Any) -> None:
    x = cp.zeros(3, np.float32)
    cp.add.at(x, cp.asarray([0, 0, 2]), cp.ones(3, np.float32))
    assert x.tolist() == [2, 0, 1]
    importlib.import_module("cupyx").scatter_add(x, cp.asarray([1, 1]), 3.0)
    assert x.tolist() == [2, 6, 1]


def test_a_channels_last_array_arrives_in_c_order(cp: Any) -> None:
    image = np.zeros((2, 5, 5, 3), np.float32).transpose(0, 3, 1, 2)
    x = cp.asarray(image)
    assert x.flags.c_contiguous
    channels_last = x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)
    for result in (channels_last + 1, channels_last.sum(axis=0), cp.tanh(channels_last)):
        assert result.flags.c_contiguous


def test_an_operand_may_answer_for_itself(cp: Any) -> None:
    class Tensor:
        __array_ufunc__ = None

        def __radd__(self, other: Any) -> str:
            return "Tensor.__radd__"

    assert random_array(cp, 2) + Tensor() == "Tensor.__radd__"


def test_copies_and_pickles_are_equal(cp: Any) -> None:
    x = random_array(cp, 2, 3)
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x)), cp.array(x)):
        assert twin is not x
        np.testing.assert_array_equal(twin.get(), x.get())


def test_generators_have_a_stream_of_their_own(cp: Any) -> None:
    ours = cp.random.default_rng(0).standard_normal(5)
    again = cp.random.default_rng(0).standard_normal(5)
    numpys = np.random.default_rng(0).standard_normal(5)
    np.testing.assert_array_equal(ours.get(), again.get())
    assert not np.isclose(ours.get(), numpys).any()
    cp.random.seed(1)
    first = cp.random.rand(4, dtype=np.float32)
    cp.random.seed(1)
    assert (first == cp.random.rand(4, dtype=np.float32)).all()


# -- counting -----------------------------------------------------------------------------


def test_launches_are_counted_and_views_are_free(cp: Any) -> None:
    x = random_array(cp, 4, 5)
    standin.counters.reset()
    x.T.reshape(2, 2, 5, 1)[0].ravel()[::2].squeeze()
    launches_of_the_copies = standin.counters.launches
    assert x.T.shape == (5, 4)
    assert x[1:].reshape(-1).shape == (15,)
    assert cp.broadcast_to(x, (2, 4, 5)).shape == (2, 4, 5)
    assert len(cp.split(x, 2)) == 2
    assert cp.empty((2, 3)).shape == cp.empty_like(x[:2, :3]).shape == (2, 3)
    assert launches_of_the_copies == standin.counters.launches == 1  # reshape of a transpose
    cp.exp(x + 1).sum()
    x[0] = 0
    assert standin.counters.launches == 5
    assert standin.counters.to_host == standin.counters.to_device == 0


def test_copies_are_counted(cp: Any) -> None:
    x = cp.asarray(np.ones(3, np.float32))
    cp.asarray(x)
    assert standin.counters.to_device == 1
    x.get(), float(x.sum()), cp.asnumpy(x)
    assert standin.counters.to_host == standin.counters.syncs == 3
    cp.cuda.Device().synchronize()
    assert (standin.counters.to_host, standin.counters.syncs) == (3, 4)


WAITS = {
    "float": lambda cp, x: float(x.sum()),
    "bool": lambda cp, x: bool(x.sum()),
    "item": lambda cp, x: x[0].item(),
    "str": lambda cp, x: str(x),
    "format": lambda cp, x: f"{x.sum():.3f}",
    "tolist": lambda cp, x: x.tolist(),
    "get": lambda cp, x: x.get(),
    "asnumpy": lambda cp, x: cp.asnumpy(x),
    "nonzero": lambda cp, x: cp.nonzero(x),
    "x.nonzero": lambda cp, x: x.nonzero(),
    "where(mask)": lambda cp, x: cp.where(x > 0),
    "x[mask]": lambda cp, x: x[x > 0],
    "unique": lambda cp, x: cp.unique(x),
    "synchronize": lambda cp, x: cp.cuda.get_current_stream().synchronize(),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_no_sync_forbids_to_wait(cp: Any, wait: Callable[[Any, Any], Any]) -> None:
    x = random_array(cp, 3)
    wait(cp, x)
    with standin.no_sync(), pytest.raises(standin.DeviceSynchronizedError):
        wait(cp, x)
    wait(cp, x)


def test_no_sync_allows_what_stays_on_the_device(cp: Any) -> None:
    x = random_array(cp, 3, 4)
    with standin.no_sync():
        mask = x > 0
        x[mask] = 0
        x[1:] = x[0] * 2.0
        cp.where(mask, x, 0).sum().reshape(1)
        x[cp.asarray([0, 2])].mean(axis=0)


# -- kernels ------------------------------------------------------------------------------

ADAM = """
    m += (1 - b1) * (g - m);
    v += (1 - b2) * (g * g - v);
    p -= lr * m / (sqrt(v) + eps);
"""
IM2COL = """
    int x0 = i % ow, y0 = i / ow % oh;
    int kx = i / (oh * ow) % kw, ky = i / (kw * oh * ow) % kh, channel = i / (kh * kw * oh * ow);
    columns = image[x0 + kx + w * (y0 + ky + h * channel)];
"""
SCALE = r"""
extern "C" __global__ void scale(const float* __restrict__ x, float *y, float a, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i];
}
"""


@needs_compiler
def test_elementwise_kernel_updates_its_outputs(cp: Any) -> None:
    adam = cp.ElementwiseKernel(
        "T g, T lr, T b1, T b2, T eps", "T p, T m, T v", ADAM, "adam", no_return=True
    )
    rng = np.random.default_rng(1)
    g, p, m = (rng.standard_normal((4, 5)) for _ in range(3))
    v = m**2
    on_device = [cp.asarray(array) for array in (p, m, v)]
    assert adam(cp.asarray(g), 0.01, 0.9, 0.999, 1e-8, *on_device) is None
    m_new = 0.9 * m + 0.1 * g
    v_new = 0.999 * v + 0.001 * g * g
    p_new = p - 0.01 * m_new / (np.sqrt(v_new) + 1e-8)
    for result, expected in zip(on_device, (p_new, m_new, v_new), strict=True):
        np.testing.assert_allclose(result.get(), expected, rtol=1e-12)


@needs_compiler
def test_elementwise_kernel_indexes_raw_arrays(cp: Any) -> None:
    im2col = cp.ElementwiseKernel(
        "raw T image, int32 h, int32 w, int32 oh, int32 ow, int32 kh, int32 kw",
        "T columns",
        IM2COL,
        "im2col",
    )
    image = random_array(cp, 2, 5, 6)
    columns = im2col(image, 5, 6, 3, 4, 3, 3, cp.empty((2, 3, 3, 3, 4), np.float32))
    windows = np.lib.stride_tricks.sliding_window_view(image.get(), (3, 3), axis=(1, 2))
    np.testing.assert_array_equal(columns.get(), windows.transpose(0, 3, 4, 1, 2))


@needs_compiler
def test_elementwise_kernel_broadcasts_and_takes_any_order(cp: Any) -> None:
    add = cp.ElementwiseKernel("T x, T y", "T z", "z = x + y", "add_any_order")
    x, y = random_array(cp, 3, 1), random_array(cp, 4, 3)
    np.testing.assert_array_equal(add(x, y.T).get(), x.get() + y.get().T)
    out = cp.zeros((4, 3), np.float32)
    add(x, y.T, out.T)
    np.testing.assert_array_equal(out.get(), (x.get() + y.get().T).T)


@needs_compiler
def test_elementwise_kernel_has_a_preamble_and_code_around_the_loop(cp: Any) -> None:
    kernel = cp.ElementwiseKernel(
        "raw T x",
        "T y",
        "y = offset + twice(x[i]) + _ind.size()",
        "around",
        preamble="template <class T> __device__ T twice(T x) { return 2 * x; }",
        loop_prep="T offset = 100",
        return_tuple=True,
    )
    (y,) = kernel(cp.arange(3), size=3)
    assert y.tolist() == [103, 105, 107]


@needs_compiler
def test_elementwise_kernel_counts_a_launch_and_compiles_once_per_type(cp: Any) -> None:
    square = cp.ElementwiseKernel("T x", "T y", "y = x * x", "square_once")
    for x in (cp.arange(3), cp.arange(5), cp.ones(2, np.float32)):
        standin.counters.reset()
        np.testing.assert_array_equal(square(x).get(), x.get() ** 2)
        assert standin.counters.launches == 1
    assert len(square._sources) == 2


@needs_compiler
def test_elementwise_kernel_inputs_are_constant(cp: Any) -> None:
    kernel = cp.ElementwiseKernel("T x", "T y", "x = 1; y = x", "writes_its_input")
    with pytest.raises(RuntimeError, match="does not compile"):
        kernel(cp.arange(3))


@needs_compiler
def test_raw_kernel_runs_every_thread(cp: Any) -> None:
    scale = cp.RawKernel(SCALE, "scale")
    x = random_array(cp, 1000)
    y = cp.zeros_like(x)
    scale((8,), (128,), (x, y, np.float32(3), np.int32(1000)))
    np.testing.assert_array_equal(y.get(), 3 * x.get())


@pytest.mark.parametrize(
    ("a", "n", "complaint"),
    [
        (3.0, np.int32(4), "a is declared float, the argument is passed as float64"),
        (np.float32(3), 4, "n is declared int, the argument is passed as int64"),
    ],
)
def test_raw_kernel_refuses_scalars_of_another_type(
    cp: Any, a: Any, n: Any, complaint: str
) -> None:
    x = random_array(cp, 4)
    with pytest.raises(TypeError, match=complaint):
        cp.RawKernel(SCALE, "scale")((1,), (4,), (x, x, a, n))


def test_raw_kernel_refuses_arrays_it_would_misread(cp: Any) -> None:
    scale = cp.RawKernel(SCALE, "scale")
    x, scalars = random_array(cp, 4, 4), (np.float32(1), np.int32(16))
    with pytest.raises(ValueError, match="not C-contiguous"):
        scale((1,), (16,), (x.T, x, *scalars))
    with pytest.raises(TypeError, match="holds float64"):
        scale((1,), (16,), (x, x.astype(np.float64), *scalars))
    with pytest.raises(TypeError, match="Unsupported type"):
        scale((1,), (16,), (x, x.get(), *scalars))


TOTAL = r"""
typedef float real;
extern "C" __global__ void total(const real *x, real *y, int n) {
    __shared__ real part[64];
    real mine = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) mine += x[blockIdx.x * n + i];
    part[threadIdx.x] = mine;
    __syncthreads();
    for (int half = 32; half > 0; half /= 2) {
        if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) y[blockIdx.x] = part[0];
}
"""


@needs_compiler
def test_threads_of_a_block_meet_and_share_memory(cp: Any) -> None:
    x, y = random_array(cp, 5, 100), cp.empty(5, np.float32)
    cp.RawKernel(TOTAL, "total")((5,), (64,), (x, y, np.int32(100)))
    np.testing.assert_allclose(y.get(), x.get().sum(1), rtol=1e-5)


@needs_compiler
@pytest.mark.parametrize("forgotten", range(2))
def test_a_meeting_that_was_forgotten_is_an_error(cp: Any, forgotten: int) -> None:
    pieces = TOTAL.split("__syncthreads();")
    pieces[forgotten] += pieces.pop(forgotten + 1)
    x, y = random_array(cp, 5, 100), cp.empty(5, np.float32)
    kernel = cp.RawKernel("__syncthreads();".join(pieces), "total")
    with pytest.raises(RuntimeError, match="depends on the order"):
        kernel((5,), (64,), (x, y, np.int32(100)))


@needs_compiler
@pytest.mark.parametrize("place", ["if (threadIdx.x < 3) return;", "if (threadIdx.x) meet();"])
def test_a_meeting_that_some_threads_miss_is_an_error(cp: Any, place: str) -> None:
    code = f"""
    __device__ void meet() {{ __syncthreads(); }}
    extern "C" __global__ void f(float *x) {{ {place} x[threadIdx.x] = 1; __syncthreads(); }}
    """
    with pytest.raises(RuntimeError, match="wait at a __syncthreads"):
        cp.RawKernel(code, "f")((1,), (8,), (cp.zeros(8, np.float32),))


def test_a_launch_that_no_gpu_makes_is_refused(cp: Any) -> None:
    kernel = cp.RawKernel('extern "C" __global__ void f(float *x) { }', "f")
    for grid, block in (((0,), (32,)), ((1,), (0,)), ((1,), (32, 64))):
        with pytest.raises(ValueError, match="cannot be launched"):
            kernel(grid, block, (cp.zeros(8, np.float32),))


@pytest.mark.parametrize("means", ["__shfl_down_sync(~0, 1, 1);", "extern __shared__ float s[];"])
def test_other_ways_to_communicate_are_refused(cp: Any, means: str) -> None:
    with pytest.raises(NotImplementedError, match="threads communicate"):
        cp.RawKernel('extern "C" __global__ void f(float *x) { ' + means + " }", "f")


# -- reductions ---------------------------------------------------------------------------


@pytest.fixture
def distance(cp: Any) -> Any:
    return cp.ReductionKernel(
        "T x, T y", "T z", "square(x - y)", "a + b", "z = sqrt(a)", "0", "distance",
        preamble="template <class T> __device__ T square(T x) { return x * x; }",
    )  # fmt: skip


@needs_compiler
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (2, 0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reduction_kernel_combines_along_axes(
    cp: Any, distance: Any, axis: Any, keepdims: bool
) -> None:
    x, y = random_array(cp, 4, 700, 3), random_array(cp, 700, 1)
    z = distance(x, y, axis=axis, keepdims=keepdims)
    exact = np.sqrt(((x.get().astype(float) - y.get()) ** 2).sum(axis, keepdims=keepdims))
    assert (z.dtype, z.shape) == (np.float32, exact.shape)
    np.testing.assert_allclose(z.get(), exact, rtol=1e-5)


@needs_compiler
def test_reduction_kernel_starts_from_its_identity(cp: Any, distance: Any) -> None:
    empty = cp.empty((3, 0), np.float64)
    assert distance(empty, 0.0, axis=1).tolist() == [0, 0, 0]
    largest = cp.ReductionKernel("T x", "T y", "x", "max(a, b)", "y = a", "7", "largest")
    out = cp.zeros((), np.int64)
    assert largest(cp.arange(5), out=out) is out
    assert int(out) == 7


@needs_compiler
def test_reduction_kernel_takes_scalars_and_counts_a_launch(cp: Any, distance: Any) -> None:
    x = cp.ones((2, 8), np.float32)
    standin.counters.reset()
    np.testing.assert_array_equal(distance(x, 3.0, axis=0).get(), np.full(8, np.float32(8**0.5)))
    assert standin.counters.launches == 1
    with pytest.raises(TypeError, match="Type is mismatched"):
        distance(x, x.astype(np.float64))


def test_reductions_that_are_not_imitated_are_refused(cp: Any) -> None:
    for inputs, identity in (("raw T x", "0"), ("T x", "")):
        with pytest.raises(NotImplementedError, match="stand-in reduces"):
            cp.ReductionKernel(inputs, "T y", "x", "a + b", "y = a", identity, "total")


# -- compiling ----------------------------------------------------------------------------


def test_without_a_compiler_a_kernel_test_is_skipped(
    cp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    kernel = cp.ElementwiseKernel("T x", "T y", "y = x - 42", "never_compiled")
    with pytest.raises(standin.CompilerMissingError, match="needs g\\+\\+"):
        kernel(cp.arange(3))


@needs_compiler
def test_compiled_kernels_are_kept_whole(
    cp: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cp.ElementwiseKernel("T x", "T y", "y = x + 41", "kept_on_disk")(cp.arange(3))
    (folder,) = tmp_path.iterdir()
    assert [path.suffix for path in folder.iterdir()] == [".so"]
