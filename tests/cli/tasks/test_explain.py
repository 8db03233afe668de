"""``tinygen explain`` shows the maps of the model, and says how good they are."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import main
from tinygen.data import read_pictures
from tinygen.models import pretrained
from tinygen.tasks.explain import area_under, deletion_curve, grad_cam, occlusion, saliency

MAPS = {"saliency": saliency, "occlusion": occlusion, "grad-cam": grad_cam}


@pytest.fixture(autouse=True)
def _drawn_digits(monkeypatch, shipped, few_digits):
    """MNIST is not there, and of the digits in its place there are few."""
    monkeypatch.setattr("tinygen.data.synthetic_digits", lambda *_: few_digits)


@pytest.fixture
def own(tmp_path, few_digits):
    """A picture, ink on paper."""
    Image.fromarray(255 - few_digits.test_images[3]).save(tmp_path / "mine.png")
    return tmp_path / "mine.png"


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def pixels_of(path):
    with Image.open(path) as picture:
        return np.asarray(picture).astype(np.float32) / 255


@pytest.mark.parametrize("method", MAPS)
def test_the_map_is_that_of_the_model(method, tmp_path, own, capsys):
    picture = tg.tensor(read_pictures([own], (1, 28, 28)).pictures.astype(np.float32) / 255)
    judge = pretrained("judge")
    label = max(range(10), key=lambda label: grad_cam(judge, picture, [label]).max().item())
    out = tmp_path / "out"
    assert main(["explain", method, str(own), "--label", str(label), "--out", str(out)]) == 0

    maps = MAPS[method](judge, picture, [label])
    strength = np.maximum(maps.numpy()[0], 0)
    strength /= strength.max()
    drawn = pixels_of(out / "map" / f"mine-as-{label}.png")
    np.testing.assert_allclose(drawn, strength, atol=0.02)
    np.testing.assert_allclose(
        pixels_of(out / "before" / f"mine-as-{label}.png"), picture.numpy()[0, 0], atol=0.01
    )
    overlay = pixels_of(out / "overlay" / f"mine-as-{label}.png")
    blue = picture.numpy()[0, 0] * (1 - strength)
    np.testing.assert_allclose(overlay[..., 2], blue, atol=0.02)
    area = area_under(deletion_curve(judge, picture, maps, [label])).item()
    numbers = results(out)["numbers"]
    assert numbers["areas"]["map"] == pytest.approx(area, abs=1e-4)
    assert 0 < numbers["areas"]["random"] < 1
    assert f"those the map calls important  {area:.3f}" in capsys.readouterr().out
    assert numbers["pictures"][0]["label"] == str(label)


def test_without_a_class_the_most_probable_is_explained(tmp_path):
    assert main(["explain", "saliency", "--out", str(tmp_path), "--offline"]) == 0
    told = results(tmp_path)["numbers"]["pictures"]
    assert len(told) == 16
    assert all(one["probability"] >= 0.1 for one in told)
    assert len(list((tmp_path / "overlay").iterdir())) == 16


def test_each_class_has_a_picture(tmp_path, monkeypatch):
    asked = []

    def drawn(model, labels):
        asked.append(list(labels))
        return tg.rand(len(asked[-1]), 1, 28, 28)

    monkeypatch.setattr("tinygen.tasks.explain.activation_maximisation", drawn)
    for words, expected in (([], range(10)), (["--label", "7"], [7])):
        out = tmp_path / str(len(words))
        assert main(["explain", "activation", "--out", str(out), *words]) == 0
        assert asked[-1] == list(expected)
        assert list(results(out)["numbers"]["probabilities"]) == [str(n) for n in expected]
        assert (out / "picture" / "7.png").is_file()


def test_the_page_of_codes_has_a_dot_for_each_picture(tmp_path, own, capsys):
    out = tmp_path / "out"
    assert main(["explain", "latent", str(own), "--out", str(out), "--offline"]) == 0
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "The codes of the model vae" in page
    assert "yours" in page
    assert str(out / "index.html") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["activation", "OWN"], 2, "leave yours out"),
        (["latent", "--label", "1"], 2, "leave out --label"),
        (["saliency", "--label", "seven"], 2, "there is no class seven to be explained"),
        (["saliency", "--model", "vae"], 1, "cannot classify pictures, which could be explained"),
        (["latent", "--model", "judge"], 1, "cannot decode codes"),
        (["latent", "--model", "CONDITIONAL"], 1, "train one without classes"),
        (["grad-cam", "--model", "ROWS"], 1, "take saliency or occlusion"),
    ],
)
def test_what_cannot_be_explained_is_said(words, code, reason, tmp_path, own, capsys):
    given = {"OWN": str(own)}
    for word, name, arguments in (
        ("ROWS", "row-lstm", {"units": 8}),
        ("CONDITIONAL", "vae", {"hidden": [8], "classes": 10}),
    ):
        given[word] = str(tmp_path / f"{name}.npz")
        tg.io.save_checkpoint(
            given[word], model=tg.models.create(name, **arguments), architecture=name,
            arguments=arguments,
        )  # fmt: skip
    out = tmp_path / "out"
    words = [given.get(word, word) for word in words]
    assert main(["explain", *words, "--out", str(out), "--offline"]) == code
    assert reason in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("method", ["saliency", "grad-cam"])
def test_a_gpu_draws_the_same(method, tmp_path, own, backend):
    found = []
    for device in ("cpu", backend.device):
        out = tmp_path / device
        assert main(["explain", method, str(own), "--out", str(out), "--device", device]) == 0
        (drawn,) = (out / "overlay").iterdir()
        found.append(pixels_of(drawn))
    np.testing.assert_allclose(*found, atol=0.02)


def test_a_gpu_decodes_too(tmp_path, backend):
    words = ["--out", str(tmp_path), "--offline", "--device", backend.device]
    assert main(["explain", "latent", *words]) == 0
    assert (tmp_path / "index.html").is_file()
