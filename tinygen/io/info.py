"""What is inside a file that tinygen wrote, for people."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from tinygen.io.archive import Contents, FilePath, read

__all__ = ["describe"]

UNITS = ("kB", "MB", "GB", "TB")

LONGEST = 60
"""Characters of a value before it is cut."""


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
        "file": os.fspath(path),
        "kind": "checkpoint of a training" if checkpoint else "values saved by tg.save",
        "format": f"{contents.version}, verified",
        "sha256": contents.sha256,
        "size": _bytes(os.stat(path).st_size),
    }
    facts |= _training(tree) if checkpoint else {"values": _short(tree)}
    return "\n".join([*_aligned(facts), "", *_table(contents)])


def _training(tree: dict[str, Any]) -> dict[str, str]:
    """What a checkpoint says of the training."""
    facts = {}
    if tree["architecture"] is not None:
        arguments = ", ".join(f"{name}={value!r}" for name, value in tree["arguments"].items())
        facts["architecture"] = f"{tree['architecture']}({arguments})"
    facts |= {name: f"{tree[name]:,}" for name in ("epoch", "step") if tree[name] is not None}
    for place, class_name in tree["classes"].items():
        kind, _, name = place.partition("/")
        state = tree[kind][name] if name else tree[kind]
        facts[place] = _part(kind, class_name, state)
    metadata = tree["metadata"]
    if isinstance(metadata, dict):
        facts |= {f"metadata {name}": _short(value) for name, value in metadata.items()}
    elif metadata is not None:
        facts["metadata"] = _short(metadata)
    return facts


def _part(kind: str, class_name: str, state: Any) -> str:
    """One line for a part of a training."""
    if kind == "generators":
        noise = state["noise"]
        return f"host {state['host']['bit_generator']}, noise at block {noise['counter']:,}"
    if kind == "optimizer":
        return f"{class_name}: {_optimizer(state)}"
    if kind in ("model", "ema"):
        return f"{class_name}: {_totals(list(state.values()))}"
    if kind == "scheduler" and "_last_lr" in state:
        return f"{class_name}: {state['last_epoch']:,} steps taken, lr {_rates(state['_last_lr'])}"
    return f"{class_name}: {_short(state)}"


def _optimizer(state: dict[str, Any]) -> str:
    """The groups, their learning rates, and what is remembered."""
    groups = state["param_groups"]
    rates = _rates([group["lr"] for group in groups if "lr" in group])
    remembered = sorted({name for entries in state["state"].values() for name in entries})
    return (
        f"{len(groups)} group{'s' * (len(groups) != 1)}, lr {rates}, remembers "
        f"{', '.join(remembered) or 'nothing'} of {len(state['state'])} parameters"
    )


def _rates(rates: list[float]) -> str:
    """Learning rates, one for each group."""
    return ", ".join(f"{rate:g}" for rate in rates) or "-"


def _table(contents: Contents) -> list[str]:
    """All arrays and, below a line, their sum."""
    rows = [("array", "shape", "dtype", "size")] + [
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
    count = len(arrays)
    elements = sum(array.size for array in arrays)
    size = _bytes(sum(array.nbytes for array in arrays))
    return f"{count:,} array{'s' * (count != 1)}, {elements:,} elements, {size}"


def _aligned(facts: dict[str, str]) -> list[str]:
    width = max(map(len, facts))
    return [f"{name:<{width}}  {value}" for name, value in facts.items()]


def _short(value: Any) -> str:
    """A value in one line: dicts and lists by their length if they are long."""
    text = " ".join(repr(value).split())
    if len(text) <= LONGEST:
        return text
    if isinstance(value, dict | list | tuple):
        return f"{type(value).__name__} of {len(value):,}"
    return f"{text[: LONGEST - 3]}..."


def _bytes(size: int) -> str:
    """A number of bytes as people read it, in powers of 1000 as disks have them."""
    if size < 1000:
        return f"{size} B"
    power = min((len(str(size)) - 1) // 3, len(UNITS))
    return f"{size / 1000**power:.1f} {UNITS[power - 1]}"
