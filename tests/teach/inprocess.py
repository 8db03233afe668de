"""The code of the child process without the process: for answers that are our own."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Sequence
from pathlib import Path

from tinygen.teach.exercises import Case, Check, Exercise
from tinygen.teach.sandbox import child, running
from tinygen.teach.sandbox.precheck import Finding, precheck
from tinygen.teach.sandbox.running import Outcome
from tinygen.teach.sandbox.transport import dumps

__all__ = ["run_here"]


def run_here(file: Path, exercise: Exercise, check: Check, cases: Sequence[Case]) -> Outcome:
    """What :func:`tinygen.teach.sandbox.running.run_student` gives, many times faster."""
    found = precheck(file.read_bytes(), exercise, check)
    if isinstance(found, Finding):
        return running.found_before(found)
    request = {**running._request(exercise, check, cases), "source": found, "file": file.name}
    answers = [dumps({"ready": True})]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child._answer(
            pickle.loads(pickle.dumps(request)), lambda message: answers.append(dumps(message))
        )
    finished = running._Run(b"".join(answers), b"", "", False, 0, 0.0)
    return running._outcome(finished, cases)
