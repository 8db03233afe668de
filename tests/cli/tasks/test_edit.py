"""``tinygen edit`` with each family of models, on test pictures and on pictures of one's own."""

from __future__ import annotations

import json
from functools import partial, partialmethod

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import drawn
from tinygen.cli import main
from tinygen.cli.tasks import edit
from tinygen.data import make_shapes
from tinygen.io import save_checkpoint
from tinygen.models import GAN, create
from tinygen.tasks.edit import style


@pytest.fixture(autouse=True)
def _small(monkeypatch, shipped, few_digits):
    """Little is edited, and for a short time; MNIST is not there."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)
    monkeypatch.setattr(GAN, "invert", partialmethod(GAN.invert, steps=5, restarts=1))
    monkeypatch.setattr(style, "style_transfer", partial(style.style_transfer, steps=8, lr=0.1))
    for name, value in {"COUNT": 3, "DRAWN": 60, "SIDE": 20, "STYLED": 2}.items():
        monkeypatch.setattr(edit, name, value)


@pytest.fixture
def digit(tmp_path, few_digits):
    """A digit on paper."""
    path = tmp_path / "five.png"
    Image.fromarray(255 - few_digits.test_images[0]).resize((90, 90)).save(path)
    return path


@pytest.fixture
def waves(tmp_path):
    """A texture in colour."""
    path = tmp_path / "waves.png"
    share = np.sin(np.arange(60) / 3)[None, :, None] * np.ones((60, 1, 3)) * [1, 0.5, 0.2]
    Image.fromarray((127 + 120 * share).astype(np.uint8)).save(path)
    return path


def run(out, *words):
    return main(["edit", "--out", str(out), "--offline", *map(str, words)])


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def column(out, name):
    """The pictures of a column, (N, H, W) or (N, H, W, 3)."""
    return np.stack([np.asarray(Image.open(path)) for path in sorted((out / name).iterdir())])


@pytest.mark.parametrize(
    ("words", "model", "columns"),
    [
        (["--attribute", "slant"], "cgan", ["rebuilt"]),
        (["--attribute", "ink", "--strength", "-1", "--model", "vae"], "vae", ["rebuilt"]),
        (["--label", "3"], "cgan", ["rebuilt"]),
        (["--label", "3", "--model", "judge"], "cnn", []),
        (["--label", "3", "--model", "row-generator"], "row-generator", []),
    ],
)
def test_each_family_edits_test_pictures(words, model, columns, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(out, *words) == 0

    numbers = results(out)["numbers"]
    assert numbers["model"] == model
    before, after = column(out, "before"), column(out, "after")
    assert before.shape == after.shape == (3, 28, 28)
    base = column(out, columns[0]) if columns else before
    difference = np.abs(after.astype(int) - base)
    np.testing.assert_allclose(column(out, "difference"), difference, atol=1)
    changes = [numbers[name]["change"] for name in ("before", "noise", "after")]
    assert changes[0] == 0 < 0.7 * changes[2] < changes[1] < 1.01 * changes[2]
    said = capsys.readouterr().out
    for word in ("before", "noise as strong", "thickness", "read so"):
        assert word in said
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "drawn by a program" in page


def test_an_attribute_is_followed_from_less_to_more(tmp_path):
    assert run(tmp_path, "--attribute", "ink", "--model", "vae", "--strength", "3") == 0

    numbers = results(tmp_path)["numbers"]
    assert numbers["strengths"] == pytest.approx(np.linspace(-3, 3, 9).tolist())
    assert len(numbers["values"]) == 9
    assert numbers["values"][4] == pytest.approx(numbers["rebuilt"]["ink"])
    assert numbers["values"][8] == pytest.approx(numbers["after"]["ink"])
    assert len(numbers["order"]) == 3
    assert (tmp_path / "strip-attribute.png").is_file()


def test_no_strength_is_no_edit(tmp_path):
    assert run(tmp_path, "--attribute", "slant", "--model", "vae", "--strength", "0") == 0
    np.testing.assert_array_equal(column(tmp_path, "after"), column(tmp_path, "rebuilt"))
    assert not column(tmp_path, "difference").any()


def test_the_rows_that_one_names_stay(tmp_path, digit):
    words = [digit, "--label", "3", "--model", "row-generator", "--rows", "12"]
    assert run(tmp_path / "out", *words) == 0

    before, after = (column(tmp_path / "out", name)[0] for name in ("before", "after"))
    np.testing.assert_array_equal(after[:12], 255 * (before[:12] > 127))
    assert set(np.unique(after)) <= {0, 255}
    assert any("first 12 rows" in note for note in results(tmp_path / "out")["notes"])


def test_a_picture_of_ones_own_becomes_another_one(tmp_path, digit, few_digits):
    other = tmp_path / "other.png"
    Image.fromarray(255 - few_digits.test_images[1]).resize((90, 90)).save(other)
    out = tmp_path / "out"
    assert run(out, digit, "--between", other) == 0

    assert (out / "after" / "five.png").is_file()
    numbers = results(out)["numbers"]
    assert numbers["other"] == "other.png"
    assert set(numbers) >= {"before", "blend", "halfway"}
    for name in ("strip-codes.png", "strip-blend.png"):
        assert (out / name).is_file()
    about = [note.split(":")[0] for note in results(out)["notes"]]
    assert {"five.png", "other.png"} <= set(about)


def test_a_picture_of_ones_own_gets_another_style(tmp_path, waves, capsys):
    photo = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (40, 50, 3))
    Image.fromarray(pixels.astype(np.uint8)).save(photo)
    out = tmp_path / "out"
    assert run(out, photo, "--style", waves) == 0

    assert column(out, "after").shape == (1, 20, 20, 3)
    numbers = results(out)["numbers"]
    assert numbers["before"]["content"] == 0
    assert numbers["after"]["style"] < numbers["blend"]["style"] < numbers["before"]["style"]
    assert "a blend of both" in capsys.readouterr().out


def test_a_classifier_may_look_at_the_style(tmp_path, digit, waves):
    assert run(tmp_path / "out", digit, "--style", waves, "--model", "judge") == 0
    assert column(tmp_path / "out", "style").shape == (1, 20, 20)


def test_test_pictures_in_colour_get_another_style(monkeypatch, tmp_path, waves):
    drawn(monkeypatch, make_shapes(1, 3))
    assert run(tmp_path / "out", "--style", waves) == 0
    assert column(tmp_path / "out", "after").shape == (2, 32, 32, 3)


def test_a_conditional_autoencoder_keeps_the_hand(tmp_path, digit):
    own = saved(tmp_path, "vae", hidden=[8], latent=3, classes=10)
    assert run(tmp_path / "out", digit, "--label", "4", "--model", own) == 0
    assert results(tmp_path / "out")["numbers"]["way"] == "codes"


def test_a_seed_means_the_same_edit(tmp_path):
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        assert run(tmp_path / name, "--label", "3", "--seed", seed) == 0
    first, again, other = (column(tmp_path / name, "after") for name in ("first", "again", "other"))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_gpu_edits_alike(tmp_path, backend):
    words = ["--attribute", "slant", "--model", "vae"]
    assert run(tmp_path / "cpu", *words) == 0
    assert run(tmp_path / "there", *words, "--device", backend.device) == 0
    after = [column(tmp_path / name, "after").astype(int) for name in ("cpu", "there")]
    np.testing.assert_allclose(*after, atol=1)


def saved(folder, name, **arguments):
    """A checkpoint of a new model."""
    path = folder / f"{name}.npz"
    model = create(name, **arguments)
    save_checkpoint(path, model=model, architecture=name, arguments=arguments)
    return path


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "one of the arguments --attribute --label --between --style is required"),
        (["--attribute", "beauty"], "invalid choice: 'beauty'"),
        (["--attribute", "ink", "--label", "3"], "not allowed with"),
        (["--attribute", "ink", "--strength", "much"], "'much' is not a number"),
        (["--attribute", "ink", "--strength", "nan"], "'nan' is not a number"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(words, reason, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        run(tmp_path / "out", *words)
    assert end.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--label", "3", "--strength", "2"], 2, "it needs --attribute"),
        (["--attribute", "ink", "--rows", "2"], 2, "it needs --label"),
        (["--label", "3", "--rows", "2"], 2, "--model row-generator"),
        (["--label", "10"], 2, "there is no class 10: the model knows 0 to 9"),
        (["--label", "10", "--model", "judge"], 2, "there is no class 10"),
        (["--label", "3", "--model", "row-generator", "--rows", "29"], 1, "rows is from 0 to 28"),
        (["--attribute", "ink", "--model", "judge"], 1, "GANs and autoencoders can"),
        (["--between", "DIGIT", "--model", "cgan"], 1, "take one without classes"),
        (["--between", "NOTHING"], 1, "there is no file or folder"),
        (["--style", "NOTHING"], 1, "there is no file or folder"),
        (["--style", "DIGIT", "--model", "vae"], 1, "cannot look at the style"),
        (["DIGIT", "--label", "1", "--model", "COLOUR"], 1, "only grey pictures of 28 x 28"),
    ],
)
def test_what_cannot_be_done_is_said(words, code, reason, tmp_path, capsys, digit):
    colour = saved(tmp_path, "cgan", width=4, latent=3, picture_shape=[3, 8, 8], classes=2)
    names = {"DIGIT": digit, "NOTHING": tmp_path / "nothing.png", "COLOUR": colour}
    out = tmp_path / "out"
    assert run(out, *(names.get(word, word) for word in words)) == code
    assert reason in capsys.readouterr().err
    assert not out.exists()


def test_colour_pictures_may_be_moved_by_a_gan_that_is_not_told_labels(tmp_path):
    own = saved(tmp_path, "dcgan", width=4, latent=3, picture_shape=[3, 16, 16])
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3))
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "own.png")
    words = [tmp_path / "own.png", "--attribute", "ink", "--model", own]
    assert run(tmp_path / "out", *words) == 0
    assert column(tmp_path / "out", "after").shape == (1, 16, 16, 3)
    assert "read" not in results(tmp_path / "out")["numbers"]["after"]


def test_another_class_without_labels_and_without_a_reader(tmp_path, capsys):
    own = saved(tmp_path, "vae", hidden=[8], latent=3, picture_shape=[1, 20, 20])
    pixels = np.zeros((20, 20), np.uint8)
    pixels[4:16, 9:11] = 255
    Image.fromarray(pixels).save(tmp_path / "own.png")
    assert run(tmp_path / "out", tmp_path / "own.png", "--label", "1", "--model", own) == 1
    assert "has to be told what the pictures show" in capsys.readouterr().err
