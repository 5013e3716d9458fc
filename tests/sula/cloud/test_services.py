"""CloudFormation and Lambda, through clients that answer as Amazon's documentation says.

What the local cloud cannot show: changes that are refused before they are made, and a function
that is being updated by somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from sula.cloud.aws import Cloud
from sula.cloud.monitoring import SqsQueue
from sula.cloud.services import CloudFormation, CloudFrontEdge, LambdaFunction
from sula.errors import CloudError, StackError, Unavailable

ARN = "arn:aws:cloudformation:eu-central-1:123456789012:changeSet/c/1"


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message or code}}, "Any")


def cloud_with(client: object) -> Cloud:
    class Clients:
        def client(self, _: str) -> object:
            return client

    return cast("Cloud", Clients())


# --- change sets -----------------------------------------------------------------------------


@dataclass
class RefusingCloudFormation:
    """Every change set fails. ``events`` is what `DescribeEvents` tells, if it may be asked."""

    reason: str
    events: list[dict[str, str]] | None = None
    dropped: list[str] = field(default_factory=list)

    def create_change_set(self, **_: object) -> None:
        assert not self.dropped

    def describe_change_set(self, **_: object) -> dict[str, str]:
        return {"Status": "FAILED", "StatusReason": self.reason, "ChangeSetId": ARN}

    def delete_change_set(self, ChangeSetName: str, **_: object) -> None:  # noqa: N803 - Amazon's name
        self.dropped.append(ChangeSetName)

    def get_paginator(self, name: str) -> RefusingCloudFormation:
        assert name == "describe_events"
        return self

    def paginate(self, **said: object) -> Iterator[dict[str, Any]]:
        # A change set's name alone is answered by a ValidationError.
        assert said == {"ChangeSetName": ARN, "Filters": {"FailedEvents": True}}
        assert not self.dropped
        if self.events is None:
            raise refusal("AccessDenied")
        yield {"OperationEvents": self.events}


EARLY = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To"
    " troubleshoot Early Validation errors, use the DescribeEvents API"
)
EXISTS = {
    "EventType": "VALIDATION_ERROR",
    "LogicalResourceId": "Queue",
    "ResourceType": "AWS::SQS::Queue",
    "ValidationName": "NAME_CONFLICT_VALIDATION",
    "ValidationFailureMode": "FAIL",
    "ValidationStatusReason": "it already exists.",
}
WARNING = EXISTS | {"ValidationFailureMode": "WARN", "ValidationStatusReason": "not empty"}


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([EXISTS, WARNING], r"refused: Queue \(AWS::SQS::Queue\): it already exists\.$"),
        ([], "EarlyValidation::ResourceExistenceCheck"),
        (None, "EarlyValidation::ResourceExistenceCheck"),
    ],
)
def test_a_change_set_that_is_refused_early_says_why(
    events: list[dict[str, str]] | None, said: str
) -> None:
    client = RefusingCloudFormation(EARLY, events)
    stacks = CloudFormation(cloud_with(client))
    with pytest.raises(StackError, match=said):
        stacks.prepare("s", "c", "template", {}, new=True)
    assert client.dropped == ["c"]


def test_a_change_set_without_changes_is_none() -> None:
    client = RefusingCloudFormation("The submitted information didn't contain changes.")
    assert CloudFormation(cloud_with(client)).prepare("s", "c", "template", {}, new=True) == ()


# --- the function ----------------------------------------------------------------------------


@dataclass
class BusyLambda:
    """A function that others update: each of ``meanwhile`` comes before one of our requests."""

    meanwhile: list[ClientError]
    code: str = "old"
    live: str = "1"
    requests: list[str] = field(default_factory=list)

    def _arrive(self, what: str) -> None:
        self.requests.append(what)
        if self.meanwhile:
            raise self.meanwhile.pop(0)

    def get_function_configuration(self, **said: str) -> dict[str, str]:
        version = self.live if said.get("Qualifier") == "live" else "$LATEST"
        return {"CodeSha256": self.code, "Version": version}

    def update_function_code(self, **_: object) -> None:
        self._arrive("update")

    def publish_version(self, **_: object) -> dict[str, str]:
        self._arrive("publish")
        return {"Version": "2"}

    def update_alias(self, FunctionVersion: str, **_: object) -> None:  # noqa: N803 - Amazon's name
        self.live = FunctionVersion

    def get_paginator(self, _: str) -> BusyLambda:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Versions": [{"Version": "$LATEST"}, {"Version": "1"}, {"Version": "2"}]}]


IN_PROGRESS = refusal(
    "ResourceConflictException",
    "The operation cannot be performed at this time. An update is in progress for resource: f",
)
OTHER_CODE = refusal(
    "InvalidParameterValueException",
    "CodeSHA256 (a) is different from current CodeSHA256 in $LATEST (b). Please try again with the"
    " CodeSHA256 in $LATEST.",
)


@pytest.mark.parametrize("meanwhile", [[IN_PROGRESS] * 3, [IN_PROGRESS, OTHER_CODE], []])
def test_a_function_that_others_update_is_updated_after_them(meanwhile: list[ClientError]) -> None:
    client, pauses = BusyLambda(list(meanwhile)), list[float]()
    assert LambdaFunction(cloud_with(client), "f", pauses.append).update_code(b"new")
    assert client.live == "2"
    assert len(pauses) == len(meanwhile)


def test_a_function_that_others_always_update_is_said_to() -> None:
    client = BusyLambda([IN_PROGRESS] * 99)
    with pytest.raises(Unavailable, match="always being updated by others; try again"):
        LambdaFunction(cloud_with(client), "f", lambda _: None).update_code(b"new")


def test_a_function_that_cannot_be_updated_is_not_tried_again() -> None:
    client = BusyLambda([refusal("InvalidParameterValueException", "Unzipped size is too large")])
    with pytest.raises(CloudError, match="Unzipped size"):
        LambdaFunction(cloud_with(client), "f", lambda _: None).update_code(b"new")
    assert client.requests == ["update"]


# --- the edge, and queues ----------------------------------------------------------------------


def test_an_edge_that_is_busy_forgetting_is_told_again_later() -> None:
    class Busy:
        def create_invalidation(self, **_: object) -> None:
            raise refusal("TooManyInvalidationsInProgress")

    with pytest.raises(Unavailable, match="try again"):
        CloudFrontEdge(cloud_with(Busy()), "E1").invalidate(["/*"], "a")


@dataclass
class SampledQueue:
    """A queue as SQS has it: who does not wait is told of some servers only, of none here."""

    bodies: list[str]
    moved: list[str] = field(default_factory=list)
    hidden: int = 0

    def receive_message(self, WaitTimeSeconds: int, **_: object) -> dict[str, Any]:  # noqa: N803 - Amazon's name
        left = self.bodies[self.hidden : self.hidden + 1] if WaitTimeSeconds else []
        self.hidden += len(left)
        return {
            "Messages": [{"MessageId": b, "Body": b, "ReceiptHandle": b} for b in left],
        }

    def send_message(self, MessageBody: str, **_: object) -> None:  # noqa: N803 - the same
        self.moved.append(MessageBody)

    def delete_message(self, ReceiptHandle: str, **_: object) -> None:  # noqa: N803 - the same
        self.bodies.remove(ReceiptHandle)
        self.hidden -= 1


def test_no_dead_letter_is_overlooked() -> None:
    queue = SampledQueue(["a", "b"])
    found = SqsQueue(cloud_with(queue), "url").peek()
    assert [letter.body for letter in found] == ["a", "b"]


def test_every_dead_letter_is_moved() -> None:
    queue = SampledQueue(["a", "b"])
    assert SqsQueue(cloud_with(queue), "url").move_to("other") == 2
    assert (queue.bodies, queue.moved) == ([], ["a", "b"])
