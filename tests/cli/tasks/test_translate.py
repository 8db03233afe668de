"""``tinygen translate`` makes digits of outlines and colours of grey."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.cli.tasks.restored import new_model, pixels, results
from tinygen.cli import main
from tinygen.cli.tasks.translate import COUNT
from tinygen.data import registry
from tinygen.data.shapes import make_shapes
from tinygen.models import from_checkpoint
from tinygen.models.damage import edge_map, luminance


@pytest.fixture(autouse=True)
def _drawn_digits(monkeypatch, few_digits):
    """MNIST is not there, and of the digits in its place there are few."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)


@pytest.fixture
def model(tmp_path):
    return new_model(tmp_path / "pix2pix.npz", "pix2pix", width=4)


@pytest.fixture
def painter(tmp_path):
    arguments = {"task": "colourize", "width": 4, "picture_shape": [3, 32, 32]}
    return new_model(tmp_path / "painter.npz", "unet", **arguments)


def translate(out, model, *words):
    return main(["translate", *map(str, words), "--model", str(model), "--out", str(out)])


def test_test_digits_are_drawn_from_their_outlines(tmp_path, model, capsys, few_digits):
    out = tmp_path / "out"
    assert translate(out, model, "--offline") == 0

    count = min(COUNT, len(few_digits.test_images))
    true = tg.tensor(few_digits.test_images[:count, None].astype(np.float32) / 255)
    edges = edge_map(true)
    made = np.rint(from_checkpoint(model).restore(edges).numpy() * 255) / 255
    numbers = results(out)["numbers"]
    assert numbers["count"] == count
    baseline, own = numbers["scores"].values()
    assert baseline["l1"] == pytest.approx(np.abs(edges.numpy() - true.numpy()).mean(), rel=1e-4)
    assert own["l1"] == pytest.approx(np.abs(made - true.numpy()).mean(), rel=1e-4)
    assert 0 <= own["accuracy"] <= 1
    first = sorted((out / "before").iterdir())[0].name
    before, after = pixels(out / "before" / first), pixels(out / "after" / first)
    np.testing.assert_allclose(before, edges.numpy()[0], atol=1e-6)
    np.testing.assert_allclose(after, made[0], atol=1e-6)
    np.testing.assert_allclose(
        pixels(out / "difference" / first), np.abs(after - before), atol=1.01 / 255
    )
    np.testing.assert_allclose(pixels(out / "picture" / first), true.numpy()[0], atol=1e-6)
    said = capsys.readouterr().out
    for words in ("the outlines themselves", "the model (pix2pix)", "read rightly"):
        assert words in said


def test_a_picture_of_the_users_goes_to_its_outline_and_back(tmp_path, model, few_digits, capsys):
    picture = tmp_path / "seven.png"
    Image.fromarray(255 - few_digits.test_images[0]).save(picture)  # ink on paper

    assert translate(tmp_path / "out", model, picture) == 0

    edges = edge_map(tg.tensor(few_digits.test_images[:1, None].astype(np.float32) / 255))
    written = pixels(tmp_path / "out" / "before" / "seven.png")
    np.testing.assert_allclose(written, edges.numpy()[0], atol=1e-6)
    assert "scores" not in results(tmp_path / "out")["numbers"]
    assert any("inverted" in note for note in results(tmp_path / "out")["notes"])
    assert "dB" not in capsys.readouterr().out


def test_an_outline_that_was_drawn_is_taken_as_it_is(tmp_path, model):
    outline = np.zeros((28, 28), np.uint8)
    outline[6:22, 6:22] = 255
    outline[8:20, 8:20] = 0
    Image.fromarray(outline).save(tmp_path / "sketch.png")

    assert translate(tmp_path / "out", model, tmp_path / "sketch.png", "--edges") == 0

    written = pixels(tmp_path / "out" / "before" / "sketch.png")
    assert np.array_equal(written[0], outline / 255)
    expected = from_checkpoint(model).restore(tg.tensor(written[None])).numpy()[0]
    np.testing.assert_allclose(
        pixels(tmp_path / "out" / "after" / "sketch.png"), expected, atol=0.51 / 255
    )
    assert not (tmp_path / "out" / "picture").exists()


def test_grey_gets_colours(tmp_path, painter, monkeypatch, capsys):
    shapes = make_shapes(4, COUNT)
    monkeypatch.setattr(
        registry, "DRAWN", (registry.Drawn("shapes", lambda: shapes, (4, COUNT), (3, 32, 32)),)
    )
    out = tmp_path / "out"
    assert translate(out, painter, "--to", "colour", "--offline") == 0

    true = tg.tensor(shapes.test_images.astype(np.float32) / 255)
    grey = luminance(true).numpy()
    baseline, own = results(out)["numbers"]["scores"].values()
    assert baseline["l1"] == pytest.approx(np.abs(grey - true.numpy()).mean(), rel=0.01)
    assert own["accuracy"] is None
    first = sorted((out / "after").iterdir())[0].name
    assert pixels(out / "before" / first).shape == (1, 32, 32)
    assert pixels(out / "after" / first).shape == (3, 32, 32)
    assert "grey" in capsys.readouterr().out


# ---- what does not go --------------------------------------------------------------------------


def test_without_a_model_it_says_how_to_train_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tinygen.cli.tasks.inputs.PRETRAINED", {})

    assert main(["translate", "--out", str(tmp_path / "out")]) == 2
    assert "tinygen train pix2pix" in capsys.readouterr().err
    assert main(["translate", "--to", "colour", "--out", str(tmp_path / "out")]) == 2
    assert "--set task=colourize" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("to", "able"), [("digit", "a pix2pix did"), ("colour", "a unet with task=colourize did")]
)
def test_a_model_that_cannot_is_refused_and_named(to, able, tmp_path, capsys):
    other = new_model(tmp_path / "other.npz", "unet", task="denoise", width=4)

    assert translate(tmp_path / "out", other, "--to", to) == 1

    said = capsys.readouterr().err
    assert "holds the model unet, which did not learn" in said
    assert able in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["--edges"], ["a.png", "--edges", "--to", "colour"]])
def test_only_own_pictures_can_be_outlines(words, tmp_path, model, capsys):
    assert translate(tmp_path / "out", model, *words) == 2
    assert "name some, and leave out --to colour" in capsys.readouterr().err


def test_what_is_no_picture_leaves_earlier_results_untouched(tmp_path, model, capsys):
    out = tmp_path / "out"
    assert translate(out, model, "--offline") == 0
    before = (out / "index.html").read_bytes()
    (tmp_path / "broken.png").write_bytes(b"no picture")

    assert translate(out, model, tmp_path / "broken.png") == 1

    assert "broken.png" in capsys.readouterr().err
    assert (out / "index.html").read_bytes() == before


def test_a_gpu_draws_the_same(tmp_path, model, backend):
    scores = []
    for device in ("cpu", backend.device):
        out = tmp_path / device
        assert translate(out, model, "--offline", "--device", device) == 0
        scores.append(list(results(out)["numbers"]["scores"].values())[-1]["l1"])
    assert scores[0] == pytest.approx(scores[1], rel=1e-3)
