"""Layers beyond the needs of the four model families; nothing else imports this file."""

from __future__ import annotations

__all__: list[str] = []
