"""A lesson in a terminal: words, a cell of code, Enter to run it, and on to the next.

Where nobody can answer (``--auto``, no terminal, a CI machine) it shows and runs everything and
waits for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinygen.io.messages import text
from tinygen.teach.cells import Cell, without_questions
from tinygen.teach.classroom import LETTERS, Classroom, take_over
from tinygen.teach.course import Lesson, lessons
from tinygen.teach.showing import terminal
from tinygen.teach.showing.stage import CellError, Stage
from tinygen.teach.student import EXERCISES, stub

if TYPE_CHECKING:
    from tinygen.teach.progress import Progress

__all__ = ["Step", "Stepper", "steps_of"]

NOT_SHOWN = ("hints", "teacher")
"""Marks of cells that no step shows: ``tinygen hint`` and the book have them."""


@dataclass(frozen=True)
class Step:
    """What is shown at once.

    Parameters
    ----------
    words : tuple of Cell
        Shown first.
    code : Cell, optional
        Shown below, and run.
    """

    words: tuple[Cell, ...]
    code: Cell | None

    @property
    def is_question(self) -> bool:
        """Whether its code does nothing but ask, so that there is nothing to be read in it."""
        return self.code is not None and not without_questions(self.code.source)


def steps_of(lesson: Lesson) -> list[Step]:
    """A lesson's cells, words together with the code below them.

    Parameters
    ----------
    lesson : Lesson

    Returns
    -------
    list of Step
    """
    steps: list[Step] = []
    words: list[Cell] = []
    for cell in lesson.cells:
        if cell.kind == "code":
            steps.append(Step(tuple(words), cell))
            words = []
        elif not any(mark in cell.marks for mark in NOT_SHOWN):
            words.append(cell)
    return [*steps, Step(tuple(words), None)] if words else steps


class Quit(BaseException):
    """The learner leaves; no cell's own ``except Exception`` may hold it up."""


class Interrupt(Quit):
    """By Ctrl-C, where a line was asked for."""


class Stepper(Classroom):
    """A lesson that is stepped through.

    Parameters
    ----------
    lesson : Lesson
    progress : Progress, optional
        Where the position and the predictions are kept. Without one nothing is asked, and the
        first cell that fails ends it.
    own : mapping of str to object, optional
        The student's own functions by the number of their exercise, in place of the reference's;
        with None, there is no talk of whose they are.
    """

    def __init__(
        self,
        lesson: Lesson,
        progress: Progress | None = None,
        own: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.has_failed = False
        self._course, self._progress, self._own = lesson, progress, own
        self._steps = steps_of(lesson)
        self._terminal = terminal.Terminal()
        self._said: dict[int, str] = {}  # what the steps that have run printed
        self._is_silent = self._is_warned = False

    # ---- what the lesson calls -------------------------------------------------------------------

    def show(self, path: Path, alt: str) -> None:
        """Say where a picture is; the words about it are wrapped, its path is not."""
        print(text("step picture", path=path))
        terminal.say(alt)

    def predict(self, key: str, question: str, options: Sequence[str]) -> None:
        """Put a question; who can answer is asked for a letter, and it is kept."""
        terminal.say(text("lesson predict", number=key, question=question))
        letters = LETTERS[: len(options)]
        for letter, option in zip(letters, options, strict=True):
            terminal.say(f"  {letter}) {option}")
        if self._progress is None or self._is_silent:
            return
        guess = self._guess(letters)
        if guess:
            self._progress.predictions[key] = (guess, guess == self._course.answers[key])

    def reveal(self, key: str, answer: str, why: str) -> None:
        """Answer it, and compare with what was predicted."""
        predictions = self._progress.predictions if self._progress else {}
        if key not in predictions:
            terminal.say(text("lesson reveal", number=key, answer=answer, why=why))
            return
        guess, is_right = predictions[key]
        message = "step right" if is_right else "step wrong"
        terminal.say(text(message, number=key, guess=guess, answer=answer, why=why))

    def given(self, exercise: str) -> Any:
        """The student's own function if it has passed, else the reference's."""
        if self._own is None:
            return super().given(exercise)
        is_own = exercise in self._own
        function = self._own[exercise] if is_own else super().given(exercise)
        message = "step given yours" if is_own else "step given not yours"
        terminal.say(text(message, number=exercise, name=function.__name__))
        return function

    # ---- walking ---------------------------------------------------------------------------------

    def walk(self, start: int = 0) -> None:
        """Go through the lesson; what failed is told by ``has_failed``.

        Parameters
        ----------
        start : int
            The index of the first step that is shown; the code before it runs silently.
        """
        before = take_over(self)
        try:
            with Stage(self._course) as stage:
                self._replay(stage, start)
                self._walk(stage, start)
        finally:
            take_over(before)

    def _replay(self, stage: Stage, stop: int) -> None:
        """Run the code before a step."""
        if stop:
            terminal.say(text("step replay", step=stop + 1))
        for number in range(stop):
            self._run(stage, number, silently=True)

    def _walk(self, stage: Stage, number: int) -> None:
        try:
            while number < len(self._steps) and not self._is_over:
                self._remember(number)
                self._show(number)
                number += self._turn(stage, number)
        except (Quit, KeyboardInterrupt) as way:
            self._part(number)
            if isinstance(way, Interrupt | KeyboardInterrupt):
                raise KeyboardInterrupt from way
        else:
            self._end()

    @property
    def _is_over(self) -> bool:
        """Whether it ends before the end, as nobody is there who could tell it to go on."""
        return self.has_failed and self._progress is None

    def _turn(self, stage: Stage, number: int) -> int:
        """What is done at a step: by how many steps to go on."""
        has_run = number in self._said
        if has_run:
            print(self._said[number], end="")
        if self._progress is None or (self._steps[number].is_question and not has_run):
            self._run(stage, number)
            return 1
        has_run = has_run or self._steps[number].code is None
        while True:
            key = self._key(text("step prompt next" if has_run else "step prompt run"))
            if key == "b" and number > 0:
                return -1
            if key == "b":
                terminal.say(text("step first"))
            elif self._run(stage, number, silently=key == "s"):
                return 1

    def _run(self, stage: Stage, number: int, silently: bool = False) -> bool:
        """Run the code of a step, unless it has run; whether it came to an end."""
        cell = self._steps[number].code
        if cell is None or number in self._said:
            return True
        self._is_silent = silently
        with self._terminal.heard(silently) as heard:
            try:
                stage.run(cell)
                self._after_exercise(stage, cell)
            except KeyboardInterrupt:
                if self._progress is None or silently:
                    raise
                self._terminal.tell("\n" + text("step interrupted"))
                return False
            except CellError as error:
                self._fail(str(error))
            finally:
                self._is_silent = False
        self._said[number] = heard.getvalue()
        return True

    def _fail(self, told: str) -> None:
        """Say that a cell failed, even if it ran silently."""
        self.has_failed = True
        self._terminal.tell(text("step failed") + "\n" + told)
        if self._progress is not None:
            self._terminal.tell(text("step failed go on"))

    def _after_exercise(self, stage: Stage, cell: Cell) -> None:
        """Put the student's function in the place of the reference's, and say whose it is."""
        if "exercise" not in cell.marks:
            return
        exercise = self._course.exercises[cell.marks["exercise"]]
        if self._own is None:
            terminal.say(text("step exercise reference"))
        elif exercise.number in self._own:
            stage.names[exercise.name] = self._own[exercise.number]
            terminal.say(text("step exercise yours", name=exercise.name))
        else:
            terminal.say(text("step exercise not yours"))

    # ---- the learner -----------------------------------------------------------------------------

    def _key(self, prompt: str) -> str:
        """Nothing (Enter), "b" or "s"; to quit and to help is done here."""
        while True:
            given = self._ask(prompt)
            if given in ("", "b", "s"):
                return given
            message = "step keys" if given in ("?", "h", "help") else "step unknown"
            terminal.say(text(message, given=given, number=self._course.number))

    def _guess(self, letters: str) -> str:
        """One of these letters; or none, if the question is left open."""
        names = ", ".join(letters)
        while True:
            given = self._ask(text("step guess", letters=names)).rstrip(")")
            if given == "s":
                return ""
            if len(given) == 1 and given in letters:
                return given
            message = "step no guess" if given else "step guess missing"
            self._terminal.tell(text(message, given=given, letters=names))

    def _ask(self, prompt: str) -> str:
        """A line, in small letters."""
        try:
            given = self._terminal.ask(prompt).lower()
        except EOFError:
            raise Quit from None
        except KeyboardInterrupt:
            raise Interrupt from None
        if given == "q":
            raise Quit
        return given

    def _remember(self, number: int) -> None:
        """Keep the position: the index of the next step, or the count of all at the end.

        A lesson that was read to its end stays read when it is looked at again.
        """
        if self._progress is None:
            return
        if self._progress.position.get(self._course.number, 0) < len(self._steps):
            self._progress.position[self._course.number] = number
        try:
            self._progress.save()
        except OSError as error:
            if not self._is_warned:
                terminal.say(text("step not kept", reason=error.strerror))
            self._is_warned = True

    # ---- what is said around the cells -----------------------------------------------------------

    def _show(self, number: int) -> None:
        """The words of a step and its code; an exercise as its stub."""
        step = self._steps[number]
        place = text("step place", step=number + 1, steps=len(self._steps))
        terminal.heading(f"{place} · {step.code.title}" if step.code and step.code.title else place)
        for cell in step.words:
            terminal.words(cell.source)
        if step.code is None or step.is_question:
            return
        exercise = self._course.exercises.get(step.code.marks.get("exercise", ""))
        terminal.code(stub(exercise) if exercise else without_questions(step.code.source))
        if exercise:
            about = {name: getattr(exercise, name) for name in ABOUT}
            file = f"{EXERCISES}/{self._course.path.name}"
            terminal.say(text("step exercise", file=file, **about))

    def _part(self, number: int) -> None:
        if self._progress is None:
            return
        self._remember(number)
        place = {"step": number + 1, "steps": len(self._steps)}
        terminal.say(text("step quit", number=self._course.number, **place))

    def _end(self) -> None:
        if self._is_over:
            return
        number = self._course.number
        self._remember(len(self._steps))
        terminal.say(text("step end", number=number))
        if self._course.exercises:
            terminal.say(text("step end exercises", number=number))
        later = [lesson.number for lesson in lessons() if lesson.number > number]
        if later:
            terminal.say(text("step end next", number=later[0]))


ABOUT = ("number", "name", "lines", "minutes", "difficulty")
"""What is said of an exercise."""
