"""Every CUDA kernel compiles for every GPU that is meant, without a warning."""

from __future__ import annotations

import pytest

from tests.nvrtc import nvrtc
from tests.nvrtc.sources import PRELUDE, kernels, sources
from tinygen.fast.cuda.writing import Elementwise, Raw, Summed

if nvrtc.library() is None:
    pytest.skip(nvrtc.INSTALL, allow_module_level=True)

GPUS = {"sm_75": "Turing, 2018", "sm_90": "Hopper, 2022", "sm_100": "Blackwell, 2024"}


@pytest.mark.parametrize("architecture", GPUS)
@pytest.mark.parametrize("kernel", kernels(), ids=lambda kernel: kernel.name)
def test_a_kernel_compiles(kernel: Elementwise | Summed | Raw, architecture: str) -> None:
    if architecture == "sm_100" and nvrtc.version() < (12, 8):
        pytest.skip(f"NVRTC {nvrtc.version()} is older than the GPUs of compute capability 10.0")
    for source in sources(kernel):
        assert nvrtc.compile_for(architecture, source, f"{kernel.name}.cu") == ""


def test_a_fault_is_found_and_its_line_named() -> None:
    fault = 'extern "C" __global__ void f(float *x)\n{\n  x[0] = undeclared;\n}'
    said = nvrtc.compile_for("sm_90", PRELUDE + fault, "fault.cu")
    line = (PRELUDE + fault).splitlines().index("  x[0] = undeclared;") + 1
    assert f"fault.cu({line}): error" in said
    assert "undeclared" in said
