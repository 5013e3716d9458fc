"""The tests are dealt so that no worker waits for another at the end."""

from __future__ import annotations

import pytest
from tests.order import dealt


class Item:
    def __init__(self, name: str, *marks: str) -> None:
        self.name = name
        self.marks = marks

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


ITEMS = [
    Item("a"), Item("b", "long"), Item("c", "cloud"), Item("d"), Item("e"), Item("f", "browser"),
    Item("g", "long"), Item("h"), Item("i"), Item("j", "cloud", "long"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("workers", "wanted"),
    [(1, "cfj bg adehi"), (2, "cfj ad bg ehi"), (3, "cfj bg adehi"), (9, "cfj bg adehi")],
)
def test_what_waits_begins_with_one_worker_what_is_long_with_the_next(
    workers: int, wanted: str
) -> None:
    found = "".join(item.name for item in dealt(ITEMS, workers))  # type: ignore[arg-type] # little of an item
    assert found == wanted.replace(" ", "")


def test_nothing_is_lost_where_there_is_nothing_to_do() -> None:
    assert dealt([], 2) == []
