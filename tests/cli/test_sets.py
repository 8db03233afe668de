from __future__ import annotations

import sys

import pytest
from PIL import Image

from tinygen import data
from tinygen.cli import main, sets
from tinygen.cli.arguments import DRAWN_ONLY, NAMES
from tinygen.cli.samples import SAMPLES


def test_all_sets_are_listed_with_how_to_have_them(capsys):
    assert main(["data", "list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *NAMES, *DRAWN_ONLY]
    assert "to be fetched, 11.6 MB" in lines[1]
    assert "drawn when asked for" in lines[-1]


def test_a_set_that_is_here_is_listed_with_its_place(monkeypatch, tmp_path, capsys):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").touch()
    monkeypatch.setenv("TINYGEN_DATA", str(tmp_path))

    main(["data", "list"])

    assert str(tmp_path / "mnist") in capsys.readouterr().out


@pytest.mark.usefixtures("glyphs")
def test_pictures_are_shown(tmp_path, capsys):
    path = tmp_path / "grid.png"

    assert main(["data", "show", "glyphs", "--out", str(path)]) == 0

    assert "600 + 100 pictures of 1 x 28 x 28, 36 classes" in capsys.readouterr().out
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) > 300


def test_a_folder_of_pictures_is_shown(folder, tmp_path, capsys):
    assert main(["data", "show", str(folder), "--out", str(tmp_path / "grid.png")]) == 0
    assert "pictures: 40 + 10 pictures of 3 x 64 x 64, 2 classes" in capsys.readouterr().out


@pytest.mark.usefixtures("glyphs")
def test_the_seed_chooses_the_pictures(tmp_path):
    contents = []
    for seed in ("0", "0", "1"):
        main(["data", "show", "glyphs", "--seed", seed, "--out", str(tmp_path / "grid.png")])
        contents.append((tmp_path / "grid.png").read_bytes())

    assert contents[0] == contents[1] != contents[2]


def test_a_set_is_fetched_to_where_it_is_wanted(monkeypatch, tmp_path, capsys):
    def fetch(name, folder, progress):
        progress("https://mirror.example/mnist/labels.gz", 0, None)
        return folder

    monkeypatch.setattr(data, "fetch", fetch)

    assert main(["data", "get", "mnist", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        f"Fetching labels.gz from mirror.example\nmnist is whole, in {tmp_path}\n"
    )


def test_what_cannot_be_fetched_ends_with_1_and_every_mirror(capsys):
    assert main(["data", "get", "mnist"]) == 1

    said = capsys.readouterr().err
    assert said.count("is not asked by tests") == 3


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_for_other_models_is_shown_too(tmp_path, capsys, name):
    pictures = []
    for seed in ("0", "0", "1"):
        path = tmp_path / f"{name}.png"
        assert main(["data", "show", name, "--seed", seed, "--out", str(path)]) == 0
        with Image.open(path) as picture:
            pictures.append(picture.convert("RGB").tobytes())

    assert pictures[0] == pictures[1] != pictures[2]
    assert capsys.readouterr().out.startswith(f"{name}: ")


def test_the_shapes_that_are_listed_are_those_that_are_drawn():
    assert set(DRAWN_ONLY) < SAMPLES.keys()
    assert SAMPLES["ring"].shape == data.draw_ring(1, 0).points[0].shape
    assert SAMPLES["canvases"].shape[1:] == data.draw_canvases(1, 0).images[0].shape
    assert SAMPLES["strips"].shape[1:] == data.draw_strips(1, 0).images[0].shape


def test_a_classifier_does_not_learn_what_has_no_classes(tmp_path, capsys):
    assert main(["train", "cnn", "--data", "ring", "--out", str(tmp_path)]) == 2
    assert "ring has no classes" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["mmnist", "glyphs", "strips"])
def test_what_has_no_files_cannot_be_fetched(capsys, name):
    assert main(["data", "get", name]) == 2
    assert name in capsys.readouterr().err


def test_an_unknown_set_ends_with_2_and_the_nearest_name(capsys):
    assert main(["data", "show", "mmnist"]) == 2

    said = capsys.readouterr().err
    assert "did you mean 'mnist'" in said
    assert "train/CLASS" in said


# ---- what is said while fetching ---------------------------------------------------------------


def test_each_address_is_named_once(capsys):
    fetching = sets.Fetching()
    for address in ("https://a.example/x/images.gz", "https://b.example/images.gz"):
        for there in (0, 10, 20):
            fetching(address, there, 20)

    assert capsys.readouterr().out == (
        "Fetching images.gz from a.example\nFetching images.gz from b.example\n"
    )


def test_a_terminal_sees_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    fetching = sets.Fetching()

    fetching("https://a.example/images.gz", 5_000, 10_000)
    fetching("https://a.example/images.gz", 10_000, 10_000)

    assert capsys.readouterr().out.endswith("   50% of 10.0 kB\r  100% of 10.0 kB\n")


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (11_594_722, "11.6 MB"),
        (2 * 10**12, "2000.0 GB"),
    ],
)
def test_sizes_are_said_in_powers_of_1000(count, said):
    assert sets.size_of(count) == said
