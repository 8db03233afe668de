"""What is saved comes back to the last bit, and plain NumPy reads it."""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import tinygen as tg
from tests import standin
from tests.io.trees import TREES, same
from tinygen import backend
from tinygen.backend import BackendError
from tinygen.io import CheckpointError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "saved.npz"


def through_a_file(tree, path):
    tg.save(tree, path)
    return tg.load(path)


# ---- round trips -----------------------------------------------------------------------------


@settings(max_examples=150)
@given(tree=TREES)
def test_any_tree_comes_back_as_it_was(tree, tmp_path_factory):
    assert same(through_a_file(tree, tmp_path_factory.getbasetemp() / "tree.npz"), tree)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**200), 0.1, -0.0, 5e-324, math.inf, -math.inf, math.nan,
        "", "größe 😀", "\ud800", "\ud83d\ude00", "a\x00b", [], (), {}, [()], ((1,), [2]),
        {1: "a", "1": "b"}, {True: 1, 2.5: 2, None: 3, (1, "x"): 4}, {"!tuple": [1]}, {"!dict": 1},
        np.float32(0.1), np.int64(7), np.bool_(True), np.float64(math.nan), np.complex64(1j),
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value, path):
    assert same(through_a_file(value, path), value)


def test_an_integer_may_have_more_digits_than_python_prints(path):
    assert through_a_file(-(10**5000), path) == -(10**5000)


@pytest.mark.parametrize(
    "array",
    [
        np.array(2.5, np.float32), np.zeros((0, 3), np.int8), np.ones((2, 1, 3), ">f8"),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(10)[::-2],
        np.broadcast_to(np.float32(1), (2, 2)), np.array(["größe", "b"]), np.array([b"a", b""]),
        np.array(["2020-01-01", "NaT"], "M8[D]"), np.array([np.nan, -0.0, np.inf], np.float16),
        np.array([True, False]), np.array([1 + 2j], np.complex64), np.array([2**64 - 1], np.uint64),
    ],
    ids=str,
)  # fmt: skip
def test_an_array_comes_back_as_it_was_and_may_be_changed(array, path):
    loaded = through_a_file([array], path)[0]

    assert same(loaded, array)
    assert loaded.flags.writeable


def test_awkward_names_meet_nowhere(path):
    names = ["a/b", "a_b", "a b", "header", "array", "..", ".", "", "a.npy", "a", "A", "a.", "~2"]
    tree = {name: np.array(number) for number, name in enumerate(names)}
    tree |= {"a~2": {"b": np.array(-1)}, 0: np.array(-2), "0": np.array(-3)}

    assert same(through_a_file(tree, path), tree)
    with np.load(path) as file:  # and NumPy finds each under its own name
        numbers = sorted(int(file[name]) for name in file.files if name != "header")
    assert numbers == sorted([-3, -2, -1, *range(len(names))])


def test_tensors_keep_whether_they_want_gradients_and_lose_their_graph(path):
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    loaded_x, loaded_y, parameter = through_a_file([x, y, tg.nn.Parameter(tg.ones(2))], path)

    assert loaded_x.requires_grad
    assert loaded_x.is_leaf
    assert loaded_y.is_leaf
    np.testing.assert_array_equal(loaded_y.detach().numpy(), [2.0, 4.0])
    assert type(parameter) is tg.Tensor


def test_subclasses_come_back_plain(path):
    state = OrderedDict(b=1, a=2)

    assert same(through_a_file(state, path), {"b": 1, "a": 2})
    assert same(through_a_file(np.str_("text"), path), "text")


def test_equal_trees_give_equal_files(tmp_path):
    for name in ("a", "b"):
        tg.save({"x": np.arange(3), "y": 1.5}, tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# ---- without tinygen -------------------------------------------------------------------------


def test_numpy_reads_arrays_by_their_place_and_json_the_rest(path):
    tg.save({"model": {"0.weight": np.eye(2, dtype=np.float32)}, "epoch": 3, "lr": [0.1]}, path)

    with np.load(path, allow_pickle=False) as file:
        assert same(file["model/0.weight"], np.eye(2, dtype=np.float32))
        header = json.loads(bytes(file["header"]).decode("utf-8"))
    assert header["tree"]["epoch"] == 3
    assert header["tree"]["lr"] == [0.1]


def test_a_single_array_has_a_name_too(path):
    tg.save(np.arange(3), path)

    with np.load(path) as file:
        np.testing.assert_array_equal(file["array"], [0, 1, 2])


# ---- what is not saved -----------------------------------------------------------------------


def contains_itself():
    tree = {"a": []}
    tree["a"].append(tree)
    return tree


LINEAR = tg.nn.Linear(2, 2)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"a": [1, object()]}, r"obj\['a'\]\[1\] of type object"),
        ({"model": LINEAR}, r"obj\['model'\].*state_dict\(\)"),
        (tg.optim.SGD(LINEAR.parameters(), lr=1.0), r"save obj of type SGD.*state_dict\(\)"),
        ([{1, 2}], "sorted"),
        ([b"bytes"], "np.frombuffer"),
        ([Path("a")], r"str\("),
        ([len], "functions and classes"),
        ([np.ma.masked_array([1.0], [True])], r"np\.array\(\.\.\.\), a plain array"),
        ([np.array([None])], "dtype object.*pickles no objects"),
        ([np.zeros(2, "i4,f4")], "no records"),
        ({tg.tensor(1.0): 1}, "a key of this dict is a Tensor"),
        ({frozenset(): 1}, "a key of this dict is a frozenset"),
    ],
)
def test_what_would_need_pickle_is_refused_and_the_old_file_stays(tree, message, path):
    tg.save("old", path)
    with pytest.raises(TypeError, match=message):
        tg.save(tree, path)

    assert tg.load(path) == "old"
    assert list(path.parent.iterdir()) == [path]


def test_a_tree_that_contains_itself_is_refused(path):
    with pytest.raises(ValueError, match="does it contain itself"):
        tg.save(contains_itself(), path)


def test_arguments_in_numpys_order_are_noticed(path):
    with pytest.raises(TypeError, match=r"save\(obj, path\)"):
        tg.save(path, {"a": 1})


# ---- devices ---------------------------------------------------------------------------------


@pytest.fixture
def device():
    standin.install()
    yield backend.get("cuda")
    standin.uninstall()


def test_tensors_return_to_their_device_or_where_they_are_sent(device, path):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    tree = {
        "there": tg.tensor(values, device="cuda", requires_grad=True),
        "here": tg.tensor(values),
    }
    tg.save(tree, path)

    assert places(tg.load(path)) == ["cuda", "cpu"]
    assert places(tg.load(path, map_location="cpu")) == ["cpu", "cpu"]
    assert places(tg.load(path, map_location="cuda")) == ["cuda", "cuda"]
    for where in (None, "cpu", "cuda"):
        for tensor in tg.load(path, map_location=where).values():
            np.testing.assert_array_equal(tensor.detach().cpu().numpy(), values)


def places(tree):
    return [tensor.device for tensor in tree.values()]


def test_device_arrays_come_to_the_host(device, path):
    there = device.asarray(np.arange(3, dtype=np.int16))

    assert same(through_a_file([there], path)[0], np.arange(3, dtype=np.int16))


def test_a_device_that_is_not_there_is_named_with_the_way_out(path, monkeypatch):
    standin.install()
    tg.save([tg.tensor(1.0, device="cuda")], path)
    standin.uninstall()

    def no_gpu(name):
        raise BackendError("no driver") if name == "cuda" else AssertionError(name)

    monkeypatch.setattr(backend, "get", no_gpu)
    with pytest.raises(CheckpointError, match="no driver.*map_location='cpu'"):
        tg.load(path)


def test_an_unknown_device_is_refused_before_the_file_is_read(tmp_path):
    with pytest.raises(ValueError, match="unknown device 'gpu'"):
        tg.load(tmp_path / "no such file", map_location="gpu")
