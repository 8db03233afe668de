from __future__ import annotations

import importlib
import json

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.cli import drawing, generation, main
from tinygen.cli.tasks import assessing
from tinygen.io import save_checkpoint
from tinygen.models import create, from_checkpoint

GENERATORS = ("vae", "dcgan", "cgan", "row-generator", "made")


@pytest.fixture
def grids(monkeypatch):
    """What would be drawn: pictures, labels and names of each grid."""
    seen = []
    monkeypatch.setattr(generation, "draw_grid", lambda *given: seen.append(given))
    return seen


def generate(source, out, *words):
    return main(["generate", str(source), "--out", str(out), *words])


def is_a_picture(path):
    with Image.open(path) as picture:
        picture.load()
        return picture.format == "PNG" and len(set(picture.convert("L").tobytes())) > 5


# ---- what is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_draws_from_its_checkpoint(checkpoints, tmp_path, capsys, name):
    assert generate(checkpoints[name], tmp_path / "new", "--n", "6") == 0

    assert is_a_picture(tmp_path / "new" / "samples.png")
    said = capsys.readouterr().out
    assert f"6 by {checkpoints[name]}" in said
    assert str(tmp_path / "new" / "samples.png") in said


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("name", ["vae", "cgan", "row-generator"])
def test_what_ships_draws_at_once(tmp_path, name):
    assert generate(name, tmp_path, "--n", "4") == 0
    assert is_a_picture(tmp_path / "samples.png")


def test_the_pictures_are_those_of_the_model_and_the_seed(checkpoints, tmp_path, grids):
    for seed in ("3", "3", "4"):
        assert generate(checkpoints["dcgan"], tmp_path, "--n", "5", "--seed", seed) == 0

    model = from_checkpoint(checkpoints["dcgan"])
    tg.manual_seed(3)
    first, again, other = (pictures for pictures, *_ in grids)
    np.testing.assert_array_equal(first, model.sample(5).numpy())
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ([], [0, 1, 2, 3, 4, 5]),
        (["--label", "3"], [3] * 6),
        (["--labels", "7,1"], [7, 1, 7, 1, 7, 1]),
        (["--labels", "9, 0, 9"], [9, 0, 9, 9, 0, 9]),
    ],
)
def test_a_conditional_model_draws_what_it_is_told(checkpoints, tmp_path, grids, words, labels):
    assert generate(checkpoints["cgan"], tmp_path, "--n", "6", *words) == 0

    _, told, names, *_ = grids[0]
    assert told == labels
    assert names == list("0123456789")


def test_classes_may_be_named(tmp_path, grids):
    model = create("cgan", width=4, classes=3)
    recipe = {"model": "cgan"}
    save_checkpoint(
        tmp_path / "pets.npz", model=model, architecture="cgan",
        arguments={"width": 4, "classes": 3},
        metadata={"recipe": recipe, "classes": ["cat", "dog", "1"]},
    )  # fmt: skip

    assert generate(tmp_path / "pets.npz", tmp_path, "--n", "4", "--labels", "dog,cat,1,0") == 0
    assert grids[0][1] == [1, 0, 2, 0]  # a name comes before a number


def test_a_checkpoint_of_ones_own_will_do(tmp_path, grids):
    model = create("vae", hidden=[8], picture_shape=[3, 8, 8])
    save_checkpoint(
        tmp_path / "own.npz", model=model, architecture="vae",
        arguments={"hidden": [8], "picture_shape": [3, 8, 8]},
    )  # fmt: skip

    assert generate(tmp_path / "own.npz", tmp_path, "--n", "2") == 0
    assert grids[0][0].shape == (2, 3, 8, 8)


def test_without_temperature_there_is_no_chance(checkpoints, tmp_path, grids):
    for seed in ("0", "1"):
        generate(checkpoints["made"], tmp_path, "--n", "2", "--seed", seed, "--temperature", "0")

    np.testing.assert_array_equal(grids[0][0], grids[1][0])


def test_each_picture_gets_a_file_if_that_is_wanted(checkpoints, tmp_path, capsys, grids):
    assert generate(checkpoints["cgan"], tmp_path, "--n", "11", "--each") == 0

    paths = sorted(tmp_path.glob("sample-*.png"))
    assert [path.name for path in paths] == [f"sample-{number:02}.png" for number in range(11)]
    assert "sample-00.png to sample-10.png" in capsys.readouterr().out
    expected = np.rint(grids[0][0] * 255)
    for path, picture in zip(paths, expected, strict=True):
        with Image.open(path) as read:
            np.testing.assert_array_equal(np.asarray(read), picture[0])


def test_colours_are_kept(tmp_path):
    colours = np.array([[[[0.0]], [[1.0]], [[0.4]]]], np.float32)

    generation._write_each(colours, tmp_path)

    with Image.open(tmp_path / "sample-0.png") as read:
        assert read.getpixel((0, 0)) == (0, 255, 102)


def test_classes_in_turn_have_a_column_each(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr("tinygen.plots.image_grid", lambda _, **more: seen.append(more))
    pictures = np.zeros((6, 1, 2, 2), np.float32)

    drawing.draw_grid(pictures, [0, 1, 2] * 2, "abc", "", tmp_path)
    drawing.draw_grid(pictures, [4] * 6, (), "", tmp_path)
    drawing.draw_grid(pictures, None, (), "", tmp_path)

    assert [more["columns"] for more in seen] == [3, None, None]
    assert [more["titles"] for more in seen] == [["a", "b", "c"] * 2, [4] * 6, None]


def test_it_draws_on_a_gpu(checkpoints, tmp_path, grids, backend):
    for name in ("vae", "cgan"):
        words = ("--n", "3", "--device", backend.device)
        assert generate(checkpoints[name], tmp_path, *words) == 0

    assert [pictures.shape for pictures, *_ in grids] == [(3, 1, 28, 28)] * 2


# ---- a report ----------------------------------------------------------------------------------


def results(out):
    return json.loads((out / "results.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("digits", "shipped")
@pytest.mark.parametrize("name", ["cgan", "row-generator", "vae"])
def test_a_report_has_the_numbers_and_the_pictures_of_each_kind_of_model(
    checkpoints, tmp_path, capsys, monkeypatch, name
):
    monkeypatch.setattr(assessing, "JUDGED", 20)

    assert generate(checkpoints[name], tmp_path, "--n", "12", "--report", "--offline") == 0

    found = results(tmp_path)["numbers"]
    assert (found["count"], found["judged"], found["data"]) == (12, 20, "Drawn digits")
    assert list(found["assessments"]) == ["noise", "train", "drawn"]
    train = found["assessments"]["train"]
    assert train["frechet"] == train["frechet_floor"]
    assert train["copying"]["nearer_to_train"] == 1
    assert (train["agreement"] is None) == (name == "vae")
    assert ("nll" in found) == (name != "cgan")
    assert len(found["nearest"]) == 12
    for column in ("drawn", "nearest", "difference"):
        assert len(list((tmp_path / column).glob("*.png"))) == 12
    assert is_a_picture(tmp_path / "samples.png")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    for place in (page, said):
        assert "Fréchet distance" in place
        assert ("log-likelihood" in place) == (name != "cgan")
    assert ("drawn black or white" in page) == (name == "row-generator")


@pytest.mark.usefixtures("digits", "shipped")
def test_the_pictures_of_a_report_are_those_without_one(checkpoints, tmp_path, monkeypatch, grids):
    monkeypatch.setattr(assessing, "JUDGED", 20)
    monkeypatch.setattr(assessing.Report, "figure", lambda *_: None)

    for words in ((), ("--report", "--each")):
        assert generate(checkpoints["cgan"], tmp_path, "--n", "4", *words) == 0

    np.testing.assert_array_equal(grids[0][0], grids[1][0])
    files = tmp_path / "drawn" / "1-0.png", tmp_path / "sample-0.png"
    with Image.open(files[0]) as listed, Image.open(files[1]) as alone:
        assert listed.tobytes() == alone.tobytes()


@pytest.mark.usefixtures("digits", "shipped")
def test_the_nearest_training_pictures_are_shown(
    checkpoints, tmp_path, monkeypatch, few_digits, grids
):
    """A model that copies is found out."""
    copies = few_digits.train_images[[5, 77]]
    monkeypatch.setattr(assessing, "JUDGED", 2)
    monkeypatch.setattr(assessing.Report, "figure", lambda *_: None)
    monkeypatch.setattr(generation, "draw", lambda *_, **__: copies[:, None] / np.float32(255))

    assert generate(checkpoints["dcgan"], tmp_path, "--n", "2", "--report") == 0

    found = results(tmp_path)["numbers"]
    assert [one["training_picture"] for one in found["nearest"]] == [5, 77]
    assert [one["distance"] for one in found["nearest"]] == [0, 0]
    assert found["assessments"]["drawn"]["copying"]["nearer_to_train"] == 1
    with Image.open(tmp_path / "nearest" / "2.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), copies[1])


@pytest.mark.usefixtures("digits", "shipped")
def test_what_was_asked_for_is_compared_with_real_ones_of_the_same_classes(
    checkpoints, tmp_path, monkeypatch, few_digits
):
    monkeypatch.setattr(assessing, "JUDGED", 20)

    words = ("--n", "3", "--labels", "7,1", "--report")
    assert generate(checkpoints["cgan"], tmp_path, *words) == 0

    found = results(tmp_path)["numbers"]
    counts = [
        np.isin(labels, [1, 7]).sum()
        for labels in (few_digits.train_labels, few_digits.test_labels)
    ]
    expected = found["assessments"]["drawn"]["copying"]["expected"]
    assert expected == pytest.approx(counts[0] / sum(counts))
    assert [one["picture"] for one in found["nearest"]] == ["1 (7)", "2 (1)", "3 (7)"]


@pytest.mark.usefixtures("shipped")
def test_pictures_that_the_judge_does_not_know_are_only_looked_up(folder, tmp_path):
    arguments = {"hidden": [8], "picture_shape": [3, 64, 64]}
    save_checkpoint(
        tmp_path / "own.npz", model=create("vae", **arguments), architecture="vae",
        arguments=arguments,
        metadata={"recipe": {"model": "vae", "data": str(folder)}, "classes": ["bright", "dark"]},
    )  # fmt: skip

    assert generate(tmp_path / "own.npz", tmp_path, "--n", "2", "--report") == 0

    found = results(tmp_path)
    assert "assessments" not in found["numbers"]
    assert "There is no judge" in " ".join(found["notes"])
    assert len(found["numbers"]["nearest"]) == 2


def test_a_model_that_does_not_say_what_it_learned_from_has_no_report(tmp_path, capsys):
    model = create("vae", hidden=[8], picture_shape=[3, 8, 8])
    save_checkpoint(
        tmp_path / "own.npz", model=model, architecture="vae",
        arguments={"hidden": [8], "picture_shape": [3, 8, 8]},
    )  # fmt: skip

    assert generate(tmp_path / "own.npz", tmp_path / "new", "--report") == 2
    assert "does not say which pictures it has learned from" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_folder_that_has_changed_has_no_report(folder, tmp_path, capsys):
    arguments = {"hidden": [8], "picture_shape": [3, 64, 64]}
    save_checkpoint(
        tmp_path / "own.npz", model=create("vae", **arguments), architecture="vae",
        arguments=arguments,
        metadata={"recipe": {"model": "vae", "data": str(folder)}, "classes": ["dark", "grey"]},
    )  # fmt: skip

    assert generate(tmp_path / "own.npz", tmp_path / "new", "--report") == 2
    assert "has changed since" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_without_the_training_pictures_nothing_is_drawn(tmp_path, capsys):
    """A model that comes with tinygen has learned from MNIST, which is not on this machine."""
    assert generate("vae", tmp_path / "new", "--report", "--offline") == 1
    assert "mnist" in capsys.readouterr().err.lower()
    assert not (tmp_path / "new").exists()


# ---- what cannot be done -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("cnn", [], "the model cnn, which draws no pictures; these do: vae, conv-vae, gan"),
        ("vae", ["--label", "3"], "the model vae without classes"),
        ("dcgan", ["--labels", "3,4"], "leave out --label, or train it with --set classes=true"),
        ("cgan", ["--label", "10"], r"no class '10': the model knows 0 to 9 (0, 1, 2, 3"),
        ("cgan", ["--labels", "1,-1"], "there is no class '-1'"),
        ("row-generator", ["--label", "cat"], "there is no class 'cat'"),
        ("vae", ["--temperature", "2"], "vae, which has no temperature; made, pixelcnn and"),
        ("cgan", ["--temperature", "0.5"], "has no temperature"),
    ],
)
def test_what_a_model_cannot_do_is_refused(checkpoints, tmp_path, capsys, name, words, message):
    assert generate(checkpoints[name], tmp_path / "new", *words) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.usefixtures("shipped")
def test_the_judge_cannot_draw(tmp_path, capsys):
    assert generate("judge", tmp_path) == 2
    assert "judge holds the model cnn, which draws no pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.npz", "there is no file none.npz, and no trained model of that name"),
        ("cgna", "did you mean 'cgan'? (there are: judge, vae, cgan, row-generator,"),
        ("dcgan", "no trained dcgan comes with tinygen (only judge, vae, cgan, row-generator,"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path, capsys, source, message):
    assert generate(source, tmp_path) == 2
    assert message in capsys.readouterr().err


def test_a_model_that_is_missing_in_the_package_ends_with_1(tmp_path, capsys, monkeypatch):
    module = importlib.import_module("tinygen.models.pretrained")
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)

    assert generate("vae", tmp_path) == 1
    assert "install tinygen again" in capsys.readouterr().err


def test_a_damaged_checkpoint_ends_with_1(checkpoints, tmp_path, capsys):
    (tmp_path / "half.npz").write_bytes(checkpoints["vae"].read_bytes()[:-1000])

    assert generate(tmp_path / "half.npz", tmp_path) == 1
    assert "half.npz" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--n", "0"], "'0' is not a whole number of at least 1"),
        (["--temperature", "-1"], "'-1' is not a number of at least 0"),
        (["--labels", "1,,2"], "'1,,2' is not a list such as 0,1,2"),
        (["--label", "1", "--labels", "1,2"], "not allowed with"),
    ],
)
def test_a_mistake_in_an_option_ends_with_2(capsys, words, message):
    with pytest.raises(SystemExit) as end:
        main(["generate", "vae", *words])

    assert end.value.code == 2
    assert message in capsys.readouterr().err
