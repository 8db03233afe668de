"""What a module keeps, in which order, and what it says when it is used wrongly."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import numpy as np
import pytest

import tinygen as tg
from tests.nn.helpers import normal, other_backends, values
from tinygen import nn


class Net(nn.Module):
    """A bit of everything: a parameter of its own, layers, buffers, a list and a dict."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3)
        self.scale = nn.Parameter(tg.ones(2))
        self.norm = nn.BatchNorm2d(2)
        self.blocks = nn.ModuleList([nn.Dense(8, 8) for _ in range(3)])
        self.heads = nn.ModuleDict({"b": nn.Dense(8, 1), "a": nn.Dense(8, 2, bias=False)})
        self.steps = nn.Buffer(tg.tensor([1, 2, 3]))
        self.tail = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Dense(2, 2)))


PARAMETERS = [
    "scale", "first.weight", "first.bias", "norm.weight", "norm.bias",
    "blocks.0.weight", "blocks.0.bias", "blocks.1.weight", "blocks.1.bias",
    "blocks.2.weight", "blocks.2.bias", "heads.b.weight", "heads.b.bias", "heads.a.weight",
    "tail.1.0.weight", "tail.1.0.bias",
]  # fmt: skip
BUFFERS = ["steps", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]


# ---- what it contains --------------------------------------------------------------------------


def test_parameters_and_buffers_come_in_order_of_definition():
    net = Net()

    assert [name for name, _ in net.named_parameters()] == PARAMETERS
    assert [name for name, _ in net.named_buffers()] == BUFFERS
    assert [id(p) for p in net.parameters()] == [id(p) for _, p in net.named_parameters()]


@pytest.mark.parametrize("hash_seed", ["0", "1", "31337"])
def test_their_order_does_not_depend_on_hashing(hash_seed):
    program = (
        "from tests.nn.test_module import Net\n"
        "net = Net()\n"
        "print(*[n for n, _ in net.named_parameters()], *[n for n, _ in net.named_buffers()])\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}

    printed = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    ).stdout

    assert printed.split() == PARAMETERS + BUFFERS


def test_a_plain_list_hides_its_modules_and_a_module_list_does_not():
    class Hiding(nn.Module):
        def __init__(self, layers):
            super().__init__()
            self.layers = layers

    layers = [nn.Dense(2, 3), nn.Dense(3, 1)]

    assert len(list(Hiding(layers).parameters())) == 0
    assert len(list(Hiding(nn.ModuleList(layers)).parameters())) == 4
    assert len(list(Hiding(nn.Sequential(*layers)).parameters())) == 4


def test_a_shared_module_is_listed_once_and_called_twice(rng):
    shared = nn.Dense(3, 3)
    model = nn.Sequential(shared, nn.Tanh(), shared)

    assert [name for name, _ in model.named_modules()] == ["", "0", "1"]
    assert len(list(model.parameters())) == 2
    x = normal(rng, 2, 3, dtype=np.float32)
    np.testing.assert_array_equal(values(model(x)), values(shared(shared(x).tanh())))


def test_a_tied_parameter_is_listed_once_and_gathers_both_gradients(rng):
    encoder, decoder = nn.Dense(4, 4, bias=False), nn.Dense(4, 4, bias=False)
    decoder.weight = encoder.weight
    model = nn.Sequential(encoder, decoder)
    x = normal(rng, 5, 4, dtype=np.float32)

    model(x).sum().backward()

    assert len(list(model.parameters())) == 1
    w = values(encoder.weight).astype(np.float64)
    ones, inputs = np.ones((5, 4)), values(x)
    expected = ones.T @ (inputs @ w.T) + (ones @ w).T @ inputs
    np.testing.assert_allclose(encoder.weight.grad.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_modules_are_found_by_a_dotted_name():
    net = Net()

    assert net.get_submodule("tail.1.0") is net.tail[1][0]
    assert net.get_submodule("") is net
    with pytest.raises(AttributeError, match="Sequential has no child '7'"):
        net.get_submodule("tail.7")


def test_replacing_a_layer_replaces_its_parameters():
    net = Net()
    net.first = nn.Identity()

    assert "first.weight" not in dict(net.named_parameters())
    del net.first
    assert "first" not in dict(net.named_children())


def test_none_takes_the_place_of_a_layer_a_parameter_and_a_buffer():
    net = Net()
    net.first = net.scale = net.steps = None

    assert [name for name, _ in net.named_parameters()] == PARAMETERS[3:]
    assert [name for name, _ in net.named_buffers()] == BUFFERS[1:]
    assert net.first is None


def test_a_deep_copy_shares_nothing():
    net = Net()
    twin = copy.deepcopy(net)

    with tg.no_grad():
        for tensor in (*twin.parameters(), *twin.buffers()):
            tensor.add_(1)

    for ours, its in zip(net.state_dict().values(), twin.state_dict().values(), strict=True):
        np.testing.assert_allclose(its, ours + 1, rtol=1e-6)


# ---- being told what is wrong ------------------------------------------------------------------


def test_a_misspelt_attribute_is_told_the_close_match():
    with pytest.raises(AttributeError, match="'Net' has no attribute 'frist'; did you mean 'first"):
        _ = Net().frist


def test_a_forgotten_super_init_is_named():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.Dense(1, 1)

    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\) before .*Forgetful.layer"):
        Forgetful()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", tg.ones(2), r"Net.scale is a parameter: assign a Parameter or None, not Tensor"),
        ("scale", 3.0, "Net.scale is a parameter.*not float"),
        ("first", tg.nn.functional.relu, "Net.first is a module.*not function"),
        ("steps", [1, 2], "Net.steps is a buffer.*not list"),
    ],
)
def test_only_its_like_replaces_a_parameter_a_layer_and_a_buffer(name, value, message):
    net = Net()
    before = getattr(net, name)

    with pytest.raises(TypeError, match=message):
        setattr(net, name, value)
    assert getattr(net, name) is before


def test_a_tensor_may_replace_a_buffer():
    net = Net()
    net.steps = tg.tensor([7])

    np.testing.assert_array_equal(net.state_dict()["steps"], [7])


@pytest.mark.parametrize(
    "make",
    [
        lambda f: nn.Sequential(nn.Dense(1, 1), f),
        lambda f: nn.Sequential().append(f),
        lambda f: nn.ModuleList([f]),
        lambda f: nn.ModuleDict({"0": f}),
    ],
)
def test_a_function_is_no_module(make):
    with pytest.raises(TypeError, match=r"holds modules, got function at .*nn.ReLU\(\) for F.relu"):
        make(tg.nn.functional.relu)


# ---- modes -------------------------------------------------------------------------------------


def test_train_and_eval_reach_every_module_and_return_it():
    net = Net()

    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert net.train() is net
    assert all(module.training for module in net.modules())


def test_frozen_layers_get_no_gradient_and_pass_one_on(rng):
    model = nn.Sequential(nn.Dense(3, 3), nn.Dense(3, 3), nn.Dense(3, 1))
    model(normal(rng, 2, 3, dtype=np.float32)).sum().backward()

    assert model[1].freeze() is model[1]
    assert model[1].weight.grad is None
    model.zero_grad()
    model(normal(rng, 2, 3, dtype=np.float32)).sum().backward()

    assert [p.grad is None for p in model.parameters()] == [False, False, True, True, False, False]
    model.requires_grad_()
    assert all(p.requires_grad for p in model.parameters())


def test_zero_grad_forgets_gradients_or_sets_them_to_zero():
    layer = nn.Dense(2, 1)
    layer(tg.ones(1, 2)).sum().backward()
    kept = layer.weight.grad

    layer.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(kept.numpy(), [[0.0, 0.0]])
    layer.zero_grad()
    assert layer.weight.grad is None
    assert layer.bias.grad is None


def test_apply_visits_children_before_their_parent():
    model = nn.Sequential(nn.Dense(1, 1), nn.Sequential(nn.ReLU()), nn.Tanh())
    visited = []

    assert model.apply(lambda module: visited.append(type(module).__name__)) is model
    assert visited == ["Dense", "ReLU", "Sequential", "Tanh", "Sequential"]


# ---- moving ------------------------------------------------------------------------------------


def test_a_dtype_is_for_floating_tensors_only():
    net = Net()
    parameter = net.scale

    assert net.double() is net
    assert net.scale is parameter
    assert {p.dtype for p in net.parameters()} == {np.dtype(np.float64)}
    assert net.norm.running_mean.dtype == np.float64
    assert net.norm.num_batches_tracked.dtype == net.steps.dtype == np.int64
    assert {p.dtype for p in net.float().parameters()} == {np.dtype(np.float32)}


def test_large_counters_keep_every_digit():
    holder = nn.Module()
    holder.count = nn.Buffer(tg.tensor([2**53 + 1, 2**24 + 1]))

    holder.float().double()

    np.testing.assert_array_equal(holder.count.numpy(), [2**53 + 1, 2**24 + 1])


def test_a_module_moves_with_its_gradients_and_back(backend):
    net = nn.Sequential(nn.Dense(3, 2), nn.BatchNorm1d(2))
    net(tg.tensor(np.arange(6.0, dtype=np.float32).reshape(2, 3))).square().sum().backward()
    before, gradient = net.state_dict(), net[0].weight.grad.numpy().copy()

    net.to(backend.device)

    everything = [*net.parameters(), *net.buffers(), net[0].weight.grad]
    assert {tensor.device for tensor in everything} == {backend.device}
    assert all(p.is_leaf and p.requires_grad for p in net.parameters())
    net.cpu()
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    np.testing.assert_array_equal(net[0].weight.grad.numpy(), gradient)


def test_moving_to_where_it_is_does_not_disturb_a_backward_to_come():
    layer = nn.Dense(2, 2)
    loss = layer(layer(tg.ones(1, 2))).sum()

    layer.to("cpu").float()

    loss.backward()


@other_backends
def test_layers_on_different_devices_say_so(backend):
    layer = nn.Dense(2, 2).to(backend.device)

    with pytest.raises(TypeError, match=r"different devices.*\.to\(device\)"):
        layer(tg.ones(1, 2))


# ---- printing ----------------------------------------------------------------------------------


def test_repr_is_an_indented_tree():
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding="same"),
        nn.Sequential(nn.ReLU(), nn.Dropout(0.25)),
        nn.LSTM(4, 5, num_layers=2, batch_first=True),
    )

    assert repr(model) == (
        "Sequential(\n"
        "  (0): Conv2d(1, 8, kernel_size=(3, 3), stride=(2, 2), padding='same', "
        "dilation=(1, 1), groups=1, bias=True)\n"
        "  (1): Sequential(\n"
        "    (0): ReLU()\n"
        "    (1): Dropout(p=0.25)\n"
        "  )\n"
        "  (2): LSTM(4, 5, num_layers=2, batch_first=True)\n"
        ")"
    )


# ---- containers --------------------------------------------------------------------------------


def test_sequential_is_indexed_sliced_and_named():
    layers = nn.Dense(1, 1), nn.ReLU(), nn.Tanh()
    model = nn.Sequential(*layers)
    named = nn.Sequential({"dense": layers[0], "act": layers[1]})

    assert model[0] is layers[0]
    assert model[-1] is layers[2]
    assert list(model[1:]) == [layers[1], layers[2]]
    assert len(model) == 3
    assert [name for name, _ in named.named_children()] == ["dense", "act"]
    assert named.act is layers[1]
    with pytest.raises(IndexError, match="Sequential of 3 modules has no 3"):
        _ = model[3]


def test_sequential_calls_in_order(rng):
    a, b = nn.Dense(3, 4), nn.Dense(4, 2)
    x = normal(rng, 2, 3, dtype=np.float32)

    np.testing.assert_array_equal(values(nn.Sequential(a, b)(x)), values(b(a(x))))


def test_module_lists_grow_and_change():
    layers = nn.ModuleList([nn.ReLU()])
    layers.append(nn.Tanh()).extend([nn.ELU(), nn.SiLU()])
    layers[-1] = nn.GELU()

    assert [type(layer).__name__ for layer in layers] == ["ReLU", "Tanh", "ELU", "GELU"]
    assert len(layers[1:3]) == 2


def test_module_dicts_act_as_dicts():
    layers = nn.ModuleDict({"one": nn.ReLU()})
    layers["two"] = nn.Tanh()

    assert list(layers) == list(layers.keys()) == ["one", "two"]
    assert "one" in layers
    assert "three" not in layers
    assert len(layers) == 2
    assert [m for _, m in layers.items()] == list(layers.values())
