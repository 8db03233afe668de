"""The frameworks' processes, seen from the one that compares them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

from .tasks import TASKS

REPOSITORY = Path(__file__).resolve().parents[2]
TIMEOUT = 900

Answer = dict[str, Any]


class Worker:
    """A process with one framework in it, which does what it is asked, one thing at a time.

    Attributes
    ----------
    about : dict
        ``about`` and ``numpy``, the versions and settings in words; or ``left_out``, the reason
        why the framework cannot take part.
    """

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self._process = process
        self._errors = errors
        self._about: Answer | None = None

    @property
    def about(self) -> Answer:
        if self._about is None:
            self._about = self._answer()
        return self._about

    def ask(self, action: str, task: str, **settings: object) -> Answer:
        """What the process answers; ``{"left_out": reason}`` if it could not do it.

        Parameters
        ----------
        action : str
            A key of ``worker.ACTIONS``.
        task : str
            A key of ``TASKS``.
        **settings
            Go to the function of the action.
        """
        if "left_out" in self.about:
            return self.about
        if self._process.poll() is not None:
            return self._last_words()
        todo = TASKS[task]
        arguments = {**todo.arguments, **(todo.without_chance if action == "compare" else {})}
        request = {"action": action, "builder": todo.builder, "arguments": arguments}
        print(json.dumps({**request, "settings": settings}), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Answer:
        """The next line that is meant for us: a framework may print lines of its own."""
        alarm = Timer(TIMEOUT, self._process.kill)
        alarm.start()
        try:
            for line in self._process.stdout:
                if line.startswith("{"):
                    return json.loads(line)
        finally:
            alarm.cancel()
        return self._last_words()

    def _last_words(self) -> Answer:
        code = self._process.wait()
        self._errors.seek(0)
        words = (self._errors.read().strip().splitlines() or ["nothing"])[-1]
        return {"left_out": f"it ended with {code} (-9: more than {TIMEOUT} s), saying: {words}"}


@contextmanager
def worker(framework: str, environment: Mapping[str, str]) -> Iterator[Worker]:
    """A fresh process for a framework, which ends with the block."""
    command = [sys.executable, "-m", f"{__package__}.worker", framework]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command,
            env=dict(environment),
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Worker(process, errors)
        finally:
            process.kill()
