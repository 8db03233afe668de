"""Running a student's function on the cases of a check, in a process of its own.

The process returns values and nothing else; whether they are right is decided here, by others. It
can print, hang, exit or lie about anything but the values themselves: a case whose value did not
come is a case that failed.

What a student's code can reach depends on the isolation: see
:mod:`tinygen.teach.sandbox.isolation`.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import itertools
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

import tinygen
from tinygen.teach.course import find_exercise
from tinygen.teach.exercises import Case, Check, Exercise
from tinygen.teach.reference import namespace_of
from tinygen.teach.sandbox.isolation import NONE, Isolation
from tinygen.teach.sandbox.precheck import Finding, precheck
from tinygen.teach.sandbox.transport import TransportError, frames, plain

__all__ = [
    "CannotRunError", "Limits", "Line", "Outcome", "Raised", "Result", "found_before", "outcome_of",
    "outputs_of", "reference_values", "run_student",
]  # fmt: skip

CHILD = Path(__file__).with_name("child.py")

START = 60.0
"""Seconds in which the process must be ready, before a student's code has run."""

KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP")
"""What the process sees of the environment; nothing else, so no secrets."""

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}


class CannotRunError(RuntimeError):
    """The process did not start, so nothing can be said of the student's code."""


@dataclass(frozen=True)
class Limits:
    """What a student's code may use.

    Parameters
    ----------
    seconds : float, optional
        For all cases together; by default what the check says.
    memory : int
        Bytes, besides what Python and NumPy take; only Linux keeps to it.
    printed : int
        Bytes that may be printed; of which ``kept`` come back.
    kept : int
    answer : int
        Bytes of all values.
    files : int
        Bytes of a file that is written.
    """

    seconds: float | None = None
    memory: int = 2 << 30
    printed: int = 16 << 20
    kept: int = 64 << 10
    answer: int = 64 << 20
    files: int = 16 << 20


class Line(NamedTuple):
    """A line of a traceback that lies in the student's file."""

    number: int
    function: str
    code: str


@dataclass(frozen=True)
class Raised:
    """An exception.

    Parameters
    ----------
    kind, message : str
        Its type's name and its text.
    lines : tuple of Line
        The lines of the traceback that lie in the student's file, the innermost last.
    where : {"student", "call", "driver"}
        Raised below the student's code; by the call itself, whose arguments do not fit; or when
        the value that the student's function returned was used.
    returned : str
        The type's name of what the function returned last, or nothing.
    """

    kind: str
    message: str
    lines: tuple[Line, ...] = ()
    where: str = "student"
    returned: str = ""


@dataclass(frozen=True)
class Result:
    """What a case gave.

    Parameters
    ----------
    value : object
        What was returned, as :func:`tinygen.teach.sandbox.transport.plain` gives it.
    changed : tuple of str
        The names of the arguments that were changed in place.
    raised : Raised, optional
        If there is no value.
    """

    value: Any = None
    changed: tuple[str, ...] = ()
    raised: Raised | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a student's function.

    Parameters
    ----------
    status : str
        - "ok": every case has a value.
        - "exception", "memory": a case (or the file itself) raised; see ``raised``.
        - "not-attempted", "raise-left-in" (``line``), "missing" (``detail``: a similar name),
          "not-a-function" (``detail``: its type), "imports" (``line``, ``detail``: the module),
          "syntax" (``line``, ``detail``, ``code``): found without running, mostly.
        - "timeout" (``detail``: the case, or nothing while the file was loaded), "too-much-output"
          (``detail``: "printed" or "returned"), "crashed" (``detail``: the exit code, the signal's
          name, or what was wrong with the answer): the process did not come to its end.
    results : tuple of Result
        One for each case with "ok"; with "exception" and "memory" too, unless the file could not be
        loaded; else those that came.
    line : int, optional
    detail : str
    code : tuple of str
        The line with a syntax error, and the line with the caret below it.
    raised : Raised, optional
        The first exception.
    printed : str
        The beginning of what was printed.
    seconds : float
        How long it took.
    """

    status: str
    results: tuple[Result, ...] = ()
    line: int | None = None
    detail: str = ""
    code: tuple[str, ...] = ()
    raised: Raised | None = None
    printed: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)


# ---- what others call --------------------------------------------------------------------------


def run_student(
    file: Path,
    exercise: Exercise,
    check: Check,
    cases: Sequence[Case],
    *,
    limits: Limits | None = None,
    isolation: Isolation = NONE,
) -> Outcome:
    """Run a student's function or class on cases.

    Parameters
    ----------
    file : Path
        The student's file.
    exercise : Exercise
    check : Check
    cases : sequence of Case
    limits : Limits, optional
    isolation : Isolation, optional
        What the process is kept from; by default it is a mere child process.

    Returns
    -------
    Outcome

    Raises
    ------
    CannotRunError
        If the process could not be started: not the student's fault.
    OSError
        If the file cannot be read.
    """
    limits = limits or Limits()
    found = precheck(file.read_bytes(), exercise, check)
    if isinstance(found, Finding):
        return found_before(found)
    seconds = check.seconds if limits.seconds is None else limits.seconds
    request = {
        **_request(exercise, check, cases),
        "source": found,
        "file": file.name,
        "seconds": seconds,
        "memory": limits.memory,
        "file_bytes": limits.files,
    }
    folder = file.absolute().parent
    command = isolation.command(_command(), folder, library="tinygen" in check.imports)
    run = _run(command, folder, request, limits)
    return _outcome(run, cases)


def found_before(finding: Finding) -> Outcome:
    """The outcome for a file that is not run.

    Parameters
    ----------
    finding : Finding

    Returns
    -------
    Outcome
    """
    return Outcome(finding.status, line=finding.line, detail=finding.detail, code=finding.code)


def outcome_of(answers: Sequence[dict[str, Any]]) -> Outcome:
    """The outcome of calls that all came to their end.

    Parameters
    ----------
    answers : sequence of dict
        What :func:`tinygen.teach.sandbox.child.call` gives for each case, in plain values, and its
        number.

    Returns
    -------
    Outcome
    """
    return _complete(tuple(map(_result, answers, itertools.count())))


def reference_values(exercise: Exercise, check: Check, cases: Sequence[Case]) -> list[Any]:
    """What the reference's answer gives on cases, as it would come from the child process.

    Parameters
    ----------
    exercise : Exercise
    check : Check
    cases : sequence of Case

    Returns
    -------
    list of object
    """
    function = namespace_of(exercise.number)[exercise.name]
    values = []
    for case in cases:
        arguments, keywords = copy.deepcopy((case.arguments, case.keywords))
        use = check.call or _just_call
        values.append(plain(use(function, *arguments, **keywords)))
    return values


def outputs_of(value: Any, names: Sequence[str]) -> tuple[Any, ...]:
    """A value as outputs: one, the members of a tuple, or the values of a dict with these keys.

    Parameters
    ----------
    value : object
    names : sequence of str
        ``Check.outputs``.

    Returns
    -------
    tuple
        Of another length than ``names`` if the value has another structure.
    """
    if len(names) == 1:
        return (value,)
    if isinstance(value, dict) and set(value) == set(names):
        return tuple(value[name] for name in names)
    return tuple(value) if isinstance(value, tuple | list) else (value,)


# ---- the request -------------------------------------------------------------------------------


def _request(exercise: Exercise, check: Check, cases: Sequence[Case]) -> dict[str, Any]:
    given: dict[str, tuple[str, str, str, list[tuple[str, str]]]] = {}
    for number in exercise.needs:
        _add_given(number, given)
    return {
        "name": exercise.name,
        "needs": [(number, find_exercise(number).name) for number in exercise.needs],
        "given": list(given.values()),
        "driver": None if check.call is None else _source_of(check.call),
        "cases": [(case.arguments, case.keywords) for case in cases],
    }


def _add_given(number: str, given: dict[str, Any]) -> None:
    """An exercise's number, name, source and needs, after what it needs itself."""
    if number in given:
        return
    exercise = find_exercise(number)
    for needed in exercise.needs:
        _add_given(needed, given)
    needs = [(needed, find_exercise(needed).name) for needed in exercise.needs]
    given[number] = (number, exercise.name, exercise.source, needs)


def _source_of(driver: Callable[..., Any]) -> tuple[str, str]:
    source = textwrap.dedent(inspect.getsource(driver))
    if not source.startswith("def "):
        raise ValueError(f"{driver} is used through its source, so it must be a plain function")
    return source, driver.__name__


def _just_call(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    return function(*arguments, **keywords)


# ---- the process -------------------------------------------------------------------------------


@dataclass
class _Run:
    """What a process left behind."""

    answer: bytes
    printed: bytes
    full: str
    late: bool
    code: int
    seconds: float


def _command() -> list[str]:
    """The child, and the folders it finds NumPy and tinygen in."""
    places = [str(Path(module.__file__ or "").parents[1]) for module in (np, tinygen)]
    return [sys.executable, "-I", "-B", "-X", "utf8", str(CHILD), *dict.fromkeys(places)]


def _run(command: list[str], folder: Path, request: dict[str, Any], limits: Limits) -> _Run:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    with tempfile.TemporaryFile() as file:
        pickle.dump(request, file)
        file.seek(0)
        process = subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, **ONE_THREAD},
            cwd=folder,
            start_new_session=True,
        )
    return _watched(process, limits, request["seconds"])


def _watched(process: subprocess.Popen[bytes], limits: Limits, seconds: float) -> _Run:
    """Read what a process says until it ends, is late or says too much; then it is gone."""
    assert process.stdout is not None
    assert process.stderr is not None
    answer = _Reader(process.stdout, limits.answer, limits.answer)
    printed = _Reader(process.stderr, limits.printed, limits.kept)
    try:
        ready = answer.begun.wait(START)
        begun = time.perf_counter()
        late = not _wait(process, answer, printed, begun + seconds)
    finally:
        _kill(process)
        answer.gone.set()
        printed.gone.set()
    answer.join(PATIENCE)
    printed.join(PATIENCE)
    if not (ready and answer.data):
        said = printed.data.decode(errors="replace").strip()
        raise CannotRunError(said or "the process that runs a student's code did not start")
    return _Run(
        bytes(answer.data), bytes(printed.data),
        "returned" if answer.full else "printed" if printed.full else "",
        late, process.returncode, time.perf_counter() - begun,
    )  # fmt: skip


PATIENCE = 1.0
"""Seconds that an ended process's pipes and exit code may take."""

GLANCE = 0.02
"""Seconds between two looks at a process."""


def _wait(
    process: subprocess.Popen[bytes], answer: _Reader, printed: _Reader, deadline: float
) -> bool:
    """Wait for a process's end, or a reason to end it; whether that was before the deadline."""
    while not answer.ended.wait(GLANCE):
        if printed.full or _is_over(process):
            return True
        if time.perf_counter() > deadline:
            return False
    patience = time.perf_counter() + PATIENCE
    while not (answer.full or _is_over(process)) and time.perf_counter() < patience:
        time.sleep(GLANCE / 10)  # it let its output go, and is about to end, or was made to
    return True


def _is_over(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process ended; where possible its number stays taken, so that none gets it."""
    if hasattr(os, "waitid"):
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, process.pid, flags) is not None
    return process.poll() is not None


class _Reader(threading.Thread):
    """Reads a pipe to its end, or to a limit."""

    def __init__(self, pipe: IO[bytes], most: int, kept: int) -> None:
        super().__init__(daemon=True)
        self.pipe, self.most, self.kept = pipe, most, kept
        self.data = bytearray()
        self.full = False
        self.begun = threading.Event()  # at the first bytes, or when there will be none
        self.ended = threading.Event()
        self.gone = threading.Event()  # the process is
        self.start()

    def run(self) -> None:
        """Read."""
        read = 0
        while not self.full and (chunk := os.read(self.pipe.fileno(), 1 << 16)):
            read += len(chunk)
            self.data += chunk[: self.kept - len(self.data)]
            self.full = read > self.most
            self.begun.set()
        self.begun.set()
        self.ended.set()
        self.gone.wait()  # closed earlier, the process would hear of it
        self.pipe.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and those it started, and wait for it."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


# ---- the outcome -------------------------------------------------------------------------------


def _outcome(run: _Run, cases: Sequence[Case]) -> Outcome:
    try:
        outcome = _said(list(frames(run.answer)), run, cases)
    except TransportError as error:
        outcome = Outcome("crashed", detail=str(error))
    printed = run.printed.decode(errors="replace")
    return replace(outcome, printed=printed, seconds=run.seconds)


def _said(messages: list[Any], run: _Run, cases: Sequence[Case]) -> Outcome:
    """What a process said; each message must be the next in order, or nothing is believed."""
    match messages[:2]:
        case [{"ready": True}, {"loaded": "exception", "raised": dict(raised)}]:
            return _raising(_raised(raised))
        case [{"ready": True}, {"loaded": "missing"}]:
            return Outcome("missing")
        case [{"ready": True}, {"loaded": "not-a-function", "kind": str(kind)}]:
            return Outcome("not-a-function", detail=kind[:100])
        case [{"ready": True}, {"loaded": "ok"}]:
            done = messages[-1] == {"done": True}
            results = tuple(map(_result, messages[2 : -1 if done else None], itertools.count()))
        case [{"ready": True}]:
            return _unfinished(run, "")
        case _:
            raise TransportError("the answer does not begin as it must")
    if not done and len(results) < len(cases):
        return replace(_unfinished(run, cases[len(results)].name), results=results)
    if len(results) != len(cases):
        raise TransportError("the answer has another number of values than there are cases")
    return _complete(results)


def _complete(results: tuple[Result, ...]) -> Outcome:
    first = next((result.raised for result in results if result.raised), None)
    outcome = Outcome("ok") if first is None else _raising(first)
    return replace(outcome, results=results)


def _raising(raised: Raised) -> Outcome:
    memory = raised.kind in ("MemoryError", "_ArrayMemoryError")
    return Outcome("memory" if memory else "exception", raised=raised)


def _result(message: Any, place: int) -> Result:
    """The result of a case, if this is the message of that case."""
    match message:
        case {"case": int(number), "value": value, "changed": [*changed]} if number == place:
            return Result(value, tuple(str(name)[:100] for name in changed))
        case {"case": int(number), "raised": dict(raised)} if number == place:
            return Result(raised=_raised(raised))
    raise TransportError("the answer has messages that do not belong there")


def _unfinished(run: _Run, where: str) -> Outcome:
    """Why a process did not come to its end; ``where`` is the case that it was at."""
    if run.full:
        return Outcome("too-much-output", detail=run.full)
    cpu = () if sys.platform == "win32" else (-signal.SIGXCPU, 128 + signal.SIGXCPU)
    if run.late or run.code in cpu:
        return Outcome("timeout", detail=where)
    return Outcome("crashed", detail=_ended(run.code))


def _ended(code: int) -> str:
    """An exit code in words; 128 and more is how bubblewrap passes a signal on."""
    number = -code if code < 0 else code - 128
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"exit code {code}"


def _raised(raised: dict[str, Any]) -> Raised:
    """What a child said of an exception; it may have said anything."""
    try:
        lines = [
            Line(int(number), str(name)[:200], str(code)[:200])
            for number, name, code in raised["lines"]
        ]
        texts = [str(raised[key])[:LONGEST] for key in ("kind", "message", "where", "returned")]
    except (KeyError, TypeError, ValueError) as error:
        raise TransportError("an exception is not described as it must be") from error
    kind, message, where, returned = texts
    where = where if where in ("student", "call", "driver") else "student"
    return Raised(kind, message, tuple(lines), where, returned)


LONGEST = 2000
