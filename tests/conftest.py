"""What all tests share: the backends they run on, and how hypothesis draws.

``TINYGEN_BACKENDS`` names the backends: ``numpy``, ``standin`` (a strict stand-in for CuPy, for
machines without a GPU) and ``cupy``. On a machine with a GPU:

    TINYGEN_BACKENDS=cupy python -m pytest tests/ops tests/nn
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import standin
from tinygen import backend as backends

settings.register_profile(
    "tinygen",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=10,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tinygen")

CHOSEN = os.environ.get("TINYGEN_BACKENDS", "numpy,standin").split(",")


@pytest.fixture(params=CHOSEN, scope="module")
def backend(request: pytest.FixtureRequest) -> Iterator[backends.Backend]:
    """Each backend in turn."""
    if request.param == "standin":
        standin.install()
        yield backends.get("cupy")
        standin.uninstall()
    else:
        yield backends.get(request.param)
