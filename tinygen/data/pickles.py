"""Reading arrays out of a pickle without running it.

A pickle is a program for a small machine with a stack, and two of its instructions can call any
function of Python. Here those two make a note of what was to be called, and only the names that
describe an array are let through: reading a pickle can do no more than reading any other file.
(The instructions are described in the module ``pickletools``.)
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["array_of", "read_pickle"]

CONSTANTS = {
    "BININT", "BININT1", "BININT2", "LONG1", "LONG4",
    "BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
"""Instructions that put the number, the text or the bytes behind them on the stack."""

EMPTY = {"EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict}

FIXED = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}

NUMPYS = ("numpy.core.", "numpy._core.")
"""The two names that one package of NumPy has had."""

RECONSTRUCT = {f"{numpy}multiarray._reconstruct" for numpy in NUMPYS}
FROM_BUFFER = {f"{numpy}numeric._frombuffer" for numpy in NUMPYS}
DTYPE = "numpy.dtype"
ENCODE = "_codecs.encode"

KNOWN = {*RECONSTRUCT, *FROM_BUFFER, DTYPE, ENCODE, "numpy.ndarray"}


@dataclass(slots=True)
class Note:
    """A call that was asked for and not made, and what its result was to contain."""

    function: str
    arguments: tuple[Any, ...]
    state: tuple[Any, ...] | None = None


def read_pickle(raw: bytes) -> Any:
    """What a pickle describes: numbers, texts, lists and dictionaries, and notes for arrays.

    Parameters
    ----------
    raw : bytes
        Of protocol 2 or later. Texts that Python 2 wrote have a character for each byte.

    Raises
    ------
    Exception
        Of any kind, if it is damaged; ValueError if it asks for more than data.
    """
    stack: list[Any] = []
    below: list[list[Any]] = []  # the stacks under each mark
    memo: dict[int, Any] = {}
    argument: Any
    for opcode, argument, _ in pickletools.genops(raw):
        match opcode.name:
            case "STOP":
                return stack.pop()
            case "PROTO" | "FRAME":
                pass
            case name if name in CONSTANTS:
                stack.append(argument)
            case name if name in FIXED:
                stack.append(FIXED[name])
            case name if name in EMPTY:
                stack.append(EMPTY[name]())
            case "MARK":
                below.append(stack)
                stack = []
            case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                n = int(name[-1])
                stack[-n:] = [tuple(stack[-n:])]
            case "TUPLE":
                items, stack = stack, below.pop()
                stack.append(tuple(items))
            case "APPEND":
                item = stack.pop()
                stack[-1].append(item)
            case "APPENDS":
                items, stack = stack, below.pop()
                stack[-1].extend(items)
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                stack[-1][key] = value
            case "SETITEMS":
                items, stack = stack, below.pop()
                stack[-1].update(zip(items[::2], items[1::2], strict=True))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "MEMOIZE":
                memo[len(memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "GLOBAL":
                stack.append(_known(argument.replace(" ", ".")))
            case "STACK_GLOBAL":
                last, module = stack.pop(), stack.pop()
                stack.append(_known(f"{module}.{last}"))
            case "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(_noted(_known(function), tuple(arguments)))
            case "BUILD":
                state = stack.pop()
                stack[-1].state = tuple(state)
            case name:
                raise ValueError(f"the instruction {name} is refused: data do not need it")
    raise ValueError("it has no end")


def _known(function: str) -> str:
    if function not in KNOWN:
        raise ValueError(f"it asks for {function}, which is refused")
    return function


def _noted(function: str, arguments: tuple[Any, ...]) -> Note | bytes:
    """A note; but bytes that Python 3 wrote as text, for Python 2 to encode again, are bytes."""
    if function == ENCODE:
        return str(arguments[0]).encode("latin-1")
    return Note(function, arguments)


def array_of(note: Any) -> np.ndarray:
    """The array of whole numbers that a note describes.

    Raises
    ------
    Exception
        Of any kind, if it describes none.
    """
    if isinstance(note, Note) and note.function in RECONSTRUCT and note.state:
        _version, shape, dtype, is_fortran, raw = note.state
    elif isinstance(note, Note) and note.function in FROM_BUFFER:
        raw, dtype, shape, order = note.arguments
        is_fortran = order == "F"
    else:
        raise ValueError(f"{type(note).__name__} where an array was expected")
    flat = np.frombuffer(_bytes_of(raw), _dtype_of(dtype))
    if is_fortran:
        return flat.reshape(shape[::-1]).transpose().copy()
    return flat.reshape(shape).copy()


def _dtype_of(note: Any) -> np.dtype[Any]:
    """Only whole numbers: an array of objects would hold addresses."""
    if not (isinstance(note, Note) and note.function == DTYPE and note.state):
        raise ValueError(f"{type(note).__name__} where the type of an array was expected")
    byte_order, code = str(note.state[1]), str(note.arguments[0])
    dtype = np.dtype(byte_order.replace("|", "") + code)
    if dtype.kind not in "iu":
        raise ValueError(f"an array of {dtype} where whole numbers were expected")
    return dtype


def _bytes_of(raw: Any) -> bytes:
    """Bytes, or the text with a character for each byte as which Python 2's are read."""
    return raw.encode("latin-1") if isinstance(raw, str) else bytes(memoryview(raw))
