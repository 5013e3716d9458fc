"""Who may do what: the policies in the template, and what must never be true of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.sula.template import as_list, keys, properties, read_template, role, statements

from edgefeed import contract


@pytest.fixture
def template() -> dict[str, Any]:
    return read_template()


def test_the_edge_may_read_pages_and_lists_and_nothing_else(template: dict[str, Any]) -> None:
    granted = [
        statement
        for name, statement in statements(template)
        if name == "BucketPolicy" and statement["Effect"] == "Allow"
    ]
    assert len(granted) == 1
    assert as_list(granted[0]["Action"]) == ["s3:GetObject"]
    places = {one["Fn::Sub"] for one in granted[0]["Resource"]}
    assert places == {"${Bucket.Arn}/pages/*", "${Bucket.Arn}/lists/*"}
    assert "AWS:SourceArn" in granted[0]["Condition"]["StringEquals"]


def test_the_function_writes_lists_and_its_own_state_only(template: dict[str, Any]) -> None:
    writing = [
        statement
        for statement in role(template).values()
        if {"s3:PutObject", "s3:DeleteObject"} & set(as_list(statement["Action"]))
    ]
    assert {key for statement in writing for key in keys(statement)} == {
        contract.LISTS + "*",
        contract.INDEX_KEY,
        contract.PROBLEMS_KEY,
        contract.FRAGMENTS + "*",
    }


def test_the_function_reads_pages(template: dict[str, Any]) -> None:
    assert as_list(role(template)["ReadPages"]["Action"]) == ["s3:GetObject"]
    assert keys(role(template)["ReadPages"]) == {contract.PAGES + "*"}


def test_listing_has_no_condition_that_would_turn_404_into_403(template: dict[str, Any]) -> None:
    assert "Condition" not in role(template)["SeeWhatIsThere"]


def test_no_statement_allows_everything(template: dict[str, Any]) -> None:
    allowed = [s for _, s in statements(template) if s["Effect"] == "Allow"]
    assert len(allowed) > 6
    for statement in allowed:
        assert "*" not in as_list(statement["Resource"])
        assert not [action for action in as_list(statement["Action"]) if action.endswith("*")]
        assert statement.get("Principal") != "*"


def test_every_door_without_tls_is_shut(template: dict[str, Any]) -> None:
    shut = {
        name
        for name, statement in statements(template)
        if statement["Effect"] == "Deny"
        and statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
        and statement["Principal"] == "*"
    }
    assert shut == {
        "BucketPolicy", "QueuePolicy", "DeadLettersPolicy", "AccessLogBucketPolicy",
    }  # fmt: skip


# --- the other roles -------------------------------------------------------------------------


def policy(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = properties(template, role)["Policies"][0]["PolicyDocument"][
        "Statement"
    ]
    return found


def prefixes(policy: list[dict[str, Any]], *actions: str) -> set[str]:
    """The keys that a policy lets somebody do one of these to."""
    return {
        one["Fn::Sub"].partition("AWS::Region}/")[2]
        for statement in policy
        if set(actions) & set(as_list(statement["Action"]))
        for one in as_list(statement["Resource"])
        if "Fn::Sub" in one
    }


def test_the_release_copies_from_what_waits_to_pages_and_does_nothing_else(
    template: dict[str, Any],
) -> None:
    found = policy(template, "ReleaseRole")
    assert prefixes(found, "s3:GetObject") == {"state/scheduled/*"}
    assert prefixes(found, "s3:PutObject") == {"pages/*"}
    s3 = {a for s in found for a in as_list(s["Action"]) if a.startswith("s3:")}
    assert s3 == {"s3:GetObject", "s3:PutObject"}
    # It only ever creates: what is there already stays.
    assert 'IfNoneMatch="*"' in properties(template, "Release")["Code"]["ZipFile"]


def test_a_schedule_may_call_the_release_and_only_from_our_group(template: dict[str, Any]) -> None:
    (statement,) = policy(template, "ScheduleRole")
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"] == {"Fn::GetAtt": "Release.Arn"}
    (trust,) = properties(template, "ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    assert "schedule-group/${AWS::StackName}" in trust["Condition"]["ArnLike"]["aws:SourceArn"][
        "Fn::Sub"
    ]  # fmt: skip


def test_a_deploy_writes_pages_and_its_own_state_only(template: dict[str, Any]) -> None:
    found = policy(template, "DeployRole")
    written = prefixes(found, "s3:PutObject", "s3:DeleteObject")
    assert written == {
        "pages/*", "state/scheduled/*", contract.RECORD_KEY, "state/claims.json",
    }  # fmt: skip
    actions = {action for statement in found for action in as_list(statement["Action"])}
    # Old versions stay whatever happens, and so does everything that is not content.
    assert not actions & {"s3:DeleteObjectVersion", "s3:PutBucketPolicy", "iam:PutRolePolicy"}
    assert not [a for a in actions if a.startswith("cloudformation:") and "Describe" not in a]
    (passing,) = (s for s in found if s["Action"] == "iam:PassRole")
    assert passing["Resource"] == {"Fn::GetAtt": "ScheduleRole.Arn"}
    assert passing["Condition"]


def test_a_plan_writes_nothing(template: dict[str, Any]) -> None:
    actions = {a for s in policy(template, "PlanRole") for a in as_list(s["Action"])}
    assert actions == {
        "s3:GetObject", "s3:ListBucket", "cloudfront-keyvaluestore:ListKeys",
        "cloudformation:DescribeStacks",
    }  # fmt: skip


@pytest.mark.parametrize(("role_", "subject"), [
    ("DeployRole", "repo:${GitHubRepository}:ref:refs/heads/${GitHubBranch}"),
    ("PlanRole", "repo:${GitHubRepository}:pull_request"),
])  # fmt: skip
def test_github_roles_are_for_one_repository(
    template: dict[str, Any], role_: str, subject: str
) -> None:
    (trust,) = properties(template, role_)["AssumeRolePolicyDocument"]["Statement"]
    host = "token.actions.githubusercontent.com"
    assert trust["Condition"] == {
        "StringEquals": {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": {"Fn::Sub": subject}}
    }
    assert template["Resources"][role_]["Condition"] == "HasGitHub"
    for name in ("GitHubRepository", "GitHubBranch"):
        assert not re.fullmatch(template["Parameters"][name]["AllowedPattern"], "a/*")


@pytest.mark.parametrize(
    ("repository", "fits"),
    [
        ("ada/blog", True),
        ("ada-l/my_blog.site", True),
        # What GitHub's tokens say since July 2026 of a repository that is younger, or has moved.
        ("ada@123456/blog@456789", True),
        ("", True),
        ("ada@123456/blog", False),
        ("ada/blog@456789", False),
        ("ada@x/blog@y", False),
        ("ada@*/blog@*", False),
        ("ada", False),
    ],
)
def test_a_repository_is_named_as_githubs_token_names_it(
    template: dict[str, Any], repository: str, *, fits: bool
) -> None:
    pattern = template["Parameters"]["GitHubRepository"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, repository)) == fits


def test_a_provider_that_the_account_has_is_used(template: dict[str, Any]) -> None:
    """An account can have only one for GitHub, and others may use it: it stays behind."""
    provider = template["Resources"]["GitHub"]
    assert provider["Condition"] == "MakesProvider"
    assert provider["DeletionPolicy"] == "RetainExceptOnCreate"
    assert provider["UpdateReplacePolicy"] == "Retain"
    for role_ in ("DeployRole", "PlanRole"):
        (trust,) = properties(template, role_)["AssumeRolePolicyDocument"]["Statement"]
        choice = trust["Principal"]["Federated"]["Fn::If"]
        assert choice == ["MakesProvider", {"Ref": "GitHub"}, {"Ref": "GitHubProviderArn"}]
