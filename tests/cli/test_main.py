from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import tinygen
from tinygen import cli
from tinygen.backend import BackendError
from tinygen.cli import main
from tinygen.cli.arguments import NAMES, parser
from tinygen.cli.errors import UsageError
from tinygen.data import DataError, DataNotFoundError, available
from tinygen.io import CheckpointError
from tinygen.models import MODELS
from tinygen.train import RECIPES, NonFiniteLossError

COMMANDS = list(cli.MODULES)


def python(*words):
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def ends_with(monkeypatch, error):
    """Let a command do nothing but raise."""

    def run(options):
        raise error

    monkeypatch.setattr("tinygen.cli.info.run", run)
    return main(["info", "file"])


# ---- help --------------------------------------------------------------------------------------


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


def test_the_help_lists_every_command_and_no_other(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])

    said = capsys.readouterr().out
    listed = said[said.index("  COMMAND") : said.index("examples:")].split("\n")[1:]
    assert [line.split()[0] for line in listed if line.strip()] == COMMANDS


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "doctor"])
def test_the_help_of_a_command_has_examples_of_it(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])

    assert end.value.code == 0
    examples = capsys.readouterr().out.partition("example")[2]
    assert f"  tinygen {command}" in examples


def test_the_help_names_the_data_sets_that_there_are():
    assert [one.name for one in available()] == list(NAMES)


def test_the_help_of_train_says_how_each_model_is_trained(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])

    lines = capsys.readouterr().out.splitlines()
    for name in MODELS:
        (line,) = [line for line in lines if line.startswith(f"  {name} ")]
        assert f"{RECIPES[name].epochs} epochs" in line
        assert f"lr {RECIPES[name].lr:g}" in line


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("3", 3), ("-2", -2), ("0.5", 0.5), (".5", 0.5), ("1e-3", 1e-3),
        ("true", True), ("True", True), ("false", False), ("null", None), ("None", None),
        ("[400,200]", [400, 200]), ("400,200", [400, 200]), ("(4, 5)", [4, 5]), ("[]", []),
        ("relu", "relu"), ("gaussian-learned", "gaussian-learned"), ("'3'", "3"), ("a=b", "a=b"),
    ],
)  # fmt: skip
def test_the_value_of_an_argument_is_read_as_what_it_looks_like(given, value):
    name, read = parser().parse_args(["train", "vae", "--set", f"that={given}"]).set[0]

    assert name == "that"
    assert read == value
    assert type(read) is type(value)


# ---- how it ends -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dance"], "dance"),
        (["demo", "--epochs", "0"], "'0' is not a whole number of at least 1"),
        (["demo", "--epochs", "few"], "'few' is not a whole number of at least 1"),
        (["demo", "--seed", "-1"], "'-1' is not a whole number of at least 0"),
        (["demo", "--device", "tpu"], "'tpu'"),
        (["train"], "MODEL"),
        (["train", "transformer"], "there is no model 'transformer' (there are: cnn, lenet"),
        (["train", "dcgna"], "there is no model 'dcgna'; did you mean 'dcgan'?"),
        (["train", "cnn", "--lr", "0"], "'0' is not a number above 0"),
        (["train", "cnn", "--lr", "nan"], "'nan' is not a number above 0"),
        (["train", "cnn", "--set", "dropout"], "'dropout' is not of the form NAME=VALUE"),
        (["train", "cnn", "--set", "=1"], "'=1' is not of the form NAME=VALUE"),
        (["train", "cnn", "--set", "dropout="], "'dropout=' is not of the form NAME=VALUE"),
        (["data"], "ACTION"),
        (["generate"], "NAME_OR_CHECKPOINT"),
        (["evaluate", "vae", "--samples", "1"], "'1' is not a whole number of at least 2"),
    ],
)
def test_a_mistake_ends_with_2_and_a_message(capsys, words, message):
    with pytest.raises(SystemExit) as end:
        main(words)

    assert end.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("why"), 2),
        (BackendError("why"), 2),
        (DataError("why"), 1),
        (DataNotFoundError("why"), 1),
        (CheckpointError("why"), 1),
        (NonFiniteLossError("why"), 1),
        (PermissionError("why"), 1),
    ],
)
def test_what_can_go_wrong_ends_with_a_code_and_a_message(monkeypatch, capsys, error, code):
    assert ends_with(monkeypatch, error) == code
    assert capsys.readouterr().err == "tinygen info: why\n"


def test_ctrl_c_ends_with_130(monkeypatch, capsys):
    assert ends_with(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_fault_of_the_program_shows_where_it_is(monkeypatch):
    with pytest.raises(ZeroDivisionError):
        ends_with(monkeypatch, ZeroDivisionError())


def test_warnings_are_told_without_lines_of_the_source(monkeypatch, capsys):
    def run(options):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("half of the units are dead", UserWarning, stacklevel=1)
        return 0

    monkeypatch.setattr("tinygen.cli.info.run", run)

    assert main(["info", "file"]) == 0
    assert capsys.readouterr().err == "Note: half of the units are dead\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way on Windows")
def test_a_reader_who_has_seen_enough_gets_no_traceback():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "tinygen", "data", "list"],
        stdout=write, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)

    assert (done.returncode, done.stderr) == (1, "")


def test_importing_tinygen_imports_nothing_heavy():
    code = (
        "import sys, tinygen, tinygen.data, tinygen.plots, tinygen.cli;"
        "print(sorted({'matplotlib', 'rich', 'PIL', 'cupy'} & set(sys.modules)))"
    )
    done = python("-c", code)

    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["classify", "a.png", "b.png", "--seed", "1"],
        ["classify", "--seed", "1", "a.png", "b.png"],
        ["classify", "a.png", "--seed", "1", "b.png"],
        ["explain", "saliency", "--seed", "1", "a.png", "b.png"],
    ],
)
def test_pictures_are_named_before_options_behind_them_or_between(words):
    options = cli._parsed(parser(), words)
    assert options.images == [Path("a.png"), Path("b.png")]
    assert options.seed == 1


@pytest.mark.parametrize("words", [["classify", "--nope", "a.png"], ["info", "a", "b"]])
def test_what_no_command_knows_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        cli._parsed(parser(), words)
    assert f"unrecognized arguments: {words[1] if words[1] == '--nope' else 'b'}" in (
        capsys.readouterr().err
    )
