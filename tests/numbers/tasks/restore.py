"""The rows of the task: restore."""

from __future__ import annotations

from tests.numbers.running import Row

ROWS: dict[str, Row] = {}
