"""Fixtures of the backend tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests import standin
from tinygen import backend as backends


@pytest.fixture
def cupy() -> Iterator[backends.Backend]:
    """The CuPy backend, on the stand-in."""
    was_there = sys.modules.get("cupy") is standin.cupy
    standin.install()
    yield backends.get("cupy")
    if not was_there:
        standin.uninstall()


@pytest.fixture(params=["numpy", "cupy"])
def on(request: pytest.FixtureRequest) -> backends.Backend:
    """Each backend in turn."""
    return request.getfixturevalue("cupy") if request.param == "cupy" else backends.get()
