"""The sources that NVRTC gets to see."""

from __future__ import annotations

from tests.nvrtc.sources import kernels, sources
from tinygen.fast.cuda.writing import Elementwise, Raw, Summed


def test_all_kernels_are_found() -> None:
    found = kernels()
    assert len({kernel.name for kernel in found}) == len(found)
    for kind in (Elementwise, Raw, Summed):
        assert any(isinstance(kernel, kind) for kernel in found)


def test_every_kernel_is_a_function_for_both_dtypes() -> None:
    for kernel in kernels():
        texts = list(sources(kernel))
        assert all(f"__global__ void {kernel.name}(" in text for text in texts)
        for real in ("float", "double"):
            assert any(f"typedef {real} " in text for text in texts)
