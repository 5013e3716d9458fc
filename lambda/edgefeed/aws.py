"""S3, SQS, CloudFront and the hub: the only module of edgefeed that knows boto3."""

from __future__ import annotations

import http.client
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from edgefeed.backlog import Waiting
from edgefeed.contract import DOCUMENT_CACHE, STATE, list_type
from edgefeed.store import Conflict, Head, Object, Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

T = TypeVar("T")

_RECEIVED: Final = "ApproximateReceiveCount"
_AT_ONCE: Final = 10
"""Messages in one request to SQS; it allows no more."""
_PATIENCE: Final = 5.0
"""Seconds that the hub has to answer."""


def _config(connections: int) -> Config:
    # A retried conditional write can meet its own first attempt as a 412; whoever asked
    # for the write looks again after any Conflict, and finds it done.
    return Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=3,
        read_timeout=10,
        max_pool_connections=connections,
    )


def _ask(call: Callable[[], T]) -> T | None:
    """Make a request; None is for what is not there.

    Anything else but an answer we know what to do with is `Unavailable`.

    That includes a 403: for a missing key it means that the role may not list the bucket,
    and taking it for "not there" would empty the lists.
    """
    try:
        return call()
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status in {409, 412}:
            raise Conflict(str(error)) from error
        if status == HTTPStatus.NOT_FOUND and error.response["Error"].get("Code") != "NoSuchBucket":
            return None
        raise Unavailable(str(error)) from error
    except BotoCoreError as error:
        raise Unavailable(str(error)) from error


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class S3Store:
    """A bucket. Safe for threads: botocore's clients are."""

    def __init__(self, bucket: str, connections: int = 16) -> None:
        """Take the bucket's name and the most requests to make at once."""
        self._bucket = bucket
        self._s3: S3Client = boto3.client("s3", config=_config(connections))

    def get(self, key: str) -> Object | None:
        """See `store.Store`."""
        return _ask(lambda: self._get(key))

    def _get(self, key: str) -> Object:
        answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        # Not `with answer["Body"] as stream`: that hands out the raw stream, which does not
        # notice a body cut short.
        body = answer["Body"].read()
        return Object(answer["ETag"], answer["Metadata"], _stamp(answer["LastModified"]), body)

    def head(self, key: str) -> Head | None:
        """See `store.Store`."""
        answer = _ask(lambda: self._s3.head_object(Bucket=self._bucket, Key=key))
        return answer and Head(answer["ETag"], answer["Metadata"], _stamp(answer["LastModified"]))

    def put(
        self,
        key: str,
        body: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        """See `store.Store`."""
        options: dict[str, Any] = {"ContentType": list_type(key)}
        if not key.startswith(STATE):
            options["CacheControl"] = DOCUMENT_CACHE
        if if_match is not None:
            options["IfMatch"] = if_match
        if if_absent:
            options["IfNoneMatch"] = "*"
        answer = _ask(
            lambda: self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, Metadata=metadata or {}, **options
            )
        )
        if answer is None:
            raise (Conflict if if_match else Unavailable)(f"{key} is gone")
        return answer["ETag"]

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """See `store.Store`."""
        options: dict[str, Any] = {} if if_match is None else {"IfMatch": if_match}
        _ask(lambda: self._s3.delete_object(Bucket=self._bucket, Key=key, **options))

    def keys(self, prefix: str, start_after: str = "") -> Iterator[str]:
        """See `store.Store`."""
        asked: Any = {"Bucket": self._bucket, "Prefix": prefix, "StartAfter": start_after}
        answers: Any = iter(self._s3.get_paginator("list_objects_v2").paginate(**asked))
        while answer := _ask(lambda: next(answers, ())):
            yield from (item["Key"] for item in answer.get("Contents", []))
        if answer is None:  # no list is not an empty one
            raise Unavailable(f"{self._bucket} cannot be listed")


class SqsBacklog:
    """The queue behind the messages that an invocation was given."""

    def __init__(self, url: str) -> None:
        """Take the queue's URL."""
        self._url = url

    @cached_property
    def _sqs(self) -> SQSClient:
        # Made when it is needed: most runs find nothing waiting.
        return boto3.client("sqs", config=_config(4))

    def take(self) -> Iterator[list[Waiting]]:
        """See `backlog.Backlog`."""
        with suppress(ClientError, BotoCoreError):  # what was not taken comes by itself
            while messages := self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_AT_ONCE,
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=[_RECEIVED],
            ).get("Messages"):
                yield list(map(_waiting, messages))

    def drop(self, waiting: Sequence[Waiting]) -> None:
        """See `backlog.Backlog`."""
        for entries in _batches(waiting, lambda _: {}):
            with suppress(ClientError, BotoCoreError):  # it comes again, and changes nothing then
                self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def retry(self, waiting: Sequence[Waiting]) -> None:
        """See `backlog.Backlog`."""
        for entries in _batches(waiting, lambda message: {"VisibilityTimeout": message.delay}):
            with suppress(ClientError, BotoCoreError):  # it comes by itself, later
                self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _waiting(message: MessageTypeDef) -> Waiting:
    received = int(message.get("Attributes", {}).get(_RECEIVED, "1"))
    return Waiting(message["MessageId"], message["Body"], message["ReceiptHandle"], received)


def _batches(waiting: Sequence[Waiting], more: Callable[[Waiting], Any]) -> Iterator[Any]:
    """Messages as the entries of batch requests, so many as SQS takes."""
    for start in range(0, len(waiting), _AT_ONCE):
        yield [
            {"Id": str(number), "ReceiptHandle": message.receipt, **more(message)}
            for number, message in enumerate(waiting[start : start + _AT_ONCE])
        ]


class CloudFrontNotifier:
    """The edge and the hub, each left alone where its name is empty."""

    def __init__(self, distribution: str, hub: str) -> None:
        """Take the distribution's id and the hub's URL."""
        self._distribution = distribution
        self._hub = hub
        self._pending = ""

    @cached_property
    def _cloudfront(self) -> CloudFrontClient:
        # Made when it is needed: it costs a tenth of a second, and a no-op run has no use for it.
        return boto3.client("cloudfront", config=_config(4))

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """See `ports.Notifier`. Returns when CloudFront has accepted."""
        if not self._distribution:
            return
        batch: Any = {
            "Paths": {"Quantity": len(paths), "Items": list(paths)},
            "CallerReference": reference,
        }
        try:
            answer = self._cloudfront.create_invalidation(
                DistributionId=self._distribution, InvalidationBatch=batch
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable(str(error)) from error
        self._pending = answer["Invalidation"]["Id"]

    def publish(self, url: str) -> None:
        """See `ports.Notifier` (W3C WebSub, section 7)."""
        if not self._hub:
            return
        if self._pending and not self._is_done():
            raise Unavailable(f"the invalidation {self._pending} is in progress")
        self._pending = ""
        body = urllib.parse.urlencode({"hub.mode": "publish", "hub.url": url}).encode()
        request = urllib.request.Request(self._hub, data=body, method="POST")  # noqa: S310 - a setting
        try:
            urllib.request.urlopen(request, timeout=_PATIENCE).close()  # noqa: S310
        except (OSError, http.client.HTTPException) as error:  # URLError is an OSError
            raise Unavailable(f"the hub {self._hub} did not take {url}: {error}") from error

    def _is_done(self) -> bool:
        try:
            answer = self._cloudfront.get_invalidation(
                DistributionId=self._distribution, Id=self._pending
            )
        except (ClientError, BotoCoreError):
            return True  # it cannot be asked: better a ping too early than none
        return answer["Invalidation"]["Status"] == "Completed"
