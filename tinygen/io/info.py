"""What is inside a file that tinygen wrote, for people."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tinygen.io.archive import Contents, FilePath, read
from tinygen.io.messages import text

__all__ = ["describe"]

UNITS = ("kB", "MB", "GB", "TB")

LONGEST = 60
"""Characters of a value before it is cut."""

MOST = 20
"""Entries of a dict that are still listed."""


def describe(path: FilePath) -> str:
    """Say what is inside a file of ``save`` or ``save_checkpoint``.

    Every byte is verified first.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    str
        Lines: what the file is, how far the training had come, the parts, and a table of all
        arrays with their shapes, dtypes and sizes.

    Raises
    ------
    CheckpointError
        If the file is damaged or something else; the message says which, and what to do.
    OSError
        If there is no such file, or it cannot be opened.
    """
    contents = read(path)
    tree = contents.tree("cpu")
    checkpoint = contents.kind == "checkpoint"
    facts = {
        text("info file"): os.fspath(path),
        text("info kind"): text("info checkpoint" if checkpoint else "info tree"),
        text("info format"): text("info verified", version=contents.version),
        "sha256": contents.sha256,
        text("info size"): _bytes(os.stat(path).st_size),
    }
    facts |= _training(tree) if checkpoint else {text("info values"): _short(tree)}
    return "\n".join([*_aligned(facts), "", *_table(contents)])


def _training(tree: dict[str, Any]) -> dict[str, str]:
    """What a checkpoint says of the training."""
    facts = {}
    if tree["architecture"] is not None:
        arguments = ", ".join(f"{name}={value!r}" for name, value in tree["arguments"].items())
        facts[text("info architecture")] = f"{tree['architecture']}({arguments})"
    facts |= {
        text(f"info {name}"): f"{tree[name]:,}"
        for name in ("epoch", "step")
        if tree[name] is not None
    }
    for place, class_name in tree["classes"].items():
        kind, _, name = place.partition("/")
        state = tree[kind][name] if name else tree[kind]
        facts[place] = _part(kind, class_name, state)
    metadata = tree["metadata"]
    if isinstance(metadata, dict):
        facts |= {text("info metadata of", name=n): _options(v) for n, v in metadata.items()}
    elif metadata is not None:
        facts[text("info metadata")] = _short(metadata)
    return facts


def _part(kind: str, class_name: str, state: Any) -> str:
    """One line for a part of a training."""
    if kind == "generators":
        host, block = state["host"]["bit_generator"], state["noise"]["counter"]
        return text("info generators", host=host, block=block)
    return text("info part", kind=class_name, facts=_facts(kind, state))


def _facts(kind: str, state: Any) -> str:
    """What is worth knowing of a part's state."""
    if kind == "optimizer":
        return _optimizer(state)
    if kind in ("model", "ema"):
        return _totals(list(state.values()))
    if kind == "trainer" and "history" in state:
        return text("info books", rows=len(state["history"]["rows"]), batches=state["batch"])
    if kind == "scheduler" and "_last_lr" in state:
        return text(
            "info scheduler", steps=state["last_epoch"], rates=_rates(state["_last_lr"])
        )  # fmt: skip
    return _short(state)


def _optimizer(state: dict[str, Any]) -> str:
    """The groups, their learning rates, and what is remembered."""
    groups = state["param_groups"]
    remembered = sorted({name for entries in state["state"].values() for name in entries})
    return text(
        "info optimizer",
        groups=len(groups),
        rates=_rates([group["lr"] for group in groups if "lr" in group]),
        names=", ".join(remembered) or text("info nothing"),
        count=len(state["state"]),
    )


def _rates(rates: list[float]) -> str:
    """Learning rates, one for each group."""
    return ", ".join(f"{rate:g}" for rate in rates) or "-"


def _table(contents: Contents) -> list[str]:
    """All arrays and, below a line, their sum."""
    rows = [tuple(text(f"info {column}") for column in ("array", "shape", "dtype", "size"))] + [
        (name, str(array.shape), str(array.dtype), _bytes(array.nbytes))
        for name, array in contents.arrays.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {dtype:<{widths[2]}}  {size:>{widths[3]}}"
        for name, shape, dtype, size in rows
    ]
    return [*lines, "-" * len(lines[0]), _totals(list(contents.arrays.values()))]


def _totals(arrays: list[np.ndarray]) -> str:
    """How many arrays, how many elements, how many bytes."""
    return text(
        "info total of one" if len(arrays) == 1 else "info total",
        count=len(arrays),
        elements=sum(array.size for array in arrays),
        size=_bytes(sum(array.nbytes for array in arrays)),
    )


def _aligned(facts: dict[str, str]) -> list[str]:
    width = max(map(len, facts))
    return [f"{name:<{width}}  {value}" for name, value in facts.items()]


def _short(value: Any) -> str:
    """A value in one line: dicts and lists by their length if they are long."""
    shown = " ".join(repr(value).split())
    if len(shown) <= LONGEST:
        return shown
    if isinstance(value, dict | list | tuple):
        return text("info long", kind=type(value).__name__, count=len(value))
    return f"{shown[: LONGEST - 3]}..."


def _options(value: Any) -> str:
    """A value in one line: of a small dict all that is in it."""
    if isinstance(value, dict) and 0 < len(value) <= MOST:
        return ", ".join(f"{name}={_short(part)}" for name, part in value.items())
    return _short(value)


def _bytes(size: int) -> str:
    """A number of bytes as people read it, in powers of 1000 as disks have them."""
    if size < 1000:
        return f"{size} B"
    power = min((len(str(size)) - 1) // 3, len(UNITS))
    return f"{size / 1000**power:.1f} {UNITS[power - 1]}"
