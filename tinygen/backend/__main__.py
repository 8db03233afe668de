"""``python -m tinygen.backend``: what is installed, what works, what to do about the rest."""

from __future__ import annotations

from tinygen.backend.diagnosis import report

for what, well, note in report():
    print(f"{'ok' if well else '--':3}{what:12}{note}")
