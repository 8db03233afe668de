"""What can be typed behind ``tinygen``, and the help that explains it."""

from __future__ import annotations

import ast
import importlib
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tinygen.cli.options import (
    Commands,
    add_common,
    add_device,
    add_name,
    add_offline,
    add_seed,
    at_least,
    command,
    list_of_words,
    not_negative,
    positive,
    wrapped,
)
from tinygen.io.messages import text

__all__ = ["COURSE", "DRAWN_ONLY", "FAMILIES", "FETCH_SECONDS", "NAMES", "TASKS", "parser"]

NAMES = ("mnist", "fashion-mnist", "cifar10", "glyphs", "shapes", "canvases", "strips")
"""The data sets that models can learn, in the order of the help."""

DRAWN_ONLY = ("ring",)
"""Those for other uses: ``tinygen data`` lists and shows them."""

FETCH_SECONDS = 20
"""How long the demo tries to fetch MNIST."""

FAMILIES = ("cnn", "vae", "gan", "rnn")
"""Of which the demo trains a model each, in this order."""

TASKS = (
    "edit", "complete", "translate", "classify", "detect", "recognize", "retrieve", "restore",
    "explain",
)  # fmt: skip
"""The commands that are modules of :mod:`tinygen.cli.tasks`, in the order of the help."""

COURSE = ("start", "lessons", "step", "check", "hint", "solution", "reset", "teacher")
"""The commands that are modules of :mod:`tinygen.cli.course`, in the order of the help."""


def parser() -> ArgumentParser:
    """The parser of the whole command line."""
    from tinygen import __version__

    made = ArgumentParser(
        prog="tinygen",
        description=wrapped("help"),
        epilog=text("help epilog"),
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument("-V", "--version", action="version", version=f"tinygen {__version__}")
    commands = made.add_subparsers(
        dest="command", metavar="COMMAND", title=text("help title commands")
    )
    _add_demo(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_generate(commands)
    for verb in TASKS:
        importlib.import_module(f"tinygen.cli.tasks.{verb}").add_arguments(commands)
    for verb in COURSE:
        importlib.import_module(f"tinygen.cli.course.{verb}").add_arguments(commands)
    _add_data(commands)
    _add_info(commands)
    _add_doctor(commands)
    return made


# ---- the commands ------------------------------------------------------------------------------


def _add_demo(commands: Commands[ArgumentParser]) -> None:
    demo = command(commands, "demo", seconds=FETCH_SECONDS)
    demo.add_argument(
        "--only", type=_families, metavar="FAMILY,FAMILY,...",
        help=text("help option only", names=", ".join(FAMILIES)),
    )  # fmt: skip
    demo.add_argument(
        "--epochs", type=at_least(1), metavar="N", help=text("help option demo epochs")
    )
    add_common(demo, out=Path("tinygen-demo"), seed=0)


def _add_train(commands: Commands[ArgumentParser]) -> None:
    """The options of a recipe have no value by default: each model has its own, and so has a run
    that is resumed."""
    train = command(commands, "train", models=_table_of_models())
    train.add_argument("model", type=_model, metavar="MODEL", help=text("help option model"))

    def add(option: str, message: str, **more: Any) -> None:
        train.add_argument(option, help=text(message, names=", ".join(NAMES)), **more)

    add("--data", "help option data", metavar="NAME")
    add("--epochs", "help option epochs", type=at_least(1), metavar="N")
    add("--batch-size", "help option batch size", type=at_least(1), metavar="N")
    add("--lr", "help option lr", type=positive, metavar="RATE")
    add("--shift", "help option shift", type=at_least(0), metavar="PIXELS")
    add(
        "--set", "help option set", type=_setting, action="append", default=[],
        metavar="NAME=VALUE",
    )  # fmt: skip
    add("--all", "help option all", dest="use_all", action="store_true", default=None)
    add("--resume", "help option resume", action="store_true")
    add_common(train, out=Path("tinygen-run"), seed=None)


def _table_of_models() -> str:
    """All models, with what they are and how long they are trained."""
    from tinygen.train.recipe import RECIPES

    width = max(map(len, RECIPES))
    return "\n".join(
        text(
            "help model", name=f"{name:<{width}}", about=text(f"about model {name}"),
            epochs=recipe.epochs, batch_size=recipe.batch_size, lr=recipe.lr,
        )
        for name, recipe in RECIPES.items()
    )  # fmt: skip


def _add_evaluate(commands: Commands[ArgumentParser]) -> None:
    evaluate = command(commands, "evaluate")
    evaluate.add_argument("checkpoint", metavar="CHECKPOINT", help=_help_of_source())
    evaluate.add_argument("--data", metavar="NAME", help=text("help option data evaluated"))
    for option in ("pictures", "samples"):
        evaluate.add_argument(
            f"--{option}", type=at_least(2), metavar="N", help=text(f"help option {option}")
        )
    evaluate.add_argument("--out", type=Path, metavar="DIR", help=text("help option out evaluated"))
    add_device(evaluate)
    add_offline(evaluate)


def _add_generate(commands: Commands[ArgumentParser]) -> None:
    generate = command(commands, "generate")
    generate.add_argument("source", metavar="NAME_OR_CHECKPOINT", help=_help_of_source())
    generate.add_argument(
        "--n", type=at_least(1), default=64, metavar="N", help=text("help option n")
    )
    labels = generate.add_mutually_exclusive_group()
    labels.add_argument("--label", metavar="CLASS", help=text("help option label"))
    labels.add_argument(
        "--labels", type=list_of_words, metavar="CLASS,CLASS,...", help=text("help option labels")
    )
    generate.add_argument(
        "--temperature", type=not_negative, metavar="T", help=text("help option temperature")
    )
    generate.add_argument("--each", action="store_true", help=text("help option each"))
    generate.add_argument("--report", action="store_true", help=text("assess help report"))
    generate.add_argument(
        "--out", type=Path, default=Path("tinygen-samples"), metavar="DIR",
        help=text("help option out"),
    )  # fmt: skip
    add_seed(generate, 0, "help option seed noise")
    add_device(generate)
    generate.add_argument("--offline", action="store_true", help=text("assess help offline"))


def _help_of_source() -> str:
    from tinygen.models.pretrained import PRETRAINED

    return text("help option checkpoint", names=", ".join(PRETRAINED))


def _add_data(commands: Commands[ArgumentParser]) -> None:
    data = command(commands, "data")
    actions = data.add_subparsers(
        dest="action", metavar="ACTION", required=True, title=text("help title commands")
    )
    actions.add_parser("list", help=text("help data list"), description=text("help data list"))

    get = actions.add_parser("get", help=text("help data get"), description=text("help data get"))
    add_name(get, NAMES)
    get.add_argument("--out", type=Path, metavar="DIR", help=text("help option out get"))

    show = actions.add_parser(
        "show", help=text("help data show"), description=text("help data show")
    )
    add_name(show, (*NAMES, *DRAWN_ONLY))
    show.add_argument("--out", type=Path, metavar="FILE", help=text("help option out show"))
    add_seed(show, 0, "help option seed shown")
    add_offline(show)


def _add_info(commands: Commands[ArgumentParser]) -> None:
    info = command(commands, "info")
    info.add_argument("file", type=Path, metavar="FILE", help=text("help option file"))


def _add_doctor(commands: Commands[ArgumentParser]) -> None:
    commands.add_parser("doctor", help=text("help doctor"), description=wrapped("help doctor long"))


# ---- kinds of values ---------------------------------------------------------------------------


def _families(given: str) -> list[str]:
    """Families of models, each once, in the order of the demo."""
    words = [word.strip() for word in given.split(",")]
    for word in words:
        if word not in FAMILIES:
            families = ", ".join(FAMILIES)
            raise ArgumentTypeError(text("no such family", given=word, families=families))
    return [family for family in FAMILIES if family in words]


def _model(given: str) -> str:
    """The name of a model."""
    from tinygen.models import MODELS

    if given not in MODELS:
        near = get_close_matches(given, MODELS, n=1)
        meant = text("did you mean", name=near[0]) if near else ""
        models = ", ".join(MODELS)
        raise ArgumentTypeError(text("no such model", given=given, meant=meant, models=models))
    return given


WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
"""As JSON writes them; Python's own are understood as well."""


def _setting(given: str) -> tuple[str, Any]:
    """A name and a value: a number, a list, true, false, null, or else a word."""
    name, is_there, value = (part.strip() for part in given.partition("="))
    if not (name and is_there and value):
        raise ArgumentTypeError(text("not a setting", given=given))
    if value in WORDS:
        return name, WORDS[value]
    try:
        read = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
    return name, list(read) if isinstance(read, tuple) else read
