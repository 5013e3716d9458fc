"""What reading any old site has in common: what was found, and why something was not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sula.importers.front import Front, split_front
from sula.importers.model import Site
from sula.importers.tree import Tree


@dataclass
class Found:
    """A post or page of the old site before its text is made.

    ``kind`` is the generator's own word for it. ``others`` are addresses that it had besides
    ``url``. ``undated`` is a date that could not be read.
    """

    path: str
    front: Front
    kind: str = ""
    slug: str = ""
    language: str = ""
    url: str = ""
    date: datetime | None = None
    undated: str = ""
    categories: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Reading:
    """One reading of an old site."""

    def __init__(self, tree: Tree, site: Site) -> None:
        """Nothing is read yet. Remarks and documents go to `site`."""
        self.tree = tree
        self.result = site
        self.found: list[Found] = []

    def front(self, path: str, split: Callable[[str], Front] = split_front) -> Front | None:
        """A file, taken apart; what had to be done for it is noted. None when it is empty."""
        body, notes = self.tree.read(path)
        for note in notes:
            self.result.note(path, 0, note)
        if not body.strip():
            self.result.note(path, 0, "an empty file", "left out")
            return None
        front = split(body)
        for line, message in front.notes:
            self.result.note(path, line, message)
        return front

    def note_strange(self) -> None:
        """Say which files could not be taken over, after all were walked."""
        for name in self.tree.strange:
            self.result.note(name, 0, "a link out of the folder, or an unusable name", "left out")
