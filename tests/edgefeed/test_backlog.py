"""A long queue: a full event takes what else waits, and acknowledges only what is handled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from edgefeed.aws import SqsBacklog
from edgefeed.backlog import FULL, LONGEST, MOST, Waiting, extend, settle


class Queue:
    """A queue in memory."""

    def __init__(self, count: int) -> None:
        self.waiting = [Waiting(f"m{n}", "{}", f"r{n}") for n in range(count)]
        self.dropped: list[str] = []
        self.again: dict[str, int] = {}
        self.asked = 0

    def take(self) -> Iterator[list[Waiting]]:
        for start in range(0, len(self.waiting), FULL):
            self.asked += 1
            yield self.waiting[start : start + FULL]

    def drop(self, waiting: Sequence[Waiting]) -> None:
        self.dropped += [message.id for message in waiting]

    def retry(self, waiting: Sequence[Waiting]) -> None:
        self.again |= {message.receipt: message.delay for message in waiting}


def event(count: int) -> dict[str, Any]:
    return {"Records": [{"messageId": f"e{n}", "body": "{}"} for n in range(count)]}


def always() -> bool:
    return True


def test_an_event_that_is_not_full_is_left_alone() -> None:
    queue = Queue(5)
    given = event(FULL - 1)
    assert extend(given, queue, always) == (given, [])


@pytest.mark.parametrize("given", [None, [], {"keys": []}, {"Records": "no"}])
def test_what_is_not_an_event_of_a_queue_is_left_alone(given: object) -> None:
    assert extend(given, Queue(5), always) == (given, [])


def test_a_full_event_takes_what_else_waits_up_to_the_limit() -> None:
    extended, taken = extend(event(FULL), Queue(2 * MOST), always)
    assert isinstance(extended, dict)
    assert len(extended["Records"]) == MOST
    assert extended["Records"][FULL] == {"messageId": "m0", "body": "{}"}
    assert len(taken) == MOST - FULL


def test_no_more_is_taken_than_there_is_time_to_acknowledge() -> None:
    queue, left = Queue(2 * MOST), iter([True, True, False])
    extended, taken = extend(event(FULL), queue, lambda: next(left))
    assert isinstance(extended, dict)
    assert [message.id for message in taken] == [f"m{n}" for n in range(3 * FULL)]
    assert len(extended["Records"]) == 4 * FULL
    assert queue.asked == 3, "a message that is asked for and not taken would hide for minutes"


def failed(*names: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": name} for name in names]}


def test_only_what_is_handled_is_dropped_and_lambda_hears_of_its_own_only() -> None:
    queue = Queue(3)
    extended, taken = extend(event(FULL), queue, always)
    assert settle(failed("m1", "e2"), extended, taken, queue) == failed("e2")
    assert queue.dropped == ["m0", "m2"]
    assert queue.again == {"r1": 1}


def given(name: str, received: object) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": received}
    return {
        "messageId": name,
        "receiptHandle": f"of {name}",
        "body": "{}",
        "attributes": attributes,
    }


def test_what_failed_comes_again_later_each_time() -> None:
    queue = Queue(0)
    records = [given(f"e{n}", str(n)) for n in (1, 2, 3, 9, 4_000)]
    settle(failed(*(record["messageId"] for record in records)), {"Records": records}, [], queue)
    assert queue.again == {"of e1": 1, "of e2": 2, "of e3": 4, "of e9": 256, "of e4000": LONGEST}


def test_what_did_not_fail_is_left_to_lambda() -> None:
    queue = Queue(0)
    records = [given("e1", "1"), given("e2", "1")]
    assert settle(failed("e2"), {"Records": records}, [], queue) == failed("e2")
    assert queue.again == {"of e2": 1}
    assert queue.dropped == []


@pytest.mark.parametrize(
    "record",
    [None, "text", {}, {"messageId": "e"}, given("e", "many"), given("e", None),
     {**given("e", "1"), "receiptHandle": None}, {**given("e", "1"), "attributes": "none"}],
)  # fmt: skip
def test_a_message_that_does_not_say_how_it_is_known_comes_when_it_comes(record: object) -> None:
    queue = Queue(0)
    assert settle(failed("e"), {"Records": [record]}, [], queue) == failed("e")
    assert queue.again == {}


def test_a_direct_call_has_nothing_to_come_again() -> None:
    assert settle({"done": True}, {"keys": ["a"]}, [], Queue(0)) == {"done": True}


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
    taken = list(chain.from_iterable(backlog.take()))
    assert sorted(message.body for message in taken) == sorted(f"body {n}" for n in range(25))
    assert list(chain.from_iterable(backlog.take())) == []
    backlog.drop(taken[:13])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "12"


def test_sqs_gives_again_what_failed_and_counts(url: str) -> None:
    sqs = boto3.client("sqs")
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"body {number}")
    backlog = SqsBacklog(url)
    asked: list[list[dict[str, Any]]] = []
    backlog._sqs.meta.events.register(
        "provide-client-params.sqs.ChangeMessageVisibilityBatch",
        lambda params, **_: asked.append(params["Entries"]),
    )
    taken = list(chain.from_iterable(backlog.take()))
    assert {message.received for message in taken} == {1}
    backlog.retry([msgspec.structs.replace(message, received=0) for message in taken])
    assert [len(entries) for entries in asked] == [10, 2]
    assert {entry["VisibilityTimeout"] for entries in asked for entry in entries} == {1}
    # At once, for the test's sake.
    for message in taken:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message.receipt, VisibilityTimeout=0
        )
    again = list(chain.from_iterable(backlog.take()))
    assert sorted(message.id for message in again) == sorted(message.id for message in taken)
    assert {(message.received, message.delay) for message in again} == {(2, 2)}


def test_a_queue_that_does_not_answer_is_no_trouble(url: str) -> None:
    backlog = SqsBacklog(url + "-gone")
    assert list(backlog.take()) == []
    backlog.drop([Waiting("m", "{}", "r")])
    backlog.retry([Waiting("m", "{}", "r")])
