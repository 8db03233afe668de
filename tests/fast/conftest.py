"""Fixtures of the fast kernels' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import standin
from tests.conftest import CHOSEN
from tinygen import backend as backends


@pytest.fixture(params=[name for name in CHOSEN if name != "numpy"], scope="module")
def gpu(request: pytest.FixtureRequest) -> Iterator[backends.Backend]:
    """CuPy's backend, on the stand-in or on a GPU, as ``TINYGEN_BACKENDS`` says."""
    if request.param == "cupy":
        yield backends.get("cupy")
        return
    standin.install()
    yield backends.get("cupy")
    standin.uninstall()
