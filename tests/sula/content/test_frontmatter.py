"""Front matter in its three forms, with a line for every error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sula.content.frontmatter import Problem, _read_lines, _read_nodes, split


def values(text: str) -> dict[str, object]:
    return {key: field.value for key, field in split(text).fields.items()}


def test_yaml_values_stay_what_the_author_wrote() -> None:
    text = """---
title: 2026
date: 2018-08-22 19:52:08 +0200
tags: [yes, 1.10, "C#"]
Series-Index: 3
nothing:
empty: ""
tilde: ~
enclosure: {url: a.mp3, length: 12}
folded: >
  two
  lines
---
Body
"""
    assert values(text) == {
        "title": "2026",
        "date": "2018-08-22 19:52:08 +0200",
        "tags": ("yes", "1.10", "C#"),
        "series_index": "3",
        "nothing": None,
        "empty": "",
        "tilde": None,
        "enclosure": {"url": "a.mp3", "length": "12"},
        "folded": "two lines\n",
    }
    front = split(text)
    assert (front.kind, front.body, front.body_line) == ("yaml", "Body\n", 14)
    assert front.fields["tags"].line == 4


def test_keys_and_values_have_their_places() -> None:
    fields = split("---\ntitle:  'x'\ntags:\n  - a\n---\n").fields
    assert (fields["title"].key, fields["title"].at) == ((2, 1), (2, 9))
    assert (fields["tags"].key, fields["tags"].at) == ((3, 1), (4, 3))
    (problem,) = split('+++\ntitle = "a"\nx = \n+++\n').problems
    assert problem.at == (3, 5)
    (problem,) = split("---\ntitle: [a\n---\n").problems
    assert problem.at.column
    (problem,) = split("---\na: 1\ntitle: \x07\n---\n").problems
    assert problem.at == (3, 8)


def test_toml_has_lines_too() -> None:
    front = split('+++\ntitle = "A"\ndate = 2026-01-02T03:04:05Z\ntags = ["x", 1]\n+++\nBody')
    assert front.fields["date"] == ("2026-01-02 03:04:05+00:00", (3, 1), (3, 8))
    assert front.fields["tags"] == (("x", "1"), (4, 1), (4, 8))
    assert (front.body, front.body_line) == ("Body", 6)


def test_pelican_lines_may_go_on() -> None:
    front = split("Title: A title\nTags: a,\n    b\nsummary:\n\nBody\n")
    assert front.kind == "pelican"
    assert front.fields["tags"] == ("a,\nb", (2, 1), (2, 7))
    assert front.fields["summary"] == (None, (4, 1), (4, 1))
    assert (front.body, front.body_line) == ("Body\n", 6)


@pytest.mark.parametrize(
    "text",
    [
        "Note: this is a text\nof two lines\n",
        "# Heading\n",
        "",
        "Remember: milk\n\nBody\n",
        "--- \x20x",
    ],
)
def test_a_text_may_have_none(text: str) -> None:
    front = split(text)
    assert (front.kind, front.body, front.body_line) == ("", text, 1)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("---\ntitle: a: b\n---\n", 2, "belongs in quotes"),
        ("---\ntitle: a\nTitle: b\n---\n", 3, "'title' is here twice (first on line 2)"),
        ("---\ndate: x\ntitle: a\n", 1, "has no end"),
        ("---\n\ttitle: a\n---\n", 2, "not tabs"),
        ("---\n- a\n---\n", 2, "should be lines such as"),
        ("---\ntags: [a, [b]]\n---\n", 2, "goes too deep"),
        ("---\na: 1\ntitle: \x07\n---\n", 3, "control characters"),
        ("---\ntitle: [a\n---\n", 3, "not YAML"),
        ("---\ntitle: &a [x, *a]\n---\n", 2, "goes too deep"),
        ("---\n? [a]\n: b\n---\n", 2, "should be a word"),
        ('+++\ntitle = "a"\nx = \n+++\n', 3, "not TOML"),
        ("+++\nx = [[1]]\n+++\n", 2, "cannot be read"),
        ("Title: a\nDate: b\nTitle: c\n\nBody", 3, "'title' is here twice"),
    ],
)
def test_errors_have_their_line(text: str, line: int, message: str) -> None:
    (problem,) = split(text).problems
    assert problem.at.line == line, problem
    assert message in problem.message


PIECES = (
    "|a|b|é|日|—|1|: |:| |  |, |,|-|- | -|'|\"|[|]|{|}|&|*|!|?|? |>|#| #|%|@|`|\\|=|~|null|Null"
    "|NULL|true|0x1|...|---|\t|\x85|\xa0|\u2028|\u200b|\U0001d400|http://x|2008-05-27T22:45:00+00:00"
).split("|")
LINES = st.lists(
    st.builds(
        "{}{}{}{}{}{}{}\n".format,
        st.sampled_from(["title", "date", "a-B", "x_y", "null", "tags"]),
        st.sampled_from([": ", ": ", ":  ", ":"]),
        st.sampled_from(["", "a", "[", '"']),
        st.sampled_from(PIECES),
        st.sampled_from(PIECES),
        st.sampled_from(PIECES),
        st.sampled_from(["", "", "]", '"']),
    ),
    min_size=1,
    max_size=2,
).map("".join)


@settings(max_examples=1_000)
@given(LINES)
def test_plain_lines_are_what_yaml_makes_of_them(text: str) -> None:
    fields = _read_lines(text)
    if fields is not None:
        expected = _read_nodes(text)
        assert (fields, list(fields)) == (expected, list(expected))


def test_what_most_write_is_plain_lines() -> None:
    text = (
        'title: "Who\'s (there): a title"\ndate: 2026-11-24T09:30:00+01:00\ntags: [a b, c-d]\n'
        "slug: a/b.c\nlink: https://a.example/b?c=d\nid: urn:uuid:1-2\nsummary: Some, words…\n"
    )
    assert _read_lines(text) == _read_nodes(text)


@given(
    st.text(alphabet="ab:-+ \n\t[]{}'\"&*!|>#=.é\x07\u2028", max_size=80),
    st.sampled_from(["---\n", "+++\n", "Title: "]),
)
def test_nothing_raises_and_no_text_is_lost(text: str, start: str) -> None:
    front = split(start + text + "\n---\nBody\n")
    assert all(isinstance(problem, Problem) for problem in front.problems)
    assert (start + text + "\n---\nBody\n").endswith(front.body)
    if front.body and not front.problems:
        lines = (start + text + "\n---\nBody\n").split("\n")
        assert "\n".join(lines[front.body_line - 1 :]) == front.body


@pytest.mark.parametrize(
    ("line", "column", "lost"),
    [
        ("title: Ranked #1 again", 15, "#1 again"),
        ("tags: #python, #c", 7, "#python, #c"),
        ("title: !important news", 8, "!important"),
        ("title: &so on", 8, "&so"),
    ],
)
def test_what_yaml_takes_for_something_else_is_told(line: str, column: int, lost: str) -> None:
    front = split(f"---\na: b\n{line}\n---\nBody.\n")
    (problem,) = front.problems
    assert (problem.at, problem.code, problem.severity) == ((3, column), "value-cut", "warning")
    assert repr(lost) in problem.message
    assert not front.broken


@pytest.mark.parametrize(
    "line",
    [
        "title: One # and a comment", "# a comment", 'title: "Ranked #1"', "tags: [a, C#] #odd",
        "title: C#", "summary: |\n  a #b", "title: &t One\nsummary: *t", "title: a & b! #", "x:",
    ],
)  # fmt: skip
def test_what_is_meant_so_is_not(line: str) -> None:
    assert split(f"---\n{line}\n---\n").problems == ()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("title: `code` first", "a value that begins with ` belongs in quotes"),
        ("title: @name", "a value that begins with @ belongs in quotes"),
        ("title: *star", "a value that begins with * belongs in quotes"),
        ("title: [Link] One", "a value that begins with [ belongs in quotes"),
        ('title: "One" and two', "all of it: title: '\"One\" and two'"),
        ("title: 'One' and two", "all of it: title: \"'One' and two\""),
        ("tags:\n  - @name", "a value that begins with @ belongs in quotes"),
        ("tags:\n \t- a", "indent with spaces, not tabs"),
    ],
)
def test_what_is_no_yaml_is_told_with_what_to_do(line: str, hint: str) -> None:
    (problem,) = split(f"---\n{line}\n---\n").problems
    assert problem.message.endswith(hint)
