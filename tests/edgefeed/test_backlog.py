"""A long queue: a full event takes what else waits, and acknowledges only what is handled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from edgefeed.aws import SqsBacklog
from edgefeed.backlog import FULL, MOST, Waiting, extend, settle


class Queue:
    """A queue in memory."""

    def __init__(self, count: int) -> None:
        self.waiting = [Waiting(f"m{n}", "{}", f"r{n}") for n in range(count)]
        self.dropped: list[str] = []

    def take(self, most: int) -> list[Waiting]:
        return self.waiting[:most]

    def drop(self, waiting: Sequence[Waiting]) -> None:
        self.dropped += [message.id for message in waiting]


def event(count: int) -> dict[str, Any]:
    return {"Records": [{"messageId": f"e{n}", "body": "{}"} for n in range(count)]}


def test_an_event_that_is_not_full_is_left_alone() -> None:
    queue = Queue(5)
    given = event(FULL - 1)
    assert extend(given, queue) == (given, [])


@pytest.mark.parametrize("given", [None, [], {"keys": []}, {"Records": "no"}])
def test_what_is_not_an_event_of_a_queue_is_left_alone(given: object) -> None:
    assert extend(given, Queue(5)) == (given, [])


def test_a_full_event_takes_what_else_waits_up_to_the_limit() -> None:
    extended, taken = extend(event(FULL), Queue(2 * MOST))
    assert isinstance(extended, dict)
    assert len(extended["Records"]) == MOST
    assert extended["Records"][FULL] == {"messageId": "m0", "body": "{}"}
    assert len(taken) == MOST - FULL


def test_only_what_is_handled_is_dropped_and_lambda_hears_of_its_own_only() -> None:
    queue = Queue(3)
    _, taken = extend(event(FULL), queue)
    answer = {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "e2"}]}
    assert settle(answer, taken, queue) == {"batchItemFailures": [{"itemIdentifier": "e2"}]}
    assert queue.dropped == ["m0", "m2"]


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]


def test_sqs_gives_what_waits_once_and_forgets_what_is_dropped(url: str) -> None:
    sqs = boto3.client("sqs")
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=f"body {number}")
    backlog = SqsBacklog(url)
    taken = backlog.take(100)
    assert sorted(message.body for message in taken) == sorted(f"body {n}" for n in range(25))
    assert backlog.take(100) == []
    backlog.drop(taken[:13])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "12"


def test_a_queue_that_does_not_answer_is_no_trouble(url: str) -> None:
    backlog = SqsBacklog(url + "-gone")
    assert backlog.take(10) == []
    backlog.drop([Waiting("m", "{}", "r")])
