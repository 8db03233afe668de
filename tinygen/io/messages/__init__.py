"""All that tinygen says to people while all is well, by key.

A translation is another dictionary with the same keys and the same names in braces. What stands
here is shown as it is; nothing in it is markup. Two kinds of words stand elsewhere: the texts of
exceptions, where these are raised, and those of Python's argparse ("usage", "invalid choice"),
which Python itself translates through gettext.
"""

from __future__ import annotations

from typing import Any

from tinygen.io.messages import (
    assess,
    checks,
    classify,
    commands,
    complete,
    detect,
    edit,
    explain,
    lessons,
    own,
    recognize,
    restore,
    retrieve,
    translate,
)

__all__ = ["MESSAGES", "text"]

MESSAGES: dict[str, str] = {
    key: message
    for part in (
        commands, assess, checks, classify, complete, detect, edit, explain, lessons, own,
        recognize, restore, retrieve, translate,
    )
    for key, message in part.MESSAGES.items()
}  # fmt: skip
"""What is said, by key; :func:`text` fills in the names in braces."""


def text(key: str, **values: Any) -> str:
    """A message with its values filled in.

    Parameters
    ----------
    key : str
        A key of ``MESSAGES``.
    **values
        One for each name in braces.

    Returns
    -------
    str
    """
    return MESSAGES[key].format(**values)
