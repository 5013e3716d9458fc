"""The site of tests that care for no site in particular: what others are made from."""

from __future__ import annotations

from edgefeed.contract import Person, Site

EXAMPLE = Site(
    id="tag:example.org,2026:site",
    url="https://example.org",
    title="Example",
    description="An example",
    language="en",
    author=Person("A. Author"),
)
