from __future__ import annotations

import math

import numpy as np
import pytest

import tinygen as tg
from tinygen.data import (
    Binarize,
    Compose,
    GaussianNoise,
    Normalize,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomShift,
    Resize,
    ToFloat,
    Transform,
    transforms,
)

CHANCES = [
    RandomHorizontalFlip(),
    RandomCrop(6, padding=2),
    RandomShift(2),
    RandomAffine(20, translate=(0.2, 0.1), scale=(0.8, 1.2), shear=10),
    GaussianNoise(0.3),
    Binarize(dynamic=True),
]
CERTAINTIES = [ToFloat(), Normalize(0.4, 0.2), Normalize([0.4, 0.5], [0.2, 0.1]), Binarize(),
               Resize((5, 9))]  # fmt: skip
ALL = [*CHANCES, *CERTAINTIES, Compose(CHANCES[:4]), RandomShift(2, together=True)]


def random_images(n: int = 5, channels: int = 2, dtype=np.float32) -> np.ndarray:
    return np.random.default_rng(7).random((n, channels, 8, 7)).astype(dtype)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# ---- what all have in common -------------------------------------------------------------------


@pytest.mark.parametrize("transform", ALL, ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept_and_the_source_is_left_alone(transform, dtype):
    images = random_images(dtype=dtype)
    before = images.copy()

    made = transform(images, seeded())

    assert made.dtype == dtype
    assert made.shape[:2] == images.shape[:2]
    np.testing.assert_array_equal(images, before)
    images.flags.writeable = False
    transform(images, seeded())


@pytest.mark.parametrize("transform", CHANCES, ids=repr)
def test_a_seed_means_the_same_changes(transform):
    images = random_images(n=20)

    once, again, other = (transform(images, seeded(seed)) for seed in (0, 0, 1))

    np.testing.assert_array_equal(once, again)
    assert not np.array_equal(once, other)


@pytest.mark.parametrize("transform", CHANCES, ids=repr)
def test_without_a_generator_manual_seed_decides(transform):
    images = random_images(n=20)

    tg.manual_seed(0)
    once, twice = transform(images), transform(images)
    tg.manual_seed(0)

    np.testing.assert_array_equal(transform(images), once)
    assert not np.array_equal(once, twice)


@pytest.mark.parametrize("transform", CHANCES, ids=repr)
def test_tinygens_own_generators_are_left_alone(transform):
    before = repr(tg.get_rng_state())
    transform(random_images(), seeded())

    assert repr(tg.get_rng_state()) == before


@pytest.mark.parametrize("transform", ALL, ids=repr)
def test_a_device_changes_nothing(transform, backend):
    images = random_images()

    made = transform(backend.asarray(images), seeded())

    assert tg.backend.of(made) is backend
    expected = transform(images, seeded())
    np.testing.assert_allclose(backend.to_numpy(made), expected, atol=1e-6)


@pytest.mark.parametrize("transform", CHANCES, ids=repr)
def test_images_of_a_batch_have_their_own_chance(transform):
    same = np.repeat(random_images(n=1), 30, axis=0)

    made = transform(same, seeded())

    assert len({image.tobytes() for image in made}) > 1


@pytest.mark.parametrize("transform", ALL, ids=repr)
def test_tensors_are_refused(transform):
    with pytest.raises(TypeError, match="transforms arrays, not Tensors.*images.data"):
        transform(tg.tensor(random_images()))


def test_lists_are_refused():
    with pytest.raises(TypeError, match="expected a NumPy or CuPy array, got list"):
        ToFloat()([[0, 255]])


@pytest.mark.parametrize(
    "transform", [*CHANCES[:4], Resize(4)], ids=lambda transform: type(transform).__name__
)
def test_images_without_channels_are_refused(transform):
    with pytest.raises(ValueError, match=r"\(N, C, H, W\), got shape \(5, 8, 7\).*images\[:, None"):
        transform(random_images()[:, 0], seeded())


@pytest.mark.parametrize(
    "transform",
    [Normalize(0.1, 0.3), GaussianNoise(1), Binarize(), Binarize(dynamic=True), RandomAffine(5),
     Resize(4)],
    ids=repr,
)  # fmt: skip
def test_arithmetic_with_bytes_is_refused(transform):
    with pytest.raises(TypeError, match=r"floating images, got uint8: put ToFloat\(\) before"):
        transform(np.zeros((2, 1, 4, 4), np.uint8), seeded())


@pytest.mark.parametrize("transform", CHANCES[:3], ids=repr)
def test_moving_pixels_keeps_bytes(transform):
    images = np.random.default_rng(0).integers(0, 256, (5, 2, 8, 7), dtype=np.uint8)

    made = transform(images, seeded())

    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made / 255, transform(images / 255, seeded()))


def test_a_transform_of_ones_own():
    class Darken(Transform):
        def apply(self, images, generator):
            return images * generator.random(dtype=np.float32)

    images = random_images()

    np.testing.assert_allclose(
        Darken()(images, seeded(3)), images * seeded(3).random(dtype=np.float32)
    )


def test_what_a_transform_lacks_is_said():
    class Nothing(Transform):
        pass

    with pytest.raises(NotImplementedError, match=r"Nothing needs an apply\(images, generator\)"):
        Nothing()(random_images())


# ---- Compose -----------------------------------------------------------------------------------


def test_compose_goes_from_first_to_last():
    images = np.array([[[[0, 255]]]], np.uint8)
    both = Compose([ToFloat(), Normalize(0.5, 0.25), lambda x: x + 10])

    np.testing.assert_array_equal(both(images), [[[[8, 12]]]])


def test_compose_hands_one_generator_through():
    images, generator = random_images(), seeded(4)

    made = Compose([RandomHorizontalFlip(), RandomShift(1)])(images, seeded(4))

    expected = RandomShift(1)(RandomHorizontalFlip()(images, generator), generator)
    np.testing.assert_array_equal(made, expected)


def test_transforms_say_what_they_are():
    described = repr(Compose([ToFloat(), RandomCrop(28, padding=2)]))

    assert described == "Compose(transforms=[ToFloat(), RandomCrop(size=28, padding=2)])"


# ---- the values of pixels ----------------------------------------------------------------------


def test_bytes_become_numbers_from_0_to_1():
    every_byte = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)

    made = ToFloat()(every_byte)

    assert made.dtype == np.float32
    exact = [np.float32(value / 255) for value in range(256)]
    np.testing.assert_array_equal(made.ravel(), exact)


def test_truth_becomes_0_and_1():
    made = ToFloat()(np.array([[[[False, True]]]]))

    assert (made.dtype, made.tolist()) == (np.float32, [[[[0, 1]]]])


def test_integers_of_unknown_range_are_refused():
    with pytest.raises(TypeError, match="uint8 images, got int64"):
        ToFloat()(np.zeros((1, 1, 2, 2), np.int64))


@pytest.mark.parametrize(("mean", "std"), [(0.3, 0.2), ([0.3, 0.6], [0.2, 0.5])])
def test_normalize_is_a_loop_over_channels(mean, std):
    images = random_images()
    means, stds = np.broadcast_to(mean, 2), np.broadcast_to(std, 2)
    expected = np.empty_like(images)
    for n, c, h, w in np.ndindex(*images.shape):
        expected[n, c, h, w] = (images[n, c, h, w] - means[c]) / stds[c]

    np.testing.assert_allclose(Normalize(mean, std)(images), expected, rtol=1e-5, atol=1e-6)


def test_one_number_normalizes_flat_images_too():
    flat = random_images().reshape(5, -1)

    np.testing.assert_allclose(Normalize(0.5, 0.5)(flat), 2 * flat - 1, atol=1e-6)


@pytest.mark.parametrize(("mean", "std"), [(0.3, 0.2), ([0.3, 0.6], [0.2, 0.5])])
def test_the_inverse_leads_back(mean, std):
    images, normalize = random_images(), Normalize(mean, std)

    np.testing.assert_allclose(normalize.inverse()(normalize(images)), images, atol=1e-6)


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        (0.5, 0, "must be positive, got 0"),
        ([0.5, 0.5], [0.1, -1], "must be positive"),
        ([0.5, 0.5], [0.1], "a mean and a std for each channel"),
        ([[0.5]], [[0.1]], "a mean and a std for each channel"),
    ],
)
def test_nonsense_cannot_normalize(mean, std, message):
    with pytest.raises(ValueError, match=message):
        Normalize(mean, std)


@pytest.mark.parametrize("shape", [(5, 3, 8, 7), (5, 2)])
def test_other_channels_are_refused(shape):
    with pytest.raises(ValueError, match=r"2 channels.*expected \(N, 2, H, W\)"):
        Normalize([0.5, 0.5], [0.1, 0.1])(np.zeros(shape, np.float32))


def test_noise_has_its_mean_its_spread_and_no_memory():
    noise = GaussianNoise(0.5)(np.full((50, 1, 40, 40), 3, np.float32), seeded()) - 3
    size = noise.size

    assert abs(noise.mean()) < 4 * 0.5 / math.sqrt(size)
    assert noise.std() == pytest.approx(0.5, rel=4 / math.sqrt(2 * size))
    neighbours = (noise[..., 1:] * noise[..., :-1]).mean() / 0.25
    assert abs(neighbours) < 4 / math.sqrt(size)
    assert (np.abs(noise) < 0.5).mean() == pytest.approx(math.erf(math.sqrt(0.5)), abs=0.01)


def test_no_noise_is_no_change():
    images = random_images()

    np.testing.assert_array_equal(GaussianNoise(0)(images, seeded()), images)


def test_negative_noise_is_refused():
    with pytest.raises(ValueError, match="at least 0, got -1"):
        GaussianNoise(-1)


def test_pixels_above_the_threshold_become_1():
    images = np.array([[[[0.0, 0.5, 0.51, 1.0]]]], np.float32)

    assert Binarize()(images).tolist() == [[[[0, 0, 1, 1]]]]
    assert Binarize(0.2)(images).tolist() == [[[[0, 1, 1, 1]]]]


def test_dynamic_pixels_are_1_as_often_as_they_are_bright():
    levels = np.array([0.0, 0.1, 0.5, 0.9, 1.0], np.float32)
    images = np.broadcast_to(levels[:, None, None], (1, 5, 200, 200))

    made = Binarize(dynamic=True)(images, seeded())

    assert set(np.unique(made)) == {0, 1}
    spread = np.sqrt(levels * (1 - levels) / 200**2)
    assert (np.abs(made.mean(axis=(0, 2, 3)) - levels) <= 4 * spread).all()


# ---- the places of pixels ----------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_flips_mirror_whole_images_as_often_as_asked(p):
    images = np.repeat(random_images(n=1), 2000, axis=0)
    mirrored = images[0, :, :, ::-1]

    made = RandomHorizontalFlip(p)(images, seeded())

    flipped = np.array([np.array_equal(image, mirrored) for image in made])
    kept = np.array([np.array_equal(image, images[0]) for image in made])
    assert (flipped ^ kept).all()
    assert abs(flipped.mean() - p) <= 4 * math.sqrt(p * (1 - p) / 2000)


def test_a_probability_is_at_most_1():
    with pytest.raises(ValueError, match="p is a probability, got 1.5"):
        RandomHorizontalFlip(1.5)


def places_of_windows(images, made, padding):
    """The row and column of each window in its padded image, by looking at every place."""
    height, width = made.shape[2:]
    for image, window in zip(images, made, strict=True):
        big = np.zeros((image.shape[0], image.shape[1] + 2 * padding, image.shape[2] + 2 * padding))
        big[:, padding : padding + image.shape[1], padding : padding + image.shape[2]] = image
        yield [
            (top, left)
            for top in range(big.shape[1] - height + 1)
            for left in range(big.shape[2] - width + 1)
            if np.array_equal(big[:, top : top + height, left : left + width], window)
        ]


@pytest.mark.parametrize(
    ("crop", "padding", "rooms"),
    [
        (RandomCrop(6), 0, (3, 2)),
        (RandomCrop((8, 7), padding=1), 1, (3, 3)),
        (RandomCrop((3, 9), padding=1), 1, (8, 1)),
        (RandomShift(1), 1, (3, 3)),
        (RandomShift(0), 0, (1, 1)),
    ],
    ids=repr,
)
def test_crops_are_windows_at_every_place_equally_often(crop, padding, rooms):
    images = np.random.default_rng(0).random((900, 2, 8, 7)).astype(np.float32)

    found = list(places_of_windows(images, crop(images, seeded()), padding))

    assert all(len(places) == 1 for places in found)
    counts = np.zeros(rooms)
    for ((top, left),) in found:
        counts[top, left] += 1
    expected = 900 / counts.size
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    freedoms = counts.size - 1
    assert chi_squared <= freedoms + 4 * math.sqrt(2 * freedoms)


def test_a_shift_moves_into_both_directions_and_fills_with_0():
    dot = np.zeros((200, 1, 5, 5), np.float32)
    dot[:, :, 2, 2] = 1

    made = RandomShift(2)(dot, seeded())

    assert (made.sum(axis=(1, 2, 3)) == 1).all()
    assert {tuple(place) for place in np.argwhere(made)[:, 2:]} == set(np.ndindex(5, 5))


def test_a_batch_can_be_shifted_together():
    dot = np.zeros((3, 1, 5, 5), np.float32)
    dot[:, :, 2, 2] = 1
    shift, generator = RandomShift(2, together=True), seeded()
    places = set()

    for _ in range(200):
        made = np.argwhere(shift(dot, generator))[:, 2:]
        assert (made == made[0]).all()
        assert len(made) == 3
        places.add(tuple(made[0].tolist()))

    assert places == set(np.ndindex(5, 5))


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ValueError, match=r"no window of \(9, 9\) fits into images of \(8, 7\)"):
        RandomCrop(9)(random_images(), seeded())


@pytest.mark.parametrize("size", [0, (3,), (1, 2, 3), 2.5, (2.0, 2)])
def test_sizes_are_numbers_of_pixels(size):
    with pytest.raises((ValueError, TypeError)):
        RandomCrop(size)


@pytest.mark.parametrize("pixels", [-1, 1.5])
def test_shifts_are_numbers_of_pixels(pixels):
    with pytest.raises(ValueError, match=f"whole number of pixels, at least 0, got {pixels}"):
        RandomShift(pixels)


# ---- RandomAffine ------------------------------------------------------------------------------


def affine_by_loops(image, degrees=0.0, scale=1.0, shear=0.0):
    """One channel, pixel by pixel: where each comes from, and the four pixels around that."""
    height, width = image.shape
    angle, slant = math.radians(degrees), math.tan(math.radians(shear))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    back = np.linalg.inv(scale * turn @ np.array([[1, -slant], [0, 1]]))
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    made = np.zeros_like(image)
    for row, column in np.ndindex(height, width):
        x, y = back @ (np.array([column, row]) - middle) + middle
        for j, i in np.ndindex(height, width):
            weight = max(0, 1 - abs(x - i)) * max(0, 1 - abs(y - j))
            made[row, column] += weight * image[j, i]
    return made


@pytest.mark.parametrize(
    "settings",
    [{"degrees": 30}, {"degrees": -100}, {"scale": 0.7}, {"scale": 1.6}, {"shear": 20},
     {"degrees": 20, "scale": 1.3, "shear": -15}],
    ids=str,
)  # fmt: skip
def test_affine_is_a_loop_over_pixels(settings):
    images = random_images(dtype=np.float64)
    bounds = {name: (value, value) for name, value in settings.items()}

    made = RandomAffine(**{"degrees": 0, **bounds})(images, seeded())

    for n, c in np.ndindex(*images.shape[:2]):
        expected = affine_by_loops(images[n, c], **settings)
        np.testing.assert_allclose(made[n, c], expected, atol=1e-5)


def test_doing_nothing_changes_nothing():
    images = random_images()

    np.testing.assert_array_equal(RandomAffine(0)(images, seeded()), images)


def test_a_quarter_turn_is_clockwise():
    images = np.random.default_rng(0).random((3, 2, 6, 6)).astype(np.float32)

    made = RandomAffine((90, 90))(images, seeded())

    np.testing.assert_allclose(made, np.rot90(images, k=-1, axes=(2, 3)), atol=1e-5)


def test_shear_leans_the_top_to_the_right():
    bar = np.zeros((1, 1, 9, 9), np.float32)
    bar[..., 4] = 1

    made = RandomAffine(0, shear=(45, 45))(bar, seeded())

    np.testing.assert_allclose(made[0, 0], np.eye(9)[::-1], atol=1e-5)


def test_shifts_are_even_between_their_bounds():
    """Of a slope nothing shows but how far it was moved."""
    slope = np.zeros((4000, 2, 21, 41), np.float64)
    slope[:, 0], slope[:, 1] = np.arange(41), np.arange(21)[:, None]

    made = RandomAffine(0, translate=(0.1, 0.2))(slope, seeded())

    moved = (slope - made)[:, :, 10, 20]
    np.testing.assert_allclose((slope - made)[:, :, 8:13, 15:26].std(axis=(2, 3)), 0, atol=1e-5)
    for shifts, most in zip(moved.T, (4.1, 4.2), strict=True):
        assert np.abs(shifts).max() <= most
        assert abs(shifts.mean()) < 4 * most / math.sqrt(3 * 4000)
        assert shifts.var() == pytest.approx(most**2 / 3, rel=0.06)
    assert abs(np.corrcoef(moved.T)[0, 1]) < 4 / math.sqrt(4000)


@pytest.mark.parametrize(
    "transform",
    [RandomAffine(20), RandomAffine(0, translate=(0.2, 0)), RandomAffine(0, translate=(0, 0.2)),
     RandomAffine(0, scale=(0.8, 1.2)), RandomAffine(0, shear=10)],
    ids=repr,
)  # fmt: skip
def test_each_image_is_moved_in_its_own_way(transform):
    same = np.repeat(random_images(n=1), 30, axis=0)

    assert len({image.tobytes() for image in transform(same, seeded())}) == 30


def test_one_number_means_both_signs():
    point = np.zeros((500, 1, 9, 9), np.float32)
    point[:, :, 4, 8] = 1  # on the right; a turn clockwise moves it down

    made = RandomAffine(20)(point, seeded())[:, 0]

    down = (made * (np.arange(9) - 4)[:, None]).sum(axis=(1, 2))
    assert down.min() < -0.8
    assert down.max() > 0.8
    assert abs(down.mean()) < 0.2


def test_parts_of_a_batch_are_the_batch(monkeypatch):
    images = random_images(n=7)
    transform = RandomAffine(20, (0.1, 0.1), (0.9, 1.1), 5)
    whole = transform(images, seeded())

    monkeypatch.setattr(transforms, "AT_ONCE", 2 * images[0].size)

    np.testing.assert_array_equal(transform(images, seeded()), whole)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"degrees": (10, -10)}, "degrees needs a lower and an upper bound"),
        ({"degrees": -10}, "degrees needs a lower and an upper bound"),
        ({"degrees": math.nan}, "degrees needs a lower and an upper bound"),
        ({"degrees": 0, "scale": (0, 1)}, "scale must be positive"),
        ({"degrees": 0, "translate": (0.1, 2)}, "translate is two shares"),
        ({"degrees": 0, "translate": (0.1,)}, "translate is two shares"),
        ({"degrees": 0, "shear": 90}, "below 90 degrees"),
    ],
)
def test_impossible_bounds_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RandomAffine(**settings)


# ---- Resize ------------------------------------------------------------------------------------


def test_twice_as_wide_is_in_between():
    made = Resize((1, 4))(np.array([[[[0.0, 1.0]]]], np.float32))

    np.testing.assert_allclose(made, [[[[0, 0.25, 0.75, 1]]]], atol=1e-7)


def test_one_number_is_a_square():
    assert Resize(16)(random_images()).shape == (5, 2, 16, 16)
