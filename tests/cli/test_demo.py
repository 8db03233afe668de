from __future__ import annotations

import io
import os
import re
import signal
import sys
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.cli.pages import Tags
from tinygen import data
from tinygen.cli import demo, demo_models, main
from tinygen.cli.arguments import FAMILIES
from tinygen.cli.baselines import constant_accuracy, linear_accuracy
from tinygen.cli.demo_models import EXPECTED, FILES, LESSONS, Drawing, Learned, Study
from tinygen.cli.demo_pictures import DRAWINGS
from tinygen.cli.page import Chapter, Page, Picture, Table, render
from tinygen.data import DataError, DataNotFoundError, load_mnist
from tinygen.data.glyphs import make_glyphs
from tinygen.models import from_checkpoint
from tinygen.train.recipe import Recipe, read_card

# A few hundred pictures in a few steps make weights jump; that is what is said then.
pytestmark = pytest.mark.filterwarnings("ignore::tinygen.train.TrainingWarning")

DATA = os.environ.get("TINYGEN_DATA")
PICTURES = ["overview.png", *(f"{name}.png" for name in DRAWINGS)]


SMALL = {
    "cnn": {},
    "vae": {"hidden": [16], "latent": 4},
    "gan": {"width": 4, "latent": 8, "ema_decay": 0.9},
    "rnn": {"units": 16, "head_units": 16, "classes": True},
}
"""What makes each model small."""


@pytest.fixture(autouse=True, scope="module")
def _small_models():
    with pytest.MonkeyPatch.context() as patch:
        for family, lesson in LESSONS.items():
            small = replace(lesson.recipe, arguments=SMALL[family])
            patch.setitem(LESSONS, family, lesson._replace(recipe=small))
        yield


def run_demo(out, *words):
    return main(["demo", "--offline", "--epochs", "1", "--out", str(out), *words])


def run_cnn(out, *words):
    return run_demo(out, "--only", "cnn", *words)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, few_glyphs):
    """The folder of a demo, and what was said."""
    out = tmp_path_factory.mktemp("demo") / "new"
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.setattr(data, "load", loader_of(few_glyphs))
        assert run_demo(out) == 0
    return out, said.getvalue()


def loader_of(glyphs):
    """A load() that has no MNIST."""

    def load(name, **_):
        if name == "mnist":
            raise DataNotFoundError("MNIST is not in the test", remedy="Fetch it from somewhere")
        return glyphs

    return load


# ---- what it leaves ----------------------------------------------------------------------------


def test_it_says_what_it_does_and_what_came_of_it(finished):
    out, said = finished

    assert "looking for MNIST" in said
    assert "the network is not asked" in said
    assert "Glyphs: 600 to learn from, 100 to be tested on" in said
    for name in ("always the most frequent answer", "a linear classifier", "the network, after"):
        assert name in said
    assert "95% confidence" in said
    assert re.findall(r"^(CNN|VAE|GAN|RNN) ", said, re.MULTILINE) == ["CNN", "VAE", "GAN", "RNN"]
    assert f"Page    {out / 'index.html'}" in said


def test_every_picture_is_there_and_whole(finished):
    out, _ = finished

    left = {path.name for path in out.iterdir()}
    assert left == {*PICTURES, *FILES.values(), "index.html"}
    for name in PICTURES:
        with Image.open(out / name) as picture:
            picture.load()
            assert picture.format == "PNG"
            assert min(picture.size) > 200
            assert len(set(picture.convert("L").tobytes())) > 5, f"{name} is empty"


def test_the_page_opens_without_a_network(finished):
    out, _ = finished
    html = (out / "index.html").read_text(encoding="utf-8")
    page = Tags(html)

    assert [picture["src"] for picture in page.of("img")] == PICTURES
    assert all((out / link["href"]).is_file() for link in page.of("a"))
    assert page.of("link") == page.of("script") == page.of("iframe") == []
    for outside in ("http:", "https:", "//", "@import", "url("):
        assert outside not in html.replace("<!DOCTYPE html>", "")


def test_the_page_is_for_everybody(finished):
    page = Tags((finished[0] / "index.html").read_text(encoding="utf-8"))

    assert page.of("html") == [{"lang": "en"}]
    assert any(meta.get("name") == "viewport" for meta in page.of("meta"))
    alts = [picture["alt"] for picture in page.of("img")]
    assert all(len(alt) > 20 for alt in alts)
    assert len(set(alts)) == len(alts)
    assert len(page.of("h1")) == 1
    assert all(head["scope"] in ("col", "row") for head in page.of("th"))


def test_the_page_knows_the_shape_of_its_pictures(finished):
    out, _ = finished
    for attributes in Tags((out / "index.html").read_text(encoding="utf-8")).of("img"):
        with Image.open(out / attributes["src"]) as picture:
            shape = int(attributes["width"]) / int(attributes["height"])
            assert shape == pytest.approx(picture.width / picture.height, rel=0.01)


def test_the_model_can_be_tested_again(finished, capsys, monkeypatch, few_glyphs):
    out, said = finished
    monkeypatch.setattr(data, "load", loader_of(few_glyphs))

    assert main(["evaluate", str(out / "model.npz"), "--out", str(out / "again")]) == 0

    accuracy = capsys.readouterr().out.split("accuracy")[1].split()[0]
    assert f" {accuracy} " in said


@pytest.mark.parametrize("family", FAMILIES)
def test_every_model_can_be_used_again(finished, family):
    path = finished[0] / FILES[family]

    assert read_card(path).recipe.data == "glyphs"
    assert from_checkpoint(path).picture_shape == (1, 28, 28)


def test_the_gan_can_be_told_what_to_draw(finished, tmp_path):
    source = str(finished[0] / FILES["gan"])

    assert main(["generate", source, "--label", "7", "--n", "2", "--out", str(tmp_path)]) == 0


def test_the_vae_and_the_rnn_are_scored_as_by_evaluate(
    finished, tmp_path, capsys, monkeypatch, few_glyphs
):
    """Two programs, one number."""
    out, said = finished
    monkeypatch.setattr(data, "load", loader_of(few_glyphs))
    for family, name in (("vae", "the VAE, both together"), ("rnn", "the RNN ")):
        words = ["--pictures", "2", "--samples", "2"] if family == "vae" else []
        assert main(["evaluate", str(out / FILES[family]), "--out", str(tmp_path), *words]) == 0
        number = float(re.search(rf"{name} +(\S+)", said)[1])
        again = float(re.search(r"  +([\d.]+) ", capsys.readouterr().out)[1])
        assert again == pytest.approx(number, abs=0.06)


def test_a_page_shows_words_and_not_markup():
    picture = Picture("loss", 4, 3, "<h>", "2 < 3 & so on", '"<alt>')
    table = Table("<t>", ("<", ">", "&"), [("<u>", "1", "2")], "<s>")
    html = render(
        Page(
            lead="<b>", facts=[("<i>", "a&b")], overview=picture,
            chapters=[Chapter("<c>", "<l>", [picture, table])],
            commands=[("a && b > c", "<q>")], footer="<small>",
        )
    )  # fmt: skip

    assert "2 &lt; 3 &amp; so on" in html
    assert "a &amp;&amp; b &gt; c" in html
    assert 'alt="&quot;&lt;alt&gt;"' in html
    for tag in ("b", "i", "u", "s", "q", "small", "h", "t", "c", "l"):
        assert f"<{tag}>" not in html


# ---- what is trained ---------------------------------------------------------------------------


@pytest.mark.usefixtures("glyphs")
def test_only_some_are_trained_if_only_some_are_asked_for(tmp_path, capsys):
    assert run_demo(tmp_path, "--only", "gan,vae") == 0

    said = capsys.readouterr().out
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"^(CNN|VAE|GAN|RNN) ", said, re.MULTILINE) == ["VAE", "GAN"]
    assert "nobody reads its pictures" in said
    assert {path.name for path in tmp_path.glob("*.npz")} == {FILES["vae"], FILES["gan"]}
    assert re.findall("<h2>The (...) ", html) == ["VAE", "GAN"]
    assert "tinygen demo --seed 0 --epochs 1 --only vae,gan" in html


@pytest.mark.parametrize("words", ["mlp", "cnn,mlp", "cnn,", ""])
def test_a_family_that_there_is_not_is_refused(tmp_path, capsys, words):
    with pytest.raises(SystemExit, match="2"):
        run_demo(tmp_path / "new", "--only", words)
    assert "is none of cnn, vae, gan, rnn" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_gans_pictures_are_counted_as_read_if_the_cnn_says_what_was_meant():
    drawing = drawn([0, 1, 2, 3], guesses=[0, 1, 2, 9], accuracy=0.5)

    assert drawing.agreement == 0.75
    assert [row[1] for row in drawing.table().rows] == ["2.78%", "50.00%", "75.00%"]


def test_without_a_cnn_nothing_is_said_of_how_the_gans_pictures_are_read():
    drawing = drawn([0, 1], guesses=None, accuracy=None)

    assert drawing.agreement is None
    assert drawing.table() is None


def drawn(labels, guesses, accuracy):
    study = Study("glyphs", make_glyphs(40, 4), None, 0, "cpu", None)
    learned = Learned(study, Recipe("cgan"), None, [], 0.0)
    images = np.zeros((len(labels), 1, 28, 28), np.uint8)
    guesses = None if guesses is None else np.array(guesses)
    return Drawing(learned, np.array(labels), images, guesses, accuracy)


def test_the_rnn_keeps_upper_halves_as_they_are(tmp_path, few_glyphs):
    study = Study("glyphs", few_glyphs, 1, 0, "cpu", tmp_path)
    done = demo_models.complete(study)

    ways, kept = done.completed, done.kept
    assert kept == 14
    assert ways.shape == (3, 10, 1, 28, 28)
    for way in ways:
        np.testing.assert_array_equal(way[:, :, :kept], done.given[:, :, :kept])
    assert not np.array_equal(ways[0, :, :, kept:], ways[1, :, :, kept:])


# ---- where MNIST comes from --------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch, few_glyphs):
    """How the data were asked for."""
    asked = []

    def load(name, offline=False, progress=None, budget=None):
        asked.append((name, offline, budget))
        if name == "mnist" and (offline or "no network" in asked):
            raise DataNotFoundError("MNIST is not in the test", remedy="Fetch it from somewhere")
        return few_glyphs

    monkeypatch.setattr(data, "load", load)
    return asked


def test_the_network_is_asked_for_20_seconds_at_most(asked, capsys):
    assert demo._pictures(offline=False)[0] == "mnist"

    assert asked == [("mnist", True, None), ("mnist", False, 20)]
    assert "trying to fetch it for up to 20 s" in capsys.readouterr().out


def test_offline_the_network_is_not_asked(asked, capsys):
    assert demo._pictures(offline=True)[0] == "glyphs"

    assert asked == [("mnist", True, None), ("glyphs", True, None)]
    assert "the network is not asked" in capsys.readouterr().out


def test_without_a_network_it_says_why_and_draws(asked, capsys):
    asked.append("no network")

    assert demo._pictures(offline=False)[0] == "glyphs"
    said = capsys.readouterr().out
    assert "MNIST is not in the test" in said
    assert "Fetch it from" not in said


# ---- how it ends -------------------------------------------------------------------------------


@pytest.mark.usefixtures("glyphs")
def test_a_seed_means_the_same_result(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "DRAWINGS", {"filters": DRAWINGS["filters"]})
    results = []
    for seed in ("5", "5", "6"):
        assert run_demo(tmp_path, "--seed", seed) == 0
        said = capsys.readouterr().out
        numbers = re.findall(r"^  \S.*  [\d.]+%?$", said, re.MULTILINE)
        results.append((numbers, (tmp_path / "overview.png").read_bytes()))

    assert results[0] == results[1] != results[2]
    assert len(results[0][0]) >= 9


@pytest.mark.usefixtures("glyphs")
def test_it_runs_on_a_gpu(tmp_path, backend, monkeypatch):
    chosen = {name: DRAWINGS[name] for name in ("predictions", "filters", "activations-1")}
    monkeypatch.setattr(demo, "DRAWINGS", chosen)

    assert run_demo(tmp_path, "--device", backend.device) == 0


@pytest.mark.usefixtures("glyphs")
def test_ctrl_c_in_the_training_ends_it_and_says_what_is_lost(tmp_path, capsys, monkeypatch):
    def press(self, trainer):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo_models.Losses, "on_batch_end", press)

    assert run_demo(tmp_path) == 130
    assert f"{tmp_path / 'index.html'} was not written" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("glyphs")
def test_ctrl_c_in_a_later_training_leaves_the_models_before_it(tmp_path, capsys, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "complete", interrupt)

    assert run_demo(tmp_path, "--only", "vae,rnn") == 130
    assert "index.html was not written" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == [FILES["vae"]]


@pytest.mark.usefixtures("glyphs")
@pytest.mark.parametrize(
    ("room", "moment"),
    [(demo, "load"), (demo_models, "classify"), (demo, "_drawn"), (demo_models, "save_checkpoint")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ctrl_c_at_any_other_moment_does_the_same(tmp_path, capsys, monkeypatch, room, moment):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "DRAWINGS", {"filters": DRAWINGS["filters"]})
    monkeypatch.setattr(room, moment, interrupt)

    assert run_cnn(tmp_path) == 130
    assert "index.html was not written" in capsys.readouterr().out
    assert not (tmp_path / "index.html").exists()


def test_damaged_data_end_with_1_and_a_message(tmp_path, capsys, monkeypatch):
    def damaged(*_, **__):
        raise DataError("the file is truncated")

    monkeypatch.setattr(data, "load", damaged)

    assert run_demo(tmp_path) == 1
    assert capsys.readouterr().err == "tinygen demo: the file is truncated\n"


def test_a_folder_that_cannot_be_written_to_is_found_before_the_training(tmp_path, capsys):
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    assert run_demo(in_the_way) == 2
    assert "choose another with --out" in capsys.readouterr().err


def test_a_gpu_that_is_not_there_ends_with_2_and_the_reason(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)

    assert run_demo(tmp_path, "--device", "cuda") == 2
    assert "CuPy is not installed" in capsys.readouterr().err


def test_what_is_expected_of_the_network_holds_each_of_its_seeds():
    for expected in EXPECTED.values():
        low, high = expected.network
        assert len(expected.seeds) >= 5
        assert low < min(expected.seeds) <= max(expected.seeds) < high
        assert high - low < 1


@pytest.mark.usefixtures("glyphs")
def test_only_trainings_of_the_same_length_are_compared(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "DRAWINGS", {"filters": DRAWINGS["filters"]})
    monkeypatch.setattr(demo, "_page", lambda *_: None)
    monkeypatch.setattr(demo, "render", lambda _: "")
    for epochs, is_compared in (("1", False), ("3", True)):
        assert run_cnn(tmp_path, "--epochs", epochs) == 0
        said = capsys.readouterr().out
        assert ("98.7 to 99.2%" in said) == is_compared
        assert ("trainings with 5 seeds" in said) == is_compared


def test_what_is_expected_of_the_baselines_is_what_the_glyphs_give():
    glyphs, expected = make_glyphs(), EXPECTED["glyphs"]
    learned, tested = glyphs.train_labels, glyphs.test_labels
    constant = constant_accuracy(learned, tested)
    linear = linear_accuracy(glyphs.train_images, learned, glyphs.test_images, tested)

    assert expected.constant[0] <= 100 * constant <= expected.constant[1]
    assert expected.linear[0] <= 100 * linear <= expected.linear[1]


@pytest.mark.skipif(
    DATA is None,
    reason="to fit real digits, set TINYGEN_DATA to a folder with the files of MNIST",
)
def test_what_is_expected_of_the_baselines_is_what_mnist_gives():
    mnist, expected = load_mnist(DATA), EXPECTED["mnist"]
    learned, tested = mnist.train_labels, mnist.test_labels
    constant = constant_accuracy(learned, tested)
    linear = linear_accuracy(mnist.train_images, learned, mnist.test_images, tested)

    assert expected.constant[0] <= 100 * constant <= expected.constant[1]
    assert expected.linear[0] <= 100 * linear <= expected.linear[1]
