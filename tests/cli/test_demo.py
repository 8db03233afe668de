from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import redirect_stdout
from html.parser import HTMLParser

import pytest
from PIL import Image

from tinygen import data
from tinygen.cli import demo, main
from tinygen.cli.baselines import constant_accuracy, linear_accuracy
from tinygen.cli.page import Page, Picture, Row, render
from tinygen.data import DataError, DataNotFoundError, load_mnist
from tinygen.data.glyphs import make_glyphs

# A few hundred pictures in a few steps make weights jump; that is what is said then.
pytestmark = pytest.mark.filterwarnings("ignore::tinygen.train.TrainingWarning")

DATA = os.environ.get("TINYGEN_DATA")
PICTURES = [f"{name}.png" for name in demo.DRAWINGS]


class Tags(HTMLParser):
    """All tags of a page, and whether each that was opened was closed in its order."""

    EMPTY = {"meta", "img", "br"}

    def __init__(self, html):
        super().__init__()
        self.found, self.open = [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def of(self, wanted):
        return [attributes for tag, attributes in self.found if tag == wanted]


def run_demo(out, *words):
    return main(["demo", "--offline", "--epochs", "1", "--out", str(out), *words])


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
    assert f"Page    {out / 'index.html'}" in said


def test_every_picture_is_there_and_whole(finished):
    out, _ = finished

    assert {path.name for path in out.iterdir()} == {*PICTURES, "index.html", "model.npz"}
    for name in PICTURES:
        with Image.open(out / name) as picture:
            picture.load()
            assert picture.format == "PNG"
            assert min(picture.size) > 300
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
    assert all(picture["alt"] for picture in page.of("img"))
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


def test_a_page_shows_words_and_not_markup():
    picture = Picture("loss", 4, 3, "2 < 3 & so on")
    html = render(
        Page(
            lead="<b>", facts=[("<i>", "a&b")], table_head=("<", ">", "&"),
            rows=[Row("<u>", "1", "2")], table_note="<s>", first=picture, pictures=[picture],
            commands=[("a && b > c", "<q>")], footer="<small>",
        )
    )  # fmt: skip

    assert "2 &lt; 3 &amp; so on" in html
    assert "a &amp;&amp; b &gt; c" in html
    for tag in ("b", "i", "u", "s", "q", "small"):
        assert f"<{tag}>" not in html


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
    monkeypatch.setattr(demo, "DRAWINGS", {"filters": demo.DRAWINGS["filters"]})
    results = []
    for seed in ("5", "5", "6"):
        assert run_demo(tmp_path, "--seed", seed) == 0
        said = capsys.readouterr().out
        table = said[said.index("on Glyphs") : said.index("Drawing")]
        results.append((table, (tmp_path / "filters.png").read_bytes()))

    assert results[0] == results[1] != results[2]


@pytest.mark.usefixtures("glyphs")
def test_it_runs_on_a_gpu(tmp_path, backend, monkeypatch):
    chosen = {name: demo.DRAWINGS[name] for name in ("predictions", "filters", "activations-1")}
    monkeypatch.setattr(demo, "DRAWINGS", chosen)

    assert run_demo(tmp_path, "--device", backend.device) == 0


@pytest.mark.usefixtures("glyphs")
def test_ctrl_c_in_the_training_ends_it_and_says_what_is_lost(tmp_path, capsys, monkeypatch):
    def press(self, trainer):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo.Losses, "on_batch_end", press)

    assert run_demo(tmp_path) == 130
    assert f"{tmp_path / 'index.html'} was not written" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("glyphs")
@pytest.mark.parametrize("moment", ["load", "classify", "_drawn", "save_checkpoint"])
def test_ctrl_c_at_any_other_moment_does_the_same(tmp_path, capsys, monkeypatch, moment):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "DRAWINGS", {"filters": demo.DRAWINGS["filters"]})
    monkeypatch.setattr(demo, moment, interrupt)

    assert run_demo(tmp_path) == 130
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
    for expected in demo.EXPECTED.values():
        low, high = expected.network
        assert len(expected.seeds) >= 5
        assert low < min(expected.seeds) <= max(expected.seeds) < high
        assert high - low < 1


@pytest.mark.usefixtures("glyphs")
def test_only_trainings_of_the_same_length_are_compared(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "DRAWINGS", {"filters": demo.DRAWINGS["filters"]})
    monkeypatch.setattr(demo, "_page", lambda *_: None)
    monkeypatch.setattr(demo, "render", lambda _: "")
    for epochs, is_compared in (("1", False), ("3", True)):
        assert run_demo(tmp_path, "--epochs", epochs) == 0
        said = capsys.readouterr().out
        assert ("98.7 to 99.2%" in said) == is_compared
        assert ("trainings with 5 seeds" in said) == is_compared


def test_what_is_expected_of_the_baselines_is_what_the_glyphs_give():
    glyphs, expected = make_glyphs(), demo.EXPECTED["glyphs"]
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
    mnist, expected = load_mnist(DATA), demo.EXPECTED["mnist"]
    learned, tested = mnist.train_labels, mnist.test_labels
    constant = constant_accuracy(learned, tested)
    linear = linear_accuracy(mnist.train_images, learned, mnist.test_images, tested)

    assert expected.constant[0] <= 100 * constant <= expected.constant[1]
    assert expected.linear[0] <= 100 * linear <= expected.linear[1]
