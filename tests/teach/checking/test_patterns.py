"""Patterns of wrong numbers: found where they are, and not where something else is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinygen.teach import Case, Check
from tinygen.teach.checking import patterns
from tinygen.teach.checking.comparison import Pair
from tinygen.teach.checking.patterns import Group

RNG = np.random.default_rng(7)


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def group(
    *pairs: tuple[np.ndarray, np.ndarray],
    arguments: list[tuple] | None = None,
    names: tuple[str, ...] = (),
    **check: object,
) -> Group:
    """Of pairs (yours, expected), one for each case."""
    arguments = arguments or [()] * len(pairs)
    cases = [Case(f"case {n}", *given) for n, given in enumerate(arguments)]
    made = [
        Pair("y", n, "y", np.asarray(yours), np.asarray(right))
        for n, (yours, right) in enumerate(pairs)
    ]
    return Group("y", made, cases, Check(lambda rng: cases, ("y",), **check), names)


# ---- a factor ------------------------------------------------------------------------------------


def test_a_factor_is_found_and_named():
    right = drawn(4, 5)

    finding = patterns.factor(group((0.25 * right, right)))

    assert finding.key == "factor"
    assert "0.25 x" in finding.words
    assert finding.count == 20


def test_one_element_with_another_factor_speaks_against_it():
    right = drawn(4, 5)
    yours = 2 * right
    yours[3, 4] = right[3, 4]

    assert patterns.factor(group((yours, right))) is None


def test_one_case_that_is_right_speaks_against_one_factor_for_all():
    one, other = drawn(4), drawn(5)

    words = patterns.factor(group((2 * one, one), (other, other))).words

    assert "(2, 1)" in words


def test_zeros_stay_zeros_under_a_factor():
    right = drawn(6)
    right[:2] = 0
    yours = 3 * right

    assert patterns.factor(group((yours, right))).key == "factor"
    yours[0] = 1e-3
    assert patterns.factor(group((yours, right))) is None


def test_two_different_numbers_do_not_make_a_factor():
    right = np.array([1.0, 2.0, 2.0, 1.0])

    assert patterns.factor(group((2 * right, right))) is None


def test_single_numbers_of_three_cases_make_one():
    rights = [1.5, 2.5, -3.5]

    assert patterns.factor(group(*[(2 * r, r) for r in rights])).key == "factor"
    assert patterns.factor(group(*[(2 * r, r) for r in rights[:2]])) is None


def test_a_factor_that_is_a_size_is_named_after_it():
    cases = [(drawn(3, 5),), (drawn(4, 5),)]
    rights = [drawn(5), drawn(5)]
    yours = [rights[0] / 3, rights[1] / 4]

    finding = patterns.factor(
        group(*zip(yours, rights, strict=True), arguments=cases, names=("x",))
    )

    assert finding.key == "factor"
    assert "1/x.shape[0]" in finding.words


def test_a_case_of_size_one_is_right_under_a_size():
    cases = [(drawn(1, 5),), (drawn(4, 5),), (drawn(2, 5),)]
    rights = [drawn(5), drawn(5), drawn(5)]
    yours = [rights[0], rights[1] * 4, rights[2] * 2]

    finding = patterns.factor(
        group(*zip(yours, rights, strict=True), arguments=cases, names=("x",))
    )

    assert "x.shape[0]" in finding.words


def test_bessel_and_a_keep_rate_are_named():
    cases = [(drawn(3, 5), 0.5), (drawn(4, 5), 0.8)]
    rights = [drawn(5), drawn(5)]
    bessel = [rights[0] * 2 / 3, rights[1] * 3 / 4]
    kept = [rights[0] * 0.5, rights[1] * 0.8]

    def words(yours):
        pairs = zip(yours, rights, strict=True)
        return patterns.factor(group(*pairs, arguments=cases, names=("x", "keep"))).words

    assert "(x.shape[0] - 1)/x.shape[0]" in words(bessel)
    assert "keep" in words(kept)


def test_factors_of_single_numbers_that_follow_nothing_are_no_pattern():
    rights = [np.float64(1.5), np.float64(2.5), np.float64(3.5)]
    yours = [rights[0] * 2.1, rights[1] * 3.3, rights[2] * 0.7]

    assert patterns.factor(group(*zip(yours, rights, strict=True))) is None


def test_factors_of_arrays_that_follow_nothing_are_told_as_such():
    rights = [drawn(4), drawn(5)]

    finding = patterns.factor(group((2.1 * rights[0], rights[0]), (3.3 * rights[1], rights[1])))

    assert finding.key == "factor"
    assert "2.1, 3.3" in finding.words


def test_a_factor_of_tiny_numbers_is_found():
    right = 1e-14 * drawn(6)
    check = replace(group((2 * right, right)).pairs[0], atol=0.0)

    assert patterns.factor(replace(group((2 * right, right)), pairs=[check])).key == "factor"


def test_a_slight_inaccuracy_is_no_factor():
    right = drawn(6)

    assert patterns.factor(group((right * (1 + 1e-5), right))) is None


def test_the_wrong_sign_is_found():
    one, other = drawn(3, 2), drawn(4)

    finding = patterns.factor(group((-one, one), (-other, other)))

    assert (finding.key, finding.count) == ("sign", 10)


def test_the_sign_of_some_elements_is_no_sign():
    right = drawn(6)
    yours = -right
    yours[2] = right[2]

    assert patterns.factor(group((yours, right))) is None
    assert patterns.factor(group((np.abs(right), right))) is None


def test_all_zeros_are_no_factor():
    right = drawn(6)

    assert patterns.factor(group((0 * right, right))) is None


# ---- borders -------------------------------------------------------------------------------------


def framed(shape: tuple[int, ...], width: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Yours is wrong in a frame, for the last two axes."""
    right = drawn(*shape)
    yours = right + 1
    inside = (..., slice(width, -width), slice(width, -width))
    yours[inside] = right[inside]
    return yours, right


@pytest.mark.parametrize("width", [1, 2])
def test_wrong_borders_around_a_right_inside_are_found(width):
    pair = framed((2, 3, 8, 9), width)

    finding = patterns.borders(group(pair, border_axes=(2, 3)))

    assert finding.key == "borders"


def test_borders_need_axes_that_have_borders():
    pair = framed((2, 3, 8, 9))

    assert patterns.borders(group(pair)) is None
    assert patterns.borders(group(pair, border_axes=(4, 5))) is None


def test_one_wrong_element_inside_speaks_against_borders():
    yours, right = framed((2, 3, 8, 9))
    yours[0, 0, 4, 4] += 1

    assert patterns.borders(group((yours, right), border_axes=(2, 3))) is None


def test_a_picture_that_is_all_border_proves_nothing():
    right = drawn(2, 2)

    assert patterns.borders(group((right + 1, right), border_axes=(0, 1))) is None


def test_one_wrong_element_at_the_border_of_a_small_picture_proves_nothing():
    right = drawn(4, 4)
    yours = right.copy()
    yours[0, 2] += 1

    assert patterns.borders(group((yours, right), border_axes=(0, 1))) is None


def test_an_inside_of_zeros_proves_nothing():
    yours, right = framed((8, 9))
    right[1:-1, 1:-1] = yours[1:-1, 1:-1] = 0

    assert patterns.borders(group((yours, right), border_axes=(0, 1))) is None


def test_a_tiny_case_neither_helps_nor_harms():
    tiny = drawn(1, 1)

    finding = patterns.borders(group((tiny + 1, tiny), framed((8, 9)), border_axes=(0, 1)))

    assert finding.shown.case == 1


def test_a_single_side_is_named():
    right = drawn(9, 8)
    yours = right.copy()
    yours[-1] += 1

    words = patterns.borders(group((yours, right), border_axes=(0, 1))).words

    assert "end of axis 0" in words
    assert "axis" not in patterns.borders(group(framed((9, 8)), border_axes=(0, 1))).words


# ---- steps ---------------------------------------------------------------------------------------


def stepped(count: int, wrong: list[int]) -> tuple[np.ndarray, np.ndarray]:
    right = drawn(2, count, 3)
    yours = right.copy()
    yours[:, wrong] += 1
    return yours, right


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([0, 1, 2], "only the last step is right"),
        ([1, 2, 3], "only the first step is right"),
        ([3], "only the last step is wrong"),
        ([0], "only the first step is wrong"),
    ],
)
def test_steps_that_differ_from_all_others_are_found(wrong, words):
    finding = patterns.one_step(group(stepped(4, wrong), step_axis=1))

    assert finding.key == "one-step"
    assert finding.words.startswith(words)


@pytest.mark.parametrize("wrong", [[1], [0, 3], [2, 3], [0, 1, 2, 3]])
def test_other_wrong_steps_are_no_pattern(wrong):
    assert patterns.one_step(group(stepped(4, wrong), step_axis=1)) is None


def test_two_steps_prove_nothing():
    assert patterns.one_step(group(stepped(2, [0]), step_axis=1)) is None
    assert patterns.one_step(group(stepped(2, [0]), stepped(4, [0, 1, 2]), step_axis=1)) is not None


def test_all_failing_cases_must_agree_on_the_step():
    assert patterns.one_step(group(stepped(4, [0]), stepped(4, [3]), step_axis=1)) is None


def test_a_sequence_of_one_wrong_step_speaks_against_it():
    assert patterns.one_step(group(stepped(4, [3]), stepped(1, [0]), step_axis=1)) is None


# ---- branches ------------------------------------------------------------------------------------


def branched(place: int, count: int = 2, extra: float = 0.0) -> Group:
    parts = [[drawn(3, 4) for _ in range(count)] for _ in range(2)]
    pairs = [(case[place] + extra, sum(case)) for case in parts]
    return group(
        *pairs,
        arguments=[(n,) for n in range(2)],
        branches=lambda number: parts[number],
    )


@pytest.mark.parametrize(("place", "words"), [(-1, "last path"), (0, "first path")])
def test_one_branch_alone_is_found(place, words):
    finding = patterns.one_branch(branched(place))

    assert finding.key == "one-branch"
    assert words in finding.words


def test_a_branch_in_the_middle_is_found():
    assert "path 2" in patterns.one_branch(branched(1, count=3)).words


def test_something_beside_a_branch_is_no_branch():
    assert patterns.one_branch(branched(-1, extra=1e-3)) is None


def test_a_branch_in_one_case_alone_is_none():
    found = branched(-1)
    other = replace(found.pairs[0], yours=found.pairs[0].yours + 1)

    assert patterns.one_branch(replace(found, pairs=[other, found.pairs[1]])) is None


def test_branches_speak_of_the_first_output_only():
    assert patterns.one_branch(replace(branched(-1), path="other")) is None


# ---- zeros ---------------------------------------------------------------------------------------


def test_zeros_everywhere_are_found():
    right = drawn(3, 4)

    finding = patterns.zeros(group((0 * right, right)))

    assert finding.key == "zeros"
    assert finding.words.startswith("all elements are 0")


def test_zeros_where_it_is_wrong_are_found():
    right = drawn(3, 4)
    yours = right.copy()
    yours[1] = 0

    assert patterns.zeros(group((yours, right))).words.startswith("all wrong elements are 0")


def test_negative_numbers_that_became_zero_are_told_as_such():
    right = drawn(5, 6)
    yours = np.maximum(right, 0)

    assert "below 0" in patterns.zeros(group((yours, right))).words
    yours[right > 1] = 0
    assert "below 0" not in patterns.zeros(group((yours, right))).words


def test_one_wrong_element_that_is_not_zero_speaks_against_it():
    right = drawn(3, 4)
    yours = 0 * right
    yours[2, 1] = 1e-3

    assert patterns.zeros(group((yours, right))) is None


def test_a_zero_or_two_prove_nothing():
    right = drawn(2)

    assert patterns.zeros(group((0 * right, right))) is None


# ---- ties ----------------------------------------------------------------------------------------


def tied(at: list[int], ties: list[int], count: int = 30) -> Group:
    right = drawn(count)
    yours = right.copy()
    yours[at] += 1
    mask = np.isin(np.arange(count), ties)
    return group((yours, right), arguments=[(right,)], ties=lambda x: mask)


def test_wrong_elements_at_ties_alone_are_found():
    assert patterns.ties(tied([1, 5], [1, 2, 5])).key == "ties"


def test_a_wrong_element_elsewhere_speaks_against_ties():
    assert patterns.ties(tied([1, 5, 9], [1, 2, 5])) is None


def test_ties_everywhere_prove_nothing():
    assert patterns.ties(tied([1, 5], list(range(30)))) is None
    assert patterns.ties(tied([1, 5], list(range(20)))) is None


def test_without_a_mask_there_are_no_ties():
    right = drawn(5)

    assert patterns.ties(group((right + 1, right))) is None


# ---- other -------------------------------------------------------------------------------------


def test_axes_that_changed_places_are_found():
    square, cube = drawn(4, 4), drawn(2, 3, 3)

    assert patterns.transposed(group((square.T, square))).key == "transposed"
    words = patterns.transposed(group((cube.transpose(0, 2, 1), cube))).words
    assert "axes 1 and 2" in words


def test_nearly_transposed_is_not_transposed():
    square = drawn(4, 4)
    yours = square.T.copy()
    yours[0, 3] += 1e-3

    assert patterns.transposed(group((yours, square))) is None


def test_a_case_that_is_not_transposed_speaks_against_it():
    square, other = drawn(4, 4), drawn(3, 3)

    assert patterns.transposed(group((square.T, square), (other, other))) is None


def test_the_rounding_of_float32_is_found():
    numbers = drawn(50, 6)
    right, yours = numbers.cumsum(axis=0), numbers.astype(np.float32).cumsum(axis=0)

    finding = patterns.float32_noise(group((yours.astype(float), right)))

    assert finding.key == "float32-noise"


def test_errors_as_small_that_float32_could_not_hold_are_another_thing():
    right = drawn(5, 6)

    assert patterns.float32_noise(group((right + 1e-7 * drawn(5, 6), right))) is None


def test_numbers_of_float32_that_are_far_off_are_another_thing():
    right = drawn(5, 6)
    yours = (right + 0.01).astype(np.float32).astype(float)

    assert patterns.float32_noise(group((yours, right))) is None


# ---- all together --------------------------------------------------------------------------------


def test_no_pattern_is_found_in_noise():
    right = drawn(3, 6, 6)
    found = group(
        (right + drawn(3, 6, 6), right), arguments=[(right,)], border_axes=(1, 2), step_axis=0,
        ties=lambda x: x > 2, branches=lambda x: [x, x],
    )  # fmt: skip

    assert patterns.find(found) is None


def test_nothing_is_said_of_numbers_that_are_not_finite_or_of_words():
    right = drawn(4)
    yours = 2 * right
    yours[1] = np.inf

    assert patterns.find(group((yours, right))) is None
    assert patterns.find(group((np.asarray("a"), np.asarray("b")))) is None


@pytest.mark.parametrize("key", ["factor", "sign", "zeros", "transposed"])
def test_what_is_found_is_the_first_pattern(key):
    right = drawn(5, 5)
    yours = {"factor": 3 * right, "sign": -right, "zeros": 0 * right, "transposed": right.T}

    assert patterns.find(group((yours[key], right))).key == key
