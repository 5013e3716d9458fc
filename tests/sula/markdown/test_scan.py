"""Code is cut into tokens by one expression a state. Pygments' own loop finds the same tokens.

And code that is coloured without making tokens looks as the tokens say.
"""

from __future__ import annotations

from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexer import RegexLexer
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Error, Keyword, Name, Text, _TokenType

from sula.markdown.scan import _Quick, class_of, quick, spans

# What blogs show; and those that do something of their own: contexts, delegation, verbose
# expressions, callbacks, word lists, other flags, indentation.
LANGUAGES = (
    "python pycon javascript typescript html css scss php c c++ c# java kotlin go rust ruby perl "
    "bash console powershell batch sql postgresql json yaml toml ini make docker nginx diff xml "
    "jinja django markdown rst tex haskell ocaml clojure lisp elixir erlang r julia matlab lua "
    "swift scala groovy terraform vim nasm http cmake"
).split()
SAMPLES = [
    Path(name).read_text("utf-8")[:1500]
    for name in (
        "infra/sula/markdown/code.py", "theme/templates/base.html", "infra/template.yaml",
        "Makefile", "infra/edge/viewer-request.js", "theme/static/style.css",
        "content/posts/dialect.md",
    )
]  # fmt: skip
PIECES = (
    "if |(|)|{|}|\n|  |\"|'|#|//|/*|*/|<a b=|<?php |?>|0x1f|1.5e3|$x|@y|:|::|;|=|==>|def |class |"
    "\\|\\n|é|日本|`|%|&&|[|]|'''|\"\"\"|--|begin |end|function |var |select |import |\t|~|^|!|.|"
    "f\"{x}\"|r'a'|$ ls|>>> a|<<EOF|EOF|{{ x }}|{% if %}|```|$(a)|${a}|=begin|<!--|-->|fn |#[a]"
).split("|")
CODE = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def both(language: str) -> tuple[Any, Any]:
    lexer: Any = find_lexer_class_by_name(language)
    return lexer(stripnl=False), quick(lexer)(stripnl=False)


def painted(lexer: Any, code: str) -> str:
    """Tokens, neighbours of a class joined, as HTML."""
    tokens = [(class_of(kind), text) for kind, text in lexer.get_tokens(code)]
    runs = [
        (name, "".join(text for _, text in run)) for name, run in groupby(tokens, lambda t: t[0])
    ]
    return "".join(
        f'<span class="{name}">{escape(text, quote=False)}</span>'
        if name
        else escape(text, quote=False)
        for name, text in runs
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tokens_of_files_are_the_same(language: str) -> None:
    theirs, ours = both(language)
    for sample in SAMPLES:
        assert list(ours.get_tokens(sample)) == list(theirs.get_tokens(sample))
        assert spans(ours, sample) == painted(theirs, sample)


@pytest.mark.long
@settings(max_examples=1_000)
@given(st.sampled_from(LANGUAGES), CODE)
def test_the_tokens_of_anything_are_the_same(language: str, code: str) -> None:
    theirs, ours = both(language)
    assert list(ours.get_tokens(code)) == list(theirs.get_tokens(code))
    assert spans(ours, code) == painted(theirs, code)


def test_most_languages_are_read_so() -> None:
    lexers = [quick(find_lexer_class_by_name(language)) for language in LANGUAGES]
    assert sum(issubclass(lexer, _Quick) for lexer in lexers) > len(LANGUAGES) * 0.8


class Odd(RegexLexer):
    """Every kind of rule and of way from one state to another."""

    name = "Odd"
    tokens = {  # noqa: RUF012 - as Pygments has it
        "root": [
            (r"(?i)begin", Keyword, "inner"),
            (r"(?P<mark>['\"]).*?(?P=mark)", Name.Attribute),
            (r"(a)(b)\1", Name.Builtin),
            (r"two", Name, ("inner", "deep")),
            (r"ab|a", Name.Function),
            (r"\s+", Text),
            (r"(?x) x  # a comment", Name.Class),
            (r"y", Name.Variable),
        ],
        "inner": [
            (r"again", Keyword, "#push"),
            (r"all", Keyword, "#pop:9"),
            (r"end", Keyword, "#pop"),
            (r"[a-z]", Name.Constant),
            (r" ", Text),
        ],
        "deep": [(r"end", Keyword.Type, ("#pop", "#pop", "#pop")), (r" ", Text)],
    }


def kinds(code: str, lexer: Any) -> list[tuple[_TokenType, str]]:
    return list(lexer(ensurenl=False).get_tokens(code))


def test_rules_of_every_kind() -> None:
    code = "BEGIN b again c end d end 'x\" aba ab ax y X two end end two all\n? begin all a"
    found = kinds(code, quick(Odd))
    assert found == kinds(code, Odd)
    assert spans(quick(Odd)(ensurenl=False), code) == painted(Odd(ensurenl=False), code)
    assert {(Name.Builtin, "aba"), (Name.Class, "x"), (Error, "X"), (Name.Constant, "c")} <= set(
        found
    )
