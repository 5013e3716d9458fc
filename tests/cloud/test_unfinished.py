"""Stacks that did not become a site, or are none any more: a command makes or removes each."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cloud.conftest import echo
from tests.cloud.site import Site

from sula.cloud import stack
from sula.cloud.doctor import examine
from sula.cloud.manage import make_stack
from sula.cloud.services import CloudFormation, LambdaFunction
from sula.console import Console
from sula.errors import CloudError, StackError
from sula.local.cloud import LocalCloud

pytestmark = pytest.mark.cloud

GITHUB = "token.actions.githubusercontent.com"
NEVER = (
    "Resources:\n  Handle:\n    Type: AWS::CloudFormation::WaitConditionHandle\n"
    "  Never:\n    Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Distribution\n"
    "    Properties:\n      Handle: !Ref Handle\n      Timeout: 1\n"
)


@pytest.fixture
def site(local_cloud: LocalCloud, tmp_path: Path) -> Iterator[Site]:
    with Site.made(local_cloud, tmp_path) as site:
        yield site


def made(site: Site, **parameters: str) -> tuple[bool, str]:
    """Make the stack as `sula deploy --create` does; what it returned, and what it said."""
    said = io.StringIO()
    live = make_stack(site.configured(**parameters), Console(said, said))
    return live, said.getvalue()


def fail_to_create(site: Site, policy: str) -> CloudFormation:
    """A creation that fails when the bucket is there already."""
    stacks = CloudFormation(site.local.cloud)
    broken = stack.load_template().replace("Resources:\n", NEVER, 1)
    broken = broken.replace("RetainExceptOnCreate", policy)
    with pytest.raises(StackError, match="Never"):
        stack.ensure(stacks, site.name, broken, {}, progress=lambda _: None)
    state = stacks.describe(site.name)
    assert state is not None
    assert state.status == "ROLLBACK_COMPLETE"
    return stacks


@pytest.mark.parametrize("policy", ["RetainExceptOnCreate", "Retain"])
def test_after_a_failed_creation_the_next_one_succeeds(site: Site, policy: str) -> None:
    """Even where the bucket was left behind, which is then taken over."""
    site.run("destroy", "--bucket", "--yes")
    fail_to_create(site, policy)
    assert site.objects.exists() == (policy == "Retain")
    _, said = made(site)
    assert ("of an earlier stack is there" in said) == (policy == "Retain")
    assert "is as its template says" in made(site)[1]


def test_a_creation_that_was_cut_off_at_the_question_begins_anew(site: Site) -> None:
    """An empty stack is left, which must not hide the bucket that waits."""
    site.run("destroy", "--yes")
    stacks = CloudFormation(site.local.cloud)
    stack.plan(stacks, site.name, stack.load_template(), {})
    state = stacks.describe(site.name)
    assert state is not None
    assert state.status == "REVIEW_IN_PROGRESS"
    assert "of an earlier stack is there" in made(site)[1]
    assert "is as its template says" in made(site)[1]


def test_what_a_failed_creation_left_can_be_destroyed(site: Site) -> None:
    site.run("destroy", "--bucket", "--yes")
    stacks = fail_to_create(site, "Retain")
    found = {check.what: check for check in examine(site.config, lambda _: set())}
    assert found["stack"].state == "wrong"
    assert "begins anew" in found["stack"].said
    said = site.run("destroy", given=f"{site.name}\n")
    assert said.exit_code == 0, said.exception
    assert "which is ROLLBACK_COMPLETE" in said.output
    assert "stays, with all that is in it" in said.output
    assert stacks.describe(site.name) is None


def test_what_a_failed_creation_left_goes_with_its_bucket_even_if_there_is_none(site: Site) -> None:
    site.run("destroy", "--bucket", "--yes")
    stacks = fail_to_create(site, "RetainExceptOnCreate")
    said = site.run("destroy", "--bucket", "--yes")
    assert said.exit_code == 0, said.exception
    assert "the bucket" not in said.output
    assert stacks.describe(site.name) is None


def test_a_bucket_that_was_kept_can_be_removed_later(site: Site) -> None:
    site.objects.put("pages/a.html", b"x", content_type="text/html", cache_control="no-cache")
    site.run("destroy", "--yes")
    refused = site.run("destroy", "--yes")
    assert isinstance(refused.exception, CloudError)
    assert "`sula destroy --bucket` removes" in str(refused.exception)
    said = site.run("destroy", "--bucket", "--yes")
    assert said.exit_code == 0, said.exception
    assert "what it left" in said.output
    assert not site.objects.exists()
    refused = site.run("destroy", "--bucket", "--yes")
    assert "no bucket" in str(refused.exception)


def test_somebody_elses_stack_is_not_destroyed(site: Site) -> None:
    site.run("destroy", "--bucket", "--yes")
    other = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\nOutputs:\n  A:\n    Value: b\n"
    stacks = CloudFormation(site.local.cloud)
    stacks.prepare(site.name, "other", other, {}, new=True)
    stacks.execute(site.name, "other")
    refused = site.run("destroy", "--yes")
    assert "not Sula's" in str(refused.exception)
    assert stacks.describe(site.name) is not None
    stack.destroy(stacks, site.name, progress=lambda _: None)


def test_settings_of_the_function_are_known_not_to_run_yet(site: Site) -> None:
    """An alias keeps those of its version: a deploy has to publish another."""
    function = LambdaFunction(site.local.cloud, site.outputs.function)
    assert made(site)[0]  # there is no code to publish
    function.update_code(echo())
    assert made(site)[0]
    assert not made(site, FunctionMemory="2048")[0]
    function.update_code(echo())
    assert made(site, FunctionMemory="2048")[0]


def test_the_accounts_provider_for_github_is_used(site: Site) -> None:
    """There can be only one. The local cloud does not know the type: making one would fail."""
    iam = site.local.cloud.client("iam")
    arn = iam.create_open_id_connect_provider(
        Url=f"https://{GITHUB}", ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    try:
        assert "DeployRole" in made(site, GitHubRepository="ada/blog")[1]
        state = CloudFormation(site.local.cloud).describe(site.name)
        assert state is not None
        assert state.parameters["GitHubProviderArn"] == arn
        assert "is as its template says" in made(site, GitHubRepository="ada/blog")[1]
    finally:
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
