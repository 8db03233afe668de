"""What the frozen CuPy has: its names, and a cheap check of a call against its signatures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from tests.standin.freeze_api import API_FILE

API: Mapping[str, Any] = json.loads(API_FILE.read_text(encoding="utf-8"))
VERSION: str = API["version"]

Binder = Callable[..., dict[str, Any]]


def names(text: str) -> frozenset[str]:
    """Return the words of a text: a set of names that is easy to read."""
    return frozenset(text.split())


def binder(name: str, signature: str) -> Binder:
    """Make a function with the given signature that returns its arguments by name.

    Calling it is the check: Python itself refuses what the signature does not take, for a
    fraction of the price of ``inspect.Signature.bind``. A default that the table could not
    record, written ``Ellipsis``, becomes None: not asked for.
    """
    source = f"lambda {signature[1:-1]}: locals()"
    function: Binder = eval(source, {"Ellipsis": None})  # the source is our own frozen table
    function.__name__ = function.__qualname__ = name
    return function


def refuse_missing(owner: str, table: Mapping[str, str], name: str) -> NoReturn:
    """Explain a name that cannot be served.

    Raises
    ------
    NotImplementedError
        CuPy has the name and the stand-in does not imitate it.
    AttributeError
        CuPy does not have it, whatever NumPy has.
    """
    if name in table and not name.startswith("__"):
        raise NotImplementedError(
            f"CuPy {VERSION} has {owner}.{name}, the stand-in does not imitate it: "
            f"add it to tests/standin or do without it"
        )
    raise AttributeError(
        f"'{owner}' has no attribute '{name}' in CuPy {VERSION}: use a name that NumPy and "
        f"CuPy share (tests/standin/cupy_api.json lists CuPy's)"
    )
