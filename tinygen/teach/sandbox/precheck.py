"""What a student's file shows before it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from tinygen.teach.cells import without_solution
from tinygen.teach.exercises import Check, Exercise

__all__ = ["Finding", "precheck"]

LONGEST = 1 << 19
"""Bytes of a file."""

ALLOWED = ("numpy", "math", "typing", "__future__")

BUILTINS = ("__import__", "exec", "eval", "compile")
"""Names that could import anything."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Finding:
    """A reason not to run a file.

    Parameters
    ----------
    status : str
        As in an outcome: "syntax", "missing", "not-attempted", "raise-left-in" or "imports".
    line : int, optional
    detail : str
        The error's text, a similar name, or the module.
    code : tuple of str
        The line with a syntax error, and a caret below it.
    """

    status: str
    line: int | None = None
    detail: str = ""
    code: tuple[str, ...] = ()


def precheck(data: bytes, exercise: Exercise, check: Check) -> Finding | str:
    """Look at a student's file without running it.

    Parameters
    ----------
    data : bytes
        The file.
    exercise : Exercise
    check : Check

    Returns
    -------
    Finding or str
        The reason not to run it, or its source.
    """
    try:
        read = _read(data)
        if isinstance(read, Finding):
            return read
        source, tree = read
        missing = _missing(tree, exercise) or _unwritten(tree, exercise)
        return missing or _imports(tree, exercise, check) or source
    except (ValueError, RecursionError, MemoryError) as error:  # no text, or nested too deeply
        return Finding("syntax", 1, str(error) or type(error).__name__)


def _read(data: bytes) -> Finding | tuple[str, ast.Module]:
    try:
        if len(data) > LONGEST:
            raise SyntaxError(f"a file of {len(data)} bytes is too long")
        source = data.decode("utf-8-sig")
        tree = ast.parse(source)
        compile(source, "exercises", "exec", dont_inherit=True)  # such as return outside functions
    except SyntaxError as error:
        line = (error.text or "").rstrip("\n")
        column = max((error.offset or 1) - 1, 0)
        code = (line.lstrip(), " " * (column - len(line) + len(line.lstrip())) + "^")
        return Finding("syntax", error.lineno, error.msg, code if line.strip() else ())
    return source, tree


# ---- is it there, and written ------------------------------------------------------------------


def _missing(tree: ast.Module, exercise: Exercise) -> Finding | None:
    names = {node.name for node in ast.walk(tree) if isinstance(node, Definition)}
    names |= {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    if exercise.name in names:
        return None
    similar = get_close_matches(exercise.name, names, n=1)
    return Finding("missing", detail=similar[0] if similar else "")


def _unwritten(tree: ast.Module, exercise: Exercise) -> Finding | None:
    """Whether the stub is still there, or its ``raise`` before or after what was written."""
    written = _definition(tree, exercise.name)
    if written is None:
        return None
    raises = list(_blocking(written))
    if not raises:
        return None
    stub = ast.parse(without_solution(exercise.source, "raise NotImplementedError"))
    untouched = _definition(stub, exercise.name)
    if _bare(written) or (untouched is not None and _skeleton(written) == _skeleton(untouched)):
        return Finding("not-attempted", raises[0].lineno)
    return Finding("raise-left-in", raises[0].lineno)


def _definition(tree: ast.Module, name: str) -> Definition | None:
    """The last definition of a name at top level, which is the one that counts."""
    for node in reversed(tree.body):
        if isinstance(node, Definition) and node.name == name:
            return node
    return None


def _blocking(definition: Definition) -> Iterator[ast.Raise]:
    """Each ``raise NotImplementedError`` that is reached whatever the arguments are."""
    waiting: list[ast.AST] = [definition]
    while waiting:
        node = waiting.pop(0)
        body = getattr(node, "body", [])
        for statement in body:
            if _is_stub(statement):
                yield statement
            if isinstance(statement, ast.Return | ast.Raise):
                break
            if not isinstance(statement, ast.If | ast.Try | ast.Match):
                waiting.append(statement)


def _is_stub(statement: ast.AST) -> bool:
    if not isinstance(statement, ast.Raise):
        return False
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _bare(definition: Definition) -> bool:
    """Whether there is nothing in it but a docstring and the ``raise``."""
    return all(_is_stub(node) or _is_docstring(node) for node in definition.body)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _skeleton(definition: Definition) -> str:
    """Its code without docstrings and without the texts of its ``raise``s."""
    tree = ast.parse(ast.unparse(definition))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and _is_stub(node):
            node.exc = ast.Name("NotImplementedError", ast.Load())
        if isinstance(node, Definition):
            node.body = [part for part in node.body if not _is_docstring(part)]
    return ast.dump(tree)


# ---- imports -----------------------------------------------------------------------------------


def _imports(tree: ast.Module, exercise: Exercise, check: Check) -> Finding | None:
    """The first import, among what the exercise's code reaches, of something not allowed."""
    allowed = (*ALLOWED, *check.imports)
    for node in _reached(tree, exercise):
        for part in ast.walk(node):
            for module in _modules(part):
                if not any(module == name or module.startswith(f"{name}.") for name in allowed):
                    return Finding("imports", part.lineno, module)  # type: ignore[attr-defined]
    return None


def _modules(node: ast.AST) -> list[str]:
    """The names of what a node imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + (node.module or "")]
    if isinstance(node, ast.Name) and node.id in BUILTINS:
        return [node.id]
    return []


def _reached(tree: ast.Module, exercise: Exercise) -> Iterator[ast.AST]:
    """The parts of a file that count for an exercise.

    Those are the definition, what it names, and all that runs when the file is loaded; not the
    functions of other exercises, nor an import that only those use.
    """
    definitions: dict[str, list[ast.AST]] = {}
    waiting: list[ast.AST] = []
    for statement in tree.body:
        names = _bound(statement)
        for name in names:
            definitions.setdefault(name, []).append(statement)
        if not names and not _is_main(statement):
            waiting.append(statement)
    waiting += definitions.get(exercise.name, [])
    known = {exercise.name}
    while waiting:
        node = waiting.pop(0)
        yield node
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id not in known:
                known.add(part.id)
                waiting += definitions.get(part.id, [])


def _bound(node: ast.AST) -> list[str]:
    """The names that a definition or an import makes."""
    if isinstance(node, Definition):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
        return [] if "*" in names else names
    return []


def _is_main(node: ast.AST) -> bool:
    """``if __name__ == "__main__":``, which does not run here."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
