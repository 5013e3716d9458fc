"""A quick look at a text: whether any check of Markdown could have something to say. Pure.

Parsing is what takes time (three milliseconds a post). Most posts hold nothing that a check is
about; a few regular expressions know that. They may err on the side of looking.
"""

from __future__ import annotations

import re
from typing import Final

from sula.markdown.code import is_language, language_of

_WORDS: Final = ("![", "[^", "$", "{{", "{%")
"""An image, a footnote, a formula, a template's syntax."""
_RARE: Final = (
    ("<", re.compile(r"<(?!https?:|!--\s*more\s*-->)[A-Za-z/!]", re.IGNORECASE)),  # HTML
    ("](", re.compile(r"\]\(\s*(?!https?:|mailto:)")),  # a link that does not lead elsewhere
    ("]:", re.compile(r"\]:\s*(?!https?:|mailto:)")),
    ("=", re.compile(r"\n[ \t]*=+[ \t]*(?:\n|\Z)")),  # a heading that is underlined
    ("<!--", re.compile(r"<!--\s*more\s*-->[^\n]*\S|[^\s][ \t]*<!--\s*more", re.IGNORECASE)),
)
_MORE: Final = re.compile(r"<!--\s*more\s*-->", re.IGNORECASE)
_MARK: Final = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$"
    r"|^ {0,3}(?P<heading>\#{1,6})(?:[ \t]|$)",
    re.MULTILINE,
)
_TITLE: Final = 1


def suspicious(body: str, host: str) -> bool:
    """Whether a text must be parsed. `host` is the site's own, whose links are looked at."""
    if any(word in body for word in _WORDS) or (host and host in body):
        return True
    if any(sign in body and pattern.search(body) for sign, pattern in _RARE):
        return True
    if "<!--" in body and len(_MORE.findall(body)) > 1:
        return True
    return _structure(body)


def _structure(body: str) -> bool:
    """Whether headings or fences are not in plain order."""
    fence = ""
    level = _TITLE
    for match in _MARK.finditer(body):
        mark = match["fence"]
        if mark is None:
            if not fence:
                new = len(match["heading"])
                if new == _TITLE or new > level + 1:
                    return True
                level = new
        elif not fence:
            if mark[0] == "`" and "`" in match["info"]:
                continue
            fence = mark
            if not is_language(language_of(match["info"])):
                return True
        elif mark.startswith(fence) and not match["info"].strip():
            fence = ""
    return bool(fence)
