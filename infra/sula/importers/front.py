"""Front matter as it is found in old archives: read for what was meant, never refused. Pure.

Sula's own reader (`sula.content.frontmatter`) is strict, as its author can mend what it says.
Here the author is not asked: of a key that is there twice the last one counts, as it did for the
old generator, and a block that is not YAML is read line by line.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX: Final = "tag:yaml.org,2002:"
_YAML: Final = re.compile(
    r"---[ \t\xa0]*\n(.*?)^(?:---|\.\.\.)[ \t\xa0]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_TOML: Final = re.compile(
    r"\+\+\+[ \t\xa0]*\n(.*?)^\+\+\+[ \t\xa0]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_LINE: Final = re.compile(r"([A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(.*?))?[ \t]*$")
_ASSIGNED: Final = re.compile(r"^(\w+)\s*=", re.MULTILINE)
_DEEPEST: Final = 20


@dataclass
class Front:
    """A file taken apart. ``values`` hold texts, truth values, lists, tables and None.

    ``keys`` are lower case. ``body_line`` counts from 1. ``notes`` are (line, message).
    ``found`` tells whether there was any front matter.
    """

    values: dict[str, Any]
    body: str
    body_line: int = 1
    found: bool = False
    notes: list[tuple[int, str]] = field(default_factory=list)

    def text(self, *keys: str) -> str:
        """The first of these keys that says something, as text."""
        for key in keys:
            value = self.values.get(key)
            if isinstance(value, bool):
                return "true" if value else "false"
            if isinstance(value, str) and value.strip():
                return value.strip()
        return ""

    def flag(self, key: str) -> bool:
        """Whether a key says yes."""
        value = self.values.get(key)
        return (
            value if isinstance(value, bool) else str(value or "").lower() in {"true", "yes", "1"}
        )


def split_front(text: str) -> Front:
    """Take a file with YAML, TOML or JSON front matter apart."""
    if match := _YAML.match(text):
        front = _front(text, match)
        front.values = read_yaml(match[1], front.notes)
        return front
    if match := _TOML.match(text):
        front = _front(text, match)
        try:
            front.values = _lower(_plain(tomllib.loads(match[1])))
        except tomllib.TOMLDecodeError as error:
            front.notes.append((1, f"the front matter is not TOML ({error}): read line by line"))
            front.values = _line_by_line(_ASSIGNED.sub(r"\1:", match[1]))
        return front
    if text.startswith("{"):
        return _json(text)
    return Front({}, text)


def _front(text: str, match: re.Match[str]) -> Front:
    return Front({}, text[match.end() :], text.count("\n", 0, match.end()) + 1, found=True)


def read_yaml(text: str, notes: list[tuple[int, str]]) -> dict[str, Any]:
    """A YAML mapping; line by line where it is none. Lines in `notes` count from the ``---``."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it cannot be read"
        line = (mark.line if mark else 0) + 2
        notes.append((line, f"the front matter is not YAML ({problem}): read line by line"))
        return _line_by_line(text)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        notes.append((2, "the front matter is no list of keys: left out"))
        return {}
    value = _value(root, notes, 0)
    return _lower(value) if isinstance(value, dict) else {}


def _value(node: yaml.Node, notes: list[tuple[int, str]], depth: int) -> Any:  # noqa: ANN401 - whatever YAML holds
    if depth > _DEEPEST:
        return None
    if isinstance(node, yaml.ScalarNode):
        text = str(node.value)
        if node.tag == _PREFIX + "null":
            return None
        if node.tag == _PREFIX + "bool" and text.lower() in {"true", "false"}:
            return text.lower() == "true"
        return text
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, notes, depth + 1) for item in node.value]
    table: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        if key in table:
            line = key_node.start_mark.line + 2
            notes.append((line, f"{key!r} is there twice: the last one counts"))
        table[key] = _value(value_node, notes, depth + 1)
    return table


def _line_by_line(text: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    last = ""
    for line in text.split("\n"):
        item = re.match(r"[ \t]*-[ \t]+(.*\S)", line)
        match = _LINE.match(line)
        if match:
            last = match[1].lower()
            value = (match[2] or "").strip()
            if value.startswith("[") and value.endswith("]"):
                values[last] = [_unquote(part.strip()) for part in value[1:-1].split(",")]
            else:
                values[last] = _unquote(value) or None
        elif item and last and not isinstance(values[last], str):
            values[last] = [*(values[last] or []), _unquote(item[1])]
        elif last and line[:1] in " \t" and line.strip() and isinstance(values[last], str):
            values[last] += " " + line.strip()
    return {k: v == "true" if v in ("true", "false") else v for k, v in values.items()}


def _unquote(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace(f"\\{text[0]}", text[0])
    return text


def _lower(table: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).strip().lower(): value for key, value in table.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever TOML and JSON hold
    """Numbers and dates as texts, as YAML's are kept."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    return value.isoformat(" ") if isinstance(value, datetime) else (
        value.isoformat() if isinstance(value, date | time) else str(value)
    )  # fmt: skip


def _json(text: str) -> Front:
    """Hugo's third way: an object at the beginning of the file."""
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return Front({}, text)
    line = text.count("\n", 0, end) + 1
    body = text[end:]
    if body.startswith("\n"):
        body, line = body[1:], line + 1
    return Front(_lower(_plain(value)), body, line, found=True)


def _load_yaml(text: str) -> Any:  # noqa: ANN401 - whatever YAML holds
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is the safe one


def load_data(name: str, text: str) -> dict[str, Any]:
    """A settings file by its suffix: YAML, TOML or JSON. Raises `ValueError` saying why not."""
    try:
        if name.endswith(".toml"):
            return tomllib.loads(text)
        load = json.loads if name.endswith(".json") else _load_yaml
        loaded = load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{name} cannot be read: {' '.join(str(error).split())}") from error
    return loaded if isinstance(loaded, dict) else {}
