"""Write the goldens anew: ``python -m tests.edgefeed.goldens``. Read the diff before you commit it.

A case is ``NAME.json``: a site, a listing and its fragments. Beside it lie the documents
that it must give: ``NAME.rss.xml``, ``NAME.atom.xml`` and ``NAME.feed.json``.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from edgefeed.contract import Site
from edgefeed.feeds import feed_documents
from edgefeed.model import Fragment, Listing

FOLDER = Path(__file__).parent
SUFFIXES = (".rss.xml", ".atom.xml", ".feed.json")
CASES = sorted(path for path in FOLDER.glob("*.json") if not path.name.endswith(".feed.json"))


class Case(msgspec.Struct):
    """What a feed is made of. ``fragments`` goes by digest."""

    site: Site
    listing: Listing
    fragments: dict[str, Fragment]


def make(path: Path) -> dict[Path, bytes]:
    """The documents of a case, each with the file that it is kept in."""
    case = msgspec.json.decode(path.read_bytes(), type=Case)
    made = feed_documents(case.listing, case.fragments, case.site)
    if left_out := [document.left_out for document in made if document.left_out]:
        raise ValueError(f"{path.name}: {left_out}")
    return {
        path.with_suffix(suffix): document.body
        for suffix, document in zip(SUFFIXES, made, strict=True)
    }


if __name__ == "__main__":
    for case_path in CASES:
        for golden, content in make(case_path).items():
            golden.write_bytes(content)
