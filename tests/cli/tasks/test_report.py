"""What a report leaves in its folder, and what it leaves alone."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.cli.pages import Tags
from tinygen.cli.errors import UsageError
from tinygen.cli.tasks import report as module
from tinygen.cli.tasks.report import SHOWN, Report, difference

CHANCE = np.random.default_rng(0)


def pictures(count=2, shape=(1, 8, 8)):
    return CHANCE.random((count, *shape), np.float32)


def small(out, **columns):
    """A report with a bit of everything."""
    made = Report("edit", out, "A <title>", "What was done & to what")
    made.numbers(psnr=20.5, model="vae")
    made.table("Is that good?", ("", "PSNR"), [("mean", "9 dB"), ("the model", "20 dB")], "<note>")
    made.pictures(
        "Before and after", "By how much", columns or {"before": pictures(), "after": pictures()},
        ["one", "two"],
    )  # fmt: skip
    return made


def left_in(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def page_of(out):
    return (out / "index.html").read_text(encoding="utf-8")


# ---- what it writes ----------------------------------------------------------------------------


def test_nothing_is_written_before_all_is(tmp_path):
    small(tmp_path / "new")

    assert list(tmp_path.iterdir()) == []


def test_it_leaves_a_page_the_numbers_and_every_picture(tmp_path, capsys):
    page = small(tmp_path / "new").save()

    assert page == tmp_path / "new" / "index.html"
    assert str(page) in capsys.readouterr().out
    names = {f"{column}/{name}.png" for column in ("before", "after") for name in ("one", "two")}
    assert set(left_in(tmp_path / "new")) == {"index.html", "results.json", *names}


def test_pictures_are_written_at_their_own_size_and_read_back_as_they_were(tmp_path):
    grey, coloured = pictures(), pictures(shape=(3, 4, 6))

    small(tmp_path, grey=grey, coloured=tg.tensor(coloured)).save()

    for number, name in enumerate(("one", "two")):
        with Image.open(tmp_path / "grey" / f"{name}.png") as read:
            assert read.mode == "L"
            np.testing.assert_array_equal(np.asarray(read), np.rint(grey[number, 0] * 255))
        with Image.open(tmp_path / "coloured" / f"{name}.png") as read:
            expected = np.rint(coloured[number].transpose(1, 2, 0) * 255)
            np.testing.assert_array_equal(np.asarray(read), expected)


def test_the_numbers_can_be_read_by_any_program(tmp_path):
    made = small(tmp_path)
    made.numbers(
        each=[1, 2.5], array=np.array([1.0, 2.0], np.float32), one=np.float32(0.5),
        tensor=tg.tensor([3, 4]), lost=float("nan"), infinite=np.inf, nested={"a": (1, None)},
        lost_in_array=np.array([np.nan, 1.0]),
    )  # fmt: skip
    made.note("photo.png: inverted.")
    made.save()

    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    results = json.loads(text, parse_constant=pytest.fail)  # NaN is no JSON
    assert results["command"] == "edit"
    assert results["numbers"] == {
        "psnr": 20.5, "model": "vae", "each": [1, 2.5], "array": [1.0, 2.0], "one": 0.5,
        "tensor": [3, 4], "lost": None, "infinite": None, "nested": {"a": [1, None]},
        "lost_in_array": [None, 1.0],
    }  # fmt: skip
    assert results["tables"][0]["rows"][-1] == ["the model", "20 dB"]
    assert results["notes"] == ["photo.png: inverted."]
    assert set(results["files"]) == set(left_in(tmp_path))


def test_the_page_is_whole_and_asks_nothing_of_a_network(tmp_path):
    figure = matplotlib.figure.Figure((2, 1))
    figure.text(0.5, 0.5, "hello")
    made = small(tmp_path)
    made.figure("a drawing", "A drawing", "Of hello", figure, "The word hello")
    made.save()

    page = Tags(page_of(tmp_path))

    sources = [picture["src"] for picture in page.of("img")]
    assert len(sources) == 5
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert page.of("a") == page.of("link") == page.of("script") == page.of("iframe") == []
    for outside in ("http:", "https:", "//", "@import", "url("):
        words = re.sub(r'"data:[^"]*"', "", page_of(tmp_path)).replace("<!DOCTYPE html>", "")
        assert outside not in words
    assert (tmp_path / "a-drawing.png").is_file()
    assert page.of("img")[-1]["alt"] == "The word hello"


def test_the_page_shows_words_and_not_markup(tmp_path):
    made = small(tmp_path)
    made.note("<script>alert(1)</script> & more")
    made.save()

    html = page_of(tmp_path)
    assert "<h1>A &lt;title&gt;</h1>" in html
    assert "What was done &amp; to what" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    assert "&lt;note&gt;" in html


def test_each_picture_says_what_it_is(tmp_path):
    small(tmp_path).save()

    alts = [picture["alt"] for picture in Tags(page_of(tmp_path)).of("img")]
    assert alts == ["one: before", "one: after", "two: before", "two: after"]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 64, 64), (1, 28, 140), (1, 1, 1)])
@pytest.mark.parametrize("columns", [1, 3, 9, 30])
def test_pictures_are_enlarged_by_a_whole_number_and_fit_the_page(tmp_path, shape, columns):
    made = Report("edit", tmp_path, "", "")
    made.pictures("", "", {str(number): pictures(1, shape) for number in range(columns)})
    made.save()

    for picture in Tags(page_of(tmp_path)).of("img"):
        width, height = int(picture["width"]), int(picture["height"])
        assert width % shape[2] == 0
        assert width // shape[2] == height // shape[1]
        assert width <= 1000
        if columns <= 9:
            assert columns * (width + 8) <= max(1000, columns * (shape[2] + 8))


def test_of_many_pictures_the_first_are_shown_and_all_are_written(tmp_path):
    count = SHOWN + 5
    made = Report("edit", tmp_path, "", "")
    made.pictures("", "", {"before": pictures(count, (1, 2, 2))})
    made.save()

    assert len(Tags(page_of(tmp_path)).of("img")) == SHOWN
    assert "And 5 more" in page_of(tmp_path)
    assert len(list((tmp_path / "before").iterdir())) == count


def test_the_models_own_row_stands_out_where_there_is_one(tmp_path):
    made = small(tmp_path)
    made.table("Answers", ("", "first"), [("a", "7"), ("b", "4")], is_last_row_own=False)
    made.save()

    assert [row.get("class") for row in Tags(page_of(tmp_path)).of("tr")] == [
        None, None, "own", None, None, None
    ]  # fmt: skip


def test_a_single_column_needs_no_caption(tmp_path):
    made = Report("edit", tmp_path, "", "")
    made.pictures("", "", {"pictures": pictures(1)})
    assert "<figcaption>" not in made.save().read_text(encoding="utf-8")


def test_names_become_names_of_files(tmp_path):
    made = Report("edit", tmp_path, "", "")
    made.pictures("", "", {"3 → 8/9": pictures(3)}, ["../../etc", "a b", "ü"])
    made.save()

    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")} == {
        "3-8-9/etc.png", "3-8-9/a-b.png", "3-8-9/ü.png"
    }  # fmt: skip
    assert "3 → 8/9" in page_of(tmp_path)


# ---- earlier results ---------------------------------------------------------------------------


def test_a_new_report_takes_the_place_of_an_older_one_and_of_nothing_else(tmp_path):
    small(tmp_path, before=pictures(), old=pictures()).save()
    (tmp_path / "mine.txt").write_text("keep")
    (tmp_path / "before" / "mine.png").write_text("keep")

    small(tmp_path, before=pictures(), new=pictures()).save()

    names = set(left_in(tmp_path))
    assert {"mine.txt", "before/mine.png", "new/one.png", "before/one.png"} <= names
    assert not (tmp_path / "old").exists()
    assert not any(".unfinished" in name for name in names)


@pytest.mark.parametrize("fails_at", range(1, 11))
def test_if_anything_fails_all_is_as_before(tmp_path, monkeypatch, fails_at):
    """Whichever renaming it is, of the twelve or so."""
    small(tmp_path, before=pictures(), old=pictures()).save()
    before, calls, real = left_in(tmp_path), [], os.replace

    def replace(source, target):
        if "new" in str(source) + str(target) or "old" in str(target):
            calls.append(source)
            if len(calls) == fails_at:
                raise PermissionError("a file is in use")
        real(source, target)

    made = small(tmp_path, before=pictures(), new=pictures())
    monkeypatch.setattr(module.os, "replace", replace)
    with pytest.raises(PermissionError):
        made.save()

    assert left_in(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"before", "old"}


def test_a_full_disk_leaves_earlier_results(tmp_path, monkeypatch):
    small(tmp_path).save()
    before = left_in(tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    made = small(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        made.save()

    assert left_in(tmp_path) == before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"files": 3}', '{"files": ["../outside.png", "/etc/passwd", 7]}']
)
def test_a_list_of_files_that_is_not_ours_does_no_harm(tmp_path, content):
    (tmp_path / "outside.png").write_text("keep")
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text(content)

    small(out).save()

    assert (tmp_path / "outside.png").read_text() == "keep"
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["command"] == "edit"


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").write_text("keep")

    with pytest.raises(UsageError, match="nothing can be written into .*choose another with --out"):
        small(tmp_path / "file" / "new")
    assert (tmp_path / "file").read_text() == "keep"


# ---- what does not fit together ----------------------------------------------------------------


def test_numbers_of_pictures_must_agree(tmp_path):
    made = Report("edit", tmp_path, "", "")

    with pytest.raises(ValueError, match=r"'before': 2, 'after': 3.*and 2 names"):
        made.pictures("", "", {"before": pictures(2), "after": pictures(3)})
    with pytest.raises(ValueError, match="and 1 names"):
        made.pictures("", "", {"before": pictures(2)}, ["one"])


def test_two_pictures_cannot_have_one_file(tmp_path):
    made = small(tmp_path)

    with pytest.raises(ValueError, match=r"two pictures for before/one\.png"):
        made.pictures("", "", {"before": pictures()}, ["one", "two"])


def test_the_difference_is_how_much_was_changed():
    before, after = pictures(), pictures()

    found = difference(tg.tensor(before), after)

    np.testing.assert_allclose(found.numpy(), np.abs(after - before), rtol=1e-6)
    with pytest.raises(ValueError, match=r"\(2, 1, 8, 8\) and \(2, 1, 9, 9\)"):
        difference(before, pictures(shape=(1, 9, 9)))
