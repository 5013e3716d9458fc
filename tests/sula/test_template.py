"""The template against the contract, and against what must never be true of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edgefeed import contract
from sula import dependencies, stack
from sula.errors import CloudError
from sula.ports import StackState

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


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(stack.load_template(), _Loader)  # noqa: S506 - a SafeLoader
    return found


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


def test_the_edge_sends_the_contracts_paths_to_lists_and_the_rest_to_pages(
    template: dict[str, Any],
) -> None:
    config = properties(template, "Distribution")["DistributionConfig"]
    behaviours = config["CacheBehaviors"]
    assert tuple(one["PathPattern"] for one in behaviours) == contract.LIST_PATHS
    assert {one["TargetOriginId"] for one in behaviours} == {"lists"}
    assert config["DefaultCacheBehavior"]["TargetOriginId"] == "pages"
    origins = {one["Id"]: one["OriginPath"] + "/" for one in config["Origins"]}
    assert origins == {"pages": "/" + contract.PAGES, "lists": "/" + contract.LISTS}


def test_all_behaviours_are_alike_but_for_path_and_origin(template: dict[str, Any]) -> None:
    config = properties(template, "Distribution")["DistributionConfig"]
    alike = [
        {k: v for k, v in one.items() if k not in {"PathPattern", "TargetOriginId"}}
        for one in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    ]
    assert all(one == alike[0] for one in alike)
    assert alike[0]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert alike[0]["AllowedMethods"] == ["GET", "HEAD"]


def test_what_is_missing_is_one_page_with_status_404(template: dict[str, Any]) -> None:
    config = properties(template, "Distribution")["DistributionConfig"]
    answers = {one["ErrorCode"]: one for one in config["CustomErrorResponses"]}
    assert set(answers) == {403, 404}
    assert {one["ResponseCode"] for one in answers.values()} == {404}
    assert {one["ResponsePagePath"] for one in answers.values()} == {"/404.html"}
    assert not contract.is_list_path("/404.html")


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


def test_the_bucket_is_private_versioned_encrypted_and_outlives_the_stack(
    template: dict[str, Any],
) -> None:
    bucket = template["Resources"]["Bucket"]
    known = bucket["Properties"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(known["PublicAccessBlockConfiguration"].values()) == {True}
    assert known["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert known["VersioningConfiguration"]["Status"] == "Enabled"
    # KMS would make ETags something else than the MD5 that sula compares.
    encryption = known["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_only_pages_wake_the_function(template: dict[str, Any]) -> None:
    configuration = properties(template, "Bucket")["NotificationConfiguration"]
    assert set(configuration) == {"QueueConfigurations"}
    rules = configuration["QueueConfigurations"]
    assert {one["Event"] for one in rules} == {"s3:ObjectCreated:*", "s3:ObjectRemoved:*"}
    for one in rules:
        filters = {rule["Name"]: rule["Value"] for rule in one["Filter"]["S3Key"]["Rules"]}
        assert filters == {"prefix": contract.PAGES, "suffix": ".html"}


def test_obsolete_assets_stay_a_week(template: dict[str, Any]) -> None:
    rules = properties(template, "Bucket")["LifecycleConfiguration"]["Rules"]
    rule = next(rule for rule in rules if rule["Id"] == "remove-obsolete-assets")
    assert rule["ExpirationInDays"] == 7
    assert rule["Prefix"] == contract.PAGES
    assert rule["TagFilters"] == [{"Key": "obsolete", "Value": "yes"}]
    # Nothing else may ever expire what is current.
    assert [r["Id"] for r in rules if "ExpirationInDays" in r] == ["remove-obsolete-assets"]


def test_a_failed_message_comes_back_after_the_function_has_surely_ended(
    template: dict[str, Any],
) -> None:
    queue = properties(template, "Queue")
    assert queue["VisibilityTimeout"] >= 6 * properties(template, "Function")["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    mapping = properties(template, "FunctionEvents")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["FunctionName"] == {"Ref": "Live"}
    # More than ten messages need a window (Lambda's rule).
    assert mapping["BatchSize"] <= 10 or mapping["MaximumBatchingWindowInSeconds"] >= 1


def test_the_function_has_what_the_bundle_is_made_for(template: dict[str, Any]) -> None:
    function = properties(template, "Function")
    assert function["Runtime"] == f"python{dependencies.PYTHON}"
    assert function["Handler"] == "index.handler"
    assert {"BUCKET", "DISTRIBUTION_ID"} <= set(function["Environment"]["Variables"])


def test_browsers_run_nothing_inline(template: dict[str, Any]) -> None:
    policy = properties(template, "HeadersPolicy")["ResponseHeadersPolicyConfig"]
    csp = policy["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    rules = dict(part.strip().split(" ", 1) for part in csp.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert "unsafe" not in csp
    assert rules["base-uri"] == rules["frame-ancestors"] == "'none'"


def test_every_output_that_sula_reads_is_there(template: dict[str, Any]) -> None:
    made = StackState("CREATE_COMPLETE", outputs=dict.fromkeys(template["Outputs"], "x"))
    assert stack.Outputs.of("s", made).bucket == "x"
    with pytest.raises(CloudError, match="BucketName"):
        stack.Outputs.of("s", StackState("CREATE_COMPLETE"))


def test_every_parameter_has_a_default(template: dict[str, Any]) -> None:
    assert template["Parameters"]
    assert all("Default" in parameter for parameter in template["Parameters"].values())


def test_the_edge_function_is_put_into_the_template_whole(template: dict[str, Any]) -> None:
    code = properties(template, "ViewerRequest")["FunctionCode"]
    assert code == (ROOT / "infra/edge/viewer-request.js").read_text("utf-8")


def test_comments_are_left_out_and_nothing_else_is(template: dict[str, Any]) -> None:
    raw = (ROOT / "infra/template.yaml").read_text("utf-8")
    whole = yaml.load(raw, _Loader)  # noqa: S506 - a SafeLoader
    whole["Resources"]["ViewerRequest"]["Properties"]["FunctionCode"] = ""
    less = json.loads(json.dumps(template))
    less["Resources"]["ViewerRequest"]["Properties"]["FunctionCode"] = ""
    # The placeholder's Python has a comment of its own; what it does is the same.
    placeholder = whole["Resources"]["Function"]["Properties"]["Code"]
    placeholder["ZipFile"] = re.sub(r"(?m)^ *#.*\n", "", placeholder["ZipFile"])
    assert less == whole


def test_a_template_too_long_for_cloudformation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Description: " + "x" * 52_000)
    with pytest.raises(CloudError, match="51200"):
        stack.load_template(path)


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


def test_every_alarm_tells_somebody(template: dict[str, Any]) -> None:
    alarms = {n: r for n, r in template["Resources"].items() if r["Type"].endswith("::Alarm")}
    assert len(alarms) == 5
    for alarm in alarms.values():
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "Alarms"}]
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching"


def test_the_readme_tells_of_every_parameter(template: dict[str, Any]) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `([A-Z]\w+)` *\| *`?([^`|]+?)`? *\|", text, re.MULTILINE))
    usual = {name: str(one["Default"]) or "none" for name, one in template["Parameters"].items()}
    assert told == usual


def test_the_function_is_bounded_and_its_logs_end(template: dict[str, Any]) -> None:
    mapping = properties(template, "FunctionEvents")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert template["Parameters"]["Architecture"]["Default"] == "arm64"
    for name in ("FunctionLog", "ReleaseLog"):
        assert properties(template, name)["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    for name, log in (("Function", "FunctionLog"), ("Release", "ReleaseLog")):
        assert properties(template, name)["LoggingConfig"] == {"LogGroup": {"Ref": log}}


def test_the_edge_speaks_what_is_current_and_compresses(template: dict[str, Any]) -> None:
    config = properties(template, "Distribution")["DistributionConfig"]
    assert config["HttpVersion"] == "http2and3"
    assert config["IPV6Enabled"] is True
    assert config["PriceClass"] == {"Ref": "PriceClass"}
    with_domain = config["ViewerCertificate"]["Fn::If"][1]
    assert with_domain["MinimumProtocolVersion"] == "TLSv1.2_2021"
    asked = properties(template, "CachePolicy")["CachePolicyConfig"][
        "ParametersInCacheKeyAndForwardedToOrigin"
    ]
    assert asked["EnableAcceptEncodingGzip"]
    assert asked["EnableAcceptEncodingBrotli"]
    assert config["DefaultCacheBehavior"]["Compress"] is True
    # Nothing of a reader reaches the bucket, or splits the cache.
    assert asked["CookiesConfig"] == {"CookieBehavior": "none"}
    assert asked["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_a_provider_that_the_account_has_is_used(template: dict[str, Any]) -> None:
    """An account can have only one for GitHub, and others may use it: it stays behind."""
    provider = template["Resources"]["GitHub"]
    assert provider["Condition"] == "MakesProvider"
    assert provider["DeletionPolicy"] == "Retain"
    for role_ in ("DeployRole", "PlanRole"):
        (trust,) = properties(template, role_)["AssumeRolePolicyDocument"]["Statement"]
        choice = trust["Principal"]["Federated"]["Fn::If"]
        assert choice == ["MakesProvider", {"Ref": "GitHub"}, {"Ref": "GitHubProviderArn"}]


def test_the_budget_is_for_who_asked_and_the_dashboard_is_json(template: dict[str, Any]) -> None:
    budget = template["Resources"]["Budget"]
    assert budget["Condition"] == "HasBudget"
    (told,) = budget["Properties"]["NotificationsWithSubscribers"]
    assert told["Subscribers"] == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmEmail"}}]
    body = properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    assert {one["properties"]["title"] for one in widgets} == {
        "Readers", "Refused or missing, per cent", "edgefeed", "Events that wait",
    }  # fmt: skip


def test_the_readme_deploys_in_three_commands_and_tells_every_parameter(
    template: dict[str, Any],
) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("\n## Deploy to AWS\n")[2].partition("\n## ")[0]
    commands = re.findall(r"^    (\S.*)$", section, re.MULTILINE)
    assert 0 < len(commands) <= 3
    told = {
        name: "" if default == "none" else default.strip("`")
        for name, default in re.findall(r"^\| `(\w+)` *\| (\S+) +\|", section, re.MULTILINE)
    }
    assert told == {
        name: str(parameter["Default"]) for name, parameter in template["Parameters"].items()
    }
