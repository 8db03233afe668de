"""Work shared among threads, and the BLAS setting that is given back."""

from __future__ import annotations

import contextlib
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygen as tg
from tinygen.fast import blas, products, threads
from tinygen.fast.choices import PARALLEL_ELEMENTS, PRODUCTS_APART, SCRATCH_BYTES
from tinygen.fast.scratch import scratch
from tinygen.fast.threads import in_parts, parts, product_is_ours, sum_of_parts


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A BLAS whose number of threads is 3, and all numbers it was set to."""
    numbers = [3]
    monkeypatch.setattr(blas, "_controls", lambda: (lambda: numbers[-1], numbers.append))
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 8)
    monkeypatch.setattr(threads._here, "products", PRODUCTS_APART)
    return numbers


def test_the_pieces_make_up_the_whole(setting: list[int]) -> None:
    seen: list[tuple[int, int]] = []
    in_parts(lambda some: seen.append((some.start, some.stop)), 10, PARALLEL_ELEMENTS, leads=True)
    assert sorted(seen) == [(0, 3), (3, 6), (6, 10)]
    assert setting == [3, 1, 3]


def test_little_work_is_done_by_the_caller_alone(setting: list[int]) -> None:
    callers: list[str] = []
    in_parts(lambda _: callers.append(threading.current_thread().name), 10, 1000, leads=True)
    assert callers == [threading.current_thread().name]
    assert setting == [3, 1, 3]


def test_without_a_convolution_products_and_the_rest_are_left_to_blas(setting: list[int]) -> None:
    callers: list[str] = []
    in_parts(lambda _: callers.append(threading.current_thread().name), 10, 10**9)
    assert callers == [threading.current_thread().name]
    assert setting == [3]
    assert not product_is_ours()


def test_after_a_convolution_everything_is_shared_for_a_while(setting: list[int]) -> None:
    in_parts(lambda _: None, 10, 10**9, leads=True)
    seen: list[slice] = []
    in_parts(seen.append, 10, 10**9)
    assert len(seen) == 3
    assert [product_is_ours() for _ in range(PRODUCTS_APART)].count(True) == PRODUCTS_APART - 1
    in_parts(seen.append, 10, 10**9)
    assert seen[-1] == slice(0, 10)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_a_shared_product_is_the_product(rows: int, inner: int, columns: int, turned: bool) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(rows, inner)), rng.normal(size=(inner, columns))
    if turned:
        a, b = np.asfortranarray(a), np.asfortranarray(b)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "PARALLEL_PRODUCT", 0)
        patch.setattr(threads, "PRODUCTS_APART", float("inf"))
        patch.setattr(threads, "parts", lambda elements, most: min(3, most))
        np.testing.assert_allclose(products.matmul(a, b), a @ b, rtol=1e-12)


def test_sums_are_added_in_the_order_of_the_pieces(setting: list[int]) -> None:
    numbers = np.array([1e16, 1.0, -1e16])

    def work(some: slice) -> np.ndarray:
        time.sleep(0.01 * (3 - some.start))  # the first is the last to end
        return numbers[some].copy()

    assert sum_of_parts(work, 3, 10**9, leads=True)[0] == (1e16 + 1.0) - 1e16
    both = sum_of_parts(lambda some: (numbers[some].copy(), np.ones(1)), 3, 10**9)
    assert [part[0] for part in both] == [(1e16 + 1.0) - 1e16, 3]


def test_the_user_can_forbid_threads_by_the_blas_setting(setting: list[int]) -> None:
    setting.append(1)
    assert parts(10**9, 100) == 1


def test_a_blas_that_cannot_be_told_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_controls", lambda: None)
    assert blas.threads() is None
    assert parts(10**9, 100) == 1
    with blas.single_threaded():
        pass


def test_parts_are_not_divided_again(setting: list[int]) -> None:
    inner: list[int] = []
    in_parts(lambda _: inner.append(parts(10**9, 100)), 9, 10**9, leads=True)
    assert inner == [1, 1, 1]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_exception_arrives_and_the_setting_comes_back(setting: list[int], failing: int) -> None:
    def work(some: slice) -> None:
        if some.start == failing:
            raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        in_parts(work, 3, 10**9, leads=True)
    assert setting == [3, 1, 3]
    in_parts(lambda _: None, 3, 10**9)


def test_the_last_of_several_threads_gives_the_setting_back(setting: list[int]) -> None:
    with blas.single_threaded():
        with blas.single_threaded():
            assert setting == [3, 1]
            assert blas.threads() == 3
        assert setting == [3, 1]
    assert setting == [3, 1, 3]


def test_numpys_error_settings_hold_in_all_parts(setting: list[int]) -> None:
    numbers = np.zeros(3)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        in_parts(lambda some: 1 / numbers[some], 3, 10**9, leads=True)


def test_two_threads_may_train_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = blas.threads()
    shared: list[str] = []
    single_threaded = blas.single_threaded

    def watched() -> contextlib.AbstractContextManager[None]:
        shared.append(threading.current_thread().name)
        return single_threaded()

    monkeypatch.setattr(blas, "single_threaded", watched)
    monkeypatch.setattr(threads, "parts", lambda elements, most: min(2, most))
    losses: dict[str, list[float]] = {}

    def train(name: str) -> None:
        rng = np.random.default_rng(0)
        layer = tg.nn.LSTM(5, 16)
        with tg.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(tg.tensor(rng.normal(size=parameter.shape).astype(np.float32)))
        optimizer = tg.optim.SGD(layer.parameters(), lr=1e-3)
        x = tg.tensor(rng.normal(size=(9, 32, 5)).astype(np.float32))
        losses[name] = []
        for _ in range(5):
            loss = (layer(x)[0] ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[name].append(loss.item())

    workers = [threading.Thread(target=train, args=(name,), name=name) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    train("alone")
    np.testing.assert_allclose(losses["a"], losses["alone"], rtol=1e-5)
    np.testing.assert_allclose(losses["b"], losses["alone"], rtol=1e-5)
    assert {"a", "b"} <= set(shared)
    assert blas.threads() == before


# ---- scratch memory ----------------------------------------------------------------------------


def test_scratch_memory_is_used_again_for_the_same_use() -> None:
    first = scratch("test", (3, 4), np.dtype(np.float64))
    second = scratch("test", (2, 5), np.dtype(np.float32))
    assert first.shape == (3, 4)
    assert second.dtype == np.float32
    assert np.shares_memory(first, second)
    assert not np.shares_memory(first, scratch("test other", (3, 4), np.dtype(np.float64)))


def test_large_scratch_memory_is_not_kept() -> None:
    size = SCRATCH_BYTES // 4 + 1
    large = scratch("test large", (size,), np.dtype(np.float32))
    assert not np.shares_memory(large, scratch("test large", (size,), np.dtype(np.float32)))


def test_every_thread_has_scratch_memory_of_its_own() -> None:
    mine = scratch("test", (10,), np.dtype(np.float32))
    theirs: list[np.ndarray] = []
    worker = threading.Thread(
        target=lambda: theirs.append(scratch("test", (10,), np.dtype(np.float32)))
    )
    worker.start()
    worker.join()
    assert not np.shares_memory(mine, theirs[0])
