from __future__ import annotations

import numpy as np
import pytest

from tinygen.data import CHARACTERS, DIGITS, draw_glyphs, glyphs, make_glyphs, synthetic_digits
from tinygen.data.strokes import form


def test_a_seed_means_the_same_pictures():
    first, second = draw_glyphs(50, seed=3), draw_glyphs(50, seed=3)

    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_another_seed_means_other_pictures():
    assert not np.array_equal(draw_glyphs(50, seed=3)[0], draw_glyphs(50, seed=4)[0])


def test_drawing_more_does_not_change_the_first_ones():
    few, many = draw_glyphs(20, seed=1), draw_glyphs(90, seed=1)

    np.testing.assert_array_equal(few[0], many[0][:20])
    np.testing.assert_array_equal(few[1], many[1][:20])


def test_tinygens_own_generators_are_left_alone():
    import tinygen as tg

    before = tg.get_rng_state()
    draw_glyphs(5, seed=0)

    assert repr(tg.get_rng_state()) == repr(before)


def test_pictures_are_like_mnists():
    images, labels = draw_glyphs(1000, seed=0)

    assert (images.shape, images.dtype) == ((1000, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((1000,), np.int64)
    assert (images == 0).mean() > 0.6
    assert images.max(axis=(1, 2)).min() > 100


def test_each_character_is_equally_likely():
    _, labels = draw_glyphs(3600, seed=0)

    counts = np.bincount(labels, minlength=len(CHARACTERS))
    assert len(counts) == 36
    assert 50 < counts.min() <= counts.max() < 150  # 100 expected, deviation 10


def test_characters_stay_on_the_paper():
    images, _ = draw_glyphs(500, seed=0)
    edges = np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])

    assert (edges > 0).mean() < 0.01


def test_no_two_pictures_are_the_same():
    images, _ = draw_glyphs(300, seed=0, characters="I")

    assert len(np.unique(images.reshape(300, -1), axis=0)) == 300


def nearest_mean_accuracy(images, labels):
    """Of giving each picture of the second half the label whose mean picture is nearest."""
    half = len(images) // 2
    flat = images.reshape(len(images), -1).astype(float)
    kinds = range(labels.max() + 1)
    means = np.stack([flat[:half][labels[:half] == kind].mean(axis=0) for kind in kinds])
    distances = ((means**2).sum(axis=1) - 2 * flat[half:] @ means.T).argmin(axis=1)
    return (distances == labels[half:]).mean()


def test_pictures_of_a_character_resemble_each_other_but_not_too_much():
    assert 0.4 < nearest_mean_accuracy(*draw_glyphs(4000, seed=0)) < 0.8  # 0.03 by chance


def test_ten_digits_are_easier():
    assert 0.6 < nearest_mean_accuracy(*draw_glyphs(2000, 0, DIGITS)) < 0.9  # 0.1 by chance


def test_digits_that_look_like_letters_are_written_otherwise_beside_them():
    zero = glyphs._forms_of("0")[0]
    zero_beside_letters = glyphs._forms_of("0O")[0]

    assert {len(shape.strokes) for shape in zero} == {1}
    assert {len(shape.strokes) for shape in zero_beside_letters} == {2}


def test_every_form_has_its_characters_height():
    for character, texts in glyphs.FORMS.items():
        for text in texts:
            down = [point[1] for point in form(text).points]
            assert min(down) <= 0.1, character
            assert max(down) >= 0.9, character


@pytest.mark.parametrize("characters", ["", "0a", "AA", "Ö"])
def test_characters_that_cannot_be_drawn_are_refused(characters):
    with pytest.raises(ValueError, match="different ones of 0123456789ABC"):
        draw_glyphs(1, 0, characters)


@pytest.mark.parametrize(("n", "seed"), [(-1, 0), (1, -1)])
def test_negative_numbers_are_refused(n, seed):
    with pytest.raises(ValueError, match=f"n={n}, seed={seed}"):
        draw_glyphs(n, seed)


def test_no_pictures_are_drawn_when_none_are_wanted():
    images, labels = draw_glyphs(0, seed=0)

    assert images.shape == (0, 28, 28)
    assert labels.shape == (0,)


def test_training_and_test_pictures_do_not_overlap():
    drawn = make_glyphs(n_train=30, n_test=20, seed=0)

    assert len(drawn.train_images) == len(drawn.train_labels) == 30
    assert len(drawn.test_images) == len(drawn.test_labels) == 20
    together = np.concatenate([drawn.train_images, drawn.test_images]).reshape(50, -1)
    assert len(np.unique(together, axis=0)) == 50
    assert drawn.classes == tuple(CHARACTERS)
    assert not drawn.is_real


def test_a_negative_part_of_a_set_is_refused():
    with pytest.raises(ValueError, match="n_test=-5"):
        make_glyphs(n_train=10, n_test=-5)


def test_drawn_digits_can_stand_in_for_mnist():
    drawn = synthetic_digits(n_train=200, n_test=50, seed=0)

    assert drawn.classes == tuple(DIGITS)
    assert set(drawn.train_labels) == set(range(10))
    assert drawn.picture_shape == (1, 28, 28)
