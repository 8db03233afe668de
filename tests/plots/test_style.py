from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tinygen.plots.style import PALETTE, colour_and_mark, diverging_map, line_style

# What the three kinds of colour-blindness make of linear RGB, at full strength: G. Machado,
# M. Oliveira and L. Fernandes, "A physiologically-based model for simulation of color vision
# deficiency" (2009), table 1.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]
WHITE = [0.95047, 1.0, 1.08883]


def seen(rgb: np.ndarray, sight: str) -> np.ndarray:
    """sRGB from 0 to 1 as CIE L*a*b*, in which distances are those that are seen."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1) / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255


def test_the_simulation_confuses_red_and_green_and_no_greys() -> None:
    red, green = np.array([0.65, 0.25, 0.0]), np.array([0.36, 0.40, 0.0])
    apart = np.linalg.norm(seen(red, "usual") - seen(green, "usual"))
    confused = np.linalg.norm(seen(red, "deuteranopia") - seen(green, "deuteranopia"))
    assert confused < apart / 4
    for sight in SIGHT:
        grey = seen(np.full(3, 0.5), sight)
        np.testing.assert_allclose(grey, seen(np.full(3, 0.5), "usual"), atol=0.5)


@pytest.mark.parametrize("sight", SIGHT)
def test_no_two_colours_are_alike_to_anybody(sight: str) -> None:
    """A difference of 2.3 can just be noticed; 15 is told at a glance."""
    colours = [seen(rgb(colour), sight) for colour in PALETTE]
    nearest = min(np.linalg.norm(one - other) for one, other in combinations(colours, 2))
    assert nearest > 15


@pytest.mark.parametrize("sight", SIGHT)
def test_lines_stand_out_from_the_page(sight: str) -> None:
    for number in range(len(PALETTE)):
        lightness = seen(rgb(line_style(number)["color"]), sight)[0]
        assert lightness < 80


@pytest.mark.parametrize("sight", SIGHT)
def test_the_two_sides_of_the_diverging_map_are_apart_for_everybody(sight: str) -> None:
    shades = diverging_map()
    for share in (0.1, 0.25, 0.5, 0.75):
        below = seen(np.array(shades(0.5 - share / 2)[:3]), sight)
        above = seen(np.array(shades(0.5 + share / 2)[:3]), sight)
        assert np.linalg.norm(below - above) > 60 * share**0.5 * 0.5


def test_zero_is_white_and_both_sides_darken_evenly() -> None:
    shades = diverging_map()
    assert shades(0.5)[:3] == (1, 1, 1)
    lightness = [seen(np.array(shades(x)[:3]), "usual")[0] for x in np.linspace(0, 1, 41)]
    assert (np.diff(lightness[:21]) > 0).all()
    assert (np.diff(lightness[20:]) < 0).all()
    np.testing.assert_allclose(lightness[:20], lightness[:20:-1], atol=12)


def test_classes_and_lines_beyond_the_palette_differ_in_mark_or_dashes() -> None:
    assert len({colour_and_mark(number) for number in range(36)}) == 36
    styles = [line_style(number) for number in range(36)]
    assert len({(style["color"], style["linestyle"]) for style in styles}) == 36


def test_neighbouring_lines_differ_without_colour() -> None:
    dashes = [line_style(number)["linestyle"] for number in range(8)]
    assert all(one != other for one, other in zip(dashes, dashes[1:], strict=False))
