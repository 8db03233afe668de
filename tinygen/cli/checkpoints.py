"""Where a command finds the model that it was given by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tinygen.cli.errors import UsageError
from tinygen.io.messages import text
from tinygen.models import MODELS
from tinygen.models.pretrained import PRETRAINED, weights_file

__all__ = ["GENERATORS", "model_file"]

GENERATORS = tuple(name for name, kind in MODELS.items() if hasattr(kind, "sample"))
"""The models that can draw pictures."""


@contextmanager
def model_file(source: str) -> Iterator[Path]:
    """The file of a model that ships with tinygen, or a checkpoint.

    Parameters
    ----------
    source : str
        A key of ``PRETRAINED``, or a path.

    Yields
    ------
    Path
        It is there for as long as the context.

    Raises
    ------
    UsageError
        If there is neither.
    FileNotFoundError
        If the file of a shipped model is not in the package.
    """
    if source in PRETRAINED:
        with weights_file(source) as path:
            yield path
    elif Path(source).is_file():
        yield Path(source)
    else:
        raise UsageError(_nothing(source))


def _nothing(source: str) -> str:
    """What to say of a name that is nothing, and what was probably meant."""
    shipped = ", ".join(PRETRAINED)
    if source in MODELS:
        return text("no weights", model=source, names=shipped)
    near = difflib.get_close_matches(source, PRETRAINED, n=1)
    meant = text("did you mean", name=near[0]) if near else ""
    return text("no such model file", path=source, names=shipped, meant=meant)
