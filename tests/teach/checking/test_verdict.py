"""What is printed and drawn of a verdict."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tinygen.teach import Exercise
from tinygen.teach.checking.comparison import Pair
from tinygen.teach.checking.diagnosis import Verdict, Worst
from tinygen.teach.checking.panels import can_draw, draw, picture_name
from tinygen.teach.checking.verdict import as_json, in_one_line, lines_of, show
from tinygen.teach.sandbox.running import Line

EXERCISE = Exercise("06.3", "conv2d_backward", "", "", 1, 1, 1)

RNG = np.random.default_rng(3)

WRONG = Verdict(
    EXERCISE,
    "factor",
    "all 54 elements are 0.5 x the right value.",
    6,
    wrong=("dW",),
    right=("dx", "db"),
    worst=Worst("dW[1, 0, 2, 2]", 0.812, 1.624, 0.5, 1e-6, "float64"),
    case="stride 2",
    wrong_cases=("stride 2", "padding 1"),
    right_cases=("a single window",),
)


def pair(yours: object, expected: object, path: str = "dW") -> Pair:
    return Pair("dW", 0, path, np.asarray(yours), np.asarray(expected))


def shown(yours: object, expected: object, path: str = "dW") -> Verdict:
    return replace(WRONG, shown=pair(yours, expected, path))


# ---- words ---------------------------------------------------------------------------------------


def test_a_wrong_answer_is_told_in_the_order_of_what_helps(tmp_path):
    lines = lines_of(WRONG, tmp_path / "06.3_dW.png", "tinygen hint 06.3        (hint 1 of 3)")

    assert lines == [
        "x 06.3 conv2d_backward: dW is wrong  (dx ok, db ok, shapes ok)",
        "  case:    stride 2 (2 cases are wrong; right: a single window)",
        "  worst element dW[1, 0, 2, 2]   yours +0.8120   expected +1.6240   "
        "relative error 5.0e-01 (want <= 1e-06, float64)",
        "  pattern: all 54 elements are 0.5 x the right value.",
        f"  picture: {tmp_path / '06.3_dW.png'}  (yours | expected | difference)",
        "  next:    tinygen hint 06.3        (hint 1 of 3)",
    ]


def test_what_passed_is_told_in_a_line():
    verdict = Verdict(EXERCISE, "passed", "all 6 public checks passed", 6, right=("dW",))

    assert lines_of(verdict) == ["ok 06.3 conv2d_backward: all 6 public checks passed"]


def test_what_is_not_attempted_is_told_in_a_line():
    verdict = Verdict(EXERCISE, "not-attempted", "it is still the stub", 6)

    assert lines_of(verdict) == ["- 06.3 conv2d_backward: not attempted yet"]


def test_the_traceback_comes_last_with_the_students_lines_alone():
    verdict = Verdict(
        EXERCISE, "exception", "", 6, case="stride 2", raised="ZeroDivisionError: by zero",
        lines=(Line(7, "conv2d_backward", "dx = helper(x)"), Line(3, "helper", "return 1 / 0")),
    )  # fmt: skip

    lines = lines_of(verdict, following="tinygen hint 06.3")

    assert lines[0] == "x 06.3 conv2d_backward: it raised ZeroDivisionError"
    assert lines[-5:] == [
        "    line 7, in conv2d_backward:",
        "      dx = helper(x)",
        "    line 3, in helper:",
        "      return 1 / 0",
        "    ZeroDivisionError: by zero",
    ]


def test_of_what_was_printed_the_beginning_is_shown():
    printed = "\n".join(f"line {number}" for number in range(40))

    lines = lines_of(replace(WRONG, printed=printed))

    assert "    line 0" in lines
    assert "    line 39" not in lines
    assert "28 lines more" in lines[-1]


@pytest.mark.parametrize(
    ("wrong", "right", "words"),
    [
        (("a",), ("b", "c", "d", "e"), "the only one of 5 cases that is wrong"),
        (("a", "f"), ("b", "c"), "2 cases are wrong; right: b; c"),
        (("a", "f"), ("b", "c", "d", "e"), "also wrong: f; 4 cases are right"),
        (("a", "f", "g", "h"), ("b", "c", "d", "e"), "4 of 8 cases are wrong"),
        (("a", "b"), (), "  case:    a"),
    ],
)
def test_the_other_cases_are_named_if_they_are_few(wrong, right, words):
    count = len(wrong) + len(right)
    verdict = replace(WRONG, case="a", wrong_cases=wrong, right_cases=right, checks=count)

    assert words in lines_of(verdict)[1]


def test_an_error_where_zero_is_expected_is_told_as_it_is():
    worst = Worst("db[0]", 0.25, 0.0, 0.25, 1e-9, "float64")

    line = lines_of(replace(WRONG, worst=worst))[2]

    assert "expected 0   error 2.5e-01 (want <= 1e-09" in line
    assert "relative" not in line


def test_nearly_equal_numbers_are_told_with_more_digits():
    worst = Worst("y[0]", 0.10000049, 0.1, 4.9e-6, 1e-7, "float64")

    assert "yours +0.100000490   expected +0.100000000" in lines_of(replace(WRONG, worst=worst))[2]


def test_words_and_truth_values_have_no_error():
    for yours, expected in (("b", "a"), (True, False), (3, 2)):
        worst = Worst("y[0]", yours, expected, float("nan"), float("nan"), "")
        line = lines_of(replace(WRONG, worst=worst))[2]
        assert "nan" not in line
        assert "error" not in line


def test_long_words_are_wrapped_below_their_label():
    lines = lines_of(replace(WRONG, words="many words " * 30))

    assert max(map(len, lines[:2] + lines[3:])) <= 100
    assert lines[4].startswith(" " * 11 + "many")


@pytest.mark.parametrize("colours", [True, False])
def test_colours_are_for_terminals_without_no_color(capsys, monkeypatch, colours):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    if colours:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")

    show([in_one_line(WRONG), "  [bold]no markup[/bold] :smile:"])

    out = capsys.readouterr().out
    assert ("\x1b[1;31m" in out) is colours
    assert "  [bold]no markup[/bold] :smile:" in out


def test_json_has_no_numbers_that_json_does_not_have():
    worst = Worst("y[0]", float("nan"), float("inf"), float("nan"), 1e-7, "float64")

    content = json.dumps(as_json(replace(WRONG, worst=worst)), allow_nan=False)

    assert json.loads(content)["diagnosis"] == "factor"
    assert json.loads(content)["outputs ok"] == ["dx", "db"]


# ---- the picture ---------------------------------------------------------------------------------


def images(figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


def test_of_many_axes_the_slice_with_the_worst_element_is_drawn():
    right = RNG.normal(size=(2, 3, 4, 5))
    yours = right.copy()
    yours[1, 2, 3, 0] += 9
    yours[0, 0, 0, 0] += 1

    figure = draw(shown(yours, right))
    first, second, difference = images(figure)

    assert np.array_equal(first, yours[1, 2])
    assert np.array_equal(second, right[1, 2])
    assert difference[3, 0] == pytest.approx(9)
    assert np.count_nonzero(difference) == 1
    assert "dW[1, 2, :, :]" in figure.get_suptitle()


def test_yours_and_expected_have_one_scale_and_the_difference_its_own_around_zero():
    right = np.array([[0.0, 1.0], [2.0, 3.0]])

    figure = draw(shown(right * 2, right))
    first, second, third = (axes.images[0].norm for axes in figure.axes[:3])

    assert (first.vmin, first.vmax) == (second.vmin, second.vmax) == (0, 6)
    assert (third.vmin, third.vmax) == (-3, 3)


def test_few_numbers_are_written_into_the_cells_and_many_are_not():
    few, many = RNG.normal(size=(3, 4)), RNG.normal(size=(20, 4))

    assert len(draw(shown(few, few)).axes[0].texts) == 12
    assert len(draw(shown(many, many)).axes[0].texts) == 0


@pytest.mark.parametrize("shape", [(7,), (40,), (1, 6, 1)])
def test_one_axis_is_drawn_as_lines(shape):
    right = RNG.normal(size=shape)

    figure = draw(shown(right + 1, right))

    assert not images(figure)
    yours = figure.axes[0].lines[1].get_ydata()
    assert np.array_equal(yours, (right + 1).ravel())


def test_numbers_that_are_not_finite_can_be_drawn():
    right = RNG.normal(size=(3, 4))
    yours = right.copy()
    yours[0, 0], yours[1, 1] = np.nan, np.inf

    figure = draw(shown(yours, right))
    figure.draw_without_rendering()

    assert "nan" in figure.axes[0].get_title(loc="left")


def test_the_worst_element_is_framed_and_what_is_right_has_no_frame():
    right = RNG.normal(size=(3, 4))
    yours = right.copy()
    yours[2, 1] += 1

    frame = draw(shown(yours, right)).axes[0].patches[0]

    assert frame.get_xy() == (0.5, 1.5)
    assert not draw(shown(right, right)).axes[0].patches


@pytest.mark.parametrize(
    ("yours", "expected"),
    [
        (1.0, 2.0),
        (np.ones(3), np.ones(4)),
        (np.ones(3) * 1j, np.ones(3)),
        ("a", "b"),
        (np.ones((1, 1)), np.ones((1, 1))),
    ],
)
def test_what_is_no_array_of_numbers_of_the_right_shape_is_not_drawn(yours, expected):
    assert not can_draw(shown(yours, expected))


def test_nothing_shown_is_not_drawn():
    assert not can_draw(WRONG)
    assert can_draw(shown(np.ones(3), np.zeros(3)))


def test_the_name_of_the_file_is_one_on_every_system():
    assert picture_name(shown(1, 2, "grads['W'][0]")) == "06.3_grads_W_0.png"
