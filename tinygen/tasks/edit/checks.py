"""What the functions of this package ask of the models that they are given."""

from __future__ import annotations

from tinygen.models import MODELS, Model

__all__ = ["require_model"]


def require_model(
    model: Model, kinds: type[Model] | tuple[type[Model], ...], function: str
) -> None:
    """Refuse a model that cannot do it, and name those that can.

    Parameters
    ----------
    model : Model
    kinds : type or tuple of types
        One of which it has to be.
    function : str
        The name of what was called.

    Raises
    ------
    TypeError
        If it is of another kind.
    """
    if not isinstance(model, kinds):
        able = [name for name, kind in MODELS.items() if issubclass(kind, kinds)]
        raise TypeError(
            f"{function} works with the models {', '.join(able)} and those like them, got a "
            f"{type(model).__name__}"
        )
