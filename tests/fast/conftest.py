"""Fixtures of the fast kernels' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import standin
from tests.conftest import CHOSEN
from tinygen import backend as backends
from tinygen.fast import threads


@pytest.fixture(params=[name for name in CHOSEN if name != "numpy"], scope="module")
def gpu(request: pytest.FixtureRequest) -> Iterator[backends.Backend]:
    """CuPy's backend, on the stand-in or on a GPU, as ``TINYGEN_BACKENDS`` says."""
    if request.param == "cupy":
        yield backends.get("cupy")
        return
    standin.install()
    yield backends.get("cupy")
    standin.uninstall()


@pytest.fixture
def three_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest work is shared, as in a network that convolves, among three threads."""
    monkeypatch.setattr(threads, "PRODUCTS_APART", float("inf"))
    monkeypatch.setattr(
        threads, "parts", lambda elements, most: 1 if threads._here.inside else min(3, max(most, 1))
    )
