"""What the documentation says of commands, settings and keys is what the code says."""

from __future__ import annotations

import json
import re

import click
import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.reference.__main__ import texts
from tests.reference.commands import page
from tests.reference.tables import ROOT, rewritten

from sula.authoring.schema import front_matter
from sula.cli import cli
from sula.content.fields import KEYS
from sula.content.meta import read_source
from sula.names import FRONT, SETTINGS, Name
from sula.site.settings import load_settings

RULES = load_settings(ROOT).rules


@pytest.mark.parametrize("name", sorted(texts()))
def test_a_generated_text_is_fresh(name: str) -> None:
    stale = f"{name} is not what the code says: run `make reference`"
    assert (ROOT / name).read_text("utf-8") == texts()[name], stale


@pytest.mark.parametrize("one", FRONT, ids=lambda one: one.name)
def test_the_example_of_a_key_is_understood_and_allowed(one: Name) -> None:
    if not one.example:
        assert "No effect" in one.about
        return
    keys = {line.split(":")[0] for line in one.example.split("\n")}
    assert one.name in keys
    rest = [line for line in ("title: T", "date: 2026-11-01") if line.split(":")[0] not in keys]
    front = "\n".join([*rest, one.example])
    source, findings = read_source("posts/x.md", f"---\n{front}\n---\nText.\n", RULES)
    assert (source is not None, findings) == (True, [])
    values = json.loads(json.dumps(yaml.safe_load(front), default=str))
    assert list(Draft202012Validator(front_matter()).iter_errors(values)) == []


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
