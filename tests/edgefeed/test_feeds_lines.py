"""What a feed has to be is a list of 31 lines; each has a test that carries its number."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
LINES = {
    1: "one id everywhere", 2: "ids survive moves", 3: "feeds have ids", 4: "no id twice",
    5: "legal text", 6: "the same bytes", 7: "plain titles", 8: "left out, not down",
    9: "the channel", 10: "RFC 822 dates", 11: "summary, then content", 12: "creators",
    13: "categories and enclosures", 14: "the Atom feed", 15: "updated", 16: "Atom entries",
    17: "JSON Feed", 18: "absolute URLs", 19: "nothing that runs", 20: "summaries",
    21: "archives", 22: "deletion", 23: "one megabyte", 24: "types", 25: "304 and HEAD",
    26: "nothing for nothing", 27: "cache rules", 28: "WebSub", 29: "autodiscovery",
    30: "for a person", 31: "the gate",
}  # fmt: skip


def numbered() -> dict[int, set[str]]:
    """The tests of each line, by their names: ``test_line_07_…``, ``test_lines_24_and_27_…``."""
    found: dict[int, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = node.name if isinstance(node, ast.FunctionDef) else ""
            numbers = re.match(r"test_lines?((?:_and)?_\d\d)+_", name)
            for number in re.findall(r"\d\d", numbers[0]) if numbers else ():
                found.setdefault(int(number), set()).add(name)
    return found


def test_every_line_has_a_test() -> None:
    assert sorted(LINES) == list(range(1, 32))
    assert sorted(numbered()) == sorted(LINES)
