"""Every known reason why a GPU cannot be used has its own words and its own remedy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinygen as tg
from tests import standin
from tinygen import backend
from tinygen.backend import diagnosis

CUDA_13_2, CUDA_13_0, CUDA_12_4 = 13020, 13000, 12040


def fails(message: str) -> Callable[..., Any]:
    """A function of a broken CuPy."""

    def raise_it(*_: Any, **__: Any) -> Any:
        raise RuntimeError(message)

    return raise_it


def fake_cupy(
    driver: Any = CUDA_13_2,
    built_for: int = CUDA_13_2,
    devices: Any = 1,
    ones: Callable[..., Any] = np.ones,
) -> ModuleType:
    """A CuPy as it looks on some machine; a function in place of a number is called."""

    def answer(value: Any) -> Callable[[], Any]:
        return value if callable(value) else lambda: value

    runtime = SimpleNamespace(
        driverGetVersion=answer(driver),
        runtimeGetVersion=answer(built_for),
        getDeviceCount=answer(devices),
    )
    module = ModuleType("cupy")
    vars(module).update(
        cuda=SimpleNamespace(runtime=runtime), ones=ones, asnumpy=np.asarray, ndarray=type(None)
    )
    return module


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str]:
    """Ask a machine with the given CuPy why it has none to offer."""

    def ask(module: Any) -> str:
        monkeypatch.setitem(sys.modules, "cupy", module)
        with pytest.raises(backend.BackendError) as caught:
            backend.get("cuda")
        assert str(caught.value).startswith("the GPU cannot be used: ")
        return str(caught.value)

    return ask


def broken_package(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said when ``import cupy`` runs the given code."""
    (folder / "cupy.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    with pytest.raises(backend.BackendError) as caught:
        backend.get("cupy")
    return str(caught.value)


def test_cupy_is_not_installed(machine: Callable[[Any], str]) -> None:
    reason = machine(None)  # what Python puts there for a module that must not be found
    assert "CuPy is not installed" in reason
    assert "pip install 'cupy-cuda13x[ctk]'" in reason


def test_something_that_cupy_needs_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "raise ModuleNotFoundError('no fastrlock', name='fastrlock.rlock')"
    reason = broken_package(tmp_path, code, monkeypatch)
    assert "installed but broken, it needs fastrlock.rlock: pip install fastrlock" in reason


def test_cupy_does_not_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CuPy's message is long and ends with a ruler; what counts is above it."""
    message = "====\nFailed.\n\nOriginal error:\n  ImportError: libcuda.so.1: not found\n====\n"
    reason = broken_package(tmp_path, f"raise ImportError({message!r})", monkeypatch)
    assert reason.endswith("does not import: ImportError: ImportError: libcuda.so.1: not found")


def test_cupy_does_not_import_and_does_not_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = broken_package(tmp_path, "raise ImportError", monkeypatch)
    assert reason.endswith("does not import: ImportError: no message")


def test_there_is_no_driver(machine: Callable[[Any], str]) -> None:
    reason = machine(fake_cupy(driver=0))
    assert "no NVIDIA driver" in reason
    assert "install the driver" in reason


def test_the_driver_is_too_old(machine: Callable[[Any], str]) -> None:
    reason = machine(fake_cupy(driver=CUDA_12_4))
    assert "driver supports CUDA 12.4" in reason
    assert "built for CUDA 13.2" in reason
    assert "pip install cupy-cuda12x" in reason


def test_an_older_driver_of_the_same_major_version_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(driver=CUDA_13_0))
    assert diagnosis.why_no_cupy() == ""


def test_there_is_no_device(machine: Callable[[Any], str]) -> None:
    assert "lists no GPU: is CUDA_VISIBLE_DEVICES empty?" in machine(fake_cupy(devices=0))


def test_the_runtime_raises_that_there_is_no_device(machine: Callable[[Any], str]) -> None:
    raising = fails("cudaErrorNoDevice: no CUDA-capable device is detected")
    assert "lists no GPU: is CUDA_VISIBLE_DEVICES empty?" in machine(fake_cupy(devices=raising))


def test_the_runtime_does_not_answer(machine: Callable[[Any], str]) -> None:
    reason = machine(fake_cupy(driver=fails("cudaErrorUnknown: unknown error")))
    assert "CUDA runtime does not answer: cudaErrorUnknown" in reason


def test_a_kernel_cannot_be_compiled(machine: Callable[[Any], str]) -> None:
    no_compiler = fails("libnvrtc.so.13: cannot open shared object file\nand much more")
    reason = machine(fake_cupy(ones=no_compiler))
    assert "cannot compute: RuntimeError: libnvrtc.so.13: cannot open shared" in reason
    assert "much more" not in reason
    assert "pip install 'cupy-cuda13x[ctk]'" in reason


def test_a_refusal_is_not_remembered_and_a_proof_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ones(*shape: Any) -> Any:
        asked.append("ones")
        if len(asked) == 1:
            raise RuntimeError("not yet")
        return np.ones(*shape)

    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(ones=ones))
    reasons = [bool(diagnosis.why_no_cupy()) for _ in range(4)]
    assert reasons == [True, False, False, False]
    assert len(asked) == 2


def test_tensors_fail_with_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(driver=0))
    for use in (lambda: tg.zeros(2, device="cuda"), lambda: tg.zeros(2).cuda()):
        with pytest.raises(backend.BackendError, match="no NVIDIA driver"):
            use()


# ---- the report ------------------------------------------------------------------------------


def test_the_report_says_what_works_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    rows = {what: (well, note) for what, well, note in diagnosis.report()}
    assert list(rows) == ["Python", "NumPy", "matplotlib", "rich", "pillow", "GPU"]
    assert rows["Python"][0]
    assert rows["NumPy"][0]
    assert np.__version__ in rows["NumPy"][1]
    assert "BLAS" in rows["NumPy"][1]
    well, note = rows["GPU"]
    assert not well
    assert "CuPy is not installed" in note


def test_the_report_names_the_gpu(cupy: backend.Backend) -> None:
    assert diagnosis.report()[-1] == ("GPU", True, f"stand-in, CuPy {standin.cupy.__version__}")


def test_the_report_names_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(package: str) -> str:
        raise diagnosis.importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(diagnosis.importlib.metadata, "version", version)
    rows = {what: (well, note) for what, well, note in diagnosis.report()}
    assert rows["rich"] == (False, "not installed: pip install rich")


def test_the_report_is_a_command() -> None:
    command = [sys.executable, "-W", "error", "-m", "tinygen.backend"]
    finished = subprocess.run(command, capture_output=True, text=True)
    assert finished.returncode == 0
    lines = finished.stdout.splitlines()
    assert [line[3:15].strip() for line in lines][:2] == ["Python", "NumPy"]
    assert all(line[:3] in ("ok ", "-- ") for line in lines)
