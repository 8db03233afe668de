"""What the page of a space of codes is made of; tests/browser walks about on it."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tinygen.plots import latent_page
from tinygen.plots.latent_page import POINTS

SIZE = (3, 2)
"""Height and width of the decoded pictures."""


def decode(codes: Any) -> Any:
    """The first two numbers of a code as shades, at the two sides of the picture."""
    shades = ((codes[:, :2] + 4.0) / 8.0).clamp(0, 1)
    return shades.reshape(-1, 1, 1, 2) * tg.ones(1, 1, *SIZE)


def page_of(path: Path, **options: Any) -> tuple[dict[str, Any], np.ndarray, str]:
    """The facts that the script has, the grid of pictures, and the page."""
    written = latent_page(options.pop("decode", decode), path, **options)
    assert written == path
    html = path.read_text(encoding="utf-8")
    known = re.search(r'<script type="application/json" id="facts">(.*?)</script>', html)
    sheet = re.search(r'src="data:image/png;base64,([^"]*)"', html)
    assert known is not None
    assert sheet is not None
    with Image.open(io.BytesIO(base64.b64decode(sheet[1]))) as picture:
        return json.loads(known[1]), np.asarray(picture), html


def test_the_grid_holds_what_the_decoder_makes_of_each_code(tmp_path: Path) -> None:
    facts, sheet, _ = page_of(tmp_path / "a.html", span=2.0, steps=5)

    assert (facts["steps"], facts["span"]) == (5, 2.0)
    assert (facts["height"], facts["width"]) == SIZE
    grid = sheet.reshape(5, SIZE[0], 5, SIZE[1])
    axis = np.array([-2, -1, 0, 1, 2])
    expected = 255 * (axis + 4) / 8
    for row in range(5):
        for column in range(5):
            across, up = grid[row, 0, column]
            assert across == pytest.approx(expected[column], abs=1)
            assert up == pytest.approx(expected[4 - row], abs=1)  # the second number goes up


def test_colours_are_kept(tmp_path: Path) -> None:
    def coloured(codes: Any) -> Any:
        red = tg.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
        return red * tg.ones(len(codes), 1, *SIZE)

    _, sheet, _ = page_of(tmp_path / "a.html", decode=coloured, steps=3)

    assert sheet.shape == (9, 6, 3)
    assert (sheet == (255, 0, 0)).all()


def test_a_decoder_is_asked_for_some_codes_at_a_time_and_without_a_graph(tmp_path: Path) -> None:
    asked = []

    def watched(codes: Any) -> Any:
        asked.append((len(codes), tg.is_grad_enabled()))
        return decode(codes)

    page_of(tmp_path / "a.html", decode=watched, steps=33)

    assert sum(count for count, _ in asked) == 33 * 33
    assert max(count for count, _ in asked) <= 256
    assert not any(enabled for _, enabled in asked)


def test_the_plane_reaches_as_far_as_the_codes(tmp_path: Path) -> None:
    near = np.random.default_rng(0).normal(0, 0.5, (300, 2))

    assert page_of(tmp_path / "a.html", steps=2)[0]["span"] == 3
    assert page_of(tmp_path / "b.html", steps=2, codes=near)[0]["span"] == 3
    facts, _, _ = page_of(tmp_path / "c.html", steps=2, codes=near * 20)
    outside = (np.abs(near * 20).max(axis=1) > facts["span"]).mean()
    assert 0 < outside < 0.03


def test_codes_are_points_in_the_colours_of_their_classes(tmp_path: Path) -> None:
    codes = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.25]])

    facts, _, html = page_of(
        tmp_path / "a.html", steps=2, codes=codes, labels=[1, 0, 1], names=["cat", "dog", "<emu>"]
    )

    assert facts["points"] == codes.tolist()
    assert facts["classes"] == [1, 0, 1]
    assert len(set(facts["colours"])) == 3
    assert facts["middles"]["dog"] == pytest.approx([0.25, 0.625])
    assert set(facts["middles"]) == {"cat", "dog"}
    assert "&lt;emu&gt;" in html
    assert "<emu>" not in html


def test_of_many_codes_some_are_drawn(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).normal(size=(2 * POINTS, 2))

    facts, _, _ = page_of(tmp_path / "a.html", steps=2, codes=codes)

    assert len(facts["points"]) == POINTS
    assert facts["points"][0] == pytest.approx(codes[0], abs=1e-3)
    assert facts["points"][-1] == pytest.approx(codes[-1], abs=1e-3)


def test_names_of_classes_do_not_cover_each_other(tmp_path: Path) -> None:
    facts, _, _ = page_of(tmp_path / "a.html", steps=2, codes=np.zeros((4, 2)), labels=range(4))

    heights = sorted(up for _, up in facts["middles"].values())
    assert min(np.diff(heights)) > 0.2


# ---- longer codes ------------------------------------------------------------------------------


def long_codes() -> np.ndarray:
    """Codes of four numbers that vary along two known directions, and little else."""
    rng = np.random.default_rng(0)
    first, second = np.array([0, 0, 0.6, 0.8]), np.array([1.0, 0, 0, 0])
    amounts = rng.normal(size=(500, 2)) * (3, 2)
    return 1.0 + amounts @ np.stack([first, second]) + rng.normal(0, 0.1, (500, 4))


def last_two(codes: Any) -> Any:
    return decode(codes[:, 2:])


def test_of_longer_codes_the_plane_is_where_they_vary_most(tmp_path: Path) -> None:
    codes = long_codes()

    facts, sheet, html = page_of(
        tmp_path / "a.html", decode=last_two, steps=3, span=2.0, codes=codes
    )

    points = np.array(facts["points"])
    np.testing.assert_allclose(points.std(axis=0), (3, 2), atol=0.2)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=0.01)
    # Two steps along (0, 0, .6, .8) from the mean are seen in the last two numbers.
    left, right = sheet[3 + 1, 0:2], sheet[3 + 1, 4:6]
    moved = (right.astype(float) - left) / 255 * 8
    np.testing.assert_allclose(moved, 4 * np.array([0.6, 0.8]), atol=0.15)
    assert "100% of their variance" in html


def test_two_numbers_of_longer_codes_can_be_chosen(tmp_path: Path) -> None:
    codes = long_codes()

    facts, sheet, _ = page_of(
        tmp_path / "a.html", decode=last_two, steps=3, span=2.0, codes=codes, axes=(3, 0)
    )

    np.testing.assert_allclose(facts["points"], codes[:, [3, 0]], atol=1e-3)
    assert facts["axes"] == ["z3", "z0"]
    # z3 goes from -2 to 2, and z2 is that of the mean code.
    np.testing.assert_allclose(sheet[4, 1::2] / 255 * 8 - 4, (-2, 0, 2), atol=0.03)
    np.testing.assert_allclose(sheet[4, 0::2] / 255 * 8 - 4, codes[:, 2].mean(), atol=0.03)


# ---- the page ----------------------------------------------------------------------------------


def test_the_page_asks_nothing_of_a_network(tmp_path: Path) -> None:
    _, _, html = page_of(tmp_path / "a.html", steps=2)

    for outside in ("http:", "https:", "//", "@import", "url(", "<link", "<iframe"):
        assert outside not in re.sub("//  ?[A-Za-z].*|<!DOCTYPE html>", "", html), outside
    assert "</script>" not in html.split('id="facts">')[1].split("</script>")[0]


def test_the_page_is_the_same_for_the_same_codes(tmp_path: Path) -> None:
    pages = [
        page_of(tmp_path / name, steps=4, codes=long_codes(), decode=last_two)[2]
        for name in ("a.html", "b.html")
    ]

    assert pages[0] == pages[1]


def test_it_can_be_called_otherwise(tmp_path: Path) -> None:
    _, _, html = page_of(tmp_path / "a.html", steps=2, title="Codes of <cats>", lead="Meow & so on")

    assert "<h1>Codes of &lt;cats&gt;</h1>" in html
    assert "Meow &amp; so on" in html


def test_a_failure_leaves_the_old_page(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("the old page")

    with pytest.raises(ValueError, match="1 codes|pictures"):
        latent_page(lambda codes: decode(codes)[:1], path, steps=2)

    assert path.read_text() == "the old page"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1}, "2 steps at least, got 1"),
        ({"span": 0.0}, "span above 0, got 0"),
        ({"span": float("nan")}, "span above 0, got nan"),
        ({"codes": np.zeros((0, 2))}, r"L at least 2, got \(0, 2\)"),
        ({"codes": np.zeros((5, 1))}, r"L at least 2, got \(5, 1\)"),
        ({"codes": np.zeros(5)}, r"L at least 2, got \(5,\)"),
        ({"codes": np.full((5, 2), np.nan)}, "the encoder has diverged"),
        ({"codes": np.zeros((1, 3))}, "got 1 code: pass more codes, or axes"),
        ({"axes": (0, 0)}, "two different ones from 0 to 1"),
        ({"axes": (0, 2)}, "two different ones from 0 to 1"),
        ({"codes": np.zeros((3, 2)), "labels": [0, 1]}, "a label for each of 3 rows"),
        ({"codes": np.zeros((2, 2)), "labels": [0, 1], "names": ["a"]}, "1 names for 2 classes"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        latent_page(decode, tmp_path / "a.html", **options)
    assert list(tmp_path.iterdir()) == []
