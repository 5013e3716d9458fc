"""The template against the contract: the edge, the bucket, what wakes the function."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.sula.template import ROOT, parse, properties, read_template

from edgefeed import contract
from sula.cloud import stack
from sula.cloud.ports import StackState
from sula.errors import CloudError
from sula.local import served
from sula.publishing import dependencies


@pytest.fixture
def template() -> dict[str, Any]:
    return read_template()


def test_the_edge_sends_the_contracts_paths_to_lists_and_the_rest_to_pages(
    template: dict[str, Any],
) -> None:
    config = properties(template, "Distribution")["DistributionConfig"]
    behaviours = config["CacheBehaviors"]
    assert tuple(one["PathPattern"] for one in behaviours) == served.LIST_PATHS
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
    assert not served.is_list_path("/404.html")


def test_the_bucket_is_private_versioned_encrypted_and_outlives_the_stack(
    template: dict[str, Any],
) -> None:
    bucket = template["Resources"]["Bucket"]
    known = bucket["Properties"]
    # A creation that fails removes the empty bucket again: the next one needs its name.
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    assert bucket["UpdateReplacePolicy"] == "Retain"
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
    mapping = properties(template, "FunctionEvents")
    window = mapping["MaximumBatchingWindowInSeconds"]
    assert queue["VisibilityTimeout"] >= 6 * properties(template, "Function")["Timeout"] + window
    assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["FunctionName"] == {"Ref": "Live"}
    # More than ten messages need a window (Lambda's rule).
    assert mapping["BatchSize"] <= 10 or mapping["MaximumBatchingWindowInSeconds"] >= 1


def test_no_event_is_kept_for_more_than_a_second(template: dict[str, Any]) -> None:
    assert properties(template, "Queue").get("DelaySeconds", 0) == 0
    assert properties(template, "FunctionEvents")["MaximumBatchingWindowInSeconds"] <= 1


@pytest.mark.parametrize(
    ("resource", "path", "longest"),
    [
        ("OriginAccess", "OriginAccessControlConfig.Name", 64),
        ("Redirects", "Name", 64),
        ("ViewerRequest", "Name", 64),
        ("CachePolicy", "CachePolicyConfig.Name", 128),
        ("HeadersPolicy", "ResponseHeadersPolicyConfig.Name", 128),
        ("DeployRole", "RoleName", 64),
        ("PlanRole", "RoleName", 64),
        ("Dashboard", "DashboardName", 255),
        ("Budget", "Budget.BudgetName", 100),
    ],
)
def test_what_is_no_regions_has_the_region_in_its_name(
    template: dict[str, Any], resource: str, path: str, longest: int
) -> None:
    """Two stacks of one name, in two regions of one account, would meet there."""
    found: Any = properties(template, resource)
    for name in path.split("."):
        found = found[name]
    text = found["Fn::Sub"].replace("${AWS::StackName}", "s" * 35)
    assert "${AWS::Region}" in text
    assert len(text.replace("${AWS::Region}", "ap-southeast-1")) <= longest


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
    whole = parse(raw)
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
