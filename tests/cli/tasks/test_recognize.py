from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.cli.conftest import drawn
from tinygen.cli import main
from tinygen.data import make_strips
from tinygen.io import save_checkpoint
from tinygen.models.embedder import Embedder
from tinygen.models.reader import StripReader
from tinygen.train.recipe import RECIPES, Card


@pytest.fixture
def strips(monkeypatch):
    """A few strips under the names of all sets that are drawn."""
    return drawn(monkeypatch, make_strips(n_train=60, n_test=12))


@pytest.fixture(scope="session")
def reader(tmp_path_factory):
    """One that reads a 4 in every line, and now and then nothing else."""
    tg.manual_seed(0)
    arguments = {"channels": [2, 2, 2], "units": 2, "picture_shape": [1, 28, 168]}
    model = StripReader(**arguments)
    with tg.no_grad():
        model.output.weight.zero_()
        model.output.bias.fill_(-9.0)
        model.output.bias[1 + 4] = 9.0
    path = tmp_path_factory.mktemp("reader") / "best.npz"
    card = Card(RECIPES["strip-reader"], arguments, [str(digit) for digit in range(10)])
    save_checkpoint(path, model=model, **card.contents())
    return path


@pytest.fixture(scope="session")
def embedder(tmp_path_factory):
    tg.manual_seed(0)
    arguments = {"channels": [4, 4], "near": 0.0, "far": 0.4, "picture_shape": [1, 28, 28]}
    path = tmp_path_factory.mktemp("embedder") / "best.npz"
    card = Card(RECIPES["embedder"], arguments, [str(digit) for digit in range(10)])
    save_checkpoint(path, model=Embedder(**arguments), **card.contents())
    return path


@pytest.fixture
def note(tmp_path):
    """A photograph of a line: dark ink on light paper."""
    paper = np.full((200, 700), 230, np.uint8)
    for left in (150, 300, 450):
        paper[60:140, left : left + 40] = 20
    path = tmp_path / "note.png"
    Image.fromarray(paper).save(path)
    return path


def bar(folder, name, box):
    picture = np.zeros((28, 28), np.uint8)
    top, bottom, left, right = box
    picture[top:bottom, left:right] = 255
    path = folder / name
    Image.fromarray(picture).save(path)
    return path


def recognize(out, *words):
    return main(["recognize", "--out", str(out), "--offline", *map(str, words)])


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


# ---- lines -------------------------------------------------------------------------------------


def test_lines_of_ones_own_are_read(reader, note, tmp_path, capsys):
    out = tmp_path / "out"

    assert recognize(out, note, "--model", reader) == 0

    assert "note: 4\n" in capsys.readouterr().out
    assert results(out)["numbers"]["pictures"] == [{"name": "note", "text": "4"}]
    assert any("the box around the ink became" in words for words in results(out)["notes"])
    assert "4" in (out / "index.html").read_text(encoding="utf-8")
    with Image.open(out / "before" / "note.png") as before:
        assert before.size == (168, 28)
    with Image.open(out / "lines.png") as drawing:
        assert min(drawing.size) > 60


@pytest.mark.usefixtures("strips", "shipped")
@pytest.mark.parametrize("beam", [(), ("--beam", "3")])
def test_without_pictures_it_is_compared_on_test_strips(reader, tmp_path, capsys, strips, beam):
    assert recognize(tmp_path, "--model", reader, *beam) == 0

    said = capsys.readouterr().out
    order = [said.index(words) for words in ("equal cuts", "between gaps", "the reader")]
    assert order == sorted(order)
    numbers = results(tmp_path)["numbers"]
    assert numbers["count"] == len(numbers["pictures"]) == 12
    assert numbers["source"] == "test pictures of Strips of drawn digits"
    assert list(numbers["scores"]) == ["equal cuts", "gaps", "reader"]
    labels = [[digit for digit in row if digit >= 0] for row in strips.test_labels.tolist()]
    wrong = sum(len(row) - (4 in row) for row in labels)
    assert numbers["scores"]["reader"]["cer"] == pytest.approx(wrong / sum(map(len, labels)))
    assert numbers["scores"]["reader"]["accuracy"] == sum(row == [4] for row in labels) / 12
    errors, texts = results(tmp_path)["tables"]
    assert errors["rows"][-1][0] == "the reader"
    assert texts["head"] == ["line", "read", "written"]


@pytest.mark.usefixtures("strips")
def test_evaluating_a_reader_prints_its_errors(reader, tmp_path, capsys):
    assert main(["evaluate", str(reader), "--out", str(tmp_path), "--offline"]) == 0

    said = capsys.readouterr().out
    assert "character error rate" in said
    assert "lines without a mistake" in said
    assert (tmp_path / "lines.png").is_file()


@pytest.mark.usefixtures("strips", "no_curves")
def test_a_reader_is_trained_by_its_name(tmp_path, capsys):
    words = ["--epochs", "1", "--set", "channels=2,2,2", "--set", "units=2", "--offline"]

    assert main(["train", "strip-reader", "--out", str(tmp_path / "run"), *words]) == 0
    assert recognize(tmp_path / "out", "--model", tmp_path / "run" / "best.npz") == 0

    assert "Strips of drawn digits" in capsys.readouterr().out


@pytest.mark.usefixtures("glyphs", "no_curves")
def test_pictures_without_texts_are_no_lesson_for_a_reader(tmp_path, capsys):
    assert main(["train", "strip-reader", "--data", "glyphs", "--out", str(tmp_path)]) == 2

    said = capsys.readouterr().err
    assert "strip-reader learns from what is written in each picture" in said


def test_a_model_that_reads_nothing_is_refused_and_earlier_results_stay(
    reader, note, tmp_path, capsys, checkpoints
):
    out = tmp_path / "out"
    recognize(out, note, "--model", reader)
    before = (out / "results.json").read_bytes()

    assert recognize(out, note, "--model", checkpoints["cnn"]) == 1

    said = capsys.readouterr().err
    assert "holds the model cnn, which cannot read lines; these can: strip-reader" in said
    assert (out / "results.json").read_bytes() == before


def test_without_a_trained_reader_it_says_how_to_make_one(monkeypatch, note, tmp_path, capsys):
    monkeypatch.setattr("tinygen.cli.tasks.inputs.PRETRAINED", {})

    assert recognize(tmp_path, note) == 2
    assert "tinygen train strip-reader" in capsys.readouterr().err
    assert recognize(tmp_path, "--verify", note, note) == 2
    assert "tinygen train embedder" in capsys.readouterr().err


def test_what_is_no_picture_ends_with_1(reader, tmp_path, capsys):
    path = tmp_path / "letter.png"
    path.write_text("dear reader")

    assert recognize(tmp_path / "out", path, "--model", reader) == 1
    assert "letter.png" in capsys.readouterr().err
    assert not (tmp_path / "out" / "results.json").exists()


# ---- the same or not ---------------------------------------------------------------------------


def test_two_pictures_are_compared(embedder, tmp_path, capsys):
    one = bar(tmp_path, "one.png", (4, 24, 12, 16))
    other = bar(tmp_path, "other.png", (12, 16, 4, 24))
    copy = bar(tmp_path, "copy.png", (4, 24, 12, 16))

    assert recognize(tmp_path / "a", "--verify", one, copy, "--model", embedder) == 0
    same = capsys.readouterr().out
    assert recognize(tmp_path / "b", "--verify", one, other, "--model", embedder) == 0
    different = capsys.readouterr().out

    assert "one and copy show the same: their distance 0.000 is below" in same
    assert "one and other show different things" in different
    first, second = (results(tmp_path / folder)["numbers"] for folder in "ab")
    assert first["same"]
    assert first["distance"] == 0
    assert not second["same"]
    assert second["distance"] >= second["threshold"] == pytest.approx(0.2)
    for column in ("before", "after", "difference"):
        assert (tmp_path / "b" / column / "one-other.png").is_file()


@pytest.mark.parametrize("more", [("--beam", "2"), ("third.png",)])
def test_two_pictures_and_nothing_else_are_compared(embedder, tmp_path, capsys, more):
    one = bar(tmp_path, "one.png", (4, 24, 12, 16))

    assert recognize(tmp_path, *more, "--verify", one, one, "--model", embedder) == 2
    assert "--verify compares two pictures" in capsys.readouterr().err


def test_a_folder_of_several_is_not_one_of_two(embedder, tmp_path, capsys):
    folder = tmp_path / "several"
    folder.mkdir()
    one = bar(folder, "one.png", (4, 24, 12, 16))
    bar(folder, "other.png", (12, 16, 4, 24))

    assert recognize(tmp_path / "out", "--verify", folder, one, "--model", embedder) == 2
    assert "these are 3: name two files" in capsys.readouterr().err


@pytest.mark.usefixtures("digits")
def test_evaluating_a_model_that_compares_prints_pairs_beside_the_pixels(
    embedder, tmp_path, capsys
):
    words = ["--data", "glyphs", "--out", str(tmp_path), "--offline"]

    assert main(["evaluate", str(embedder), *words]) == 0

    said = capsys.readouterr().out
    assert said.index("distance of the pixels") < said.index("distance of the model")
    assert "equal error rate" in said
