"""Fixtures of the tensor tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests import standin


@pytest.fixture
def cuda() -> Iterator[str]:
    """The name of a second device: the stand-in for CuPy."""
    was_there = sys.modules.get("cupy") is standin.cupy
    standin.install()
    yield "cuda"
    if not was_there:
        standin.uninstall()


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    """Each device in turn."""
    return request.getfixturevalue("cuda") if request.param == "cuda" else "cpu"
