from __future__ import annotations

import subprocess
import sys

import pytest

import tinygen
from tinygen.cli import main


def python(*words):
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])

    assert end.value.code == 0
    assert capsys.readouterr().out == f"tinygen {tinygen.__version__}\n"


def test_it_runs_as_a_module():
    done = python("-m", "tinygen", "--version")

    assert (done.returncode, done.stdout) == (0, f"tinygen {tinygen.__version__}\n")


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 2
    assert "tinygen demo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dance"], "dance"),
        (["demo", "--epochs", "0"], "'0' is not a whole number of at least 1"),
        (["demo", "--epochs", "few"], "'few' is not a whole number of at least 1"),
        (["demo", "--seed", "-1"], "'-1' is not a whole number of at least 0"),
        (["demo", "--device", "tpu"], "'tpu'"),
    ],
)
def test_a_mistake_ends_with_2_and_a_message(capsys, words, message):
    with pytest.raises(SystemExit) as end:
        main(words)

    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_importing_tinygen_imports_nothing_heavy():
    code = (
        "import sys, tinygen, tinygen.data, tinygen.plots, tinygen.cli;"
        "print(sorted({'matplotlib', 'rich', 'PIL', 'cupy'} & set(sys.modules)))"
    )
    done = python("-c", code)

    assert done.stdout == "[]\n", done.stderr
