"""What the template refuses before anything is made. The local cloud does not look at its rules."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sula.template import read_template

ARN = "arn:aws:acm:us-east-1:123456789012:certificate/a"


def holds(expression: Any, values: dict[str, str]) -> Any:
    """A condition of CloudFormation's; like there, numbers are compared as text."""
    if not isinstance(expression, dict):
        return str(expression)
    ((function, said),) = expression.items()
    if function == "Ref":
        return values[said]
    found = [holds(one, values) for one in said]
    match function:
        case "Fn::Equals":
            return found[0] == found[1]
        case "Fn::Not":
            return not found[0]
        case "Fn::And":
            return all(found)
        case "Fn::Or":
            return any(found)
    raise AssertionError(function)


def refused(region: str, **parameters: str) -> list[str]:
    template = read_template()
    values = {name: str(one["Default"]) for name, one in template["Parameters"].items()}
    values |= {"AWS::Region": region, **parameters}
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if holds(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], values)
    ]


@pytest.mark.parametrize(
    ("region", "parameters"),
    [
        ("eu-central-1", {}),
        ("eu-central-1", {"Domain": "a.example", "CertificateArn": ARN}),
        ("us-east-1", {"Domain": "a.example", "HostedZoneId": "Z1"}),
        ("eu-central-1", {"MonthlyBudget": "5", "AlarmEmail": "a@a.example"}),
        ("eu-central-1", {"MonthlyBudget": "0"}),
    ],
)
def test_what_makes_sense_is_not_refused(region: str, parameters: dict[str, str]) -> None:
    assert refused(region, **parameters) == []


@pytest.mark.parametrize(
    ("region", "parameters", "word"),
    [
        ("eu-central-1", {"Domain": "a.example"}, "CertificateArn"),
        ("eu-central-1", {"Domain": "a.example", "HostedZoneId": "Z1"}, "CertificateArn"),
        ("us-east-1", {"Domain": "a.example"}, "HostedZoneId"),
        ("us-east-1", {"MonthlyBudget": "5"}, "AlarmEmail"),
    ],
)
def test_what_would_silently_not_work_is_refused(
    region: str, parameters: dict[str, str], word: str
) -> None:
    (said,) = refused(region, **parameters)
    assert word in said
