from __future__ import annotations

import configparser
import fnmatch
import importlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

import tinygen as tg
from tests.numbers.ship import MOST, ship
from tinygen import models
from tinygen.io import load_checkpoint, save_checkpoint
from tinygen.models import create
from tinygen.models.pretrained import PRETRAINED, pretrained, weights_file
from tinygen.optim import Adam

MODULE = importlib.import_module("tinygen.models.pretrained")

KINDS = {
    "judge": models.Classifier,
    "vae": models.VAE,
    "cgan": models.ConditionalGAN,
    "row-generator": models.RowGenerator,
    "inpainter": models.UNet,
    "denoise": models.UNet,
    "detector": models.Detector,
    "strip-reader": models.StripReader,
    "enlarge": models.UNet,
    "pix2pix": models.Pix2Pix,
    "embedder": models.Embedder,
    "colourize": models.UNet,
}
ARGUMENTS = {
    "judge": ("lenet", {}),
    "vae": ("vae", {"hidden": [16], "latent": 4}),
    "cgan": ("cgan", {"width": 4, "latent": 8}),
    "row-generator": ("row-generator", {"units": 16, "head_units": 16, "classes": 10}),
    "inpainter": ("unet", {"task": "inpaint", "width": 2}),
    "denoise": ("unet", {"task": "denoise", "width": 2}),
    "detector": ("detector", {"width": 4}),
    "strip-reader": ("strip-reader", {"channels": [4, 4, 4], "units": 4}),
    "enlarge": ("unet", {"task": "enlarge", "width": 2}),
    "pix2pix": ("pix2pix", {"width": 2}),
    "embedder": ("embedder", {"channels": [4, 4]}),
    "colourize": ("unet", {"task": "colourize", "width": 2, "picture_shape": [3, 32, 32]}),
}
LABELS = {"detector": [[[8, 8, 20, 24, 3]]] * 4, "strip-reader": [[0, 1, 2, -1, -1]] * 4}
SHAPES = {"detector": (1, 64, 64), "strip-reader": (1, 28, 168), "colourize": (3, 32, 32)}


def trained(path, name, **more):
    """A checkpoint as a training leaves it, and its model."""
    tg.manual_seed(1)
    architecture, arguments = ARGUMENTS[name]
    arguments = {**arguments, **more}
    model = create(architecture, **arguments)
    optimizer = Adam([p for p in model.parameters() if p.requires_grad])
    labels = tg.tensor(LABELS.get(name, [0, 1, 2, 3]))
    loss, _ = model.training_step((tg.rand(4, *model.picture_shape), labels))
    loss.backward()
    optimizer.step()
    save_checkpoint(
        path, model=model, optimizer=optimizer, epoch=3, architecture=architecture,
        arguments=arguments, metadata={"classes": list("0123456789")},
    )  # fmt: skip
    return model.eval()


def results(model):
    """What a model draws, or says."""
    tg.manual_seed(5)
    if hasattr(model, "sample"):
        return model.sample(6).numpy()
    shape = getattr(model, "damaged_shape", model.picture_shape)
    pictures = tg.rand(6, *shape).to(next(model.parameters()).device)
    if isinstance(model, models.Detector | models.StripReader):
        with tg.no_grad():
            return model(pictures).numpy()
    if isinstance(model, models.Embedder):
        return model.embed(pictures).numpy()
    if isinstance(model, models.Pix2Pix):
        return model.restore(pictures).numpy()
    if isinstance(model, models.UNet):
        return model.restore(pictures, pictures > 0.5 if model.task == "inpaint" else None).numpy()
    return model.predict_proba(pictures).numpy()


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A folder for weights in place of the package's."""
    monkeypatch.setattr(MODULE, "_folder", lambda: tmp_path / "weights")
    return tmp_path / "weights"


# ---- shipping ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRETRAINED)
def test_a_model_that_is_shipped_gives_what_it_gave(weights, tmp_path, name, backend):
    model = trained(tmp_path / "run.npz", name)

    path = ship(tmp_path / "run.npz", name, weights)

    assert path == weights / PRETRAINED[name]
    again = pretrained(name, backend.device)
    assert isinstance(again, KINDS[name])
    assert not again.training
    np.testing.assert_allclose(results(again), results(model), atol=1e-5)


def test_only_what_is_needed_to_use_it_is_shipped(weights, tmp_path):
    trained(tmp_path / "run.npz", "vae")

    ship(tmp_path / "run.npz", "vae", weights)

    saved = load_checkpoint(weights / "vae.npz")
    assert set(saved.classes) == {"model", "generators"}
    assert (saved.architecture, saved.epoch) == ("vae", 3)
    assert saved.metadata == {"classes": list("0123456789")}


def test_the_noise_of_the_process_is_not_in_the_file(weights, tmp_path):
    trained(tmp_path / "run.npz", "vae")

    files = []
    for seed in (1, 2):
        tg.manual_seed(seed)
        files.append(ship(tmp_path / "run.npz", "vae", weights).read_bytes())
    assert files[0] == files[1]


def test_a_model_that_is_too_large_is_stored_in_half_precision(weights, tmp_path):
    model = trained(tmp_path / "run.npz", "vae", hidden=[200])
    assert (tmp_path / "run.npz").stat().st_size > MOST

    path = ship(tmp_path / "run.npz", "vae", weights)

    assert path.stat().st_size < MOST
    with np.load(path) as file:
        assert file["model/encoder.0.weight"].dtype == np.float16
    again = pretrained("vae")
    assert {parameter.dtype for parameter in again.parameters()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(results(again), results(model), atol=1 / 255)


def test_a_model_that_is_far_too_large_is_refused_and_leaves_nothing(weights, tmp_path):
    trained(tmp_path / "run.npz", "vae", hidden=[400])

    with pytest.raises(ValueError, match=r"more than 1,000,000: train a smaller model"):
        ship(tmp_path / "run.npz", "vae", weights)
    assert list(weights.iterdir()) == []


def test_only_models_that_have_a_place_are_shipped(weights, tmp_path):
    trained(tmp_path / "run.npz", "vae")

    with pytest.raises(ValueError, match="'diffusion' is none of judge, vae"):
        ship(tmp_path / "run.npz", "diffusion", weights)


# ---- using -------------------------------------------------------------------------------------


def test_a_name_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no trained 'cgna' comes .* did you mean 'cgan'"):
        pretrained("cgna")
    with pytest.raises(ValueError, match="There are: judge, vae, cgan, row-generator"):
        pretrained("transformer")


def test_a_file_that_is_missing_is_named(weights):
    with pytest.raises(FileNotFoundError, match=r"judge\.npz, and is not: install tinygen again"):
        pretrained("judge")


def test_a_package_in_a_zip_file_will_do(tmp_path, monkeypatch):
    model = trained(tmp_path / "run.npz", "vae")
    ship(tmp_path / "run.npz", "vae", tmp_path / "weights")
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as package:
        package.write(tmp_path / "weights" / "vae.npz", "weights/vae.npz")
    inside = zipfile.Path(tmp_path / "package.zip", "weights/")
    monkeypatch.setattr(MODULE, "_folder", lambda: inside)

    np.testing.assert_allclose(results(pretrained("vae")), results(model), atol=1e-5)


def test_the_metadata_of_the_package_take_the_weights_along():
    setup = configparser.ConfigParser()
    setup.read(Path(models.__file__).parents[2] / "setup.cfg", encoding="utf-8")
    pattern = setup["options.package_data"]["tinygen.models"]

    assert all(fnmatch.fnmatch(f"weights/{file}", pattern) for file in PRETRAINED.values())


@pytest.mark.parametrize("name", PRETRAINED)
def test_what_ships_is_small_and_works_at_once(name):
    try:
        with weights_file(name) as path:
            size = path.stat().st_size
    except FileNotFoundError:
        pytest.skip(f"{PRETRAINED[name]} is not trained yet: python -m tests.numbers.ship")
    model = pretrained(name)

    assert size < 1_000_000
    assert isinstance(model, KINDS[name])
    assert model.picture_shape == SHAPES.get(name, (1, 28, 28))
    assert np.isfinite(results(model)).all()
