"""The two small lessons with checks, in place of the course."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.teach.small import write_lessons
from tinygen.teach import course

__all__ = ["small_course"]

SUMS = """\
import numpy as np

from tinygen.teach import Case, Check


def cases(rng):
    yield Case("two numbers", np.array([1.0, 2.0]), np.array([10.0, 20.0]))
    for shape in [(2, 3), (4, 1, 2)]:
        yield Case(f"random numbers {shape}", *rng.standard_normal((2, *shape)))


CHECKS = {"01.1": Check(cases=cases, outputs=("sum",), seconds=10.0)}
"""

PRODUCTS = '''\
import numpy as np

from tinygen.teach import Case, Check


def twice(multiply, a, count):
    """What the function gives, and what it gives of that."""
    once = multiply(a, count)
    return once, multiply(once, count)


def cases(rng):
    yield Case("a number", np.array([2.0]), 3)
    yield Case("random numbers", rng.standard_normal((2, 3)), 5)


CHECKS = {"02.1": Check(cases=cases, outputs=("once", "twice"), call=twice, seconds=10.0)}
'''


@contextmanager
def small_course(folder: Path, **checks: str) -> Iterator[Path]:
    """Lay lessons and checks in a folder, and teach from there; ``checks`` by the lesson's name."""
    folder.mkdir(exist_ok=True)
    lessons = write_lessons(folder / "lessons")
    (lessons / "checks").mkdir()
    for name, source in {"01_sums": SUMS, "02_products": PRODUCTS, **checks}.items():
        (lessons / "checks" / f"{name}.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "lessons_folder", lambda: lessons)
        yield lessons
