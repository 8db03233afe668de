from __future__ import annotations

import numpy as np
import pytest

import tinygen as tg
from tinygen.models import create
from tinygen.models.damage import add_noise
from tinygen.tasks.restore import (
    FILTERS,
    best_filter,
    can_denoise,
    can_enlarge,
    denoise,
    enlarge,
)


def new(name, **arguments):
    tg.manual_seed(0)
    sizes = {"width": 4} if name == "unet" else {"hidden": [8], "latent": 3}
    return create(name, **{**sizes, **arguments})


def test_a_unet_restores_what_it_learned_to():
    noisy, small = tg.rand(3, 1, 28, 28), tg.rand(3, 1, 14, 14)
    cleaner, larger = new("unet", task="denoise"), new("unet", task="enlarge")

    assert np.array_equal(denoise(cleaner, noisy).numpy(), cleaner.restore(noisy).numpy())
    assert np.array_equal(enlarge(larger, small).numpy(), larger.restore(small).numpy())


@pytest.mark.parametrize("name", ["vae", "denoising-vae"])
def test_an_autoencoder_gives_what_its_codes_keep(name):
    noisy, model = tg.rand(3, 1, 28, 28), new(name)
    assert model.training

    first, second = (denoise(model, noisy).numpy() for _ in range(2))

    assert np.array_equal(first, second)  # nothing is drawn
    assert np.array_equal(first, model.eval().reconstruct(noisy).numpy())


def test_what_a_model_can_do_is_known_beforehand():
    cleaner, larger = new("unet", task="denoise"), new("unet", task="enlarge")

    assert can_denoise(cleaner)
    assert can_denoise(new("vae"))
    assert not can_denoise(larger)
    assert not can_denoise(new("vae", classes=10))
    assert not can_denoise(create("cnn"))
    assert can_enlarge(larger)
    assert not can_enlarge(cleaner)
    assert not can_enlarge(new("vae"))


def test_models_for_other_tasks_are_refused():
    with pytest.raises(
        TypeError, match="UNet that learned 'enlarge' cannot take out noise: a UNet"
    ):
        denoise(new("unet", task="enlarge"), tg.rand(1, 1, 28, 28))
    with pytest.raises(
        TypeError, match="cnn cannot take out noise: .* autoencoder without classes"
    ):
        denoise(create("cnn"), tg.rand(1, 1, 28, 28))
    with pytest.raises(TypeError, match="vae cannot enlarge pictures: a UNet with task='enlarge'"):
        enlarge(new("vae"), tg.rand(1, 1, 14, 14))


def test_pictures_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\(N, 1, 14, 14\), got \(1, 1, 28, 28\)"):
        enlarge(new("unet", task="enlarge"), tg.rand(1, 1, 28, 28))
    with pytest.raises(ValueError, match=r"\(N, 1, 28, 28\), got \(1, 1, 14, 14\)"):
        denoise(new("vae"), tg.rand(1, 1, 14, 14))


@pytest.mark.parametrize("kind", FILTERS)
def test_the_best_filter_is_better_than_the_others(kind):
    make, settings = FILTERS[kind]
    tg.manual_seed(0)
    clean = tg.tensor(np.kron(np.eye(7), np.ones((4, 4)))[None, None].astype(np.float32))
    noisy = add_noise(clean, 0.3)

    def error(pictures):
        return ((pictures - clean) ** 2).mean().item()

    best = best_filter(kind, noisy, clean)

    errors = {setting: error(make(noisy, setting)) for setting in settings}
    assert best.setting == min(errors, key=errors.get)
    assert np.array_equal(best.pictures.numpy(), make(noisy, best.setting).numpy())
    assert errors[best.setting] < error(noisy)


def test_a_filter_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="'median' or 'gaussian', got 'mean'"):
        best_filter("mean", tg.rand(1, 1, 4, 4), tg.rand(1, 1, 4, 4))
