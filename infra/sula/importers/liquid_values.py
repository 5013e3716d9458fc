"""Liquid's expressions: paths, texts, filters, conditions. Pure.

`UNKNOWN` is the answer wherever the old site alone could tell.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

from edgefeed.contract import quote_path


class _Unknown:
    """The value of what cannot be known here."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
Scope = Mapping[str, Any]

_PATH: Final = re.compile(r"""[A-Za-z_][\w-]*\??(?:\.[\w-]+|\[(?:"[^"]*"|'[^']*'|\d+)\])*""")
_STEP: Final = re.compile(r"""\.([\w-]+)|\["([^"]*)"\]|\['([^']*)'\]|\[(\d+)\]""")
_ROOT: Final = re.compile(r"[\w-]+")
_NUMBER: Final = re.compile(r"-?\d+")
_WORDS: Final[Mapping[str, Any]] = {
    "true": True, "false": False, "nil": None, "null": None, "empty": "", "blank": "",
}  # fmt: skip
_TEXT: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_FILTER: Final = re.compile(r"(\w+)\s*(?::(.*))?\Z", re.DOTALL)
_COMPARE: Final = re.compile(
    r"""(\"[^\"]*\"|'[^']*'|[^\s=!<>]+)\s*(==|!=|<>|<=|>=|<|>|\bcontains\b)\s*(.+)\Z""", re.DOTALL
)
# What Jekyll computes from the whole site: no front matter or settings file says it.
COMPUTED: Final = {
    "site": frozenset(
        "time pages posts related_posts static_files html_pages html_files collections data "
        "documents categories tags github".split()
    ),
    "page": frozenset(
        "content excerpt next previous url id date dir path name output relative_path collection "
        "categories".split()
    ),
}


def split_outside_quotes(text: str, mark: str) -> list[str]:
    """``a | b: "|"`` at its first bar only."""
    parts, start, quote_mark = [], 0, ""
    for at, char in enumerate(text):
        if quote_mark:
            quote_mark = "" if char == quote_mark else quote_mark
        elif char in "\"'":
            quote_mark = char
        elif char == mark:
            parts.append(text[start:at])
            start = at + 1
    return [part.strip() for part in [*parts, text[start:]]]


def evaluate(expression: str, scope: Scope) -> Any:  # noqa: ANN401 - whatever front matter holds
    """The value of ``x.y | filter: argument``, or `UNKNOWN`."""
    first, *filters = split_outside_quotes(expression, "|")
    value = operand(first, scope)
    for written in filters:
        match = _FILTER.match(written)
        if value is UNKNOWN or match is None or match[1] not in FILTERS:
            return UNKNOWN
        arguments = [operand(part, scope) for part in _arguments(match[2])]
        if UNKNOWN in arguments:
            return UNKNOWN
        try:
            value = FILTERS[match[1]](scope, value, *arguments)
        except (TypeError, ValueError, IndexError, AttributeError):
            return UNKNOWN
    return value


def _arguments(text: str | None) -> list[str]:
    return split_outside_quotes(text, ",") if text else []


def operand(text: str, scope: Scope) -> Any:  # noqa: ANN401 - the same
    """A literal's or a variable's value."""
    if _TEXT.fullmatch(text):
        return text[1:-1]
    if _NUMBER.fullmatch(text):
        return int(text)
    if text in _WORDS:
        return _WORDS[text]
    root = _ROOT.match(text)
    name = root[0] if root else ""
    if not _PATH.fullmatch(text) or name not in scope:
        return UNKNOWN
    value = scope[name]
    for step in _STEP.finditer(text[len(name) :]):
        key = next(part for part in step.groups() if part is not None)
        value = _step(value, key, COMPUTED.get(name, frozenset()))
    return value


def _step(value: Any, key: str, computed: frozenset[str]) -> Any:  # noqa: ANN401 - the same
    """The value of a key, or of a place in a list."""
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, Mapping):
        return UNKNOWN if key not in value and key in computed else value.get(key)
    if isinstance(value, list) and (key.isdigit() or key in {"first", "last", "size"}):
        return _item(value, key)
    return len(value) if isinstance(value, str) and key == "size" else None


def _item(values: list[Any], key: str) -> Any:  # noqa: ANN401 - the same
    if key == "size":
        return len(values)
    index = {"first": 0, "last": -1}.get(key)
    index = int(key) if index is None else index
    return values[index] if -len(values) <= index < len(values) else None


def truth(condition: str, scope: Scope) -> bool | None:
    """Whether a condition holds; None when that cannot be known. Right to left, as Liquid."""
    match = re.match(r"(.*?)\s+(and|or)\s+(.*)\Z", _blanked(condition), re.DOTALL)
    if match:
        left = truth(condition[: match.end(1)], scope)
        right = truth(condition[match.start(3) :], scope)
        if match[2] == "and":
            return False if False in (left, right) else None if None in (left, right) else True
        return True if True in (left, right) else None if None in (left, right) else False
    compared = _COMPARE.match(condition.strip())
    if compared:
        return _compare(
            operand(compared[1], scope), compared[2], operand(compared[3].strip(), scope)
        )
    value = operand(condition.strip(), scope)
    return None if value is UNKNOWN else value is not None and value is not False


def _blanked(text: str) -> str:
    """The text with what is in quotes blanked, so that no word in it counts."""
    return _TEXT.sub(lambda m: "_" * len(m[0]), text)


def _compare(left: Any, sign: str, right: Any) -> bool | None:  # noqa: ANN401 - the same
    if left is UNKNOWN or right is UNKNOWN:
        return None
    if sign == "contains":
        return str(right) in left if isinstance(left, str | list) else False
    if isinstance(right, int) and isinstance(left, str) and left.lstrip("-").isdigit():
        left = int(left)
    if sign in {"==", "!=", "<>"}:
        return ((left or None) == (right or None)) == (sign == "==")
    try:
        return bool(
            {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[sign]
        )
    except TypeError:
        return None


def text_of(value: Any) -> str:  # noqa: ANN401 - the same
    """A value as Liquid prints it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "".join(map(text_of, value)) if isinstance(value, list) else str(value)


def _site(scope: Scope, key: str) -> str:
    site = scope.get("site")
    return str(site.get(key) or "") if isinstance(site, Mapping) else ""


def relative_url(scope: Scope, value: Any) -> str:  # noqa: ANN401 - the same
    """Jekyll's filter: the path with the site's own before it."""
    path = text_of(value)
    if re.match(r"[A-Za-z][\w+.-]*:|//", path):
        return path
    base = _site(scope, "baseurl").strip("/")
    # Jekyll normalises what it makes, so that a blank may stand in a link.
    path = re.sub(r"\s", lambda match: quote(match[0]), path.lstrip("/"))
    return ("/" + base if base else "") + "/" + path


def absolute_url(scope: Scope, value: Any) -> str:  # noqa: ANN401 - the same
    """Jekyll's filter: the whole address."""
    path = relative_url(scope, value)
    return (
        path
        if not path.startswith("/") or path.startswith("//")
        else _site(scope, "url").rstrip("/") + path
    )


def _slug(_: Scope, value: Any, mode: str = "default") -> str:  # noqa: ANN401 - the same
    text = re.sub(r"[^\w]+" if mode != "raw" else r"\s+", "-", text_of(value).replace("_", "-"))
    return text.strip("-").lower()


Filter = Callable[..., Any]


def _of_text(change: Callable[..., str]) -> Filter:
    return lambda _, value, *arguments: change(text_of(value), *map(text_of, arguments))


FILTERS: Final[Mapping[str, Filter]] = {
    "relative_url": relative_url,
    "absolute_url": absolute_url,
    "slugify": _slug,
    "prepend": _of_text(lambda text, more: more + text),
    "append": _of_text(lambda text, more: text + more),
    "escape": _of_text(html.escape),
    "xml_escape": _of_text(html.escape),
    "escape_once": _of_text(lambda text: html.escape(html.unescape(text))),
    "url_encode": _of_text(quote_plus),
    "cgi_escape": _of_text(quote_plus),
    "uri_escape": _of_text(lambda text: quote(text, safe="/:?#[]@!$&'()*+,;=-._~%")),
    "strip": _of_text(lambda text: text.strip()),
    "lstrip": _of_text(lambda text: text.lstrip()),
    "rstrip": _of_text(lambda text: text.rstrip()),
    "downcase": _of_text(lambda text: text.lower()),
    "upcase": _of_text(lambda text: text.upper()),
    "capitalize": _of_text(lambda text: text[:1].upper() + text[1:]),
    "replace": _of_text(lambda text, old, new="": text.replace(old, new)),
    "replace_first": _of_text(lambda text, old, new="": text.replace(old, new, 1)),
    "remove": _of_text(lambda text, old: text.replace(old, "")),
    "remove_first": _of_text(lambda text, old: text.replace(old, "", 1)),
    "strip_html": _of_text(lambda text: re.sub(r"<[^<>]*>", "", text)),
    "strip_newlines": _of_text(lambda text: text.replace("\n", "")),
    "markdownify": _of_text(lambda text: text.strip()),
    "split": lambda _, value, mark=" ": text_of(value).split(mark or None),
    "join": lambda _, value, mark=" ": mark.join(map(text_of, value)),
    "first": lambda _, value: _item(value, "first"),
    "last": lambda _, value: _item(value, "last"),
    "size": lambda _, value: len(value),
    "default": lambda _, value, other="": value if value not in (None, False, "", []) else other,
    "quote_path": _of_text(quote_path),
}
"""Jekyll's and Liquid's filters that posts use, as functions of the scope, value, arguments."""
