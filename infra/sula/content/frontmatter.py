"""Front matter as it is written: YAML, TOML or Pelican's lines, with line numbers.

Values stay the text that the author wrote: ``title: 2026`` is a title, ``tags: [yes]`` is
a tag. What the text means is decided in one place, `sula.content.meta`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import msgspec
import yaml

from sula.checks.codes import Code, Severity

_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NULL: Final = "tag:yaml.org,2002:null"


class _Loader(_Base):  # type: ignore[misc] # PyYAML makes its choice while it is imported
    """Nodes as they are written: of YAML's types, only nothing is looked for."""


_Loader.add_implicit_resolver(_NULL, re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])

_YAML: Final = re.compile(
    r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
# A line of YAML that means what it seems to: no comment, no reference, no type, no next line.
_LETTERS: Final = r"\w .;!?()'/+=&@%*~$^|\u2010-\u2027\u2030-\u205e-"
_ITEM: Final = r"[^\W_][\w./+ -]*"
_YAML_LINE: Final = re.compile(
    r"([A-Za-z][\w-]{0,40}): +"
    rf"((?![nN]ull\Z|NULL\Z)[^\W_](?:[{_LETTERS},]|:(?! |\Z))*(?<! )"
    rf"|\"[{_LETTERS},:#<>{{}}\[\]`]*\"|\[(?:{_ITEM}(?:, *{_ITEM})*)?\])"
)
# A word with a sign before it is hardly meant as a comment, a type or an anchor.
_COMMENT: Final = re.compile(
    r"^[A-Za-z][\w-]*:(?:[ \t]+[^\"'\[{|>#\s][^\n]*?)?[ \t]+(#[^\s#][^\n]*)$", re.MULTILINE
)
_PREFIX: Final = re.compile(r"^[A-Za-z][\w-]*:[ \t]+(&[^\s]+|![^\s!]\S*)", re.MULTILINE)
_SIGNS: Final = re.compile(r"[#&!]")
_SHOWN: Final = 30
_NULLS: Final = frozenset({"null", "Null", "NULL"})
_TOML: Final = re.compile(r"\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_PELICAN: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):(?:[ \t]+(.*)|[ \t]*)$")
_TOML_KEY: Final = re.compile(r"""[ \t]*["']?([A-Za-z0-9_-]+)["']?[ \t]*(?:\.[^=]*)?=[ \t]*""")
_TOML_TABLE: Final = re.compile(r"[ \t]*\[+[ \t]*([A-Za-z0-9_-]+)")

Value = str | tuple[str, ...] | Mapping[str, str] | None
"""A value: text, a list of texts, a table of texts, or nothing (``title:``)."""


class Spot(NamedTuple):
    """A line of the file and a column of it, both counted from 1; column 0 is not known."""

    line: int
    column: int = 0


class Field(NamedTuple):
    """A key's value, where the key stands and where the value begins."""

    value: Value
    key: Spot
    at: Spot

    @property
    def line(self) -> int:
        """The key's line."""
        return self.key.line


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, and where."""

    at: Spot
    code: Code
    message: str
    severity: Severity = "error"


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

    @property
    def broken(self) -> bool:
        """Whether it could not be read."""
        return any(problem.severity == "error" for problem in self.problems)


class _BadError(Exception):
    def __init__(self, at: Spot, code: Code, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(at, code, message)


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
            message = f'the front matter has no end: add a line "{mark}" after it'
            problem = Problem(Spot(1, 1), "front-matter-unclosed", message)
            return FrontMatter(kind, {}, "", 1, (problem,))
        body, line = text[match.end() :], text.count("\n", 0, match.end()) + 1
        try:
            fields = read(match[1])
            cut = tuple(_cut(match[1])) if kind == "yaml" and _SIGNS.search(match[1]) else ()
            return FrontMatter(kind, fields, body, line, cut)
        except _BadError as bad:
            return FrontMatter(kind, {}, body, line, (bad.problem,))
    return _read_pelican(text)


def _normal(key: str) -> str:
    return key.strip().lower().replace("-", "_")


# --- YAML ----------------------------------------------------------------------------


def _read_yaml(text: str) -> dict[str, Field]:
    """Fields of a YAML mapping."""
    fields = _read_lines(text)
    return _read_nodes(text) if fields is None else fields


def _read_lines(text: str) -> dict[str, Field] | None:
    """The same of plain lines, in a third of the time; None where it takes a parser to tell."""
    fields: dict[str, Field] = {}
    for number, line in enumerate(text.split("\n")[:-1], start=2):
        match = _YAML_LINE.fullmatch(line)
        if match is None:
            return None
        written, said = match.groups()
        key = _normal(written)
        if key in fields:
            return None
        value: Value = said
        if said[0] == '"':
            value = said[1:-1]
        elif said[0] == "[":
            items = map(str.strip, said[1:-1].split(","))
            value = tuple(item for item in items if item and item not in _NULLS)
        fields[key] = Field(value, Spot(number, 1), Spot(number, match.start(2) + 1))
    return fields


def _read_nodes(text: str) -> dict[str, Field]:
    """The same of any YAML. The node tree is read, so that no value is converted."""
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = _spot(mark) if mark else Spot(1)
        what = " ".join(filter(None, (error.context, error.problem))) + _yaml_hint(text, spot.line)
        raise _unreadable(spot, f"the front matter is not YAML: {what}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # Characters that YAML forbids come without a line of their own.
        position = getattr(error, "position", 0)
        spot = Spot(text.count("\n", 0, position) + 2, position - text.rfind("\n", 0, position))
        reason = getattr(error, "reason", str(error))
        raise _unreadable(spot, f"the front matter is not YAML: {reason}") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise _unreadable(Spot(2), 'the front matter should be lines such as "title: A title"')
    fields: dict[str, Field] = {}
    for key_node, node in root.value:
        spot = _spot(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            raise _unreadable(spot, "a key of the front matter should be a word")
        key = _normal(key_node.value)
        if key in fields:
            raise _twice(spot, key, fields[key])
        fields[key] = Field(_yaml_value(key, node), spot, _spot(node.start_mark))
    return fields


def _cut(text: str) -> Iterator[Problem]:
    """Values of which YAML takes a part for something else, such as ``title: Ranked #1``."""
    for match in _COMMENT.finditer(text):
        yield _lost(text, match, "a comment")
    for match in _PREFIX.finditer(text):
        if match[1][0] == "!" or f"*{match[1][1:]}" not in text:
            yield _lost(text, match, "no part of the value")


def _lost(text: str, match: re.Match[str], what: str) -> Problem:
    line = text.count("\n", 0, match.start(1))
    column = match.start(1) - text.rfind("\n", 0, match.start(1))
    shown = match[1] if len(match[1]) <= _SHOWN else match[1][:_SHOWN] + "..."
    message = f"{shown!r} is {what} to YAML, and lost: put the whole value in quotes"
    return Problem(Spot(line + 2, column), "value-cut", message, "warning")


def _spot(mark: yaml.Mark) -> Spot:
    """A place in the YAML as one in the file, which has a line of dashes before it."""
    return Spot(mark.line + 2, mark.column + 1)


def _unreadable(spot: Spot, message: str) -> _BadError:
    return _BadError(spot, "front-matter-unreadable", message)


def _twice(spot: Spot, key: str, first: Field) -> _BadError:
    return _BadError(spot, "key-twice", f"{key!r} is here twice (first on line {first.line})")


def _yaml_value(key: str, node: yaml.Node) -> Value:
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == _NULL else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return tuple(_yaml_text(key, item) for item in node.value if item.tag != _NULL)
    if isinstance(node, yaml.MappingNode):
        return {_yaml_text(key, k): _yaml_text(key, v) for k, v in node.value if v.tag != _NULL}
    raise _unreadable(_spot(node.start_mark), f"{key!r} cannot be read")


def _yaml_text(key: str, node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    spot = _spot(node.start_mark)
    raise _unreadable(spot, f"{key!r} goes too deep: it takes a list of texts")


def _yaml_hint(text: str, line: int) -> str:
    lines = text.split("\n")
    at = lines[line - 2] if 0 <= line - 2 < len(lines) else ""
    if re.match(r"\s*\t", at):
        return "; indent with spaces, not tabs"
    if re.match(r"[^\"']+?:\s[^\"']*:\s", at):
        return '; a value with a colon belongs in quotes: title: "One: two"'
    match = re.match(r"\s*(?:- +|[^\s:]+:\s+)([`@%*&!|>{\[\"'])", at)
    if match is None:
        return ""
    return f"; a value that begins with {match[1]} belongs in quotes{_QUOTED.get(match[1], '')}"


_QUOTED: Final = {
    '"': ", all of it: title: '\"One\" and two'",
    "'": ", all of it: title: \"'One' and two\"",
}


# --- TOML ----------------------------------------------------------------------------


def _read_toml(text: str) -> dict[str, Field]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+), column (\d+)", str(error))
        spot = Spot(int(where[1]) + 1, int(where[2])) if where else Spot(text.count("\n") + 1)
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise _unreadable(spot, f"the front matter is not TOML: {what}") from None
    places: dict[str, tuple[Spot, Spot]] = {}
    for number, line in enumerate(text.split("\n"), start=2):
        if match := _TOML_TABLE.match(line) or _TOML_KEY.match(line):
            key, value = Spot(number, match.start(1) + 1), Spot(number, match.end() + 1)
            places.setdefault(match[1], (key, value))
    fields: dict[str, Field] = {}
    for written, found in table.items():
        spot, at = places.get(written, (Spot(1), Spot(1)))
        name = _normal(written)
        if name in fields:
            raise _twice(spot, name, fields[name])
        fields[name] = Field(_toml_value(written, found, at), spot, at)
    return fields


def _toml_value(key: str, value: object, at: Spot) -> Value:
    if isinstance(value, list):
        return tuple(_toml_text(key, item, at) for item in value)
    if isinstance(value, dict):
        return {str(k): _toml_text(key, v, at) for k, v in value.items()}
    return _toml_text(key, value, at)


def _toml_text(key: str, value: object, at: Spot) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, str | int | float | date):
        return str(value)
    raise _unreadable(at, f"{key!r} cannot be read: a text, or a list of texts, is due")


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
            spot = Spot(number, 1)
            if last in fields:
                problems.append(_twice(spot, last, fields[last]).problem)
            at = Spot(number, match.start(2) + 1) if match[2] else spot
            fields[last] = Field((match[2] or "").strip() or None, spot, at)
        elif last and line[:1] in " \t":
            more = f"{fields[last].value or ''}\n{line.strip()}".strip()
            fields[last] = fields[last]._replace(value=more)
        else:
            # A text that merely begins with a colon in it, or no metadata at all.
            return FrontMatter("", {}, text, 1)
    if not {"title", "date"} & set(fields):
        return FrontMatter("", {}, text, 1)
    body = "\n".join(lines[number:])
    return FrontMatter("pelican", fields, body, number + 1, tuple(problems))
