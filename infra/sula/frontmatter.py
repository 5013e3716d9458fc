"""Front matter as it is written: YAML, TOML or Pelican's lines, with line numbers.

Values stay the text that the author wrote: ``title: 2026`` is a title, ``tags: [yes]`` is
a tag. What the text means is decided in one place, `sula.meta`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec
import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL: Final = "tag:yaml.org,2002:null"

_YAML: Final = re.compile(
    r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_TOML: Final = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_PELICAN: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):(?:[ \t]+(.*)|[ \t]*)$")
_TOML_KEY: Final = re.compile(r"""[ \t]*["']?([A-Za-z0-9_-]+)["']?[ \t]*(?:\.[^=]*)?=""")
_TOML_TABLE: Final = re.compile(r"[ \t]*\[+[ \t]*([A-Za-z0-9_-]+)")

Value = str | tuple[str, ...] | Mapping[str, str] | None
"""A value: text, a list of texts, a table of texts, or nothing (``title:``)."""


class Field(NamedTuple):
    """A key's value and its line in the file, counted from 1."""

    value: Value
    line: int


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and on which line."""

    line: int
    message: str


class FrontMatter(msgspec.Struct, frozen=True):
    """What stands before a source's text.

    Keys are lower case, with ``_`` for ``-``. ``body`` is the text after it and
    ``body_line`` the line on which that begins. ``kind`` is empty when there is none.
    """

    kind: str
    fields: Mapping[str, Field]
    body: str
    body_line: int
    problems: tuple[Problem, ...] = ()


class _BadError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(line, message)


def split(text: str) -> FrontMatter:
    r"""Take a source apart. Never raises: what is wrong is in ``problems``.

    `text` has ``\n`` line ends and no byte order mark.
    """
    for kind, mark, pattern, read in (
        ("yaml", "---", _YAML, _read_yaml),
        ("toml", "+++", _TOML, _read_toml),
    ):
        if not re.match(re.escape(mark) + r"[ \t]*(?:\n|\Z)", text):
            continue
        match = pattern.match(text)
        if match is None:
            problem = Problem(1, f'the front matter has no end: add a line "{mark}" after it')
            return FrontMatter(kind, {}, "", 1, (problem,))
        body, line = text[match.end() :], text.count("\n", 0, match.end()) + 1
        try:
            return FrontMatter(kind, read(match[1]), body, line)
        except _BadError as bad:
            return FrontMatter(kind, {}, body, line, (bad.problem,))
    return _read_pelican(text)


def _normal(key: str) -> str:
    return key.strip().lower().replace("-", "_")


# --- YAML ----------------------------------------------------------------------------


def _read_yaml(text: str) -> dict[str, Field]:
    """Fields of a YAML mapping. The node tree is read, so that no value is converted."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 2 if mark else 1
        what = " ".join(filter(None, (error.context, error.problem))) + _yaml_hint(text, line)
        raise _BadError(line, f"the front matter is not YAML: {what}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # Characters that YAML forbids come without a line of their own.
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 2
        reason = getattr(error, "reason", str(error))
        raise _BadError(line, f"the front matter is not YAML: {reason}") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise _BadError(2, 'the front matter should be lines such as "title: A title"')
    fields: dict[str, Field] = {}
    for key_node, node in root.value:
        line = key_node.start_mark.line + 2
        if not isinstance(key_node, yaml.ScalarNode):
            raise _BadError(line, "a key of the front matter should be a word")
        key = _normal(key_node.value)
        if key in fields:
            raise _BadError(line, f"{key!r} is here twice (first on line {fields[key].line})")
        fields[key] = Field(_yaml_value(key, node, line), line)
    return fields


def _yaml_value(key: str, node: yaml.Node, line: int) -> Value:
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == _NULL else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_yaml_text(key, item) for item in node.value if item.tag != _NULL)
    if isinstance(node, yaml.MappingNode):
        return {_yaml_text(key, k): _yaml_text(key, v) for k, v in node.value if v.tag != _NULL}
    raise _BadError(line, f"{key!r} cannot be read")


def _yaml_text(key: str, node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    raise _BadError(node.start_mark.line + 2, f"{key!r} goes too deep: it takes a list of texts")


def _yaml_hint(text: str, line: int) -> str:
    lines = text.split("\n")
    at = lines[line - 2] if 0 <= line - 2 < len(lines) else ""
    if at.startswith("\t"):
        return "; indent with spaces, not tabs"
    if re.match(r"[^\"']+?:\s[^\"']*:\s", at):
        return '; a value with a colon belongs in quotes: title: "One: two"'
    return ""


# --- TOML ----------------------------------------------------------------------------


def _read_toml(text: str) -> dict[str, Field]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        line = int(where[1]) + 1 if where else text.count("\n") + 1
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise _BadError(line, f"the front matter is not TOML: {what}") from None
    lines: dict[str, int] = {}
    for number, at in enumerate(text.split("\n"), start=2):
        if match := _TOML_TABLE.match(at) or _TOML_KEY.match(at):
            lines.setdefault(match[1], number)
    fields: dict[str, Field] = {}
    for key, value in table.items():
        line = lines.get(key, 1)
        name = _normal(key)
        if name in fields:
            raise _BadError(line, f"{name!r} is here twice (first on line {fields[name].line})")
        fields[name] = Field(_toml_value(key, value, line), line)
    return fields


def _toml_value(key: str, value: object, line: int) -> Value:
    if isinstance(value, list):
        return tuple(_toml_text(key, item, line) for item in value)
    if isinstance(value, dict):
        return {str(k): _toml_text(key, v, line) for k, v in value.items()}
    return _toml_text(key, value, line)


def _toml_text(key: str, value: object, line: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, str | int | float | date):
        return str(value)
    raise _BadError(line, f"{key!r} cannot be read: a text, or a list of texts, is due")


# --- Pelican's lines -------------------------------------------------------------------


def _read_pelican(text: str) -> FrontMatter:
    """``Title: x`` lines up to the first empty one; indented lines continue a value."""
    fields: dict[str, Field] = {}
    problems: list[Problem] = []
    last = ""
    lines = text.split("\n")
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            break
        match = _PELICAN.match(line)
        if match:
            last = _normal(match[1])
            if last in fields:
                first = fields[last].line
                problems.append(Problem(number, f"{last!r} is here twice (first on line {first})"))
            fields[last] = Field((match[2] or "").strip() or None, number)
        elif last and line[:1] in " \t":
            value, first = fields[last]
            fields[last] = Field(f"{value or ''}\n{line.strip()}".strip(), first)
        else:
            # A text that merely begins with a colon in it, or no metadata at all.
            return FrontMatter("", {}, text, 1)
    if not {"title", "date"} & set(fields):
        return FrontMatter("", {}, text, 1)
    body = "\n".join(lines[number:])
    return FrontMatter("pelican", fields, body, number + 1, tuple(problems))
