"""Feeds as they are, byte for byte, so that a change of them shows in a diff."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.edgefeed.goldens.__main__ import CASES, FOLDER, SUFFIXES, make


def test_there_are_cases_and_nothing_is_left_over() -> None:
    assert len(CASES) >= 6
    expected = {path.with_suffix(suffix).name for path in CASES for suffix in SUFFIXES}
    there = {path.name for path in FOLDER.iterdir() if path.name.endswith(SUFFIXES)}
    assert there == expected


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden(path: Path) -> None:
    for golden, body in make(path).items():
        assert body.decode() == golden.read_bytes().decode(), golden.name
