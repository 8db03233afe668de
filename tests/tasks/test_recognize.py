from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.data import ImageSet, draw_strips, synthetic_digits
from tinygen.models import create, pretrained
from tinygen.models.embedder import Embedder
from tinygen.models.reader import StripCNN, StripReader
from tinygen.tasks.features import pixels
from tinygen.tasks.recognize import (
    draw_pairs,
    read_between_gaps,
    read_equal_cuts,
    reading_scores,
    recognize,
    texts_in,
    verification_scores,
    verify,
)


@pytest.fixture(scope="module")
def judge():
    return pretrained("judge")


@pytest.fixture(scope="module")
def digits() -> ImageSet:
    return synthetic_digits(10, 300)


def says(*path):
    """A reader of columns that says the same at each place, by what it has been told.

    ``path`` are the letters (None for none), the most probable first.
    """
    tg.manual_seed(0)
    model = StripReader(channels=(2, 2, 2), units=2)
    with tg.no_grad():
        model.output.weight.zero_()
        model.output.bias.fill_(-20.0)
        for place, letter in enumerate(path):
            model.output.bias[0 if letter is None else letter + 1] = 5.0 - 0.1 * place
    return model


def line(digits, places, width=168):
    """Digits of a set put into a line, each at a column."""
    image = np.zeros((28, width), np.uint8)
    for number, place in places:
        own = digits.test_images[number]
        columns = own.any(axis=0).nonzero()[0]
        own = own[:, columns[0] : columns[-1] + 1]
        image[:, place : place + own.shape[1]] = own
    return tg.tensor(image[None, None].astype(np.float32) / 255)


# ---- reading -----------------------------------------------------------------------------------


def test_lines_are_read_as_strings():
    strips = tg.rand(2, 1, 28, 60)

    assert recognize(says(7), strips) == ["7", "7"]
    assert recognize(says(None), strips) == ["", ""]
    assert recognize(says(2), strips, letters="abcdefghij") == ["c", "c"]


def test_a_beam_finds_what_many_paths_say():
    """Nothing is the most probable at each of 30 places, and a 4 somewhere certain."""
    strips = tg.rand(1, 1, 28, 2)

    assert recognize(says(None, 4), tg.rand(1, 1, 28, 4)) == [""]
    assert recognize(says(None, 4), tg.rand(1, 1, 28, 4), beam=5) == ["4"]
    assert recognize(says(4), strips, beam=1) == ["4"]


def test_the_reader_of_whole_lines_reads_too():
    tg.manual_seed(0)
    model = StripCNN(channels=(2, 2), units=4)
    with tg.no_grad():
        model.length.bias[3] = 30.0
        for place, letter in enumerate((5, 0, 9)):
            model.letters[place].bias[letter] = 30.0

    assert recognize(model, tg.rand(2, 1, 28, 168)) == ["509", "509"]
    with pytest.raises(ValueError, match="without a search: leave beam out"):
        recognize(model, tg.rand(2, 1, 28, 168), beam=3)


def test_labels_become_texts():
    assert texts_in(np.array([[1, 0, -1], [-1, -1, -1], [9, 9, 9]])) == ["10", "", "999"]


def test_models_that_read_nothing_are_refused():
    with pytest.raises(TypeError, match="FastCNN reads no lines: .* train strip-reader"):
        recognize(create("cnn"), tg.rand(1, 1, 28, 28))
    with pytest.raises(ValueError, match="knows 10 letters, and letters= names 3"):
        recognize(says(1), tg.rand(1, 1, 28, 28), letters="abc")
    with pytest.raises(ValueError, match=r"got \(1, 1, 27, 28\)"):
        recognize(says(1), tg.rand(1, 1, 27, 28))


def test_scores_of_reading_by_hand():
    """A digit wrong, one left out, one too many, of 8; and one of 3 texts right."""
    scores = reading_scores(["123", "45", "678"], ["125", "45", "6799"])

    assert scores.cer == pytest.approx((1 + 0 + 2) / 8)
    assert scores.accuracy == pytest.approx(1 / 3)
    assert reading_scores(["12"], ["12"]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="1 true and 2 predicted"):
        reading_scores(["1"], ["1", "2"])


# ---- with a classifier -------------------------------------------------------------------------


def test_a_digit_is_read_as_well_between_gaps_as_by_itself(judge, digits):
    """Wherever it is in the line: its centre of mass goes to the middle of the frame."""
    alone = judge.predict(tg.tensor(digits.test_images[:8, None].astype(np.float32) / 255))
    strips = tg.cat([line(digits, [(number, 5 + 15 * number)]) for number in range(8)])

    read = read_between_gaps(judge, strips)

    assert all(len(text) == 1 for text in read)
    same = [int(text) == label for text, label in zip(read, alone.tolist(), strict=True)]
    assert np.mean(same) >= 7 / 8


def test_digits_with_gaps_are_read_in_their_order(judge, digits):
    by_class = [int(np.flatnonzero(digits.test_labels == kind)[0]) for kind in (0, 1, 3)]
    strips = line(digits, [(number, 20 + 40 * place) for place, number in enumerate(by_class)])

    (between_gaps,) = read_between_gaps(judge, strips)
    (in_equal_cuts,) = read_equal_cuts(judge, strips, [3])

    assert len(between_gaps) == len(in_equal_cuts) == 3
    assert reading_scores(["013"], [between_gaps]).cer <= 1 / 3


def test_digits_that_touch_are_taken_for_one_without_a_count(judge):
    images = np.zeros((1, 1, 28, 168), np.float32)
    images[0, 0, 4:24, 50:54] = images[0, 0, 4:24, 54:58] = 1

    assert len(read_between_gaps(judge, tg.tensor(images))[0]) == 1
    assert len(read_equal_cuts(judge, tg.tensor(images), [2])[0]) == 2


def test_an_empty_line_has_no_digits(judge):
    strips = tg.zeros(2, 1, 28, 100)

    assert read_between_gaps(judge, strips) == ["", ""]
    assert read_equal_cuts(judge, strips, [2, 1]) == ["", ""]


def test_baselines_read_lines_badly_but_not_blindly(judge):
    written = draw_strips(100, 0, (1, 5))
    strips = tg.tensor(written.images[:, None].astype(np.float32) / 255)
    counts = [len(text) for text in written.texts]

    cuts = reading_scores(written.texts, read_equal_cuts(judge, strips, counts))
    gaps = reading_scores(written.texts, read_between_gaps(judge, strips))

    assert 0.02 < gaps.cer < 0.7
    assert 0.02 < cuts.cer < 0.8


@pytest.mark.parametrize(
    ("shape", "counts", "message"),
    [
        ((2, 1, 20, 100), [1, 1], r"as high, got lines of shape \(2, 1, 20, 100\)"),
        ((2, 3, 28, 100), [1, 1], "grey lines"),
        ((2, 1, 28, 100), [1], "2 lines need as many counts, got 1"),
    ],
)
def test_lines_that_cannot_be_cut_are_refused(judge, shape, counts, message):
    with pytest.raises(ValueError, match=message):
        read_equal_cuts(judge, tg.zeros(*shape), counts)


# ---- the same or not ---------------------------------------------------------------------------


def test_pictures_are_compared_pair_by_pair():
    first, second = tg.rand(4, 1, 6, 6), tg.rand(4, 1, 6, 6)

    distances = verify(pixels, first, second)

    difference = first.numpy().reshape(4, -1) - second.numpy().reshape(4, -1)
    np.testing.assert_allclose(distances, np.linalg.norm(difference, axis=1), rtol=1e-6)
    assert distances.dtype == np.float64
    assert not verify(pixels, first, first).any()


def test_a_model_compares_by_its_vectors(backend):
    tg.manual_seed(0)
    model = Embedder(channels=[3, 4], picture_shape=[1, 8, 8]).to(backend.device)
    first, second = (tg.rand(3, 1, 8, 8, device=backend.device) for _ in range(2))

    distances = verify(model, first, second)

    with tg.no_grad():
        one, other = model(first).cpu().numpy(), model(second).cpu().numpy()
    np.testing.assert_allclose(distances, np.linalg.norm(one - other, axis=1), rtol=1e-4)
    assert model.training


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="got 2 pictures and 3"):
        verify(pixels, tg.rand(2, 1, 4, 4), tg.rand(3, 1, 4, 4))
    with pytest.raises(TypeError, match="StripReader has no vector"):
        verify(says(1), tg.rand(2, 1, 28, 28), tg.rand(2, 1, 28, 28))


def test_pairs_are_half_of_one_class_and_never_a_picture_with_itself():
    labels = np.array([3, 5, 3, 8, 5, 8, 3, 3])

    pairs = draw_pairs(labels, 1001)

    assert pairs.is_same.sum() == 501
    assert np.array_equal(labels[pairs.first] == labels[pairs.second], pairs.is_same)
    assert (pairs.first != pairs.second).all()
    assert set(pairs.first) == set(pairs.second) == set(range(8))
    again, other = draw_pairs(labels, 1001), draw_pairs(labels, 1001, seed=1)
    assert np.array_equal(pairs.first, again.first)
    assert np.array_equal(pairs.second, again.second)
    assert not np.array_equal(pairs.second, other.second)


def test_every_other_picture_of_a_class_is_as_likely():
    labels = np.repeat([0, 1], [3, 4])
    pairs = draw_pairs(labels, 40_000)
    shares = np.zeros((7, 7))
    np.add.at(shares, (pairs.first, pairs.second), 1 / 20_000)

    for begin, size, total in ((0, 3, 3 / 7), (3, 4, 4 / 7)):
        inside = shares[begin : begin + size, begin : begin + size]
        expected = total / (size * (size - 1)) * (1 - np.eye(size))
        np.testing.assert_allclose(inside, expected, atol=0.01)
    np.testing.assert_allclose(shares[:3, 3:], 1 / 7 / 4, atol=0.01)


@pytest.mark.parametrize(("labels", "count"), [([0, 0, 0], 10), ([0, 0, 1], 10), ([0, 0, 1, 1], 1)])
def test_pairs_that_cannot_be_drawn_are_refused(labels, count):
    with pytest.raises(ValueError, match="two classes of two pictures each"):
        draw_pairs(np.array(labels), count)


def test_scores_of_distances_by_hand():
    """The same are nearer in 5 of 6 pairs of pairs."""
    scores = verification_scores(np.array([0.1, 0.5, 0.3, 0.6, 0.9]), np.array([1, 1, 0, 0, 0]) > 0)

    assert scores.auroc == pytest.approx(5 / 6)
    assert scores.eer == pytest.approx(1 / 3)
    apart = verification_scores(np.array([0.1, 0.2, 0.8]), np.array([True, True, False]))
    assert apart == (1.0, 0.0)
