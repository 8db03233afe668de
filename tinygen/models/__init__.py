"""The models, ready to be trained, and their names."""

from __future__ import annotations

import difflib
from typing import Any

from tinygen.models.cnn import FastCNN
from tinygen.nn import Module

__all__ = ["MODELS", "FastCNN", "create"]

MODELS: dict[str, type[Module]] = {"cnn": FastCNN}
"""What :func:`create` knows, by the names that the command line and checkpoints use."""


def create(name: str, **arguments: Any) -> Module:
    """Make a model by its name, with new random weights.

    Parameters
    ----------
    name : str
        A key of ``MODELS``.
    **arguments
        What its class takes.

    Returns
    -------
    Module

    Raises
    ------
    ValueError
        If there is no model of this name.

    Examples
    --------
    >>> type(create("cnn", classes=26)).__name__
    'FastCNN'
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(f"there is no model {name!r}{meant} There are: {', '.join(MODELS)}")
    return MODELS[name](**arguments)
