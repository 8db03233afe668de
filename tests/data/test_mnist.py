from __future__ import annotations

import gzip
import hashlib
import os

import numpy as np
import pytest

from tests.data.idx_files import idx_bytes
from tinygen.data import DataError, DataNotFoundError, load_mnist, mnist

TRAIN = np.arange(3 * 28 * 28).reshape(3, 28, 28).astype(np.uint8)
TEST = TRAIN[:2] // 2
FILES = {
    "train-images-idx3-ubyte": TRAIN,
    "train-labels-idx1-ubyte": np.array([3, 1, 4], np.uint8),
    "t10k-images-idx3-ubyte": TEST,
    "t10k-labels-idx1-ubyte": np.array([1, 5], np.uint8),
}


@pytest.fixture(autouse=True)
def _a_tiny_mnist_and_no_other(monkeypatch, tmp_path):
    """The sums are those of the tiny files, and the user's own data are out of sight."""
    sums = {name: hashlib.md5(idx_bytes(array)).hexdigest() for name, array in FILES.items()}
    monkeypatch.setattr(mnist, "MD5", sums)
    monkeypatch.setattr(mnist, "user_cache", lambda: tmp_path / "cache")
    monkeypatch.delenv("TINYGEN_DATA", raising=False)


def put_files(folder, compress=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in FILES.items():
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
    assert "https://" in message


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
