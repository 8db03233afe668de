"""The course: lessons that are stepped through, exercises, and a checker that says what is wrong.

A lesson begins with :func:`begin` and uses :func:`predict`, :func:`reveal`, :func:`picture` and
:func:`given`; the checks of its exercises are made of :class:`Check`, :class:`Case` and
:class:`Mistake`. All else serves the commands (``tinygen lessons``, ``step``, ``check``, ...).
"""

from __future__ import annotations

from tinygen.teach.checking.here import check_here
from tinygen.teach.classroom import begin, given, picture, predict, reveal
from tinygen.teach.course import Lesson, find_lesson, lessons, lessons_folder
from tinygen.teach.exercises import Case, Check, Exercise, Mistake
from tinygen.teach.mine import mine_or_reference

__all__ = [
    "Case", "Check", "Exercise", "Lesson", "Mistake", "begin", "check_here", "find_lesson", "given",
    "lessons", "lessons_folder", "mine_or_reference", "picture", "predict", "reveal",
]  # fmt: skip
