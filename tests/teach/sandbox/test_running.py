"""Running a student's function in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.teach.small_course import small_course
from tinygen.teach import Case, Check
from tinygen.teach.course import find_exercise, find_lesson
from tinygen.teach.sandbox import confine, running
from tinygen.teach.sandbox.precheck import precheck
from tinygen.teach.sandbox.running import (
    Limits,
    Outcome,
    Raised,
    Result,
    outputs_of,
    reference_values,
    run_student,
)
from tinygen.teach.sandbox.transport import Foreign, TensorArray, dumps

LIMITS = Limits(seconds=5.0, memory=512 << 20)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's system calls")


@pytest.fixture(autouse=True, scope="module")
def course(tmp_path_factory):
    with small_course(tmp_path_factory.mktemp("course")) as folder:
        yield folder


def sums(*arguments) -> tuple[Check, list[Case]]:
    """A check of the sum, with one case."""
    case = Case("some numbers", *(arguments or (np.array([1.0, 2.0]), np.array([3.0, 5.0]))))
    return Check(cases=lambda _: [case], outputs=("sum",), seconds=5.0), [case]


@pytest.fixture
def run(tmp_path):
    """Run a file's text; ``check`` and ``cases`` by default those of one sum."""

    def run(source, *, number="01.1", check=None, cases=None, limits=LIMITS) -> Outcome:
        file = tmp_path / "01_sums.py"
        data = source if isinstance(source, bytes) else source.encode()
        file.write_bytes(data)
        usual, case = sums()
        exercise = find_exercise(number)
        return run_student(file, exercise, check or usual, cases or case, limits=limits)

    return run


def add(body: str) -> str:
    """A file with a function of this body."""
    return "import numpy as np\n\n\ndef add(a, b):\n    " + body.replace("\n", "\n    ") + "\n"


# ---- values ------------------------------------------------------------------------------------


def test_values_come_back(run):
    outcome = run(add("return a + b"))
    assert outcome.status == "ok"
    assert outcome.results[0].value.tolist() == [4.0, 7.0]
    assert outcome.raised is None


def test_each_case_has_its_result_and_keywords_are_passed(run):
    cases = [Case("one", np.ones(2), b=1), Case("two", a=np.zeros((2, 3)), b=np.float32(2))]
    outcome = run(add("return a + b"), check=sums()[0], cases=cases)
    assert [result.value.tolist() for result in outcome.results] == [[2, 2], [[2] * 3] * 2]


def test_tensors_come_back_as_arrays_where_the_library_may_be_imported(run):
    check = Check(lambda _: [], outputs=("sum",), imports=("tinygen",), seconds=30.0)
    source = add("import tinygen as tg\nreturn tg.tensor(a) + tg.tensor(b)")
    outcome = run(source, check=check, limits=Limits())
    assert isinstance(outcome.results[0].value, TensorArray)
    assert outcome.results[0].value.tolist() == [4.0, 7.0]


def test_a_value_of_another_kind_says_so(run):
    assert run(add("return (x for x in a)")).results[0].value == Foreign("generator")
    assert run(add("pass")).results[0].value is None


def test_changed_arguments_are_named(run):
    assert run(add("return a + b")).results[0].changed == ()
    assert run(add("a += b\nreturn a")).results[0].changed == ("a",)
    assert run(add("b.sort()\nb[0] = np.nan\nreturn a")).results[0].changed == ("b",)


def test_an_argument_with_nan_is_not_changed_by_looking_at_it(run):
    check, cases = sums(np.array([np.nan, 1.0]), [float("nan"), {"x": np.array([np.nan])}])
    assert run(add("return a"), check=check, cases=cases).results[0].changed == ()
    changed = run(add("b[1]['x'][0] = 1\nreturn a"), check=check, cases=cases)
    assert changed.results[0].changed == ("b",)


def test_a_driver_is_sent_as_source_and_names_its_arguments(run):
    check = find_lesson("02").checks["02.1"]
    cases = [Case("some numbers", np.array([1.0, 2.0]), 3)]
    outcome = run("def multiply(a, count):\n    return a * count\n", number="02.1",
                  check=check, cases=cases)  # fmt: skip
    once, twice = outputs_of(outcome.results[0].value, check.outputs)
    assert (once.tolist(), twice.tolist()) == ([3.0, 6.0], [9.0, 18.0])
    spoilt = run("def multiply(a, count):\n    a *= count\n    return a\n", number="02.1",
                 check=check, cases=cases)  # fmt: skip
    assert spoilt.results[0].changed == ("a",)


def test_a_driver_must_be_a_plain_function(run):
    check = Check(lambda _: [], outputs=("y",), call=lambda function, a, b: function(a, b))
    with pytest.raises(ValueError, match="plain function"):
        run(add("return a"), check=check)


def test_what_is_needed_is_the_references_whatever_the_student_wrote(run):
    check = find_lesson("02").checks["02.1"]
    cases = [Case("some numbers", np.array([1.0, 2.0]), 3)]
    own = "def add(a, b):\n    raise NotImplementedError\n\n\n"
    product = "def multiply(a, count):\n    return add(a, add(a, a))\n"
    for source in (own + product, product + own, product):
        outcome = run(source, number="02.1", check=check, cases=cases)
        assert outcome.results[0].value[0].tolist() == [3.0, 6.0]


def test_the_references_values_arrive_as_the_students_do():
    exercise = find_exercise("02.1")
    check = find_lesson("02").checks["02.1"]
    case = Case("some numbers", np.array([1.0, 2.0]), 3)
    (value,) = reference_values(exercise, check, [case])
    assert [part.tolist() for part in value] == [[3.0, 6.0], [9.0, 18.0]]
    assert case.arguments[0].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "names", "outputs"),
    [
        (1, ("y",), (1,)),
        ((1, 2), ("y",), ((1, 2),)),
        ((1, 2), ("y", "z"), (1, 2)),
        ([1, 2], ("y", "z"), (1, 2)),
        ({"z": 2, "y": 1}, ("y", "z"), (1, 2)),
        ({"x": 2, "y": 1}, ("y", "z"), ({"x": 2, "y": 1},)),
        (1, ("y", "z"), (1,)),
    ],
)
def test_a_value_is_taken_apart_into_outputs(value, names, outputs):
    assert outputs_of(value, names) == outputs


# ---- the file ----------------------------------------------------------------------------------


def test_an_experiment_that_fails_does_not_take_the_others_along(run):
    source = add("return a + b") + "\nprint(add(1))\nassert False, 'later'\n"
    assert run(source).status == "ok"


def test_main_does_not_run(run):
    main = '\nif __name__ == "__main__":\n    import os\n\n    os._exit(3)\n'
    assert run(add("return a + b") + main).status == "ok"


def test_a_name_that_is_missing_because_of_an_earlier_failure_leads_to_that(run):
    raised = run("size = 1 / 0\n\n\ndef add(a, b):\n    return a * size\n").raised
    assert (raised.kind, raised.lines[0].number) == ("ZeroDivisionError", 1)


def test_a_file_that_cannot_define_the_function_is_an_exception(run):
    outcome = run("def add(a, b=np.ones(2)):\n    return a\n")
    assert (outcome.status, outcome.results) == ("exception", ())
    assert outcome.raised.kind == "NameError"
    assert outcome.raised.lines[0].code == "def add(a, b=np.ones(2)):"


def test_future_imports_count_for_the_whole_file(run):
    head = "from __future__ import annotations\n"
    assert run(head + "def add(a: Undefined, b) -> Unknown:\n    return a + b\n").status == "ok"


def test_a_function_may_be_made_in_other_ways(run):
    assert run("add = lambda a, b: a + b\n").status == "ok"
    assert run("def make():\n    def add(a, b):\n        return a + b\n    return add\n"
               "add = make()\n").status == "ok"  # fmt: skip


def test_what_is_no_function_says_what_it_is(run):
    outcome = run("add = 3\n")
    assert (outcome.status, outcome.detail) == ("not-a-function", "int")


def test_a_function_defined_inside_another_is_missing(run):
    assert run("def outer():\n    def add(a, b):\n        return a + b\n").status == "missing"


# ---- found without running ---------------------------------------------------------------------


@pytest.fixture
def look():
    def look(source, *, number="01.1", imports=()):
        data = source if isinstance(source, bytes) else source.encode()
        check = Check(lambda _: [], outputs=("sum",), imports=imports)
        return precheck(data, find_exercise(number), check)

    return look


STUB = '''\
def add(a, b):
    """The sum of two arrays."""
    raise NotImplementedError("01.1: write add")
'''


@pytest.mark.parametrize(
    "source",
    [
        STUB,
        STUB.replace('"""The sum of two arrays."""\n    ', ""),
        STUB.replace('("01.1: write add")', ""),
        STUB.replace("a, b", "x, y"),
        "import numpy as np\n\n\n" + STUB + "\n\n# my notes\n",
    ],
)
def test_a_stub_is_not_attempted(look, source):
    assert look(source).status == "not-attempted"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (STUB.replace("    raise", "    c = a + b\n    raise"), 4),
        (STUB + "    return a + b\n", 3),
        (STUB.replace("    raise", "    for _ in a:\n        raise") + "    return a\n", 4),
    ],
)
def test_a_raise_that_was_left_in_is_found(look, source, line):
    found = look(source)
    assert (found.status, found.line) == ("raise-left-in", line)


@pytest.mark.parametrize(
    "source",
    [
        STUB.replace("    raise", "    return a + b\n    raise"),
        STUB.replace("    raise", "    if a is None:\n        raise") + "    return a + b\n",
        STUB + "\n\ndef add(a, b):\n    return a + b\n",
    ],
    ids=["never reached", "a case that is refused", "defined again below"],
)
def test_a_raise_that_does_no_harm_is_none(look, source):
    assert look(source) == source


CLASS = '''\
# %% [markdown] lesson="03" minutes=1 builds_on=[]
# # 03 · Classes

# %% Count exercise="03.1" difficulty=1 minutes=2 lines=2
class Counter:
    """Counts."""

    def __init__(self, start):
        self.count = start

    def up(self):
        """One more."""
        ### BEGIN SOLUTION
        self.count += 1
        ### END SOLUTION

    def down(self):
        """One less."""
        ### BEGIN SOLUTION
        self.count -= 1
        ### END SOLUTION

# %% [markdown] hints="03.1"
# 1. What?
# 2. That.
# 3. So.
'''

COUNTER = """\
class Counter:
    def __init__(self, start):
        self.count = start

    def up(self):
        {up}

    def down(self):
        {down}
"""


def test_a_class_is_not_attempted_until_one_method_is_written(look, course):
    (course / "03_classes.py").write_text(CLASS, encoding="utf-8")
    stub, up, down = "raise NotImplementedError", "self.count += 1", "self.count -= 1"
    begun = look(COUNTER.format(up=up, down=stub), number="03.1")
    assert look(COUNTER.format(up=stub, down=stub), number="03.1").status == "not-attempted"
    assert (begun.status, begun.line) == ("raise-left-in", 9)
    whole = COUNTER.format(up=up, down=down)
    assert look(whole, number="03.1") == whole


def test_a_syntax_error_has_its_line_and_a_caret(look):
    found = look("def add(a, b):\n    return a +* b\n")
    assert (found.status, found.line) == ("syntax", 2)
    assert found.code == ("return a +* b", "          ^")
    assert look("def add(a, b):\n    pass\nreturn 1\n").line == 3


@pytest.mark.parametrize(
    "data",
    [
        b"def add(a, b):\n    return '\xff'\n",
        b"\0\0",
        b"x = " + b"-" * 100_000 + b"1",
        b"x = " + b"(" * 5_000 + b")" * 5_000,
        b"x = " + b"1 + " * 50_000 + b"1",
        b"# " + b"x" * (1 << 20),
    ],
    ids=["no text", "zeros", "signs", "brackets", "sums", "long"],
)
def test_a_file_that_python_cannot_read_is_a_syntax_error(look, data):
    found = look(data)
    assert found.status == "syntax"
    assert found.detail


def test_a_byte_order_mark_does_no_harm(look):
    assert look(b"\xef\xbb\xbf" + STUB.encode()).status == "not-attempted"


def test_a_missing_function_has_a_similar_name(look):
    found = look("def ad(a, b):\n    return a + b\n")
    assert (found.status, found.detail) == ("missing", "ad")
    assert look("x = 1\n").detail == ""


@pytest.mark.parametrize(
    ("source", "line", "module"),
    [
        ("import scipy.signal\n\n\ndef add(a, b):\n    return scipy.signal.add(a, b)\n", 1,
         "scipy.signal"),
        (add("import torch\nreturn a"), 5, "torch"),
        (add("from tinygen.teach.reference import reference\nreturn a"), 5,
         "tinygen.teach.reference"),
        ("import os\n\n\ndef help_me(a):\n    return os\n\n\ndef add(a, b):\n"
         "    return help_me(a)\n", 1, "os"),
        (add("return __import__('os')"), 5, "__import__"),
        (add("return eval('a + b')"), 5, "eval"),
        ("from os import *\n" + add("return a"), 1, "os"),
        ("from . import answers\n" + add("return answers"), 1, "."),
        ("import os\nos.remove('x')\n" + add("return a"), 1, "os"),
    ],
)  # fmt: skip
def test_imports_that_are_not_allowed_have_their_line(look, source, line, module):
    found = look(source)
    assert (found.status, found.line, found.detail) == ("imports", line, module)


@pytest.mark.parametrize(
    "source",
    [
        "import math\nimport typing\nimport numpy.linalg as la\n" + add("return la.norm(a)"),
        "import os\nfrom torch import nn\n" + add("return a + b"),
        add("return a") + "\n\ndef other(a):\n    import torch\n\n    return torch\n",
        add("return a") + "\n\nif __name__ == '__main__':\n    import torch\n",
    ],
    ids=["allowed", "not used", "in another exercise", "in main"],
)
def test_other_imports_do_not_matter(look, source):
    assert look(source) == source


def test_a_check_may_allow_more(look):
    source = "import tinygen as tg\nimport scipy\n" + add("return tg.nn, scipy")
    assert look(source, imports=("tinygen", "scipy")) == source
    assert look(source, imports=("tinygen",)).detail == "scipy"


# ---- exceptions --------------------------------------------------------------------------------


def test_an_exception_has_the_lines_of_the_students_file_alone(run):
    source = "import numpy as np\n\n\ndef inner(a):\n    return np.reshape(a, (5, 5))\n\n\n"
    outcome = run(source + "def add(a, b):\n    return inner(a)\n")
    assert outcome.status == "exception"
    raised = outcome.raised
    assert (raised.kind, raised.where) == ("ValueError", "student")
    assert "reshape" in raised.message
    assert [tuple(line) for line in raised.lines] == [
        (9, "add", "return inner(a)"),
        (5, "inner", "return np.reshape(a, (5, 5))"),
    ]


def test_a_case_that_raises_does_not_hide_the_others(run):
    cases = [Case("good", 1, 2), Case("bad", None, 2), Case("good too", 3, 4)]
    outcome = run(add("return a + b"), check=sums()[0], cases=cases)
    assert outcome.status == "exception"
    assert [result.value for result in outcome.results] == [3, None, 7]
    assert outcome.results[1].raised is outcome.raised


@pytest.mark.parametrize("head", ["def add(a):", "def add(a, b, c):", "def add():"])
def test_a_call_that_does_not_fit_is_told_from_an_error_inside(run, head):
    raised = run(f"{head}\n    return 1\n").raised
    assert (raised.kind, raised.where, raised.lines) == ("TypeError", "call", ())
    assert run(add("return a + b()")).raised.where == "student"


def test_a_value_that_the_driver_cannot_use_is_told_with_its_type(run):
    def last(function, a, b):
        value = function(a, b)
        return value[-1]

    check = Check(lambda _: [], outputs=("last",), call=last)
    raised = run(add("c = a + b"), check=check).raised
    assert (raised.where, raised.returned, raised.lines) == ("driver", "NoneType", ())
    assert run(add("return a + b"), check=check).results[0].value == 7.0


def test_an_exception_that_cannot_be_printed_is_one_too(run):
    bad = "class Bad(Exception):\n    def __str__(self):\n        raise self\n\n\n"
    raised = run(bad + "def add(a, b):\n    raise Bad\n").raised
    assert (raised.kind, raised.message) == ("Bad", "")


def test_an_endless_recursion_has_few_lines(run):
    raised = run("def add(a, b):\n    return add(b, a)\n").raised
    assert raised.kind == "RecursionError"
    assert 1 <= len(raised.lines) <= 10


# ---- limits ------------------------------------------------------------------------------------


def test_a_time_out_says_which_case_it_was(run):
    cases = [Case("quick", 1, 0), Case("slow", 2, 0)]
    source = "def add(a, b):\n    while a == 2:\n        pass\n    return a\n"
    outcome = run(source, check=sums()[0], cases=cases, limits=Limits(seconds=0.5))
    assert (outcome.status, outcome.detail) == ("timeout", "slow")
    assert [result.value for result in outcome.results] == [1]


def test_a_time_out_while_loading_is_in_no_case(run):
    outcome = run(add("return a") + "\nwhile True:\n    pass\n", limits=Limits(seconds=0.5))
    assert (outcome.status, outcome.detail) == ("timeout", "")


def test_the_limit_of_time_is_the_checks_unless_another_is_given(run):
    check = Check(lambda _: [], outputs=("sum",), seconds=0.5)
    assert run(add("while True:\n    pass"), check=check, limits=Limits()).status == "timeout"


def test_printing_is_kept_up_to_a_limit(run):
    outcome = run(add("print('here', a)\nreturn a + b"))
    assert (outcome.status, outcome.printed) == ("ok", "here [1. 2.]\n")
    limits = Limits(seconds=5.0, printed=1 << 20, kept=10)
    much = run(add("print('x' * 10**5)\nreturn a + b"), limits=limits)
    assert (much.status, much.printed) == ("ok", "x" * 10)
    too_much = run(add("print('x' * 10**7)\nreturn a + b"), limits=limits)
    assert (too_much.status, too_much.detail) == ("too-much-output", "printed")


def test_values_have_a_limit_too(run):
    limits = Limits(seconds=5.0, answer=1 << 20)
    outcome = run(add("return np.zeros(2**20)"), limits=limits)
    assert (outcome.status, outcome.detail) == ("too-much-output", "returned")


def test_input_is_empty(run):
    assert run(add("return input()")).raised.kind == "EOFError"


def test_the_environment_has_no_secrets(run, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    source = "import numpy\n" + add("os = np.__builtins__['__import__']('os')\n"
                                    "return sorted(os.environ)")  # fmt: skip
    names = run(source).results[0].value
    assert "OPENBLAS_NUM_THREADS" in names
    assert "SECRET_TOKEN" not in names
    assert "HOME" not in names


@linux_only
def test_a_crash_says_how_it_came(run):
    load = "os = np.__builtins__['__import__']('os')\n"
    assert run(add(load + "os._exit(3)")).detail == "exit code 3"
    assert run(add(load + "os.abort()")).status == "crashed"


def test_a_process_takes_its_children_with_it():
    if sys.platform == "win32":
        pytest.skip("no process groups")
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']);"
    code += "print(flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    with process:
        process.stdout.readline()
        running._kill(process)
        assert process.stdout.read() == b"", "the pipe is closed only when all who had it are gone"


def test_where_there_is_no_filter_of_calls_the_number_of_processes_is_limited(monkeypatch):
    resource = pytest.importorskip("resource")
    lowered = []
    monkeypatch.setattr(confine, "_lower", lambda limit, value: lowered.append((limit, value)))
    monkeypatch.setattr(confine.platform, "machine", lambda: "pdp11")
    confine.confine(1 << 30, 1.0, 1 << 20)
    assert (resource.RLIMIT_NPROC, 0) in lowered


# ---- what a process says is not believed -------------------------------------------------------


CASES = [Case("one", 1), Case("two", 2)]
READY, LOADED, DONE = {"ready": True}, {"loaded": "ok"}, {"done": True}


def value(number: int) -> dict[str, object]:
    return {"case": number, "value": 1.0, "changed": []}


def outcome_of(*messages, code=0, late=False) -> Outcome:
    answer = b"".join(map(dumps, messages))
    return running._outcome(running._Run(answer, b"", "", late, code, 0.0), CASES)


def test_all_is_well_if_every_case_has_a_value():
    outcome = outcome_of(READY, LOADED, value(0), value(1), DONE)
    assert outcome == Outcome("ok", (Result(1.0), Result(1.0)))


@pytest.mark.parametrize(
    "messages",
    [
        (READY,),
        (READY, LOADED),
        (READY, LOADED, DONE),
        (READY, LOADED, value(0), DONE),
        (READY, LOADED, value(0)),
        (READY, LOADED, value(1), value(0), DONE),
        (READY, LOADED, value(0), value(0), DONE),
        (READY, LOADED, value(0), value(1), value(2), DONE),
        (READY, LOADED, value(0), value(1), DONE, DONE),
        (READY, LOADED, value(0), value(1), DONE, value(0)),
        (LOADED, value(0), value(1), DONE),
        (READY, DONE),
        (READY, {"loaded": "passed"}),
        (READY, LOADED, {"case": 0, "value": 1.0}, value(1), DONE),
        (READY, LOADED, {"case": 0, "raised": {"kind": "X"}}, value(1), DONE),
        (READY, {"loaded": "exception", "raised": {}}),
        (READY, LOADED, "passed", DONE),
    ],
)
def test_an_answer_that_is_not_whole_is_a_crash(messages):
    assert outcome_of(*messages).status == "crashed"


def test_all_values_without_the_last_word_will_do():
    assert outcome_of(READY, LOADED, value(0), value(1), code=-9).status == "ok"


def test_what_is_said_of_an_exception_is_kept_within_bounds():
    told = {"kind": "K" * 9999, "message": "m", "lines": [], "where": "heaven", "returned": ""}
    raised = outcome_of(READY, {"loaded": "exception", "raised": told}).raised
    assert raised == Raised("K" * 2000, "m")


def test_it_starts_without_the_package(tmp_path):
    code = "import runpy, sys; sys.argv = ['child']; sys.stdin.close()\n"
    code += f"module = runpy.run_path({str(running.CHILD)!r})\n"
    code += "print([name for name in sys.modules if name.startswith(('tinygen', 'matplotlib'))])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@linux_only
def test_running_leaves_no_open_files_behind(run):
    run(add("return a"))
    before = len(list(Path("/proc/self/fd").iterdir()))
    run(add("return a"))
    run(add("print('x' * 10**7)"), limits=Limits(seconds=5.0, printed=1000))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
