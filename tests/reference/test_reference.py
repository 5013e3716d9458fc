"""What the documentation says of commands, settings and keys is what the code says."""

from __future__ import annotations

import re

import click
import pytest
from tests.reference.__main__ import texts
from tests.reference.commands import page
from tests.reference.tables import ROOT, rewritten

from sula.cli import cli
from sula.fields import KEYS
from sula.names import SETTINGS


@pytest.mark.parametrize("name", sorted(texts()))
def test_a_generated_text_is_fresh(name: str) -> None:
    stale = f"{name} is not what the code says: run `make reference`"
    assert (ROOT / name).read_text("utf-8") == texts()[name], stale


def test_every_part_of_a_post_is_made() -> None:
    parts = [
        part
        for path in sorted((ROOT / "content").rglob("*.md"))
        for part in re.findall(r"<!-- reference: (.+?) -->", path.read_text("utf-8"))
    ]
    areas = {f"settings, {one.area}" for one in SETTINGS}
    assert sorted(parts) == sorted({"commands", "make", "keys", "also written", "machine"} | areas)
    text = "<!-- reference: x -->\n\nold\n\n<!-- end -->\nmore\n"
    assert rewritten(text, {"x": "new"}) == "<!-- reference: x -->\n\nnew\n\n<!-- end -->\nmore\n"


def test_every_command_and_option_and_key_is_told() -> None:
    told = page()
    for name, command in cli.commands.items():
        assert f"\n## sula {name}\n" in told
        for param in command.params:
            assert all(f"`{word}" in told for word in param.opts if word.startswith("--")), name
            if isinstance(param, click.Option):
                assert param.help, f"sula {name} {param.name} says nothing of itself"
        assert command.short_help, f"sula {name} has no line of its own"
    front = (ROOT / "content/posts/front-matter.md").read_text("utf-8")
    assert not [key for key in KEYS if f"`{key}`" not in front]
