"""The name of every kind of finding, and whether it can be silenced. Pure.

A finding is made where the problem is understood, with a message for its author. Its code is
told from that message, here, in one table; a test holds the table and the messages together.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import Final

from sula.errors import Finding

_TABLE: Final[tuple[tuple[str, str], ...]] = (
    ("import-mark", r"the import could not carry over"),
    # -- front matter
    ("front-matter-missing", r"no front matter:"),
    ("front-matter-unclosed", r"the front matter has no end"),
    ("key-twice", r".* is here twice|.* says again what line"),
    (
        "front-matter-unreadable",
        (
            r"the front matter (is not|should be)|a key of the front matter|.* goes too deep|.* "
            r"cannot be read: a text|'[^']*' cannot be read$"
        ),
    ),
    ("key-unknown", r'the key ".*" is not known'),
    ("key-unused", r'".*" has no effect|a position without a series'),
    ("control-character", r'".*" has a control character'),
    ("title-missing", r"no title:"),
    ("date-missing", r"no date:"),
    ("date-unreadable", r"unreadable date:"),
    ("updated-before-date", r"updated is before date"),
    ("id-wrong", r"id .* is no identifier"),
    ("id-twice", r"its id .* is also that of"),
    ("slug-wrong", r"slug .* cannot stand in an address"),
    ("address-twice", r"has the same address"),
    ("address-reserved", r"its address .* belongs to the lists"),
    ("tag-twice", r"the tags .* are the same"),
    ("tag-blanks", r"the tag .* has blanks"),
    ("tag-spelling", r"tag .* is shown as"),
    ("enclosure-wrong", r"an enclosure has a url|the enclosure's length"),
    ("template-unknown", r".* is no template's name|.* is a template of lists|the theme has no t"),
    ("redirect-wrong", r"redirect_from: |it redirects "),
    (
        "redirects-file",
        (
            r'a line is "|the status is 301|\S+ is neither a path from|\S+ would lead to another'
            r"|the edge keeps|/\S* belongs to the lists|\S+ is redirected on an earlier"
        ),
    ),
    # -- links
    (
        "link-missing",
        (
            r"links to a (post or page|file) that does not exist|links to .*, but there is no"
            r"|(image|enclosure): there is no"
        ),
    ),
    ("link-draft", r"links to .* readers will not find it"),
    ("link-outside", r".*leads out of the content folder"),
    ("link-unclear", r".*names no file: link to|.*leads to no page here"),
    ("link-anchor", r"there is no heading or id #|links to #.*, which is not on"),
    ("link-address", r"nothing is published at"),
    ("link-script", r"a link that runs a script"),
    ("link-scheme", r"a link without a scheme"),
    ("link-dead", r".* answers \d+|.* cannot be reached"),
    ("link-moved", r".* has moved for good"),
    # -- text
    ("image-alt", r"the image .* has no description"),
    ("image-size", r"the size of the image"),
    ("image-large", r"the image has .* MB"),
    ("heading-order", r"a heading of level \d follows"),
    ("heading-top", r"a heading of level 1 in the text"),
    ("fence-unclosed", r"the code that begins here has no end"),
    ("template-syntax", r".* looks like a template"),
    ("more-misplaced", r"<!--more--> has no effect"),
    ("footnote", r"the footnote \["),
    ("language-unknown", r"no colours are known"),
    ("math-unset", r"the formula"),
    # -- files
    ("file-name", r"its name (is not UTF-8|has a backslash)"),
    ("file-encoding", r"not UTF-8|not a text"),
    ("file-unreadable", r"cannot be read|neither a file nor a folder|cannot be rendered: there"),
    ("file-link", r"a symbolic link"),
    ("file-submodule", r"a git submodule"),
    ("file-conflict", r"has a merge conflict"),
    ("file-elsewhere", r"is published as it is: a post belongs"),
    ("git-silent", r"git could not be asked"),
    # -- the site
    ("setting-unknown", r"[A-Z_]+ is not a setting|.* is no code"),
    ("theme-contract", r"the theme|[A-Za-z]*Error: "),
    ("feed-refused", r"edgefeed leaves"),
    ("value-wrong", r".*should (be|begin|have)"),
)
OTHER: Final = "other"
CODES: Final = (*(name for name, _ in _TABLE), OTHER)
"""Every code. The documentation has a section for each."""


@functools.cache
def _pattern() -> re.Pattern[str]:
    """All patterns as one, compiled when there is something to say."""
    parts = (f"(?P<c{at}>{pattern})" for at, (_, pattern) in enumerate(_TABLE))
    return re.compile("|".join(parts), re.DOTALL)


@functools.lru_cache(maxsize=4096)
def code_of(message: str) -> str:
    """The code of a message."""
    match = _pattern().match(message)
    return _TABLE[int(match.lastgroup[1:])][0] if match and match.lastgroup else OTHER


def coded(finding: Finding) -> Finding:
    """The finding with its code."""
    return finding if finding.code else replace(finding, code=code_of(finding.message))
