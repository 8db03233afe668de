"""Principal components are those of the singular values, and each model gives what it sees."""

from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import GAN, create
from tinygen.models.gan import PointGAN
from tinygen.tasks import features
from tinygen.tasks.features import PCA, features_of, pixels, reduced


def cloud(count=200, size=6):
    """Vectors that differ most along some directions, far from the origin."""
    chance = np.random.default_rng(0)
    return chance.standard_normal((count, size)) @ chance.standard_normal((size, size)) + 50


def digits(count=3, device="cpu"):
    pictures = np.random.default_rng(0).random((count, 1, 28, 28), np.float32)
    return tg.tensor(pictures, device=device)


# ---- principal components ------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "size"), [(200, 6), (5, 6), (9000, 3)])
def test_the_directions_are_the_singular_vectors_of_the_centred_rows(count, size):
    rows = cloud(count, size)
    wanted = min(size, count - 1)

    found = PCA(wanted).fit(rows)

    _, singular, directions = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    cosines = (found.components_ * directions[:wanted]).sum(1)
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-8)
    np.testing.assert_allclose(found.explained_variance_, singular[:wanted] ** 2 / (count - 1))
    assert found.explained_variance_ratio_.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.mean_, rows.mean(0))


def test_the_largest_entry_of_a_direction_is_positive():
    components = PCA(6).fit(cloud()).components_
    assert (components[np.arange(6), np.abs(components).argmax(1)] > 0).all()
    np.testing.assert_allclose(PCA(6).fit(-cloud()).components_, components, atol=1e-8)


def test_codes_are_uncorrelated_with_the_variances_it_says():
    found = PCA(4).fit(cloud())
    codes = found.transform(cloud()).astype(np.float64)
    expected = np.diag(found.explained_variance_)
    np.testing.assert_allclose(np.cov(codes.T), expected, atol=1e-4)
    np.testing.assert_allclose(codes.mean(0), 0, atol=1e-4)


def test_no_other_directions_restore_vectors_better():
    rows = cloud()
    found = PCA(2).fit(rows)

    def lost(components):
        centred = rows - rows.mean(0)
        return ((centred - centred @ components.T @ components) ** 2).sum()

    least = ((found.inverse_transform(found.transform(rows)) - rows) ** 2).sum()
    assert least == pytest.approx(lost(found.components_), rel=1e-4)
    chance = np.random.default_rng(1)
    for _ in range(20):
        nudged = found.components_ + 0.1 * chance.standard_normal((2, 6))
        other = np.linalg.qr(nudged.T)[0].T
        assert lost(other) > least


def test_all_directions_together_lose_nothing():
    rows = cloud()
    found = PCA(6).fit(rows)
    back = found.inverse_transform(found.transform(rows))
    np.testing.assert_allclose(back, rows, rtol=1e-5)


@pytest.mark.parametrize("size", [7, 0])
def test_more_directions_than_there_are_or_none_are_refused(size):
    with pytest.raises(ValueError, match="at most 6 directions" if size else "at least one"):
        PCA(size).fit(cloud())


def test_few_vectors_have_few_directions():
    with pytest.raises(ValueError, match="3 vectors of 6 numbers differ in at most 2 directions"):
        PCA(3).fit(cloud(3))


def test_it_says_that_it_was_not_fitted_or_to_other_vectors():
    with pytest.raises(ValueError, match="call fit"):
        PCA(2).transform(cloud())
    found = PCA(2).fit(cloud())
    with pytest.raises(ValueError, match="rows of 6 numbers, got rows of 4"):
        found.transform(cloud()[:, :4])
    with pytest.raises(ValueError, match="rows of 2 numbers, got rows of 3"):
        found.inverse_transform(np.zeros((5, 3)))


def test_vectors_that_are_all_alike_have_no_variance():
    found = PCA(1).fit(np.ones((4, 3)))
    np.testing.assert_allclose(found.transform(np.ones((2, 3))), 0)
    assert found.explained_variance_ratio_[0] == 0


# ---- without a network ---------------------------------------------------------------------------


def test_pixels_are_the_pictures(backend):
    pictures = digits(device=backend.device)
    assert pixels(pictures).device == backend.device
    np.testing.assert_array_equal(pixels(pictures).numpy(), pictures.numpy().reshape(3, -1))


def test_reduced_features_are_their_principal_components(backend):
    pictures = digits(30, backend.device)

    vectors = reduced(pixels, pictures, 5)(pictures[:7])

    expected = PCA(5).fit(pictures.numpy()).transform(pictures[:7].numpy())
    assert vectors.device == backend.device
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors.numpy(), expected)


# ---- models --------------------------------------------------------------------------------------

SMALL = {
    "cnn": {},
    "row-lstm": {"units": 12},
    "embedder": {"channels": [4, 4]},
    "vae": {"hidden": [16], "latent": 4},
    "gan": {"hidden": [8, 16], "latent": 4},
    "dcgan": {"width": 4, "latent": 4},
    "wgan-gp": {"width": 4, "latent": 4},
    "row-generator": {"units": 12, "head_units": 8},
}


@pytest.mark.parametrize("name", SMALL)
def test_every_backend_gives_the_same_vectors(name, backend):
    def vectors(device):
        tg.manual_seed(0)
        return features_of(create(name, **SMALL[name]).to(device))(digits(device=device))

    expected, found = vectors("cpu"), vectors(backend.device)

    assert found.device == backend.device
    assert found.dtype == np.float32
    assert found.ndim == 2
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_the_model_stays_as_it_is_and_no_gradient_flows(name):
    model = create(name, **SMALL[name])
    model.train()
    before = {key: value.copy() for key, value in model.state_dict().items()}

    vectors = features_of(model)(digits())

    assert not vectors.requires_grad
    assert all(module.training for module in model.modules())
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


def test_pictures_are_looked_at_some_at_a_time(monkeypatch):
    model = create("dcgan", **SMALL["dcgan"])
    whole = features_of(model)(digits(7)).numpy()
    monkeypatch.setattr(features, "CHUNK", 3)
    np.testing.assert_allclose(features_of(model)(digits(7)).numpy(), whole, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "row-lstm"])
def test_of_a_classifier_it_is_what_its_last_layer_sees(name):
    model = create(name, **SMALL[name])
    vectors = features_of(model)(digits())
    with tg.no_grad():
        logits = model.output(vectors).numpy()
    np.testing.assert_allclose(logits, model(digits()).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_of_an_autoencoder_it_is_the_mean_code():
    model = create("vae", **SMALL["vae"])
    mu, _ = model.encode(digits())
    np.testing.assert_array_equal(features_of(model)(digits()).numpy(), mu.detach().numpy())


def test_of_a_discriminator_it_is_the_maxima_of_all_layers():
    tg.manual_seed(0)
    model = create("dcgan", **SMALL["dcgan"])
    model.eval()
    vectors = features_of(model)(digits()).numpy()

    layers = list(model.discriminator.layers.children())
    expected = []
    with tg.no_grad():
        for end, window in ((3, 4), (6, 2)):  # maps of 14 x 14, then of 7 x 7
            maps = digits()
            for layer in layers[:end]:
                maps = layer(maps)
            tops = [slice(-1 + window * place, -1 + window * (place + 1)) for place in range(4)]
            expected.append(_largest(maps.numpy(), window, len(tops)))
    assert vectors.shape == (3, (4 + 8) * 16)
    np.testing.assert_allclose(vectors, np.concatenate(expected, 1), rtol=1e-5)


def _largest(maps, window, places):
    """The largest of each window of a grid that reaches over the border evenly."""
    count, channels, side, _ = maps.shape
    over = (window * places - side) // 2
    found = np.empty((count, channels, places, places), np.float32)
    for row in range(places):
        for column in range(places):
            rows = slice(max(row * window - over, 0), (row + 1) * window - over)
            columns = slice(max(column * window - over, 0), (column + 1) * window - over)
            found[:, :, row, column] = maps[:, :, rows, columns].max((2, 3))
    return found.reshape(count, -1)


def test_of_a_dense_discriminator_it_is_all_hidden_units():
    assert features_of(create("gan", **SMALL["gan"]))(digits()).shape == (3, 8 + 16)
    points = PointGAN(hidden=(8, 8))
    assert isinstance(points, GAN)
    assert features_of(points)(tg.rand(5, 2)).shape == (5, 16)


def test_of_a_row_generator_it_is_the_state_after_the_last_row():
    model = create("row-generator", **SMALL["row-generator"])
    _, (states, _) = model.lstm(digits().reshape(3, 28, 28))
    found = features_of(model)(digits()).numpy()
    np.testing.assert_allclose(found, states[0].detach().numpy(), rtol=1e-5, atol=1e-6)


def test_a_conditional_row_generator_is_told_that_all_labels_are_as_likely():
    model = create("row-generator", **SMALL["row-generator"], classes=4)
    labels = tg.full((3, 28, 4), 0.25)
    _, (states, _) = model.lstm(tg.cat([digits().reshape(3, 28, 28), labels], 2))
    found = features_of(model)(digits()).numpy()
    np.testing.assert_allclose(found, states[0].detach().numpy(), rtol=1e-5, atol=1e-6)


def test_of_an_embedder_it_is_where_it_places_pictures():
    model = create("embedder", **SMALL["embedder"])
    np.testing.assert_array_equal(
        features_of(model)(digits()).numpy(), model.embed(digits()).numpy()
    )


# ---- what cannot be ------------------------------------------------------------------------------


def test_a_model_without_vectors_is_refused():
    with pytest.raises(TypeError, match="MADE has no vector for a picture: take a classifier"):
        features_of(create("made", hidden=[8]))


@pytest.mark.parametrize(
    ("name", "option", "reason"),
    [("vae", {"classes": 3}, "train one without classes"), ("dcgan", {"pack": 2}, "pack=1")],
)
def test_a_model_that_cannot_look_at_one_picture_is_refused(name, option, reason):
    with pytest.raises(ValueError, match=reason):
        features_of(create(name, **SMALL[name], **option))


def test_pictures_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="takes pictures of shape"):
        features_of(create("dcgan", **SMALL["dcgan"]))(tg.rand(2, 3, 28, 28))
