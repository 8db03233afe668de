"""How values come back from the process that runs a student's code: strictly, and without pickle.

A frame is the mark ``TGV1``, the length of a text, the text (JSON) and the bytes of the arrays that
the text names. Only the types below exist; nothing in a frame can make the reader run anything,
and nothing it says is believed before it is checked. The child writes frames, the parent reads
them; this file imports NumPy and the standard library alone, so that the child starts quickly.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Foreign", "TensorArray", "TransportError", "dumps", "frames", "plain"]

MARK = b"TGV1"
LENGTH = struct.Struct("<I")

LONGEST_TEXT = 4 << 20
"""Bytes of JSON in a frame: what it can make the reader allocate is bounded with it."""

DEEPEST = 20
MOST_ITEMS = 100_000
MOST_AXES = 64
LARGEST_INTEGER = 10**100

DTYPE = re.compile(r"[<|](b1|[iu][1248]|f(2|4|8|16)|c(8|16|32))")
"""Booleans and numbers, in the byte order of nearly every machine."""


class TransportError(ValueError):
    """A frame does not keep the format."""


class TensorArray(np.ndarray[Any, Any]):
    """An array that was a Tensor of tinygen on the other side."""


@dataclass(frozen=True)
class Foreign:
    """A value that cannot come along, such as a generator or an array of objects.

    Parameters
    ----------
    kind : str
        The name of its type, in words.
    """

    kind: str


# ---- writing -----------------------------------------------------------------------------------


def dumps(value: Any) -> bytes:
    """A frame with a value.

    Parameters
    ----------
    value : object
        None, truth values, numbers, strings, NumPy arrays and scalars, Tensors, and tuples, lists
        and dicts of those; all else arrives as :class:`Foreign`.

    Returns
    -------
    bytes
    """
    writer = _Writer()
    tree = writer.tree(value, 0)
    text = json.dumps({"value": tree, "arrays": writer.heads}).encode()
    if len(text) > LONGEST_TEXT:
        return dumps(Foreign(f"{type(value).__name__} with too much text"))
    return b"".join([MARK, LENGTH.pack(len(text)), text, *writer.blobs])


class _Writer:
    def __init__(self) -> None:
        self.heads: list[list[Any]] = []
        self.blobs: list[bytes] = []
        self.items = 0

    def tree(self, value: Any, depth: int) -> Any:
        """The value as JSON knows it."""
        self.items += 1
        size = len(value) if isinstance(value, list | tuple | dict) else 0
        if depth > DEEPEST or self.items + size > MOST_ITEMS:
            return ["foreign", f"{type(value).__name__} with too many values"]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, np.generic):
            return self.array(np.asarray(value), "scalar")
        if isinstance(value, np.ndarray):
            return self.array(np.asarray(value), "tensor" if _was_tensor(value) else "array")
        if isinstance(value, int) and abs(value) < LARGEST_INTEGER:
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, complex):
            return ["complex", value.real, value.imag]
        if isinstance(value, str):
            return str(value)
        if isinstance(value, list | tuple):
            kind = "list" if isinstance(value, list) else "tuple"
            return [kind, *(self.tree(item, depth + 1) for item in value)]
        if isinstance(value, dict):
            items = ([self.tree(part, depth + 1) for part in item] for item in value.items())
            return ["dict", *items]
        if type(value).__name__ == "Tensor" and type(value).__module__.startswith("tinygen."):
            return self.array(np.asarray(value.detach().numpy()), "tensor")
        return ["foreign", value.kind if isinstance(value, Foreign) else type(value).__name__]

    def array(self, array: np.ndarray, kind: str) -> list[Any]:
        """The place of an array among the arrays of the frame."""
        dtype = array.dtype.newbyteorder("<")
        if not DTYPE.fullmatch(dtype.str):
            return ["foreign", f"array of dtype {array.dtype}"[:100]]
        self.heads.append([dtype.str, list(array.shape)])
        self.blobs.append(array.astype(dtype, order="C", copy=False).tobytes())
        return [kind, len(self.heads) - 1]


def _was_tensor(value: np.ndarray) -> bool:
    return type(value).__name__ == "TensorArray"


# ---- reading -----------------------------------------------------------------------------------


def frames(buffer: bytes) -> Iterator[Any]:
    """The values of all frames; one that was cut off at the end is not given.

    Parameters
    ----------
    buffer : bytes

    Yields
    ------
    object

    Raises
    ------
    TransportError
        At the first frame that does not keep the format.
    """
    at = 0
    while at < len(buffer):
        if not (buffer.startswith(MARK, at) or MARK.startswith(buffer[at : at + len(MARK)])):
            raise TransportError("a frame begins without its mark")
        begin = at + len(MARK) + LENGTH.size
        if begin > len(buffer):
            return
        (length,) = LENGTH.unpack_from(buffer, at + len(MARK))
        if length > LONGEST_TEXT:
            raise TransportError("a frame with too much text")
        if begin + length > len(buffer):
            return
        tree, heads = _parsed(buffer[begin : begin + length])
        at = begin + length
        arrays: list[np.ndarray] = []
        for dtype, shape in heads:
            size = dtype.itemsize * math.prod(shape)
            if at + size > len(buffer):
                return
            arrays.append(np.frombuffer(buffer[at : at + size], dtype).reshape(shape))
            at += size
        try:
            yield _value(tree, arrays)
        except RecursionError as error:
            raise TransportError("a value is nested too deeply") from error


def plain(value: Any) -> Any:
    """A value as it would arrive.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    return next(frames(dumps(value)))


def _parsed(text: bytes) -> tuple[Any, list[tuple[np.dtype[Any], tuple[int, ...]]]]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TransportError("a frame's text is no JSON") from error
    if not isinstance(frame, dict) or set(frame) != {"value", "arrays"}:
        raise TransportError("a frame's text has other keys")
    heads = frame["arrays"]
    if not isinstance(heads, list):
        raise TransportError("a frame's arrays are no list")
    return frame["value"], [_head(head) for head in heads]


def _head(head: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    match head:
        case [str(name), list(shape)] if DTYPE.fullmatch(name) and len(shape) <= MOST_AXES:
            if all(type(size) is int and 0 <= size < 1 << 40 for size in shape):
                return np.dtype(name), tuple(shape)
    raise TransportError("an array is not described as it must be")


def _value(tree: Any, arrays: list[np.ndarray]) -> Any:
    """A value from its JSON."""
    if isinstance(tree, str):
        return tree.encode("utf-8", "replace").decode()  # what is printed later must be text
    if not isinstance(tree, list | dict):
        return tree
    match tree:
        case ["array" | "scalar" | "tensor" as kind, int(index)] if 0 <= index < len(arrays):
            return _array(kind, arrays[index])
        case ["complex", float(real), float(imaginary)]:
            return complex(real, imaginary)
        case ["foreign", str(kind)]:
            return Foreign(kind[:100])
        case ["list", *items]:
            return [_value(item, arrays) for item in items]
        case ["tuple", *items]:
            return tuple(_value(item, arrays) for item in items)
        case ["dict", *items]:
            return _dict(items, arrays)
    raise TransportError("a value is not written as it must be")


def _array(kind: str, array: np.ndarray) -> Any:
    if kind == "tensor":
        return array.view(TensorArray)
    if kind == "array":
        return array
    if array.ndim:
        raise TransportError("a scalar has axes")
    return array[()]


def _dict(items: list[Any], arrays: list[np.ndarray]) -> dict[Any, Any]:
    try:
        return {_value(key, arrays): _value(item, arrays) for key, item in items}
    except (TypeError, ValueError) as error:  # a key that is a list, an item that is no pair
        raise TransportError("a dict is not written as it must be") from error
