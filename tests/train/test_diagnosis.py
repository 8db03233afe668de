from __future__ import annotations

import functools
import math
import warnings

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.train.helpers import CLASSES, FEATURES, Line, assert_same, drawn, loader
from tinygen import nn
from tinygen.data import DataLoader, TensorDataset
from tinygen.optim import SGD, Adam, lr_scheduler
from tinygen.train import NonFiniteLossError, Trainer, TrainingWarning

HIDDEN = 16

overflowing = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")


def net(*tail, activation=nn.ReLU):
    tg.manual_seed(0)
    hidden = [nn.Dense(FEATURES, HIDDEN), activation(), nn.Dense(HIDDEN, CLASSES)]
    return nn.Sequential(*hidden, *tail)


def diagnosed(model, batches=None, lr=0.01, optimizer=SGD, loss=F.cross_entropy, **options):
    """The kinds and messages of what was found in two epochs."""
    trainer = Trainer(
        model, optimizer(model.parameters(), lr=lr), loss=loss, progress=None, **options
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = trainer.fit(batches or loader(), 2)
    said = [str(warning.message) for warning in caught if warning.category is TrainingWarning]
    assert said == [finding["message"] for finding in history.findings]
    return {finding["kind"]: finding["message"] for finding in history.findings}, history


# ---- at the start ------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [F.cross_entropy, nn.CrossEntropyLoss()])
@pytest.mark.parametrize("optimizer", [SGD, functools.partial(Adam, betas=(0.9, 0.99))])
def test_a_sound_training_is_left_in_peace(loss, optimizer):
    assert diagnosed(net(), loss=loss, optimizer=optimizer, lr=1e-3)[0] == {}


def test_softmax_before_cross_entropy():
    found, _ = diagnosed(net(nn.Softmax(dim=1)))

    assert found.keys() == {"probabilities"}
    assert "the model ends in a softmax" in found["probabilities"]


def test_softmax_in_a_forward_of_ones_own():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Dense(FEATURES, CLASSES)

        def forward(self, x):
            return tg.softmax(self.dense(x), dim=1)

    smoothed = functools.partial(F.cross_entropy, label_smoothing=0.1)
    assert "probabilities" in diagnosed(Model(), loss=smoothed)[0]


def binary():
    points, labels = drawn(40)
    targets = (labels == 0).astype(np.float32)[:, None]
    return DataLoader(TensorDataset(points, targets), 8)


def binary_net(*tail):
    tg.manual_seed(0)
    return nn.Sequential(nn.Dense(FEATURES, 1), *tail)


def test_sigmoid_before_the_loss_of_logits():
    found, _ = diagnosed(
        binary_net(nn.Sigmoid()), binary(), loss=F.binary_cross_entropy_with_logits
    )
    assert "the model ends in a sigmoid" in found["probabilities"]


def test_sigmoid_before_the_loss_of_probabilities_is_right():
    assert diagnosed(binary_net(nn.Sigmoid()), binary(), loss=F.binary_cross_entropy)[0] == {}


def test_inputs_that_are_not_normalized():
    points, labels = drawn(40)
    found, _ = diagnosed(net(), [(tg.tensor(255 * points), tg.tensor(labels))], lr=1e-6)

    assert f"gives ln 3 = {math.log(3):.4g}" in found["first loss"]
    assert "not normalized" in found["first loss"]


def test_a_loss_that_is_summed():
    summed = nn.BCEWithLogitsLoss(reduction="sum")
    found, _ = diagnosed(binary_net(), binary(), loss=summed, lr=1e-3)

    assert f"gives ln 2 = {math.log(2):.4g}" in found["first loss"]
    assert "summed over the batch" in found["first loss"]


def test_a_loss_that_is_too_small():
    model = net()
    with tg.no_grad():
        model[2].bias.copy_(tg.tensor([50.0, 0.0, 0.0]))
    found, _ = diagnosed(model, [(tg.randn(8, FEATURES), tg.zeros(8, dtype=np.int64))])

    assert "trained before" in found["first loss"]


def test_other_losses_have_no_expected_value():
    points, _ = drawn(40)
    found, _ = diagnosed(net(), [(tg.tensor(points), tg.full((40, 3), 99.0))], loss=F.mse_loss)

    assert "first loss" not in found


# ---- units -------------------------------------------------------------------------------------


def test_dead_relus():
    model = net()
    with tg.no_grad():
        model[0].bias.fill_(-100.0)
    found, history = diagnosed(model)

    assert history.health[0]["dead"] == {"1": 1.0}
    assert "1 100%" in found["dead units"]


def test_the_share_of_dead_channels():
    """A channel is dead if it is 0 in all pixels of all images."""
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Dense(4 * 4 * 4, CLASSES))
    with tg.no_grad():
        model[0].bias.copy_(tg.tensor([-100.0, 100.0, -100.0, 0.0]))
        model[3].weight.mul_(0.001)
    images, labels = tg.randn(16, 1, 6, 6), tg.randint(CLASSES, (16,))
    _, history = diagnosed(model, [(images, labels)], lr=1e-6)

    assert history.health[0]["dead"] == {"1": 0.5}


@pytest.mark.parametrize(
    ("activation", "limit"), [(nn.Tanh, math.sqrt(0.95)), (nn.Sigmoid, (1 + math.sqrt(0.95)) / 2)]
)
def test_the_share_of_saturated_outputs(activation, limit):
    """A slope is flat below 5% of the steepest: 1 - y^2 < 0.05, or 4 y (1 - y) < 0.05."""
    model = net(activation=activation)
    with tg.no_grad():
        model[0].weight.mul_(20)
    points, labels = drawn(40)
    hidden = model[1](model[0](tg.tensor(points))).detach().numpy()
    flat = np.maximum(hidden, 1 - hidden if activation is nn.Sigmoid else -hidden) > limit

    found, history = diagnosed(model, [(points, labels)])

    assert history.health[0]["saturated"] == {"1": pytest.approx(flat.mean())}
    assert flat.mean() > 0.5
    assert "saturated units" in found


def test_outputs_may_be_saturated():
    model = binary_net(nn.Sigmoid())
    with tg.no_grad():
        model[0].bias.fill_(-20.0)
    found, history = diagnosed(model, binary(), loss=F.mse_loss)

    assert history.health[0]["saturated"] == {}
    assert "saturated units" not in found


def test_no_trace_is_left():
    with_diagnosis, without = net(), net()
    for model, diagnose in ((with_diagnosis, True), (without, False)):
        Trainer(
            model, SGD(model.parameters(), lr=0.01), loss=F.cross_entropy, progress=None,
            diagnose=diagnose,
        ).fit(loader(), 2)  # fmt: skip

    assert_same(with_diagnosis.state_dict(), without.state_dict())
    assert not any(module._hooks for module in with_diagnosis.modules())


# ---- steps -------------------------------------------------------------------------------------


def product(weights, x):
    return (weights(x)).sum()


def test_the_ratio_of_a_step_to_the_weights():
    """The gradient of the sum of w x over a batch of ones is their number, 4, in each weight."""
    model = nn.Dense(3, 2, bias=False)
    length = np.linalg.norm(model.weight.detach().numpy())
    trainer = Trainer(model, SGD(model.parameters(), lr=1e-3), step=product, progress=None)

    history = trainer.fit([tg.ones(4, 3)], 1)

    expected = 1e-3 * 4 * math.sqrt(6) / length
    assert history.health[0]["update_ratio"] == {"weight": pytest.approx(expected, rel=1e-3)}


def test_a_learning_rate_too_high():
    found, _ = diagnosed(net(), lr=100.0)

    assert "lower the learning rate" in found["large updates"]


def test_a_learning_rate_too_low():
    found, _ = diagnosed(net(), lr=1e-7)

    assert "raise the learning rate" in found["small updates"]


def test_a_schedule_may_begin_low():
    model = net()
    optimizer = SGD(model.parameters(), lr=1e-7)
    trainer = Trainer(
        model, optimizer, loss=F.cross_entropy, progress=None,
        scheduler=lr_scheduler.LinearLR(optimizer),
    )  # fmt: skip

    assert trainer.fit(loader(), 1).findings == []


def test_weights_may_be_left_out_of_the_optimizer():
    model = net()
    trainer = Trainer(
        model, SGD(model[2].parameters(), lr=0.01), loss=F.cross_entropy, progress=None
    )
    history = trainer.fit(loader(), 1)

    assert history.health[0]["update_ratio"]["0.weight"] == 0
    assert history.findings == []


def test_a_relu_in_several_places_is_as_dead_as_in_the_worst():
    relu, sunk = nn.ReLU(), nn.Dense(FEATURES, HIDDEN)
    model = nn.Sequential(sunk, relu, nn.Dense(HIDDEN, HIDDEN), relu, nn.Dense(HIDDEN, CLASSES))
    with tg.no_grad():
        sunk.bias.fill_(-100.0)
        model[2].bias.fill_(1.0)

    assert diagnosed(model)[1].health[0]["dead"] == {"1": 1.0}


def test_parameters_that_are_not_used():
    model = net()
    model.forgotten = nn.Dense(2, 2)
    model.forward = lambda x: model[2](model[1](model[0](x)))
    found, _ = diagnosed(model)

    assert "forgotten.weight, forgotten.bias" in found["unused parameters"]


def test_a_warning_points_at_the_call_of_fit():
    model = net()
    trainer = Trainer(model, SGD(model.parameters(), lr=100.0), loss=F.cross_entropy, progress=None)
    with pytest.warns(TrainingWarning) as caught:
        trainer.fit(loader(), 1)

    assert caught[0].filename == __file__


def test_each_kind_is_warned_of_once():
    found, history = diagnosed(net(), lr=100.0)

    assert len(history.health) == 2
    assert [finding["epoch"] for finding in history.findings if "large" in finding["kind"]] == [1]


def test_a_resumed_run_does_not_repeat_its_warnings(tmp_path):
    diagnosed(net(nn.Softmax(dim=1)), out=tmp_path)
    model = net(nn.Softmax(dim=1))
    trainer = Trainer(
        model, SGD(model.parameters(), lr=0.01), loss=F.cross_entropy, progress=None, out=tmp_path
    )
    history = trainer.fit(loader(), 3, resume="auto")  # a warning would be an error

    assert [finding["kind"] for finding in history.findings] == ["probabilities"]


def test_silence_on_request():
    _, history = diagnosed(net(nn.Softmax(dim=1)), lr=100.0, diagnose=False)

    assert history.findings == history.health == []


# ---- when a loss is no number any more ---------------------------------------------------------


class Logarithm(nn.Module):
    def forward(self, x):
        return tg.log(x)  # here


def nonfinite(model, batches, lr=0.01, **options):
    trainer = Trainer(model, SGD(model.parameters(), lr=lr), progress=None, **options)
    with pytest.raises(NonFiniteLossError) as caught:
        trainer.fit(batches, 5)
    return str(caught.value), trainer


@overflowing
def test_the_op_the_line_and_the_layer_are_named():
    model = nn.Sequential(nn.Dense(FEATURES, HIDDEN), Logarithm(), nn.Dense(HIDDEN, CLASSES))
    before = model.state_dict()
    said, _ = nonfinite(model, loader(), loss=F.cross_entropy)

    with open(__file__) as file:
        line = next(n for n, text in enumerate(file, 1) if text.rstrip().endswith("# here"))
    assert "the loss is nan in epoch 1, batch 1" in said
    assert "<Log> made NaN" in said
    assert f"test_diagnosis.py:{line}" in said
    assert "Layer: 1 (Logarithm)" in said
    assert_same(before, model.state_dict())  # the step was not made


@overflowing
def test_the_batch_is_run_again_with_the_same_noise():
    draws = []

    def step(model, batch):
        noise = tg.rand(1)
        draws.append(noise.item())
        return tg.log(noise - 2).sum() + model()

    said, _ = nonfinite(Line(), [0], step=step)

    assert draws[0] == draws[1]
    assert "<Log>" in said


@overflowing
def test_a_gradient_that_is_not_finite():
    def step(model, batch):
        return tg.sqrt(model.weight * 0.0).sum()  # its slope at 0 is infinite

    said, trainer = nonfinite(Line(1.0), [0], step=step, clip_norm=1.0)

    assert "the gradients' norm is" in said
    assert "the gradient of <Sqrt> is an infinity" in said
    assert trainer.model.weight.item() == 1.0


def test_a_batch_that_is_not_finite():
    points, labels = drawn(16)
    points[3, 2] = np.nan
    said, _ = nonfinite(net(), [(points, labels)], loss=F.cross_entropy)

    assert "the batch itself holds a NaN or an infinity: tensor 0 of shape (16, 8)" in said


@overflowing
def test_weights_that_an_earlier_step_destroyed():
    def step(model, batch):
        return tg.sqrt(model() * 0.0)

    said, _ = nonfinite(Line(1.0), [0, 1], step=step, diagnose=False)

    assert "batch 2" in said
    assert "the weights hold a NaN or an infinity: weight" in said


def test_what_cannot_be_repeated():
    values = iter([1.0, math.inf, 1.0])
    said, _ = nonfinite(Line(), [0, 1], step=lambda model, batch: model() * 0 + next(values))

    assert "randomness outside tinygen" in said


def test_a_step_is_run_again_for_several_optimizers():
    values = iter([1.0, math.inf, 1.0])
    model = Line()
    trainer = Trainer(
        model, {"only": SGD(model.parameters(), lr=1.0)}, progress=None,
        step=lambda model, batch: next(values),
    )  # fmt: skip

    with pytest.raises(NonFiniteLossError, match="the loss is inf in epoch 1, batch 2"):
        trainer.fit([0, 1], 1)
