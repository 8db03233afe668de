"""All rows of the table, by the names that the command line takes."""

from __future__ import annotations

from tests.numbers import models
from tests.numbers.running import Row, Run
from tests.numbers.tasks import (
    classify,
    complete,
    detect,
    edit,
    explain,
    generate,
    recognize,
    restore,
    retrieve,
    translate,
)

__all__ = ["ROWS", "Row", "Run"]

ROWS: dict[str, Row] = {
    name: row
    for part in (
        models, generate, edit, complete, translate, classify, detect, recognize, retrieve,
        restore, explain,
    )
    for name, row in part.ROWS.items()
}  # fmt: skip
