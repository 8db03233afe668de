"""What commands are given: pictures of the user's or test pictures, and a model that can do it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tinygen import cli
from tinygen.backend import BackendError
from tinygen.cli import main
from tinygen.cli.arguments import TASKS, parser
from tinygen.cli.errors import RefusedError, UsageError
from tinygen.cli.tasks.inputs import given_mask, given_model, given_pictures, refusing
from tinygen.data import DataError
from tinygen.io import CheckpointError
from tinygen.models import Classifier
from tinygen.models.vae import VariationalAutoencoder

DIGITS, COLOURS = (1, 28, 28), (3, 32, 32)


def options(**given):
    usual = {"images": [], "model": None, "offline": True, "device": "cpu", "mask": None}
    return Namespace(**{**usual, **given})


@pytest.fixture
def photo(tmp_path):
    """A dark square on light paper."""
    pixels = np.full((60, 60), 250, np.uint8)
    pixels[20:40, 25:35] = 10
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


# ---- pictures ----------------------------------------------------------------------------------


def test_the_users_pictures_are_floats_from_0_to_1_and_have_no_labels(photo, backend):
    given = given_pictures(options(images=[photo], device=backend.device), DIGITS, n=5)

    assert given.pictures.shape == (1, *DIGITS)
    assert given.pictures.dtype == np.float32
    assert given.pictures.device == backend.device
    assert given.pictures.max().item() == 1
    assert given.pictures.min().item() == 0
    assert (given.names, given.labels) == (["photo"], None)
    assert "inverted" in " ".join(given.notes)


def test_how_they_are_fitted_in_can_be_chosen(photo):
    given = given_pictures(options(images=[photo]), DIGITS, fit="middle")

    assert given.pictures[0, 0, 0, 0].item() == pytest.approx(250 / 255)


def test_without_any_there_are_the_first_test_pictures_of_mnist(monkeypatch, few_digits):
    found = replace(few_digits, name="MNIST")
    monkeypatch.setattr("tinygen.cli.tasks.inputs.mnist", lambda *_: found)

    given = given_pictures(options(), DIGITS, n=2)

    np.testing.assert_allclose(given.pictures.numpy()[:, 0] * 255, found.test_images[:2])
    np.testing.assert_array_equal(given.labels, found.test_labels[:2])
    assert given.names == ["1", "2"]
    assert given.notes == []
    assert given.source == "test pictures of MNIST"


def test_where_there_is_no_mnist_there_are_drawn_digits_and_it_is_told():
    given = given_pictures(options(), DIGITS, n=12)
    fewer = given_pictures(options(), DIGITS, n=12)

    assert given.pictures.shape == (12, *DIGITS)
    assert len(given.labels) == len(set(given.names)) == 12
    assert given.names[0] == "01"
    assert "drawn by a program" in given.notes[0]
    np.testing.assert_array_equal(given.pictures.numpy(), fewer.pictures.numpy())


def test_the_network_is_asked_only_if_it_may_be(capsys):
    given_pictures(options(), DIGITS, n=2)
    assert "network" not in capsys.readouterr().out

    given_pictures(options(offline=False), DIGITS, n=2)
    assert "Looking for MNIST on the network" in capsys.readouterr().out


@pytest.mark.usefixtures("glyphs")
def test_for_models_of_colours_there_are_shapes():
    # The fixture lets all sets that are drawn be some glyphs.
    assert given_pictures(options(), COLOURS, n=3).source == "test pictures of Glyphs"


def test_for_other_models_there_are_none():
    with pytest.raises(UsageError, match="no test pictures of 1 x 5 x 7 .*give pictures of your"):
        given_pictures(options(), (1, 5, 7))


def test_a_mask_is_one_if_it_is_given(tmp_path):
    Image.new("L", (28, 28), 255).save(tmp_path / "mask.png")

    assert given_mask(options(), DIGITS) is None
    assert given_mask(options(mask=tmp_path / "mask.png"), DIGITS).all()
    with pytest.raises(DataError, match="28 x 28 pixels, and the pictures have 32 x 32"):
        given_mask(options(mask=tmp_path / "mask.png"), COLOURS)


# ---- models ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shipped")
def test_the_usual_model_is_one_that_ships():
    model = given_model(options(), "vae", VariationalAutoencoder, "rebuild pictures")

    assert isinstance(model, VariationalAutoencoder)
    assert not model.training


def test_a_checkpoint_takes_its_place(checkpoints):
    model = given_model(
        options(model=str(checkpoints["vae"])), None, lambda model: model.latent == 4, ""
    )

    assert model.latent == 4


def test_a_model_that_cannot_do_it_is_refused_and_what_could_is_named(checkpoints):
    asked = options(model=str(checkpoints["cnn"]))

    with pytest.raises(CheckpointError, match=r"the model cnn, which cannot rebuild pictures; "
                       r"these can: vae, conv-vae"):  # fmt: skip
        given_model(asked, "vae", VariationalAutoencoder, "rebuild pictures")
    with pytest.raises(CheckpointError, match=r"the model cnn, which cannot rebuild pictures$"):
        given_model(asked, "vae", lambda model: False, "rebuild pictures")


def test_where_none_ships_it_is_told_how_to_train_one():
    for default in (None, "unet"):
        with pytest.raises(UsageError, match="could colour pictures .*train one with tinygen tra"):
            given_model(options(), default, Classifier, "colour pictures", "tinygen train unet")


def test_what_is_no_model_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"no file none\.npz"):
        given_model(options(model="none.npz"), "vae", Classifier, "read")
    (tmp_path / "bad.npz").write_text("none")
    with pytest.raises(CheckpointError, match=r"bad\.npz"):
        given_model(options(model=str(tmp_path / "bad.npz")), "vae", Classifier, "read")


def test_a_missing_gpu_is_told_first(monkeypatch):
    def get(device):
        raise BackendError(f"no {device} here")

    monkeypatch.setattr("tinygen.backend.get", get)
    with pytest.raises(BackendError, match="no cuda here"):
        given_model(options(device="cuda", model="none.npz"), "vae", Classifier, "read")


# ---- what tasks refuse -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_what_a_task_refuses_ends_with_1_and_a_line(monkeypatch, capsys, kind):
    def run(options):
        with refusing():
            raise kind("the strength is from 0 to 1, got 2")

    monkeypatch.setattr("tinygen.cli.info.run", run)

    assert main(["info", "file"]) == 1
    assert capsys.readouterr().err == "tinygen info: the strength is from 0 to 1, got 2\n"


def test_other_faults_still_show_where_they_are():
    with pytest.raises(ZeroDivisionError), refusing():
        raise ZeroDivisionError
    with pytest.raises(RefusedError) as caught, refusing():
        raise ValueError("why")
    assert isinstance(caught.value.__cause__, ValueError)


# ---- commands ----------------------------------------------------------------------------------


WORDS = {"edit": ["--label", "3"], "explain": ["saliency"]}
"""What must stand behind a command."""


@pytest.mark.parametrize("verb", TASKS)
def test_every_task_is_a_command_with_the_usual_options(verb):
    assert cli.MODULES[verb] == f"tasks.{verb}"

    plain = parser().parse_args([verb, *WORDS.get(verb, [])])
    assert (plain.images, plain.model, plain.seed, plain.device) == ([], None, 0, "cpu")
    assert str(plain.out) == f"tinygen-{verb}"

    given = parser().parse_args(
        [verb, *WORDS.get(verb, []), "a.png", "b.jpg", "--model", "vae", "--offline"]
    )
    assert [path.name for path in given.images] == ["a.png", "b.jpg"]
    assert (given.model, given.offline) == ("vae", True)


@pytest.mark.parametrize("verb", TASKS)
@pytest.mark.parametrize(
    ("content", "message"), [(None, "no file or folder"), (b"", "the file is empty")]
)
@pytest.mark.usefixtures("shipped")
def test_a_picture_that_cannot_be_read_is_told_and_leaves_earlier_results(
    tmp_path, capsys, verb, content, message
):
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.html").write_text("the old page")
    path = tmp_path / "a.png"
    if content is not None:
        path.write_bytes(content)

    words = [verb, *WORDS.get(verb, []), str(path), "--out", str(out), "--offline"]
    code = main(words)

    error = capsys.readouterr().err
    assert (code, message in error) in [(1, True), (2, False)]  # 2: no model for it ships
    assert error.startswith(f"tinygen {verb}: ")
    assert error.count("\n") == 1
    assert [file.name for file in out.iterdir()] == ["index.html"]
    assert (out / "index.html").read_text() == "the old page"
