"""Saving and loading: names, layouts, and all or nothing."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import normal, values
from tinygen import nn


def network():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Dense(8, 3))


STATE = {
    "0.weight": (2, 1, 3, 3),
    "0.bias": (2,),
    "1.weight": (2,),
    "1.bias": (2,),
    "1.running_mean": (2,),
    "1.running_var": (2,),
    "1.num_batches_tracked": (),
    "3.weight": (3, 8),
    "3.bias": (3,),
}


def test_a_state_has_pytorchs_names_and_shapes_in_order():
    state = network().state_dict()

    assert {name: array.shape for name, array in state.items()} == STATE
    assert list(state) == list(STATE)
    assert {name: str(a.dtype) for name, a in state.items()} == {
        name: "int64" if name.endswith("tracked") else "float32" for name in STATE
    }


def test_a_state_is_made_of_copies_on_the_host_in_c_order(backend):
    model = network().to(backend.device)
    layer = model[0]
    layer.weight.data = backend.xp.asarray(layer.weight.data.transpose(0, 1, 3, 2))

    state = model.state_dict()

    assert all(type(a) is np.ndarray and a.flags.c_contiguous for a in state.values())
    np.testing.assert_array_equal(state["0.weight"], values(layer.weight))
    state["3.bias"][:] = 7
    assert (values(model[3].bias) != 7).all()


def test_a_state_is_loaded_into_the_memory_that_is_there(backend, rng):
    source, target = network(), network().to(backend.device)
    target[0].weight.requires_grad_(False)
    arrays = [p.data for p in target.parameters()]
    x = normal(rng, 2, 1, 4, 4, dtype=np.float32)

    result = target.load_state_dict(source.state_dict())

    assert result == ([], [])
    assert all(p.data is a for p, a in zip(target.parameters(), arrays, strict=True))
    assert [p.requires_grad for p in target.parameters()][:2] == [False, True]
    np.testing.assert_allclose(
        values(target.eval()(x.to(backend.device))), values(source.eval()(x)), rtol=1e-5, atol=1e-6
    )


def test_values_are_converted_to_the_models_dtype():
    model = network()
    wide = {name: array.astype(np.float64) for name, array in model.state_dict().items()}

    model.load_state_dict(wide)

    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert model[1].num_batches_tracked.dtype == np.int64


def test_tensors_are_loaded_as_arrays_are():
    model = network()
    state = {name: tg.tensor(array) + 1 for name, array in model.state_dict().items()}

    model.load_state_dict(state)

    for name, array in model.state_dict().items():
        np.testing.assert_array_equal(array, state[name].numpy())


@pytest.mark.parametrize("strict", [True, False])
def test_loading_tells_a_waiting_backward_that_weights_changed(strict):
    model = network()
    loss = model(tg.ones(2, 1, 4, 4)).square().sum()

    model.load_state_dict(model.state_dict(), strict)

    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


# ---- what does not fit -------------------------------------------------------------------------


def spoilt_state():
    """One name missing, two unexpected."""
    state = {name: array + 1 for name, array in network().state_dict().items()}
    del state["3.bias"]
    return {**state, "4.weight": np.zeros(1), "extra": np.zeros(2)}


def unchanged(model, before):
    return all((array == before[name]).all() for name, array in model.state_dict().items())


def test_strict_loading_names_every_fault_and_changes_nothing():
    model = network()
    before = model.state_dict()
    state = spoilt_state()
    state["0.weight"] = np.zeros((2, 3, 3, 3))
    state["1.bias"] = np.zeros(5)

    with pytest.raises(ValueError, match="Sequential, nothing was loaded") as caught:
        model.load_state_dict(state)

    lines = str(caught.value).splitlines()[1:]
    assert [line.strip() for line in lines] == [
        "0.weight: shape (2, 3, 3, 3), wanted (2, 1, 3, 3)",
        "1.bias: shape (5,), wanted (2,)",
        "3.bias: missing",
        "4.weight: not part of this model",
        "extra: not part of this model",
    ]
    assert unchanged(model, before)


def test_loose_loading_takes_what_fits_and_lists_the_rest():
    model = network()
    before, state = model.state_dict(), spoilt_state()

    result = model.load_state_dict(state, strict=False)

    assert result.missing_keys == ["3.bias"]
    assert result.unexpected_keys == ["4.weight", "extra"]
    after = model.state_dict()
    np.testing.assert_array_equal(after["3.bias"], before["3.bias"])
    np.testing.assert_array_equal(after["0.weight"], state["0.weight"])


def test_loose_loading_refuses_wrong_shapes_all_the_same():
    model = network()
    before = model.state_dict()

    with pytest.raises(ValueError, match=r"3.weight: shape \(8, 3\), wanted \(3, 8\)"):
        model.load_state_dict({"0.bias": np.ones(2), "3.weight": np.ones((8, 3))}, strict=False)
    assert unchanged(model, before)


def test_values_that_are_no_numbers_change_nothing():
    model = network()
    before = model.state_dict()
    state = {name: array + 1 for name, array in before.items()}
    state["3.bias"] = np.array(["a", "b", "c"])

    with pytest.raises(ValueError, match="could not convert"):
        model.load_state_dict(state)
    assert unchanged(model, before)


def test_a_shared_module_is_saved_under_each_of_its_names():
    shared = nn.Dense(2, 2, bias=False)
    model = nn.Sequential(shared, shared)

    state = model.state_dict()

    assert list(state) == ["0.weight", "1.weight"]
    model.load_state_dict({name: array * 0 for name, array in state.items()})
    np.testing.assert_array_equal(values(shared.weight), np.zeros((2, 2)))
