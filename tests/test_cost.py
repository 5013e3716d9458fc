"""The arithmetic of the post about costs: its formula is run, and its sentences are worked out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.sula.template import read_template

from edgefeed.notify import MOST_PATHS, changed_paths
from sula.publishing import inventory

TEXT = (Path(__file__).parents[1] / "content/posts/cost.md").read_text("utf-8")
FLAT = " ".join(TEXT.split())
FORMULA = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ROWS = re.findall(r"^\| ([\d,]+) +\| ([\d,]+) +\| ([\d.]+) +\| ([\d.]+) +\|$", TEXT, re.MULTILINE)
SEEN = {
    name: tuple(map(int, counts))
    for name, *counts in re.findall(
        r"^\| ([A-Za-z0-9 ]+?) +\| (\d+) +\| (\d+) +\| (\d+) +\|$", TEXT, re.MULTILINE
    )
}


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_tables_and_the_formula_are_there() -> None:
    assert [row[0] for row in ROWS] == ["100", "10,000", "1,000,000"]
    assert len(FORMULA) == 1
    assert SEEN.keys() == {"S3 reads", "S3 writes", "Lambda calls", "invalidation paths"}
    assert all(most >= max(seen) for most, *seen in SEEN.values())


@pytest.mark.parametrize(("readers", "requests", "gigabytes", "dollars"), ROWS)
def test_the_worked_examples_are_what_the_formula_gives(
    readers: str, requests: str, gigabytes: str, dollars: str
) -> None:
    values: dict[str, float] = {"R": number(readers)}
    exec(FORMULA[0], {"max": max}, values)  # noqa: S102 - our own post
    assert values["requests"] == number(requests)
    assert values["gigabytes"] == pytest.approx(number(gigabytes), abs=0.005)
    assert values["dollars"] == pytest.approx(number(dollars), abs=0.005)


def test_one_push_costs_what_is_said() -> None:
    reads, writes = SEEN["S3 reads"][1], SEEN["S3 writes"][1]
    assert f"{reads} and {writes} are three hundredths of a cent" in FLAT
    dollars = (0.0004 * reads + 0.005 * writes) / 1000
    assert round(100 * dollars, 2) == 0.03
    assert "sixty pushes a month cost two cents" in FLAT
    assert round(100 * 60 * dollars) == 2


def test_what_lambda_asks_the_queue_fits_into_the_free_allowance_once() -> None:
    """An idle queue is polled all the same, with the wait that the template gives it."""
    wait = read_template()["Resources"]["Queue"]["Properties"]["ReceiveMessageWaitTimeSeconds"]
    month = 5 * (60 // wait) * 60 * 24 * 30
    assert f"{month:,} requests a month" in FLAT
    assert month < 1_000_000 < 2 * month
    assert "about a quarter of a dollar a month for a second site" in FLAT
    assert round(0.40 * month / 1_000_000, 2) == pytest.approx(0.25, abs=0.02)


def test_so_many_pushes_are_inside_the_free_allowance() -> None:
    most, *seen = SEEN["invalidation paths"]
    assert seen == [most, most]
    assert f"which is {1000 // most} such pushes" in FLAT


def test_the_largest_push_sends_no_more_paths_than_is_said() -> None:
    keys = [f"pages/posts/{n}/index.html" for n in range(500)] + [
        f"pages/{n}/index.html" for n in range(50)
    ]
    lists = [f"lists/tags/{n}/feed.xml" for n in range(500)] + ["lists/feed.xml"]
    most = inventory.MOST_PATHS + MOST_PATHS
    assert f"the largest push sends no more than {most}" in FLAT
    assert len(inventory.changed_paths(keys)) <= inventory.MOST_PATHS
    assert len(changed_paths(lists)) <= MOST_PATHS
