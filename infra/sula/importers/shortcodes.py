"""Hugo's shortcodes, carried out: those that come with Hugo, as Markdown. Pure.

A shortcode of a theme or of the author's own is held as a mark (`sula.importers.marks`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

from sula.importers.liquid import fence
from sula.importers.marks import Marks

_OPEN: Final = re.compile(r"\{\{([<%])")
_WORD: Final = re.compile(
    r"""(?:(?P<key>[\w-]+)\s*=\s*)?(?:"(?P<a>(?:[^"\\]|\\.)*)"|`(?P<b>[^`]*)`|(?P<c>[^\s"`=]+))"""
)
_DEEPEST: Final = 12
_RAW: Final = frozenset({"highlight", "rawhtml", "raw-html", "raw_html", "html", "katex", "math"})


@dataclass(frozen=True)
class _Code:
    """A shortcode as written: its place, its name (with a slash at an end), its arguments."""

    start: int
    end: int
    name: str
    positional: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    literal: str = ""

    def get(self, name: str, position: int = -1) -> str:
        """An argument by its name, or by its position."""
        if name in self.named:
            return self.named[name]
        return self.positional[position] if 0 <= position < len(self.positional) else ""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a shortcode can ask about: ``ref`` gives an old URL, ``param`` a parameter."""

    ref: Callable[[str], str | None] = lambda _: None
    param: Callable[[str], str | None] = lambda _: None


def render(text: str, around: Surroundings, marks: Marks, first_line: int = 1) -> str:
    """A text with its shortcodes carried out; what could not be is held in `marks`."""
    if "{{<" not in text and "{{%" not in text:
        return text
    ends = [match.start() for match in re.finditer("\n", text)]
    run = _Run(text, around, marks, lambda at: first_line + bisect_right(ends, at - 1))
    return run.between(0, len(text), _codes(text), 0)


def _codes(text: str) -> list[_Code]:
    found: list[_Code] = []
    at = 0
    while match := _OPEN.search(text, at):
        close = text.find(">}}" if match[1] == "<" else "%}}", match.end())
        if close < 0:
            found.append(_Code(match.start(), match.end(), "?"))
            at = match.end()
            continue
        at = close + 3
        found.append(_code(match.start(), at, text[match.end() : close].strip(), match[1]))
    return found


def _code(start: int, end: int, inner: str, kind: str) -> _Code:
    if inner.startswith("/*") and inner.endswith("*/"):
        other = ">" if kind == "<" else "%"
        return _Code(start, end, "/*", literal="{{" + kind + inner[2:-2] + other + "}}")
    closed = inner.endswith("/") and not inner.startswith("/")
    words = list(_WORD.finditer(inner.removesuffix("/") if closed else inner))
    if not words:
        return _Code(start, end, "?")
    values = [(word["key"] or "", _unquoted(word)) for word in words]
    name = values[0][1]
    if name == "/" and len(values) > 1:
        name, values = "/" + values[1][1], values[1:]
    positional = tuple(value for key, value in values[1:] if not key)
    return _Code(start, end, name, positional, {k: v for k, v in values[1:] if k}, closed)


def _unquoted(word: re.Match[str]) -> str:
    if word["a"] is not None:
        return re.sub(r'\\(["\\])', r"\1", word["a"])
    return word["b"] or word["c"] or ""


@dataclass
class _Run:
    text: str
    around: Surroundings
    marks: Marks
    line_of: Callable[[int], int]

    def between(self, start: int, end: int, codes: list[_Code], depth: int) -> str:
        """A stretch of the text, its shortcodes carried out."""
        out: list[str] = []
        at, index = start, 0
        while index < len(codes):
            code = codes[index]
            out.append(self.text[at : code.start])
            closing = None if code.closed else _closing(codes, index)
            if closing is None or depth >= _DEEPEST:
                out.append(self._single(code, out))
                at, index = code.end, index + 1
                continue
            inner_codes = codes[index + 1 : closing]
            out += self._paired(code, codes[closing], inner_codes, out, depth)
            at, index = codes[closing].end, closing + 1
        out.append(self.text[at:end])
        return "".join(out)

    def _single(self, code: _Code, out: list[str]) -> str:
        if code.literal:
            return code.literal
        make = _SINGLE.get(code.name)
        made = make(code, self.around) if make else None
        return self._hold(code) if made is None else _placed(made, out)

    def _paired(
        self, code: _Code, end: _Code, codes: list[_Code], out: list[str], depth: int
    ) -> list[str]:
        make = _PAIRED.get(code.name)
        raw = self.text[code.end : end.start]
        inner = raw if code.name in _RAW else self.between(code.end, end.start, codes, depth + 1)
        made = make(code, inner, _indent(out)) if make else None
        return [self._hold(code), inner, self._hold(end)] if made is None else [_placed(made, out)]

    def _hold(self, code: _Code) -> str:
        original = self.text[code.start : code.end]
        return self.marks.hold("the shortcode", self.line_of(code.start), original)


def _closing(codes: list[_Code], index: int) -> int | None:
    """Where a shortcode's own end is, if it has one."""
    depth = 1
    for at in range(index + 1, len(codes)):
        if codes[at].name == codes[index].name and not codes[at].closed:
            depth += 1
        elif codes[at].name == "/" + codes[index].name:
            depth -= 1
            if depth == 0:
                return at
    return None


def _line_before(out: list[str]) -> str:
    before = "".join(out[-3:])
    return before[before.rfind("\n") + 1 :]


def _indent(out: list[str]) -> str:
    lead = _line_before(out)
    return lead if not lead.strip() else ""


def _placed(made: str, out: list[str]) -> str:
    """A block goes to lines of its own."""
    if not made.startswith("\n\n"):
        return made
    return made if _line_before(out).strip() else made.lstrip("\n")


# --- what each becomes --------------------------------------------------------------------


def _ref(code: _Code, around: Surroundings) -> str | None:
    wanted = code.get("path", 0)
    path, sign, anchor = wanted.partition("#")
    if not path:
        return sign + anchor if anchor else None
    url = around.ref(path)
    return None if url is None else url + sign + anchor


def _param(code: _Code, around: Surroundings) -> str | None:
    return around.param(code.get("name", 0))


def _figure(code: _Code, _: Surroundings) -> str | None:
    """An image with a title is a figure in Sula; more than that is said in HTML."""
    source = code.get("src", 0)
    if not source:
        return None
    caption = " ".join(filter(None, (code.get("title"), code.get("caption"))))
    alt = code.get("alt") or caption
    extra = {k: code.get(k) for k in ("width", "height") if re.fullmatch(r"\d+%?", code.get(k))}
    if not any(code.get(k) for k in ("link", "attr", "attrlink", "class")) and "\n" not in caption:
        attributes = " ".join(f'{k}="{v}"' for k, v in extra.items())
        quoted = caption.replace('"', "&quot;")
        title = f' "{quoted}"' if caption else ""
        label = re.sub(r"[\[\]]", "", alt)
        shown = f"![{label}]({source.replace(' ', '%20')}{title})"
        return f"\n\n{shown}{'{' + attributes + '}' if attributes else ''}\n\n"
    sizes = "".join(f' {k}="{v}"' for k, v in extra.items())
    image = f'<img src="{escape(source)}" alt="{escape(alt)}"{sizes}>'
    if code.get("link"):
        image = f'<a href="{escape(code.get("link"))}">{image}</a>'
    words = escape(caption, quote=False)
    if credit := code.get("attr"):
        link = code.get("attrlink")
        named = escape(credit, quote=False)
        words = f'{words} <a href="{escape(link)}">{named}</a>' if link else f"{words} {named}"
    css = f' class="{escape(code.get("class"))}"' if code.get("class") else ""
    text = f"<figcaption>{words.strip()}</figcaption>" if words.strip() else ""
    return f"\n\n<figure{css}>{image}{text}</figure>\n\n"


def _embed(address: str, *names: str) -> Callable[[_Code, Surroundings], str | None]:
    """A player or card, as a bare link on a line of its own."""

    def make(code: _Code, _: Surroundings) -> str | None:
        parts = [code.get(name, at) for at, name in enumerate(names)]
        if not all(re.fullmatch(r"[\w.@-]+", part) for part in parts):
            return None
        return f"\n\n<{address.format(*parts)}>\n\n"

    return make


def _highlight(code: _Code, inner: str, indent: str) -> str:
    language = re.sub(r"[^\w+#.-]", "", code.get("lang", 0) or code.get("language"))
    return fence(inner, language, indent)


def _details(code: _Code, inner: str, _: str) -> str:
    summary = escape(code.get("summary", 0) or code.get("title") or "Details", quote=False)
    is_open = " open" if code.get("open") == "true" else ""
    return (
        f"\n\n<details{is_open}>\n<summary>{summary}</summary>\n\n{inner.strip()}\n\n</details>\n\n"
    )


def _math(_: _Code, inner: str, __: str) -> str:
    return f"\n\n$$\n{inner.strip().strip('$').strip()}\n$$\n\n"


_SINGLE: Final[Mapping[str, Callable[[_Code, Surroundings], str | None]]] = {
    "ref": _ref,
    "relref": _ref,
    "param": _param,
    "figure": _figure,
    "youtube": _embed("https://www.youtube.com/watch?v={}", "id"),
    "vimeo": _embed("https://vimeo.com/{}", "id"),
    "gist": _embed("https://gist.github.com/{}/{}", "user", "id"),
    "tweet": _embed("https://twitter.com/{}/status/{}", "user", "id"),
    "twitter": _embed("https://twitter.com/{}/status/{}", "user", "id"),
    "x": _embed("https://x.com/{}/status/{}", "user", "id"),
    "instagram": _embed("https://www.instagram.com/p/{}/", "id"),
}
_PAIRED: Final[Mapping[str, Callable[[_Code, str, str], str | None]]] = {
    "highlight": _highlight,
    "details": _details,
    "figure": lambda code, _, __: _figure(code, Surroundings()),
    "rawhtml": lambda _, inner, __: f"\n\n{inner.strip()}\n\n",
    "raw-html": lambda _, inner, __: f"\n\n{inner.strip()}\n\n",
    "raw_html": lambda _, inner, __: f"\n\n{inner.strip()}\n\n",
    "html": lambda _, inner, __: f"\n\n{inner.strip()}\n\n",
    "math": _math,
    "katex": _math,
}
