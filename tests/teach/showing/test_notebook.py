from __future__ import annotations

import json
import sys
import types

import pytest

from tests.teach.small import write_lessons
from tinygen.cli import main
from tinygen.teach import mine_or_reference, picture
from tinygen.teach.course import find_lesson
from tinygen.teach.showing.notebook import notebook


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGEN_LESSONS", str(write_lessons(tmp_path / "lessons")))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sources(made, kind):
    return ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == kind]


def run(made, **names):
    for source in sources(made, "code"):
        exec(compile(source, "<cell>", "exec"), names)
    return names


def test_stubs_are_followed_by_a_line_that_goes_on_without_them():
    made = notebook(find_lesson("01"))
    code = sources(made, "code")
    place = next(number for number, source in enumerate(code) if "def add" in source)

    assert "raise NotImplementedError" in code[place]
    assert not any("return a + b" in source for source in code)
    assert 'add = mine_or_reference(add, "01.1")' in code[place + 1]


def test_a_notebook_with_stubs_runs_to_its_end_on_the_references(capsys):
    run(notebook(find_lesson("01")))

    said = capsys.readouterr().out
    assert "add is not written yet" in said
    assert "ran sum picture" in said


def test_what_is_written_into_the_stub_runs(capsys):
    made = notebook(find_lesson("01"))
    (cell,) = [cell for cell in made["cells"] if cell["id"] == "exercise-01-1"]
    cell["source"] = ["def add(a, b):\n", "    print('MINE')\n", "    return b + a\n"]
    run(made)

    said = capsys.readouterr().out
    assert "your own add runs" in said
    assert said.count("MINE") == 1


def test_a_solved_notebook_has_the_solutions_and_no_such_line(capsys):
    made = notebook(find_lesson("01"), solved=True)

    assert any("return a + b" in source for source in sources(made, "code"))
    assert not any("mine_or_reference" in source for source in sources(made, "code"))
    run(made)
    assert "ran sum picture" in capsys.readouterr().out


def test_hints_and_the_teachers_box_are_folded():
    words = sources(notebook(find_lesson("01")), "markdown")

    (hints,) = [source for source in words if "elementwise" in source]
    assert hints.count("<details><summary>") == hints.count("</details>") == 3
    (teacher,) = [source for source in words if "Is addition hard?" in source]
    assert teacher.startswith("<details><summary>")


def test_it_is_of_the_format_that_it_names():
    made = notebook(find_lesson("02"))
    ids = [cell["id"] for cell in made["cells"]]

    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len(set(ids)) == len(ids)
    assert all(id_.replace("-", "").isalnum() for id_ in ids)
    for cell in made["cells"]:
        needed = {"id", "cell_type", "metadata", "source"}
        more = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
        assert set(cell) == needed | more


@pytest.mark.parametrize("solved", [True, False])
def test_it_is_valid(solved):
    nbformat = pytest.importorskip("nbformat")
    nbformat.validate(notebook(find_lesson("02"), solved))


def test_the_command_writes_a_file_of_the_lessons_name_or_another(folder, capsys):
    assert main(["lessons", "notebook", "1"]) == 0
    assert "01_sums.ipynb" in capsys.readouterr().out
    assert json.loads((folder / "01_sums.ipynb").read_text("utf-8")) == notebook(find_lesson("01"))

    assert main(["lessons", "notebook", "01", "--solved", "--out", "deep/solved.ipynb"]) == 0
    written = json.loads((folder / "deep" / "solved.ipynb").read_text("utf-8"))
    assert written == notebook(find_lesson("01"), solved=True)


# ---- mine or the reference's ---------------------------------------------------------------------


class Stub:
    """A class of which one method is written."""

    def one(self):
        return 1

    @staticmethod
    def two():
        raise NotImplementedError("01.1: fill in")


class Written:
    def one(self):
        return 1


def test_a_class_is_written_when_all_its_methods_are(capsys):
    assert mine_or_reference(Written, "01.1") is Written
    assert mine_or_reference(Stub, "01.1")(1, 2) == 3


def test_a_written_function_is_kept(capsys):
    function = lambda a, b: b + a  # noqa: E731
    assert mine_or_reference(function, "01.1") is function


# ---- pictures ------------------------------------------------------------------------------------


def test_a_notebook_shows_pictures_among_its_cells(monkeypatch, tmp_path, capsys):
    from matplotlib.figure import Figure

    shown = []
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    display = types.ModuleType("IPython.display")
    display.display = lambda data, raw: shown.append((data, raw))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.chdir(tmp_path)

    assert picture(Figure((1, 1)), "empty", "nothing is to be seen") is None

    ((data, raw),) = shown
    assert raw
    assert set(data) == {"image/png", "text/plain"}
    assert capsys.readouterr().out == "nothing is to be seen\n"


def test_a_cell_that_runs_again_overwrites_its_picture(folder, monkeypatch):
    from matplotlib.figure import Figure

    from tinygen.teach.classroom import Classroom

    room = Classroom(folder / "out")
    room.begin("01")
    for name in ("one", "two", "one"):
        room.picture(Figure((1, 1)), name, "words")

    assert sorted(file.name for file in (folder / "out" / "01").iterdir()) == [
        "01-one.png", "02-two.png",
    ]  # fmt: skip
