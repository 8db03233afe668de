"""Who owns an array, how data move, where kernels are found."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading

import numpy as np
import pytest

import tinygen as tg
from tests import standin
from tinygen import backend

# ---- names -----------------------------------------------------------------------------------


def test_numpy_is_the_default() -> None:
    assert backend.get() is backend.get("numpy") is backend.get("cpu")
    assert (backend.get().name, backend.get().device, backend.get().xp) == ("numpy", "cpu", np)


def test_cupy_goes_by_its_own_name_and_by_pytorchs(cupy: backend.Backend) -> None:
    assert backend.get("cuda") is backend.get("cuda:0") is cupy
    assert (cupy.name, cupy.device, cupy.xp) == ("cupy", "cuda", standin.cupy)


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(ValueError, match="unknown device 'mps'.*'cpu'.*'cuda'"):
        backend.get("mps")


def test_backends_print_what_they_are(cupy: backend.Backend) -> None:
    assert repr(backend.get()) == "<Backend numpy on cpu>"
    assert repr(cupy) == "<Backend cupy on cuda>"
    assert {backend.get(), cupy} <= set(backend.backends())


# ---- the array decides -----------------------------------------------------------------------


def test_an_array_names_its_module_and_backend(on: backend.Backend) -> None:
    array = on.xp.ones(2)
    assert backend.xp_of(array) is on.xp
    assert backend.of(array) is on


@pytest.mark.parametrize("value", [[1.0], 1.0, np.float32(1.0), "text", None])
def test_what_is_no_array_is_refused_by_type(value: object) -> None:
    with pytest.raises(TypeError, match=rf"got {type(value).__name__}.*tg\.tensor"):
        backend.xp_of(value)


def test_a_tensor_is_not_an_array() -> None:
    with pytest.raises(TypeError, match="got Tensor"):
        backend.of(tg.ones(2))


def test_results_stay_on_the_device_of_their_inputs(on: backend.Backend) -> None:
    x = tg.ones(2, 3, device=on.device)
    for result in (x + 1, x @ tg.ones(3, 2, device=on.device), x.sum(), x[0], tg.exp(x), x > 0):
        assert backend.of(result.data) is on


def test_mixing_backends_is_an_error_that_names_both(cupy: backend.Backend) -> None:
    with pytest.raises(TypeError, match=r"Mul.*\(2,\) on cpu.*\(2,\) on cuda.*\.to\(device\)"):
        tg.ones(2) * tg.ones(2, device="cuda")


def test_mixing_a_tensor_with_a_raw_array_is_an_error_too(cupy: backend.Backend) -> None:
    with pytest.raises(TypeError, match="different devices"):
        tg.ones(2, device="cuda") * np.ones(2, np.float32)


# ---- moving ----------------------------------------------------------------------------------


def test_there_and_back(on: backend.Backend) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    there = on.asarray(values)
    assert backend.of(there) is on
    host = on.to_numpy(there)
    assert type(host) is np.ndarray
    np.testing.assert_array_equal(host, values)
    assert on.asarray([1, 2], np.float32).dtype == np.float32


def test_nothing_moves_unasked(cupy: backend.Backend) -> None:
    x = tg.ones(4, device="cuda", requires_grad=True)
    standin.counters.reset()
    with standin.no_sync():
        (tg.sigmoid(x * 2) + x.mean()).sum().backward()
    assert (standin.counters.to_device, standin.counters.to_host) == (0, 0)


def test_synchronizing_waits_for_the_device(cupy: backend.Backend) -> None:
    standin.counters.reset()
    backend.get().synchronize()
    assert standin.counters.syncs == 0
    cupy.synchronize()
    assert standin.counters.syncs == 1


def test_memory_is_counted_on_the_device(cupy: backend.Backend) -> None:
    assert backend.get().memory() == {}
    assert set(cupy.memory()) == {"used", "held", "free"}


def test_memory_that_the_pool_holds_unused_is_free(
    cupy: backend.Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pool:
        used_bytes = staticmethod(lambda: 300)
        total_bytes = staticmethod(lambda: 1000)

    monkeypatch.setattr(cupy.xp.cuda.runtime, "memGetInfo", lambda: (5000, 9000))
    monkeypatch.setattr(cupy.xp, "get_default_memory_pool", Pool)
    assert cupy.memory() == {"used": 300, "held": 1000, "free": 5700}


# ---- kernels ---------------------------------------------------------------------------------


needs_kernels = pytest.mark.skipif(
    importlib.util.find_spec("tinygen.fast") is None, reason="tinygen/fast was deleted"
)


@needs_kernels
def test_a_kernel_is_found_by_module_and_name(cupy: backend.Backend) -> None:
    assert callable(backend.kernel(cupy.xp, "philox_float32"))
    assert backend.kernel(np, "philox_float32") is None
    assert backend.kernel(np, "no such kernel") is None


@needs_kernels
def test_plain_hides_all_kernels_until_its_block_ends(cupy: backend.Backend) -> None:
    with tg.plain():
        assert backend.kernel(cupy.xp, "philox_float32") is None
        with tg.plain():
            pass
        assert backend.kernel(cupy.xp, "philox_float32") is None
    assert backend.kernel(cupy.xp, "philox_float32") is not None


@needs_kernels
def test_plain_ends_with_an_error(cupy: backend.Backend) -> None:
    with pytest.raises(ZeroDivisionError), tg.plain():
        raise ZeroDivisionError
    assert backend.kernel(cupy.xp, "philox_float32") is not None


@needs_kernels
def test_plain_belongs_to_its_thread(cupy: backend.Backend) -> None:
    found = []
    with tg.plain():
        other = threading.Thread(
            target=lambda: found.append(backend.kernel(cupy.xp, "philox_float32"))
        )
        other.start()
        other.join(10)
    assert found != [None]
    assert len(found) == 1


WITHOUT_FAST = """
import importlib.abc, sys

class NotThere(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith("tinygen.fast"):
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, NotThere())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "tinygen.fast" else real(name)

import tinygen as tg
x = tg.rand(3, requires_grad=True)
tg.exp(x).sum().backward()
assert "tinygen.fast" not in sys.modules
print(bool((x.grad == tg.exp(x)).all()))
"""


def test_without_the_fast_kernels_the_plain_code_does_the_work() -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_FAST], capture_output=True, text=True
    )
    assert finished.stderr == ""
    assert finished.stdout == "True\n"
