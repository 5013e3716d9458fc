"""Code and formulas, set while rendering, so that a page needs no script to show them."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from html import escape
from typing import Final

_PLAIN: Final = frozenset({"", "text", "txt", "plain", "plaintext", "none"})
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_UNKNOWN_COMMAND: Final = re.compile(r">\\([A-Za-z]+)<")
_LOOSE_AMPERSAND: Final = re.compile(r"&(?!#?[A-Za-z0-9]+;)")
# MathML Core, "Presentation elements": these have exactly so many parts.
_PARTS: Final = {
    "mfrac": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "mroot": 2,
    "msubsup": 3, "munderover": 3,
}  # fmt: skip


def language_of(info: str) -> str:
    """The language that a fence names: ``python``, ``{.python}`` and ``python {1,3}`` alike."""
    match = re.match(r"\s*\{?\.?([^\s{},:]+)", info)
    return match[1].lower() if match else ""


@functools.lru_cache(maxsize=128)
def _painter(language: str) -> Callable[[str], str] | None:
    """What colours code in a language: its inner HTML."""
    from pygments.lexers import find_lexer_class_by_name  # noqa: PLC0415 - many a post has no code
    from pygments.util import ClassNotFound  # noqa: PLC0415 - the same

    from sula.markdown.scan import quick, spans  # noqa: PLC0415 - the same

    try:
        lexer = quick(find_lexer_class_by_name(language))(stripnl=False)
    except ClassNotFound:
        return None
    return functools.partial(spans, lexer)


def is_language(language: str) -> bool:
    """Whether code in this language can be coloured, or needs no colours."""
    return language in _PLAIN or _painter(language) is not None


def highlight(code: str, language: str) -> str:
    """Code as HTML: ``<div class="highlight"><pre>`` with Pygments' short class names.

    The scrolling element can be focused, so that a keyboard can scroll it.
    """
    paint = None if language in _PLAIN else _painter(language)
    inner = paint(code) if paint else code.translate(_ESCAPES)
    label = f' data-language="{escape(language)}"' if language else ""
    return f'<div class="highlight"{label}><pre tabindex="0"><code>{inner}</code></pre></div>\n'


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
