"""The name of every kind of finding: by it one is silenced, and explained (`explain`)."""

from __future__ import annotations

from typing import Final, Literal, get_args

Severity = Literal["error", "warning"]
"""An error keeps a site from being published, a warning does not."""

Code = Literal[
    # front matter
    "front-matter-missing",
    "front-matter-unclosed",
    "front-matter-unreadable",
    "key-twice",
    "key-unknown",
    "key-unused",
    "control-character",
    "title-missing",
    "date-missing",
    "date-unreadable",
    "updated-before-date",
    "id-wrong",
    "id-twice",
    "slug-wrong",
    "address-twice",
    "address-reserved",
    "tag-twice",
    "tag-spelling",
    "tag-blanks",
    "enclosure-wrong",
    "template-unknown",
    "redirect-wrong",
    "redirects-file",
    "value-wrong",
    "value-cut",
    # links
    "link-missing",
    "link-draft",
    "link-outside",
    "link-unclear",
    "link-anchor",
    "link-address",
    "link-script",
    "link-scheme",
    "link-dead",
    "link-moved",
    "links-unasked",
    # text
    "image-alt",
    "image-size",
    "image-large",
    "heading-order",
    "heading-top",
    "fence-unclosed",
    "template-syntax",
    "more-misplaced",
    "footnote",
    "language-unknown",
    "math-unset",
    "import-mark",
    # files
    "file-name",
    "file-encoding",
    "file-unreadable",
    "file-link",
    "file-submodule",
    "file-conflict",
    "file-elsewhere",
    "git-silent",
    # the site
    "setting-unknown",
    "code-unknown",
    "theme-contract",
    "feed-refused",
    "pelican",
]
CODES: Final[tuple[str, ...]] = get_args(Code)
