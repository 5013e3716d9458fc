"""Queues and alarms of Amazon's cloud, behind `sula.cloud.ports`."""

from __future__ import annotations

from sula.cloud.aws import Cloud, translated
from sula.cloud.ports import Alarm, Depth, Letter

_ALL_OF_IT = 1
"""Seconds of waiting for messages. Without any, SQS looks at some of its servers only, and may well
say that a queue is empty which is not."""


class SqsQueue:
    """`Queue` in SQS."""

    def __init__(self, cloud: Cloud, url: str) -> None:
        self._cloud = cloud
        self.url = url

    def depth(self) -> Depth:
        """See `Queue.depth`."""
        with translated("asking for the queue's length"):
            found = self._cloud.client("sqs").get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        return Depth(
            int(found["ApproximateNumberOfMessages"]),
            int(found["ApproximateNumberOfMessagesNotVisible"]),
        )

    def peek(self, limit: int = 10) -> list[Letter]:
        """See `Queue.peek`."""
        letters: dict[str, Letter] = {}
        with translated("reading the queue"):
            while len(letters) < limit:
                # Invisible for a moment only: enough not to read the same ones again at once.
                batch = (
                    self._cloud.client("sqs")
                    .receive_message(
                        QueueUrl=self.url,
                        MaxNumberOfMessages=min(10, limit),
                        VisibilityTimeout=2,
                        WaitTimeSeconds=_ALL_OF_IT,
                        MessageSystemAttributeNames=["ApproximateReceiveCount"],
                    )
                    .get("Messages", [])
                )
                fresh = {
                    message["MessageId"]: Letter(
                        message["MessageId"],
                        message["Body"],
                        int(message.get("Attributes", {}).get("ApproximateReceiveCount", "0")),
                    )
                    for message in batch
                    if message["MessageId"] not in letters
                }
                if not fresh:
                    break
                letters |= fresh
        return list(letters.values())[:limit]

    def move_to(self, url: str) -> int:
        """See `Queue.move_to`. A message is removed here only once it is there."""
        client, count = self._cloud.client("sqs"), 0
        with translated("moving messages"):
            while True:
                batch = client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=30,
                    WaitTimeSeconds=_ALL_OF_IT,
                ).get("Messages", [])
                if not batch:
                    return count
                for message in batch:
                    client.send_message(QueueUrl=url, MessageBody=message["Body"])
                    client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                    count += 1


def alarms_of(cloud: Cloud, stack: str) -> list[Alarm]:
    """The alarms of a stack: those that tell its topic.

    By their names alone those of a stack ``blog-two`` would be of a stack ``blog``, too.
    """
    with translated("looking at the alarms"):
        pages = cloud.client("cloudwatch").get_paginator("describe_alarms")
        return [
            Alarm(
                one["AlarmName"].removeprefix(f"{stack}-"),
                one["StateValue"],
                one.get("StateReason", ""),
            )
            for page in pages.paginate(AlarmNamePrefix=f"{stack}-", AlarmTypes=["MetricAlarm"])
            for one in page["MetricAlarms"]
            if any(action.endswith(f":{stack}-alarms") for action in one.get("AlarmActions", ()))
        ]
