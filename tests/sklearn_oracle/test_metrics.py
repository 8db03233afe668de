"""The same call to both libraries gives the same numbers, warnings included."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

from tinygen import metrics

theirs = pytest.importorskip("sklearn.metrics")

SEEDS = range(8)


def combinations(*choices):
    return list(itertools.product(*choices))


def labels(seed, classes=4, n=60):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, classes, n)
    return y_true, np.where(rng.uniform(size=n) < 0.6, y_true, rng.integers(0, classes, n))


def scores(seed, n=60, ties=True):
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, 2, n)
    score = rng.normal(size=n) + y_true
    return y_true, score.round(0 if ties else 9)


def weights(seed, weighted, n=60):
    return np.random.default_rng(seed + 100).uniform(size=n).round(1) if weighted else None


def same(name, *args, rtol=1e-12, **options):
    """Both libraries give the same, and both warn or neither does."""
    found, our_warnings = outcome(getattr(metrics, name), args, options)
    expected, their_warnings = outcome(getattr(theirs, name), args, options)

    for part, wanted in zip(*map(as_parts, (found, expected)), strict=True):
        np.testing.assert_allclose(part, wanted, rtol=rtol, atol=1e-14)
    assert bool(our_warnings) == bool(their_warnings)


def outcome(metric, args, options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return metric(*args, **options), caught


def as_parts(value):
    return value if isinstance(value, tuple) else (value,)


# ---- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "weighted", "normalize"), combinations(SEEDS, [False, True], [False, True])
)
def test_accuracy(seed, weighted, normalize):
    options = {"normalize": normalize, "sample_weight": weights(seed, weighted)}

    same("accuracy_score", *labels(seed), **options)


@pytest.mark.parametrize(
    ("seed", "normalize", "chosen", "weighted"),
    combinations(SEEDS, [None, "true", "pred", "all"], [None, [2, 0], [1, 9]], [False, True]),
)
def test_confusion_matrix(seed, normalize, chosen, weighted):
    options = {"labels": chosen, "sample_weight": weights(seed, weighted)}

    same("confusion_matrix", *labels(seed), normalize=normalize, **options)


@pytest.mark.parametrize("name", ["precision_score", "recall_score", "f1_score"])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", None])
@pytest.mark.parametrize("zero_division", ["warn", 0, 1, np.nan])
@pytest.mark.parametrize("weighted", [False, True])
def test_ratios(name, average, zero_division, weighted):
    for seed, n, chosen in itertools.product(SEEDS, (3, 60), (None, [0, 2], [1, 9])):
        options = {"labels": chosen, "sample_weight": weights(seed, weighted, n)}
        y_true, y_pred = labels(seed, n=n)  # of three samples some classes never occur
        same(name, y_true, y_pred, average=average, zero_division=zero_division, **options)


@pytest.mark.parametrize("name", ["precision_score", "recall_score", "f1_score"])
@pytest.mark.parametrize("zero_division", ["warn", 0, 1, np.nan])
@pytest.mark.parametrize("n", [2, 3, 50])
def test_ratios_of_two_classes(name, zero_division, n):
    for seed in SEEDS:
        same(name, *labels(seed, classes=2, n=n), zero_division=zero_division)


@pytest.mark.parametrize("name", ["precision_score", "recall_score", "f1_score"])
def test_ratios_of_strings(name):
    y_true, y_pred = np.array(["no", "yes", "no", "yes"]), np.array(["no", "no", "yes", "yes"])

    same(name, y_true, y_pred, pos_label="yes")
    same(name, y_true, y_pred, average="macro")


# ---- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "ties", "weighted", "drop"),
    combinations(SEEDS, [False, True], [False, True], [False, True]),
)
def test_curves(seed, ties, weighted, drop):
    sample, options = scores(seed, ties=ties), {"sample_weight": weights(seed, weighted)}

    if not weighted:  # with fractions, rounding decides which points lie on a straight piece
        same("roc_curve", *sample, drop_intermediate=drop)
    same("roc_curve", *sample, drop_intermediate=False, **options)
    same("precision_recall_curve", *sample, drop_intermediate=drop, **options)


@pytest.mark.parametrize(
    ("seed", "ties", "weighted"), combinations(SEEDS, [False, True], [False, True])
)
def test_areas(seed, ties, weighted):
    sample, options = scores(seed, ties=ties), {"sample_weight": weights(seed, weighted)}

    same("roc_auc_score", *sample, **options)
    same("average_precision_score", *sample, **options)


@pytest.mark.parametrize("only", [0, 1])
@pytest.mark.parametrize(
    "name", ["roc_curve", "roc_auc_score", "precision_recall_curve", "average_precision_score"]
)
def test_one_class_only(name, only):
    same(name, np.full(5, only), np.arange(5) / 5)


@pytest.mark.parametrize("average", ["macro", "weighted", None])
@pytest.mark.parametrize("weighted", [False, True])
def test_areas_against_the_rest(average, weighted):
    for seed in SEEDS:
        y_true, _ = labels(seed)
        probabilities = np.random.default_rng(seed).multinomial(20, np.full(4, 0.25), 60) / 20
        options = {"average": average, "sample_weight": weights(seed, weighted)}

        same("roc_auc_score", y_true, probabilities, multi_class="ovr", **options)
        same("average_precision_score", y_true, probabilities, **options)


@pytest.mark.parametrize(
    ("seed", "k", "normalize", "weighted"),
    combinations(SEEDS, [1, 2, 3], [False, True], [False, True]),
)
def test_top_k(seed, k, normalize, weighted):
    y_true, _ = labels(seed)
    score = np.random.default_rng(seed).normal(size=(60, 4)).round(0)
    options = {"normalize": normalize, "sample_weight": weights(seed, weighted)}

    same("top_k_accuracy_score", y_true, score, k=k, **options)


@pytest.mark.parametrize(
    ("seed", "dtype", "normalize", "weighted"),
    combinations(SEEDS, [np.float32, np.float64], [False, True], [False, True]),
)
def test_log_loss(seed, dtype, normalize, weighted):
    y_true, _ = labels(seed)
    probabilities = np.random.default_rng(seed).dirichlet(np.full(4, 0.05), 60).astype(dtype)
    options = {"normalize": normalize, "sample_weight": weights(seed, weighted)}

    same("log_loss", y_true, probabilities, rtol=1e-6 if dtype == np.float32 else 1e-12, **options)


def test_log_loss_of_two_classes_by_one_column():
    y_true, score = scores(0)

    same("log_loss", y_true, 1 / (1 + np.exp(-score)))


# ---- images --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_psnr_and_ssim(seed):
    skimage = pytest.importorskip("skimage.metrics")
    rng = np.random.default_rng(seed)
    true = rng.uniform(size=(3, 24, 30))
    test = np.clip(true + 0.2 * rng.normal(size=true.shape), 0, 1)

    psnr = skimage.peak_signal_noise_ratio(true, test, data_range=1.0)
    ssim = skimage.structural_similarity(
        true,
        test,
        data_range=1.0,
        channel_axis=0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )

    assert metrics.psnr(true, test) == pytest.approx(psnr, rel=1e-12)
    assert metrics.ssim(true, test) == pytest.approx(ssim, rel=1e-9)


# ---- generators ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_frechet_distance(seed):
    """By SciPy's square root of a matrix that is not symmetric, as it is usually computed."""
    linalg = pytest.importorskip("scipy.linalg")
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(200, 12))
    b = rng.normal(size=(150, 12)) @ rng.normal(size=(12, 12)) + 1
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = linalg.sqrtm(first @ second).real
    shift = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum()

    expected = shift + np.trace(first + second - 2 * root)

    assert metrics.frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("k", [1, 5])
def test_nearest_neighbours(k):
    neighbours = pytest.importorskip("sklearn.neighbors")
    rng = np.random.default_rng(0)
    samples, gallery = rng.normal(size=(40, 6)), rng.normal(size=(5000, 6))
    search = neighbours.NearestNeighbors(n_neighbors=k, algorithm="brute").fit(gallery)

    distances, indices = metrics.nearest_neighbours(samples, gallery, k)

    expected_distances, expected_indices = search.kneighbors(samples)
    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-9)


@pytest.mark.parametrize("sigma", [0.1, 0.5])
def test_parzen_windows(sigma):
    neighbours = pytest.importorskip("sklearn.neighbors")
    rng = np.random.default_rng(0)
    samples, test = rng.uniform(size=(80, 10)), rng.uniform(size=(30, 10))
    density = neighbours.KernelDensity(bandwidth=sigma, kernel="gaussian").fit(samples)

    found = metrics.parzen_log_likelihood(samples, test, test, sigmas=[sigma])

    assert found.log_likelihood == pytest.approx(density.score_samples(test).mean(), rel=1e-9)
