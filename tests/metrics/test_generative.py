from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygen import metrics
from tinygen.metrics import generative


def gaussian_features(seed, n=50, d=4, scale=1.0):
    return np.random.default_rng(seed).normal(size=(n, d)) * scale


def features_with(mean, covariance, n=40, seed=0):
    """Features whose sample mean and covariance are exactly these."""
    rows = gaussian_features(seed, n, len(mean))
    rows -= rows.mean(axis=0)
    rows = np.linalg.qr(rows)[0] * math.sqrt(n - 1)
    values, vectors = np.linalg.eigh(np.asarray(covariance, float))
    return rows @ (vectors * np.sqrt(values)).T + mean


# ---- Fréchet distance ----------------------------------------------------------------------------


def test_frechet_distance_of_features_to_themselves_is_zero():
    features = gaussian_features(0)

    assert metrics.frechet_distance(features, features) == pytest.approx(0, abs=1e-12)
    assert metrics.frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-12)


def test_frechet_distance_of_shifted_features_is_the_squared_shift():
    features = gaussian_features(0)

    distance = metrics.frechet_distance(features, features + np.array([1.0, 2, 0, 0]))

    assert distance == pytest.approx(5)


def test_frechet_distance_of_independent_features_adds_up_over_them():
    """(m - n)^2 + (s - t)^2 in one dimension."""
    a = features_with([1, 2], np.diag([4.0, 9.0]))
    b = features_with([0, 4], np.diag([1.0, 0.25]), seed=1)

    expected = (1 - 0) ** 2 + (2 - 4) ** 2 + (2 - 1) ** 2 + (3 - 0.5) ** 2

    assert metrics.frechet_distance(a, b) == pytest.approx(expected)


def test_frechet_distance_of_2x2_covariances_by_their_determinant():
    """tr (P)^{1/2} of a 2x2 matrix is sqrt(tr P + 2 sqrt(det P))."""
    first, second = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[1.0, -0.4], [-0.4, 3.0]])
    product = first @ second
    root = math.sqrt(np.trace(product) + 2 * math.sqrt(np.linalg.det(product)))

    distance = metrics.frechet_distance(
        features_with([0, 0], first), features_with([0, 0], second, seed=1)
    )

    assert distance == pytest.approx(np.trace(first) + np.trace(second) - 2 * root)


@given(st.integers(0, 1000))
def test_frechet_distance_is_symmetric_and_the_same_in_all_directions(seed):
    a, b = gaussian_features(seed), gaussian_features(seed + 1, n=30, scale=2.0)
    turned = np.linalg.qr(gaussian_features(seed + 2, 4, 4))[0]
    distance = metrics.frechet_distance(a, b)

    assert metrics.frechet_distance(b, a) == pytest.approx(distance)
    assert metrics.frechet_distance(a @ turned + 5, b @ turned + 5) == pytest.approx(distance)
    assert metrics.frechet_distance(3 * a, 3 * b) == pytest.approx(9 * distance)


def test_frechet_distance_of_degenerate_covariances():
    """Features on a line in 20 dimensions: as in one dimension, to all digits."""
    rng = np.random.default_rng(0)
    line = rng.normal(size=20)
    line /= np.linalg.norm(line)
    along = rng.normal(size=(30, 1))

    distance = metrics.frechet_distance(along * line, (3 * along + 1) * line)

    spread = along.std(ddof=1)
    shift = 3 * along.mean() + 1 - along.mean()
    assert distance == pytest.approx(shift**2 + (3 * spread - spread) ** 2, rel=1e-12)
    assert metrics.frechet_distance(along * line, along * line) == pytest.approx(0, abs=1e-12)


def test_frechet_distance_of_spreads_at_right_angles():
    """Nothing is shared: the variances add up."""
    a = np.array([[1.0, 0], [-1, 0]])
    b = np.array([[0.0, 2], [0, -2]])

    assert metrics.frechet_distance(a, b) == pytest.approx(2 + 8)


def test_frechet_distance_of_constant_features():
    same, other = np.full((5, 3), 2.0), np.full((4, 3), 4.0)

    assert metrics.frechet_distance(same, other) == 12.0
    assert metrics.frechet_distance(same, same) == 0.0


def test_frechet_distance_with_fewer_samples_than_features_is_zero_to_itself():
    features = gaussian_features(0, n=5, d=64)

    assert metrics.frechet_distance(features, features) == pytest.approx(0, abs=1e-10)


# ---- inception-style score -----------------------------------------------------------------------


def test_being_sure_of_all_classes_alike_scores_their_number():
    probabilities = np.tile(np.eye(10), (20, 1))

    score = metrics.inception_style_score(probabilities)

    assert score.mean == pytest.approx(10)
    assert score.std == pytest.approx(0, abs=1e-12)


def test_one_class_alone_or_no_idea_score_one():
    assert metrics.inception_style_score(np.tile([1.0, 0, 0], (20, 1))).mean == pytest.approx(1)
    assert metrics.inception_style_score(np.full((20, 4), 0.25)).mean == pytest.approx(1)


def test_the_score_is_the_exponential_of_the_mean_divergence():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 60)
    divergences = [
        sum(p * math.log(p / m) for p, m in zip(row, probabilities.mean(axis=0), strict=True))
        for row in probabilities
    ]

    score = metrics.inception_style_score(probabilities, splits=1)

    assert score == pytest.approx((math.exp(np.mean(divergences)), 0.0))


def test_splits_have_scores_of_their_own():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 61)
    parts = [metrics.inception_style_score(p, splits=1).mean
             for p in (probabilities[:31], probabilities[31:])]  # fmt: skip

    score = metrics.inception_style_score(probabilities, splits=2)

    assert score == pytest.approx((np.mean(parts), np.std(parts)))


# ---- mode coverage -------------------------------------------------------------------------------


def ring(modes=8, radius=2.0):
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_samples_of_the_mixture_itself_cover_all_modes():
    """In two dimensions a share of 1 - exp(-9/2) lies within three standard deviations."""
    rng = np.random.default_rng(0)
    samples = ring()[rng.integers(0, 8, 2500)] + 0.02 * rng.normal(size=(2500, 2))

    coverage = metrics.mode_coverage(samples, ring(), 0.02)

    assert coverage.modes == 8
    error = math.sqrt(math.exp(-4.5) / 2500)
    assert coverage.high_quality == pytest.approx(1 - math.exp(-4.5), abs=4 * error)
    assert coverage.counts.sum() == round(2500 * coverage.high_quality)


def test_collapsed_samples_cover_one_mode():
    coverage = metrics.mode_coverage(np.tile(ring()[3], (10, 1)), ring(), 0.02)

    assert (coverage.modes, coverage.high_quality) == (1, 1.0)
    assert coverage.counts.tolist() == [0, 0, 0, 10, 0, 0, 0, 0]


def test_samples_between_the_modes_are_of_low_quality():
    coverage = metrics.mode_coverage(np.zeros((5, 2)), ring(), 0.02)

    assert (coverage.modes, coverage.high_quality) == (0, 0.0)


def test_the_radius_is_in_standard_deviations():
    samples = np.array([[2.0 + 0.05, 0.0], [2.0 + 0.07, 0.0]])

    assert metrics.mode_coverage(samples, ring(), 0.02).high_quality == 0.5
    assert metrics.mode_coverage(samples, ring(), 0.02, radius=4).high_quality == 1.0


# ---- nearest neighbours --------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 23])
def test_nearest_neighbours_are_those_of_all_distances_sorted(k, monkeypatch):
    monkeypatch.setattr(generative, "ROWS", 4)
    monkeypatch.setattr(generative, "GALLERY_ROWS", 7)
    samples, gallery = gaussian_features(0, 10), gaussian_features(1, 23)
    distances = np.linalg.norm(samples[:, None] - gallery, axis=2)
    order = np.argsort(distances, axis=1)[:, :k]

    found, indices = metrics.nearest_neighbours(samples, gallery, k)

    np.testing.assert_array_equal(indices, order)
    np.testing.assert_allclose(found, np.take_along_axis(distances, order, axis=1), rtol=1e-14)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_a_copy_is_at_distance_zero(offset):
    gallery = np.random.default_rng(0).uniform(size=(50, 1, 8, 8)).astype(np.float32) + offset
    copied = gallery[[7, 31]]

    distances, indices = metrics.nearest_neighbours(copied, gallery)

    assert indices.tolist() == [[7], [31]]
    assert distances.tolist() == [[0], [0]]


def test_images_are_compared_pixel_by_pixel():
    black, white = np.zeros((1, 3, 4, 4)), np.ones((1, 3, 4, 4))

    distances, _ = metrics.nearest_neighbours(black, white)

    assert distances[0, 0] == math.sqrt(48)


# ---- memorisation --------------------------------------------------------------------------------


def test_copies_of_training_images_are_nearer_to_them():
    train, test = gaussian_features(0, 60), gaussian_features(1, 20)

    found = metrics.memorisation(train[:30] + 1e-3, train, test)

    assert found.nearer_to_train == 1.0
    assert found.expected == 0.75
    assert found.to_train == pytest.approx(2e-3)  # 1e-3 in each of four directions
    assert found.to_test > 0.1


def test_fresh_samples_are_nearer_to_train_as_often_as_its_size_says():
    samples, train, test = (gaussian_features(s, n) for s, n in ((0, 2000), (1, 300), (2, 100)))

    found = metrics.memorisation(samples, train, test)

    # Which parts of the plane either set covers better is chance as well: 100 test points.
    assert found.nearer_to_train == pytest.approx(found.expected, abs=4 * math.sqrt(0.25 / 100))


def test_ties_count_half():
    point = np.zeros((1, 2))

    assert metrics.memorisation(point, point, point).nearer_to_train == 0.5


# ---- Parzen windows ------------------------------------------------------------------------------


def naive_parzen(samples, images, sigma):
    """The log-likelihood of each image, one sample at a time."""
    d = samples.shape[1]
    densities = [
        np.mean([math.exp(-((x - g) ** 2).sum() / (2 * sigma**2)) for g in samples])
        / (sigma * math.sqrt(2 * math.pi)) ** d
        for x in images
    ]
    return np.log(densities)


def test_parzen_likelihood_is_that_of_the_mixture(monkeypatch):
    monkeypatch.setattr(generative, "ROWS", 3)
    samples, validation, test = (gaussian_features(s, 20, 3) for s in range(3))

    found = metrics.parzen_log_likelihood(samples, validation, test, sigmas=[0.7])

    expected = naive_parzen(samples, test, 0.7)
    assert found.log_likelihood == pytest.approx(expected.mean())
    assert found.standard_error == pytest.approx(expected.std() / math.sqrt(20))


def test_the_bandwidth_is_the_best_for_the_validation_images():
    samples, validation, test = (gaussian_features(s, 30, 2) for s in range(3))
    sigmas = np.logspace(-1, 0, 10)
    best = max(sigmas, key=lambda sigma: naive_parzen(samples, validation, sigma).mean())

    assert metrics.parzen_log_likelihood(samples, validation, test).sigma == pytest.approx(best)


def test_one_sample_is_one_gaussian():
    sample, image = np.zeros((1, 28, 28)), np.full((1, 28, 28), 0.5)
    expected = -784 * 0.25 / (2 * 0.2**2) - 784 * math.log(0.2 * math.sqrt(2 * math.pi))

    found = metrics.parzen_log_likelihood(sample, image, image, sigmas=[0.2])

    assert found == pytest.approx((expected, 0.0, 0.2))


def test_likelihoods_too_small_for_a_float_have_a_logarithm():
    far = np.full((1, 784), 100.0)

    found = metrics.parzen_log_likelihood(np.zeros((2, 784)), far, far)

    assert found.sigma == 1.0
    assert found.log_likelihood == pytest.approx(-784e4 / 2 - 392 * math.log(2 * math.pi))


# ---- what is refused -----------------------------------------------------------------------------


def test_bytes_are_not_compared_with_floats():
    with pytest.raises(TypeError, match="divide the bytes by 255"):
        metrics.nearest_neighbours(np.zeros((2, 4), np.float32), np.zeros((2, 4), np.uint8))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.frechet_distance(np.zeros((1, 3)), np.zeros((5, 3))), "two rows at least"),
        (lambda: metrics.frechet_distance(np.zeros((4, 3)), np.zeros((4, 2))), "the same layer"),
        (lambda: metrics.frechet_distance(np.zeros(3), np.zeros(3)), "2 dimensions"),
        (lambda: metrics.inception_style_score([[0.5, 0.5]]), "cannot be split into 10"),
        (lambda: metrics.inception_style_score([0.5, 0.5]), r"must be \(n, classes\)"),
        (lambda: metrics.mode_coverage(np.zeros((2, 2)), ring(), 0), "std and radius"),
        (lambda: metrics.mode_coverage(np.full((2, 2), np.nan), ring(), 1), "4 NaN"),
        (lambda: metrics.mode_coverage(np.zeros((2, 3)), ring(), 1), "samples 3, gallery 2"),
        (lambda: metrics.nearest_neighbours(np.zeros((2, 2)), ring(), k=9), "from 1 to the 8 rows"),
        (lambda: metrics.nearest_neighbours(np.zeros((0, 2)), ring()), "samples is empty"),
        (lambda: metrics.nearest_neighbours(np.zeros(2), ring()), "reshape"),
        (lambda: metrics.parzen_log_likelihood(*[ring()] * 3, sigmas=[0]), "must be positive"),
        (lambda: metrics.parzen_log_likelihood(*[ring()] * 3, sigmas=[]), "one at least"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
