"""The template as data, and the statements of its policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sula.cloud import stack

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms: `!Ref X` as {"Ref": "X"}."""


def _short_form(loader: yaml.Loader, suffix: str, node: yaml.Node) -> object:
    name = suffix if suffix == "Ref" else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _short_form)


def parse(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return found


@cache
def read_template() -> dict[str, Any]:
    """The template as a deploy sends it, to look at only."""
    return parse(stack.load_template())


def properties(template: dict[str, Any], resource: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][resource]["Properties"]
    return found


def statements(template: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template["Resources"].items():
        known = resource["Properties"]
        documents = [known.get("PolicyDocument")]
        documents += [policy["PolicyDocument"] for policy in known.get("Policies", ())]
        for document in filter(None, documents):
            yield from ((name, statement) for statement in document["Statement"])


def as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = properties(template, "FunctionRole")["Policies"][0]["PolicyDocument"]["Statement"]
    return {statement["Sid"]: statement for statement in found}


def keys(statement: dict[str, Any]) -> set[str]:
    """The keys a statement's S3 resources name."""
    return {one["Fn::Sub"].partition("/")[2] for one in as_list(statement["Resource"])}
