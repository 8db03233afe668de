"""Fixtures of the autograd tests."""

from __future__ import annotations

import gc
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


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Only reference counts free memory: a cycle would keep its objects alive."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
