from __future__ import annotations

import gzip

import numpy as np
import pytest

from tests.data.idx_files import TYPE_OF, idx_bytes
from tinygen.data import DataError, read_idx

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "images"


@pytest.mark.parametrize("kind", TYPE_OF)
def test_every_type_of_number_is_read_in_the_machines_byte_order(path, kind):
    numbers = np.array([[1, -2, 3]]).astype(kind)
    path.write_bytes(idx_bytes(numbers))

    read = read_idx(path)

    np.testing.assert_array_equal(read, numbers)
    assert read.dtype == np.dtype(kind)
    assert read.dtype.isnative


def test_the_bytes_are_those_of_the_formats_description(path):
    path.write_bytes(bytes.fromhex("0000 0B 02 00000001 00000002 0100 FFFF"))

    np.testing.assert_array_equal(read_idx(path), [[256, -1]])


def test_a_compressed_file_is_known_by_its_bytes_and_not_by_its_name(path):
    path.write_bytes(gzip.compress(idx_bytes(IMAGES)))

    np.testing.assert_array_equal(read_idx(path), IMAGES)


def test_an_array_that_was_read_can_be_written_to(path):
    path.write_bytes(idx_bytes(IMAGES))

    read_idx(path)[0] = 0


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: raw[:-5], r"truncated: .*\(2, 3, 4\), 24 bytes, and 19 follow"),
        (lambda raw: raw[:10], r"truncated: its header has 10 of 16 bytes"),
        (lambda raw: raw + b"!", r"bytes left over: .*24 bytes, and 25 follow"),
        (lambda raw: b"", r"no IDX file: .*\(none\)"),
        (lambda raw: b"\x00\x00\x07" + raw[3:], r"no IDX file: .*00 00 07 03"),
        (lambda raw: b"<html>404</html>", r"no IDX file: .*web page"),
        (lambda raw: gzip.compress(raw)[:-9], r"cannot be decompressed .*cut short"),
        (lambda raw: gzip.compress(raw)[:12] + bytes(30), r"cannot be decompressed"),
    ],
    ids=["cut", "header cut", "too long", "empty", "magic", "web page", "gzip cut", "gzip damaged"],
)
def test_a_damaged_file_is_refused_and_named(path, damage, message):
    path.write_bytes(damage(idx_bytes(IMAGES)))

    with pytest.raises(DataError, match=message) as refusal:
        read_idx(path)

    assert str(path) in str(refusal.value)
