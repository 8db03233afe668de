"""What all optimizers share: groups, gradients, saving and loading, refusals."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygen as tg
from tinygen import backend

ALL = [
    (tg.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (tg.optim.Adagrad, {"lr": 0.1}),
    (tg.optim.RMSprop, {"lr": 0.1, "momentum": 0.9, "centered": True}),
    (tg.optim.Adam, {"lr": 0.1, "amsgrad": True}),
    (tg.optim.AdamW, {"lr": 0.1}),
    (tg.optim.Adadelta, {"lr": 1.0}),
]


def parameter(*shape, seed=0):
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return tg.tensor(values, requires_grad=True)


def give_gradients(params, seed):
    rng = np.random.default_rng(seed)
    for param in params:
        param.grad = tg.tensor(rng.normal(size=param.shape).astype(np.float32))


# ---- groups ----------------------------------------------------------------------------------


def test_a_group_takes_the_defaults_that_it_does_not_name():
    optimizer = tg.optim.SGD(
        [{"params": [parameter(2)]}, {"params": parameter(3), "lr": 0.5}], lr=0.1, momentum=0.9
    )

    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]
    assert [len(group["params"]) for group in optimizer.param_groups] == [1, 1]


def test_an_iterator_of_parameters_is_one_group():
    params = [parameter(2), parameter(3)]

    optimizer = tg.optim.Adam(iter(params))

    assert optimizer.param_groups[0]["params"] == params


def test_a_group_that_is_added_later_moves_too():
    first, second = parameter(2), parameter(2)
    optimizer = tg.optim.SGD([first], lr=1.0)
    optimizer.add_param_group({"params": [second], "lr": 0.5})
    before = second.detach().numpy().copy()

    second.grad = tg.tensor(np.ones(2, np.float32))
    optimizer.step()

    np.testing.assert_array_equal(second.detach().numpy(), before - np.float32(0.5))


def test_the_dict_of_a_group_is_not_written_to():
    given = {"params": [parameter(2)]}

    tg.optim.SGD([given], lr=0.1)

    assert list(given) == ["params"]


def test_numbers_of_numpy_become_numbers_of_python():
    options = {"lr": np.float64(0.1), "betas": (np.float64(0.8), np.float32(0.5))}

    group = tg.optim.Adam([parameter(2)], **options).param_groups[0]

    assert type(group["lr"]) is float
    assert [type(beta) for beta in group["betas"]] == [float, float]


def test_repr_shows_each_group_and_its_options():
    text = repr(tg.optim.SGD([parameter(2)], lr=0.25))

    assert text.startswith("SGD (")
    assert "Parameter Group 0" in text
    assert "lr: 0.25" in text


# ---- gradients and steps ---------------------------------------------------------------------


def test_zero_grad_forgets_or_clears():
    param = parameter(2)
    optimizer = tg.optim.SGD([param], lr=0.1)

    give_gradients([param], seed=1)
    optimizer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(param.grad.numpy(), [0.0, 0.0])
    optimizer.zero_grad()
    assert param.grad is None
    optimizer.zero_grad(set_to_none=False)
    assert param.grad is None


def test_zero_grad_cuts_a_gradient_from_its_graph():
    param = parameter(2)
    (param**3).sum().backward(create_graph=True)
    assert param.grad.grad_fn is not None

    tg.optim.SGD([param], lr=0.1).zero_grad(set_to_none=False)

    assert param.grad.grad_fn is None
    np.testing.assert_array_equal(param.grad.numpy(), [0.0, 0.0])


def test_momentum_moves_a_parameter_whose_gradient_is_zero_but_not_one_that_has_none():
    moving, resting = parameter(2), parameter(2)
    optimizer = tg.optim.SGD([moving, resting], lr=0.1, momentum=0.9)
    give_gradients([moving, resting], seed=1)
    optimizer.step()
    before = moving.detach().numpy().copy(), resting.detach().numpy().copy()

    moving.grad = tg.tensor(np.zeros(2, np.float32))
    resting.grad = None
    optimizer.step()

    assert (moving.detach().numpy() != before[0]).all()
    np.testing.assert_array_equal(resting.detach().numpy(), before[1])


def test_the_closure_is_evaluated_with_gradients_and_its_loss_returned():
    param = tg.tensor([2.0], requires_grad=True)
    optimizer = tg.optim.SGD([param], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (param * param).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        loss = optimizer.step(closure)

    assert loss.item() == 4.0
    assert param.item() == 1.0
    assert optimizer.step() is None


def test_a_parameter_that_asks_for_no_gradient_is_passed_over():
    frozen = tg.tensor([1.0])

    tg.optim.Adam([frozen]).step()

    assert frozen.item() == 1.0


def test_a_step_between_forward_and_backward_is_noticed():
    param = parameter(3)
    optimizer = tg.optim.SGD([param], lr=0.1)
    loss = (param * param).sum()
    give_gradients([param], seed=1)
    optimizer.step()

    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_steps_are_not_recorded():
    param = parameter(3)
    optimizer = tg.optim.Adam([param])
    give_gradients([param], seed=1)

    optimizer.step()

    assert param.is_leaf
    assert param.grad_fn is None


def test_a_gradient_of_another_shape_is_refused_and_not_broadcast():
    param = parameter(2, 3)

    with pytest.raises(ValueError, match=r"shape \(2, 3\), not \(3,\)"):
        param.grad = tg.tensor([1.0, 2.0, 3.0])


def test_an_optimizer_of_ones_own_needs_only_an_update():
    class SignDescent(tg.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        def update(self, theta, gradient, state, group):
            theta -= group["lr"] * backend.xp_of(theta).sign(gradient)

    param = tg.tensor([1.0, 1.0], requires_grad=True)
    param.grad = tg.tensor([7.0, -0.1])
    SignDescent([param], lr=0.5).step()

    np.testing.assert_array_equal(param.detach().numpy(), [0.5, 1.5])


def test_the_base_class_says_that_update_is_missing():
    class Nothing(tg.optim.Optimizer):
        pass

    param = parameter(2)
    give_gradients([param], seed=1)

    with pytest.raises(NotImplementedError, match="Nothing must define update"):
        Nothing([param], {}).step()


# ---- saving and loading ----------------------------------------------------------------------


def test_the_state_has_the_layout_of_pytorch():
    params = [parameter(2, 3), parameter(4), parameter(5)]
    optimizer = tg.optim.Adam([{"params": params[:2]}, {"params": params[2:], "lr": 0.5}])
    give_gradients([params[0], params[2]], seed=1)
    optimizer.step()

    saved = optimizer.state_dict()

    assert set(saved) == {"state", "param_groups"}
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
    assert [group["lr"] for group in saved["param_groups"]] == [1e-3, 0.5]
    assert set(saved["state"]) == {0, 2}
    assert set(saved["state"][0]) == {"step", "exp_avg", "exp_avg_sq"}
    assert saved["state"][0]["step"] == 1
    assert type(saved["state"][2]["exp_avg"]) is np.ndarray
    assert saved["state"][2]["exp_avg"].shape == (5,)
    json.dumps(saved["param_groups"])


@pytest.mark.parametrize(("optimizer", "options"), ALL[1:])
def test_steps_are_counted_for_each_parameter(optimizer, options):
    often, once = parameter(2), parameter(2)
    stepper = optimizer([often, once], **options)
    give_gradients([often, once], seed=1)
    stepper.step()
    once.grad = None
    stepper.step()

    saved = stepper.state_dict()["state"]
    assert [saved[index]["step"] for index in (0, 1)] == [2, 1]


def test_plain_gradient_descent_has_nothing_to_remember():
    param = parameter(2)
    optimizer = tg.optim.SGD([param], lr=0.1)
    give_gradients([param], seed=1)
    optimizer.step()

    assert optimizer.state_dict()["state"] == {}


@pytest.mark.parametrize(("optimizer", "options"), ALL)
def test_a_loaded_optimizer_goes_on_bit_for_bit(optimizer, options):
    params = [parameter(3, 4), parameter(4, seed=1)]
    stepper = optimizer(params, **options)
    for seed in range(3):
        give_gradients(params, seed)
        stepper.step()

    copies = [tg.tensor(param.detach().numpy().copy(), requires_grad=True) for param in params]
    fresh = optimizer(copies, lr=123.0)
    fresh.load_state_dict(stepper.state_dict())
    for seed in range(3, 6):
        for some, its in ((params, stepper), (copies, fresh)):
            give_gradients(some, seed)
            its.step()

    for param, duplicate in zip(params, copies, strict=True):
        np.testing.assert_array_equal(param.detach().numpy(), duplicate.detach().numpy())


@pytest.mark.parametrize(("optimizer", "options"), ALL)
def test_a_saved_state_does_not_change_with_later_steps(optimizer, options):
    param = parameter(3)
    stepper = optimizer([param], **options)
    give_gradients([param], seed=1)
    stepper.step()
    saved = stepper.state_dict()
    before = copy.deepcopy(saved)

    stepper.param_groups[0]["lr"] = 77.0
    stepper.step()

    assert saved["param_groups"] == before["param_groups"]
    for name, value in saved["state"][0].items():
        np.testing.assert_array_equal(value, before["state"][0][name])


def test_loading_copies():
    param = parameter(3)
    optimizer = tg.optim.Adam([param])
    give_gradients([param], seed=1)
    optimizer.step()
    saved = optimizer.state_dict()
    before = saved["state"][0]["exp_avg"].copy()

    optimizer.load_state_dict(saved)
    optimizer.step()

    np.testing.assert_array_equal(saved["state"][0]["exp_avg"], before)


def test_a_float64_state_is_loaded_in_the_dtype_of_the_parameter():
    param = parameter(3)
    optimizer = tg.optim.Adam([param])
    give_gradients([param], seed=1)
    optimizer.step()
    saved = optimizer.state_dict()
    saved["state"][0]["exp_avg"] = saved["state"][0]["exp_avg"].astype(np.float64)
    saved["state"][0]["step"] = np.array(1.0)  # a checkpoint of PyTorch's has a 0-d array

    optimizer.load_state_dict(saved)

    assert optimizer.state[param]["exp_avg"].dtype == np.float32
    assert optimizer.state[param]["step"] == 1
    assert type(optimizer.state[param]["step"]) is int


def test_momentum_may_be_switched_off_between_saving_and_loading():
    param = parameter(3)
    optimizer = tg.optim.SGD([param], lr=0.1, momentum=0.9)
    give_gradients([param], seed=1)
    optimizer.step()
    optimizer.param_groups[0]["momentum"] = 0.0
    saved = optimizer.state_dict()

    optimizer.load_state_dict(saved)

    np.testing.assert_array_equal(
        optimizer.state_dict()["state"][0]["momentum_buffer"],
        saved["state"][0]["momentum_buffer"],
    )


def test_the_decay_of_adamw_stays_decoupled_when_a_state_of_adam_is_loaded():
    adam = tg.optim.Adam([parameter(2)], weight_decay=0.1)
    adamw = tg.optim.AdamW([parameter(2)])

    adamw.load_state_dict(adam.state_dict())

    assert adamw.param_groups[0]["decoupled_weight_decay"] is True
    assert adamw.param_groups[0]["weight_decay"] == 0.1


def trained(optimizer=tg.optim.Adam, shapes=((2, 3), (4,)), **options):
    params = [parameter(*shape) for shape in shapes]
    stepper = optimizer(params, **options)
    give_gradients(params, seed=1)
    stepper.step()
    return stepper


def without(state, name):
    del state["state"][1][name]
    return state


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (lambda: {"weight": 1}, r"not the state of an optimizer.*'weight'"),
        (lambda: trained(shapes=[(2, 3)]).state_dict(), r"group 0 has 2 parameter.*one has 1"),
        (
            lambda: trained(shapes=[(2, 3), (5,)]).state_dict(),
            r"'exp_avg' of parameter 1 has shape \(5,\).*parameter has shape \(4,\)",
        ),
        (lambda: trained(tg.optim.SGD).state_dict(), r"lacks.*'betas'.*another optimizer"),
        (
            lambda: without(trained().state_dict(), "exp_avg_sq"),
            r"parameter 1 has \['exp_avg', 'step'\].*keeps \['exp_avg', 'exp_avg_sq', 'step'\]",
        ),
        (
            lambda: {**trained().state_dict(), "param_groups": []},
            r"0 parameter group.*this optimizer has 1",
        ),
        (
            lambda: {**trained().state_dict(), "state": {9: {"step": 1}}},
            r"entry for parameter 9.*\[0, 1\]",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_changed(saved, message):
    optimizer = trained()
    before = optimizer.state_dict()

    with pytest.raises(ValueError, match=f"(?s){message}"):
        optimizer.load_state_dict(saved())

    after = optimizer.state_dict()
    assert after["param_groups"] == before["param_groups"]
    np.testing.assert_array_equal(after["state"][1]["exp_avg"], before["state"][1]["exp_avg"])


# ---- refusals --------------------------------------------------------------------------------


def test_what_cannot_be_optimized_is_refused():
    param = parameter(2)
    with pytest.raises(TypeError, match="single Tensor of shape"):
        tg.optim.SGD(param)
    with pytest.raises(ValueError, match="empty list of parameters"):
        tg.optim.SGD([])
    with pytest.raises(TypeError, match="parameter 1 of the group is a ndarray"):
        tg.optim.SGD([param, np.ones(2)])
    with pytest.raises(TypeError, match="is a tuple: pass model.parameters"):
        tg.optim.SGD([("weight", param)])
    with pytest.raises(ValueError, match=r"parameter 0 .*shape \(2,\).*not a leaf"):
        tg.optim.SGD([param * 2])
    with pytest.raises(TypeError, match="has none: use a list"):
        tg.optim.SGD([{"params": {param}}])


def test_a_parameter_that_occurs_twice_is_refused():
    param = parameter(2)
    with pytest.raises(ValueError, match="parameter 1 .*occurs twice"):
        tg.optim.SGD([param, param])
    with pytest.raises(ValueError, match="parameter 0 .*occurs twice"):
        tg.optim.SGD([{"params": [param]}, {"params": [param]}])


def test_a_malformed_group_is_refused():
    with pytest.raises(TypeError, match="must be a dict.*cannot be mixed"):
        tg.optim.SGD([{"params": [parameter(2)]}, parameter(2)])
    with pytest.raises(ValueError, match=r"needs the key 'params'; this one has \['lr'\]"):
        tg.optim.SGD([{"lr": 0.1}])


@pytest.mark.parametrize(
    ("optimizer", "options", "message"),
    [
        (tg.optim.SGD, {"lr": -0.1}, "invalid lr: -0.1"),
        (tg.optim.SGD, {"lr": float("nan")}, "invalid lr: nan"),
        (tg.optim.SGD, {"momentum": -0.1}, "invalid momentum"),
        (tg.optim.SGD, {"weight_decay": -0.1}, "invalid weight_decay"),
        (tg.optim.SGD, {"nesterov": True}, "needs momentum > 0 and dampening = 0"),
        (tg.optim.SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening=0.1"),
        (tg.optim.Adagrad, {"lr_decay": -1.0}, "invalid lr_decay"),
        (tg.optim.Adagrad, {"initial_accumulator_value": -1.0}, "invalid initial_accumulator"),
        (tg.optim.RMSprop, {"alpha": -0.1}, "invalid alpha"),
        (tg.optim.RMSprop, {"eps": -1e-8}, "invalid eps"),
        (tg.optim.Adam, {"betas": (1.0, 0.999)}, r"invalid betas\[0\]: 1.0"),
        (tg.optim.Adam, {"betas": (0.9, -0.1)}, r"invalid betas\[1\]: -0.1"),
        (tg.optim.AdamW, {"weight_decay": -0.1}, "invalid weight_decay"),
        (tg.optim.Adadelta, {"rho": 1.5}, "invalid rho: 1.5"),
    ],
)
def test_an_option_out_of_range_is_refused(optimizer, options, message):
    with pytest.raises(ValueError, match=message):
        optimizer([parameter(2)], **options)
    with pytest.raises(ValueError, match=message):
        optimizer([{"params": [parameter(2)], **options}])


def test_the_package_names_what_it_has_and_nothing_else():
    assert {"Adadelta", "swa_utils", "penalties"} <= set(dir(tg.optim))
    with pytest.raises(AttributeError, match="no attribute 'Lion'"):
        _ = tg.optim.Lion


def test_what_is_asked_for_less_often_is_imported_at_its_first_use():
    program = (
        "import sys, tinygen.optim as optim\n"
        "assert 'tinygen.optim.adadelta' not in sys.modules\n"
        "assert 'tinygen.optim.swa_utils' not in sys.modules\n"
        "assert optim.Adadelta.__name__ == 'Adadelta'\n"
        "assert optim.swa_utils.AveragedModel and optim.penalties.l1_penalty\n"
    )
    root = Path(tg.__file__).parents[1]
    subprocess.run([sys.executable, "-c", program], check=True, cwd=root)
