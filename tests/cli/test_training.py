from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tinygen.cli import main
from tinygen.io import load_checkpoint
from tinygen.models import MODELS
from tinygen.train import Callback, recipe

# A few hundred pictures in a few steps make weights jump; that is what is said then.
pytestmark = pytest.mark.filterwarnings("ignore::tinygen.train.TrainingWarning")

QUICK = ("--data", "glyphs", "--batch-size", "90", "--epochs", "2", "--offline")


SMALL = {
    "vae": ("hidden=16",),
    "conv-vae": ("channels=4,8", "hidden=16"),
    "gan": ("hidden=16",),
    "dcgan": ("width=4",),
    "cgan": ("width=4",),
    "wgan-gp": ("width=4",),
    "row-lstm": ("units=16",),
    "row-generator": ("units=16", "head_units=16"),
    "made": ("hidden=16",),
    "detector": ("width=4",),
}
"""What makes models small."""


def train(out, *words, model="cnn"):
    return main(["train", model, "--out", str(out), *words])


def settings(model):
    return [word for setting in SMALL.get(model, ()) for word in ("--set", setting)]


def weights_in(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files if name.startswith("model/")}


class PressCtrlC(Callback):
    """After so many steps."""

    def __init__(self, steps):
        self.steps = steps

    def on_batch_end(self, trainer):
        if trainer.steps == self.steps:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ctrl_c_after(monkeypatch):
    """Let the next trainings be interrupted after so many steps, or never (None)."""
    original = recipe.new_trainer

    def set_steps(steps):
        def new_trainer(*given, **more):
            trainer = original(*given, **more)
            if steps is not None:
                trainer.callbacks.append(PressCtrlC(steps))
            return trainer

        monkeypatch.setattr("tinygen.cli.training.new_trainer", new_trainer)

    return set_steps


@pytest.mark.usefixtures("glyphs")
def test_a_training_leaves_checkpoints_a_table_and_a_picture(tmp_path, capsys):
    assert train(tmp_path, *QUICK) == 0

    said = capsys.readouterr().out
    assert "Glyphs: 540 to learn from, 60 for validation, 36 classes" in said
    assert f"tinygen evaluate {tmp_path / 'best.npz'}" in said
    names = {path.name for path in tmp_path.iterdir()}
    assert {"best.npz", "last.npz", "history.csv", "curves.png"} <= names
    head, *rows = (tmp_path / "history.csv").read_text().splitlines()
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(head.split(","))
    assert len(rows) == 2
    with Image.open(tmp_path / "curves.png") as picture:
        picture.load()


@pytest.mark.usefixtures("glyphs", "no_pictures")
@pytest.mark.parametrize("steps", [3, 6, 8])  # in the first epoch, at its end, in the second
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(tmp_path, capsys, ctrl_c_after, steps):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    options = (*QUICK, "--set", "dropout=0.2", "--shift", "1", "--seed", "3")
    assert train(whole, *options) == 0

    ctrl_c_after(steps)
    assert train(stopped, *options) == 130
    assert f"tinygen train cnn --resume --out {stopped}" in capsys.readouterr().out
    ctrl_c_after(None)
    assert train(stopped, "--resume", "--offline") == 0

    expected = weights_in(whole / "last.npz")
    found = weights_in(stopped / "last.npz")
    assert len(expected) == 10
    assert expected.keys() == found.keys()
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


@pytest.mark.usefixtures("digits", "no_pictures")
@pytest.mark.parametrize("model", ["vae", "cgan", "wgan-gp", "row-generator"])
def test_so_it_is_with_models_that_draw(tmp_path, ctrl_c_after, model):
    options = ("--data", "glyphs", "--batch-size", "25", "--epochs", "2", *settings(model))
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert train(whole, *options, model=model) == 0

    ctrl_c_after(3)
    assert train(stopped, *options, model=model) == 130
    ctrl_c_after(None)
    assert train(stopped, "--resume", model=model) == 0

    expected, found = weights_in(whole / "last.npz"), weights_in(stopped / "last.npz")
    assert expected.keys() == found.keys()
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no signal that kills")
def test_a_run_that_was_killed_ends_as_if_it_had_not_been(folder, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    command = [sys.executable, "-m", "tinygen", "train", "cnn", "--offline", "--out"]
    recipe = ["--data", str(folder), "--epochs", "8", "--batch-size", "6", "--shift", "1"]
    quietly = {
        "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
        "env": {**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    }  # fmt: skip
    subprocess.run([*command, str(whole), *recipe], check=True, **quietly)

    for epochs, words in ((2, recipe), (5, ["--resume"])):
        with subprocess.Popen([*command, str(killed), *words], **quietly) as process:
            while process.poll() is None and lines_in(killed / "history.jsonl") < epochs:
                time.sleep(0.002)
            process.kill()
    assert load_checkpoint(killed / "last.npz").epoch < 8
    subprocess.run([*command, str(killed), "--resume"], check=True, **quietly)

    expected, found = weights_in(whole / "last.npz"), weights_in(killed / "last.npz")
    assert expected.keys() == found.keys()
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def lines_in(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_long_epoch_is_saved_on_the_way(folder, tmp_path, monkeypatch, ctrl_c_after):
    monkeypatch.setattr(recipe, "SAVE_EVERY", 2)
    steps = []
    ctrl_c_after(3)
    monkeypatch.setattr(
        "tinygen.train.trainer.save", lambda trainer, *_: steps.append(trainer.steps)
    )

    assert train(tmp_path, "--data", str(folder), "--batch-size", "4", "--epochs", "1") == 130
    assert steps == [2, 3]


@pytest.mark.usefixtures("glyphs", "no_pictures")
def test_a_run_is_not_overwritten_and_not_resumed_as_another(tmp_path, capsys):
    train(tmp_path, *QUICK)
    before = (tmp_path / "last.npz").read_bytes()

    assert train(tmp_path, *QUICK) == 2
    assert "go on from it with --resume" in capsys.readouterr().err

    assert train(tmp_path, "--resume", "--epochs", "7", "--batch-size", "90") == 2
    said = capsys.readouterr().err
    assert "--epochs 2, not 7" in said
    assert "batch" not in said
    assert (tmp_path / "last.npz").read_bytes() == before


@pytest.mark.usefixtures("glyphs", "no_pictures")
def test_a_run_that_is_finished_stays_as_it_is(tmp_path):
    train(tmp_path, *QUICK)
    before = weights_in(tmp_path / "last.npz")

    assert train(tmp_path, "--resume", "--offline") == 0
    after = weights_in(tmp_path / "last.npz")
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.usefixtures("digits", "no_pictures")
def test_a_run_is_resumed_with_its_own_arguments(tmp_path, capsys):
    options = ("--data", "glyphs", "--epochs", "1", *settings("vae"))
    train(tmp_path, *options, model="vae")
    assert train(tmp_path, "--resume", *options, "--set", "latent=20", model="vae") == 0
    capsys.readouterr()

    for model, words, message in (
        ("vae", ["--set", "latent=5"], "--set latent=20, not 5"),
        ("vae", ["--set", "hidden=16,16"], "--set hidden=[16], not [16, 16]"),
        ("vae", ["--set", "beta=2"], "--set beta=1.0, not 2"),
        ("vae", ["--all"], "--all False, not True"),
        ("made", [], "the model vae, not made"),
    ):
        assert train(tmp_path, "--resume", *words, model=model) == 2
        assert f"was trained with {message}: a run is resumed" in capsys.readouterr().err


def test_nothing_cannot_be_resumed(tmp_path, capsys):
    assert train(tmp_path, "--resume") == 2
    assert "there is no" in capsys.readouterr().err


def test_a_folder_of_pictures_is_learned_and_tested(folder, tmp_path, capsys):
    out = tmp_path / "run"
    options = ("--data", str(folder), "--epochs", "4", "--batch-size", "9", "--lr", "0.003")

    assert train(out, *options) == 0
    assert main(["evaluate", str(out / "best.npz")]) == 0

    said = capsys.readouterr().out
    assert "pictures: 36 to learn from, 4 for validation, 2 classes" in said
    assert "accuracy" in said
    assert "100.00%  (10 of 10" in said
    for name in ("precision", "recall", "F1", "ROC", "log-loss", "calibration"):
        assert name in said
    with Image.open(out / "confusion-matrix.png") as picture:
        picture.load()


@pytest.mark.usefixtures("glyphs", "no_pictures")
def test_all_pictures_can_be_learned_from(tmp_path, capsys):
    assert train(tmp_path, *QUICK, "--all") == 0

    assert "600 to learn from, 0 for validation" in capsys.readouterr().out
    assert "val_loss" not in (tmp_path / "history.csv").read_text()


@pytest.mark.usefixtures("glyphs", "no_pictures")
def test_a_model_is_not_tested_on_other_classes_or_sizes(folder, tmp_path, capsys):
    train(tmp_path, *QUICK)

    assert main(["evaluate", str(tmp_path / "best.npz"), "--data", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "36 classes apart (0, 1, 2, 3, 4, ...), pictures has 2 (bright, dark)" in said


def test_pictures_of_another_size_are_refused():
    from tinygen.cli.errors import UsageError
    from tinygen.cli.evaluation import _check_fit
    from tinygen.data import ImageSet

    images, labels = np.zeros((2, 12, 12), np.uint8), np.zeros(2, np.int64)
    pictures = ImageSet(images, labels, images, labels, "small", False, ("a",))

    with pytest.raises(UsageError, match=r"wants pictures of \(1, 28, 28\).*\(1, 12, 12\)"):
        _check_fit(pictures, ("a",), [1, 28, 28])
    with pytest.raises(UsageError, match="no pictures to be tested on"):
        _check_fit(ImageSet(images, labels, images[:0], labels[:0], "small", False), "a", [])


def test_a_checkpoint_that_is_not_there_ends_with_2(tmp_path, capsys):
    assert main(["evaluate", str(tmp_path / "none.npz")]) == 2
    assert "there is no file" in capsys.readouterr().err


@pytest.mark.usefixtures("glyphs", "no_pictures")
def test_a_damaged_checkpoint_ends_with_1(tmp_path, capsys):
    train(tmp_path, *QUICK, "--epochs", "1")
    path = tmp_path / "best.npz"
    path.write_bytes(path.read_bytes()[:-1000])

    assert main(["evaluate", str(path)]) == 1
    assert "best.npz" in capsys.readouterr().err


def test_data_that_cannot_be_had_end_with_1(tmp_path, capsys):
    assert train(tmp_path, "--data", "fashion-mnist", "--offline") == 1
    assert "Fashion-MNIST is not in" in capsys.readouterr().err


def test_a_set_that_is_not_there_ends_with_2(tmp_path, capsys):
    assert train(tmp_path, "--data", "/no/such/folder") == 2
    assert "train/CLASS" in capsys.readouterr().err


# ---- labels of other kinds ---------------------------------------------------------------------


@pytest.mark.usefixtures("canvases", "no_pictures")
def test_boxes_are_learned_and_the_detector_is_tested(tmp_path, capsys):
    options = ("--epochs", "2", "--batch-size", "20", *settings("detector"))
    assert train(tmp_path, *options, model="detector") == 0
    assert main(["evaluate", str(tmp_path / "best.npz")]) == 0

    said = capsys.readouterr().out
    assert "Canvases of Drawn digits: 54 to learn from, 6 for validation, 10 classes" in said
    assert "on the 20 test pictures of Canvases of Drawn digits" in said
    assert "mAP@.5" in said
    with Image.open(tmp_path / "boxes.png") as picture:
        picture.load()
    assert load_checkpoint(tmp_path / "best.npz").metadata["recipe"]["data"] == "canvases"


@pytest.mark.usefixtures("canvases", "no_pictures")
def test_a_model_of_classes_does_not_learn_boxes(tmp_path, capsys):
    assert train(tmp_path, "--data", "canvases") == 2

    said = capsys.readouterr().err
    assert "cnn learns from the class of each picture" in said
    assert said.rstrip().endswith("detector")


@pytest.mark.usefixtures("digits", "no_pictures")
def test_a_detector_does_not_learn_classes(tmp_path, capsys):
    assert train(tmp_path, "--data", "glyphs", model="detector") == 2
    assert "detector learns from boxes" in capsys.readouterr().err


@pytest.mark.usefixtures("canvases", "no_pictures")
def test_pictures_with_boxes_are_not_moved(tmp_path, capsys):
    assert train(tmp_path, "--shift", "2", model="detector") == 2
    assert "no shift" in capsys.readouterr().err


@pytest.mark.usefixtures("canvases")
def test_models_that_look_at_no_labels_learn_from_any(tmp_path):
    options = ("--data", "canvases", "--epochs", "1", *settings("vae"))
    assert train(tmp_path, *options, model="vae") == 0


# ---- all models --------------------------------------------------------------------------------


DATA = {"class": "digits", "boxes": "canvases", "text": "strips"}
"""What models learn from, by what their labels are."""


@pytest.mark.usefixtures("no_curves")
@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_trained_and_those_that_can_draw(tmp_path, capsys, model, request):
    request.getfixturevalue(DATA[getattr(MODELS[model], "labels", "class")])
    options = ("--data", "glyphs", "--epochs", "1", "--batch-size", "30", *settings(model))

    assert train(tmp_path, *options, model=model) == 0

    said = capsys.readouterr().out
    draws = hasattr(MODELS[model], "sample")
    assert (tmp_path / "samples.png").exists() == draws
    assert (f"tinygen generate {tmp_path / 'best.npz'}" in said) == draws
    saved = load_checkpoint(tmp_path / "best.npz")
    assert saved.architecture == model
    assert saved.metadata["recipe"]["model"] == model


@pytest.mark.usefixtures("digits")
def test_a_gan_learns_from_all_pictures_and_has_no_best(tmp_path, capsys):
    words = ("--data", "glyphs", "--epochs", "2", "--batch-size", "30", *settings("gan"))
    assert train(tmp_path, *words, model="gan") == 0

    said = capsys.readouterr().out
    assert "120 to learn from, 0 for validation" in said
    assert "Best" not in said
    assert (tmp_path / "curves.png").exists()
    assert load_checkpoint(tmp_path / "best.npz").epoch == 2


@pytest.mark.usefixtures("digits", "no_pictures")
def test_arguments_of_the_model_reach_it(tmp_path):
    words = ("--data", "glyphs", "--epochs", "1", "--set", "latent=3", "--set", "hidden=8")
    more = ("--set", "classes=true", "--set", "activation=tanh", "--set", "beta=.5")
    assert train(tmp_path, *words, *more, model="vae") == 0

    arguments = load_checkpoint(tmp_path / "best.npz").arguments
    assert arguments == {
        "latent": 3, "hidden": [8], "classes": 10, "activation": "tanh", "beta": 0.5,
        "picture_shape": [1, 28, 28],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "setting", "message"),
    [
        ("vae", "latnet=3", "vae has no 'latnet'; did you mean 'latent'?"),
        ("vae", "dropout=0.5", "vae has no 'dropout'"),
        ("cnn", "dropout=much", "dropout of cnn is a number, got 'much'"),
        ("dcgan", "layers=3", "dcgan has no 'layers'"),
    ],
)
def test_what_a_model_cannot_have_is_refused_before_any_data_are_loaded(
    tmp_path, capsys, monkeypatch, model, setting, message
):
    monkeypatch.setattr("tinygen.cli.training.load", lambda *_: pytest.fail("data were loaded"))

    assert train(tmp_path, "--set", setting, model=model) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    ("model", "words", "message"),
    [
        ("gan", ["--batch-size", "121"], "120 pictures do not fill one of 121"),
        ("gan", ["--set", "pack=7", "--batch-size", "30"], "packs 7 pictures into one"),
        ("vae", ["--set", "likelihood=gausian"], "did you mean 'gaussian'?"),
        ("vae", ["--set", "latent=0"], "latent must be at least 1"),
        ("conv-vae", ["--set", "channels=4,8,16"], "so 8 must divide them"),
        ("vae", ["--set", "classes=7"], "the data have 10 classes"),
        ("cnn", ["--set", "classes=false"], "cnn needs classes"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(tmp_path, capsys, model, words, message):
    assert train(tmp_path, "--data", "glyphs", *words, model=model) == 2
    assert message in capsys.readouterr().err
