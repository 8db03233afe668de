from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.data import boxes_in, draw_canvases
from tinygen.io import save_checkpoint
from tinygen.models import from_checkpoint
from tinygen.models.detector import RARE, Detector, decoded, generalized_box_iou
from tinygen.optim import Adam
from tinygen.tasks.detect import detect, precision_of
from tinygen.train.recipe import size_of


def small(**options):
    """A detector of few weights for pictures of 24 x 32: 3 x 4 cells."""
    tg.manual_seed(0)
    return Detector(**{"classes": 3, "width": 2, "picture_shape": [1, 24, 32], **options})


def batch(dtype=np.float32):
    """Three pictures: of two things, of one, and of none."""
    images = np.random.default_rng(0).random((3, 1, 24, 32)).astype(dtype)
    labels = np.zeros((3, 2, 5), np.int64)
    labels[:, :, 4] = -1
    labels[0] = [[2, 3, 14, 23, 0], [17, 0, 31, 15, 2]]
    labels[1, 1] = [8, 7, 15, 20, 1]
    return tg.tensor(images), tg.tensor(labels)


def with_logits(logits):
    """A detector of three classes all of whose cells have these logits, whatever it sees."""
    model = small()
    with tg.no_grad():
        model.head.weight.zero_()
        for place, value in enumerate(logits):
            model.head.bias[place] = value
    return model


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


# ---- the network -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "cells"),
    [((64, 64), (8, 8)), ((40, 72), (5, 9)), ((12, 30), (2, 4)), ((1, 9), (1, 2))],
)
def test_pictures_of_any_size_have_a_cell_for_each_eight_pixels(size, cells, backend):
    model = Detector().to(backend.device)

    logits = model(tg.rand(2, 1, *size, device=backend.device))

    assert logits.shape == (2, *cells, 15)
    assert logits.dtype == np.float32
    assert logits.device == backend.device


def test_it_is_small():
    assert size_of(Detector()) <= 150_000


def test_colours_and_other_classes_are_possible():
    assert Detector(classes=4, picture_shape=(3, 32, 32))(tg.rand(1, 3, 32, 32)).shape[3] == 9


def test_the_same_thing_is_seen_the_same_way_elsewhere():
    """Eight pixels further, one cell further; the border, whose zeros it sees, is far away."""
    tg.manual_seed(0)
    model = Detector(width=4).eval()
    thing = tg.rand(1, 1, 20, 20)
    seen = []
    for left, top in ((48, 48), (56, 64)):
        picture = tg.zeros(1, 1, 128, 128)
        picture[:, :, top : top + 20, left : left + 20] = thing
        with tg.no_grad():
            seen.append(model(picture).numpy()[0])

    np.testing.assert_allclose(seen[0][6:9, 6:9], seen[1][8:11, 7:10], rtol=1e-4, atol=1e-5)


# ---- boxes -------------------------------------------------------------------------------------


def test_a_box_is_decoded_as_the_formulas_say():
    logits = [0.3, -1.2, 0.4, -0.7]

    x1, y1, x2, y2 = decoded(tg.tensor(logits), tg.tensor(2.0), tg.tensor(5.0)).tolist()

    assert (x1 + x2) / 2 == pytest.approx(8 * (5 + sigmoid(0.3)), rel=1e-5)
    assert (y1 + y2) / 2 == pytest.approx(8 * (2 + sigmoid(-1.2)), rel=1e-5)
    assert x2 - x1 == pytest.approx(16 * math.exp(0.4), rel=1e-5)
    assert y2 - y1 == pytest.approx(20 * math.exp(-0.7), rel=1e-5)


def test_a_box_stays_finite():
    box = decoded(tg.tensor([0.0, 0.0, 1e4, -1e4]), tg.tensor(0.0), tg.tensor(0.0))

    assert np.isfinite(box.numpy()).all()


def painted(boxes, size=24):
    """Each box with whole edges as cells of a grid."""
    cells = np.zeros((len(boxes), size, size), bool)
    for own, (x1, y1, x2, y2) in zip(cells, boxes, strict=True):
        own[y1:y2, x1:x2] = True
    return cells


def whole_boxes(count, seed):
    chance = np.random.default_rng(seed)
    corners = chance.integers(0, 12, (count, 2))
    return np.hstack([corners, corners + chance.integers(1, 12, (count, 2))])


def test_generalized_iou_is_what_counting_says(backend):
    first, second = whole_boxes(60, 0), whole_boxes(60, 1)
    around = np.hstack([np.minimum(first, second)[:, :2], np.maximum(first, second)[:, 2:]])
    union = (painted(first) | painted(second)).sum((1, 2))
    shared = (painted(first) & painted(second)).sum((1, 2))
    hull = painted(around).sum((1, 2))

    computed = generalized_box_iou(
        *(tg.tensor(boxes.astype(np.float32), device=backend.device) for boxes in (first, second))
    )

    assert (shared == 0).any()
    assert (shared > 0).any()
    np.testing.assert_allclose(
        computed.cpu().numpy(), shared / union - (hull - union) / hull, rtol=1e-5, atol=1e-6
    )


def test_generalized_iou_is_one_for_equal_boxes_and_falls_with_the_distance():
    one = tg.tensor([[0.0, 0.0, 4.0, 4.0]] * 4)
    others = tg.tensor([[x, 0.0, x + 4, 4.0] for x in (0.0, 4.0, 8.0, 4000.0)])

    values = generalized_box_iou(one, others).tolist()

    assert values[0] == 1
    assert values[1] == pytest.approx(0)  # side by side nothing of the hull is empty
    assert values[1] > values[2] > values[3] > -1
    assert values[3] == pytest.approx(-1, abs=0.01)


def test_generalized_iou_has_the_right_gradients():
    chance = np.random.default_rng(0)
    corners = chance.random((2, 6, 2)) * 5
    boxes = np.concatenate([corners, corners + 1 + 4 * chance.random((2, 6, 2))], axis=2)

    first, second = (tg.tensor(part, dtype=tg.float64).requires_grad_() for part in boxes)

    assert tg.gradcheck(generalized_box_iou, (first, second))


# ---- learning ----------------------------------------------------------------------------------


def loss_by_hand(logits, labels):
    """The loss as its formula says, thing by thing, in Python floats."""
    rows, columns = logits.shape[1:3]
    total = 0.0
    for cells, things in zip(logits.astype(np.float64), labels, strict=True):
        held = set()
        for x1, y1, x2, y2, kind in (thing for thing in things.tolist() if thing[4] >= 0):
            column, row = int((x1 + x2) / 2 // 8), int((y1 + y2) / 2 // 8)
            held.add((row, column))
            tx, ty, tw, th, _, *c = cells[row, column]
            total -= math.log(math.exp(c[kind]) / sum(map(math.exp, c)))
            x, y = 8 * (column + sigmoid(tx)), 8 * (row + sigmoid(ty))
            half = 8 * math.exp(tw), 10 * math.exp(th)
            a1, b1, a2, b2 = x - half[0], y - half[1], x + half[0], y + half[1]
            shared = max(0, min(a2, x2) - max(a1, x1)) * max(0, min(b2, y2) - max(b1, y1))
            union = (a2 - a1) * (b2 - b1) + (x2 - x1) * (y2 - y1) - shared
            hull = (max(a2, x2) - min(a1, x1)) * (max(b2, y2) - min(b1, y1))
            total += 5 * (1 - shared / union + (hull - union) / hull)
        for row in range(rows):
            for column in range(columns):
                thing = sigmoid(cells[row, column, 4])
                total -= math.log(thing if (row, column) in held else 1 - thing)
    return total / len(logits)


@pytest.mark.parametrize("crowded", [False, True])
def test_the_loss_is_what_its_formula_says(crowded):
    model, (images, labels) = small(), batch()
    if crowded:  # two things with their middles in one cell, side by side
        labels[0] = tg.tensor([[2, 3, 9, 23, 0], [9, 3, 12, 23, 2]])
    with tg.no_grad():
        expected = loss_by_hand(model(images).numpy(), labels.numpy())

    loss, parts = model.training_step((images, labels))

    assert loss.item() == pytest.approx(expected, rel=1e-5)
    whole = parts["thing"] + parts["class"] + 5 * parts["box"]
    assert whole.item() == pytest.approx(expected, rel=1e-5)


def test_the_first_loss_is_that_of_knowing_nothing_but_that_things_are_rare():
    model, (images, labels) = small(), batch()
    with tg.no_grad():
        model.head.weight.zero_()

    parts = model.training_step((images, labels))[1]

    cells, things, pictures = 3 * 3 * 4, 3, 3
    nothing = -(things * math.log(RARE) + (cells - things) * math.log(1 - RARE)) / pictures
    assert parts["thing"].item() == pytest.approx(nothing, rel=1e-5)
    assert parts["class"].item() == pytest.approx(math.log(3) * things / pictures, rel=1e-5)


def test_pictures_without_things_are_learned_from():
    model, (images, labels) = small(), batch()
    labels[:, :, 4] = -1

    loss, parts = model.training_step((images, labels))
    loss.backward()

    assert parts["class"].item() == parts["box"].item() == 0
    assert parts["thing"].item() > 0
    assert np.isfinite(model.head.weight.grad.numpy()).all()


def test_every_parameter_has_the_right_slope():
    """In float64, along a random direction, by central differences."""
    model, chance = small().to(tg.float64), np.random.default_rng(0)
    learned = batch(np.float64)
    model.training_step(learned)[0].backward()

    for name, parameter in model.named_parameters():
        direction = chance.standard_normal(parameter.shape)
        eps = 1e-6 / np.linalg.norm(direction)
        losses = []
        for sign in (1, -1):
            parameter.data += sign * eps * direction
            parameter.bump_version()
            losses.append(model.training_step(learned)[0].item())
            parameter.data -= sign * eps * direction
            parameter.bump_version()
        slope = (losses[0] - losses[1]) / 2e-6
        computed = (parameter.grad.numpy() * direction).sum() / np.linalg.norm(direction)
        assert computed == pytest.approx(slope, rel=1e-4, abs=1e-8), name
        assert np.abs(parameter.grad.numpy()).max() > 0, name


def test_every_backend_gives_the_same_numbers(backend):
    def numbers(device):
        model = small().to(device)
        images, labels = (part.to(device) for part in batch())
        loss, parts = model.training_step((images, labels))
        loss.backward()
        return [
            loss.detach(), *parts.values(), model.head.weight.grad, *model.predict(images),
        ]  # fmt: skip

    for expected, computed in zip(numbers("cpu"), numbers(backend.device), strict=True):
        assert computed.device == backend.device
        np.testing.assert_allclose(computed.cpu(), expected, rtol=1e-3, atol=1e-4)


def test_twenty_canvases_are_learned_by_heart():
    drawn = draw_canvases(20, seed=0)
    images = tg.tensor(drawn.images[:, None].astype(np.float32) / 255)
    labels = np.full((20, 4, 5), -1)
    for own, boxes, kinds in zip(labels, drawn.boxes, drawn.labels, strict=True):
        own[: len(boxes), :4], own[: len(boxes), 4] = boxes, kinds
    tg.manual_seed(0)
    model = Detector()
    optimizer = Adam(model.parameters(), lr=0.01)
    for _ in range(80):
        optimizer.zero_grad()
        model.training_step((images, tg.tensor(labels)))[0].backward()
        optimizer.step()

    assert precision_of(detect(model, images, 0.1), labels).half == 1
    true_boxes, _ = boxes_in(labels)
    assert [len(one.boxes) for one in detect(model, images)] == [len(boxes) for boxes in true_boxes]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda labels: labels[:, 0], r"shape \(N, K, 5\).*got \(3, 5\) for 3 pictures"),
        (lambda labels: labels[:, :, :4], r"got \(3, 2, 4\)"),
        (lambda labels: labels[:2], r"got \(2, 2, 5\) for 3 pictures.*canvases"),
        (
            lambda labels: labels + tg.tensor([0, 0, 0, 4, 0]),
            "27, 0.*within 32 x 24 pixels",
        ),
        (lambda labels: labels + tg.tensor([0, 0, 0, 0, 1]), r"\[17, 0, 31, 15, 3\] is no x1, y1"),
        (lambda labels: labels[:, :, [2, 1, 0, 3, 4]], "x1 < x2"),
        (lambda labels: labels - tg.tensor([3, 0, 0, 0, 0]), r"\[-1, 3, 14, 23, 0\]"),
    ],
)
def test_labels_that_are_no_boxes_are_refused(change, message):
    images, labels = batch()

    with pytest.raises(ValueError, match=message):
        small().training_step((images, change(labels)))


# ---- use ---------------------------------------------------------------------------------------


def test_a_proposal_is_a_box_and_the_product_of_two_probabilities():
    model = with_logits([0, 0, 0, 0, 1.5, 0.2, -0.3, 1.0])

    boxes, scores = model.predict(tg.rand(2, 1, 24, 32))

    assert boxes.shape == (2, 12, 4)
    assert scores.shape == (2, 12, 3)
    assert boxes[1, 6].tolist() == [12, 2, 28, 22]  # row 1, column 2: around (20, 12), 16 x 20
    each = np.exp([0.2, -0.3, 1.0])
    np.testing.assert_allclose(scores[0, 3].numpy(), sigmoid(1.5) * each / each.sum(), rtol=1e-5)


def test_boxes_end_with_the_picture():
    boxes, _ = with_logits([0, 0, 9, 9]).predict(tg.rand(1, 1, 24, 32))

    np.testing.assert_array_equal(boxes.numpy(), np.tile([0, 0, 32, 24], (1, 12, 1)))


def test_it_can_be_used_in_the_midst_of_training():
    model = small().train()
    before = {name: value.numpy().copy() for name, value in model.named_buffers()}

    boxes, _ = model.predict(tg.rand(2, 1, 24, 32))

    assert model.training
    assert not boxes.requires_grad
    for name, value in model.named_buffers():
        np.testing.assert_array_equal(value.numpy(), before[name])


def test_pictures_are_looked_at_a_few_at_a_time(monkeypatch):
    model, pictures = small().eval(), tg.rand(5, 1, 24, 32)
    whole = model.predict(pictures)
    monkeypatch.setattr("tinygen.models.detector.CHUNK", 2)

    for expected, computed in zip(whole, model.predict(pictures), strict=True):
        np.testing.assert_allclose(computed.numpy(), expected.numpy(), rtol=1e-4, atol=1e-4)


def test_what_was_saved_finds_the_same(tmp_path):
    model, pictures = small(), tg.rand(2, 1, 24, 32)
    model.training_step(batch())  # which changes the running means
    save_checkpoint(
        tmp_path / "model.npz", model=model, architecture="detector",
        arguments={"classes": 3, "width": 2, "picture_shape": [1, 24, 32]},
    )  # fmt: skip

    loaded = from_checkpoint(tmp_path / "model.npz")

    for expected, computed in zip(model.predict(pictures), loaded.predict(pictures), strict=True):
        np.testing.assert_array_equal(computed.numpy(), expected.numpy())


@pytest.mark.parametrize(
    ("pictures", "error", "message"),
    [
        (tg.rand(1, 24, 32), ValueError, r"shape \(N, 1, 24, 32\), got \(1, 24, 32\): one"),
        (tg.rand(1, 3, 24, 32), ValueError, r"\(N, 1, 24, 32\), got \(1, 3, 24, 32\)"),
        (tg.zeros(1, 1, 0, 32), ValueError, r"got \(1, 1, 0, 32\)"),
        (tg.zeros(1, 1, 24, 32, dtype=tg.uint8), TypeError, r"got uint8: pictures.float\(\) / 255"),
        (tg.full((1, 1, 24, 32), 200.0), ValueError, "from 200 to 200: divide bytes by 255"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(pictures, error, message):
    with pytest.raises(error, match=message):
        small().predict(pictures)
