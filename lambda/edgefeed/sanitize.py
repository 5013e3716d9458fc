"""Other people's pages may show it: HTML that is sanitised, every URL absolute. Pure.

First lxml's tree is prepared, then nh3, a parser as careful as a browser's, has the last word.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import nh3
from lxml import etree

from edgefeed.contract import SUMMARY_CLASS
from edgefeed.text import legal, plain

_MATH: Final = frozenset(
    """
    math mi mo mn ms mtext mspace mrow mfrac msqrt mroot mstyle merror mpadded mphantom msub msup
    msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd semantics
    annotation
    """.split()
)
_MORE: Final = frozenset("address audio dl main picture section source tfoot track video".split())
_TAGS: Final = (nh3.ALLOWED_TAGS | _MORE | _MATH) - {"acronym", "nav", "rtc"}
_DROPPED: Final = frozenset(
    """
    script style iframe frame embed template noscript noembed noframes svg canvas object applet
    frameset select option button textarea input datalist title head
    """.split()
)
_MATH_ATTRIBUTES: Final = frozenset(
    """
    mathvariant mathsize mathcolor displaystyle scriptlevel stretchy symmetric fence separator
    form lspace rspace width height depth linethickness accent accentunder columnalign rowspan
    columnspan
    """.split()
)
_SIZE: Final = {"width", "height"}
_MEDIA: Final = {"src", "controls", "loop", "muted", "preload"}
_ADDED: Final[dict[str, set[str]]] = {
    "*": {"class", "dir", "lang", "title", "role", "aria-label", "aria-hidden"},
    "area": {"href", "alt", "coords", "shape"},
    "audio": _MEDIA,
    "data": {"value"},
    "details": {"open"},
    "img": {"srcset", "sizes", "loading", "usemap"},
    "li": {"value"},
    "map": {"name"},
    "ol": {"reversed", "type"},
    "source": {"src", "srcset", "sizes", "media", "type"} | _SIZE,
    "th": {"abbr"},
    "time": {"datetime"},
    "track": {"src", "kind", "srclang", "label", "default"},
    "video": _MEDIA | _SIZE | {"poster", "playsinline"},
    **{name: set(_MATH_ATTRIBUTES) for name in _MATH},
    "math": {"display", "xmlns"},
    "annotation": {"encoding"},
}
"""What nh3 does not allow by itself."""
_ATTRIBUTES: Final = {
    name: nh3.ALLOWED_ATTRIBUTES.get(name, set()) | _ADDED.get(name, set())
    for name in nh3.ALLOWED_ATTRIBUTES.keys() | _ADDED.keys()
}

_SCHEMES: Final = frozenset("http https mailto tel sms geo xmpp irc ircs magnet ftp gemini".split())
_EMBEDS: Final = {"iframe": "src", "frame": "src", "embed": "src", "object": "data"}
_URL_ATTRIBUTES: Final = ("href", "src", "poster", "cite", "data")
_DATA_IMAGE: Final = re.compile(r"data:image/(?:png|gif|jpeg|webp|avif)[;,]", re.IGNORECASE)
# A comma ends a candidate, unless its URL goes on after it.
_CANDIDATE: Final = re.compile(r"[\s,]*+([^\s,]++(?:,[^\s,]++)*)([^,]*+)")
_DESCRIPTOR: Final = re.compile(r"(?:[\d.]+[wxh])?")
_LONGEST_LABEL: Final = 300
_MICROFORMAT: Final = re.compile(r"(?:h|p|u|dt|e)-[a-z0-9-]+\Z")
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_SIMPLE_URL: Final = re.compile(
    r"""(?!//)(?=[h/\#])(https?://[\w.-]+(?::\d+)?)?  # a root, or none
    (?:/(?!\.)[\w.~%,+=@:-]+)*/?                     # segments that are not dots
    (?:\?[\w.~%,+=@:/?&;-]+)?(?:\#[\w.~%,+=@:/?-]+)?""",
    re.ASCII | re.VERBOSE,
)
SUMMARY_MARK: Final = "data-summary"
"""Our own sign of ``.p-summary``, for the time between two steps; nh3 drops it."""
_ALIGNED: Final = re.compile(r"\b(?:text-align:\s*|align-)(left|right|center)\b")
"""In a cell's style, or in its class, as Sula has it: readers know neither."""


def _cleaner(*, ids: bool) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES | {"*": _ATTRIBUTES["*"] | ({"id"} if ids else set())},
        link_rel=None,
        url_schemes={*_SCHEMES, "data"},
        url_relative="deny",
    )


_WHOLE: Final = _cleaner(ids=True)
_EXCERPT: Final = _cleaner(ids=False)


def clean(markup: str, *, ids: bool = True) -> str:
    """Sanitised HTML; without ids and landmarks of one name where several posts share a page."""
    cleaned = legal((_WHOLE if ids else _EXCERPT).clean(markup)).strip()
    # What only looks so is no tag's end: nh3 has escaped the last sign of it.
    return cleaned if ids else re.sub(r' role="doc-endnotes" aria-label="[^"]*">', ">", cleaned)


def classes(element: etree._Element) -> list[str]:
    """An element's class names."""
    return (element.get("class") or "").split()


def make_harmless(root: etree._Element, base: str) -> None:
    """Prepare a tree for `clean`: what embeds showed, marks of microformats, absolute URLs.

    In place, and each element on its own, so that the time grows with the size alone.
    """
    # Their text is written as it is: within drawings and formulas nh3 reads elements in it.
    etree.strip_elements(root, "script", "style", with_tail=False)
    for node in root.iter():
        given = node.keys()
        # Most elements have none, or are spans of coloured code.
        if given and (given != ["class"] or "-" in node.get("class", "")):
            _prepare(node, base)


def _prepare(node: etree._Element, base: str) -> None:
    tag = str(node.tag)
    if tag in _EMBEDS:
        _show_link(node, node.get(_EMBEDS[tag]) or "", base)
    elif tag == "input":
        _show_box(node)
    elif tag in {"td", "th"} and (found := _ALIGNED.search(" ".join(node.values()))):
        node.set("align", found[1])
    _attributes(node, base)


def _show_link(embed: etree._Element, target: str, base: str) -> None:
    url = absolute(target, base) if target.strip() else ""
    title = plain(embed.get("title") or target, _LONGEST_LABEL)
    if url:
        embed.clear(keep_tail=True)
        embed.tag, embed.text = "a", title
        embed.set("href", url)


def _show_box(box: etree._Element) -> None:
    if box.get("type", "").strip().lower() == "checkbox":
        sign = "\u2611" if "checked" in box.attrib else "\u2610"
        box.clear(keep_tail=True)
        box.tag, box.text = "span", sign if (box.tail or "")[:1].isspace() else sign + " "


def _attributes(node: etree._Element, base: str) -> None:
    attributes, names = node.keys(), classes(node)
    if any("-" in name for name in names):
        if SUMMARY_CLASS in names:
            node.set(SUMMARY_MARK, "")
        _set(node, "class", " ".join(n for n in names if not _MICROFORMAT.match(n)))
    for name in _URL_ATTRIBUTES:
        if name in attributes:
            image = node.tag == "img" and name == "src"
            _set(node, name, absolute(node.get(name, ""), base, image=image))
    if "srcset" in attributes:
        _set(node, "srcset", _srcset(node.get("srcset", ""), base))


def _set(node: etree._Element, name: str, value: str) -> None:
    if value := legal(value):
        node.set(name, value)
    else:
        del node.attrib[name]


def absolute(url: str, base: str, *, image: bool = False) -> str:
    """An absolute URL of a harmless scheme, or empty. ``image`` allows embedded pictures."""
    if simple := _SIMPLE_URL.fullmatch(url):  # most are, and urljoin takes its time
        if simple[1]:
            return url
        return (base if url[0] == "#" else base[: base.index("/", 8)]) + url
    url = "".join(c for c in url.strip() if c >= " ")
    if image and _DATA_IMAGE.match(url):
        return legal(url)
    try:
        joined = urljoin(base, url)
        if urlsplit(joined).scheme not in _SCHEMES:
            return ""
    except ValueError:  # an unclosed bracket
        return ""
    return quote(legal(joined), safe=_PRINTABLE)


def _srcset(value: str, base: str) -> str:
    """Each candidate of a ``srcset`` made absolute (HTML, section 4.8.4.2.1)."""
    candidates = []
    for found in _CANDIDATE.finditer(value):
        url, size = absolute(found[1], base).rstrip(","), found[2].strip()
        if url.startswith("http") and _DESCRIPTOR.fullmatch(size):
            candidates.append(f"{url} {size}".strip())
    return ", ".join(candidates)
