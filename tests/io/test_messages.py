"""Every message that is looked up exists, is given what it names, and is needed."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinygen
from tinygen.io.messages import MESSAGES, text, translation

LOOK_UP = ("text", "say", "wrapped")
"""Functions whose first argument is a key."""

PACKAGE = Path(tinygen.__file__).parent
IMPORT = "from tinygen.io.messages import"
FILES = [
    file for file in sorted(PACKAGE.rglob("*.py")) if IMPORT in file.read_text(encoding="utf-8")
]


def calls() -> Iterator[ast.Call]:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node


def pattern_of(key: ast.expr) -> str | None:
    """A regular expression for a key: f"page {name}" is any key that begins so."""
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        return re.escape(key.value)
    if isinstance(key, ast.JoinedStr):
        parts = (
            re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in key.values
        )
        return "".join(parts)
    return None


def constants() -> set[str]:
    """All strings in the files that look messages up."""
    return {
        node.value
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def names_in(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_every_key_that_is_looked_up_exists():
    asked = [
        pattern_of(call.args[0])
        for call in calls()
        if call.func.id == "text" and call.args  # type: ignore[attr-defined]
    ]
    asked = [pattern for pattern in asked if pattern]
    assert len(asked) > 50
    assert [p for p in asked if not any(re.fullmatch(p, key) for key in MESSAGES)] == []


def test_every_message_is_needed():
    patterns = {
        pattern
        for call in calls()
        for argument in call.args
        if isinstance(argument, ast.JoinedStr)
        and any(isinstance(part, ast.Constant) for part in argument.values)
        and call.func.id in LOOK_UP  # type: ignore[attr-defined]
        and (pattern := pattern_of(argument))
    }
    used = constants()
    assert [
        key
        for key in MESSAGES
        if key not in used and not any(re.fullmatch(pattern, key) for pattern in patterns)
    ] == []


def test_a_plain_message_is_given_just_the_names_that_it_has():
    for call in calls():
        if call.func.id != "text" or not isinstance(call.args[0], ast.Constant):  # type: ignore[attr-defined]
            continue
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:
            missing = names_in(MESSAGES[call.args[0].value]) - given  # type: ignore[index]
            assert not missing, f"{call.args[0].value}: {missing}"


def words_in(node: ast.AST) -> Iterator[str]:
    """Strings with letters in an expression, but for keys, other arguments and formats."""
    if isinstance(node, ast.Call):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if any(letter.isalpha() for letter in node.value):
            yield node.value
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.FormattedValue) and child is node.format_spec):
            yield from words_in(child)


def test_nothing_is_printed_that_is_not_in_the_catalogue():
    rooms = [PACKAGE / room for room in ("io", "data", "train", "cli")]
    said = [
        (file.name, word)
        for room in rooms
        for file in room.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("print", ".say", ".stop"))
        for argument in node.args
        for word in words_in(argument)
    ]
    printed = [node for node in calls() if node.func.id == "print"]  # type: ignore[attr-defined]
    assert len(printed) > 20
    assert said == []


def test_values_are_filled_in():
    assert text("picture", path="a.png") == "Picture a.png"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 pictures"), (1, "1 picture"), (2, "2 pictures")]
)
def test_one_is_told_from_many(monkeypatch, count, said):
    monkeypatch.setitem(MESSAGES, "some", "of {count:picture|pictures}, {count:03}, {count}")

    assert text("some", count=count) == f"of {said}, 00{count}, {count}"


def test_a_key_that_is_not_there_is_a_fault():
    with pytest.raises(KeyError):
        text("picture of Dorian Gray")


def fields_of(message: str) -> set[str]:
    """The names in braces with all that stands behind them: conversions, formats.

    But for singular and plural, which not every language has.
    """
    parsed = string.Formatter().parse(message)
    shaped = (
        (name, "" if "|" in (shape or "") else shape or "", how or "")
        for _, name, shape, how in parsed
        if name
    )
    return {f"{name}!{how}:{shape}" for name, shape, how in shaped}


CHINESE = translation("zh-CN")


def test_a_translation_has_no_key_of_its_own():
    assert set(CHINESE) <= set(MESSAGES)


@pytest.mark.parametrize("key", CHINESE)
def test_a_translated_message_has_the_same_names_in_braces(key):
    assert fields_of(CHINESE[key]) == fields_of(MESSAGES[key])


@pytest.mark.parametrize("asked", ["zh-CN", "zh_CN", "zh", "zh_CN.UTF-8", "ZH-cn"])
def test_chinese_is_spoken_where_it_is_asked_for(monkeypatch, asked):
    monkeypatch.setenv("TINYGEN_LANG", asked)

    assert text("step first") == CHINESE["step first"] != MESSAGES["step first"]


@pytest.mark.parametrize("asked", [None, "", "en", "fr", "zhuang"])
def test_english_is_spoken_otherwise(monkeypatch, asked):
    monkeypatch.delenv("TINYGEN_LANG", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    if asked is not None:
        monkeypatch.setenv("TINYGEN_LANG", asked)

    assert text("step first") == MESSAGES["step first"]


def test_what_is_not_translated_is_said_in_english(monkeypatch):
    monkeypatch.setenv("TINYGEN_LANG", "zh-CN")
    assert "picture" not in CHINESE

    assert text("picture", path="a.png") == "Picture a.png"


def test_a_key_that_is_not_there_is_a_fault_in_chinese_too(monkeypatch):
    monkeypatch.setenv("TINYGEN_LANG", "zh-CN")

    with pytest.raises(KeyError):
        text("picture of Dorian Gray")
