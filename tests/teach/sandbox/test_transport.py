"""Values on their way back from a student's process."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import tinygen as tg
from tinygen.teach.sandbox.transport import (
    LENGTH,
    MARK,
    Foreign,
    TensorArray,
    TransportError,
    dumps,
    frames,
    plain,
)


def frame(text: object, blob: bytes = b"") -> bytes:
    """A frame with whatever text."""
    written = text if isinstance(text, bytes) else json.dumps(text).encode()
    return MARK + LENGTH.pack(len(written)) + written + blob


def one_array(head: object, blob: bytes = b"", value: object = ("array", 0)) -> bytes:
    return frame({"value": value, "arrays": [head]}, blob)


# ---- what comes along --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -3, 10**30, 0.1, -0.0, float("inf"), 2 - 3j, "Σ\n", "",
        [], (), {}, [1, (2.5, None)], {"a": 1, 2: "b", (1, 2): [3]}, ["array", 0],
    ],
    ids=repr,
)  # fmt: skip
def test_plain_values_arrive_as_they_are(value):
    arrived = plain(value)
    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value)


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint16", "int32", "int64", "float16", "float32", "float64", "c8"]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 1, 3), (0, 5)])
def test_arrays_arrive_with_dtype_shape_and_bits(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    arrived = plain(array)
    assert type(arrived) is np.ndarray
    assert (arrived.dtype, arrived.shape) == (array.dtype, array.shape)
    assert arrived.tobytes() == array.tobytes()


def test_nan_and_infinity_arrive():
    array = np.array([np.nan, np.inf, -np.inf])
    assert plain(array).tobytes() == array.tobytes()
    assert np.isnan(plain(float("nan")))


def test_layout_and_byte_order_do_not_matter():
    array = np.arange(6.0).reshape(2, 3)
    assert plain(array.T).tolist() == array.T.tolist()
    assert plain(array[:, ::-2]).tolist() == array[:, ::-2].tolist()
    other = array.astype(array.dtype.newbyteorder(">"))
    assert plain(other).dtype == array.dtype
    assert plain(other).tolist() == array.tolist()


def test_scalars_of_numpy_stay_scalars():
    arrived = plain((np.float32(0.5), np.int64(3), np.bool_(True)))
    assert [type(part) for part in arrived] == [np.float32, np.int64, np.bool_]
    assert [part.item() for part in arrived] == [0.5, 3, True]


def test_tensors_arrive_as_arrays_that_say_so():
    arrived = plain(tg.tensor([1.0, 2.0], requires_grad=True))
    assert isinstance(arrived, TensorArray)
    assert arrived.tolist() == [1.0, 2.0]
    assert isinstance(plain(arrived), TensorArray)


def test_half_a_character_becomes_a_question_mark():
    assert plain("a\ud800") == "a?"


def test_several_arrays_keep_their_places():
    first, second = np.arange(3), np.ones((2, 2), np.float32)
    arrived = plain({"a": [first, second], "b": first})
    assert arrived["a"][1].tolist() == second.tolist()
    assert arrived["b"].tolist() == first.tolist()


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ((x for x in "ab"), "generator"),
        (len, "builtin_function_or_method"),
        ({1, 2}, "set"),
        (np.array([None]), "array of dtype object"),
        (np.array(["a"]), "array of dtype <U1"),
        (np.zeros(2, [("x", int)]), "array of dtype [('x', '<i8')]"),
        (10**200, "int with too many values"),
    ],
)
def test_what_cannot_come_along_says_what_it_was(value, kind):
    if isinstance(value, int):
        assert isinstance(plain(value), Foreign)
    else:
        assert plain(value) == Foreign(kind)


def test_what_has_no_end_is_cut():
    endless: list[object] = []
    endless.append(endless)
    assert "Foreign" in repr(plain(endless))
    assert isinstance(plain(list(range(200_000))), Foreign)
    assert isinstance(plain([[[0] * 1000] * 1000])[0][-1], Foreign)
    assert isinstance(plain("x" * (5 << 20)), Foreign)


# ---- frames ------------------------------------------------------------------------------------


def test_frames_follow_one_another():
    values = [1, np.arange(2), {"done": True}]
    arrived = list(frames(b"".join(map(dumps, values))))
    assert repr(arrived) == repr(values)


@pytest.mark.parametrize("lost", [1, 5, 60, 90])
def test_a_frame_that_was_cut_off_is_not_given(lost):
    whole = dumps(np.arange(10))
    assert list(frames(dumps(1) + whole[:-lost])) == [1]


@pytest.mark.parametrize(
    "forged",
    [
        b"rubbish",
        pickle.dumps(print),
        MARK + LENGTH.pack(2**31) + b"{}",
        frame(b"no JSON"),
        frame(b"[" * 100_000 + b"]" * 100_000),
        frame(b'"\xff"'),
        frame([1]),
        frame({"value": 1}),
        frame({"value": 1, "arrays": [], "more": 1}),
        frame({"value": 1, "arrays": "abc"}),
        frame({"value": {}, "arrays": []}),
        frame({"value": [], "arrays": []}),
        frame({"value": ["eval", "1"], "arrays": []}),
        frame({"value": ["array", 0], "arrays": []}),
        frame({"value": ["array", -1], "arrays": [["<f8", [0]]]}),
        frame({"value": ["array"], "arrays": []}),
        frame({"value": ["dict", [1]], "arrays": []}),
        frame({"value": ["dict", [["list"], 1]], "arrays": []}),
        frame({"value": ["complex", "1", 2], "arrays": []}),
        one_array(["|O", [1]], bytes(8)),
        one_array(["O", [1]], bytes(8)),
        one_array([["<f8", "<f8"], [1]], bytes(8)),
        one_array(["<f8"], bytes(8)),
        one_array(["<f8", 1], bytes(8)),
        one_array(["<f8", [-1]], bytes(8)),
        one_array(["<f8", [True]], bytes(8)),
        one_array(["<f8", [2.0]], bytes(16)),
        one_array(["<f8", [1] * 100], bytes(8)),
        one_array(["<f8", [0, 2**60]]),
        one_array(["<f8", [1]], bytes(8), ["scalar", 0]),
    ],
)
def test_a_frame_of_another_form_is_refused(forged):
    with pytest.raises(TransportError):
        list(frames(forged))


def test_an_array_cannot_claim_more_bytes_than_there_are():
    assert list(frames(one_array(["<f8", [2**38]], bytes(8)))) == []


def test_nothing_that_arrives_is_run():
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

        def __array__(self, *_, **__):
            pytest.fail("asked for an array")

    assert plain([Bomb()]) == [Foreign("Bomb")]
