"""The cases of each family of ops; importing this enters them all into the registry."""

from tests.ops.cases import elementwise

__all__ = ["elementwise"]
