"""All that tinygen says to people while all is well, by key.

A translation is another dictionary with the same keys and the same names in braces; what it lacks
is said in English. ``TINYGEN_LANG=zh-CN`` asks for Chinese. What stands here is shown as it is;
nothing in it is markup. ``{count:picture|pictures}`` becomes "1 picture" or "3 pictures".

Two kinds of words stand elsewhere: the texts of exceptions, where these are raised, and
those of Python's argparse ("usage", "invalid choice"), which Python itself translates through
gettext.
"""

from __future__ import annotations

import os
from functools import cache
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

__all__ = ["MESSAGES", "language", "text", "translation"]

LANGUAGE = "TINYGEN_LANG"
"""The environment's name for the language; without it English, whatever the machine speaks."""

ENGLISH, CHINESE = "en", "zh-CN"

MESSAGES: dict[str, str] = {
    key: message
    for part in (
        commands, assess, checks, classify, complete, detect, edit, explain, lessons, own,
        recognize, restore, retrieve, translate,
    )
    for key, message in part.MESSAGES.items()
}  # fmt: skip
"""What is said, by key; :func:`text` fills in the names in braces."""


def language() -> str:
    """The language that is spoken.

    Returns
    -------
    str
        ``"zh-CN"`` if ``TINYGEN_LANG`` asks for Chinese (also as zh, zh_CN or zh_CN.UTF-8), else
        ``"en"``.
    """
    asked = os.environ.get(LANGUAGE, "").partition(".")[0].replace("_", "-").lower()
    return CHINESE if asked in ("zh", CHINESE.lower()) else ENGLISH


@cache
def translation(language: str) -> dict[str, str]:
    """The messages that there are in a language.

    Parameters
    ----------
    language : str
        As :func:`language` says it.

    Returns
    -------
    dict of str to str
        A part of the keys of ``MESSAGES``; nothing for English.
    """
    if language != CHINESE:
        return {}
    from tinygen.io.messages import zh_cn  # read by those alone who want it

    return zh_cn.MESSAGES


def text(key: str, **values: Any) -> str:
    """A message in the language that is spoken, with its values filled in.

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
    message = MESSAGES[key]  # so that a key that is not there is a fault in every language
    counted = {
        name: _Count(value) if type(value) is int else value for name, value in values.items()
    }
    return translation(language()).get(key, message).format(**counted)


class _Count(int):
    """A number that knows one from many, where its format names both: ``{:line|lines}``."""

    def __format__(self, shape: str) -> str:
        one, bar, many = shape.partition("|")
        if not bar:
            return format(int(self), shape)
        return f"{int(self)} {one if self == 1 else many}"
