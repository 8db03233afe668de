from __future__ import annotations

import gzip
import hashlib
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.data.idx_files import idx_bytes
from tinygen.data import (
    DataError,
    DataNotFoundError,
    cache,
    load_fashion_mnist,
    load_mnist,
    mnist,
)

TRAIN = np.arange(3 * 28 * 28).reshape(3, 28, 28).astype(np.uint8)
TEST = TRAIN[:2] // 2
FILES = {
    "train-images-idx3-ubyte": TRAIN,
    "train-labels-idx1-ubyte": np.array([3, 1, 4], np.uint8),
    "t10k-images-idx3-ubyte": TEST,
    "t10k-labels-idx1-ubyte": np.array([1, 5], np.uint8),
}


SUMS = {name: hashlib.md5(idx_bytes(array)).hexdigest() for name, array in FILES.items()}
TINY = replace(mnist.MNIST, md5=SUMS, counts=(3, 2), mirrors=())


@pytest.fixture(autouse=True)
def _a_tiny_mnist_and_no_other(monkeypatch, tmp_path):
    """The sums are those of the tiny files, and the user's own data are out of sight."""
    monkeypatch.setattr(mnist, "MNIST", TINY)
    monkeypatch.setattr(cache, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.delenv("TINYGEN_DATA", raising=False)


def put_files(folder, compress=False, files=FILES):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in files.items():
        raw = idx_bytes(array)
        if compress:
            (folder / f"{name}.gz").write_bytes(gzip.compress(raw))
        else:
            (folder / name).write_bytes(raw)
    return folder


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_the_four_files_become_four_arrays(tmp_path, compress):
    digits = load_mnist(put_files(tmp_path, compress))

    np.testing.assert_array_equal(digits.train_images, TRAIN)
    np.testing.assert_array_equal(digits.train_labels, [3, 1, 4])
    np.testing.assert_array_equal(digits.test_images, TEST)
    np.testing.assert_array_equal(digits.test_labels, [1, 5])
    assert digits.train_images.dtype == np.uint8
    assert digits.train_labels.dtype == digits.test_labels.dtype == np.int64
    assert digits.is_real


@pytest.mark.parametrize("inside", [".", "mnist"])
def test_the_environment_names_the_folder_or_the_one_above(tmp_path, monkeypatch, inside):
    put_files(tmp_path / inside)
    monkeypatch.setenv("TINYGEN_DATA", str(tmp_path))

    assert len(load_mnist().train_images) == 3


def test_the_users_cache_is_looked_into(tmp_path):
    put_files(tmp_path / "cache" / "mnist")

    assert len(load_mnist().train_images) == 3


def test_an_explicit_folder_is_the_only_one_looked_into(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGEN_DATA", str(put_files(tmp_path / "elsewhere")))

    with pytest.raises(DataNotFoundError, match="MNIST is not in .*here"):
        load_mnist(tmp_path / "here")


def test_where_nothing_is_found_the_message_says_where_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TINYGEN_DATA", str(tmp_path / "named"))

    with pytest.raises(DataNotFoundError) as refusal:
        load_mnist()

    message = str(refusal.value)
    for folder in ("named", os.path.join("named", "mnist"), os.path.join("cache", "mnist")):
        assert str(tmp_path / folder) in message
    assert "t10k-labels-idx1-ubyte.gz" in message
    assert "or into any folder that you name in TINYGEN_DATA" in message


def test_a_missing_file_among_the_others_is_named(tmp_path):
    put_files(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()

    with pytest.raises(DataError, match="neither t10k-labels-idx1-ubyte nor"):
        load_mnist(tmp_path)


def test_a_truncated_file_is_called_truncated(tmp_path):
    put_files(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DataError, match="train-images-idx3-ubyte is truncated"):
        load_mnist(tmp_path)


def test_one_changed_pixel_is_found_by_the_checksum(tmp_path):
    put_files(tmp_path, compress=True)
    altered = TRAIN.copy()
    altered[1, 2, 3] ^= 1
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(altered)))

    with pytest.raises(DataError, match="not the published one: .*MD5"):
        load_mnist(tmp_path)


def test_how_a_file_was_compressed_does_not_matter(tmp_path):
    put_files(tmp_path, compress=True)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx_bytes(TRAIN), compresslevel=1, mtime=0))

    assert len(load_mnist(tmp_path).train_images) == 3


# ---- Fashion-MNIST -----------------------------------------------------------------------------

CLOTHES = {
    "train-images-idx3-ubyte": np.arange(20 * 784).reshape(20, 28, 28).astype(np.uint8),
    "train-labels-idx1-ubyte": np.arange(20).astype(np.uint8) % 10,
    "t10k-images-idx3-ubyte": np.arange(10 * 784).reshape(10, 28, 28).astype(np.uint8),
    "t10k-labels-idx1-ubyte": np.arange(10).astype(np.uint8)[::-1],
}


@pytest.fixture
def clothes(monkeypatch):
    """A tiny Fashion-MNIST."""
    tiny = replace(
        mnist.FASHION_MNIST, counts=(20, 10), mirrors=(), foreign=frozenset(SUMS.values())
    )
    monkeypatch.setattr(mnist, "FASHION_MNIST", tiny)
    return dict(CLOTHES)


def test_clothes_are_read_with_the_names_of_their_classes(tmp_path, clothes):
    found = load_fashion_mnist(put_files(tmp_path, compress=True, files=clothes))

    np.testing.assert_array_equal(found.train_images, CLOTHES["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(found.test_labels, CLOTHES["t10k-labels-idx1-ubyte"])
    assert found.classes[0] == "T-shirt/top"
    assert found.classes[9] == "Ankle boot"
    assert found.name == "Fashion-MNIST"


def test_the_same_names_in_the_folder_of_mnist_are_not_taken_for_clothes(
    tmp_path, clothes, monkeypatch
):
    put_files(tmp_path)
    put_files(tmp_path / "fashion-mnist", files=clothes)
    monkeypatch.setenv("TINYGEN_DATA", str(tmp_path))

    assert load_fashion_mnist().name == "Fashion-MNIST"
    with pytest.raises(DataNotFoundError, match="Fashion-MNIST is not in"):
        load_fashion_mnist(put_files(tmp_path / "digits"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", np.zeros((19, 28, 28), np.uint8), r"\(19, 28, 28\)"),
        ("t10k-images-idx3-ubyte", np.zeros((10, 32, 32), np.uint8), r"\(10, 32, 32\)"),
        ("t10k-images-idx3-ubyte", np.zeros((10, 28, 28), np.int16), "int16"),
        ("train-labels-idx1-ubyte", np.zeros(20, np.uint8), "Fashion-MNIST has 2 of each"),
        ("train-labels-idx1-ubyte", np.arange(20).astype(np.uint8), "Fashion-MNIST has 2 of each"),
    ],
)
def test_what_cannot_be_fashion_mnist_is_refused(tmp_path, clothes, name, content, message):
    clothes[name] = content

    with pytest.raises(DataError, match=message):
        load_fashion_mnist(put_files(tmp_path, files=clothes))


# ---- damage of every kind ----------------------------------------------------------------------


@given(
    name=st.sampled_from(list(FILES)),
    place=st.integers(0, 10_000),
    bits=st.integers(1, 255),
    compress=st.booleans(),
)
@example(name="train-images-idx3-ubyte", place=3, bits=255, compress=True)  # flags of gzip
@example(name="train-images-idx3-ubyte", place=7, bits=128, compress=False)  # a huge dimension
def test_a_changed_byte_gives_an_error_or_the_right_pictures(
    tmp_path_factory, name, place, bits, compress
):
    folder = put_files(tmp_path_factory.mktemp("mnist"), compress)
    path = folder / (f"{name}.gz" if compress else name)
    raw = bytearray(path.read_bytes())
    raw[place % len(raw)] ^= bits
    path.write_bytes(raw)

    refusal, digits = "", None
    try:
        digits = load_mnist(folder)
    except DataError as error:
        refusal = str(error)

    if digits is None:
        assert str(path) in refusal
    else:
        np.testing.assert_array_equal(digits.train_images, TRAIN)
        np.testing.assert_array_equal(digits.test_labels, [1, 5])


@given(name=st.sampled_from(list(FILES)), share=st.floats(0, 1, exclude_max=True))
def test_a_file_cut_short_is_refused(tmp_path_factory, name, share):
    folder = put_files(tmp_path_factory.mktemp("mnist"), compress=True)
    path = folder / f"{name}.gz"
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])

    with pytest.raises(DataError):
        load_mnist(folder)


@pytest.mark.skipif(
    "TINYGEN_DATA" not in os.environ,
    reason="to read the real MNIST, set TINYGEN_DATA to a folder with its files",
)
def test_the_real_mnist_is_whole(monkeypatch):
    monkeypatch.undo()

    digits = load_mnist()

    assert digits.train_images.shape == (60_000, 28, 28)
    assert digits.test_images.shape == (10_000, 28, 28)
    # The counts of the labels in LeCun's files.
    assert np.bincount(digits.test_labels).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009
    ]  # fmt: skip
