"""A damaged or altered file is refused with a CheckpointError; no other error, no wrong content."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygen as tg
from tests.io.trees import same
from tinygen.io import CheckpointError, describe

TREE = {"w": np.arange(4, dtype=np.float32), "n": [1, 2.5, "größe"], "t": (tg.tensor(1.0), None)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The bytes of a good file."""
    path = tmp_path_factory.mktemp("whole") / "a.npz"
    tg.save(TREE, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged") / "a.npz"


def is_refused_or_right(path, content):
    """Load a file; any error but CheckpointError passes through."""
    path.write_bytes(content)
    with suppress(CheckpointError):
        assert same(tg.load(path), TREE)
    with suppress(CheckpointError):
        assert "float32" in describe(path)


def is_refused(path, content, message):
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        tg.load(path)


# ---- damage ----------------------------------------------------------------------------------


def test_every_byte_may_be_wrong(whole, path):
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 0xFF if place % 2 else 0x01
        is_refused_or_right(path, bytes(content))


def test_every_length_but_the_whole_is_refused(whole, path):
    for length in range(len(whole)):
        is_refused(path, whole[:length], "cut short|is empty|not a file")


@settings(max_examples=200)
@given(data=st.data())
def test_several_bytes_may_be_wrong(whole, path, data):
    content = bytearray(whole)
    places = st.integers(0, len(whole) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    is_refused_or_right(path, bytes(content))


@settings(max_examples=100)
@given(data=st.data())
def test_pieces_may_be_missing_doubled_or_foreign(whole, path, data):
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    is_refused_or_right(path, whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:])
    is_refused_or_right(path, whole[:end] + whole[start:])


@settings(max_examples=100)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused(path, content):
    is_refused(path, content, str(path.name))
    is_refused(path, b"PK\x03\x04" + content, "damaged or cut short")


# ---- alterations that keep the archive's own checksums right ---------------------------------


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def as_npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def header_of(members):
    return json.loads(bytes(np.load(io.BytesIO(members["header.npy"]))))


def with_header(members, header):
    text = json.dumps(header, ensure_ascii=False).encode()
    return packed({**members, "header.npy": as_npy(np.frombuffer(text, np.uint8))})


def signed(header):
    """A header with a digest that is right again."""
    said = {name: value for name, value in header.items() if name != "sha256"}
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    return {**said, "sha256": hashlib.sha256(text).hexdigest()}


def test_a_file_packed_anew_is_as_good(whole, path):
    path.write_bytes(packed(members(whole)))

    assert same(tg.load(path), TREE)


def test_a_header_written_differently_is_as_good(whole, path):
    inside = members(whole)
    path.write_bytes(with_header(inside, header_of(inside)))  # with spaces in the JSON

    assert same(tg.load(path), TREE)


def test_another_number_is_refused(whole, path):
    inside = members(whole)
    other = {**inside, "w.npy": as_npy(np.float32([0, 1, 2, 4]))}

    is_refused(path, packed(other), "not as it was saved.*'w' has another digest")


def test_another_header_is_refused(whole, path):
    inside = members(whole)
    header = header_of(inside)
    header["tree"]["n"][0] = 7

    is_refused(path, with_header(inside, header), "its header has another digest")


@pytest.mark.parametrize("name", ["w.npy", "t/0.npy"])
def test_a_missing_member_is_refused(whole, path, name):
    inside = members(whole)
    del inside[name]

    is_refused(path, packed(inside), "other members")


def test_an_added_member_is_refused(whole, path):
    is_refused(path, packed({**members(whole), "x.npy": as_npy(np.ones(1))}), "other members")


def test_a_compressed_member_is_refused_unread(whole, path):
    content = packed(members(whole), zipfile.ZIP_DEFLATED)

    is_refused(path, content, "'header' is packed differently")


class Harmful:
    """What a pickle runs when it is read."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was executed",)


def test_pickled_objects_are_refused_unread_even_if_signed(whole, path):
    inside = members(whole)
    inside["w.npy"] = as_npy(np.array([Harmful()]), allow_pickle=True)
    header = header_of(inside)
    header["arrays"]["w"] = hashlib.sha256(inside["w.npy"]).hexdigest()

    is_refused(path, with_header(inside, signed(header)), "Object arrays cannot be loaded")


@pytest.mark.parametrize(
    "tree",
    [
        {"!array": "no such"}, {"!int": "x"}, {"!float": []}, {"!tuple": 1}, {"!dict": [1]},
        {"!dict": [[[], 1]]}, {"!scalar": ["O", "00"]}, {"!scalar": ["<f4", "zz"]},
        {"!tensor": ["w", "moon", False]},
    ],
    ids=str,
)  # fmt: skip
def test_a_header_that_makes_no_sense_is_refused_even_if_signed(whole, path, tree):
    inside = members(whole)
    header = signed({**header_of(inside), "tree": tree})

    is_refused(path, with_header(inside, header), "makes no sense")


def test_a_newer_format_is_refused_with_the_remedy(whole, path):
    inside = members(whole)
    header = {**header_of(inside), "version": 2, "news": True}

    is_refused(path, with_header(inside, header), "format 2.*up to 1: update tinygen")


# ---- other files -----------------------------------------------------------------------------


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"# notes\n", "is not a file that tinygen wrote"),
        (pickle.dumps({"a": 1}), "pickle"),
        (packed({"archive/data.pkl": b"", "archive/version": b"3"}), r"PyTorch.*np\.savez"),
        (packed({"word/document.xml": b""}), "zip archive, but not one that tinygen wrote"),
        (npz(x=np.ones(2)), r"\.npz archive that tinygen did not write: np\.load reads it"),
        (npz(header=np.frombuffer(b"{}", np.uint8)), "npz archive that tinygen did not write"),
        (npz(header=np.frombuffer(b"[1]", np.uint8)), "npz archive that tinygen did not write"),
        (npz(header=np.ones(2)), "damaged"),
        (as_npy(np.ones(2)), "single NumPy array"),
        (gzip.compress(b"text"), "gzip"),
        (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    ],
)
def test_other_files_are_named(path, content, message):
    is_refused(path, content, message)
    with pytest.raises(CheckpointError, match=message):
        describe(path)


@pytest.mark.parametrize("read", [tg.load, describe])
def test_a_missing_file_and_a_folder_are_the_systems_to_report(tmp_path, read):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nothing.npz")
    with pytest.raises(OSError, match=str(tmp_path.name)):
        read(tmp_path)
