"""Trees of arrays in one file that plain NumPy reads: ``save`` and ``load``.

The file is an ``.npz``. Every array is a member, named after its place in the tree; one more
member, ``header``, holds the tree itself as JSON in UTF-8. Without tinygen::

    with np.load("digits.npz") as file:
        weight = file["model/0.weight"]
        header = json.loads(bytes(file["header"]))

Nothing in it is code: no object is pickled, and a file that holds pickled ones is refused. The
header keeps the SHA-256 of every member and its own, so that no altered file passes for a whole
one. What JSON cannot say is an object with one key that begins with ``!``, as in
``{"!tuple": [1, 2]}``.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import zipfile
from collections.abc import Callable
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy

from tinygen import backend
from tinygen.backend import Array, BackendError
from tinygen.io.files import remove_leftovers, whole_file
from tinygen.tensors import Tensor

__all__ = ["CheckpointError", "Contents", "load", "read", "save", "write"]

FORMAT = "tinygen"
VERSION = 1
"""Goes up when older versions of tinygen could misread what is written."""

HEADER = "header"
DEEPEST = 100
"""Levels of a tree; one that contains itself has more."""

NUMBERS = "biufc"
STORED = NUMBERS + "SUmM"
"""Kinds of dtypes that a file keeps: numbers, strings of fixed length, dates."""

FilePath = str | os.PathLike[str]


class CheckpointError(ValueError):
    """A file is damaged, or is not what is needed here."""


class Contents(NamedTuple):
    """What :func:`read` found in a file, every byte of it verified.

    Attributes
    ----------
    kind : str
        ``"tree"`` from :func:`save`, ``"checkpoint"`` from ``save_checkpoint``.
    version : int
        Of the format.
    sha256 : str
        One number for all that is in the file.
    nodes : object
        The tree as JSON has it.
    arrays : dict of str to ndarray
        By the names of the members.
    """

    kind: str
    version: int
    sha256: str
    nodes: Any
    arrays: dict[str, np.ndarray]

    def tree(self, map_location: str | None = None) -> Any:
        """Put the tree together again; :func:`load` says more."""
        try:
            return _decoded(self.nodes, self.arrays, map_location)
        except CheckpointError:
            raise
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise CheckpointError(f"the header of the file makes no sense: {error!r}") from error


def save(obj: Any, path: FilePath) -> None:
    """Write a tree of dicts, lists, tuples, numbers, strings, arrays and tensors to a file.

    The name and the order of the arguments are PyTorch's. The file is written whole or not at
    all; without tinygen, ``np.load`` reads it.

    Parameters
    ----------
    obj : object
        None, bool, int, float, str, NumPy numbers, arrays and tensors, and dicts, lists and tuples
        of them, all of which :func:`load` gives back as they are: types, dtypes and shapes (0-d
        too), every bit of a number, the keys of dicts. Subclasses come back as the plain type,
        device arrays as NumPy arrays, tensors as leaves without their ``grad``.
    path : str or path
        The file, by custom with the ending ``.npz``. Missing folders are made.

    Raises
    ------
    TypeError
        If something in the tree is of another type; the message says where, and what to do.
    ValueError
        If the tree contains itself.
    """
    write(path, obj, "tree")


def load(path: FilePath, map_location: str | None = None) -> Any:
    """Read what :func:`save` wrote.

    Nothing in the file is executed, and every byte is verified before it is used. The file of
    ``save_checkpoint`` gives a dict of its parts.

    Parameters
    ----------
    path : str or path
    map_location : {"cpu", "cuda"}, optional
        The device for the tensors in the tree; by default the one that each was saved from.

    Returns
    -------
    object
        The tree. Arrays are on the host.

    Raises
    ------
    CheckpointError
        If the file is damaged, cut short or altered, of a newer format, or something else.
    OSError
        If there is no such file, or it cannot be opened.
    """
    if map_location is not None:
        backend.get(map_location)  # refuses an unknown or missing device before the work
    return read(path).tree(map_location)


# ---- writing ---------------------------------------------------------------------------------


def require_savable(tree: Any) -> None:
    """Refuse now what :func:`save` would refuse later; nothing is written or copied."""
    _Encoder().encode(tree, ())


def write(path: FilePath, tree: Any, kind: str) -> None:
    """Write a tree and say in the header what kind of tree it is; :func:`save` says more."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"the file's name must be a string or a path, got {type(path).__name__}: the order is "
            "save(obj, path)"
        )
    encoder = _Encoder()
    nodes = encoder.encode(tree, ())
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        digests = {name: _add(archive, name, array) for name, array in encoder.arrays.items()}
        header = {
            "format": FORMAT, "version": VERSION, "kind": kind, "tree": nodes, "arrays": digests
        }  # fmt: skip
        header["sha256"] = _digest(header)
        _add(archive, HEADER, np.frombuffer(_as_json(header), np.uint8))
    remove_leftovers(path)


class _Encoder:
    """Separates a tree into what JSON can say and the arrays."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def encode(self, value: Any, path: tuple[Any, ...]) -> Any:
        """Return the JSON of a value at a place in the tree, and note its arrays."""
        if len(path) > DEEPEST:
            raise ValueError(
                f"the tree is more than {DEEPEST} levels deep: does it contain itself? It begins "
                f"with {_place(path[:4])}"
            )
        if isinstance(value, np.generic) and value.dtype.kind in NUMBERS:
            return {"!scalar": [value.dtype.str, value.tobytes().hex()]}
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int):  # beyond 64 bits JSON's readers differ
            return value if abs(value) < 2**63 else {"!int": hex(value)}
        if isinstance(value, float):
            return value if math.isfinite(value) else {"!float": str(value)}
        if isinstance(value, list):
            return self._items(value, path)
        if isinstance(value, tuple):
            return {"!tuple": self._items(value, path)}
        if isinstance(value, dict):
            return self._dict(value, path)
        if isinstance(value, Tensor):
            name = self._note(value.data, path)
            return {"!tensor": [name, value.device, value.requires_grad]}
        return {"!array": self._note(value, path)}

    def _items(self, values: list[Any] | tuple[Any, ...], path: tuple[Any, ...]) -> list[Any]:
        return [self.encode(value, (*path, index)) for index, value in enumerate(values)]

    def _dict(self, values: dict[Any, Any], path: tuple[Any, ...]) -> dict[str, Any]:
        encoded = {key: self.encode(value, (*path, key)) for key, value in values.items()}
        if all(isinstance(key, str) and not key.startswith("!") for key in encoded):
            return encoded
        return {"!dict": [[self._key(key, path), value] for key, value in encoded.items()]}

    def _key(self, key: Any, path: tuple[Any, ...]) -> Any:
        if key is None or isinstance(key, bool | int | float | str | tuple | np.generic):
            return self.encode(key, path)
        raise TypeError(
            f"cannot save {_place(path)}: a key of this dict is a {type(key).__name__}; keys are "
            "strings, numbers, None or tuples of them (an optimizer's state_dict() has them so)"
        )

    def _note(self, value: Any, path: tuple[Any, ...]) -> str:
        """Give an array a member name of its own that says where it belongs."""
        _require_array(value, path)
        parts = [re.sub(r"[^\w.-]", "_", str(key))[:80].strip(".") or "_" for key in path]
        wanted = name = "/".join(parts) or "array"
        number = 1
        # np.load takes the ending .npy off the members' names, or not, as it finds them.
        while name in self.arrays or name == HEADER or name.endswith(".npy"):
            number += 1
            name = f"{wanted}~{number}"
        self.arrays[name] = value
        return name


HINTS: list[tuple[Callable[[Any], bool], str]] = [
    (lambda value: hasattr(value, "state_dict"), "save its state_dict()"),
    (lambda value: isinstance(value, set | frozenset), "save sorted(...), a list"),
    (lambda value: isinstance(value, bytes | bytearray), "save np.frombuffer(..., np.uint8)"),
    (lambda value: isinstance(value, os.PathLike), "save str(...)"),
    (lambda value: isinstance(value, np.ndarray), "save np.array(...), a plain array"),
    (callable, "functions and classes are not saved; save the name and the arguments"),
]
"""What to do about a value that no file keeps."""


def _require_array(value: Any, path: tuple[Any, ...]) -> None:
    """Raise TypeError unless a value is an array that a file can keep without pickling."""
    if type(value) not in backend.MODULES:
        hint = next(
            (hint for fits, hint in HINTS if fits(value)),
            "a file keeps dicts, lists, tuples, None, bool, int, float, str, arrays and tensors",
        )
        raise TypeError(f"cannot save {_place(path)} of type {type(value).__name__}: {hint}")
    if value.dtype.kind not in STORED:
        raise TypeError(
            f"cannot save {_place(path)}, an array of dtype {value.dtype}: a file keeps arrays of "
            "numbers, strings and dates; it pickles no objects and knows no records (save the "
            "fields one by one, or lists for arrays of objects)"
        )


def _place(path: tuple[Any, ...]) -> str:
    """The expression for a place in the tree."""
    return "obj" + "".join(f"[{key!r}]" for key in path)


class _Hashed:
    """Passes what is written on to a file and keeps its digest."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.sha256.update(data)
        self.file.write(data)


def _add(archive: zipfile.ZipFile, name: str, array: Array) -> str:
    """Write an array as a member; return the digest of its bytes."""
    # A ZipInfo of its own has no time in it: equal trees give equal files.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        hashed = _Hashed(member)
        npy.write_array(hashed, backend.of(array).to_numpy(array), allow_pickle=False)
    return hashed.sha256.hexdigest()


def _as_json(header: dict[str, Any]) -> bytes:
    """One JSON text for one header, whatever its spacing was in the file."""
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _digest(header: dict[str, Any]) -> str:
    """The digest of all that the header says and, through their digests, of the arrays."""
    said = {name: value for name, value in header.items() if name != "sha256"}
    return hashlib.sha256(_as_json(said)).hexdigest()


# ---- reading ---------------------------------------------------------------------------------


def read(path: FilePath) -> Contents:
    """Read and verify a file; :func:`load` says more."""
    with open(path, "rb") as file:
        try:
            return _verified(file)
        except CheckpointError as error:
            raise CheckpointError(f"{os.fspath(path)!r} {error}") from error.__cause__
        except MemoryError:
            raise
        except Exception as error:  # a damaged archive makes zipfile and json raise almost any
            raise CheckpointError(f"{os.fspath(path)!r} {_what_it_is(file)}: {error}") from error


def _verified(file: IO[bytes]) -> Contents:
    with zipfile.ZipFile(file) as archive:
        size = os.fstat(file.fileno()).st_size
        names = [info.filename for info in archive.infolist()]
        if f"{HEADER}.npy" not in names:
            raise CheckpointError(_foreign_archive(names))
        header = json.loads(bytes(_array(_member(archive, HEADER, size))))
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise CheckpointError(_foreign_archive(names))
        version = header["version"]
        if version > VERSION:
            raise CheckpointError(
                f"has format {version}, but this version of tinygen knows formats up to {VERSION}: "
                "update tinygen (pip install --upgrade tinygen) to read it"
            )
        if header["sha256"] != _digest(header):
            raise CheckpointError(f"{ALTERED}: its header has another digest")
        digests = header["arrays"]
        if sorted(names) != sorted(f"{name}.npy" for name in (*digests, HEADER)):
            raise CheckpointError(f"{ALTERED}: it has other members")
        arrays = {}
        for name, digest in digests.items():
            member = _member(archive, name, size)
            if hashlib.sha256(member).hexdigest() != digest:
                raise CheckpointError(f"{ALTERED}: {name!r} has another digest")
            arrays[name] = _array(member)
    return Contents(header["kind"], version, header["sha256"], header["tree"], arrays)


ALTERED = "is not as it was saved, use another copy of it"


def _member(archive: zipfile.ZipFile, name: str, size: int) -> bytes:
    """The bytes of a member; a damaged directory may claim any length."""
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > size:
        raise CheckpointError(f"{ALTERED}: {name!r} is packed differently")
    return archive.read(info)


def _array(member: bytes) -> np.ndarray:
    array: np.ndarray = npy.read_array(io.BytesIO(member), allow_pickle=False)
    return array


def _decoded(node: Any, arrays: dict[str, np.ndarray], device: str | None) -> Any:
    """The value that a piece of JSON stands for."""
    match node:
        case list():
            return [_decoded(item, arrays, device) for item in node]
        case {"!tuple": items}:
            return tuple(_decoded(items, arrays, device))
        case {"!dict": pairs}:
            return dict(_decoded(pair, arrays, device) for pair in pairs)
        case {"!int": text}:
            return int(text, 16)
        case {"!float": text}:
            return float(text)
        case {"!scalar": [dtype, text]}:
            return np.frombuffer(bytes.fromhex(text), np.dtype(dtype))[0]
        case {"!array": name}:
            return arrays[name]
        case {"!tensor": [name, saved_device, requires_grad]}:
            return _tensor(arrays[name], device or saved_device, requires_grad)
        case dict():
            return {key: _decoded(value, arrays, device) for key, value in node.items()}
    return node


def _tensor(array: np.ndarray, device: str, requires_grad: bool) -> Tensor:
    """A leaf on a device."""
    try:
        values = backend.get(device).asarray(array)
    except BackendError as error:
        raise CheckpointError(
            f"a tensor was saved from {device!r}, which cannot be used here ({error}): "
            "tg.load(path, map_location='cpu') brings all tensors to the CPU"
        ) from error
    return Tensor(values).requires_grad_(requires_grad)


# ---- what else it may be ---------------------------------------------------------------------

PYTORCH = (
    "is a file of PyTorch, whose pickle could run any code, so tinygen does not read it. In "
    "PyTorch: np.savez('weights.npz', **{name: w.cpu().numpy() for name, w in "
    "model.state_dict().items()}); here: model.load_state_dict(np.load('weights.npz'))"
)
OTHER_FILES = [
    (b"\x80", "is a file of Python's pickle, which could run any code; tinygen does not read it"),
    (b"\x93NUMPY", "is a single NumPy array: np.load reads it"),
    (b"\x89PNG", "is a PNG picture"),
    (b"\xff\xd8\xff", "is a JPEG picture"),
    (b"GIF8", "is a GIF picture"),
    (b"\x1f\x8b", "is compressed by gzip: unpack it first, if a checkpoint is in it"),
    (b"\x89HDF", "is an HDF5 file, as Keras writes"),
    (b"PK", "is damaged or cut short; use another copy of it"),
]
"""How files begin, and what to say of them."""


def _foreign_archive(names: list[str]) -> str:
    """What to say of a zip archive that tinygen did not write."""
    if any(name.endswith("data.pkl") for name in names):
        return PYTORCH
    if names and all(name.endswith(".npy") for name in names):
        return "is an .npz archive that tinygen did not write: np.load reads it"
    return "is a zip archive, but not one that tinygen wrote"


def _what_it_is(file: IO[bytes]) -> str:
    """What to say of a file that could not be read, by how it begins."""
    file.seek(0)
    start = file.read(16)
    if not start:
        return "is empty"
    said = (text for begin, text in OTHER_FILES if start.startswith(begin))
    return next(said, "is not a file that tinygen wrote")
