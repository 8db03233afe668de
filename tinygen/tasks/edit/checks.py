"""What the functions of this package ask of the models that they are given."""

from __future__ import annotations

from tinygen.models import MODELS, Model

__all__ = ["require_model"]


def require_model(model: Model, kind: type[Model], function: str) -> None:
    """Refuse a model that cannot do it, and name those that can.

    Parameters
    ----------
    model : Model
    kind : type
        What it has to be.
    function : str
        The name of what was called.

    Raises
    ------
    TypeError
        If it is of another kind.
    """
    if not isinstance(model, kind):
        able = [name for name, one in MODELS.items() if issubclass(one, kind)]
        raise TypeError(
            f"{function} works with a {kind.__name__} ({', '.join(able)}), got a "
            f"{type(model).__name__}"
        )
