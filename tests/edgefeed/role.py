"""The function's role out of the template, resolved for one account, stack and region."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "infra/template.yaml"
ACCOUNT = "123456789012"  # moto's
REGION = "us-east-1"
_NAMES = {
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::StackName": "sula",
    "Distribution": "EDGE123",
}
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:sula-queue"
LOG = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/sula-edgefeed:*"
_ARNS = {"Queue.Arn": QUEUE, "FunctionLog.Arn": LOG}
BUCKET = f"sula-{ACCOUNT}-{REGION}"


@dataclass(frozen=True, order=True)
class Grant:
    """One action on one resource: the smallest thing that a policy can leave out."""

    action: str
    resource: str
    statement: str

    def __str__(self) -> str:
        return f"{self.action} {self.resource.rpartition(':')[2].removeprefix(BUCKET + '/')}"


class _Loader(yaml.SafeLoader):
    """YAML in which ``!Sub`` and ``!GetAtt`` are worked out; other functions stay names."""


def _sub(loader: yaml.Loader, node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "${Sub}"  # with names of its own, which no role uses
    # What the map above does not know has to stay recognisable: only the role is resolved.
    text = str(loader.construct_scalar(node))
    return re.sub(r"\$\{([^}]+)\}", lambda found: _NAMES.get(found[1], found[0]), text)


def _get_att(loader: yaml.Loader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    name = str(loader.construct_scalar(node))
    return _ARNS.get(name, f"${{{name}}}")


def _other(_: yaml.Loader, __: str, node: yaml.Node) -> str:
    return f"${{{node.value}}}"


_Loader.add_constructor("!Sub", _sub)
_Loader.add_constructor("!GetAtt", _get_att)
_Loader.add_multi_constructor("!", _other)


def role() -> dict[str, Any]:
    """The role's properties."""
    template = yaml.load(TEMPLATE.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    found: dict[str, Any] = template["Resources"]["FunctionRole"]["Properties"]
    return found


def grants() -> tuple[Grant, ...]:
    """All that the role may do, in the template's order. Fails on what it cannot see through."""
    (policy,) = role()["Policies"]
    found = []
    for statement in policy["PolicyDocument"]["Statement"]:
        assert set(statement) == {"Sid", "Effect", "Action", "Resource"}
        assert statement["Effect"] == "Allow"
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                assert "${" not in resource
                found.append(Grant(action, resource, statement["Sid"]))
    return tuple(found)


def document(granted: Sequence[Grant]) -> dict[str, Any]:
    """A policy that says just this."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": grant.action, "Resource": grant.resource}
            for grant in granted
        ],
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
