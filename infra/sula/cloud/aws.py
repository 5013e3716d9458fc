"""The one boto3 module of sula: `sula.cloud.ports` on Amazon's cloud, or on an emulator of it.

boto3 is imported when the first client is made and not before, and each client is made
once: ``sula --help`` pays for neither. Every botocore error becomes one of `sula.errors`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlencode

from sula.cloud.ports import (
    Listed,
    ObjectHead,
    StoredObject,
    Version,
)
from sula.errors import CloudError, Conflict, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")

_MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound", "ResourceNotFoundException"}
CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
PASSING = {
    "InternalError", "InternalFailure", "ServiceUnavailable", "SlowDown", "Throttling",
    "ThrottlingException", "TooManyRequestsException", "RequestTimeout", "RequestLimitExceeded",
    "TooManyInvalidationsInProgress", "500", "502", "503", "504",
}  # fmt: skip
# What the services call the same few mishaps with credentials, each in its own words.
_REMEDIES = {
    "they have expired: sign in again (`aws sso login`), or take fresh ones": {
        "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
    },
    "AWS does not know them: check AWS_PROFILE and the keys, or run `aws configure`": {
        "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "UnrecognizedClientException",
        "AuthFailure",
    },
    "the secret key does not fit the key's id, or this machine's clock is wrong": {
        "SignatureDoesNotMatch", "InvalidSignatureException",
    },
    "this machine's clock is wrong: set it by the network": {
        "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
    },
}  # fmt: skip
_DELETE_BATCH = 1000
_KEY_VALUES = "cloudfront-keyvaluestore"


@dataclass(frozen=True)
class Endpoint:
    """Where the cloud is and who asks.

    Without ``url`` it is Amazon's; without keys boto3 looks for credentials where it
    always does (environment, profile, instance).
    """

    region: str
    url: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    profile: str | None = None


class Cloud:
    """Clients of one account in one region, made when first used, shared by threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, bool], Any] = {}
        self._session: Any = None

    def client(self, service: str, *, retry: bool = True) -> Any:  # noqa: ANN401 - each service's own
        """A boto3 client; ``retry`` False for requests that must be sent at most once."""
        with self._lock:
            found = self._clients.get((service, retry))
            if found is None:
                found = self._clients[service, retry] = self._make(service, retry=retry)
            return found

    def _make(self, service: str, *, retry: bool) -> Any:  # noqa: ANN401 - each service's own
        import boto3  # noqa: PLC0415 - a fifth of a second, only for those who need it
        from botocore.config import Config  # noqa: PLC0415 - the same

        where = self.endpoint
        if self._session is None:
            self._session = boto3.Session(profile_name=where.profile)
        client = self._session.client(
            service,
            region_name=where.region,
            endpoint_url=where.url,
            aws_access_key_id=where.access_key,
            aws_secret_access_key=where.secret_key,
            config=Config(
                connect_timeout=5,
                read_timeout=120 if service == "lambda" else 30,
                max_pool_connections=32,
                retries={"mode": "standard", "total_max_attempts": 4 if retry else 1},
                # TLS guards the bytes; a checksum trailer would only make every PUT chunked.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if where.url else "auto"},
                user_agent_extra="sula",
                # A company's proxy does not lead to what is on this machine.
                proxies={} if where.url else None,
                # Amazon's key value store wants SigV4A, for which botocore needs awscrt.
                signature_version="v4" if service == _KEY_VALUES and where.url else None,
            ),
        )
        if service == _KEY_VALUES and where.url:
            client.meta.events.register(f"request-created.{service}", _without_account)
        return client

    def account(self) -> str:
        """The account that the credentials are of."""
        with translated("asking who we are"):
            return str(self.client("sts").get_caller_identity()["Account"])

    def objects(self, bucket: str) -> S3Objects:
        """One bucket's objects."""
        return S3Objects(self, bucket)


def _without_account(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
    """Undo what botocore does to a key value store's host: an emulator has no such names."""
    request.url = re.sub(r"//[0-9]{12}\.", "//", request.url, count=1)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn botocore's errors into ours; ``doing`` says what was tried."""
    from botocore.exceptions import (  # noqa: PLC0415 - see Cloud._make
        BotoCoreError,
        ClientError,
        HTTPClientError,
        MissingDependencyException,
        NoCredentialsError,
        PartialCredentialsError,
        TokenRetrievalError,
    )
    from botocore.exceptions import (  # noqa: PLC0415 - the same
        ConnectionError as NoConnectionError,
    )

    try:
        yield
    except ClientError as error:
        code, message = code_of(error), error.response.get("Error", {}).get("Message", "")
        if code in CONFLICTS:
            raise Conflict(f"{doing}: another state was there first") from error
        if code in PASSING:
            raise Unavailable(f"{doing}: the cloud did not answer ({code}); try again") from error
        raise CloudError(refused(doing, code, message)) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise CloudError(
            f"{doing}: no AWS credentials found; set AWS_PROFILE, or run `aws configure`"
        ) from error
    except TokenRetrievalError as error:
        raise CloudError(f"{doing}: {error}; sign in again: `aws sso login`") from error
    except (HTTPClientError, NoConnectionError) as error:
        raise Unavailable(f"{doing}: the cloud did not answer ({error})") from error
    except MissingDependencyException as error:
        remedy = "pip install 'sula[aws]', which signs such requests"
        raise CloudError(f"{doing}: {remedy}") from error
    except BotoCoreError as error:
        raise CloudError(f"{doing}: {error}") from error


def refused(doing: str, code: str, message: str = "") -> str:
    """What to say of a refusal; where credentials are to blame, with what to do about them."""
    said = f"{doing}: {code}" + (f": {message}" if message else "")
    for remedy, codes in _REMEDIES.items():
        if code in codes:
            return f"{said.rstrip('.')}. The credentials were refused; {remedy}"
    return said


def code_of(error: Any) -> str:  # noqa: ANN401 - botocore is not imported here
    """S3's error code of a ClientError; a HEAD has none but the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def unless_missing(call: Callable[[], T]) -> T | None:
    """What the call returns, or None when what it asks for does not exist."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - see Cloud._make

    try:
        return call()
    except ClientError as error:
        if code_of(error) not in _MISSING:
            raise
        return None


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_removed(answer: Any) -> None:  # noqa: ANN401 - one shape for two requests
    """Raise `CloudError` where S3 answered 200 and did not remove all the same."""
    for error in answer.get("Errors", ()):
        raise CloudError(f"removing {error.get('Key')}: {error.get('Message')}")


class S3Objects:
    """`Objects` in S3."""

    def __init__(self, cloud: Cloud, bucket: str) -> None:
        self._cloud = cloud
        self.bucket = bucket

    def _s3(self, *, retry: bool = True) -> S3Client:
        client: S3Client = self._cloud.client("s3", retry=retry)
        return client

    def get(self, key: str) -> StoredObject | None:
        """See `Objects.get`."""
        with translated(f"reading {key}"):
            found = unless_missing(lambda: self._s3().get_object(Bucket=self.bucket, Key=key))
            return found and StoredObject(
                key=key,
                body=found["Body"].read(),
                etag=found["ETag"],
                content_type=found.get("ContentType", ""),
                cache_control=found.get("CacheControl", ""),
                metadata=found["Metadata"],
                modified=_moment(found["LastModified"]),
            )

    def head(self, key: str) -> ObjectHead | None:
        """See `Objects.head`."""
        with translated(f"looking at {key}"):
            found = unless_missing(lambda: self._s3().head_object(Bucket=self.bucket, Key=key))
            return found and ObjectHead(
                key=key,
                etag=found["ETag"],
                size=found["ContentLength"],
                content_type=found.get("ContentType", ""),
                cache_control=found.get("CacheControl", ""),
                metadata=found["Metadata"],
                modified=_moment(found["LastModified"]),
            )

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
        condition: dict[str, Any] = {}
        if if_match is not None:
            condition["IfMatch"] = if_match
        elif if_absent:
            condition["IfNoneMatch"] = "*"
        if tags:
            condition["Tagging"] = urlencode(tags)
        conditional = if_match is not None or if_absent
        with translated(f"writing {key}"):
            try:
                answer = self._s3(retry=not conditional).put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType=content_type,
                    CacheControl=cache_control,
                    Metadata=metadata or {},
                    **condition,
                )
            except self._s3().exceptions.NoSuchKey as error:
                # If-Match on an object that is not there answers 404.
                raise Conflict(f"writing {key}: nothing is there any more") from error
            return answer["ETag"]

    def delete(self, keys: Sequence[str]) -> None:
        """See `Objects.delete`."""
        for start in range(0, len(keys), _DELETE_BATCH):
            batch = keys[start : start + _DELETE_BATCH]
            with translated(f"removing {len(batch)} objects"):
                answer = self._s3().delete_objects(
                    Bucket=self.bucket,
                    Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True},
                )
            _check_removed(answer)

    def list(self, prefix: str) -> Iterator[Listed]:
        """See `Objects.list`."""
        with translated(f"listing {prefix}"):
            pages = self._s3().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    yield Listed(item["Key"], item["ETag"], item["Size"])

    def versions(self, prefix: str) -> Iterator[Version]:
        """See `History.versions`. S3 lists versions and removals apart, page by page."""
        with translated(f"listing the versions of {prefix}"):
            pages = self._s3().get_paginator("list_object_versions")
            found = [
                Version(
                    one["Key"],
                    one["VersionId"],
                    str(one.get("ETag", "")),
                    _moment(one["LastModified"]),
                    removed,
                )
                for page in pages.paginate(Bucket=self.bucket, Prefix=prefix)
                for name, removed in (("Versions", False), ("DeleteMarkers", True))
                for one in cast("list[dict[str, Any]]", page.get(name, ()))
            ]
        found.sort(key=lambda version: version.key)  # stable: S3's own order is newest first
        yield from found

    def get_version(self, key: str, version: str) -> bytes:
        """See `History.get_version`."""
        with translated(f"reading version {version} of {key}"):
            found = self._s3().get_object(Bucket=self.bucket, Key=key, VersionId=version)
            return found["Body"].read()

    def exists(self) -> bool:
        """Whether there is such a bucket, and it is ours to look at."""
        with translated(f"looking for bucket {self.bucket}"):
            return unless_missing(lambda: self._s3().head_bucket(Bucket=self.bucket)) is not None

    def remove_everything(self) -> int:
        """Remove every version of every object; returns how many there were."""
        found = list(self.versions(""))
        for start in range(0, len(found), _DELETE_BATCH):
            batch = found[start : start + _DELETE_BATCH]
            with translated(f"removing {len(batch)} versions"):
                answer = self._s3().delete_objects(
                    Bucket=self.bucket,
                    Delete={
                        "Objects": [{"Key": one.key, "VersionId": one.id} for one in batch],
                        "Quiet": True,
                    },
                )
            _check_removed(answer)
        return len(found)

    def remove_bucket(self) -> None:
        """Remove the bucket, which must be empty."""
        with translated(f"removing bucket {self.bucket}"):
            self._s3().delete_bucket(Bucket=self.bucket)
