"""Freeze the names and signatures of the installed CuPy into ``cupy_api.json``.

Run once per CuPy release, where ``import cupy`` works; no GPU is needed::

    python -m tests.standin.freeze_api

Every public name of a module becomes one line: ``"(a, axis=None, ...)"`` for a function,
``"ufunc"``, ``"class"``, ``"module"`` or ``"value"`` for the rest.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from pathlib import Path
from types import ModuleType
from typing import Any

API_FILE = Path(__file__).with_name("cupy_api.json")
MODULES = ("cupy", "cupy.linalg", "cupy.fft", "cupy.random", "cupyx")
ANY_ARGUMENTS = "(*args, **kwargs)"

# Functions that take **kwargs and check them by hand; the parameters are those they accept.
CHECKED_BY_HAND = {"einsum": "(*operands, dtype=None, optimize=False)"}


def main() -> None:
    """Write the tables of the installed CuPy."""
    cupy = importlib.import_module("cupy")
    api: dict[str, Any] = {"version": cupy.__version__}
    for name in MODULES:
        api[name] = module_table(importlib.import_module(name))
    api["ndarray"] = class_table(cupy.ndarray)
    api["Generator"] = class_table(cupy.random.Generator)
    API_FILE.write_text(json.dumps(api, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def module_table(module: ModuleType) -> dict[str, str]:
    """Describe the public names of a module."""
    names = [n for n in dir(module) if not n.startswith("_") and n != "annotations"]
    return {name: describe(name, getattr(module, name)) for name in names}


def class_table(cls: type) -> dict[str, str]:
    """Describe the public and the special methods of a class, without their ``self``."""
    table = {}
    for name in dir(cls):
        if name.startswith("_") and not name.startswith("__"):
            continue
        member = inspect.getattr_static(cls, name)
        table[name] = signature_of(getattr(cls, name)) if callable(member) else "value"
    return table


def describe(name: str, value: object) -> str:
    """Say what kind of thing a name is; a function by its signature."""
    if type(value).__name__ in ("ufunc", "_GUFunc"):
        return "ufunc"
    if inspect.isclass(value):
        return "class"
    if inspect.ismodule(value):
        return "module"
    if callable(value):
        return CHECKED_BY_HAND.get(name) or signature_of(value)
    return "value"


def signature_of(function: Any) -> str:
    """Return a signature that Python can evaluate, or one that accepts anything."""
    try:
        return _python_signature(function)
    except (TypeError, ValueError):
        return _cython_signature(function) or ANY_ARGUMENTS


def _python_signature(function: Any) -> str:
    """Render an inspected signature, without annotations and ``self``."""
    signature = inspect.signature(function)
    parameters = [
        p.replace(annotation=p.empty, default=_literal(p.default))
        for p in signature.parameters.values()
        if p.name != "self"
    ]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


def _literal(default: object) -> object:
    """Keep a default that can be written in source; replace any other by ``...``."""
    plain = default is inspect.Parameter.empty or isinstance(default, int | float | str | None)
    return default if plain else ...


def _cython_signature(function: Any) -> str | None:
    """Read the signature that Cython writes in the first line of a docstring."""
    first_line = (function.__doc__ or "").partition("\n")[0]
    _, bracket, rest = first_line.partition("(self")
    if not bracket:
        return None
    declarations = rest.rpartition(")")[0].strip(", ").split(", ")
    signature = "(" + ", ".join(_without_c_type(d) for d in declarations if d) + ")"
    try:
        ast.parse(f"def f{signature}: ...")
    except SyntaxError:
        return None
    return signature


def _without_c_type(declaration: str) -> str:
    """Turn ``int axis=-1`` into ``axis=-1``."""
    name, equals, default = declaration.partition("=")
    return name.split()[-1] + equals + default


if __name__ == "__main__":
    main()
