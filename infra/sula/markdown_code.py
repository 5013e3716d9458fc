"""Code and formulas, set while rendering, so that a page needs no script to show them."""

from __future__ import annotations

import functools
import re
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

_PLAIN: Final = frozenset({"", "text", "txt", "plain", "plaintext", "none"})
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_SPECIAL: Final = re.compile("[&<>]")
_UNKNOWN_COMMAND: Final = re.compile(r">\\([A-Za-z]+)<")
_LOOSE_AMPERSAND: Final = re.compile(r"&(?!#?[A-Za-z0-9]+;)")
# MathML Core, "Presentation elements": these have exactly so many parts.
_PARTS: Final = {
    "mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "mroot": 2,
    "msubsup": 3, "munderover": 3,
}  # fmt: skip
_classes: dict[_TokenType, str] = {}


def language_of(info: str) -> str:
    """The language that a fence names: ``python``, ``{.python}`` and ``python {1,3}`` alike."""
    match = re.match(r"\s*\{?\.?([^\s{},:]+)", info)
    return match[1].lower() if match else ""


@functools.lru_cache(maxsize=128)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import find_lexer_class_by_name  # noqa: PLC0415 - many a post has no code
    from pygments.util import ClassNotFound  # noqa: PLC0415 - the same

    from sula.markdown_scan import quick  # noqa: PLC0415 - the same

    try:
        return quick(find_lexer_class_by_name(language))(stripnl=False)
    except ClassNotFound:
        return None


def is_language(language: str) -> bool:
    """Whether code in this language can be coloured, or needs no colours."""
    return language in _PLAIN or _lexer(language) is not None


def highlight(code: str, language: str) -> str:
    """Code as HTML: ``<div class="highlight"><pre>`` with Pygments' short class names.

    The scrolling element can be focused, so that a keyboard can scroll it.
    """
    lexer = None if language in _PLAIN else _lexer(language)
    inner = _spans(code, lexer) if lexer else code.translate(_ESCAPES)
    label = f' data-language="{escape(language)}"' if language else ""
    return f'<div class="highlight"{label}><pre tabindex="0"><code>{inner}</code></pre></div>\n'


def _spans(code: str, lexer: Lexer) -> str:
    """What Pygments' HtmlFormatter writes inside ``<pre>``, neighbours of a kind joined."""
    parts: list[str] = []
    last = ""
    known = _classes
    plain = _SPECIAL.search(code) is None
    for kind, text in lexer.get_tokens(code):
        name = known[kind] if kind in known else _class(kind)
        if name != last:
            if last:
                parts.append("</span>")
            if name:
                parts.append(f'<span class="{name}">')
            last = name
        parts.append(text if plain else text.translate(_ESCAPES))
    if last:
        parts.append("</span>")
    return "".join(parts)


def _class(kind: _TokenType) -> str:
    """The short class of a token type: its own or its nearest ancestor's; none for blanks."""
    _classes[kind] = name = _nearest(kind)
    return name


def _nearest(kind: _TokenType) -> str:
    from pygments.token import STANDARD_TYPES  # noqa: PLC0415 - see `_lexer`

    at: _TokenType | None = kind
    while at is not None:
        if at in STANDARD_TYPES:
            return "" if STANDARD_TYPES[at] == "w" else STANDARD_TYPES[at]
        at = at.parent
    return ""


class MathError(ValueError):
    """A formula that cannot be set; the message says why."""


@functools.lru_cache(maxsize=512)
def math(formula: str, *, block: bool) -> str:
    """A LaTeX formula as MathML (MathML Core). Raises `MathError`."""
    from xml.etree import ElementTree as ET  # noqa: PLC0415 - few posts have formulas

    from latex2mathml.converter import convert  # noqa: PLC0415 - the same

    bare = re.sub(r"\\.", "", formula)
    if bare.count("{") != bare.count("}"):
        raise MathError("its braces are not balanced")
    try:
        markup = str(convert(formula, display="block" if block else "inline"))
    except Exception as error:  # noqa: BLE001 - it raises whatever its parser runs into
        # Its own errors name themselves; anything else is a crash of little meaning.
        name = re.sub(r"(?<!^)(?=[A-Z])", " ", type(error).__name__).lower()
        raise MathError(f"{name}: {error}" if str(error) else name) from None
    if unknown := _UNKNOWN_COMMAND.search(markup):
        raise MathError(f"unknown command \\{unknown[1]}")
    markup = _LOOSE_AMPERSAND.sub("&amp;", markup)
    try:
        tree = ET.fromstring(markup)  # noqa: S314 - the author's own formula
    except ET.ParseError:
        raise MathError("it has no form in MathML") from None
    for element in tree.iter():
        due = _PARTS.get(element.tag.rpartition("}")[2])
        if due is not None and len(element) != due:
            raise MathError("a part of a fraction, root, index or exponent is missing")
    return markup
