"""``tinygen doctor``: what is installed, what works, and what to do about the rest."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from typing import NamedTuple

import numpy as np

from tinygen.backend.diagnosis import report
from tinygen.cli import cores
from tinygen.cli.errors import FAILED
from tinygen.io.messages import text

__all__ = ["Finding", "examine", "run"]

ESSENTIAL = ("Python", "NumPy")
"""Without these of the backend's report nothing works."""

THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")

KERNEL_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "NPY_DISABLE_CPU_FEATURES")
"""These choose other kernels than those made for the processor."""


class Finding(NamedTuple):
    """A line of the report."""

    what: str
    is_well: bool
    note: str
    is_essential: bool = False


def run(options: Namespace | None = None) -> int:
    """Print the report.

    Parameters
    ----------
    options : Namespace, optional
        Nothing is asked of it.

    Returns
    -------
    int
        The exit code: 0 if tinygen works on the CPU, 1 if it does not.
    """
    findings = examine()
    _print(findings)
    works = all(finding.is_well for finding in findings if finding.is_essential)
    print(text("doctor works" if works else "doctor fails"))
    return 0 if works else FAILED


def examine() -> list[Finding]:
    """All findings, in the order of the report."""
    used = _use()  # before this process uses the cores itself
    installed = [Finding(*row, is_essential=row[0] in ESSENTIAL) for row in report()]
    return [*installed, _threads(), *used, _product(), _training(), _mnist()]


def _use() -> list[Finding]:
    """Whether other programs use the cores, where the system tells."""
    found = cores.use()
    if found is None:
        return []
    key = "doctor busy" if found.is_high else "doctor idle"
    note = text(key, busy=found.busy, cores=found.cores)
    return [Finding(text("doctor cores"), not found.is_high, note)]


def _threads() -> Finding:
    """How many threads NumPy's BLAS may use, and whether something holds it back."""
    limits = [f"{name}={os.environ[name]}" for name in THREAD_VARIABLES if os.environ.get(name)]
    note = ", ".join(limits) or text("doctor threads free", cores=cores.available())
    overrides = [name for name in KERNEL_VARIABLES if os.environ.get(name)]
    if overrides:
        note += text("doctor slow kernels", variables=text("doctor and").join(overrides))
    return Finding(text("doctor threads"), not overrides, note)


def _product(size: int = 1024) -> Finding:
    """How fast matrices are multiplied: a BLAS that is not tuned shows here."""
    matrix = np.ones((size, size), np.float32)
    seconds = min(_seconds_of_product(matrix) for _ in range(3))
    speed = 2 * size**3 / seconds / 1e9
    return Finding(text("doctor speed"), True, text("doctor product", size=size, speed=speed))


def _seconds_of_product(matrix: np.ndarray) -> float:
    started = time.perf_counter()
    matrix @ matrix
    return time.perf_counter() - started


def _training() -> Finding:
    """Take one training step and see whether it helps."""
    what = text("doctor training")
    try:
        before, after = _one_step()
    except Exception as error:
        failure = text("doctor step failed", kind=type(error).__name__, error=error)
        return Finding(what, False, failure, is_essential=True)
    if not after < before:
        in_vain = text("doctor step in vain", before=before, after=after)
        return Finding(what, False, in_vain, is_essential=True)
    return Finding(what, True, text("doctor step"), is_essential=True)


def _one_step() -> tuple[float, float]:
    """The loss before and after a small step down the gradient, which must lower it."""
    import tinygen as tg

    picture = tg.as_tensor(np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 1, 8, 8))
    kernel = tg.full((1, 1, 3, 3), 0.1, requires_grad=True)
    losses = []
    for _ in range(2):
        loss = (tg.nn.functional.conv2d(picture, kernel) ** 2).mean()
        losses.append(loss.item())
        (gradient,) = tg.grad(loss, [kernel])
        kernel = (kernel - 0.01 * gradient).detach().requires_grad_()
    return losses[0], losses[1]


def _mnist() -> Finding:
    from tinygen.data import DataError, DataNotFoundError, load_mnist
    from tinygen.data.mnist import find_mnist

    try:
        load_mnist()
    except (DataNotFoundError, DataError, OSError) as error:
        return Finding("MNIST", False, str(error))
    return Finding("MNIST", True, text("doctor mnist", folder=find_mnist()))


# ---- printing ----------------------------------------------------------------------------------


def _mark(finding: Finding) -> str:
    if finding.is_well:
        return text("doctor well")
    return text("doctor fail" if finding.is_essential else "doctor missing")


def _print(findings: list[Finding]) -> None:
    """A table in a terminal, plain lines elsewhere and where rich is what is missing."""
    try:
        from rich import box
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        _print_plainly(findings)
        return
    if not sys.stdout.isatty():
        _print_plainly(findings)
        return
    table = Table("", "", text("doctor head"), box=box.SIMPLE_HEAD, pad_edge=False)
    for finding in findings:
        colour = "green" if finding.is_well else "red" if finding.is_essential else "yellow"
        table.add_row(f"[{colour}]{_mark(finding)}[/]", finding.what, _escaped(finding.note))
    Console().print(table)


def _escaped(note: str) -> str:
    """Brackets in ``pip install 'cupy-cuda13x[ctk]'`` are no markup."""
    from rich.markup import escape

    return escape(note)


def _print_plainly(findings: list[Finding]) -> None:
    for finding in findings:
        print(f"{_mark(finding):5}{finding.what:12}{finding.note}")
