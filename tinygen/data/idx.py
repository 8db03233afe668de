"""The IDX format: a header that says type and shape, then the numbers, biggest byte first.

    byte 0, 1    zero
    byte 2       the type of a number (see TYPES)
    byte 3       how many dimensions
    then         the size of each dimension, 4 bytes each
    then         the numbers, the last dimension running fastest

(Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998.)
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from tinygen.data.sets import DataError

__all__ = ["parse_idx", "read_bytes", "read_idx"]

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

GZIP_MAGIC = b"\x1f\x8b"


def read_idx(path: str | Path) -> np.ndarray:
    """Read an IDX file, compressed by gzip or not.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    array
        Of the file's own shape and type, in this machine's byte order.

    Raises
    ------
    DataError
        If the file is truncated, too long, or no IDX file.
    """
    return parse_idx(read_bytes(path), str(path))


def read_bytes(path: str | Path) -> bytes:
    """The uncompressed bytes of a file; gzip is known by its first bytes, not by the name."""
    raw = Path(path).read_bytes()
    if not raw.startswith(GZIP_MAGIC):
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(
            f"{path} cannot be decompressed ({error}): the download was cut short or damaged. "
            "Delete the file and fetch it again"
        ) from error


def parse_idx(raw: bytes, source: str) -> np.ndarray:
    """The array in the bytes of an IDX file.

    Parameters
    ----------
    raw : bytes
    source : str
        What to call the file in error messages.

    Raises
    ------
    DataError
        If the bytes are too few, too many, or no IDX file.
    """
    if len(raw) < 4 or raw[0] or raw[1] or raw[2] not in TYPES:
        raise DataError(
            f"{source} is no IDX file: it starts with the bytes {raw[:4].hex(' ') or '(none)'}, "
            "not with 00 00, a type and a number of dimensions (images of MNIST: 00 00 08 03). "
            "A web page may have been saved in its place"
        )
    dtype, dimensions = np.dtype(TYPES[raw[2]]), raw[3]
    header = 4 + 4 * dimensions
    if len(raw) < header:
        raise DataError(f"{source} is truncated: its header has {len(raw)} of {header} bytes")
    shape = tuple(int(size) for size in np.frombuffer(raw, ">u4", dimensions, offset=4))
    promised, found = math.prod(shape) * dtype.itemsize, len(raw) - header
    if found != promised:
        fault = "is truncated" if found < promised else "has bytes left over"
        raise DataError(
            f"{source} {fault}: its header promises {dtype.name} of shape {shape}, {promised:,} "
            f"bytes, and {found:,} follow. Delete the file and fetch it again"
        )
    numbers = np.frombuffer(raw, dtype, offset=header).reshape(shape)
    return numbers.astype(dtype.newbyteorder("="))
