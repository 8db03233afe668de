"""Anomaly mode names the op and the line at which a value went wrong."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import tinygen as tg
from tinygen.autograd import AnomalyError

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's own, of the same NaN


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(np.array(values), requires_grad=True)


def line() -> int:
    """The line this is called from."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_the_first_nan_names_its_op_and_line() -> None:
    x = leaf(1.0, -1.0)
    here = line() + 2
    with tg.anomaly_mode(), pytest.raises(AnomalyError) as caught:
        tg.log(x)
    assert "<Log> made NaN out of finite inputs" in str(caught.value)
    assert f"test_anomaly.py:{here})" in str(caught.value)


def test_the_first_infinity_names_its_op() -> None:
    with tg.anomaly_mode(), pytest.raises(AnomalyError, match="<Exp> made an infinity"):
        (leaf(1000.0) * 2).exp().sin()


def test_a_backward_nan_names_the_op_and_the_line_of_its_forward() -> None:
    x = leaf(0.0)
    with tg.anomaly_mode():
        here, root = line(), tg.sqrt(x)
        y = (root * 0).sum()
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    assert "the gradient of <Sqrt> is NaN" in str(caught.value)
    assert f"test_anomaly.py:{here})" in str(caught.value)
    assert x.grad is None


def test_a_backward_infinity_is_found() -> None:
    with tg.anomaly_mode():
        y = tg.sqrt(leaf(0.0)).sum()
        with pytest.raises(AnomalyError, match="the gradient of <Sqrt> is an infinity"):
            y.backward()


def test_a_nan_in_a_recorded_walk_is_found() -> None:
    x = leaf(0.0)
    with tg.anomaly_mode():
        y = (tg.sqrt(x) * 0).sum()
        with pytest.raises(AnomalyError, match="NaN"):
            tg.grad(y, x, create_graph=True)


def test_values_that_were_never_finite_are_no_anomaly() -> None:
    missing = tg.tensor([np.nan, 1.0])
    scores, hidden = tg.tensor([1.0, 2.0]), tg.tensor([True, False])
    with tg.anomaly_mode():
        assert bool(tg.isnan(missing * 2)[0])
        masked = scores.masked_fill(hidden, -float("inf"))
        np.testing.assert_array_equal(tg.exp(masked - 2.0).numpy(), [0.0, 1.0])


def test_a_write_to_a_raw_array_is_found() -> None:
    x = leaf(2.0)
    with tg.anomaly_mode():
        y = (x * x).sum()
        x.data[0] = 5.0
        with pytest.raises(RuntimeError, match=r"raw array .*<Mul>.*written to.*anomaly"):
            y.backward()


def test_a_write_through_numpy_is_found() -> None:
    constant, w = tg.tensor([2.0]), tg.tensor([3.0], requires_grad=True)
    with tg.anomaly_mode():
        y = (w * constant).sum()
        constant.numpy()[0] = 5.0
        with pytest.raises(RuntimeError, match="written to after the forward pass"):
            y.backward()


def test_a_write_to_an_output_is_found() -> None:
    with tg.anomaly_mode():
        y = leaf(2.0).exp()
        y.data[0] = 5.0
        with pytest.raises(RuntimeError, match="<Exp>.*written to"):
            y.sum().backward()


def test_other_messages_name_the_line_as_well() -> None:
    x = leaf(2.0)
    with tg.anomaly_mode():
        here, y = line(), (x * x)
        x.detach().zero_()
        with pytest.raises(RuntimeError, match=rf"in place.*test_anomaly\.py:{here}"):
            y.sum().backward()


def test_a_healthy_step_gives_the_same_gradient() -> None:
    x = leaf(2.0)
    with tg.anomaly_mode():
        (x**3).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [12.0])


def test_the_mode_ends_with_its_block() -> None:
    with pytest.raises(AnomalyError), tg.anomaly_mode():
        tg.log(leaf(-1.0))
    assert np.isnan(tg.log(leaf(-1.0)).item())


def test_the_mode_can_be_switched_off_inside() -> None:
    with tg.anomaly_mode(), tg.anomaly_mode(False):
        assert np.isnan(tg.log(leaf(-1.0)).item())


@pytest.mark.parametrize("function", [tg.exp, tg.sqrt, tg.tanh])
def test_a_scalar_that_nobody_wrote_to_is_no_anomaly(function) -> None:
    x = tg.tensor(1.0, requires_grad=True)
    with tg.anomaly_mode():
        function(x).backward()
    assert x.grad.shape == ()
