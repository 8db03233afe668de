"""Verdicts: what is asked first, what is named, and what is left open."""

from __future__ import annotations

import numpy as np
import pytest

from tinygen.teach import Case, Check, Exercise, Mistake
from tinygen.teach.cells import LessonError
from tinygen.teach.checking.diagnosis import Verdict, diagnose
from tinygen.teach.sandbox.running import Line, Outcome, Raised, Result
from tinygen.teach.sandbox.transport import Foreign

EXERCISE = Exercise("06.1", "double", "def double(x, n=1):\n    return 2 * x\n", "", 1, 1, 1)

RNG = np.random.default_rng(5)


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def judged(
    yours: list[object],
    expected: list[object],
    arguments: list[tuple] | None = None,
    changed: tuple[str, ...] = (),
    outputs: tuple[str, ...] = ("y",),
    **check: object,
) -> Verdict:
    """The verdict on what was returned for each case."""
    arguments = arguments or [()] * len(yours)
    cases = [Case(f"case {number}", *given) for number, given in enumerate(arguments)]
    results = tuple(Result(value, changed) for value in yours)
    made = Check(lambda rng: cases, outputs, **check)
    return diagnose(EXERCISE, made, cases, Outcome("ok", results), expected)


def ended(status: str, **more: object) -> Verdict:
    """The verdict where there are no values."""
    cases = [Case("the first"), Case("the second")]
    check = Check(lambda rng: cases, ("y",))
    return diagnose(EXERCISE, check, cases, Outcome(status, **more), [1, 2])


# ---- right ---------------------------------------------------------------------------------------


def test_what_is_right_passes_and_says_how_many_checks_there_were():
    right = [drawn(3), drawn(2, 2)]

    verdict = judged([array.copy() for array in right], right)

    assert verdict.passed
    assert verdict.attempted
    assert "2 public checks" in verdict.words
    assert verdict.shown.expected is right[1]


def test_an_error_within_the_tolerance_is_right():
    right = np.array([1.0, 100.0, 0.0])

    assert judged([right + [0.9e-3, 0.09, 0.9e-4]], [right], rtol=1e-3, atol=1e-4).passed
    assert not judged([right + [0, 0, 1.1e-4]], [right], rtol=1e-3, atol=1e-4).passed


def test_float32_is_allowed_what_it_cannot_hold():
    right = drawn(5).astype(np.float32)

    assert judged([right * np.float32(1 + 5e-6)], [right]).passed
    assert not judged([right * np.float32(1 + 5e-4)], [right]).passed


@pytest.mark.parametrize(
    ("yours", "expected"),
    [
        (2.0, np.float64(2)),
        (np.array(2.0), 2),
        ([1, 2, 3], (1, 2, 3)),
        (np.array([1, 2, 3]), [1, 2, 3]),
        ((1.0, [2, 3]), [1.0, (2, 3)]),
        ({"w": np.ones(2), "b": 1.0}, {"b": 1.0, "w": np.ones(2)}),
        ("cat", "cat"),
        (None, None),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (np.array([3, 4], dtype=np.int32), np.array([3, 4])),
    ],
)
def test_the_same_values_in_another_dress_are_right(yours, expected):
    assert judged([yours, yours, 1.0], [expected, expected, 1.0]).passed


def test_several_outputs_may_come_as_tuple_list_or_dict():
    expected = [(drawn(3), drawn(2))]
    a, b = expected[0]

    for yours in ((a, b), [a, b], {"da": a, "db": b}):
        assert judged([yours], expected, outputs=("da", "db")).passed


def test_a_check_that_compares_nothing_is_refused():
    with pytest.raises(LessonError, match="no cases"):
        judged([], [])
    with pytest.raises(LessonError, match="compares nothing"):
        judged([np.zeros(0)], [np.zeros(0)])
    with pytest.raises(LessonError, match="no outputs"):
        judged([1.0], [1.0], outputs=())


# ---- it did not run --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "detail", "words"),
    [
        ("not-attempted", "", "double is still the stub"),
        ("raise-left-in", "", "line 4 still has the raise"),
        ("missing", "", "defines no double"),
        ("missing", "duoble", "Is duoble meant"),
        ("not-a-function", "int", "of type int"),
        ("imports", "scipy", "imports scipy"),
        ("syntax", "invalid syntax", "line 4 is no valid Python: invalid syntax"),
        ("timeout", "the second", "A loop that never ends"),
        ("timeout", "", "while the file was loaded"),
        ("crashed", "SIGSEGV", "SIGSEGV"),
        ("too-much-output", "printed", "printed"),
        ("too-much-output", "returned", "returned"),
    ],
)
def test_what_did_not_run_is_said_as_such(status, detail, words):
    verdict = ended(status, detail=detail, line=4)

    assert verdict.key == status
    assert words in verdict.words
    assert not verdict.passed
    assert verdict.attempted == (status != "not-attempted")


def raised(kind: str, message: str = "", where: str = "student", returned: str = "") -> Verdict:
    error = Raised(kind, message, (Line(3, "double", "return x / 0"),), where, returned)
    results = (Result(1), Result(raised=error))
    return ended("memory" if "Memory" in kind else "exception", raised=error, results=results)


def test_an_exception_comes_with_its_case_and_the_students_lines():
    verdict = raised("ZeroDivisionError", "division by zero")

    assert verdict.key == "exception"
    assert verdict.case == "the second"
    assert verdict.lines == (Line(3, "double", "return x / 0"),)
    assert verdict.raised == "ZeroDivisionError: division by zero"


def test_the_cause_of_a_common_exception_is_explained_and_of_others_not():
    message = "operands could not be broadcast together with shapes (3,) (4,)"

    assert "shapes do not go together" in raised("ValueError", message).words
    assert raised("ValueError", "something else").words == ""


def test_what_numpy_says_of_an_empty_slice_is_explained():
    with pytest.raises(ValueError, match="empty") as said:
        np.zeros((2, 0)).reshape(-1).argmax()

    assert "without elements" in raised("ValueError", str(said.value)).words


def test_a_raise_of_the_stub_that_is_reached_is_left_in():
    assert raised("NotImplementedError", "06.1: fill in").key == "raise-left-in"


def test_a_call_that_does_not_fit_is_the_signature():
    verdict = raised("TypeError", "double() takes 1 positional argument but 2 were given", "call")

    assert verdict.key == "signature"
    assert "takes 1 positional argument" in verdict.words
    assert not verdict.raised


def test_a_driver_that_fails_on_none_says_that_nothing_was_returned():
    assert raised("TypeError", "'NoneType'", "driver", "NoneType").key == "nothing-returned"
    assert raised("TypeError", "no len", "driver", "float").key == "structure"


def test_no_memory_is_said_as_such():
    assert raised("MemoryError").key == "memory"


# ---- what is returned --------------------------------------------------------------------------


def test_one_output_that_is_none_is_another_thing_than_nothing_returned():
    a, b = drawn(3), drawn(2)

    assert judged([(None, b)], [(a, b)], outputs=("a", "b")).key == "structure"


def test_nothing_is_returned():
    assert judged([None], [drawn(3)]).key == "nothing-returned"
    assert judged([None], [(drawn(3), 1.0)], outputs=("a", "b")).key == "nothing-returned"


@pytest.mark.parametrize(
    ("yours", "expected"),
    [
        ([1.0, 2.0], np.array([1.0, 2.0])),
        ("1", 1),
        (Foreign("generator"), np.ones(3)),
        ({"w": 1.0}, {"w": 1.0, "b": 2.0}),
        ((1.0, None), (1.0, "a")),
        ([np.ones(2)], [np.ones(2), np.ones(3)]),
    ],
)
def test_another_kind_of_thing_is_named(yours, expected):
    verdict = judged([yours], [expected])

    assert verdict.key == "structure"
    assert verdict.case == "case 0"


def test_too_few_outputs_are_named_with_the_names_of_all():
    verdict = judged([drawn(3)], [(drawn(3), drawn(2))], outputs=("da", "db"))

    assert verdict.key == "structure"
    assert "da, db" in verdict.words


# ---- shapes ------------------------------------------------------------------------------------


def test_a_transposed_answer_with_the_right_numbers_is_told_so():
    right = drawn(3, 4)

    verdict = judged([right.T], [right])

    assert verdict.key == "transposed-shape"
    assert "numbers are right" in verdict.words


def test_a_transposed_shape_with_other_numbers_needs_a_second_case():
    one, other = drawn(3, 4), drawn(5, 2)

    assert judged([drawn(4, 3)], [one]).key == "shape"
    verdict = judged([drawn(4, 3), drawn(2, 5)], [one, other])
    assert verdict.key == "transposed-shape"
    assert "numbers are right" not in verdict.words


def test_channels_at_the_end_are_another_order_of_axes():
    right = drawn(2, 3, 4, 5)

    verdict = judged([right.transpose(0, 2, 3, 1)], [right])

    assert verdict.key == "transposed-shape"
    assert "(0, 2, 3, 1)" in verdict.words


@pytest.mark.parametrize(
    ("yours", "expected", "words"),
    [
        ((), (3,), "over all axes"),
        ((3, 1), (3,), "size 1 too many"),
        ((3,), (3, 1), "size 1 are missing"),
        ((3, 3), (3,), "(n, 1)"),
        ((4, 3), (3,), "an axis too many"),
        ((3,), (4, 3), "axis is missing"),
        ((12,), (3, 4), "reshape"),
        ((5, 6), (3, 4), "too large"),
        ((2, 3), (3, 4), "too small"),
        ((1, 5, 6), (1, 3, 4), "padding that was not cut off"),
        ((1, 5, 6), (1, 7, 8), "padding that is missing"),
        ((2, 7), (3, 4), "expected (3, 4)."),
    ],
)
def test_a_wrong_shape_comes_with_its_usual_cause(yours, expected, words):
    verdict = judged([drawn(*yours)], [drawn(*expected)])

    assert verdict.key == "shape"
    assert words in verdict.words


def test_a_cause_that_fits_one_case_alone_is_not_named():
    verdict = judged([drawn(3, 1), drawn(2, 7)], [drawn(3), drawn(4)])

    assert verdict.key == "shape"
    assert "size 1" not in verdict.words


def test_a_sum_over_another_axis_is_recognised_by_the_arguments():
    arguments = [(drawn(3, 4),), (drawn(5, 2),)]

    verdict = judged([drawn(4), drawn(2)], [drawn(3), drawn(5)], arguments)

    assert "axis 0" in verdict.words
    assert "axis 1 is meant" in verdict.words


# ---- dtypes and numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yours", "expected", "words"),
    [
        ("f8", "f4", "float64 unless"),
        ("f4", "f8", "rounded"),
        ("i8", "f8", "cannot hold fractions"),
        ("f8", "i8", "whole numbers"),
        ("f8", "?", "Truth values"),
    ],
)
def test_a_wrong_dtype_comes_with_its_usual_cause(yours, expected, words):
    verdict = judged([np.ones(3, yours)], [np.ones(3, expected)])

    assert verdict.key == "dtype"
    assert words in verdict.words


def test_dtypes_can_be_left_out_of_the_check():
    assert judged([np.ones(3, "f8")], [np.ones(3, "f4")], dtypes=False).passed


def test_the_dtype_comes_before_the_values():
    assert judged([-np.ones(3)], [np.ones(3, np.float32)]).key == "dtype"


@pytest.mark.parametrize(("value", "words"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_what_is_not_finite_is_found_and_its_place_told(value, words):
    right = drawn(3, 4)
    yours = right.copy()
    yours[1, 2] = value

    verdict = judged([yours], [right])

    assert verdict.key == "not-finite"
    assert verdict.worst.place == "y[1, 2]"
    assert words in verdict.words


def test_a_finite_number_where_an_infinity_is_right_is_wrong_in_no_known_way():
    assert judged([np.array([1.0, 5.0])], [np.array([1.0, np.inf])]).key == "unknown"


# ---- arguments -----------------------------------------------------------------------------------


def test_a_changed_argument_is_named_and_whether_the_values_are_right():
    right = drawn(3)

    verdict = judged([right], [right], changed=("x",))
    assert verdict.key == "changed-argument"
    assert "argument x in place" in verdict.words
    assert "is right" in verdict.words
    assert "wrong too" in judged([right + 1], [right], changed=("x",)).words


def test_arguments_may_be_changed_where_the_check_says_so():
    right = drawn(3)

    assert judged([right], [right], changed=("x",), keeps_arguments=False).passed


# ---- mistakes ------------------------------------------------------------------------------------

XS = [drawn(3), drawn(4)]
SQUARE = Mistake("square", lambda x: x**2, "you squared it")
TRIPLE = Mistake("triple", lambda x: 3 * x, "you tripled it")


def with_mistakes(yours: list[np.ndarray], *mistakes: Mistake) -> Verdict:
    return judged(yours, [2 * x for x in XS], [(x,) for x in XS], mistakes=mistakes)


def test_a_known_mistake_is_named():
    verdict = with_mistakes([x**2 for x in XS], TRIPLE, SQUARE)

    assert (verdict.key, verdict.words) == ("square", "you squared it")


def test_a_mistake_comes_before_the_patterns():
    assert with_mistakes([3 * x for x in XS]).key == "factor"
    assert with_mistakes([3 * x for x in XS], TRIPLE).key == "triple"


def test_a_mistake_in_one_case_alone_is_not_named():
    assert with_mistakes([XS[0] ** 2, XS[1] ** 3], SQUARE).key == "unknown"


def test_a_mistake_that_is_right_is_not_named():
    right = Mistake("right", lambda x: 2 * x, "")

    assert with_mistakes([2 * x for x in XS], right).passed


def test_two_mistakes_that_say_the_same_are_not_named():
    other = Mistake("times-itself", lambda x: x * x, "")

    assert with_mistakes([x**2 for x in XS], SQUARE, other).key == "unknown"


def test_a_mistake_that_raises_is_not_named():
    def broken(x):
        raise ValueError

    assert with_mistakes([x**2 for x in XS], Mistake("broken", broken, "")).key == "unknown"


def test_a_mistake_of_another_shape_or_dtype_can_be_named():
    total = Mistake("total", lambda x: x.sum(), "you summed it")
    rounded = Mistake("rounded", lambda x: (2 * x).astype(np.float32), "you rounded it")

    assert with_mistakes([x.sum() for x in XS], total).key == "total"
    assert with_mistakes([(2 * x).astype(np.float32) for x in XS], rounded).key == "rounded"
    assert with_mistakes([x.astype(np.float32) ** 2 for x in XS], SQUARE).key == "dtype"


def test_a_mistake_is_called_as_the_check_calls_functions():
    def twice(function, x):
        return function(function(x))

    verdict = judged(
        [9 * x for x in XS], [4 * x for x in XS], [(x,) for x in XS], call=twice, mistakes=[TRIPLE]
    )

    assert verdict.key == "triple"


def test_a_mistake_does_not_see_what_another_one_changed():
    def changing(x):
        x += 1
        return x

    mistakes = [Mistake("changing", changing, ""), SQUARE]

    assert with_mistakes([x**2 for x in XS], *mistakes).key == "square"


# ---- values --------------------------------------------------------------------------------------


def test_a_pattern_of_one_output_names_those_that_are_right():
    a, b, c = drawn(4), drawn(3, 2), drawn(5)

    verdict = judged([(a, -b, c)], [(a, b, c)], outputs=("dx", "dW", "db"))

    assert verdict.key == "sign"
    assert verdict.wrong == ("dW",)
    assert verdict.right == ("dx", "db")


def test_the_same_pattern_of_several_outputs_is_said_once_for_all():
    a, b = drawn(4), drawn(3, 2)

    verdict = judged([(-a, -b)], [(a, b)], outputs=("da", "db"))

    assert verdict.words.count("10 elements") == 1


def test_a_pattern_of_one_of_two_wrong_outputs_is_said_of_that_one():
    a, b = drawn(4), drawn(3, 2)

    verdict = judged([(-a, drawn(3, 2))], [(a, b)], outputs=("da", "db"))

    assert verdict.key == "sign"
    assert verdict.words.startswith("Of da:")
    assert "Of db this is not so" in verdict.words


def test_what_fits_no_pattern_is_said_to_fit_none_with_the_largest_error():
    right = drawn(3, 3)
    yours = right.copy()
    yours[0, 1] += 0.5
    yours[2, 0] -= 2.0

    verdict = judged([yours], [right])

    assert verdict.key == "unknown"
    assert "2 of 9 elements" in verdict.words
    assert verdict.worst.place == "y[2, 0]"
    assert verdict.worst.yours == yours[2, 0]
    assert verdict.worst.error == pytest.approx(2 / abs(right[2, 0]))


def test_small_errors_without_a_pattern_are_told_to_be_small():
    right = drawn(6)

    near = judged([right + 1e-6 * drawn(6)], [right])
    far = judged([right + drawn(6)], [right])

    assert near.key == far.key == "unknown"
    assert "small" in near.words
    assert "small, though" not in far.words


def test_the_first_wrong_case_is_shown_as_it_is_the_simplest():
    rights = [drawn(2), drawn(3), drawn(4)]
    yours = [rights[0], rights[1] + [0, 1, 0], rights[2] + drawn(4)]

    verdict = judged(yours, rights)

    assert verdict.case == "case 1"
    assert verdict.wrong_cases == ("case 1", "case 2")
    assert verdict.right_cases == ("case 0",)


def test_a_short_call_is_shown_and_a_long_one_not():
    rights = [drawn(2)]

    assert judged([drawn(2)], rights, [(np.array([1.0, 2.5]), 3)]).call == "double([1. , 2.5], 3)"
    assert judged([drawn(2)], rights, [(drawn(9, 9), 3)]).call == ""


def test_wrong_words_and_whole_numbers_are_shown_without_an_error():
    verdict = judged([["b", "a"]], [["a", "b"]])
    assert verdict.key == "unknown"
    assert (verdict.worst.yours, verdict.worst.expected) == ("b", "a")

    counted = judged([np.array([1, 2, 7, 1])], [np.array([1, 2, 3, 5])])
    assert counted.worst.place == "y[2]"
    assert np.isnan(counted.worst.error)
