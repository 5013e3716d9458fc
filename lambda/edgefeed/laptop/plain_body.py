"""Bodies in plain markup, read without a parser: what `content.read_body` finds, much sooner. Pure.

Most posts are paragraphs, headings, lists, quotations and code, well-formed and each where it may
be. Parsers and sanitiser change little of such a body. `read_plain` knows these alone, and around
them nothing but ordinary tags; whatever else there is it leaves to `content.read_body`, so that
the two never differ. It pays where all pages of a site are read at once.
"""

from __future__ import annotations

import re
from typing import Final

from edgefeed.content import BREAK, SHORT_POST, Body, opening, read_body
from edgefeed.sanitize import absolute
from edgefeed.text import count_words

_LONGEST: Final = 1_000_000
_DEEPEST: Final = 50
_MOST_AROUND: Final = 180
"""Tags around a body: more than so many cannot be nested, and the parser bears 250."""

# Groups are atomic, not possessive: before Python 3.11.5 a possessive one may fail to match where
# something inside it could be read in several ways (CPython's issue 106052).

# --- around it ----------------------------------------------------------------------------

# Elements that hold markup, and neither tables nor forms, whose content may move.
_AROUND: Final = re.compile(
    r"""(?>(?:[^<]++|</?
    (?:html|head|body|header|footer|nav|main|article|section|aside|div|span|h[1-6]|p|a|ul|ol|li|dl
    |dt|dd|cite|code|time|data|details|summary|figure|figcaption|button|img|strong|em|small|b|i|hr|br|svg
    |g|path|circle|rect|line|polyline|polygon)
    (?>(?:\ class="[^"&]*+"|\ (?!(?i:class)\b)[a-zA-Z-]++(?:="[^"]*+")?)*)\ ?/?>)*)""",
    re.VERBOSE,
)
_BODY: Final = re.compile(r'<div class="(?:[\w ]+ )?e-content(?: [\w ]+)?">')

# --- the body itself ----------------------------------------------------------------------

_SPACE: Final = r"[ \n\t]*+"
# No control characters, and no no-break space, which nh3 writes with a name.
_TEXT: Final = r"(?>(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\xa0\ufffe\uffff]++|&(?:amp|lt|gt|quot);)*)"
# Hosts that no two standards disagree about; paths without dots to resolve.
_HOST: Final = r"https?://(?:(?>(?:[a-zA-Z](?>(?:-?[a-zA-Z0-9])*)\.)+)[a-z]{2,9}|127\.0\.0\.1)(?::\d{1,4})?(?![\w.:@-])"
_PATH: Final = r"(?>(?:/(?!\.)[\w.~%,+=@:-]++)*)/?"
_URL: Final = (
    rf"(?=[h/#])(?!//)(?:{_HOST})?{_PATH}"
    r"(?:\?[\w.~%,+=@:/?-]++)?(?:#[\w.~%,+=@:/?-]++)?"
)
_BASE: Final = re.compile(rf"{_HOST}(?=/){_PATH}", re.ASCII)

_CODE: Final = rf"code>{_TEXT}</code"
_SIMPLE: Final = rf"{_TEXT}(?>(?:<(?:br|{_CODE})>{_TEXT})*)"
_STRESS: Final = "|".join(f"{tag}>{_SIMPLE}</{tag}" for tag in ("em", "strong"))
_LINK: Final = rf'a(?: class="[a-z]++")? href="(?a:{_URL})">{_SIMPLE}</a'
_WITHIN: Final = rf"{_TEXT}(?>(?:<(?:br|{_CODE}|{_LINK}|{_STRESS})>{_TEXT})*)"
_AROUND_WORDS: Final = "|".join(f"{tag}>{_WITHIN}</{tag}" for tag in ("em", "strong", "del", "s"))
_INLINE: Final = rf"{_TEXT}(?>(?:<(?:br|{_CODE}|{_LINK}|{_AROUND_WORDS})>{_TEXT})*)"
_FENCE: Final = (
    r'div class="highlight"(?: data-language="[^"<>&]*+")?><pre(?: tabindex="0")?><code>'
    rf'{_TEXT}(?>(?:<span class="[a-z0-9]++">{_TEXT}</span>{_TEXT})*)</code></pre></div>'
)
# An empty element would draw in the space after it, where libxml2 is the parser.
_PIECE: Final = re.compile(
    rf'<(?:(?P<words>p|li|h[1-6])(?: id="[\w.-]++")?>(?!</){_INLINE}(?P<closed></(?P=words)>)?'
    rf'|(?P<whole>hr>|{_FENCE})|(?P<open>ul|ol(?: start="\d{{1,9}}")?|blockquote)>'
    rf"|/(?P<close>ul|ol|li|blockquote|div)>){_SPACE}"
)
_BEGINNING: Final = re.compile(rf'(?P<space>{_SPACE})(?P<summary><div class="p-summary">{_SPACE})?')

_LISTS: Final = frozenset({"ul", "ol"})
_TAG: Final = re.compile(r"<[^>]*>")
_ID: Final = re.compile(r'(<(?:p|li|h[1-6])) id="[^"]*"')
_FRAME: Final = re.compile(r'<div class="highlight"[^>]*><pre[^>]*>')
_ADDRESS: Final = re.compile(r'(<a(?: class="[a-z]+")? href=")([^"]*)')


def read_plain(source: str, url: str, *, titled: bool) -> Body:
    """See `content.read_body`, whose results these are."""
    return recognised(source, url, titled=titled) or read_body(source, url, titled=titled)


def recognised(source: str, url: str, *, titled: bool) -> Body | None:
    """The same where the body is in plain markup, None where it takes a parser to tell."""
    found = _BODY.search(source)
    if found is None or not _is_ordinary(source, found.start()) or not _BASE.fullmatch(url):
        return None
    blocks, first, end = _blocks(source, found.end())
    if not end or _opened(source, 0, found.start()) + _opened(source, end) > _MOST_AROUND:
        return None
    blocks = [_changed(block, url) for block in blocks]
    content = "".join(blocks).strip()
    # As `content.to_text` has it, where nothing is silent and nothing is a picture.
    words = count_words(_TAG.sub("", BREAK.sub(" ", content)))
    if first is not None:
        lead, more = "".join(blocks[:first]), bool(_TAG.sub("", "".join(blocks[first:])).strip())
    else:
        lead, more = opening(blocks) if titled and words > SHORT_POST else ("", False)
    shown = _ID.sub(r"\1", lead if more else content).strip()
    return Body(content, shown if more or shown != content else "", more, words)


def _is_ordinary(source: str, body: int) -> bool:
    """Whether what stands before a body has it be the page's own, read as what it looks like."""
    return (
        len(source) < _LONGEST
        and source.find("e-content") > body
        and source.count("h-entry", 0, body) <= 1
        and source.find("h-cite", 0, body) < 0
        and _AROUND.fullmatch(source, 0, body) is not None
    )


def _opened(source: str, *span: int) -> int:
    return source.count("<", *span) - source.count("</", *span)


def _blocks(source: str, start: int) -> tuple[list[str], int | None, int]:
    """A body's blocks, how many of them are its summary (None: it has none), and where it ends.

    The first is the space before all blocks, each other has that after it. The end is 0 where
    something else than blocks comes first.
    """
    beginning = _BEGINNING.match(source, start)
    around = ["div"] if beginning and beginning["summary"] else []
    blocks = ["" if around or not beginning else beginning["space"]]
    edge = place = beginning.end() if beginning else start
    level, first = len(around), None
    while found := _PIECE.match(source, place):
        place = found.end()
        if found.lastgroup == "close":
            if not around and found["close"] == "div":
                return blocks, first, found.start()
            if not around or around.pop() != found["close"]:
                break
            if found["close"] == "div":  # the summary's
                level, first = 0, len(blocks)
                edge = found.end("close") + 1
        elif not _enter(found, around):
            break
        if len(around) == level:
            blocks.append(source[edge:place])
            edge = place
    return blocks, first, 0


def _enter(found: re.Match[str], around: list[str]) -> bool:
    """Go into what a piece opens; whether it may stand where it stands."""
    tag = found["words"] or (found["open"] or "")[:10].split(" ", 1)[0]
    is_item = tag == "li"
    if is_item != bool(around and around[-1] in _LISTS) or len(around) > _DEEPEST:
        return False
    if found["open"] or (is_item and not found["closed"]):
        around.append(tag)
        return True
    return not found["words"] or bool(found["closed"])


def _changed(block: str, url: str) -> str:
    """A block as parsers and sanitiser leave it."""
    if "&quot;" in block:  # in no attribute
        block = block.replace("&quot;", '"')
    if "<pre" in block:
        block = _FRAME.sub('<div class="highlight"><pre>', block)
    if "<a " in block:
        block = _ADDRESS.sub(lambda found: found[1] + absolute(found[2], url), block)
    return block
