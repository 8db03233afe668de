"""Print the page "Where tinygen differs from PyTorch", made of the statements that check it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).with_name("test_differences.py")
INTRODUCTION = """# Where tinygen differs from PyTorch

Names, arguments, defaults, layouts and results are PyTorch's, for all that tinygen has. What
differs, differs on purpose. Each line is checked by a test of `tests/pytorch/test_differences.py`;
`python -m tests.pytorch` makes this page of them.
"""


def page(source: str) -> str:
    """The page in Markdown: a list for each class of tests, a line for each test."""
    parts = [INTRODUCTION]
    for heading, statements in sections(source):
        lines = [f"- {emphasized(statement)}" for statement in statements]
        parts.append("\n".join([f"## {heading}", "", *lines, ""]))
    return "\n".join(parts)


def sections(source: str) -> Iterator[tuple[str, list[str]]]:
    """Each class's docstring, and those of its tests."""
    for part in ast.parse(source).body:
        if isinstance(part, ast.ClassDef):
            tests = [member for member in part.body if isinstance(member, ast.FunctionDef)]
            yield docstring(part), [docstring(test) for test in tests]


def docstring(part: ast.ClassDef | ast.FunctionDef) -> str:
    """In one line."""
    text = ast.get_docstring(part)
    if not text:
        raise ValueError(f"{part.name} (line {part.lineno}) has no docstring to print")
    return " ".join(text.split())


def emphasized(statement: str) -> str:
    """'tinygen ...; PyTorch ...' with both names in bold."""
    if not statement.startswith("tinygen") or "; PyTorch" not in statement:
        raise ValueError(f"a difference reads 'tinygen ...; PyTorch ...', not {statement!r}")
    bold = statement.replace("tinygen", "**tinygen**", 1)
    return bold.replace("; PyTorch", "; **PyTorch**", 1)


if __name__ == "__main__":
    print(page(SOURCE.read_text(encoding="utf-8")), end="")
