from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import main
from tinygen.cli.tasks.detect import BOX_COLOUR, ZOOM, _outlined
from tinygen.io import save_checkpoint
from tinygen.models import create
from tinygen.models.detector import Detector
from tinygen.tasks.detect import Found


@pytest.fixture(scope="session")
def detector(tmp_path_factory):
    """A detector that takes the cells above the middle for a 7, whatever the picture shows."""
    tg.manual_seed(0)
    arguments = {"width": 2, "picture_shape": [1, 64, 64]}
    model = Detector(**arguments)
    with tg.no_grad():
        model.head.weight.zero_()
        model.head.bias[4] = 3.0
        model.head.bias[5 + 7] = 8.0
    path = tmp_path_factory.mktemp("detector") / "best.npz"
    save_checkpoint(path, model=model, architecture="detector", arguments=arguments)
    return path


@pytest.fixture
def note(tmp_path):
    """A photograph of a note: dark ink on light paper, not square."""
    paper = np.full((300, 400), 230, np.uint8)
    paper[100:180, 60:75] = 20
    paper[120:200, 200:215] = 20
    path = tmp_path / "note.png"
    Image.fromarray(paper).save(path)
    return path


def detect(out, *words):
    return main(["detect", "--out", str(out), "--offline", *map(str, words)])


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


def test_boxes_are_found_in_pictures_of_ones_own(detector, note, tmp_path, capsys):
    out = tmp_path / "out"

    assert detect(out, note, "--model", detector) == 0

    said = capsys.readouterr().out
    assert "note: 7 (95%), 7 (95%)" in said
    numbers = results(out)["numbers"]
    (found,) = numbers["pictures"]
    assert found["name"] == "note"
    assert len(found["boxes"]) == len(found["labels"]) == len(found["scores"]) > 5
    assert all(0 <= x1 < x2 <= 64 and 0 <= y1 < y2 <= 64 for x1, y1, x2, y2 in found["boxes"])
    assert set(found["labels"]) == {7}
    assert min(found["scores"]) >= numbers["threshold"] == 0.5
    assert any("from 400 x 300 pixels to 64 x 64" in words for words in results(out)["notes"])
    assert (out / "index.html").is_file()
    with Image.open(out / "before" / "note.png") as before:
        assert before.size == (64, 64)
    with Image.open(out / "after" / "note.png") as after:
        assert after.size == (64 * ZOOM, 64 * ZOOM)
        assert BOX_COLOUR in {colour for _, colour in after.getcolors(10_000)}
    with Image.open(out / "boxes.png") as drawing:
        assert min(drawing.size) > 300


def test_what_is_less_sure_than_the_threshold_is_not_shown(detector, note, tmp_path, capsys):
    assert detect(tmp_path, note, "--model", detector, "--threshold", "0.99") == 0

    assert "note: nothing" in capsys.readouterr().out
    assert results(tmp_path)["numbers"]["pictures"][0]["boxes"] == []


@pytest.mark.usefixtures("canvases", "shipped")
def test_without_pictures_it_is_compared_on_test_canvases(detector, tmp_path, capsys):
    assert detect(tmp_path, "--model", detector) == 0

    said = capsys.readouterr().out
    order = [said.index(words) for words in ("in the middle", "sliding window", "the detector")]
    assert order == sorted(order)
    assert said.count("mAP@[.5:.95]") == 3
    numbers = results(tmp_path)["numbers"]
    assert numbers["count"] == len(numbers["pictures"]) == 20
    assert numbers["source"] == "test pictures of Canvases of Drawn digits"
    assert list(numbers["scores"]) == ["centre box", "sliding window", "detector"]
    for score in numbers["scores"].values():
        assert 0 <= score["strict"] <= score["half"] <= 1
    (table,) = results(tmp_path)["tables"]
    assert [row[0] for row in table["rows"]][-1] == "the detector"


def test_a_model_that_finds_nothing_is_refused_and_earlier_results_stay(
    detector, note, tmp_path, capsys, checkpoints
):
    out = tmp_path / "out"
    detect(out, note, "--model", detector)
    before = (out / "results.json").read_bytes()

    assert detect(out, note, "--model", checkpoints["cnn"]) == 1

    said = capsys.readouterr().err
    assert "holds the model cnn, which cannot find things in pictures" in said
    assert "detector" in said
    assert (out / "results.json").read_bytes() == before


def test_without_a_trained_detector_it_says_how_to_make_one(monkeypatch, note, tmp_path, capsys):
    monkeypatch.setattr("tinygen.cli.tasks.inputs.PRETRAINED", {})

    assert detect(tmp_path, note) == 2
    assert "tinygen train detector" in capsys.readouterr().err


def test_what_is_no_picture_ends_with_1(detector, tmp_path, capsys):
    path = tmp_path / "letter.png"
    path.write_text("dear reader")

    assert detect(tmp_path / "out", path, "--model", detector) == 1
    assert "letter.png" in capsys.readouterr().err
    assert not (tmp_path / "out" / "results.json").exists()


@pytest.mark.parametrize("threshold", ["1.5", "-0.1", "much"])
def test_a_threshold_is_a_probability(threshold, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        detect(tmp_path, "--threshold", threshold)

    assert end.value.code == 2
    assert "threshold" in capsys.readouterr().err


def test_colours_that_the_model_does_not_know_are_refused_in_a_line(tmp_path, capsys, canvases):
    arguments = {"width": 1, "picture_shape": [3, 64, 64]}
    path = tmp_path / "colour.npz"
    save_checkpoint(
        path, model=create("detector", **arguments), architecture="detector", arguments=arguments
    )

    assert detect(tmp_path / "out", "--model", path) == 1
    assert "Detector takes pictures of shape (N, 3, 64, 64)" in capsys.readouterr().err


def test_lines_are_drawn_around_what_was_found():
    pictures = tg.zeros(2, 1, 10, 12)
    boxes = np.array([[2, 3, 5, 9], [8, 4, 12, 10]], np.float32)
    nothing = Found(boxes[:0], np.zeros(0, np.int64), np.zeros(0, np.float32))

    drawn = _outlined(pictures, [Found(boxes, np.array([1, 2]), np.ones(2, np.float32)), nothing])

    assert drawn.shape == (2, 3, 10 * ZOOM, 12 * ZOOM)
    expected = np.zeros((10 * ZOOM, 12 * ZOOM), bool)
    for x1, y1, x2, y2 in ((8, 12, 20, 36), (32, 16, 47, 39)):  # the last line is inside
        expected[[y1, y2], x1 : x2 + 1] = True
        expected[y1 : y2 + 1, [x1, x2]] = True
    np.testing.assert_array_equal(drawn[0].any(axis=0), expected)
    np.testing.assert_allclose(drawn[0][:, 12, 8], np.array(BOX_COLOUR) / 255, rtol=1e-6)
    assert not drawn[1].any()
