"""JSON Schema (draft 2020-12) of front matter and settings, for editors and programs.

The names come from `sula.names`, which their readers use too, so that neither can have one that
the other lacks. A schema is as lenient as the reader: it refuses what is refused, and says what
each name is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from edgefeed.contract import FEED_FORMATS
from sula.checks.codes import CODES
from sula.names import FRONT, MACHINE, SAY, SETTINGS, Kind, Name

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def _words(*words: str) -> str:
    """A pattern of words in any case. JSON Schema's patterns know no flags."""
    each = ("".join(f"[{c.upper()}{c}]" for c in word) for word in words)
    return f"^({'|'.join(each)})?$"


# To YAML 1.1 "no" is false, and to an author it is Norwegian: a text may be anything plain.
_TEXT: Final[Schema] = {"type": ["string", "number", "boolean", "null"]}
_TEXTS: Final[Schema] = {
    "anyOf": [_TEXT, {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}]
}
_LINE: Final[Schema] = {"type": "string"}
_CODE: Final[Schema] = {"type": "array", "items": {"enum": list(CODES)}}

_SHAPES: Final[Mapping[Kind, Schema]] = {
    # front matter
    "text": _TEXT,
    "texts": _TEXTS,
    "tags": _TEXTS,
    "flag": {
        "anyOf": [
            {"type": ["boolean", "null"]},
            {"type": "string", "pattern": _words("true", "yes", "on", "false", "no", "off")},
        ]
    },
    "whole": {
        "anyOf": [
            {"type": ["integer", "boolean", "null"]},
            {"type": "string", "pattern": "^([+-]?\\d{1,9})?$"},
        ]
    },
    "date": {
        **_TEXT,
        "examples": ["2026-11-24 09:30", "2026-11-24T09:30:00+01:00", "2026-11-24"],
    },
    "address": {**_TEXT, "pattern": "^(https?://[^/\\s]+.*)?$"},
    "identity": {**_TEXT, "pattern": "^([A-Za-z][A-Za-z0-9+.-]*:\\S+)?$"},
    "language": {**_TEXT, "pattern": "^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$"},
    "status": {**_TEXT, "pattern": _words("published", "hidden", "draft")},
    "enclosure": {
        "type": ["object", "string", "null"],
        "properties": {
            "url": {"type": "string"},
            "type": {"type": "string"},
            "length": {"type": ["integer", "string"]},
        },
        "required": ["url"],
    },
    "codes": {"anyOf": [_TEXT, _CODE]},
    # settings
    "line": _LINE,
    "host": {"type": "string", "pattern": "^https?://[^/\\s?#]+/?$"},
    "name": {"type": "string", "pattern": "^\\s*\\S*:\\S*\\s*$"},
    "tongue": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
    "size": {"type": "integer", "minimum": 1, "maximum": 1000},
    "switch": {"type": "boolean"},
    "formats": {
        "type": "array",
        "items": {"enum": list(FEED_FORMATS)},
        "minItems": 1,
        "uniqueItems": True,
    },
    "pattern": {"type": "string", "pattern": "\\{slug\\}.*(/|\\.html)$"},
    "pairs": {
        "type": "array",
        "items": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 2,
            "maxItems": 2,
        },
    },
    "options": {"type": "object", "additionalProperties": {"type": "string"}},
    # of the machine
    "stack": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9-]{0,127}$"},
    "region": {"type": "string", "pattern": "^(local|[a-z]{2,3}(-[a-z]+)+-\\d)$"},
    "branch": {"type": "string", "pattern": "^[^-/.\\s][^\\s~^:?*\\[\\\\]*$"},
}


def front_matter() -> Schema:
    """What may stand at the beginning of a post or page."""
    return _document("Front matter of a post or page", dict(_properties(FRONT)))


def settings() -> Schema:
    """What ``pelicanconf.py`` may say; the values as JSON has them."""
    properties = dict(_properties(SETTINGS))
    properties["CHECK_IGNORE"]["type"] = "array"
    properties["CHECK_IGNORE"]["items"] = _LINE
    del properties["CHECK_IGNORE"]["anyOf"]
    return {
        **_document("Settings of a site, the names of pelicanconf.py", properties),
        "required": [one.name for one in SETTINGS if one.missing == SAY],
    }


def machine(parameters: Mapping[str, Mapping[str, Any]]) -> Schema:
    """What ``pyproject.toml`` may say under ``[tool.sula]``; `parameters` are the template's."""
    own = {name: _parameter(said) for name, said in sorted(parameters.items())}
    properties = dict(_properties(MACHINE))
    properties["parameters"] = {
        "description": "The stack's parameters.",
        "type": "object",
        "properties": own,
        "additionalProperties": False,
    }
    return {
        **_document("Where a site is deployed to, [tool.sula] of pyproject.toml", properties),
        "additionalProperties": False,
    }


def _parameter(said: Mapping[str, Any]) -> Schema:
    """One of CloudFormation's; ``yes`` and ``no`` may be said as TOML says them."""
    allowed = list(said.get("AllowedValues", ()))
    shape: Schema = {"enum": allowed + [str(value) for value in allowed if isinstance(value, int)]}
    if "yes" in allowed:
        shape = {"enum": [*allowed, True, False]}
    elif not allowed:
        shape = {"type": ["integer", "string"] if said["Type"] == "Number" else "string"}
    return {"description": said.get("Description", ""), "default": said.get("Default", ""), **shape}


def _properties(names: tuple[Name, ...]) -> Iterator[tuple[str, Schema]]:
    said = {word: one for one in names for word in (one.name, *one.also)}
    for word, one in sorted(said.items()):
        about = one.about.replace("`", "")
        about = about if word == one.name else f"Another word for {one.name}. {about}"
        yield word, {"description": about, **_SHAPES[one.kind]}


def _document(title: str, properties: Schema) -> Schema:
    return {"$schema": _DRAFT, "title": f"Sula: {title}", "type": "object",
            "properties": properties}  # fmt: skip
