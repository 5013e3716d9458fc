"""`Objects` through obstore: what every deploy asks of S3, without boto3 in memory.

boto3 takes a fifth of a second to import and to read its descriptions of S3, which is longer than
all else that a deploy of one edit does. obstore (the object_store library of Apache Arrow's Rust
implementation) is loaded in a fiftieth. Reading, looking and writing go through it; listing and
removing, which few deploys do, stay with boto3, and so does everything where the way to S3 is out
of the ordinary (`is_ordinary`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sula.cloud.aws import Cloud, S3Objects, refused
from sula.cloud.ports import ObjectHead, StoredObject
from sula.errors import CloudError, Conflict, Unavailable

if TYPE_CHECKING:
    from obstore import GetResult, PutMode
    from obstore.store import S3Store

_RETRIES: Final = 3
_PATIENCE: Final = "30s"
"""How long nothing may come from S3: while it reads a body, nothing does."""
_SMALL: Final = 65_536
"""Bytes that are sent in that time even where sixteen uploads share a slow line."""
_LONGEST: Final = "900s"
"""What any request may take."""
_CODE: Final = re.compile(r"<Code>(\w+)</Code>")
_STATUS: Final = re.compile(r"status code: (\d{3})")
_PLAIN_BUCKET: Final = re.compile(r"[a-z0-9-]+")
# What leads boto3 elsewhere, or has it trust somebody else.
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_UNUSUAL: Final = ("AWS_ENDPOINT_URL", "AWS_USE_", "AWS_CA_BUNDLE", "AWS_S3_", "AWS_PROFILE",
                   *_PROXIES)  # fmt: skip
_ORDINARY_REGIONS: Final = ("af-", "ap-", "ca-", "eu-", "il-", "me-", "mx-", "sa-", "us-")
_SEPARATE_REGIONS: Final = ("us-gov-", "us-iso", "eu-isoe-", "eusc-")


def objects(cloud: Cloud, bucket: str) -> S3Objects:
    """One bucket's objects, as quickly as they can be had."""
    where = cloud.endpoint
    has_keys = bool(where.access_key and where.secret_key)
    plain = has_keys and not _is_set(_PROXIES)
    if not where.url:
        plain = not where.profile and is_ordinary(where.region)
    if not plain or not _PLAIN_BUCKET.fullmatch(bucket):
        return cloud.objects(bucket)
    return StoreObjects(cloud, bucket)


def is_ordinary(region: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether keys are in the environment and S3 is where its documentation says, unproxied."""
    if not environment.get("AWS_ACCESS_KEY_ID") or not environment.get("AWS_SECRET_ACCESS_KEY"):
        return False
    if _is_set(_UNUSUAL, environment):
        return False
    return region.startswith(_ORDINARY_REGIONS) and not region.startswith(_SEPARATE_REGIONS)


def _is_set(names: tuple[str, ...], environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a variable whose name begins so says anything."""
    return any(name.upper().startswith(names) and value for name, value in environment.items())


class StoreObjects(S3Objects):
    """`Objects` in S3: `get`, `head` and `put` by obstore, the rest by boto3."""

    def __init__(self, cloud: Cloud, bucket: str) -> None:
        super().__init__(cloud, bucket)
        self._stores: dict[tuple[bool, bool], S3Store] = {}

    def _store(self, *, retry: bool = True, large: bool = False) -> S3Store:
        """The bucket.

        ``retry`` is False for requests that must be sent at most once, ``large`` True for those
        that take as long as they take to be sent.
        """
        if (retry, large) not in self._stores:
            self._stores[retry, large] = self._open(_RETRIES if retry else 0, large=large)
        return self._stores[retry, large]

    def _open(self, retries: int, *, large: bool) -> S3Store:
        from datetime import timedelta  # noqa: PLC0415 - only beside the next

        from obstore.store import S3Store  # noqa: PLC0415 - nobody else pays for it

        where = self._cloud.endpoint
        named: dict[str, Any] = {}
        if where.url:
            named = {
                "endpoint": where.url,
                "access_key_id": where.access_key,
                "secret_access_key": where.secret_key,
            }
        return S3Store(
            self.bucket,
            region=where.region,
            virtual_hosted_style_request=not where.url,
            client_options={
                "allow_http": bool(where.url),
                "connect_timeout": "5s",
                "read_timeout": _LONGEST if large else _PATIENCE,
                "timeout": _LONGEST,
                "user_agent": "sula",
            },
            retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=60)},
            **named,
        )

    def get(self, key: str) -> StoredObject | None:
        """See `Objects.get`."""
        import obstore  # noqa: PLC0415 - see `_open`

        with _translated(f"reading {key}") as found:
            result = obstore.get(self._store(), key)
            found.append(StoredObject(key=key, body=bytes(result.bytes()), **_described(result)))
        return found[0] if found else None

    def head(self, key: str) -> ObjectHead | None:
        """See `Objects.head`."""
        import obstore  # noqa: PLC0415 - see `_open`

        with _translated(f"looking at {key}") as found:
            result = obstore.get(self._store(), key, options={"head": True})
            found.append(ObjectHead(key=key, size=result.meta["size"], **_described(result)))
        return found[0] if found else None

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
        import obstore  # noqa: PLC0415 - see `_open`

        mode: PutMode = "overwrite"
        if if_match is not None:
            mode = {"e_tag": if_match}
        elif if_absent:
            mode = "create"
        with _translated(f"writing {key}") as found:
            result = obstore.put(
                self._store(retry=mode == "overwrite", large=len(body) > _SMALL),
                key,
                body,
                attributes={
                    "Content-Type": content_type,
                    "Cache-Control": cache_control,
                    **(metadata or {}),
                },
                tags=dict(tags or {}),
                mode=mode,
                use_multipart=False,
            )
            found.append(result["e_tag"])
        if not found:
            raise CloudError(f"writing {key}: NoSuchBucket: there is no bucket {self.bucket}")
        return str(found[0])


@contextmanager
def _translated(doing: str) -> Iterator[list[Any]]:
    """Turn obstore's errors into ours; a missing object leaves the list empty."""
    from obstore.exceptions import (  # noqa: PLC0415 - see `StoreObjects._open`
        AlreadyExistsError,
        BaseError,
        PreconditionError,
    )

    found: list[Any] = []
    try:
        yield found
    except (AlreadyExistsError, PreconditionError) as error:
        raise Conflict(f"{doing}: another state was there first") from error
    except FileNotFoundError as error:
        if _code(error) == "NoSuchBucket":
            raise CloudError(f"{doing}: NoSuchBucket: the stack's bucket is gone") from error
    except BaseError as error:
        code = _code(error)
        if code is None or code.startswith("5") or code in {"429", "SlowDown", "InternalError"}:
            said = code or "no answer"
            raise Unavailable(f"{doing}: the cloud did not answer ({said}); try again") from error
        raise CloudError(refused(doing, code)) from error


def _code(error: Exception) -> str | None:
    """S3's own word for an error, or the status; None where there was no answer."""
    text = str(error)
    for pattern in (_CODE, _STATUS):
        if match := pattern.search(text):
            return match[1]
    return None


def _described(result: GetResult) -> dict[str, Any]:
    said = dict(result.attributes)
    return {
        "etag": result.meta["e_tag"],
        "content_type": said.pop("Content-Type", ""),
        "cache_control": said.pop("Cache-Control", ""),
        "metadata": {name: value for name, value in said.items() if name.islower()},
        "modified": result.meta["last_modified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
