"""Pages in a real browser: something is to be seen, everywhere, and nothing is asked of a network.

Skipped on machines without Chromium.
"""

from __future__ import annotations

import re

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

import tinygen as tg
from tests.browser.chromium import Browser, find
from tinygen.cli.page import Chapter, Page, Picture, Table, render
from tinygen.cli.tasks.report import Report, difference
from tinygen.plots import latent_page

pytestmark = pytest.mark.skipif(
    find() is None, reason="no Chromium (chromium, chromium-browser or google-chrome) is here"
)

WAYS = pytest.mark.parametrize(
    ("width", "dark", "media"),
    [(1100, False, ""), (1100, True, ""), (390, False, ""), (390, True, ""), (760, False, "print")],
    ids=["light", "dark", "phone", "dark-phone", "print"],
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(find(), tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


def decode(codes):
    """The two numbers of a code as the shades of the two halves of a picture."""
    shades = ((codes + 4.0) / 8.0).clamp(0, 1)
    return shades.reshape(-1, 1, 1, 2) * tg.ones(1, 1, 4, 2)


SPAN, STEPS = 2.0, 5


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """One of each kind."""
    folder, chance = tmp_path_factory.mktemp("pages"), np.random.default_rng(0)
    before, after = chance.random((2, 5, 1, 28, 28), np.float32)
    figure = matplotlib.figure.Figure((6, 3))
    figure.add_subplot().plot([0, 1, 0])

    report = Report(
        "edit", folder / "report", "What became of five pictures", "They are noise. " * 9
    )
    report.table("Is that good?", ("", "PSNR"), [("mean", "9 dB"), ("the model", "20 dB")], "No.")
    columns = {"before": before, "after": after, "difference": difference(before, after)}
    report.pictures("Before and after", "And by how much", columns)
    report.pictures(
        "On the way", "In steps", {f"step {step}": after for step in range(9)}, [*"abcde"]
    )
    report.pictures("Lines", "Of digits", {"line": chance.random((2, 1, 28, 140))}, ["x", "y" * 90])
    report.figure("curve", "A curve", "Up and down", figure, "A curve that goes up and down")
    report.note("a very long name " + "x" * 200)

    latent_page(
        decode, folder / "latent.html", chance.normal(size=(99, 2)), chance.integers(0, 3, 99),
        span=SPAN, steps=STEPS,
    )  # fmt: skip

    Image.fromarray((before[0, 0] * 255).astype(np.uint8)).resize((900, 400)).save(folder / "a.png")
    picture = Picture("a", 900, 400, "Noise", "To be seen", "Noise", wide=True)
    table = Table("Numbers", ("", "a", "b"), [("one", "1", "2"), ("two", "3", "4")], "Note")
    demo = Page("Lead", [("9", "pictures")], picture, [Chapter("One", "Lead", [picture, table])],
                [("tinygen demo", "again")], "Footer")  # fmt: skip
    (folder / "demo.html").write_text(render(demo), encoding="utf-8")
    return {
        "report": report.save(), "latent": folder / "latent.html", "demo": folder / "demo.html"
    }  # fmt: skip


def brightness(pixels):
    return pixels.astype(float).mean() / 255


# ---- every page --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["report", "latent", "demo"])
@WAYS
def test_a_page_is_all_there_and_asks_nothing_of_a_network(
    browser, pages, kind, width, dark, media
):
    browser.open(pages[kind], width, dark, media)
    seen = browser.screenshot()

    assert browser.errors == []
    asked = [url for url in browser.requests if not url.startswith("data:")]
    assert asked[0] == pages[kind].as_uri()
    assert all(url.startswith(pages[kind].parent.as_uri()) for url in asked)
    # Nothing sticks out at the side, and every picture is decoded.
    assert seen.shape[1] == width
    assert browser.run("document.documentElement.scrollWidth") <= width
    sizes = browser.run("[...document.images].map(image => [image.naturalWidth, image.width])")
    assert all(natural > 0 and shown > 0 for natural, shown in sizes)
    # Something is to be seen, from top to bottom.
    assert seen.shape[0] > 700
    assert all(band.std() > 3 for band in np.array_split(seen, 4))
    assert (brightness(seen[:40, :10]) < 0.3) == dark


def test_small_pictures_have_sharp_pixels(browser, pages):
    browser.open(pages["report"])
    box = browser.run(
        "(box => [box.x, box.y + scrollY, box.width, box.height])"
        "(document.querySelector('figure img').getBoundingClientRect())"
    )
    left, top, width, height = (round(side) for side in box)
    shown = browser.screenshot()[top : top + height, left : left + width, 0]

    with Image.open(pages["report"].parent / "before" / "1.png") as read:
        pixels = np.asarray(read)
    zoom = width // 28
    assert (width, height) == (28 * zoom, 28 * zoom)
    centres = shown[zoom // 2 :: zoom, zoom // 2 :: zoom].astype(int)
    np.testing.assert_allclose(centres[1:-1, 1:-1], pixels[1:-1, 1:-1], atol=1)
    blocks = shown.reshape(28, zoom, 28, zoom)[2:-2, :, 2:-2].astype(int)
    assert np.ptp(blocks, axis=(1, 3)).max() <= 1


# ---- the page of a latent space ----------------------------------------------------------------


def where(browser):
    """The code in the circle, as the page tells it."""
    words = browser.run("document.getElementById('where').textContent").replace("\u2212", "-")
    return [float(number) for number in re.findall(r"-?\d+\.\d+", words)]


def shades(browser):
    """What is shown as decoded: the shades of the two halves."""
    pixels = browser.run(
        "[...document.getElementById('picture').getContext('2d').getImageData(0, 0, 2, 4).data]"
    )
    return np.array(pixels, float).reshape(4, 2, 4)[2, :, 0]


def point_of(browser, code):
    """Where a code lies in the window."""
    left, top, width, height = browser.run(
        "(box => [box.x, box.y, box.width, box.height])"
        "(document.getElementById('plane').getBoundingClientRect())"
    )
    return left + width * (code[0] + SPAN) / 2 / SPAN, top + height * (SPAN - code[1]) / 2 / SPAN


def is_circled(browser, code):
    """Whether the black of the circle is ten pixels beside a code."""
    ink = browser.run(
        "(side => [...document.getElementById('plane').getContext('2d').getImageData("
        f"Math.round(({code[0]} / {SPAN} + 1) / 2 * side) - 10, "
        f"Math.round((1 - {code[1]} / {SPAN}) / 2 * side), 1, 1).data])"
        "(document.getElementById('plane').width)"
    )
    return ink[0] < 100 and ink[3] > 200


def expected(code):
    return decode(tg.tensor([code])).numpy()[0, 0, 2] * 255


@pytest.mark.parametrize("finger", [False, True], ids=["mouse", "finger"])
def test_dragging_shows_what_a_code_decodes_to(browser, pages, finger):
    browser.open(pages["latent"], 390 if finger else 1100)
    browser.run("document.getElementById('plane').scrollIntoView()")
    assert where(browser) == [0, 0]
    np.testing.assert_allclose(shades(browser), expected([0.0, 0.0]), atol=1)

    for code in ([1.0, -1.0], [-1.5, 0.3], [1.9, 1.9]):  # on the grid, and between
        browser.drag([point_of(browser, at) for at in ([0.2, 0.1], [0.5, 0.5], code)], finger)

        np.testing.assert_allclose(where(browser), code, atol=0.03)
        np.testing.assert_allclose(shades(browser), expected(code), atol=2)
        assert is_circled(browser, code)
        assert not is_circled(browser, [-code[0], -code[1]])


def test_it_works_with_the_keyboard(browser, pages):
    browser.open(pages["latent"])
    browser.run("document.getElementById('plane').focus()")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        browser.key(key)

    assert where(browser) == pytest.approx([0.08, -0.04])

    browser.run("document.getElementById('across').focus()")
    browser.key("End")
    assert where(browser) == pytest.approx([SPAN, -0.04])
    np.testing.assert_allclose(shades(browser), expected([SPAN, -0.04]), atol=2)


def test_a_finger_cannot_leave_the_plane(browser, pages):
    browser.open(pages["latent"])
    corner = point_of(browser, [SPAN, -SPAN])

    browser.drag([point_of(browser, [0, 0]), (corner[0] + 60, corner[1] + 40)])

    assert where(browser) == [SPAN, -SPAN]
