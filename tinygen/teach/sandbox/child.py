"""What runs in the child process: a student's function, called on the cases.

``python -I child.py FOLDER...`` reads a request from its standard input, which only the parent
writes (so it may be pickled), and answers in the frames of ``transport.py``. The answers go to what
was standard output at the start; a student's prints go where standard error goes. The verdict is
not made here: this process runs the student's code and can be made to say anything, so it says
values alone.

Only NumPy and the standard library are imported, so that the process starts quickly.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import importlib.util
import inspect
import io
import linecache
import os
import pickle
import sys
import traceback
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

LONGEST_MESSAGE = 2000
MOST_FRAMES = 8


def main() -> None:
    """Answer one request."""
    sys.path.extend(sys.argv[1:])
    request = pickle.load(sys.stdin.buffer)
    answers = _own_output()
    sibling("confine").confine(request["memory"], request["seconds"], request["file_bytes"])
    send = functools.partial(_send, answers, sibling("transport").dumps)
    send({"ready": True})
    warnings.simplefilter("ignore")
    try:
        _answer(request, send)
    except BaseException:
        os._exit(1)  # with a traceback of ours nobody would be helped
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(0)  # neither threads nor what was registered for the end may go on


def sibling(name: str) -> types.ModuleType:
    """A file beside this one as a module: without the package around it, which takes long."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None, f"{name}.py is no Python file"
    assert spec.loader is not None, f"{name}.py cannot be loaded"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    del sys.modules[name]
    return module


def _own_output() -> BinaryIO:
    """Standard output for us alone: what is printed goes to standard error, input is empty."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what was printed is there after a time-out
    return answers


def _send(answers: BinaryIO, dumps: Callable[[Any], bytes], message: dict[str, Any]) -> None:
    answers.write(dumps(message))
    answers.flush()


# ---- the student's file ------------------------------------------------------------------------


def _answer(request: dict[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
    given = _given(request["given"])
    given = {name: given[number] for number, name in request["needs"]}
    file, name = request["file"], request["name"]
    names, trouble = _load(request["source"], file, given)
    if name not in names:
        return send({"loaded": "exception" if trouble else "missing", "raised": trouble})
    function = names[name]
    if not callable(function):
        return send({"loaded": "not-a-function", "kind": type(function).__name__})
    send({"loaded": "ok"})
    use = _driver(request["driver"])
    for number, (arguments, keywords) in enumerate(request["cases"]):
        send({"case": number, **call(use, function, arguments, keywords, file, trouble)})
    return send({"done": True})


def _given(exercises: list[tuple[str, str, str, list[tuple[str, str]]]]) -> dict[str, Any]:
    """What the exercises that are needed ask for, by number: each sees what it needs itself."""
    import numpy as np

    made: dict[str, Any] = {}
    for number, name, source, needs in exercises:
        names = {"np": np, "__name__": "given", **{n: made[needed] for needed, n in needs}}
        exec(compile(source, f"<exercise {number}>", "exec"), names)
        made[number] = names[name]
    return made


def _load(
    source: str, file: str, given: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Run a student's file, and say what went wrong first.

    Its statements run one by one, so that a failing experiment below one exercise does not take the
    others along. What other exercises were to write is given, before and after.
    """
    module = types.ModuleType("exercises")
    names = module.__dict__
    names.update(given, __file__=file)
    sys.modules["exercises"] = module
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    trouble = None
    tree = ast.parse(source, file)
    futures = _futures(tree)
    for statement in tree.body:
        part = ast.Module([statement], [])
        try:
            exec(compile(part, file, "exec", flags=futures, dont_inherit=True), names)
        except BaseException as error:
            trouble = trouble or _raised(error, file, "loading")
    names.update(given)
    return names, trouble


def _futures(tree: ast.Module) -> int:
    """The flags of ``from __future__ import ...``, which count for the whole file."""
    import __future__

    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


# ---- a case ------------------------------------------------------------------------------------


def _driver(driver: tuple[str, str] | None) -> Callable[..., Any]:
    """What calls the student's function: made from its source alone."""
    if driver is None:
        return just_call
    source, name = driver
    names: dict[str, Any] = {"__name__": "driver"}
    exec(compile(f"from __future__ import annotations\n{source}", DRIVER, "exec"), names)
    return names[name]


DRIVER = "<driver>"


def just_call(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """What a check does that has no driver."""
    return function(*arguments, **keywords)


def call(
    use: Callable[..., Any],
    function: Any,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    file: str,
    trouble: dict[str, Any] | None,
) -> dict[str, Any]:
    """A case's value, or what was raised; and the names of the arguments that were changed."""
    before = copy.deepcopy((arguments, keywords))
    returned: list[str] = []
    try:
        value = use(_noting(function, returned), *arguments, **keywords)
    except BaseException as error:
        raised = _raised(error, file, getattr(function, "__name__", ""))
        if trouble and isinstance(error, NameError):
            raised = trouble  # the name is missing because an earlier statement failed
        return {"raised": {**raised, "returned": returned[-1] if returned else ""}}
    return {"value": value, "changed": _changed(use, function, before, (arguments, keywords))}


def _noting(function: Any, returned: list[str]) -> Any:
    """The function, which notes what kind of thing it returned last; a class stays as it is."""
    if not inspect.isfunction(function):
        return function

    @functools.wraps(function)
    def noting(*arguments: Any, **keywords: Any) -> Any:
        value = function(*arguments, **keywords)
        returned.append(type(value).__name__)
        return value

    return noting


def _changed(
    use: Callable[..., Any], function: Any, before: tuple[Any, Any], after: tuple[Any, Any]
) -> list[str]:
    """The names of arguments that are no longer what they were."""
    changed = [key for key in before[1] if not _same(before[1][key], after[1][key])]
    places = [
        place
        for place, pair in enumerate(zip(before[0], after[0], strict=True))
        if not _same(*pair)
    ]
    names = _parameters(function) if use is just_call else _parameters(use)[1:]
    return [names[p] if p < len(names) else f"argument {p + 1}" for p in places] + changed


def _parameters(function: Any) -> list[str]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind != p.VAR_POSITIONAL]


def _same(a: Any, b: Any) -> bool:
    """Whether two arguments are the same, to the last bit."""
    import numpy as np

    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return a is b or bool(a == b) or a != a


# ---- what was raised ---------------------------------------------------------------------------


def _raised(error: BaseException, file: str, name: str) -> dict[str, Any]:
    """An exception in plain values, with the lines of the traceback that are the student's."""
    steps = list(traceback.walk_tb(error.__traceback__))
    lines = [
        (line, frame.f_code.co_name, linecache.getline(file, line).strip())
        for frame, line in steps
        if frame.f_code.co_filename == file
    ]
    if isinstance(error, SyntaxError) and not lines:
        lines = [(error.lineno or 0, "", (error.text or "").strip())]
    return {
        "kind": type(error).__name__,
        "message": _message(error),
        "memory": isinstance(error, MemoryError),
        "lines": lines[-MOST_FRAMES:],
        "where": "student" if lines else _where(error, name),
        "returned": "",
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST_MESSAGE]
    except BaseException:
        return ""


def _where(error: BaseException, name: str) -> str:
    """Whether the call itself failed, for its arguments, or the use of what was returned."""
    own = isinstance(error, TypeError) and any(
        part in _message(error) for part in (f"{name}()", f"{name}.__init__()")
    )
    return "call" if own else "driver"


if __name__ == "__main__":
    main()
