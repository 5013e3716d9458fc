"""The ports that every deploy uses, without boto3: see `sula.signed` for when and why.

Each is boto3's own (`sula.aws`, `sula.services`) with its hottest requests replaced. What an error
means is decided as there.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from html import escape, unescape
from typing import Any, Final
from urllib.parse import quote, urlencode

from sula.aws import CONFLICTS, PASSING, Cloud, S3Objects
from sula.errors import CloudError, Conflict, Unavailable
from sula.ports import ObjectHead, StoredObject
from sula.services import ALIAS, CloudFrontEdge, LambdaFunction
from sula.signed import Answer, Keys, Scope, Wire, keys_of, plainly

_ATTEMPTS: Final = 4
_META: Final = "x-amz-meta-"
_READ: Final = 30.0
_RUN: Final = 120.0
_WORD: Final = re.compile(rb"<(Code|Message)>([^<]*)</")
_PLAIN_BUCKET: Final = re.compile(r"[a-z0-9-]+")


def objects(cloud: Cloud, bucket: str) -> S3Objects:
    """One bucket's objects, as quickly as they can be had."""
    keys = _keys(cloud)
    if keys is None or not _PLAIN_BUCKET.fullmatch(bucket):
        return cloud.objects(bucket)
    where = cloud.endpoint
    origin = where.url or f"https://{bucket}.s3.{where.region}.amazonaws.com"
    prefix = f"/{bucket}/" if where.url else "/"
    return QuickObjects(cloud, bucket, Wire(origin, Scope(where.region, "s3"), keys, _READ), prefix)


def function(cloud: Cloud, name: str) -> LambdaFunction:
    """The function, called as quickly as it can be."""
    keys = _keys(cloud)
    if keys is None:
        return LambdaFunction(cloud, name)
    where = cloud.endpoint
    origin = where.url or f"https://lambda.{where.region}.amazonaws.com"
    return QuickFunction(cloud, name, Wire(origin, Scope(where.region, "lambda"), keys, _RUN))


def edge(cloud: Cloud, distribution: str) -> CloudFrontEdge:
    """The edge, told to forget as quickly as it can be."""
    keys = _keys(cloud)
    if keys is None:
        return CloudFrontEdge(cloud, distribution)
    origin = cloud.endpoint.url or "https://cloudfront.amazonaws.com"
    scope = Scope("us-east-1", "cloudfront")
    return QuickEdge(cloud, distribution, Wire(origin, scope, keys, _READ))


def _keys(cloud: Cloud) -> Keys | None:
    """Credentials; None where boto3 had better do it all."""
    where = cloud.endpoint
    if where.url and where.access_key and where.secret_key:
        return Keys(where.access_key, where.secret_key)
    return None if where.url or where.profile or not plainly(where.region) else keys_of()


class QuickObjects(S3Objects):
    """`Objects` in S3: reading, looking and writing (Amazon S3 API Reference)."""

    def __init__(self, cloud: Cloud, bucket: str, wire: Wire, prefix: str) -> None:
        """``prefix`` is what stands before a key in the path."""
        super().__init__(cloud, bucket)
        self._wire = wire
        self._prefix = prefix

    def _target(self, key: str) -> str:
        return self._prefix + quote(key, safe="/-_.~")

    def get(self, key: str) -> StoredObject | None:
        """See `Objects.get`."""
        doing = f"reading {key}"
        found = _patiently(lambda: self._wire.request("GET", self._target(key)), doing)
        if _is_missing(found):
            return None
        _check(found, doing)
        return StoredObject(key=key, body=found.body, **_described(found.headers))

    def head(self, key: str) -> ObjectHead | None:
        """See `Objects.head`."""
        doing = f"looking at {key}"
        found = _patiently(lambda: self._wire.request("HEAD", self._target(key)), doing)
        if found.status == 404:  # noqa: PLR2004 - not found; a HEAD has no body that would say what
            return None
        _check(found, doing)
        size = int(found.headers.get("content-length", "0"))
        return ObjectHead(key=key, size=size, **_described(found.headers))

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_control: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_absent: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """See `Objects.put`."""
        headers = {"content-type": content_type, "cache-control": cache_control}
        headers |= {_META + name: value for name, value in (metadata or {}).items()}
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            return super().put(
                key, body, content_type=content_type, cache_control=cache_control,
                metadata=metadata, if_match=if_match, if_absent=if_absent, tags=tags,
            )  # fmt: skip
        if if_match is not None:
            headers["if-match"] = if_match
        elif if_absent:
            headers["if-none-match"] = "*"
        if tags:
            headers["x-amz-tagging"] = urlencode(tags)
        doing = f"writing {key}"
        once = if_match is not None or if_absent

        def send() -> Answer:
            return self._wire.request("PUT", self._target(key), headers, body)

        answer = send() if once else _patiently(send, doing)
        if if_match is not None and _word(answer, "Code") == "NoSuchKey":
            # If-Match on an object that is not there answers 404.
            raise Conflict(f"{doing}: nothing is there any more")
        _check(answer, doing)
        return answer.headers["etag"]


class QuickFunction(LambdaFunction):
    """`Function` in Lambda: calling it (AWS Lambda API Reference, Invoke)."""

    def __init__(self, cloud: Cloud, name: str, wire: Wire) -> None:
        super().__init__(cloud, name)
        self._wire = wire

    def invoke(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """See `Function.invoke`."""
        target = f"/2015-03-31/functions/{quote(self.name, safe='')}/invocations?Qualifier={ALIAS}"
        doing = f"invoking function {self.name}"
        body = json.dumps(payload).encode()
        answer = _patiently(lambda: self._wire.request("POST", target, {}, body), doing)
        _check(answer, doing)
        return self.understood(answer.body, failed="x-amz-function-error" in answer.headers)


class QuickEdge(CloudFrontEdge):
    """`Edge` in CloudFront: an invalidation (CloudFront API Reference, CreateInvalidation)."""

    def __init__(self, cloud: Cloud, distribution: str, wire: Wire) -> None:
        super().__init__(cloud, distribution)
        self._wire = wire

    def invalidate(self, paths: Sequence[str], reference: str) -> None:
        """See `Edge.invalidate`."""
        items = sorted(set(paths))
        if not items:
            return
        listed = "".join(f"<Path>{escape(path)}</Path>" for path in items)
        body = (
            '<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">'
            f"<Paths><Quantity>{len(items)}</Quantity><Items>{listed}</Items></Paths>"
            f"<CallerReference>{escape(reference)}</CallerReference></InvalidationBatch>"
        )
        target = f"/2020-05-31/distribution/{quote(self.distribution, safe='')}/invalidation"
        doing = f"invalidating {len(items)} paths"
        headers = {"content-type": "text/xml"}
        _check(
            _patiently(lambda: self._wire.request("POST", target, headers, body.encode()), doing),
            doing,
        )


# --- what an answer means ----------------------------------------------------------------


def _patiently(send: Callable[[], Answer], doing: str) -> Answer:
    """A request that may be repeated, as boto3 repeats it."""
    for attempt in range(_ATTEMPTS):
        last = attempt == _ATTEMPTS - 1
        try:
            answer = send()
            if last or _code(answer) not in PASSING:
                return answer
        except Unavailable as error:
            if last:
                raise Unavailable(f"{doing}: {error}") from error
        time.sleep(0.1 * 2**attempt)
    raise AssertionError  # the loop returns or raises


def _check(answer: Answer, doing: str) -> None:
    """Raise what an answer that is an error means: `Conflict`, `Unavailable`, `CloudError`."""
    if answer.status < 300:  # noqa: PLR2004 - a success
        return
    code = _code(answer)
    if code in CONFLICTS:
        raise Conflict(f"{doing}: another state was there first")
    if code in PASSING:
        raise Unavailable(f"{doing}: the cloud did not answer ({code}); try again")
    raise CloudError(f"{doing}: {code}: {_word(answer, 'Message')}")


def _is_missing(answer: Answer) -> bool:
    # A bucket that is not there is 404 as well.
    return answer.status == 404 and _word(answer, "Code") in {"NoSuchKey", ""}  # noqa: PLR2004


def _code(answer: Answer) -> str:
    """The error's own name, or its status."""
    if answer.status < 300:  # noqa: PLR2004 - a success
        return ""
    if str(answer.status) in PASSING | CONFLICTS:
        return str(answer.status)
    return _word(answer, "Code") or str(answer.status)


def _word(answer: Answer, name: str) -> str:
    """``Code`` or ``Message`` of an error, in S3's XML or Lambda's JSON."""
    if name == "Code" and (said := answer.headers.get("x-amzn-errortype")):
        return said.partition(":")[0]
    for found, text in _WORD.findall(answer.body):
        if found.decode() == name:
            return unescape(text.decode("utf-8", "replace"))
    if name == "Message" and answer.body.startswith(b"{"):
        said = json.loads(answer.body)
        return str(said.get("Message") or said.get("message") or "")
    return ""


def _described(headers: Mapping[str, str]) -> dict[str, Any]:
    modified = parsedate_to_datetime(headers["last-modified"])
    return {
        "etag": headers["etag"],
        "content_type": headers.get("content-type", ""),
        "cache_control": headers.get("cache-control", ""),
        "metadata": {
            name.removeprefix(_META): value
            for name, value in headers.items()
            if name.startswith(_META)
        },
        "modified": modified.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
