"""The roles out of the template, resolved for one account, stack and region.

`grants` is what a role may do; `assumed` is a session of one that may do just that, in moto.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import yaml
from botocore.loaders import create_loader

TEMPLATE = Path(__file__).parents[1] / "infra/template.yaml"
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
BUCKET = f"sula-{ACCOUNT}-{REGION}"
DEAD_LETTERS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:sula-dead-letters"
_FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sula"
_ARNS = {
    "Bucket.Arn": f"arn:aws:s3:::{BUCKET}",
    "DeadLetters.Arn": DEAD_LETTERS,
    "Function.Arn": f"{_FUNCTION}-edgefeed",
    "FunctionLog.Arn": LOG,
    "Queue.Arn": QUEUE,
    "Redirects.Arn": f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/1",
    "Release.Arn": f"{_FUNCTION}-release",
    "ReleaseLog.Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/sula-release:*",
    "ScheduleRole.Arn": f"arn:aws:iam::{ACCOUNT}:role/sula-schedule",
}
_SERVICES = create_loader()


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
    return re.sub(r"\$\{([^}]+)\}", lambda found: (_NAMES | _ARNS).get(found[1], found[0]), text)


def _get_att(loader: yaml.Loader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    name = str(loader.construct_scalar(node))
    return _ARNS.get(name, f"${{{name}}}")


def _ref(loader: yaml.Loader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode)
    name = str(loader.construct_scalar(node))
    return (_NAMES | _ARNS).get(name, f"${{{name}}}")


def _other(_: yaml.Loader, __: str, node: yaml.Node) -> str:
    return f"${{{node.value}}}"


_Loader.add_constructor("!Sub", _sub)
_Loader.add_constructor("!GetAtt", _get_att)
_Loader.add_constructor("!Ref", _ref)
_Loader.add_multi_constructor("!", _other)


def resource(name: str) -> dict[str, Any]:
    """A resource's properties, to look at only."""
    found: dict[str, Any] = _resources()[name]["Properties"]
    return found


@cache
def _resources() -> dict[str, Any]:
    template = yaml.load(TEMPLATE.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    found: dict[str, Any] = template["Resources"]
    return found


def grants(name: str = "FunctionRole") -> tuple[Grant, ...]:
    """All that a role may do, in the template's order. Fails on what it cannot see through."""
    (policy,) = resource(name)["Policies"]
    found = []
    for statement in policy["PolicyDocument"]["Statement"]:
        # moto knows no conditions; the one that there is only makes its statement narrower.
        assert set(statement) - {"Condition"} == {"Sid", "Effect", "Action", "Resource"}
        assert "Condition" not in statement or statement["Action"] == "iam:PassRole"
        assert statement["Effect"] == "Allow"
        for action in _listed(statement["Action"]):
            for place in _listed(statement["Resource"]):
                assert "${" not in place
                found.append(Grant(action, place, statement["Sid"]))
    return tuple(found)


def session(key: str, secret: str, token: str | None = None) -> boto3.Session:
    """Somebody's credentials. What is known of Amazon's services is read once for everybody."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _SERVICES)
    return boto3.Session(key, secret, token, region_name=REGION, botocore_session=core)


def assumed(owner: boto3.Session, granted: Sequence[Grant], name: str) -> boto3.Session:
    """Credentials of a new role in moto with just these grants; Lambda's own trust will do."""
    iam = owner.client("iam")
    trust = json.dumps(resource("FunctionRole")["AssumeRolePolicyDocument"])
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    policy = json.dumps(document(granted))
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy)
    keys = owner.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName=name)
    return session(
        keys["Credentials"]["AccessKeyId"],
        keys["Credentials"]["SecretAccessKey"],
        keys["Credentials"]["SessionToken"],
    )


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
