from __future__ import annotations

import builtins
import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data import mirrors
from tests.data.mirrors import serving
from tinygen.data import DataError, DataNotFoundError, ImageSet, cache, cifar, load_cifar10

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 3072), np.uint8)
LABELS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
ROWS = {name: slice(2 * number, 2 * number + 2) for number, name in enumerate(NAMES)}


# ---- batches made by hand ----------------------------------------------------------------------


def binary(rows):
    return b"".join(
        bytes([label]) + pixels.tobytes()
        for label, pixels in zip(LABELS[rows], PIXELS[rows], strict=True)
    )


def from_python_2(rows):
    """Word for word what Python 2 and its NumPy wrote: {'data': array, 'labels': list}."""
    raw = PIXELS[rows].tobytes()
    labels = b"".join(b"K" + bytes([label]) for label in LABELS[rows])
    return (
        b"\x80\x02}q\x00(U\x04dataq\x01"
        b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85q\x04U\x01bq\x05"
        b"\x87q\x06Rq\x07(K\x01K" + bytes([len(PIXELS[rows])]) + b"M\x00\x0c\x86q\x08"
        b"cnumpy\ndtype\nq\tU\x02u1q\nK\x00K\x01\x87q\x0bRq\x0c"
        b"(K\x03U\x01|q\rNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0eb\x89"
        b"T" + struct.pack("<i", len(raw)) + raw + b"q\x0ftq\x10b"
        b"U\x06labelsq\x11]q\x12(" + labels + b"eu."
    )


def from_python_3(protocol, order="C", labels=list, keys=str):
    def batch(rows):
        content = {"data": np.array(PIXELS[rows], order=order), "labels": labels(LABELS[rows])}
        named = {key if keys is str else key.encode(): value for key, value in content.items()}
        return pickle.dumps(named, protocol)

    return batch


def batches(kind, names=NAMES):
    """File names and contents of a set of ten pictures and two."""
    make, ending = (binary, ".bin") if kind == "binary" else (from_python_2, "")
    return {f"{name}{ending}": make(ROWS[name]) for name in names}


def tar(files, folder="cifar-10-batches-py/"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def tar_gz(files):
    return gzip.compress(tar(files), mtime=0)


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def assert_right(pictures, names=NAMES):
    train = [row for name in names[:-1] for row in range(12)[ROWS[name]]]
    np.testing.assert_array_equal(pictures.train_images, PIXELS[train].reshape(-1, 3, 32, 32))
    np.testing.assert_array_equal(pictures.train_labels, np.array(LABELS)[train])
    np.testing.assert_array_equal(pictures.test_images, PIXELS[10:].reshape(-1, 3, 32, 32))
    np.testing.assert_array_equal(pictures.test_labels, LABELS[10:])
    assert pictures.train_images.dtype == np.uint8
    assert pictures.train_labels.dtype == pictures.test_labels.dtype == np.int64


@pytest.fixture(autouse=True)
def _no_other(monkeypatch, tmp_path):
    """The user's own data are out of sight."""
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.delenv("TINYGEN_DATA", raising=False)


@pytest.fixture
def tiny(monkeypatch):
    """A set that is whole with ten pictures and two."""
    sums = {name: hashlib.md5(from_python_2(ROWS[name])).hexdigest() for name in NAMES}
    monkeypatch.setattr(cifar, "MD5", sums)
    monkeypatch.setattr(cifar, "CIFAR10", replace(cifar.CIFAR10, counts=(10, 2), mirrors=()))


# ---- every layout ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["python", "binary"])
@pytest.mark.parametrize("inside", [".", "cifar-10-batches-py", "cifar10/cifar-10-batches-bin"])
def test_unpacked_batches_are_found_and_read(tmp_path, kind, inside):
    put(tmp_path / inside, batches(kind))

    assert_right(load_cifar10(tmp_path))


@pytest.mark.parametrize("kind", ["python", "binary"])
@pytest.mark.parametrize("ending", [".tar.gz", ".tgz", ".tar"])
def test_archives_are_read_where_they_lie(tmp_path, kind, ending):
    pack = tar if ending == ".tar" else tar_gz
    put(tmp_path, {f"cifar-10-{kind}{ending}": pack(batches(kind))})

    assert_right(load_cifar10(tmp_path))
    assert_right(load_cifar10(tmp_path / f"cifar-10-{kind}{ending}"))
    assert len(list(tmp_path.iterdir())) == 1


def test_the_red_pixels_come_first_and_row_by_row(tmp_path):
    picture = np.zeros(3072, np.uint8)
    picture[32 + 5] = 255  # red, row 1, column 5
    row = bytes([7]) + picture.tobytes()

    found = load_cifar10(put(tmp_path, {"data_batch_1.bin": row, "test_batch.bin": row}))

    assert np.argwhere(found.train_images).tolist() == [[0, 0, 1, 5]]
    assert found.classes[found.train_labels[0]] == "horse"


@pytest.mark.parametrize(
    "make",
    [
        from_python_2,
        *(from_python_3(protocol) for protocol in range(2, 6)),
        from_python_3(4, order="F"),
        from_python_3(2, keys=bytes),
        from_python_3(5, labels=np.array),
        from_python_3(4, labels=lambda labels: np.array(labels, ">i4")),
    ],
)
def test_pickles_of_all_ages_mean_the_same(tmp_path, make):
    files = {name: make(ROWS[name]) for name in NAMES}
    content = pickle.loads(files["test_batch"], encoding="bytes")
    pixels = content.get("data", content.get(b"data"))
    np.testing.assert_array_equal(pixels, PIXELS[10:])  # what the real unpickler reads

    assert_right(load_cifar10(put(tmp_path, files)))


def test_a_part_of_the_set_is_called_so(tmp_path):
    names = ["data_batch_2", "data_batch_4", "test_batch"]

    found = load_cifar10(put(tmp_path, batches("binary", names)))

    assert_right(found, names)
    assert found.name == "CIFAR-10 (a part of it)"


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("kind", ["python", "binary"])
def test_the_whole_set_has_its_plain_name(tmp_path, kind):
    assert load_cifar10(put(tmp_path, batches(kind))).name == "CIFAR-10"


@pytest.mark.skipif(
    "TINYGEN_DATA" not in os.environ,
    reason="to read real pictures, set TINYGEN_DATA to a folder with CIFAR-10 or a part of it",
)
def test_real_pictures_are_neither_dark_nor_noise(monkeypatch):
    monkeypatch.undo()
    found = load_cifar10()

    assert set(found.train_labels.tolist()) == set(range(10))
    pixels = found.train_images[:1000].astype(float)
    # The channels' means over the whole set are 125.3, 123.0 and 113.9 (of 255).
    np.testing.assert_allclose(pixels.mean(axis=(0, 2, 3)), [125.3, 123.0, 113.9], atol=8)
    neighbours = np.corrcoef(pixels[..., 1:].ravel(), pixels[..., :-1].ravel())[0, 1]
    assert neighbours > 0.9


# ---- what is wrong is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (batches("binary", NAMES[:5]), "has only data_batch_1, .*needs .*test_batch"),
        (batches("python", NAMES[5:]), "has only test_batch"),
        ({**batches("binary"), "data_batch_3.bin": b""}, "data_batch_3.bin is truncated"),
        ({**batches("binary"), "test_batch.bin": bytes(3072)}, "3,072 bytes, .*multiple of 3,073"),
        ({**batches("binary"), "test_batch.bin": b"\x0a" + bytes(3072)}, "labels .*10 and 10"),
        ({**batches("python"), "test_batch": b"<html>"}, "test_batch is no batch of CIFAR-10"),
        ({**batches("python"), "test_batch": b""}, "test_batch is no batch"),
        ({**batches("python"), "test_batch": pickle.dumps([1])}, "is no batch"),
        ({**batches("python"), "test_batch": pickle.dumps({"data": 1})}, "is no batch"),
        (
            {**batches("python"), "test_batch": pickle.dumps({"data": PIXELS, "labels": [1]})},
            r"pixels are uint8 of shape \(12, 3072\), and it has 1 labels",
        ),
        (
            {**batches("python"), "test_batch": pickle.dumps(
                {"data": PIXELS[:1].astype(float), "labels": [1]})},
            "an array of float64",
        ),
    ],
)  # fmt: skip
def test_batches_that_cannot_be_right_are_refused(tmp_path, files, message):
    with pytest.raises(DataError, match=message):
        load_cifar10(put(tmp_path, files))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tar_gz(batches("python"))[:-4], "cannot be unpacked .*cut short"),
        (tar_gz(batches("python"))[:5000], "cannot be unpacked .*cut short"),
        (tar(batches("python"))[:5000], "is said to have|cannot be unpacked"),
        (b"<html>", "cannot be unpacked"),
        (b"", "cannot be unpacked"),
        (tar_gz({"readme.html": b"text"}), "has only other files"),
        (tar_gz({**batches("python"), **batches("binary")}), "twice"),
    ],
)
def test_archives_that_cannot_be_right_are_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        load_cifar10(put(tmp_path, {"cifar-10-python.tar.gz": content}))


@pytest.mark.usefixtures("tiny")
def test_the_whole_set_must_have_the_published_sums(tmp_path):
    files = batches("python")
    at = files["data_batch_3"].index(PIXELS[4].tobytes())
    altered = bytearray(files["data_batch_3"])
    altered[at] ^= 1
    files["data_batch_3"] = bytes(altered)

    with pytest.raises(DataError, match="data_batch_3 can be read, but not with the published"):
        load_cifar10(put(tmp_path, files))


def member(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside"),
        member("cifar-10-batches-py/../../outside"),
        member("/etc/outside"),
        member("C:/outside"),
        member("..\\outside"),
        member("\\outside"),
        member("cifar-10-batches-py/data_batch_1", tarfile.SYMTYPE, "/etc/passwd"),
        member("cifar-10-batches-py/data_batch_1", tarfile.LNKTYPE, "../outside"),
        member("cifar-10-batches-py/data_batch_1", tarfile.CHRTYPE),
        member("cifar-10-batches-py/data_batch_1", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.type.decode()}",
)
@pytest.mark.parametrize("last", [False, True])
def test_members_that_escape_the_folder_are_refused(tmp_path, bad, last):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        if not last:
            archive.addfile(bad)
        for name, content in batches("python").items():
            info = member(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if last:
            archive.addfile(bad)
    inside = put(tmp_path / "inside", {"cifar-10-python.tar.gz": packed.getvalue()})

    with pytest.raises(DataError, match="is refused: its member"):
        load_cifar10(inside)

    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [
        "cifar-10-python.tar.gz"
    ]


# ---- a pickle is a program ---------------------------------------------------------------------


class Calls:
    """Pickled, it asks the reader to call a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "program",
    [
        Calls(os.system, "touch {mark}"),
        Calls(open, "{mark}", "w"),
        Calls(exec, "open('{mark}', 'w')"),
        Calls(builtins.getattr, "{mark}", "upper"),
        Calls(np.load, "{mark}"),
        Calls(np.fromfile, "{mark}"),
        Calls(bytearray, 10**15),
        Calls(ImageSet, 1),
    ],
)
@pytest.mark.parametrize("place", ["data", "labels", "other"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_nothing_that_a_pickle_asks_for_is_called(tmp_path, program, place, protocol):
    mark = tmp_path / "mark"
    function, arguments = program.call
    arguments = [a.format(mark=mark) if isinstance(a, str) else a for a in arguments]
    content = {"data": PIXELS[10:], "labels": [1, 2], place: Calls(function, *arguments)}
    files = {**batches("python"), "test_batch": pickle.dumps(content, protocol)}

    with pytest.raises(DataError, match="which is refused|is no batch"):
        load_cifar10(put(tmp_path / "files", files))

    assert not mark.exists()


def test_a_few_bytes_cannot_make_it_reserve_much_memory(tmp_path):
    greedy = {  # each opcode is followed by a length or a number, and by nothing else
        "bytearray": b"\x80\x05\x96" + struct.pack("<Q", 1 << 31),
        "bytes": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 31),
        "memo": b"\x80\x02Nr" + struct.pack("<I", 1 << 31) + b".",
    }
    for name, content in greedy.items():
        folder = put(tmp_path / name, {**batches("python"), "test_batch": content})
        tracemalloc.start()
        with pytest.raises(DataError, match="is no batch"):
            load_cifar10(folder)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 10e6


# ---- damage ------------------------------------------------------------------------------------


def read_or_refuse(folder):
    """The pictures, or why there are none."""
    try:
        return load_cifar10(folder), ""
    except DataError as error:
        return None, str(error)


@given(place=st.integers(0, 40_000), bits=st.integers(1, 255))
def test_a_changed_byte_in_an_archive_gives_an_error_or_the_right_pictures(
    tmp_path_factory, place, bits
):
    content = bytearray(tar_gz(batches("python")))
    content[place % len(content)] ^= bits
    folder = put(tmp_path_factory.mktemp("cifar"), {"cifar-10-python.tar.gz": bytes(content)})

    found, refusal = read_or_refuse(folder)

    if found is None:
        assert str(folder) in refusal
    else:
        assert_right(found)


@given(place=st.integers(0, 600), bits=st.integers(1, 255))
def test_a_changed_header_of_a_member_is_an_error_or_does_not_matter(tmp_path_factory, place, bits):
    content = bytearray(tar(batches("binary")))
    content[place] ^= bits
    folder = put(tmp_path_factory.mktemp("cifar"), {"cifar-10-binary.tar": bytes(content)})

    found, refusal = read_or_refuse(folder)

    assert found is not None or str(folder) in refusal


@given(
    place=st.one_of(st.integers(0, 190), st.integers(-40, -1), st.integers(0, 6000)),
    bits=st.integers(1, 255),
    protocol=st.sampled_from([None, 2, 5]),
)
def test_a_changed_byte_in_a_pickle_never_crashes(tmp_path_factory, place, bits, protocol):
    make = from_python_2 if protocol is None else from_python_3(protocol)
    content = bytearray(make(ROWS["test_batch"]))
    content[place % len(content)] ^= bits
    files = {**batches("python"), "test_batch": bytes(content)}
    folder = put(tmp_path_factory.mktemp("cifar"), files)

    found, refusal = read_or_refuse(folder)

    assert found is not None or str(folder) in refusal


# ---- from the network --------------------------------------------------------------------------

ARCHIVE = "cifar-10-python.tar.gz"


def at(mirror, content):
    return replace(cifar.CIFAR10, mirrors=(mirror.address(),), sizes={ARCHIVE: len(content)})


@pytest.mark.usefixtures("tiny")
def test_the_archive_is_fetched_and_kept_packed(tmp_path):
    content = tar_gz(batches("python"))
    with serving({ARCHIVE: content}, mirrors.cut_off_after(9000)) as mirror:
        files = at(mirror, content)
        assert_right(cache.load_files(files))
        assert_right(cache.load_files(files, offline=True))

    assert mirror.asked == [(ARCHIVE, None), (ARCHIVE, "bytes=9000-")]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [ARCHIVE]


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tar_gz(batches("python", ["data_batch_1", "test_batch"])), r"has 2 \+ 2 pictures"),
        (tar_gz({**batches("python"), "../evil": b""}), "is refused"),
        (tar_gz(batches("python"))[:-9], "cannot be unpacked"),
    ],
)
def test_what_is_not_the_whole_set_does_not_get_into_the_cache(tmp_path, content, message):
    with serving({ARCHIVE: content}) as mirror, pytest.raises(DataNotFoundError, match=message):
        cache.load_files(at(mirror, content))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
