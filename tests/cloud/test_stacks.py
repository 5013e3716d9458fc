"""The template on the local cloud: created, changed, failed, rolled back, destroyed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from tests.cloud.conftest import Deployed, echo

from sula.cloud import stack
from sula.cloud.aws import S3Objects
from sula.cloud.services import CloudFormation
from sula.errors import CloudError, StackError
from sula.local.cloud import LocalCloud

pytestmark = pytest.mark.cloud


def say_nothing(_: str) -> None:
    """A progress that nobody watches."""


def test_a_stack_is_made_from_nothing_and_hardly_waited_for(local_cloud: LocalCloud) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    stacks = CloudFormation(local_cloud.cloud, pause)
    wanted = stack.plan(stacks, "followed", stack.load_template(), {})
    made = stack.apply(stacks, wanted, progress=say_nothing, pause=pause)
    assert len(pauses) < 5  # none, as a rule: the local cloud is done when it is first looked at
    assert made.distribution_domain.endswith(".cloudfront.net")
    assert made.architecture == "arm64"


def test_a_plan_that_is_declined_leaves_nothing(local_cloud: LocalCloud) -> None:
    stacks = CloudFormation(local_cloud.cloud)
    for _ in range(2):
        wanted = stack.plan(stacks, "declined", stack.load_template(), {})
        assert wanted.new
        assert "to make" in list(stack.plan_lines(wanted))[-1]
        stack.decline(stacks, wanted)
    assert stacks.describe("declined") is None
    assert not local_cloud.cloud.objects(
        stack.bucket_name("declined", local_cloud.cloud.account(), "us-east-1")
    ).exists()


def test_the_same_template_again_changes_nothing(new_stack: Callable[[], Deployed]) -> None:
    deployed = new_stack()
    stacks = CloudFormation(deployed.local.cloud)
    wanted = stack.plan(stacks, deployed.name, stack.load_template(), {})
    assert not wanted.changes
    assert stack.apply(stacks, wanted, progress=say_nothing) == deployed.outputs


def test_a_parameter_is_a_change_and_keeps_the_code(new_stack: Callable[[], Deployed]) -> None:
    deployed = new_stack()
    deployed.function.update_code(echo(7))
    stacks = CloudFormation(deployed.local.cloud)
    wanted = stack.plan(stacks, deployed.name, stack.load_template(), {"FunctionMemory": "2048"})
    assert "Function" in {change.resource for change in wanted.changes}
    assert not wanted.losses
    said: list[str] = []
    stack.apply(stacks, wanted, progress=said.append)
    assert "Function: update complete" in said
    assert deployed.function.invoke({})["code"] == 7
    # The alias still has the old settings, until the next deploy publishes a version with these.
    assert deployed.function.update_code(echo(7))
    live = deployed.local.cloud.client("lambda").get_function_configuration(
        FunctionName=deployed.outputs.function, Qualifier="live"
    )
    assert live["MemorySize"] == 2048


def test_a_change_that_fails_is_rolled_back_and_named(new_stack: Callable[[], Deployed]) -> None:
    deployed = new_stack()
    objects = S3Objects(deployed.local.cloud, deployed.outputs.bucket)
    objects.put("pages/a.html", b"x", content_type="text/html", cache_control="no-cache")
    # The distribution is changed first, so that there is something to roll back.
    broken = stack.load_template().replace("IPV6Enabled: true", "IPV6Enabled: false", 1)
    broken = broken.replace(
        "Resources:\n",
        "Resources:\n  Handle:\n    Type: AWS::CloudFormation::WaitConditionHandle\n"
        "  Broken:\n    Type: AWS::CloudFormation::WaitCondition\n    DependsOn: Distribution\n"
        "    Properties:\n      Handle: !Ref Handle\n      Timeout: 1\n",
        1,
    )
    stacks = CloudFormation(deployed.local.cloud)
    with pytest.raises(
        StackError, match=rf"stack {deployed.name}: Broken \(AWS::CloudFormation::Wait"
    ):
        stack.ensure(stacks, deployed.name, broken, {}, progress=say_nothing)
    state = stacks.describe(deployed.name)
    assert state is not None
    assert state.status == "UPDATE_ROLLBACK_COMPLETE"
    found = objects.get("pages/a.html")
    assert found is not None
    assert found.body == b"x"
    # And it can be changed again.
    assert (
        stack.ensure(stacks, deployed.name, stack.load_template(), {}, progress=say_nothing)
        == deployed.outputs
    )


def test_replacing_the_bucket_needs_to_be_said(new_stack: Callable[[], Deployed]) -> None:
    deployed = new_stack()
    stacks = CloudFormation(deployed.local.cloud)
    renamed = re.sub(
        r'BucketName: !Sub "[^"]+"', "BucketName: another-name-altogether", stack.load_template()
    )
    with pytest.raises(StackError, match=r"Bucket \(AWS::S3::Bucket\).*--allow-replacement"):
        stack.ensure(stacks, deployed.name, renamed, {}, progress=say_nothing)
    assert stack.outputs(stacks, deployed.name) == deployed.outputs


def test_a_template_that_makes_no_sense_is_refused(new_stack: Callable[[], Deployed]) -> None:
    deployed = new_stack()
    stacks = CloudFormation(deployed.local.cloud)
    with pytest.raises(CloudError, match=deployed.name):
        stack.ensure(stacks, deployed.name, "Resources: {}", {}, progress=say_nothing)


def test_destroying_keeps_the_site(new_stack: Callable[[], Deployed]) -> None:
    deployed = new_stack()
    objects = S3Objects(deployed.local.cloud, deployed.outputs.bucket)
    objects.put("pages/a.html", b"x", content_type="text/html", cache_control="no-cache")
    stacks = CloudFormation(deployed.local.cloud)
    stack.destroy(stacks, deployed.name, progress=say_nothing)
    assert stacks.describe(deployed.name) is None
    assert objects.get("pages/a.html") is not None
    with pytest.raises(CloudError, match="there is no stack"):
        stack.outputs(stacks, deployed.name)
