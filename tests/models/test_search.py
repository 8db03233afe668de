"""Codes go downhill, each for itself, and nothing else moves."""

from __future__ import annotations

import numpy as np

import tinygen as tg
from tinygen.models.search import search_codes

LOWEST = np.array([[1.0, -2.0], [0.5, 3.0]], np.float32)


def bowl(codes):
    return ((codes - tg.tensor(LOWEST, device=codes.device)) ** 2).sum(1)


def test_codes_come_to_the_bottom_of_a_bowl(backend):
    start = tg.zeros(2, 2, device=backend.device)

    found = search_codes(bowl, start, steps=500)

    np.testing.assert_allclose(found.numpy(), LOWEST, atol=1e-2)
    np.testing.assert_array_equal(start.numpy(), 0)
    assert found.device == start.device
    assert not found.requires_grad


def test_each_goes_its_own_way():
    together = search_codes(bowl, tg.zeros(2, 2), steps=7)

    def one(codes):
        return ((codes - tg.tensor(LOWEST[:1])) ** 2).sum(1)

    alone = search_codes(one, tg.zeros(1, 2), steps=7)
    np.testing.assert_allclose(together.numpy()[:1], alone.numpy(), rtol=1e-6)


def test_it_needs_no_recording_and_gives_no_gradient_to_anything_else():
    weight = tg.tensor([2.0], requires_grad=True)

    with tg.no_grad():
        found = search_codes(lambda codes: bowl(codes * weight), tg.zeros(2, 2), steps=300, lr=0.05)

    np.testing.assert_allclose(found.numpy(), LOWEST / 2, atol=0.05)
    assert weight.grad is None


def test_without_steps_codes_stay():
    start = tg.rand(2, 2)
    np.testing.assert_array_equal(search_codes(bowl, start, steps=0).numpy(), start.numpy())
