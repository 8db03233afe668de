"""What the registry's cases do not say of the CTC loss: known numbers, limits, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import tinygen as tg
import tinygen.nn.functional as F
from tests.ops.cases.ctc import probability
from tinygen.gradcheck import gradcheck, gradgradcheck
from tinygen.nn import CTCLoss

STRICT = {"eps": 1e-5, "atol": 1e-8, "rtol": 1e-6}


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


def log_shares(rng, *shape):
    x = rng.normal(size=shape)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def loss_of(log_probs, text, **options):
    """Of a single text, as a float."""
    return F.ctc_loss(
        tg.tensor(log_probs), tg.tensor(text).long(), len(log_probs), len(text),
        **{"reduction": "sum", **options},
    ).item()  # fmt: skip


# ---- values ----------------------------------------------------------------------------------


def test_two_steps_say_one_letter_in_three_ways(rng):
    """``a-``, ``-a`` and ``aa``, by hand."""
    log_probs = log_shares(rng, 2, 2)
    (n1, a1), (n2, a2) = np.exp(log_probs)

    assert loss_of(log_probs, [1]) == pytest.approx(-math.log(a1 * n2 + n1 * a2 + a1 * a2))


def test_a_letter_twice_needs_a_blank_in_between(rng):
    """Three steps say ``aa`` in one way, ``a-a``, and ``ab`` in five."""
    log_probs = log_shares(rng, 3, 3)
    n, a, b = np.exp(log_probs).T

    assert loss_of(log_probs, [1, 1]) == pytest.approx(-math.log(a[0] * n[1] * a[2]))
    ways = (
        a[0] * b[1] * b[2] + a[0] * a[1] * b[2] + n[0] * a[1] * b[2] + a[0] * n[1] * b[2]
        + a[0] * b[1] * n[2]
    )  # fmt: skip
    assert loss_of(log_probs, [1, 2]) == pytest.approx(-math.log(ways))


@pytest.mark.parametrize(("steps", "letters"), [(6, 3), (4, 4)])
def test_the_probabilities_of_all_texts_add_up_to_one(rng, steps, letters):
    log_probs = log_shares(rng, steps, letters)
    total = 0.0
    for length in range(steps + 1):
        for text in itertools.product(range(1, letters), repeat=length):
            total += math.exp(-loss_of(log_probs, list(text)))

    assert total == pytest.approx(1)


def test_even_chances_give_the_number_of_paths_as_in_closed_form():
    """Of S different letters T steps have binomial(T + S, 2 S) paths."""
    for steps, length in ((6, 3), (40, 5), (12, 12)):
        log_probs = np.full((steps, 14), -math.log(14))
        paths = math.comb(steps + length, 2 * length)

        loss = loss_of(log_probs, list(range(1, length + 1)))

        assert loss == pytest.approx(steps * math.log(14) - math.log(paths))


def test_a_thousand_steps_neither_underflow_nor_lose_precision(backend):
    """Probabilities of exp(-2638): nothing that is not in logarithms holds them."""
    steps, length = 1000, 5
    paths = math.comb(steps + length, 2 * length)
    slopes = []
    for dtype, rtol in ((tg.float32, 1e-5), (tg.float64, 1e-12)):
        log_probs = tg.full((steps, 1, 14), -math.log(14), dtype=dtype, device=backend.device)
        log_probs.requires_grad_()
        letters = tg.tensor([[1, 2, 3, 4, 5]], device=backend.device)

        loss = F.ctc_loss(log_probs, letters, [steps], [length], reduction="sum")
        loss.backward()

        assert loss.dtype == log_probs.grad.dtype == dtype
        assert loss.item() == pytest.approx(steps * math.log(14) - math.log(paths), rel=rtol)
        slopes.append(log_probs.grad.cpu().numpy())
    np.testing.assert_allclose(*slopes, atol=3e-3)
    np.testing.assert_allclose(slopes[1].sum(2), -1, rtol=1e-9)


def test_the_derivative_is_how_probable_each_letter_is_at_each_step(rng):
    """Minus the share of the paths, among those that say the text, that say the letter then."""
    log_probs = log_shares(rng, 5, 3)
    x = tg.tensor(log_probs, requires_grad=True)
    F.ctc_loss(x, tg.tensor([2, 1]), 5, 2, reduction="sum").backward()

    shares = np.zeros((5, 3))
    for path in itertools.product(range(3), repeat=5):
        said = [letter for letter, _ in itertools.groupby(path) if letter]
        if said == [2, 1]:
            weight = math.exp(sum(log_probs[step, letter] for step, letter in enumerate(path)))
            shares[range(5), path] += weight
    np.testing.assert_allclose(x.grad.numpy(), -shares / probability(log_probs, (2, 1), 0))


def test_behind_log_softmax_the_derivative_is_softmax_minus_that(rng):
    logits = tg.tensor(rng.normal(size=(6, 2, 4)), requires_grad=True)
    log_probs = F.log_softmax(logits, 2)
    texts = tg.tensor([[1, 2], [3, 3]]), [6, 5], [2, 2]
    loss = F.ctc_loss(log_probs, *texts, reduction="sum")

    by_logits, by_log_probs = tg.grad(loss, [logits, log_probs])

    behind = by_log_probs.numpy()
    has_step = -behind.sum(2, keepdims=True)  # 1, or 0 behind the end of a text
    expected = has_step * np.exp(log_probs.detach().numpy()) + behind
    np.testing.assert_allclose(by_logits.numpy(), expected, atol=1e-12)
    assert not behind[5, 1].any()


def test_second_derivatives_behind_log_softmax(backend, rng):
    logits = tg.tensor(rng.normal(size=(5, 2, 3)), device=backend.device, requires_grad=True)
    letters = tg.tensor([[1, 2], [2, 2]], device=backend.device)

    def loss(logits):
        return F.ctc_loss(F.log_softmax(logits, 2), letters, [5, 4], [2, 2])

    assert gradcheck(loss, logits, **STRICT)
    assert gradgradcheck(loss, logits, **STRICT)


def test_letters_that_are_impossible_at_a_step_do_no_harm(rng):
    """A log-probability of minus infinity, as one-hot outputs have."""
    log_probs = log_shares(rng, 4, 3)
    log_probs[1, 2] = log_probs[3, 0] = -np.inf
    x = tg.tensor(log_probs, requires_grad=True)

    loss = F.ctc_loss(x, tg.tensor([1, 2]), 4, 2, reduction="sum")
    loss.backward()

    assert loss.item() == pytest.approx(-math.log(probability(log_probs, (1, 2), 0)))
    assert np.isfinite(x.grad.numpy()).all()
    assert x.grad.numpy()[1, 2] == 0


# ---- forms -----------------------------------------------------------------------------------


def test_what_is_behind_the_end_of_a_text_does_not_matter(backend, rng):
    log_probs = log_shares(rng, 6, 2, 4)
    losses = []
    for changed, padding in ((0.0, -1), (5.0, 99)):
        values = log_probs.copy()
        values[4:, 1] += changed
        letters = tg.tensor([[1, 2, 3], [3, padding, padding]], device=backend.device)
        x = tg.tensor(values, device=backend.device, requires_grad=True)
        loss = F.ctc_loss(x, letters, [6, 4], [3, 1], reduction="none")
        loss.sum().backward()
        losses.append(loss.detach().cpu().numpy())
        assert not x.grad.cpu().numpy()[4:, 1].any()

    assert np.array_equal(*losses)


def test_lengths_may_be_numbers_lists_or_tensors_and_on_the_host(backend, rng):
    values = log_shares(rng, 5, 1, 3)
    log_probs = tg.tensor(values, device=backend.device)
    letters = tg.tensor([[1, 2]], device=backend.device)
    given = [
        (5, 2), ([5], (2,)), (tg.tensor([5]), tg.tensor([2])),
        (tg.tensor([5], device=backend.device), tg.tensor([2], device=backend.device)),
    ]  # fmt: skip

    losses = {F.ctc_loss(log_probs, letters, *lengths).item() for lengths in given}

    assert len(losses) == 1
    assert losses.pop() == pytest.approx(-math.log(probability(values[:, 0], (1, 2), 0)) / 2)


def test_a_single_text_needs_no_axis_for_the_batch(rng):
    log_probs, letters = tg.tensor(log_shares(rng, 5, 3)), tg.tensor([1, 2])

    one = F.ctc_loss(log_probs, letters, 5, 2, reduction="none")
    many = F.ctc_loss(log_probs.unsqueeze(1), letters.unsqueeze(0), [5], [2], reduction="none")

    assert one.shape == ()
    assert many.shape == (1,)
    assert one.item() == many.item()


def test_a_text_that_does_not_fit_is_infinitely_unlikely(rng):
    """Two equal letters need three steps."""
    x = tg.tensor(log_shares(rng, 3, 2, 3), requires_grad=True)
    texts = tg.tensor([[1, 1], [1, 2]]), [2, 3], [2, 2]

    losses = F.ctc_loss(x, *texts, reduction="none")
    losses.sum().backward()
    assert losses[0].item() == math.inf
    assert np.isfinite(losses[1].item())
    assert np.isnan(x.grad.numpy()[:2, 0]).any()
    assert np.isfinite(x.grad.numpy()[:, 1]).all()

    x.grad = None
    zeroed = F.ctc_loss(x, *texts, reduction="none", zero_infinity=True)
    zeroed.sum().backward()
    assert zeroed.tolist() == [0, losses[1].item()]
    assert not x.grad.numpy()[:, 0].any()


def test_the_module_is_the_function(rng):
    log_probs, texts = tg.tensor(log_shares(rng, 5, 2, 3)), (tg.tensor([[0, 1], [1, 0]]), [5, 5])
    module = CTCLoss(blank=2, reduction="none", zero_infinity=True)

    losses = module(log_probs, *texts, [2, 2])

    expected = F.ctc_loss(log_probs, *texts, [2, 2], 2, "none", True)
    assert np.array_equal(losses.numpy(), expected.numpy())
    assert repr(module) == "CTCLoss(blank=2, reduction='none', zero_infinity=True)"


# ---- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"log_probs": tg.zeros(4)}, ValueError, r"shape \(T, N, C\).* got \(4,\)"),
        ({"log_probs": tg.zeros(0, 2, 3)}, ValueError, r"shape \(T, N, C\)"),
        ({"log_probs": tg.zeros(4, 2, 3).long()}, TypeError, "floats, got int64"),
        ({"log_probs": [[0.0]]}, TypeError, "log_probs must be a Tensor, got list"),
        ({"targets": tg.zeros(2, 2)}, TypeError, r"integers, got float32: targets.long\(\)"),
        ({"targets": tg.tensor([[1, 2]])}, ValueError, r"shape \(2, S\), a row for each"),
        ({"targets": tg.tensor([1, 2, 1])}, ValueError, "3 letters .* target_lengths add up to 4"),
        ({"targets": tg.tensor([[1, 2], [1, 3]])}, ValueError, "letters 0 to 2, .* 3, none of"),
        ({"targets": tg.tensor([[1, 2], [1, -1]])}, ValueError, "holds -1, none of them"),
        ({"targets": tg.tensor([[1, 2], [1, 0]])}, ValueError, "holds 0, the blank"),
        ({"input_lengths": [4]}, ValueError, "input_lengths has 1 entries for 2 texts"),
        ({"input_lengths": [4, 5]}, ValueError, "input_lengths lie between 1 and 4, got 5"),
        ({"input_lengths": [0, 4]}, ValueError, "input_lengths lie between 1 and 4, got 0"),
        ({"input_lengths": [4.0, 4.0]}, TypeError, "input_lengths are integers, got float64"),
        ({"target_lengths": [2, 3]}, ValueError, "target_lengths lie between 0 and 2, got 3"),
        ({"target_lengths": [2, -1]}, ValueError, "target_lengths lie between 0 and 2, got -1"),
        ({"blank": 3}, ValueError, "blank is one of the 3 letters .* got 3"),
        ({"reduction": "max"}, ValueError, "reduction must be 'none', 'mean' or 'sum', got 'max'"),
    ],
)
def test_it_says_what_does_not_fit(changes, error, message):
    given = {
        "log_probs": tg.zeros(4, 2, 3), "targets": tg.tensor([[1, 2], [2, 1]]),
        "input_lengths": [4, 4], "target_lengths": [2, 2],
    }  # fmt: skip

    with pytest.raises(error, match=message):
        F.ctc_loss(**{**given, **changes})


def test_on_a_gpu_values_are_looked_at_in_anomaly_mode(backend):
    if backend.name == "numpy":
        pytest.skip("there they are always looked at")
    log_probs = tg.zeros(4, 1, 3, device=backend.device)
    letters = tg.tensor([[3]], device=backend.device)

    with tg.anomaly_mode(), pytest.raises(ValueError, match="holds 3, none of them"):
        F.ctc_loss(log_probs, letters, [4], [1])
