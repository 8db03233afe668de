"""Random numbers: the same bits everywhere, a small state, the right moments."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np
import pytest

import tinygen as tg
from tests import standin
from tinygen import backend
from tinygen.backend import random
from tinygen.backend.random import Noise

needs_compiler = pytest.mark.skipif(
    not standin.compiler.is_available(), reason="kernels run on the host only through g++"
)
KEYS = [0, 1, 2**63 + 5, 2**64 - 1]
COUNTERS = [0, 1, 2**63 + 5, 2**64 - 3]  # the last one overflows into the second word
SIZES = [0, 1, 2, 7, 8, 9, 1001]


@pytest.fixture(autouse=True)
def _keep_the_process_state() -> Iterator[None]:
    before = tg.get_rng_state()
    yield
    tg.set_rng_state(before)


# ---- the stream ------------------------------------------------------------------------------


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("key", KEYS)
def test_both_backends_yield_the_bits_of_numpys_philox(
    key: int, counter: int, dtype: type, cupy: backend.Backend
) -> None:
    for size in SIZES:
        generator = np.random.Generator(np.random.Philox(key=key, counter=counter))
        expected = generator.random(size, dtype=dtype).tobytes()
        for on in (backend.get(), cupy):
            drawn = Noise(key, counter).uniform((size,), dtype, on)
            assert backend.of(drawn) is on
            assert drawn.dtype == dtype
            assert on.to_numpy(drawn).tobytes() == expected


@needs_compiler
def test_plain_code_yields_the_same_bits_on_a_gpu(cupy: backend.Backend) -> None:
    kernel = cupy.to_numpy(Noise(3).uniform((100,), np.float32, cupy))
    with tg.plain():
        plain = cupy.to_numpy(Noise(3).uniform((100,), np.float32, cupy))
    assert kernel.tobytes() == plain.tobytes()


def test_the_state_is_two_integers(on: backend.Backend) -> None:
    noise = Noise(key=7, counter=3)
    noise.uniform((2, 5), np.float32, on)
    state = noise.state()
    assert set(state) == {"key", "counter"}
    assert all(type(value) is int for value in state.values())
    assert state["key"] == 7


@pytest.mark.parametrize(("size", "dtype", "blocks"), [
    (0, np.float32, 0), (1, np.float32, 1), (8, np.float32, 1), (9, np.float32, 2),
    (4, np.float64, 1), (5, np.float64, 2),
])  # fmt: skip
def test_a_draw_moves_on_by_whole_blocks_of_256_bits(size: int, dtype: type, blocks: int) -> None:
    noise = Noise(0, counter=10)
    noise.uniform((size,), dtype)
    assert noise.counter == 10 + blocks


def test_whole_blocks_drawn_apart_are_drawn_together(on: backend.Backend) -> None:
    whole = on.to_numpy(Noise(5).uniform((24,), np.float32, on))
    parts = Noise(5)
    pieces = [on.to_numpy(parts.uniform((n,), np.float32, on)) for n in (8, 16)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_a_loaded_state_goes_on_where_it_was_saved(on: backend.Backend) -> None:
    noise = Noise(5)
    noise.normal((11,), np.float32, on)
    saved = json.loads(json.dumps(noise.state()))
    expected = on.to_numpy(noise.normal((5,), np.float32, on))
    other = Noise(0)
    other.load(saved)
    np.testing.assert_array_equal(on.to_numpy(other.normal((5,), np.float32, on)), expected)


def test_integers_are_not_drawn_from_the_noise() -> None:
    with pytest.raises(TypeError, match="float32 or float64, not int64"):
        Noise(0).uniform((2,), np.int64)


# ---- moments ---------------------------------------------------------------------------------

COUNT = 200_000


@pytest.fixture(scope="module", params=["float32", "float64"])
def uniform(request: pytest.FixtureRequest) -> np.ndarray:
    return Noise(key=11).uniform((COUNT,), request.param).astype(np.float64)


@pytest.fixture(scope="module", params=["float32", "float64"])
def normal(request: pytest.FixtureRequest) -> np.ndarray:
    return Noise(key=12).normal((COUNT,), request.param).astype(np.float64)


def assert_mean(samples: np.ndarray, expected: float, variance: float) -> None:
    """The mean of samples of a known variance, within four standard errors."""
    assert abs(samples.mean() - expected) < 4 * math.sqrt(variance / samples.size)


def test_uniform_numbers_lie_in_the_unit_interval(uniform: np.ndarray) -> None:
    assert 0 <= uniform.min() < 1e-3
    assert 1 - 1e-3 < uniform.max() < 1


def test_moments_of_the_uniform_distribution(uniform: np.ndarray) -> None:
    for power in (1, 2, 3):  # E[u^k] = 1/(k+1), V[u^k] = 1/(2k+1) - 1/(k+1)^2
        mean = 1 / (power + 1)
        assert_mean(uniform**power, mean, 1 / (2 * power + 1) - mean**2)


def test_uniform_numbers_fill_their_bins_evenly(uniform: np.ndarray) -> None:
    bins = 50
    counts = np.bincount((uniform * bins).astype(int), minlength=bins)
    chi_squared = float(((counts - COUNT / bins) ** 2 / (COUNT / bins)).sum())
    assert abs(chi_squared - (bins - 1)) < 4 * math.sqrt(2 * (bins - 1))


def test_neighbours_do_not_depend_on_each_other(uniform: np.ndarray, normal: np.ndarray) -> None:
    assert_mean((uniform[1:] - 0.5) * (uniform[:-1] - 0.5), 0.0, (1 / 12) ** 2)
    assert_mean(normal[1:] * normal[:-1], 0.0, 1.0)


def test_the_two_halves_of_a_normal_draw_do_not_depend_on_each_other(normal: np.ndarray) -> None:
    """They share radius and angle (Box and Muller), which must not be seen."""
    first, second = normal[: COUNT // 2], normal[COUNT // 2 :]
    assert_mean(first * second, 0.0, 1.0)
    assert_mean((first**2 - 1) * (second**2 - 1), 0.0, 4.0)


def test_moments_of_the_normal_distribution(normal: np.ndarray) -> None:
    moments = {1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0, 6: 15.0, 8: 105.0}
    for power in (1, 2, 3, 4):
        variance = moments[2 * power] - moments[power] ** 2
        assert_mean(normal**power, moments[power], variance)


def test_normal_numbers_are_box_and_mullers_of_the_uniform_ones(on: backend.Backend) -> None:
    count = 501
    first, second = Noise(7).uniform((2 * count,), np.float64).reshape(2, count)
    expected = [
        math.sqrt(-2 * math.log(1 - u)) * wave(2 * math.pi * v)
        for wave in (math.cos, math.sin)
        for u, v in zip(first.tolist(), second.tolist(), strict=True)
    ]
    drawn = on.to_numpy(Noise(7).normal((2 * count,), np.float64, on))
    np.testing.assert_allclose(drawn, expected, rtol=1e-12, atol=1e-15)


def test_normal_numbers_reach_into_the_tails(normal: np.ndarray) -> None:
    beyond = (np.abs(normal) > 3).astype(float)
    expected = math.erfc(3 / math.sqrt(2))
    assert_mean(beyond, expected, expected * (1 - expected))
    assert np.isfinite(normal).all()


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3, 5), (0, 4)])
def test_normal_numbers_have_their_shape(shape: tuple[int, ...], on: backend.Backend) -> None:
    drawn = Noise(0).normal(shape, np.float32, on)
    assert (drawn.shape, drawn.dtype) == (shape, np.float32)


# ---- the process -----------------------------------------------------------------------------


def draw_everything() -> list[object]:
    """One draw from each kind of source."""
    return [
        tg.rand(5).tolist(),
        tg.randn(5).tolist(),
        tg.randint(100, size=(5,)).tolist(),
        tg.randperm(5).tolist(),
        random.host.standard_normal(),
    ]


def test_a_seed_repeats_everything() -> None:
    draws = []
    for seed in (3, 4, 3):
        tg.manual_seed(seed)
        draws.append(draw_everything())
    assert draws[0] == draws[2]
    assert all(a != b for a, b in zip(draws[0], draws[1], strict=True))


def test_seeding_keeps_the_generators_themselves() -> None:
    host, noise = random.host, random.noise
    tg.manual_seed(3)
    assert random.host is host
    assert random.noise is noise


def test_a_seed_means_the_same_on_every_device(cupy: backend.Backend) -> None:
    drawn = {}
    for device in ("cpu", "cuda"):
        tg.manual_seed(5)
        uniform = tg.rand(1001, device=device)
        normal = tg.randn(1001, device=device)
        whole = tg.randint(1000, size=(9,), device=device)
        drawn[device] = [t.numpy() for t in (uniform, normal, whole)]
    np.testing.assert_array_equal(drawn["cpu"][0], drawn["cuda"][0])
    np.testing.assert_allclose(drawn["cpu"][1], drawn["cuda"][1], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(drawn["cpu"][2], drawn["cuda"][2])


def test_weights_and_noise_are_separate_streams() -> None:
    tg.manual_seed(5)
    expected = random.host.standard_normal(4).tolist()
    tg.manual_seed(5)
    tg.randn(100)  # noise at some step
    assert random.host.standard_normal(4).tolist() == expected


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative integer, got -1"):
        tg.manual_seed(-1)


def test_the_state_goes_through_json_and_back() -> None:
    tg.manual_seed(9)
    draw_everything()
    saved = json.dumps(tg.get_rng_state())
    expected = draw_everything()
    tg.manual_seed(0)
    tg.set_rng_state(json.loads(saved))
    assert draw_everything() == expected


def test_a_saved_state_does_not_move_with_the_generators() -> None:
    tg.manual_seed(9)
    state = tg.get_rng_state()
    before = json.dumps(state)
    draw_everything()
    assert json.dumps(state) == before
