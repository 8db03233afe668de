"""Recording or not: blocks, decorators, nesting, and each thread for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

import tinygen as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


def in_threads(*work: Callable[[], None]) -> None:
    """Run at the same time; raise what any of them raised."""
    errors: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    if errors:
        raise errors[0]


def test_nothing_is_recorded_inside_no_grad() -> None:
    x = leaf(2.0)
    with tg.no_grad():
        assert not tg.is_grad_enabled()
        assert not (x * x).requires_grad
    assert tg.is_grad_enabled()
    assert (x * x).requires_grad


def test_no_grad_decorates_a_function() -> None:
    @tg.no_grad()
    def square(x: tg.Tensor) -> tg.Tensor:
        return x * x

    assert not square(leaf(2.0)).requires_grad
    assert square.__name__ == "square"
    assert tg.is_grad_enabled()


def test_a_decorated_function_may_call_itself() -> None:
    @tg.no_grad()
    def power(x: tg.Tensor, n: int) -> tg.Tensor:
        return x if n == 1 else power(x, n - 1) * x

    assert power(leaf(2.0), 3).item() == 8.0
    assert tg.is_grad_enabled()


def test_blocks_nest() -> None:
    x = leaf(2.0)
    with tg.no_grad():
        with tg.enable_grad():
            assert (x * x).requires_grad
            with tg.set_grad_enabled(False):
                assert not (x * x).requires_grad
            assert (x * x).requires_grad
        assert not (x * x).requires_grad


def test_one_context_object_can_be_used_again() -> None:
    quiet = tg.no_grad()
    with quiet, quiet:
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()
    with quiet:
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_an_error_inside_ends_the_block() -> None:
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        raise ZeroDivisionError
    assert tg.is_grad_enabled()


def test_a_leaf_made_inside_no_grad_may_require_a_gradient() -> None:
    with tg.no_grad():
        x = leaf(2.0)
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4.0])


def test_backward_works_inside_no_grad() -> None:
    x = leaf(2.0)
    y = (x * x).sum()
    with tg.no_grad():
        y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4.0])


def test_create_graph_records_inside_no_grad() -> None:
    x = leaf(2.0)
    y = (x**3).sum()
    with tg.no_grad():
        (slope,) = tg.grad(y, x, create_graph=True)
        assert not tg.is_grad_enabled()
    np.testing.assert_array_equal(tg.grad(slope.sum(), x)[0].numpy(), [12.0])


# ---- threads ---------------------------------------------------------------------------------


def test_no_grad_in_one_thread_leaves_the_other_recording() -> None:
    inside, checked = threading.Event(), threading.Event()

    def quiet() -> None:
        with tg.no_grad():
            inside.set()
            assert checked.wait(10)
            assert not tg.is_grad_enabled()

    def recording() -> None:
        assert inside.wait(10)
        assert tg.is_grad_enabled()
        assert (leaf(1.0) * 2).requires_grad
        checked.set()

    in_threads(quiet, recording)


def test_one_decorator_serves_two_threads_at_once() -> None:
    recorder_in, quiet_in, recorder_out = (threading.Event() for _ in range(3))

    @tg.no_grad()
    def stay(entered: threading.Event, until: threading.Event) -> None:
        entered.set()
        assert until.wait(10)

    def recording() -> None:
        stay(recorder_in, quiet_in)
        recording_again = tg.is_grad_enabled()
        recorder_out.set()
        assert recording_again

    def quiet() -> None:
        assert recorder_in.wait(10)
        with tg.no_grad():
            stay(quiet_in, recorder_out)
            assert not tg.is_grad_enabled()

    in_threads(recording, quiet)


def test_plain_and_anomaly_modes_belong_to_their_thread() -> None:
    inside, checked = threading.Event(), threading.Event()

    def strict() -> None:
        with tg.anomaly_mode(), tg.plain():
            inside.set()
            assert checked.wait(10)

    def lenient() -> None:
        assert inside.wait(10)
        assert tg.where(tg.tensor([True]), tg.tensor([1.0]) * float("inf"), 0.0).item() > 0
        checked.set()

    in_threads(strict, lenient)


def train(seed: int) -> list[float]:
    """A hundred steps of a two-layer network by hand; what the losses were."""
    generator = np.random.default_rng(seed)
    inputs, targets = generator.standard_normal((8, 4)), generator.standard_normal((8, 1))
    first = tg.tensor(generator.standard_normal((4, 6)), requires_grad=True)
    second = tg.tensor(generator.standard_normal((6, 1)), requires_grad=True)
    losses = []
    for _ in range(100):
        error = tg.tanh(tg.tensor(inputs) @ first) @ second - tg.tensor(targets)
        loss = (error * error).mean()
        loss.backward()
        losses.append(loss.item())
        with tg.no_grad():
            for weight in (first, second):
                weight.sub_(0.05 * weight.grad)
                weight.grad = None
    return losses


def test_two_threads_train_as_if_each_were_alone() -> None:
    alone = [train(1), train(2)]
    together: dict[int, list[float]] = {}
    in_threads(
        lambda: together.update({1: train(1)}),
        lambda: together.update({2: train(2)}),
    )
    assert [together[1], together[2]] == alone
    assert alone[0][-1] < alone[0][0]
