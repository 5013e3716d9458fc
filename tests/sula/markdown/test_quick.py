"""Ordinary text is read without the parser. The parser would have made the same of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it.common.normalize_url import normalizeLink, validateLink
from tests.sula.conformance.suite import PACKAGE, examples

from sula.markdown.blocks import read as read_blocks
from sula.markdown.inline import _PLAIN_HREF, read
from sula.markdown.links import _CANDIDATE, may_link
from sula.markdown.parser import _parser, convert
from sula.markdown.render import Document
from sula.markdown.structure import _WORD, count_words

TARGETS = {"posts/b.md": "/posts/bé/", "images/i.png": "/images/i.png"}
# Whatever begins, ends or ruins a construct, and what stands beside it.
PIECES = (
    "a b word Wort é 日本 x1 7 snake_case http https://a.example www.b.example c@d.example "
    "mailto: * ** *** _ __ *one* **two** _three_ *four.* *(five)* `code` ` `` ~ ~~ $ $x$ [ ] ( ) "
    "[a](b.md) [a](#x) [b](https://a.example/x_y*z) [`c` d](/e/) [a]: [^1] [^1]: ![i](i.png) ! "
    "{.c} {#x} } & &amp; &copy; < <b> </b> <http://x.example> > \\ \\* # = - + 1. : : | . , ; ? "
    "\" ' “ ” — … \u00a0 \u2009 \u200b \u0301 [!NOTE] [x] [ ]"
).split(" ")
BLANKS = ("", " ", " ", "  ", "\n", "  \n", "\n ", "\n\n", "\t", "\n> ", "\n- ", "\n## ", "\n    ")
# Whatever begins a block, or could be taken for it.
STARTS = (
    "a¦word b¦## h¦### h `x`¦# x #¦#x¦#¦- a¦- b c¦* a¦+ a¦1. a¦2. b¦10) q¦```¦```py¦````¦```x`¦"
    "<!--more-->¦<!-- more -->¦x <!--more-->¦[a](#h) c¦[a]: b¦[^1]: x¦*a* b¦**b**¦* * *¦---¦===¦"
    "   x¦    code¦\tt¦> q¦> [!NOTE]¦> - a¦: def¦~ d¦a|b¦-|-¦|a|b|¦a|b¦"
    '|-|-|¦-|-¦$$¦{.c}¦`c` d¦"q"¦12 m¦12. m¦1¦a  ¦-¦- ¦1.¦<b>¦é¦日本¦\u2014 x¦'
    "\x0bq¦\u00a0z¦  - n¦  goes on¦- [ ] t¦- [x](#h)¦- # h¦- ```¦_x_ y¦__init__¦![a](b)¦a\\¦&amp;"
).split("¦")
ENDS = ("\n", "\n", "\n\n", "\n\n", "\n \n", "\n\n\n", "")
LINES = st.lists(
    st.tuples(st.sampled_from(STARTS), st.sampled_from(ENDS)), min_size=1, max_size=8
).map(lambda pairs: "".join(start + end for start, end in pairs))
KNOWN = sorted([*Path("content").rglob("*.md"), *Path("tests").rglob("*.md")])
assert KNOWN
TEXTS = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from(BLANKS)), min_size=1, max_size=14
).map(lambda pairs: "".join(piece + blank for piece, blank in pairs))


@pytest.mark.long
@settings(max_examples=2_000)
@given(TEXTS)
def test_with_and_without_the_parser_it_is_the_same(text: str) -> None:
    assert_same(text)


@pytest.mark.long
@settings(max_examples=2_000)
@given(LINES)
def test_blocks_without_the_parser_are_the_same(text: str) -> None:
    assert_same(text)
    tokens = read_blocks(text)
    if tokens is not None:
        reference = _parser().parse(text, {"document": Document("x")})
        for token in reference:
            token.children = token.children and []
        assert tokens == reference


@given(st.text("[]()^:< >/#h\n", max_size=16) | TEXTS)
def test_what_may_link_is_told_sooner_where_it_is_simple(text: str) -> None:
    assert may_link(text) == any(match["hit"] for match in _CANDIDATE.finditer(text))


@given(st.text("aZ0/:?#&=._~+-", max_size=24) | st.from_regex(_PLAIN_HREF, fullmatch=True))
def test_plain_addresses_are_what_the_parser_makes_of_them(address: str) -> None:
    if _PLAIN_HREF.fullmatch(address):
        assert validateLink(address)
        assert normalizeLink(address) == address


@given(st.text(st.characters(max_codepoint=127) | st.sampled_from(" \n\x1c-_a"), max_size=24))
def test_words_of_ascii_are_counted_as_those_of_any_script(text: str) -> None:
    assert count_words(text) == len(_WORD.findall(text))


def assert_same(text: str) -> None:
    short, long = (
        convert(text, path="posts/a.md", targets=TARGETS, say=lambda s: f"<{s}>", quick=quick)
        for quick in (True, False)
    )
    assert short == long


@pytest.mark.parametrize("text", KNOWN)
def test_every_text_of_this_repository_is_the_same(text: Path) -> None:
    assert_same(text.read_text("utf-8"))


@pytest.mark.skipif(not PACKAGE.exists(), reason="make dev could not fetch commonmark-spec")
def test_the_specifications_own_examples_are_the_same() -> None:
    for example in examples():
        assert_same(example.markdown)


@pytest.mark.parametrize(
    "text",
    [
        "Words, (in) some: order! 1 < 2 & 3 > 2 | ^ % # = }",
        "*a*, **b c** and _d_ (*e*) snake_case `f*` [g `h`](i.md#j).\nA [k](#l) line.",
        "“*quoted*”—*dash*… Ünï *cödé* 日本",
        "[snake_case](a.md) at `https://a.example`: words",
    ],
)
def test_ordinary_text_is_read_without_the_parser(text: str) -> None:
    assert read(text) is not None


@pytest.mark.parametrize(
    "text",
    (
        "*a|**a|a*b*c|***a***|*a *b* c*|_a_b|`a|``b``|\\a|$a|~a|{a}|a@b|www.a|https://a|[a]|[a][b]|"
        "![a](b)|[a](<b>)|[[a](b)|&amp;|<a>|[a](javascript:b)|[a](https://a)|a  \nb"
    ).split("|"),
)
def test_what_could_be_something_else_is_left_to_the_parser(text: str) -> None:
    assert read(text) is None


def test_where_a_link_stands_and_leads() -> None:
    found = read("One\ntwo [a](b.md) and\n[c](d.md)")
    assert found is not None
    assert [(href, line) for _, href, line in found.links] == [("b.md", 1), ("d.md", 2)]
    found.relink(0, lambda href: f"/{href}?x&y")
    found.relink(1, lambda _: None)
    assert "".join(found.parts) == (
        'One\ntwo <a href="/b.md?x&amp;y">a</a> and\n<a href="d.md">c</a>'
    )
