"""The words of lessons: Markdown, in which ``<`` is a letter like any other; and Python in colours.

rich, which is always there, brings both libraries along.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

__all__ = ["highlighted", "parsed", "to_html"]


def parsed(source: str) -> list[Any]:
    """The tokens of a text.

    Parameters
    ----------
    source : str

    Returns
    -------
    list of markdown_it.token.Token
    """
    return _parser().parse(source)


def to_html(source: str) -> str:
    """A text as HTML.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
    """
    return str(_parser().render(source))


def highlighted(source: str) -> str:
    """Python as HTML: each token in the class that Pygments has for it.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
    """
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

    spans = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return f'<pre class="code">{spans.rstrip()}</pre>\n'


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    def code(source: str, language: str, _: str) -> str:
        return highlighted(source) if language in ("python", "py") else ""

    return MarkdownIt("commonmark", {"html": False, "highlight": code}).enable("table")
